/* SPDX-License-Identifier: ISC
 *
 * The order of commands (RFC 5321, section 4.1.4).
 */
#include "session/transaction.h"

#include <ehlo/command.h>

enum {
    AWAY = 1u << EHLO_STATE_AWAY,
    START = 1u << EHLO_STATE_START,
    READY = 1u << EHLO_STATE_READY,
    BROKEN = 1u << EHLO_STATE_BROKEN,
    MAIL = 1u << EHLO_STATE_MAIL,
    REFUSED = 1u << EHLO_STATE_REFUSED,
    RCPT = 1u << EHLO_STATE_RCPT,
    CHUNK = 1u << EHLO_STATE_CHUNK,
    GREETED = START | READY | BROKEN | MAIL | REFUSED | RCPT | CHUNK,
    STAY = EHLO_STATE_COUNT, /* leads nowhere */
    BACK                     /* what is open is dropped */
};

/* One row a verb, the last for all that are not named: where it may come, and where it leads when it is accepted. */
static const struct {
    uint8_t verb;
    uint8_t allowed;
    uint8_t accepted;
} order[] = {
    {EHLO_VERB_EHLO, GREETED, EHLO_STATE_READY},
    {EHLO_VERB_HELO, GREETED, EHLO_STATE_READY},
    {EHLO_VERB_LHLO, GREETED, EHLO_STATE_READY},
    {EHLO_VERB_MAIL, READY, EHLO_STATE_MAIL},
    {EHLO_VERB_RCPT, MAIL | REFUSED | RCPT, EHLO_STATE_RCPT},
    {EHLO_VERB_DATA, RCPT, EHLO_STATE_READY},
    {EHLO_VERB_BDAT, RCPT | CHUNK, EHLO_STATE_CHUNK}, /* RFC 3030, section 2 */
    {EHLO_VERB_BURL, RCPT | CHUNK, EHLO_STATE_CHUNK}, /* RFC 4468, section 3.3 */
    {EHLO_VERB_STARTTLS, READY, EHLO_STATE_START},    /* RFC 3207, section 4.2 */
    {EHLO_VERB_AUTH, READY, STAY},                    /* RFC 4954, section 4 */
    {EHLO_VERB_ATRN, READY, STAY},                    /* RFC 2645, section 5 */
    {EHLO_VERB_XCLIENT, READY, EHLO_STATE_START},
    {EHLO_VERB_XFORWARD, READY, STAY},
    {EHLO_VERB_RSET, GREETED, BACK},
    {EHLO_VERB_QUIT, AWAY | GREETED, STAY},
    {EHLO_VERB_OTHER, GREETED, STAY},
};

static uint32_t row(uint32_t verb)
{
    uint32_t i = 0;

    while (order[i].verb != EHLO_VERB_OTHER && order[i].verb != verb)
        i++;
    return i;
}

int ehlo_transaction_allows(uint32_t state, uint32_t verb)
{
    return order[row(verb)].allowed >> state & 1;
}

uint8_t ehlo_transaction_next(uint8_t state, uint32_t verb, int accepted)
{
    uint8_t next = order[row(verb)].accepted;

    if (!accepted)
        return verb == EHLO_VERB_RCPT && state == EHLO_STATE_MAIL ? EHLO_STATE_REFUSED : state;
    if (next == BACK && state >= EHLO_STATE_BROKEN)
        return EHLO_STATE_READY;
    return next < EHLO_STATE_COUNT ? next : state;
}

int ehlo_transaction_open(uint32_t state)
{
    return state >= EHLO_STATE_MAIL;
}
