/* SPDX-License-Identifier: ISC
 *
 * Between a socket and a session: this file moves octets, and policy.c says what is answered.
 *
 *     socket -> input -> ehlo_server_next -> events -> policy.c
 *     socket <- output <- ehlo_server_read
 *
 * Nothing here waits. Whatever holds a session up (a client that does not read, a disk that is slow, a question that is
 * open) has its place in struct connection; `converse` goes as far as it can, and `settle` says what must happen first
 * before it goes on. An idle connection has neither input nor output buffered.
 */
#define _POSIX_C_SOURCE 200809L
#include "connection.h"
#include "policy.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COMMANDS = 4096,     /* octets that are read at once when no message comes: they may have to be kept */
    REPLIES = 32768,     /* octets that the system keeps for a client that does not read; it would take millions */
    FAREWELL = 5,        /* seconds for the last reply to be taken */
    LINGER = 1,          /* seconds for the client to close, */
    LINGER_MAX = 1 << 24 /* and octets that it may still send meanwhile */
};

static void close_connection(struct connection *c)
{
    struct service *s = c->service;

    dialogue_note(&c->dialogue, "close: ", ehlo_error_text(c->over != 0 ? c->over : EHLO_E_LOST));
    policy_forget(c);
    timer_stop(&s->loop, &c->timer);
    loop_forget(&s->loop, &c->reading);
    loop_forget(&s->loop, &c->writing);
    close(c->reading.fd);
    if (c->writing.fd >= 0)
        close(c->writing.fd);
    free(c->rest);
    free(c->unsent);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    c->next = s->closed;
    s->closed = c;
    s->count--;
}

/* --- output: the session's, then the service's buffer, then the socket */

/* Two files may be in blocking mode, which is not ours to change: a pipe that is ready takes PIPE_BUF at once. */
static ssize_t put_some(const struct connection *c, const char *data, size_t size)
{
    struct pollfd ready;

    if (c->writing.fd < 0)
        return write(c->reading.fd, data, size);
    ready.fd = c->writing.fd;
    ready.events = POLLOUT;
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(c->writing.fd, data, size < PIPE_BUF ? size : PIPE_BUF);
}

/* Sends what can be sent; returns how many octets. */
static size_t put(struct connection *c, const char *data, size_t size)
{
    size_t sent = 0;
    ssize_t n;

    while (sent < size && !c->lost) {
        n = put_some(c, data + sent, size - sent);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        else if (n == 0 || errno != EINTR)
            c->lost = 1;
    }
    if (sent > 0)
        c->moved = 1;
    return sent;
}

/* Sends the service's buffer; the rest of it becomes the connection's. */
static void flush(struct connection *c)
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

/* Collects what the session says, so that the replies to a batch of commands leave in one segment. */
static void speak(struct connection *c)
{
    struct service *s = c->service;
    size_t n;

    while ((n = ehlo_server_read(c->session, s->output + s->said, sizeof s->output - s->said)) > 0) {
        dialogue_server(&c->dialogue, s->output + s->said, n);
        s->said += n;
        if (s->said == sizeof s->output)
            flush(c);
    }
}

/* --- input: what was left, then what came, then the session */

static size_t load(struct connection *c)
{
    size_t size = c->rest_size;

    if (size > 0)
        memcpy(c->service->input, c->rest, size);
    free(c->rest);
    c->rest = NULL;
    c->rest_size = 0;
    return size;
}

static void keep(struct connection *c, const char *in, size_t size)
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

/* For the trace. A question's line is taken by the call after the answer, maybe with octets of a message behind it. */
static void hear(struct connection *c, const char *in, size_t used, int message)
{
    size_t line = c->line < used ? c->line : used;

    if (used == 0)
        return;
    dialogue_client(&c->dialogue, in, line, 0);
    dialogue_client(&c->dialogue, in + line, used - line, message);
    c->line = 0;
}

/* --- the conversation */

static void end(struct connection *c, int why)
{
    ehlo_server_end(c->session, why);
    c->ended = 1;
    c->ticket = 0;
    c->moved = 1;
}

static int full(const struct connection *c)
{
    return c->message != NULL && store_full(c->message);
}

/* Whether the session may be given input. When it was ended it still has to say so: 421, ABORT. */
static int may_go_on(const struct connection *c)
{
    return c->ended || (c->ticket == 0 && c->unsent == NULL && !full(c));
}

