/* SPDX-License-Identifier: ISC
 *
 * What was asked and has no reply yet.
 */
#include "client/awaited.h"

#include <ehlo/session.h>

static uint32_t place(const struct ehlo_awaited *awaited, uint32_t index)
{
    return (awaited->first + index) % EHLO_AWAITED_PLACES;
}

static int extends_last(const struct ehlo_awaited *awaited, uint32_t answers)
{
    const struct ehlo_asked *last = ehlo_awaited_last(awaited);

    return answers == EHLO_EVENT_RCPT && last != NULL && last->answers == EHLO_EVENT_RCPT && last->times < UINT16_MAX;
}

int ehlo_awaited_room(const struct ehlo_awaited *awaited, uint32_t answers)
{
    return awaited->used < EHLO_AWAITED_PLACES || extends_last(awaited, answers);
}

void ehlo_awaited_add(struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    struct ehlo_asked *last;

    if (!extends_last(awaited, answers))
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

void ehlo_awaited_take(struct ehlo_awaited *awaited)
{
    awaited->total--;
    if (--awaited->places[awaited->first].times > 0)
        return;
    awaited->first = (uint16_t)place(awaited, 1);
    awaited->used--;
}
