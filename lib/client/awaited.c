/* SPDX-License-Identifier: ISC
 *
 * What was asked and has no reply yet.
 */
#include "client/awaited.h"

#include <stddef.h>

static uint32_t place(const struct ehlo_awaited *awaited, uint32_t index)
{
    return (awaited->first + index) % EHLO_AWAITED_PLACES;
}

static int extends_last(const struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    const struct ehlo_asked *last = ehlo_awaited_last(awaited);

    return last != NULL && last->answers == answers && last->verb == verb;
}

int ehlo_awaited_room(const struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    return awaited->used < EHLO_AWAITED_PLACES || extends_last(awaited, answers, verb);
}

void ehlo_awaited_add(struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    struct ehlo_asked *last;

    if (!extends_last(awaited, answers, verb))
        awaited->places[place(awaited, awaited->used++)].times = 0;
    last = &awaited->places[place(awaited, awaited->used - 1)];
    last->answers = (uint8_t)answers;
    last->verb = (uint8_t)verb;
    last->times++;
    awaited->total++;
}

const struct ehlo_asked *ehlo_awaited_first(const struct ehlo_awaited *awaited)
{
    return awaited->used == 0 ? NULL : &awaited->places[awaited->first];
}

const struct ehlo_asked *ehlo_awaited_last(const struct ehlo_awaited *awaited)
{
    return awaited->used == 0 ? NULL : &awaited->places[place(awaited, awaited->used - 1)];
}

void ehlo_awaited_once(struct ehlo_awaited *awaited, uint32_t answers)
{
    struct ehlo_asked *asked;
    uint32_t i;

    for (i = 0; i < awaited->used; i++) {
        asked = &awaited->places[place(awaited, i)];
        if (asked->answers != answers)
            continue;
        awaited->total -= asked->times - 1;
        asked->times = 1;
    }
}

void ehlo_awaited_take(struct ehlo_awaited *awaited)
{
    awaited->total--;
    if (--awaited->places[awaited->first].times > 0)
        return;
    awaited->first = (uint16_t)place(awaited, 1);
    awaited->used--;
}
