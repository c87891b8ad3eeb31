/* SPDX-License-Identifier: ISC
 *
 * The command line.
 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <ehlo.h>
#include "verdict.h"

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
    struct ehlo_server_config config; /* made of those above */
};

/* Returns -1 when the program should run, or the code that it should exit with, after having said why. */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
