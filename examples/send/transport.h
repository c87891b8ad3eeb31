/* SPDX-License-Identifier: ISC
 *
 * The connection to the server.
 */
#ifndef SEND_TRANSPORT_H
#define SEND_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>
#include "common/tls.h"

struct transport {
    int fd;          /* does not block */
    struct tls *tls; /* NULL: plain */
    char why[TLS_REASON];
};

/*
 * Connects to a host by name or address, trying each of its addresses in turn for up to `timeout` milliseconds. Returns
 * 0, or -1 with the reason in `why`, after a message on stderr.
 */
int transport_connect(struct transport *transport, const char *host, const char *port, int timeout);

/* Makes the TLS handshake, for up to `timeout` milliseconds. Returns as above; then it can only be closed. */
int transport_secure(struct transport *transport, struct tls_context *context, const char *host, int timeout);

void transport_close(struct transport *transport);

/* Milliseconds since some time. */
int64_t transport_now(void);

enum {
    TRANSPORT_NAME = 256
};

/* Writes what this host calls itself: its domain if it has one, else the address literal of this end. */
void transport_own_name(int fd, char name[TRANSPORT_NAME]);

#endif
