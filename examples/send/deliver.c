/* SPDX-License-Identifier: ISC
 *
 * Socket glue: octets between the connection and the session, and what to do at each event.
 */
#define _POSIX_C_SOURCE 200809L
#include "deliver.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/channel.h"
#include "common/dialogue.h"

enum {
    LINE_MAX_OCTETS = 8192, /* of a reply; real servers stay under 1000 */
    LINE_MAX_AUTH = 12288,  /* and of a challenge (RFC 4954, section 4) */
    REPLY_MAX_LINES = 1000,
    COMMANDS = 16384,   /* octets of commands that are buffered; a response may have 12288 */
    OVERHEAD = 8192,    /* of a session, at most */
    BODY_TIMEOUT = 180, /* RFC 5321, section 4.5.3.2.5 */
    LAST_WORDS = 5      /* seconds to wait for what a server says when nothing more is sent to it */
};

struct delivery {
    const struct options *options;
    struct ehlo_client *client;
    struct transport *transport;
    int handshake;     /* milliseconds that one may last */
    int error;         /* why the session is over */
    int64_t since;     /* milliseconds: the last event, and the last octet sent */
    int deaf;          /* the server does not take octets any more; it may have said why */
    size_t have;       /* octets in `input` */
    size_t head, tail; /* octets in `output` that wait */
    struct dialogue dialogue;
    struct steps steps;
    char input[2 * LINE_MAX_AUTH], output[2 * STEPS_PIECE + 64]; /* at worst each octet is a LF */
};

static int handle(void *user, const struct ehlo_event *event)
{
    struct delivery *delivery = user;

    if (event->type != EHLO_EVENT_REPLY || event->reply.last)
        delivery->since = transport_now();
    return steps_handle(&delivery->steps, event);
}

/* --- octets */

/* The server broke the protocol. */
static int is_broken(int error)
{
    return error == EHLO_E_PROTOCOL || error == EHLO_E_INJECTED;
}

static void feed(struct delivery *delivery)
{
    size_t used;

    delivery->error = ehlo_client_feed(delivery->client, delivery->input, delivery->have, &used, handle, delivery);
    /* what broke the protocol is not taken, and is what one wants to see */
    dialogue_server(&delivery->dialogue, delivery->input, is_broken(delivery->error) ? delivery->have : used);
    memmove(delivery->input, delivery->input + used, delivery->have -= used);
}

/* In chunks it is the dialogue that knows what is of the message. */
static int is_chunked(const struct delivery *delivery)
{
    return (delivery->options->bdat || delivery->options->binary) &&
           (ehlo_client_extensions(delivery->client) >> EHLO_EXTENSION_CHUNKING & 1);
}

/* What waits in our buffer is not counted as sent: a server that answers it has not waited for it. */
static void fill_output(struct delivery *delivery)
{
    if (ehlo_client_want(delivery->client) & EHLO_WANT_BODY)
        steps_give_piece(&delivery->steps);
    delivery->tail = ehlo_client_copy(delivery->client, delivery->output, sizeof delivery->output);
    if (delivery->steps.sending && !is_chunked(delivery))
        dialogue_message(&delivery->dialogue, delivery->tail);
    else
        dialogue_client(&delivery->dialogue, delivery->output, delivery->tail, 0);
}

static void send_octets(struct delivery *delivery)
{
    const struct transport *transport = delivery->transport;
    ptrdiff_t n = channel_write(transport->fd, transport->tls, delivery->output + delivery->head,
                                delivery->tail - delivery->head);

    if (n < 0) {
        delivery->deaf = n == CHANNEL_BROKEN;
        return;
    }
    delivery->head += (size_t)n;
    if (delivery->head == delivery->tail) {
        if (delivery->options->mechanism != NULL && !delivery->steps.sending)
            ehlo_wipe(delivery->output, delivery->tail); /* it may have been a password */
        delivery->head = delivery->tail = 0;
    }
    (void)ehlo_client_sent(delivery->client, (size_t)n);
    if (n > 0)
        delivery->since = transport_now();
}

/* One step: what the server says meanwhile must be heard before more goes out. */
static void send_some(struct delivery *delivery)
{
    if (delivery->head == delivery->tail && !delivery->deaf)
        fill_output(delivery);
    if (delivery->head < delivery->tail && !delivery->deaf)
        send_octets(delivery);
}

static void receive_octets(struct delivery *delivery)
{
    const struct transport *transport = delivery->transport;
    ptrdiff_t n = channel_read(transport->fd, transport->tls, delivery->input + delivery->have,
                               sizeof delivery->input - delivery->have);

    if (n > 0)
        delivery->have += (size_t)n;
    else if (n != CHANNEL_AGAIN)
        (void)ehlo_client_end(delivery->client, EHLO_E_LOST);
}

/* Milliseconds that the present wait may still last. */
static int patience(const struct delivery *delivery)
{
    const int done = delivery->steps.leaving || delivery->deaf;
    uint64_t limit = done ? LAST_WORDS : ehlo_client_timeout(delivery->client);
    int64_t left;

    if (limit == 0) /* the session waits for our next piece, and we for room to send it */
        limit = BODY_TIMEOUT;
    if (delivery->options->timeout != 0 && limit > delivery->options->timeout)
        limit = delivery->options->timeout;
    left = delivery->since + (int64_t)limit * 1000 - transport_now();
    return left < 0 ? 0 : (int)left;
}

/* What poll is to look for when octets are to go in that direction. */
static short events_for(const struct delivery *delivery, int what)
{
    return channel_waits_for(delivery->transport->tls, what) == TLS_TO_WRITE ? POLLOUT : POLLIN;
}

