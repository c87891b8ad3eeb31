/* SPDX-License-Identifier: ISC
 *
 * What this server answers, and what it does with a message.
 */
#ifndef SERVE_POLICY_H
#define SERVE_POLICY_H

#include "connection.h"

/* Acts on an event of the session, and answers it if it is a question; some are answered later: `c->ticket`. */
void policy_event(struct connection *c, const struct ehlo_event *event);

/* The store has news of the message: answers for it when it is done. */
void policy_news(struct connection *c);

/* 1 while the greeting is held back; the timer runs. And gives it. */
int policy_greeting_late(const struct connection *c);
void policy_greet(struct connection *c);

/* Gives up whatever there is. */
void policy_forget(struct connection *c);

#endif
