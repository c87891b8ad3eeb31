/* SPDX-License-Identifier: ISC
 *
 * A session with the server: all messages on one connection.
 */
#ifndef SEND_DELIVER_H
#define SEND_DELIVER_H

#include "message.h"
#include "options.h"
#include "report.h"

struct envelope {
    struct ehlo_mail mail;
    struct ehlo_rcpt *rcpts; /* options->recipients of them */
};

/* Carries on the session on `fd` until it is over. Every message is in the report then. */
void deliver(int fd, const struct options *options, struct envelope *envelope, struct message *messages,
             struct report *report);

#endif
