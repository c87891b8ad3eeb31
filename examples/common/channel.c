/* SPDX-License-Identifier: ISC
 *
 * Plain octets, or TLS.
 */
#define _POSIX_C_SOURCE 200809L
#include "channel.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ptrdiff_t failed(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CHANNEL_AGAIN : CHANNEL_BROKEN;
}

ptrdiff_t channel_read(int fd, struct tls *tls, void *buffer, size_t size)
{
    ssize_t n;

    if (tls != NULL)
        return tls_read(tls, buffer, size);
    n = read(fd, buffer, size);
    return n < 0 ? failed() : n;
}

ptrdiff_t channel_write(int fd, struct tls *tls, const void *data, size_t size)
{
    ssize_t n;

    if (tls != NULL)
        return tls_write(tls, data, size);
    n = send(fd, data, size, MSG_NOSIGNAL);
    return n < 0 ? failed() : n;
}

int channel_waits_for(const struct tls *tls, int what)
{
    return tls == NULL ? what : tls_waits_for(tls, what);
}

size_t channel_pending(const struct tls *tls)
{
    return tls == NULL ? 0 : tls_pending(tls);
}
