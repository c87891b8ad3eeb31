/* SPDX-License-Identifier: ISC
 *
 * A connection with the server: the octets of a session.
 */
#ifndef SEND_DELIVER_H
#define SEND_DELIVER_H

#include "steps.h"
#include "transport.h"

/*
 * Carries on the session until it is over. Returns 1 when another connection is needed, for this one takes no more
 * messages. Else every message is in the report. `handshake`: milliseconds that one may last.
 */
int deliver(struct transport *transport, const struct options *options, struct envelope *envelope,
            struct message *messages, struct progress *progress, struct report *report, int handshake);

#endif
