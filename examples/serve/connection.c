/* SPDX-License-Identifier: ISC
 *
 * Between a socket and a session: this file moves octets, and policy.c says what is answered.
 *
 *     socket -> channel -> input -> ehlo_server_next -> events -> policy.c
 *     socket <- channel <- output <- ehlo_server_read
 *
 * Nothing here waits. Whatever holds a session up (a client that does not read, a disk that is slow, a question that is
 * open) has its place in struct connection; `converse` goes as far as it can, and `settle` says what must happen first
 * before it goes on. An idle connection has neither input nor output buffered; what TLS has decrypted counts as input,
 * and is asked for before the socket is waited for.
 */
#define _POSIX_C_SOURCE 200809L
#include "connection.h"
#include "octets.h"
#include "policy.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REPLIES = 32768,     /* octets that the system keeps for a client that does not read; it would take millions */
    HANDSHAKE = 60,      /* seconds for all of a TLS handshake, or a PROXY header */
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
    tls_free(c->tls);
    close(c->reading.fd);
    if (c->writing.fd >= 0)
        close(c->writing.fd);
    octets_forget(c);
    free(c->unsent);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    c->next = s->closed;
    s->closed = c;
    s->count--;
}

/* For the trace. A question's line is taken by the call after the answer, maybe with octets of a message behind it. */
static void hear(struct connection *c, const char *in, size_t used, int message)
{
    size_t line = c->line < used ? c->line : used;

    if (used == 0)
        return;
    dialogue_client(&c->dialogue, in, line, 0);
    if (c->challenged)
        dialogue_hide(&c->dialogue);
    c->challenged = 0;
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
static void secure(struct connection *c);

/* Gives the session the `size` octets at the service's `input`, and does all that follows from it. */
static void converse(struct connection *c, size_t size)
{
    char *in = c->service->input;
    struct ehlo_event event;
    size_t used;
    uint32_t want;
    int type;

    event.size = sizeof event;
    while (!c->lost && may_go_on(c)) {
        want = ehlo_server_want(c->session);
        type = ehlo_server_next(c->session, in, size, &used, &event);
        if (type <= 0 && used > c->line)
            policy_unasked(c); /* a line that led to no question */
        hear(c, in, used, (want & EHLO_WANT_BODY) != 0);
        c->moved |= type > 0 || (used > 0 && (want & EHLO_WANT_BODY));
        in += used;
        size -= used;
        octets_speak(c);
        if (type > 0) {
            c->line = event.line.data == NULL ? 0 : event.line.size + 2;
            policy_event(c, &event);
        } else if (type < 0) {
            c->over = type;
            break;
        } else if (ehlo_server_want(c->session) & EHLO_WANT_TLS) {
            break;
        } else if ((ehlo_server_want(c->session) & EHLO_WANT_INPUT) && !hang_up(c)) {
            if (channel_pending(c->tls) == 0)
                break;
            in = memmove(c->service->input, in, size);
            size = octets_take(c, size);
        }
    }
    octets_flush(c);
    octets_keep(c, in, size);
    octets_wipe(c);
    if (c->lost && c->over != EHLO_E_LOST)
        connection_drop(c);
    else
        settle(c);
}

/* The client hears nothing more, and the session has its chance to tell of the message that is given up. */
static void lose(struct connection *c)
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
}

/* All was said. Closing with input unread would reset the connection, and may take the last reply from the client. */
static void linger(struct connection *c)
{
    if (c->tls != NULL)
        tls_shutdown(c->tls);
    tls_free(c->tls);
    c->tls = NULL;
    if (c->finished || c->lost || c->writing.fd >= 0 || shutdown(c->reading.fd, SHUT_WR) != 0 ||
        loop_watch(&c->service->loop, &c->reading, LOOP_READ) != 0) {
        close_connection(c);
        return;
    }
    c->lingering = 1;
    timer_start(&c->service->loop, &c->timer, LINGER);
}

