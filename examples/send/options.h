/* SPDX-License-Identifier: ISC
 *
 * The command line of send.
 */
#ifndef SEND_OPTIONS_H
#define SEND_OPTIONS_H

#include <ehlo.h>

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
};

/* Returns -1 when the program should run, or the code that it should exit with, after having said why. */
int options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