/* The session waits for input. Will any come? When not it is ended, and there is more to do. */
static int hang_up(struct connection *c)
{
    int why = c->finished || c->lost ? EHLO_E_LOST : c->service->stopping ? EHLO_E_SHUTDOWN : 0;

    if (why != 0)
        end(c, why);
    return why != 0;
}

static void settle(struct connection *c);

/* Gives the session the `size` octets at the service's `input`, and does all that follows from it. */
static void converse(struct connection *c, size_t size)
{
    const char *in = c->service->input;
    struct ehlo_event event;
    size_t used;
    uint32_t want;
    int type;

    event.size = sizeof event;
    while (!c->lost && may_go_on(c)) {
        want = ehlo_server_want(c->session);
        type = ehlo_server_next(c->session, in, size, &used, &event);
        hear(c, in, used, (want & EHLO_WANT_BODY) != 0);
        c->moved |= type > 0 || (used > 0 && (want & EHLO_WANT_BODY));
        in += used;
        size -= used;
        speak(c);
        if (type > 0) {
            c->line = event.line.data == NULL ? 0 : event.line.size + 2;
            policy_event(c, &event);
        } else if (type < 0) {
            c->over = type;
            break;
        } else if ((ehlo_server_want(c->session) & EHLO_WANT_INPUT) && !hang_up(c)) {
            break;
        }
    }
    flush(c);
    keep(c, in, size);
    if (c->lost && c->over != EHLO_E_LOST)
        connection_drop(c);
    else
        settle(c);
}

/* All was said. Closing with input unread would reset the connection, and may take the last reply from the client. */
static void linger(struct connection *c)
{
    if (c->finished || c->lost || c->writing.fd >= 0 || shutdown(c->reading.fd, SHUT_WR) != 0 ||
        loop_watch(&c->service->loop, &c->reading, LOOP_READ) != 0) {
        close_connection(c);
        return;
    }
    c->lingering = 1;
    timer_start(&c->service->loop, &c->timer, LINGER);
}

/* What must happen before the conversation goes on, and how long that may take. */
static void settle(struct connection *c)
{
    struct loop *loop = &c->service->loop;
    uint32_t want = ehlo_server_want(c->session), interest = 0;
    uint32_t seconds = c->ended || c->over != 0 ? FAREWELL : ehlo_server_timeout(c->session);
    int disk = full(c), failed;

    if (c->unsent == NULL && (want & EHLO_WANT_CLOSE)) {
        linger(c);
        return;
    }
    if (c->unsent != NULL)
        interest = LOOP_WRITE;
    else if ((want & EHLO_WANT_INPUT) && !disk)
        interest = LOOP_READ;
    failed = loop_watch(loop, &c->reading, c->writing.fd < 0 ? interest : interest & LOOP_READ);
    if (c->writing.fd >= 0)
        failed |= loop_watch(loop, &c->writing, interest & LOOP_WRITE);
    if (failed) {
        connection_drop(c);
        return;
    }
    if (policy_greeting_late(c))
        return; /* its timer runs */
    if (disk || seconds == 0)
        timer_stop(loop, &c->timer);
    else if (c->moved)
        timer_start(loop, &c->timer, seconds);
    c->moved = 0;
}

/* --- what the loop tells */

static void receive(struct connection *c)
{
    struct service *s = c->service;
    size_t size = load(c), room = sizeof s->input - size;
    ssize_t n;

    if (!(ehlo_server_want(c->session) & EHLO_WANT_BODY) && room > COMMANDS)
        room = COMMANDS;
    n = read(c->reading.fd, s->input + size, room);
    if (n > 0)
        size += (size_t)n;
    else if (n == 0)
        c->finished = 1;
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        c->lost = 1;
    if (c->lost)
        connection_drop(c);
    else
        converse(c, size);
}

static void send_rest(struct connection *c)
{
    size_t sent = put(c, c->unsent, c->unsent_size);

    if (c->lost) {
        connection_drop(c);
        return;
    }
    c->unsent_size -= sent;
    memmove(c->unsent, c->unsent + sent, c->unsent_size);
    if (c->unsent_size == 0) {
        free(c->unsent);
        c->unsent = NULL;
    }
    converse(c, load(c));
}

