/* SPDX-License-Identifier: ISC
 *
 * Socket glue: octets between the connection and the session, and what to do at each event.
 */
#define _POSIX_C_SOURCE 200809L
#include "deliver.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "common/dialogue.h"
#include "transport.h"

enum {
    LINE_MAX_OCTETS = 8192, /* of a reply; real servers stay under 1000 */
    REPLY_MAX_LINES = 1000,
    PIECE = 1 << 15,
    BODY_TIMEOUT = 180, /* RFC 5321, section 4.5.3.2.5 */
    LAST_WORDS = 5,     /* seconds to wait for what a server says when nothing more is sent to it */
    LARGE = 1 << 20     /* octets of a message whose progress is shown */
};

struct delivery {
    const struct options *options;
    struct envelope *envelope;
    struct message *messages;
    struct report *report;
    struct ehlo_client *client;
    int fd;
    size_t current;    /* of `messages`; those before are reported */
    int ready;         /* the server takes mail */
    int error;         /* why the session is over */
    int64_t since;     /* milliseconds: the last event, and the last octet sent */
    int deaf;          /* the server does not take octets any more; it may have said why */
    size_t have;       /* octets in `input` */
    size_t head, tail; /* octets in `output` that wait */
    int sending;       /* what comes out of the session is of a message */
    int shown;         /* percent */
    struct dialogue dialogue;
    char input[2 * LINE_MAX_OCTETS], output[2 * PIECE + 8], piece[PIECE]; /* at worst each octet is a LF */
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* --- what to send */

/* Begins with a message. Returns 0, EHLO_E_STATE when the session is over, or -1 when it cannot be sent. */
static int begin_message(struct delivery *delivery, struct message *message)
{
    const struct options *options = delivery->options;
    struct ehlo_mail *mail = &delivery->envelope->mail;
    int error;

    if (message_open(message) != 0) {
        report_unsendable(delivery->report, "the file cannot be read any more");
        return -1;
    }
    mail->octets = message->octets;
    mail->body = EHLO_BODY_7BIT;
    if (options->eightbitmime || (message->facts & EHLO_FACT_8BIT))
        mail->body = EHLO_BODY_8BITMIME;
    error = ehlo_client_send(delivery->client, mail, delivery->envelope->rcpts, options->recipients);
    if (error == 0)
        return 0;
    message_close(message);
    if (error == EHLO_E_STATE)
        return error;
    report_unsendable(delivery->report, ehlo_error_text(error));
    return -1;
}

/* Begins with the next message that this server can take, or says good-bye. */
static void next_message(struct delivery *delivery)
{
    for (; delivery->current < delivery->options->messages; delivery->current++)
        if (begin_message(delivery, &delivery->messages[delivery->current]) != -1)
            return;
    (void)ehlo_client_quit(delivery->client);
}

static void end_message(struct delivery *delivery, int reason)
{
    delivery->sending = 0;
    report_outcomes(delivery->report, delivery->envelope->rcpts, reason);
    message_close(&delivery->messages[delivery->current++]);
}

static int handle(void *user, const struct ehlo_event *event)
{
    struct delivery *delivery = user;

    if (event->type != EHLO_EVENT_REPLY || event->reply.last)
        delivery->since = now();
    switch (event->type) {
    case EHLO_EVENT_REPLY:
        report_reply(delivery->report, event);
        break;
    case EHLO_EVENT_READY:
        delivery->ready = 1;
        next_message(delivery);
        break;
    case EHLO_EVENT_RESULT:
        end_message(delivery, event->reason);
        next_message(delivery);
        break;
    default:
        break;
    }
    return 0;
}

static void show_progress(struct delivery *delivery)
{
    const struct message *message = &delivery->messages[delivery->current];
    int percent;

    if (message->size < LARGE || !isatty(STDERR_FILENO))
        return;
    percent = (int)((double)message->read * 100 / (double)message->size);
    if (percent != delivery->shown)
        fprintf(stderr, "\rsend: %d %% of %" PRIu64 " octets%s", percent, message->size,
                message->read == message->size ? "\n" : "");
    delivery->shown = percent;
}

/* A message that cannot be read to its end is given up, and with it the connection. */
static void give_piece(struct delivery *delivery)
{
    struct message *message = &delivery->messages[delivery->current];
    ptrdiff_t n = message_read(message, delivery->piece, sizeof delivery->piece);

    if (n >= 0 && ehlo_client_body(delivery->client, delivery->piece, (size_t)n, message->read == message->size) == 0) {
        delivery->sending = 1;
        show_progress(delivery);
        return;
    }
    delivery->report->unsendable = 1;
    (void)ehlo_client_end(delivery->client, EHLO_E_SHUTDOWN);
}

/* --- octets */

static void feed(struct delivery *delivery)
{
    size_t used;

    delivery->error = ehlo_client_feed(delivery->client, delivery->input, delivery->have, &used, handle, delivery);
    /* what broke the protocol is not taken, and is what one wants to see */
    dialogue_server(&delivery->dialogue, delivery->input, delivery->error == EHLO_E_PROTOCOL ? delivery->have : used);
    memmove(delivery->input, delivery->input + used, delivery->have -= used);
}

/* What waits in our buffer is not counted as sent: a server that answers it has not waited for it. */
static void fill_output(struct delivery *delivery)
{
    if (ehlo_client_want(delivery->client) & EHLO_WANT_BODY)
        give_piece(delivery);
    delivery->tail = ehlo_client_copy(delivery->client, delivery->output, sizeof delivery->output);
    if (delivery->sending)
        dialogue_message(&delivery->dialogue, delivery->tail);
    else
        dialogue_client(&delivery->dialogue, delivery->output, delivery->tail, 0);
}

static int is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void send_octets(struct delivery *delivery)
{
    ssize_t n = send(delivery->fd, delivery->output + delivery->head, delivery->tail - delivery->head, MSG_NOSIGNAL);

    if (n < 0) {
        delivery->deaf = !is_passing(errno);
        return;
    }
    delivery->head += (size_t)n;
    if (delivery->head == delivery->tail)
        delivery->head = delivery->tail = 0;
    (void)ehlo_client_sent(delivery->client, (size_t)n);
    if (n > 0)
        delivery->since = now();
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
    ssize_t n = recv(delivery->fd, delivery->input + delivery->have, sizeof delivery->input - delivery->have, 0);

    if (n > 0)
        delivery->have += (size_t)n;
    else if (n == 0 || !is_passing(errno))
        (void)ehlo_client_end(delivery->client, EHLO_E_LOST);
}

/* Milliseconds that the present wait may still last. */
static int patience(const struct delivery *delivery)
{
    const int done = delivery->current == delivery->options->messages || delivery->deaf;
    uint64_t limit = done ? LAST_WORDS : ehlo_client_timeout(delivery->client);
    int64_t left;

    if (limit == 0) /* the session waits for our next piece, and we for room to send it */
        limit = BODY_TIMEOUT;
    if (delivery->options->timeout != 0 && limit > delivery->options->timeout)
        limit = delivery->options->timeout;
    left = delivery->since + (int64_t)limit * 1000 - now();
    return left < 0 ? 0 : (int)left;
}

static void wait(struct delivery *delivery)
{
    const uint32_t has_more = EHLO_WANT_OUTPUT | EHLO_WANT_BODY;
    struct pollfd poller = {.fd = delivery->fd, .events = POLLIN};
    int ready;

    if ((ehlo_client_want(delivery->client) & has_more) && !delivery->deaf)
        poller.events |= POLLOUT;
    ready = poll(&poller, 1, patience(delivery));
    if (ready == 0)
        (void)ehlo_client_end(delivery->client, EHLO_E_TIMEOUT);
    if (ready <= 0)
        return;
    if (poller.revents & (POLLIN | POLLERR | POLLHUP))
        receive_octets(delivery);
}

/* --- the session */

static void run(struct delivery *delivery)
{
    while (delivery->error == 0) {
        feed(delivery);
        send_some(delivery);
        if (delivery->error == 0 && ehlo_client_want(delivery->client) != 0)
            wait(delivery);
    }
}

void deliver(int fd, const struct options *options, struct envelope *envelope, struct message *messages,
             struct report *report)
{
    static struct delivery delivery;
    static uint64_t block[512];
    struct ehlo_client_config config = {.size = sizeof config};
    char name[TRANSPORT_NAME];
    int refused;

