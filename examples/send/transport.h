/* SPDX-License-Identifier: ISC
 *
 * The connection to the server.
 */
#ifndef SEND_TRANSPORT_H
#define SEND_TRANSPORT_H

#include <stddef.h>

/*
 * Connects to a host by name or address, trying each of its addresses in turn for up to `timeout` milliseconds. Returns
 * a socket that does not block, or -1 with the reason in `*why`, after a message on stderr.
 */
int transport_connect(const char *host, const char *port, int timeout, const char **why);

enum {
    TRANSPORT_NAME = 256
};

/* Writes what this host calls itself: its domain if it has one, else the address literal of this end. */
void transport_own_name(int fd, char name[TRANSPORT_NAME]);

#endif
