/* SPDX-License-Identifier: ISC
 *
 * Connecting.
 */
#define _POSIX_C_SOURCE 200809L
#include "transport.h"
#include <ehlo.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Waits for a connection under way. Returns 0 or an errno. */
static int wait_for(int fd, int timeout)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int error = 0, ready;
    socklen_t size = sizeof error;

    do
        ready = poll(&poller, 1, timeout);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return ETIMEDOUT;
    if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

/*
 * What is to be sent goes out when it is there: no command waits for the acknowledgement of another. What the server
 * has no room for waits with us, not in the system's buffers: so its early refusal is heard early.
 */
static int set_options(int fd)
{
    int one = 1, error = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#ifdef TCP_NOTSENT_LOWAT
    int unsent = 1 << 17;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
#endif
    return error;
}

/* Returns a socket, or -1 with errno. */
static int connect_to(const struct addrinfo *address, int timeout)
{
    int error = 0, fd = socket(address->ai_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || set_options(fd) != 0)
        error = errno;
    else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        error = errno == EINPROGRESS ? wait_for(fd, timeout) : errno;
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

int transport_connect(struct transport *transport, const char *host, const char *port, int timeout)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found, *address;
    int error = getaddrinfo(host, port, &hints, &found);

    memset(transport, 0, sizeof *transport);
    transport->fd = -1;
    if (error != 0) {
        snprintf(transport->why, sizeof transport->why, "%s", gai_strerror(error));
        fprintf(stderr, "send: %s: %s\n", host, transport->why);
        return -1;
    }
    for (address = found; address != NULL && transport->fd < 0; address = address->ai_next)
        transport->fd = connect_to(address, timeout);
    if (transport->fd < 0) {
        snprintf(transport->why, sizeof transport->why, "%s", strerror(errno));
        fprintf(stderr, "send: %s port %s: %s\n", host, port, transport->why);
    }
    freeaddrinfo(found);
    return transport->fd < 0 ? -1 : 0;
}

int64_t transport_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Goes on with the handshake until it is done. Returns NULL, or what went wrong. */
static const char *shake_hands(const struct transport *transport, int timeout)
{
    struct pollfd poller = {.fd = transport->fd};
    const int64_t until = transport_now() + timeout;
    int64_t left;
    int state;

    while ((state = tls_handshake(transport->tls)) == TLS_AGAIN) {
        poller.events = tls_waits_for(transport->tls, 0) == TLS_TO_WRITE ? POLLOUT : POLLIN;
        left = until - transport_now();
        if (left <= 0 || poll(&poller, 1, (int)left) == 0)
            return "the TLS handshake takes too long";
    }
    return state == TLS_DONE ? NULL : tls_reason(transport->tls);
}

int transport_secure(struct transport *transport, struct tls_context *context, const char *host, int timeout)
{
    const char *wrong = "no TLS session for that name";

    transport->tls = tls_new(context, transport->fd, host);
    if (transport->tls != NULL)
        wrong = shake_hands(transport, timeout);
    if (wrong == NULL)
        return 0;
    snprintf(transport->why, sizeof transport->why, "%s", wrong);
    fprintf(stderr, "send: %s: TLS: %s\n", host, wrong);
    return -1;
}

void transport_close(struct transport *transport)
{
    if (transport->tls != NULL)
        tls_shutdown(transport->tls);
    tls_free(transport->tls);
    if (transport->fd >= 0)
        close(transport->fd);
}

void transport_own_name(int fd, char name[TRANSPORT_NAME])
{
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint32_t kind;
    size_t length = 0;

    if (gethostname(name, TRANSPORT_NAME - 1) == 0 && strchr(name, '.') != NULL &&
        ehlo_domain_parse(name, strlen(name), 0, &kind, &length) == 0)
        return;
    memset(&own, 0, sizeof own);
    (void)getsockname(fd, (struct sockaddr *)&own, &size);
    memcpy(&v4, &own, sizeof v4);
    memcpy(&v6, &own, sizeof v6);
    if (own.ss_family == AF_INET6)
        (void)ehlo_literal_format(name, TRANSPORT_NAME - 1, &length, v6.sin6_addr.s6_addr, 16);
    else
        (void)ehlo_literal_format(name, TRANSPORT_NAME - 1, &length, (const uint8_t *)&v4.sin_addr.s_addr, 4);
    name[length] = '\0';
}