/* What the socket is to be watched for when octets are to go in that direction. */
static uint32_t interest_in(const struct connection *c, int what)
{
    return channel_waits_for(c->tls, what) == TLS_TO_WRITE ? LOOP_WRITE : LOOP_READ;
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
    if (c->unsent == NULL && (want & EHLO_WANT_TLS)) {
        secure(c);
        return;
    }
    if (c->unsent != NULL)
        interest = interest_in(c, TLS_TO_WRITE);
    else if ((want & EHLO_WANT_INPUT) && !disk)
        interest = interest_in(c, TLS_TO_READ);
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

/* --- TLS */

/* After STARTTLS the session begins anew; when TLS came first it begins. Returns 0 when it does not. */
static int tell_session(struct connection *c)
{
    if (!(ehlo_server_want(c->session) & EHLO_WANT_TLS))
        return 1;
    policy_secured(c);
    return ehlo_server_secured(c->session, c->rest_size) == 0;
}

/* Goes on with the handshake. One that fails has told the client why, so the socket is not closed at once. */
static void handshake(struct connection *c)
{
    char description[TLS_DESCRIPTION];
    int state = tls_handshake(c->tls);

    if (state == TLS_AGAIN && loop_watch(&c->service->loop, &c->reading, interest_in(c, TLS_TO_READ)) == 0)
        return;
    c->handshaking = 0;
    c->moved = 1;
    if (state == TLS_DONE && tell_session(c)) {
        tls_describe(c->tls, description);
        dialogue_note(&c->dialogue, "TLS: ", description);
        converse(c, octets_load(c));
    } else {
        dialogue_note(&c->dialogue, "TLS failed: ", tls_reason(c->tls));
        lose(c);
        linger(c);
    }
}

/* The time for what comes before a session, or in the midst of it, that the session does not know of. */
static void limit_time(struct connection *c)
{
    const uint64_t timeout = c->service->options->timeout;

    timer_start(&c->service->loop, &c->timer, timeout == 0 || timeout > HANDSHAKE ? HANDSHAKE : (uint32_t)timeout);
}

/* All that comes from now on is TLS. */
static void secure(struct connection *c)
{
    c->tls = tls_new(c->service->options->tls, c->reading.fd, NULL);
    if (c->tls == NULL) {
        connection_drop(c);
        return;
    }
    c->handshaking = 1;
    limit_time(c);
    handshake(c);
}

static void begin(struct connection *c)
{
    if (c->service->options->tls_implicit)
        secure(c);
    else
        converse(c, 0);
}

/* --- the PROXY protocol */

/* XCLIENT's word is taken from those alone who are named. A client behind a proxy is not the proxy. */
static int is_trusted(const struct options *options, const struct peer *peer)
{
    size_t i;

    for (i = 0; i < options->trusts; i++)
        if (options->trusted[i].family == peer->family &&
            memcmp(options->trusted[i].octets, peer->address, sizeof peer->address) == 0)
            return 1;
    return 0;
}

static int begin_session(struct connection *c)
{
    const struct options *options = c->service->options;
    const struct ehlo_server_config *config;

    c->trusted = is_trusted(options, &c->unclaimed);
    config = c->trusted ? &options->config_trusted : &options->config;
    return ehlo_server_init(&c->session, c->block, ehlo_server_size(config), config);
}

/* Not an octet is read beyond the header: what is behind it may be TLS. So a header of unknown length comes in bits. */
static int read_header(struct connection *c, struct ehlo_proxy *header)
{
    char *in = c->service->input;
    size_t size = octets_load(c), used;
    ptrdiff_t n;
    int found = ehlo_proxy_parse(header, in, size, &used);

    if (found == 0 && header->need <= sizeof c->service->input) {
        n = channel_read(c->reading.fd, NULL, in + size, header->need > size ? header->need - size : 1);
        c->lost = n == CHANNEL_CLOSED || n == CHANNEL_BROKEN;
        if (n > 0)
            found = ehlo_proxy_parse(header, in, size += (size_t)n, &used);
    } else {
        c->lost = 1;
    }
    if (found == 0)
        octets_keep(c, in, size);
    return found;
}

static void hear_proxy(struct connection *c)
{
    struct ehlo_proxy header = {.size = sizeof header};
    char text[PEER_TEXT];
    const int found = read_header(c, &header);

    if (found < 0) {
        dialogue_note(&c->dialogue, "PROXY: ", ehlo_error_text(found));
        c->awaiting_proxy = 0;
        lose(c);
        linger(c);
    } else if (c->lost) {
        connection_drop(c);
    } else if (found > 0) {
        c->awaiting_proxy = 0;
        peer_of_proxy(&c->unclaimed, &header);
        c->lost |= begin_session(c) != 0; /* anew: another peer, another trust */
        c->peer = c->unclaimed;
        peer_describe(&c->peer, text);
        dialogue_note(&c->dialogue, "PROXY: for ", text);
        begin(c);
    }
}

/* --- what the loop tells */

static void receive(struct connection *c)
{
    size_t size = octets_take(c, octets_load(c));

    if (policy_greeting_late(c)) {
        c->lost |= c->finished;
        if (size > 0)
            policy_spoken_to(c);
    }
    if (c->lost)
        connection_drop(c);
    else
        converse(c, size);
}

static void send_rest(struct connection *c)
{
    octets_send_unsent(c);
    if (c->lost)
        connection_drop(c);
    else
        converse(c, octets_load(c));
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
    else if (c->awaiting_proxy)
        hear_proxy(c);
    else if (c->handshaking)
        handshake(c);
    else if (c->unsent != NULL)
        send_rest(c);
    else
        receive(c);
}

static void expired(void *owner)
{
    struct connection *c = owner;

    if (policy_greeting_late(c)) {
        policy_greet(c);
        converse(c, octets_load(c));
    } else if (c->awaiting_proxy || c->handshaking || c->lingering || c->ended || c->over != 0 || c->unsent != NULL) {
        connection_drop(c);
    } else {
        end(c, EHLO_E_TIMEOUT);
        converse(c, octets_load(c));
    }
}

void connection_news(void *owner)
{
    struct connection *c = owner;

    c->moved = 1;
    policy_news(c);
    converse(c, octets_load(c));
}

/* --- where it begins and ends */

static void note_peer(struct connection *c, const struct sockaddr *peer)
{
    char text[PEER_TEXT];

    c->peer = c->unclaimed;
    peer_describe(&c->peer, text);
    dialogue_note(&c->dialogue, "connect from ", peer == NULL ? "stdin" : text);
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
    const struct options *options = service->options;
    struct connection *c = calloc(1, sizeof *c + ehlo_server_size(&options->config));

    if (c == NULL) {
        close(in);
        return;
    }
    c->service = service;
    peer_of_socket(&c->unclaimed, peer);
    if (begin_session(c) != 0) {
        free(c);
        close(in);
        return;
    }
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
    c->dialogue.number = options->trace ? service->numbered : 0;
    note_peer(c, peer);
    if (!options->proxy_protocol) {
        begin(c);
        return;
    }
    c->awaiting_proxy = 1;
    limit_time(c);
    if (loop_watch(&service->loop, &c->reading, LOOP_READ) != 0)
        connection_drop(c);
}

void connection_drop(struct connection *c)
{
    lose(c);
    close_connection(c);
}

void connection_stop(struct connection *c)
{
    if (c->lingering || c->ended || (c->ticket != 0 && c->message != NULL))
        return;
    if (c->awaiting_proxy || c->handshaking) {
        connection_drop(c);
        return;
    }
    end(c, EHLO_E_SHUTDOWN);
    converse(c, octets_load(c));
}

void connections_bury(struct service *service)
{
    struct connection *c;

    while ((c = service->closed) != NULL) {
        service->closed = c->next;
        free(c);
    }
}