    transport_own_name(fd, name);
    config.hello.data = options->hello == NULL ? name : options->hello;
    config.hello.size = strlen(config.hello.data);
    config.output_size = sizeof block / 2;
    config.line_max = LINE_MAX_OCTETS;
    config.reply_max = REPLY_MAX_LINES;
    config.rules = options->rules;
    config.ignore = options->no_pipelining ? UINT64_C(1) << EHLO_EXTENSION_PIPELINING : 0;
    config.flags = options->eightbit_anyway ? EHLO_CLIENT_8BIT_ANYWAY : 0;
    delivery.options = options;
    delivery.envelope = envelope;
    delivery.messages = messages;
    delivery.report = report;
    delivery.fd = fd;
    delivery.since = now();
    delivery.dialogue.number = options->trace;
    delivery.error = ehlo_client_init(&delivery.client, block, sizeof block, &config);
    dialogue_note(&delivery.dialogue, "connected to ", options->host);
    run(&delivery);
    refused = (delivery.error == EHLO_E_REFUSED || delivery.error == EHLO_E_CLOSING) && !delivery.ready;
    for (; delivery.current < options->messages; delivery.current++)
        report_untried(report, delivery.error, refused);
    report->broken = delivery.error == EHLO_E_PROTOCOL;
    if (delivery.error != EHLO_E_QUIT)
        fprintf(stderr, "send: %s\n", ehlo_error_text(delivery.error));
}