static void wait(struct delivery *delivery)
{
    const uint32_t has_more = EHLO_WANT_OUTPUT | EHLO_WANT_BODY;
    const short to_read = events_for(delivery, TLS_TO_READ);
    struct pollfd poller = {.fd = delivery->transport->fd, .events = to_read, .revents = to_read};
    int ready = 1;

    if ((ehlo_client_want(delivery->client) & has_more) && !delivery->deaf)
        poller.events |= events_for(delivery, TLS_TO_WRITE);
    if (channel_pending(delivery->transport->tls) == 0)
        ready = poll(&poller, 1, patience(delivery));
    if (ready == 0)
        (void)ehlo_client_end(delivery->client, EHLO_E_TIMEOUT);
    if (ready <= 0)
        return;
    if (poller.revents & (to_read | POLLERR | POLLHUP))
        receive_octets(delivery);
}

/* --- the session */

static void note_tls(struct delivery *delivery)
{
    char description[TLS_DESCRIPTION];

    if (delivery->transport->tls == NULL)
        return;
    delivery->steps.tls = delivery->transport->tls;
    tls_describe(delivery->transport->tls, description);
    dialogue_note(&delivery->dialogue, "TLS: ", description);
}

/* What the server has said in the clear counts no more. */
static void secure(struct delivery *delivery)
{
    char why[TLS_REASON + 16];

    if (transport_secure(delivery->transport, delivery->options->tls, delivery->options->host, delivery->handshake) ==
        0) {
        (void)ehlo_client_secured(delivery->client, delivery->have);
        delivery->steps.auth.offered_size = 0;
        note_tls(delivery);
        return;
    }
    snprintf(why, sizeof why, "no TLS: %s", delivery->transport->why);
    (void)ehlo_client_end(delivery->client, EHLO_E_LOST);
    steps_deny(&delivery->steps, 0, why);
}

static void run(struct delivery *delivery)
{
    uint32_t want;

    while (delivery->error == 0) {
        feed(delivery);
        send_some(delivery);
        want = delivery->error == 0 ? ehlo_client_want(delivery->client) : 0;
        if (want & EHLO_WANT_TLS)
            secure(delivery);
        else if (want != 0)
            wait(delivery);
    }
}

static struct ehlo_client_config configure(const struct options *options)
{
    struct ehlo_client_config config = {.size = sizeof config};

    config.output_size = COMMANDS;
    config.line_max = options->mechanism == NULL ? LINE_MAX_OCTETS : LINE_MAX_AUTH;
    config.reply_max = REPLY_MAX_LINES;
    config.rules = options->rules;
    config.ignore = options->no_pipelining ? UINT64_C(1) << EHLO_EXTENSION_PIPELINING : 0;
    if (options->eightbit_anyway)
        config.flags |= EHLO_CLIENT_8BIT_ANYWAY;
    if (options->lmtp)
        config.flags |= EHLO_CLIENT_LMTP;
    if (options->security == SECURITY_IMPLICIT)
        config.flags |= EHLO_CLIENT_SECURED;
    if (options->security == SECURITY_IMPLICIT || options->security == SECURITY_STARTTLS)
        config.flags |= EHLO_CLIENT_REQUIRE_TLS;
    if (options->auth_in_clear)
        config.flags |= EHLO_CLIENT_AUTH_IN_CLEAR;
    if (options->bdat)
        config.flags |= EHLO_CLIENT_CHUNKING;
    return config;
}

/* Messages that the session came to its end before. */
static void report_rest(const struct delivery *delivery)
{
    const struct steps *steps = &delivery->steps;
    const int refused = (delivery->error == EHLO_E_REFUSED || delivery->error == EHLO_E_CLOSING) && !steps->ready;
    struct progress *progress = steps->progress;

    for (; progress->command < delivery->options->commands; progress->command++) {
        report_unsaid(delivery->options->command[progress->command], ehlo_error_text(delivery->error));
        steps->report->transient = 1;
    }
    if (progress->halfway) {
        report_outcomes(steps->report, delivery->error);
        progress->message++;
    }
    for (; progress->message < delivery->options->messages; progress->message++)
        report_untried(steps->report, steps->full ? EHLO_E_LIMIT : delivery->error, refused);
}

int deliver(struct transport *transport, const struct options *options, struct envelope *envelope,
            struct message *messages, struct progress *progress, struct report *report, int handshake)
{
    static struct delivery delivery;
    static uint64_t block[(COMMANDS + OVERHEAD) / sizeof(uint64_t)];
    struct ehlo_client_config config = configure(options);
    const size_t before = progress->transactions;
    char name[TRANSPORT_NAME];

    transport_own_name(transport->fd, name);
    config.hello.data = options->hello == NULL ? name : options->hello;
    config.hello.size = strlen(config.hello.data);
    memset(&delivery, 0, sizeof delivery);
    delivery.options = options;
    delivery.transport = transport;
    delivery.handshake = handshake;
    delivery.since = transport_now();
    delivery.dialogue.number = options->trace;
    delivery.error = ehlo_client_init(&delivery.client, block, sizeof block, &config);
    delivery.steps.options = options;
    delivery.steps.envelope = envelope;
    delivery.steps.messages = messages;
    delivery.steps.progress = progress;
    delivery.steps.report = report;
    delivery.steps.client = delivery.client;
    delivery.steps.dialogue = &delivery.dialogue;
    dialogue_note(&delivery.dialogue, "connected to ", options->host);
    note_tls(&delivery);
    run(&delivery);
    (void)auth_finish(&delivery.steps.auth, 0);
    report->broken |= is_broken(delivery.error);
    if (delivery.error != EHLO_E_QUIT)
        fprintf(stderr, "send: %s\n", ehlo_error_text(delivery.error));
    if (delivery.steps.full && progress->transactions > before)
        return 1;
    report_rest(&delivery);
    return 0;
}
