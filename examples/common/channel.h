/* SPDX-License-Identifier: ISC
 *
 * Octets over a socket that does not block, plain or through TLS. A channel is its descriptor and its TLS session,
 * which is NULL when it is plain; both are the caller's.
 */
#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include <stddef.h>
#include "tls.h"

/* What channel_read and channel_write return instead of a number of octets. */
enum {
    CHANNEL_CLOSED = TLS_CLOSED, /* read: the peer sends no more, and has said so */
    CHANNEL_AGAIN = TLS_AGAIN,   /* not now: see channel_waits_for */
    CHANNEL_BROKEN = TLS_BROKEN  /* it is lost */
};

/* `size` is not 0. A plain descriptor may be a pipe or a file as well. */
ptrdiff_t channel_read(int fd, struct tls *tls, void *buffer, size_t size);

/* After CHANNEL_AGAIN the same octets must be offered again, maybe with more behind them. */
ptrdiff_t channel_write(int fd, struct tls *tls, const void *data, size_t size);

/* What the descriptor must be ready for before what was meant, TLS_TO_READ or TLS_TO_WRITE, can be done. */
int channel_waits_for(const struct tls *tls, int what);

/* Octets that can be read though the descriptor may never be ready. */
size_t channel_pending(const struct tls *tls);

#endif
