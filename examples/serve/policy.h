/* SPDX-License-Identifier: ISC
 *
 * What this server answers, and what it does with a message.
 */
#ifndef SERVE_POLICY_H
#define SERVE_POLICY_H

#include "connection.h"

/* Acts on an event of the session, and answers it if it is a question; some are answered later: `c->ticket`. */
void policy_event(struct connection *c, const struct ehlo_event *event);

/* Answers a question; without a reply it is yes. Returns 1 when the answer accepts. */
int policy_answer(struct connection *c, uint32_t ticket, const struct ehlo_reply *reply);

/* The scripted reply at this stage for one subject, or NULL. */
const struct ehlo_reply *policy_script(const struct connection *c, enum verdict_stage stage, const char *subject);

/* Input was taken, and nothing asked: an AUTH exchange, if there was one, is over. */
void policy_unasked(struct connection *c);

/* The store has news of the message: answers for it when it is done. */
void policy_news(struct connection *c);

/* 1 while the greeting is held back; the timer runs. And gives it, or leaves it to the session to refuse who spoke. */
int policy_greeting_late(const struct connection *c);
void policy_greet(struct connection *c);
void policy_spoken_to(struct connection *c);

/* TLS is up: what was said before it is forgotten. */
void policy_secured(struct connection *c);

/* Gives up whatever there is. */
void policy_forget(struct connection *c);

#endif
