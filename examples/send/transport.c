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

int transport_connect(const char *host, const char *port, int timeout, const char **why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found, *address;
    int fd = -1, error = getaddrinfo(host, port, &hints, &found);

    if (error != 0) {
        *why = gai_strerror(error);
        fprintf(stderr, "send: %s: %s\n", host, *why);
        return -1;
    }
    for (address = found; address != NULL && fd < 0; address = address->ai_next)
        fd = connect_to(address, timeout);
    if (fd < 0) {
        *why = strerror(errno);
        fprintf(stderr, "send: %s port %s: %s\n", host, port, *why);
    }
    freeaddrinfo(found);
    return fd;
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
