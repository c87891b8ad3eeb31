/* SPDX-License-Identifier: ISC
 *
 * Between the channel, the service's two buffers and what a connection keeps.
 */
#define _POSIX_C_SOURCE 200809L
#include "octets.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COMMANDS = 4096 /* octets that are read at once when no message comes: they may have to be kept */
};

/* --- output: the session's, then the service's buffer, then the socket */

/* Two files may be in blocking mode, which is not ours to change: a pipe that is ready takes PIPE_BUF at once. */
static ptrdiff_t put_some(const struct connection *c, const char *data, size_t size)
{
    struct pollfd ready;
    ssize_t n;

    if (c->writing.fd < 0)
        return channel_write(c->reading.fd, c->tls, data, size);
    ready.fd = c->writing.fd;
    ready.events = POLLOUT;
    if (poll(&ready, 1, 0) == 0)
        return CHANNEL_AGAIN;
    n = write(c->writing.fd, data, size < PIPE_BUF ? size : PIPE_BUF);
    return n >= 0 ? n : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CHANNEL_AGAIN : CHANNEL_BROKEN;
}

/* Sends what can be sent; returns how many octets. */
static size_t put(struct connection *c, const char *data, size_t size)
{
    size_t sent = 0;
    ptrdiff_t n;

    while (sent < size && !c->lost) {
        n = put_some(c, data + sent, size - sent);
        if (n > 0)
            sent += (size_t)n;
        else if (n == CHANNEL_AGAIN)
            break;
        else
            c->lost = 1;
    }
    if (sent > 0)
        c->moved = 1;
    return sent;
}

void octets_flush(struct connection *c)
{
    struct service *s = c->service;
    size_t sent = c->unsent == NULL ? put(c, s->output, s->said) : 0, left = s->said - sent;
    char *unsent;

    s->said = 0;
    if (left == 0 || c->lost)
        return;
    unsent = realloc(c->unsent, c->unsent_size + left);
    if (unsent == NULL) {
        c->lost = 1;
        return;
    }
    memcpy(unsent + c->unsent_size, s->output + sent, left);
    c->unsent = unsent;
    c->unsent_size += left;
}

void octets_send_unsent(struct connection *c)
{
    size_t sent = put(c, c->unsent, c->unsent_size);

    c->unsent_size -= sent;
    memmove(c->unsent, c->unsent + sent, c->unsent_size);
    if (c->unsent_size > 0)
        return;
    free(c->unsent);
    c->unsent = NULL;
}

void octets_speak(struct connection *c)
{
    struct service *s = c->service;
    size_t n;

    while ((n = ehlo_server_read(c->session, s->output + s->said, sizeof s->output - s->said)) > 0) {
        dialogue_server(&c->dialogue, s->output + s->said, n);
        s->said += n;
        if (s->said == sizeof s->output)
            octets_flush(c);
    }
}

/* --- input: what was left, then what came, then the session */

/* What is kept may be of an AUTH line. */
void octets_forget(struct connection *c)
{
    if (c->rest != NULL)
        ehlo_wipe(c->rest, c->rest_size);
    free(c->rest);
    c->rest = NULL;
    c->rest_size = 0;
}

size_t octets_load(struct connection *c)
{
    size_t size = c->rest_size;

    if (size > 0)
        memcpy(c->service->input, c->rest, size);
    octets_forget(c);
    if (c->service->filled < size)
        c->service->filled = size;
    return size;
}

void octets_wipe(struct connection *c)
{
    if (c->service->options->offers_auth && !(ehlo_server_want(c->session) & EHLO_WANT_BODY))
        ehlo_wipe(c->service->input, c->service->filled);
    c->service->filled = 0;
}

void octets_keep(struct connection *c, const char *in, size_t size)
{
    if (size == 0 || c->lost)
        return;
    c->rest = malloc(size);
    if (c->rest == NULL) {
        c->lost = 1;
        return;
    }
    memcpy(c->rest, in, size);
    c->rest_size = size;
}

size_t octets_take(struct connection *c, size_t size)
{
    struct service *s = c->service;
    size_t room = sizeof s->input - size;
    ptrdiff_t n;

    if (!(ehlo_server_want(c->session) & EHLO_WANT_BODY) && room > COMMANDS)
        room = COMMANDS;
    n = channel_read(c->reading.fd, c->tls, s->input + size, room);
    if (n > 0 && s->filled < size + (size_t)n)
        s->filled = size + (size_t)n;
    if (n > 0)
        return size + (size_t)n;
    if (n == CHANNEL_CLOSED)
        c->finished = 1;
    else if (n == CHANNEL_BROKEN)
        c->lost = 1;
    return size;
}
