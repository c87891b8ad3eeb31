/* SPDX-License-Identifier: ISC
 *
 * The PROXY protocol, versions 1 and 2, of HAProxy's proxy-protocol.txt: what a proxy says of the client that it speaks
 * for, ahead of the greeting. Stateless.
 */
#ifndef EHLO_PROXY_H
#define EHLO_PROXY_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest headers, in octets: of version 1, and of either. `need` tells earlier whether one fits in a buffer. */
#define EHLO_PROXY_V1_MAX 107
#define EHLO_PROXY_MAX (16 + 65535)

/* For whom the proxy speaks. */
enum {
    EHLO_PROXY_LOCAL = 0,   /* for itself, as in a health check: the connection's own addresses are the right ones */
    EHLO_PROXY_UNKNOWN = 1, /* for a client of which it cannot tell the address: there are only the connection's own */
    EHLO_PROXY_IPV4 = 2,    /* for a client over TCP: addresses of 4 octets, and ports */
    EHLO_PROXY_IPV6 = 3,    /* for a client over TCP: addresses of 16 octets, and ports */
    EHLO_PROXY_UNIX = 4     /* for a client over a local stream: names of 108 octets; version 2 only */
};

/* Set `size`. Octets of an address that its family does not have are 0. The addresses are claims of the peer. */
struct ehlo_proxy {
    uint32_t size;             /* sizeof(struct ehlo_proxy) */
    uint32_t version;          /* 1 or 2 */
    uint32_t family;           /* EHLO_PROXY_ */
    uint32_t need;             /* of a header not yet whole: its octets in all, when they can be told; else 0 */
    uint16_t source_port;      /* the client's */
    uint16_t destination_port; /* the one that the client connected to */
    uint8_t source[108];       /* the client's address, in network order */
    uint8_t destination[108];  /* the one that the client connected to */
};

/*
 * Takes a header at the beginning of a connection. Call it only for peers that may send one, and then always: whoever
 * may choose can lie about his address. Returns 1 with `*proxy` filled and `*used` the header's octets; 0 when it is
 * not whole yet: call again with the same octets and more behind them; or, with `*used` the offset of the wrong octet,
 * EHLO_E_PROXY as soon as what is there begins no header, EHLO_E_LINE_LONG for 107 octets of version 1 without a CRLF.
 * Strict: addresses and ports in version 1 have no leading zeros; version 2 is of streams, its TLVs must fill what is
 * left, and are skipped, a CRC32c unchecked. What stands beside LOCAL and UNKNOWN is skipped. EHLO_E_ARGUMENT when
 * `proxy->size` is not set. No RFC: proxy-protocol.txt, sections 2.1 and 2.2.
 */
EHLO_API int ehlo_proxy_parse(struct ehlo_proxy *proxy, const void *in, size_t size, size_t *used);

/*
 * Writes a header, at most 232 octets, without TLVs. LOCAL is UNKNOWN in version 1. All or nothing: `*length` is what
 * is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_ARGUMENT for a version or a family that there is not, and for
 * UNIX in version 1. No RFC: proxy-protocol.txt, sections 2.1 and 2.2.
 */
EHLO_API int ehlo_proxy_format(void *out, size_t capacity, size_t *length, const struct ehlo_proxy *proxy);

#ifdef __cplusplus
}
#endif

#endif