static void throw_away(struct connection *c)
{
    ssize_t n = read(c->reading.fd, c->service->input, sizeof c->service->input);

    if (n > 0)
        c->lingered += (size_t)n;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) || c->lingered > LINGER_MAX)
        close_connection(c);
}

static void ready(void *owner, uint32_t what)
{
    struct connection *c = owner;

    if (what & LOOP_LOST)
        connection_drop(c);
    else if (c->lingering)
        throw_away(c);
    else if (what & LOOP_WRITE)
        send_rest(c);
    else
        receive(c);
}

static void expired(void *owner)
{
    struct connection *c = owner;

    if (policy_greeting_late(c)) {
        policy_greet(c);
        converse(c, load(c));
    } else if (c->lingering || c->ended || c->over != 0 || c->unsent != NULL) {
        connection_drop(c);
    } else {
        end(c, EHLO_E_TIMEOUT);
        converse(c, load(c));
    }
}

void connection_news(void *owner)
{
    struct connection *c = owner;

    c->moved = 1;
    policy_news(c);
    converse(c, load(c));
}

/* --- where it begins and ends */

static void note_peer(struct connection *c, const struct sockaddr *peer)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    char address[INET6_ADDRSTRLEN] = "", text[INET6_ADDRSTRLEN + 16];

    c->family = peer == NULL ? AF_UNSPEC : peer->sa_family;
    if (c->family == AF_INET) {
        memcpy(&ipv4, peer, sizeof ipv4);
        memcpy(c->address, &ipv4.sin_addr, 4);
        c->port = ntohs(ipv4.sin_port);
    } else if (c->family == AF_INET6) {
        memcpy(&ipv6, peer, sizeof ipv6);
        memcpy(c->address, &ipv6.sin6_addr, 16);
        c->port = ntohs(ipv6.sin6_port);
    }
    if (inet_ntop(c->family, c->address, address, sizeof address) != NULL)
        snprintf(text, sizeof text, c->family == AF_INET6 ? "[%s]:%u" : "%s:%u", address, (unsigned int)c->port);
    else
        snprintf(text, sizeof text, "stdin");
    dialogue_note(&c->dialogue, "connect from ", text);
}

static void prepare_socket(int fd)
{
    int on = 1, octets = REPLIES;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
}

void connection_open(struct service *service, int in, int out, const struct sockaddr *peer)
{
    const struct ehlo_server_config *config = &service->options->config;
    size_t size = ehlo_server_size(config);
    struct connection *c = calloc(1, sizeof *c + size);

    if (c == NULL || ehlo_server_init(&c->session, c->block, size, config) != 0) {
        free(c);
        close(in);
        return;
    }
    c->service = service;
    c->reading.fd = in;
    c->reading.file = in != out;
    c->writing = c->reading;
    c->writing.fd = in != out ? out : -1;
    c->reading.owner = c->writing.owner = c->timer.owner = c;
    c->reading.ready = c->writing.ready = ready;
    c->timer.expired = expired;
    if (in == out)
        prepare_socket(in);
    c->next = service->connections;
    c->link = &service->connections;
    if (c->next != NULL)
        c->next->link = &c->next;
    service->connections = c;
    service->count++;
    service->numbered++;
    c->dialogue.number = service->options->trace ? service->numbered : 0;
    note_peer(c, peer);
    converse(c, 0);
}

/* The client hears nothing more, and the session has its chance to tell of the message that is given up. */
void connection_drop(struct connection *c)
{
    struct ehlo_event event;
    size_t used;
    int type;

    ehlo_server_end(c->session, EHLO_E_LOST);
    c->ticket = 0;
    event.size = sizeof event;
    while ((type = ehlo_server_next(c->session, c->rest, c->rest_size, &used, &event)) > 0)
        policy_event(c, &event);
    c->over = type;
    close_connection(c);
}

void connection_stop(struct connection *c)
{
    if (c->lingering || c->ended || (c->ticket != 0 && c->message != NULL))
        return;
    end(c, EHLO_E_SHUTDOWN);
    converse(c, load(c));
}

void connections_bury(struct service *service)
{
    struct connection *c;

    while ((c = service->closed) != NULL) {
        service->closed = c->next;
        free(c);
    }
}
