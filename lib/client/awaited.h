/* SPDX-License-Identifier: ISC
 *
 * What was asked of the server and has no reply yet, in order. The same in a row, such as RCPTs, takes one place, so a
 * few places are enough for every transaction.
 */
#ifndef EHLO_CLIENT_AWAITED_H
#define EHLO_CLIENT_AWAITED_H

#include <stdint.h>

/* Something that a reply answers. */
struct ehlo_asked {
    uint32_t times;  /* in a row */
    uint8_t answers; /* EHLO_EVENT_ */
    uint8_t verb;    /* EHLO_VERB_ */
};

enum {
    EHLO_AWAITED_PLACES = 8
};

struct ehlo_awaited {
    struct ehlo_asked places[EHLO_AWAITED_PLACES];
    uint32_t total; /* replies that are due */
    uint16_t first;
    uint16_t used; /* places */
};

/* 1 when this can be added, else 0. */
int ehlo_awaited_room(const struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb);

/* Adds something; there is room. */
void ehlo_awaited_add(struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb);

/* What the next reply answers; NULL when nothing is awaited. */
const struct ehlo_asked *ehlo_awaited_first(const struct ehlo_awaited *awaited);

/* What was asked last; NULL when nothing is awaited. */
const struct ehlo_asked *ehlo_awaited_last(const struct ehlo_awaited *awaited);

/* Those of one kind that are awaited in a row become one. */
void ehlo_awaited_once(struct ehlo_awaited *awaited, uint32_t answers);

/* Takes the first one off; something is awaited. */
void ehlo_awaited_take(struct ehlo_awaited *awaited);

#endif
