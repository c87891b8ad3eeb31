/* SPDX-License-Identifier: ISC
 *
 * AUTH: who the client is, by the users' file or by a certificate.
 */
#ifndef SERVE_AUTH_H
#define SERVE_AUTH_H

#include "connection.h"

/*
 * Answers AUTH and each response. SCRAM makes its keys here and now, a few milliseconds of work in which nobody else is
 * served; a program with more users would store them (ehlo_scram_keys).
 */
void auth_event(struct connection *c, const struct ehlo_event *event);

/* Wipes an exchange that is under way; there may be none. */
void auth_end(struct connection *c);

#endif
