/* SPDX-License-Identifier: ISC
 *
 * AUTH, as the client has it.
 */
#ifndef SEND_AUTH_H
#define SEND_AUTH_H

#include <ehlo.h>
#include "options.h"

enum {
    AUTH_OFFERED = 1024 /* octets of the list of mechanisms */
};

/* Zero it. */
struct auth {
    struct ehlo_sasl *sasl; /* in `block`; NULL before the exchange and behind it */
    int error;              /* why it was cancelled, or 0 */
    char offered[AUTH_OFFERED];
    size_t offered_size;
    struct ehlo_span late; /* an initial response that was too long for the command, or data NULL */
    uint8_t binding[TLS_BINDING];
    uint64_t block[EHLO_SASL_SIZE / sizeof(uint64_t)];
};

/* Any reply: that to EHLO tells which mechanisms there are. */
void auth_learn(struct auth *auth, const struct ehlo_event *event);

/* Says AUTH. `tls` may be NULL. Returns NULL, or why that cannot be. */
const char *auth_begin(struct auth *auth, struct ehlo_client *client, const struct options *options,
                       const struct tls *tls);

/* Answers a challenge, or cancels the exchange. */
void auth_respond(struct auth *auth, struct ehlo_client *client, const struct ehlo_event *event);

/* The final reply has come, and `accepted`. Wipes all. Returns NULL, or what other reason than the reply there is. */
const char *auth_finish(struct auth *auth, int accepted);

#endif
