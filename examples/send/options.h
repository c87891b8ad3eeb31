/* SPDX-License-Identifier: ISC
 *
 * The command line of send.
 */
#ifndef SEND_OPTIONS_H
#define SEND_OPTIONS_H

#include <ehlo.h>
#include "common/tls.h"
#include "params.h"

/* When the connection becomes TLS. */
enum security {
    SECURITY_NONE,
    SECURITY_IMPLICIT,     /* at its beginning */
    SECURITY_STARTTLS,     /* by STARTTLS, or nothing is sent */
    SECURITY_OPPORTUNISTIC /* by STARTTLS if it is offered, with whoever is there */
};

struct options {
    const char *host, *port;
    const char *from;
    const char **to; /* `recipients` of them */
    size_t recipients;
    const char **files; /* `messages` of them; "-": stdin */
    size_t messages;
    const char *hello;                                            /* NULL: made of the connection's address */
    uint64_t timeout;                                             /* seconds that any wait may last; 0: the RFC's own */
    uint32_t no_pipelining, eightbitmime, eightbit_anyway, trace; /* flags */
    uint32_t rules;                                               /* EHLO_ALLOW_ */
    enum security security;
    const char *authorities; /* file; NULL: the system's */
    const char *certificate, *key;
    struct tls_context *tls; /* NULL: none */
    const char *mechanism;   /* NULL: no AUTH; "": the best */
    const char *user;
    char *password; /* in the memory that `secret` is, `secret_size` octets */
    char *secret;
    size_t secret_size;
    uint32_t auth_in_clear, lmtp, bdat, binary, smtputf8; /* flags */
    const char **command;                                 /* to be said before the mail, `commands` of them */
    size_t commands;
    struct params mail_params, rcpt_params;
    const char **orcpt; /* of each recipient, NULL: none */
    const char *orcpt_of_all;
};

/* Returns -1 when the program should run, or the code that it should exit with, after having said why. */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
