/* SPDX-License-Identifier: ISC
 *
 * The order of commands (RFC 5321, section 4.1.4) as one table.
 */
#ifndef EHLO_SESSION_TRANSACTION_H
#define EHLO_SESSION_TRANSACTION_H

#include <stdint.h>

/* Where a session stands between two commands. */
enum {
    EHLO_STATE_AWAY = 0,    /* the greeting was a refusal: only QUIT is left (section 3.1) */
    EHLO_STATE_START = 1,   /* no EHLO or HELO yet */
    EHLO_STATE_READY = 2,   /* no transaction is open */
    EHLO_STATE_BROKEN = 3,  /* a chunk was refused, and the transaction with it: RSET must come (RFC 3030, section 2) */
    EHLO_STATE_MAIL = 4,    /* MAIL was accepted */
    EHLO_STATE_REFUSED = 5, /* RCPT too, and each was refused, by whomever */
    EHLO_STATE_RCPT = 6,    /* a recipient was accepted */
    EHLO_STATE_CHUNK = 7,   /* a chunk was accepted, and more are to come */
    EHLO_STATE_COUNT = 8
};

/* 1 when a command with this EHLO_VERB_ may come in this state, else 0. */
int ehlo_transaction_allows(uint32_t state, uint32_t verb);

/* The state after a command that was allowed has been accepted or refused. DATA and BDAT LAST end their message. */
uint8_t ehlo_transaction_next(uint8_t state, uint32_t verb, int accepted);

/* 1 when a transaction is open in this state, else 0. */
int ehlo_transaction_open(uint32_t state);

#endif
