/* SPDX-License-Identifier: ISC
 *
 * The envelope that all messages have.
 */
#ifndef SEND_ENVELOPE_H
#define SEND_ENVELOPE_H

#include "options.h"

struct envelope {
    struct ehlo_mail mail;
    struct ehlo_rcpt *rcpts;   /* options->recipients of them */
    struct params mail_params; /* what goes behind the sender, */
    struct params *params;     /* and behind each recipient that has some of its own */
    int utf8;                  /* an address needs SMTPUTF8 */
};

/* Returns EX_OK, or another exit code after saying why. */
int envelope_read(struct envelope *envelope, const struct options *options);
void envelope_free(struct envelope *envelope);

#endif
