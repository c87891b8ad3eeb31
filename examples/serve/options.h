/* SPDX-License-Identifier: ISC
 *
 * The command line.
 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <ehlo.h>
#include "common/tls.h"
#include "users.h"
#include "verdict.h"

struct address {
    int family;         /* AF_INET or AF_INET6 */
    uint8_t octets[16]; /* of IPv4 the first four */
};

enum {
    OPTIONS_OUTPUT = 512,       /* octets of replies that a session buffers, */
    OPTIONS_OUTPUT_AUTH = 2048, /* and one that has challenges to say */
    OPTIONS_SEED = 32
};

struct options {
    const char **listen; /* ADDR:PORT, `listens` of them */
    size_t listens;
    uint32_t stdio, trace, raw, discard; /* flags */
    const char *maildir, *mbox;
    const char *hostname;
    uint64_t message_max, recipient_max, error_max, timeout, greet_delay; /* 0: the library's default */
    uint64_t withhold;
    uint32_t newline, rules;
    struct verdict *verdicts;
    const char *tls_cert, *tls_key, *tls_ca;
    uint32_t tls_implicit, require_tls, require_auth, auth_in_clear, lmtp, proxy_protocol; /* flags */
    struct tls_context *tls;                                                               /* NULL: none */
    struct users *users;                                                                   /* NULL: none */
    uint8_t seed[OPTIONS_SEED];                                                            /* for SCRAM */
    const char **offer; /* lines of the EHLO response that the user wishes, `offers` of them */
    size_t offers;
    char *offer_text; /* all lines; those behind `offer_size` are for trusted peers */
    size_t offer_size, offer_size_trusted;
    int offers_auth, offers_binding; /* AUTH, and mechanisms with channel binding */
    struct address *trusted;         /* whose XCLIENT and XFORWARD are taken, `trusts` of them */
    size_t trusts;
    struct ehlo_server_config config, config_trusted; /* made of those above */
};

/* Returns -1 when the program should run, or the code that it should exit with, after having said why. */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
