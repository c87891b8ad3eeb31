/* SPDX-License-Identifier: ISC
 *
 * What is done in a session, one step after the other: TLS, AUTH, commands, messages, QUIT.
 */
#ifndef SEND_STEPS_H
#define SEND_STEPS_H

#include "auth.h"
#include "common/dialogue.h"
#include "envelope.h"
#include "message.h"
#include "options.h"
#include "report.h"

/* What was done, over all connections. Zeroed at first. */
struct progress {
    size_t message, command; /* those before are reported */
    size_t transactions;
    int halfway; /* of the message some recipients are left */
};

enum {
    STEPS_PIECE = 1 << 15 /* octets of a message that are given at once */
};

/* Fill those above the line, and zero the rest. */
struct steps {
    const struct options *options;
    struct envelope *envelope;
    struct message *messages;
    struct progress *progress;
    struct report *report;
    struct ehlo_client *client;
    struct dialogue *dialogue;
    const struct tls *tls; /* NULL until TLS is up */
    /* --- */
    int ready;         /* the server has greeted us */
    int starting;      /* STARTTLS was said, or cannot be said */
    int authenticated; /* or nobody wishes it */
    int commanding;    /* a command was said, and not answered */
    int sending;       /* what comes out of the session is of a message */
    int leaving;       /* nothing more is to be said */
    int full;          /* this connection takes no more messages */
    int shown;         /* percent */
    struct auth auth;
    char piece[STEPS_PIECE];
};

/* An ehlo_handler; `user` is a struct steps. */
int steps_handle(void *user, const struct ehlo_event *event);

/* Gives the session the next piece of the message. */
void steps_give_piece(struct steps *steps);

/* No TLS, or no AUTH, for this reason or, when it is NULL, as the last reply says: no message will be sent. */
void steps_deny(struct steps *steps, int by_auth, const char *why);

#endif
