/* SPDX-License-Identifier: ISC
 *
 * --trace: the dialogue of each connection on stderr.
 */
#ifndef COMMON_DIALOGUE_H
#define COMMON_DIALOGUE_H

#include <ehlo.h>
#include <stddef.h>
#include <stdint.h>

/* Fill `number`, zero the rest. With number 0 nothing is printed. */
struct dialogue {
    unsigned long number; /* of the connection */
    uint64_t octets;      /* of a message, not told yet */
    uint64_t chunk;       /* octets of a chunk that are still to come */
    int chunked;          /* the message comes in chunks: BDAT was said, and not DATA */
    int secret;           /* the client's octets up to the next LF are not shown */
    int receiving;        /* a message, whose end `message` will find */
    struct ehlo_unstuff message;
};

/* Something about the connection: `connect from 127.0.0.1:40000`. */
void dialogue_note(struct dialogue *dialogue, const char *what, const char *which);

/* Octets that were taken from the client: lines, or of a message, which are counted only, and lines behind its end. */
void dialogue_client(struct dialogue *dialogue, const char *data, size_t size, int message);

/* What the client says next is a response to a challenge: up to its end it is not shown. */
void dialogue_hide(struct dialogue *dialogue);

/* Octets of a message that go to the server, from one who knows that they are. */
void dialogue_message(struct dialogue *dialogue, size_t size);

/* Octets that go to the client. */
void dialogue_server(struct dialogue *dialogue, const char *data, size_t size);

#endif
