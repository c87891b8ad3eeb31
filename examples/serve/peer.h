/* SPDX-License-Identifier: ISC
 *
 * Who the client is: as the socket says, as a proxy says for it, as one claims who may.
 */
#ifndef SERVE_PEER_H
#define SERVE_PEER_H

#include <ehlo.h>
#include <sys/socket.h>

enum {
    PEER_TEXT = 256
};

/* What XCLIENT says besides the address; "" where it says nothing. */
struct claim {
    char name[PEER_TEXT], hello[PEER_TEXT], login[PEER_TEXT];
};

struct peer {
    int family; /* AF_INET, AF_INET6, or another: unknown */
    uint16_t port;
    uint8_t address[16]; /* of IPv4 the first four octets */
    struct claim *claim; /* NULL: none */
};

/* `address` may be NULL. */
void peer_of_socket(struct peer *peer, const struct sockaddr *address);

/* A proxy speaks for another; or for itself, and all stays as it is. */
void peer_of_proxy(struct peer *peer, const struct ehlo_proxy *header);

/*
 * Takes the attributes of XCLIENT. Returns 0 with `*claimed` made of `*peer` and them; else -1, for a malformed list or
 * want of memory. XFORWARD's are only looked at: `claimed` may be NULL.
 */
int peer_claim(struct peer *claimed, const struct peer *peer, uint32_t verb, struct ehlo_span list);

/* Frees what was claimed, which counts no more. */
void peer_clear(struct peer *peer);

/* "192.0.2.1", or "". And "192.0.2.1:40000", "[2001:db8::1]:40000", or "unknown". */
void peer_address(const struct peer *peer, char text[PEER_TEXT]);
void peer_describe(const struct peer *peer, char text[PEER_TEXT]);

#endif
