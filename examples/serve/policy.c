/* SPDX-License-Identifier: ISC
 *
 * What this server answers: yes to everything well-formed, but for --reply; and to the end of a message when it is
 * safe. That answer comes late, from connection_news: the session takes no input meanwhile, and nobody waits.
 */
#define _POSIX_C_SOURCE 200809L
#include "policy.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct ehlo_reply trouble = {sizeof trouble, 451, {4, 3, 0}, 0, {"local error", 11}};
static const struct ehlo_reply no_room = {sizeof no_room, 452, {4, 3, 1}, 0, {"no room to store it", 19}};

/* Answers; without a reply it is yes. Returns 1 when the answer accepts. */
static int answer(struct connection *c, uint32_t ticket, const struct ehlo_reply *reply)
{
    int error = ehlo_server_answer(c->session, ticket, reply);

    if (error == 0)
        return reply == NULL || reply->code < 400;
    fprintf(stderr, "serve: cannot reply %u here: %s\n", reply == NULL ? 0U : (unsigned int)reply->code,
            ehlo_error_text(error));
    ehlo_server_answer(c->session, ticket, &trouble);
    return 0;
}

/* The scripted reply for one subject, and for the recipients. */
static const struct ehlo_reply *script(const struct connection *c, enum verdict_stage stage, const char *subject)
{
    return verdict_find(c->service->options->verdicts, stage, subject, strlen(subject) + 1);
}

static const struct ehlo_reply *script_recipients(const struct connection *c, enum verdict_stage stage)
{
    size_t size;
    const char *recipients = envelope_recipients(&c->envelope, &size);

    return verdict_find(c->service->options->verdicts, stage, recipients, size);
}

static void give_up(struct connection *c)
{
    if (c->message != NULL)
        store_cancel(c->message);
    c->message = NULL;
    envelope_clear(&c->envelope);
}

static void connected(struct connection *c, const struct ehlo_event *event)
{
    uint32_t delay = (uint32_t)c->service->options->greet_delay;
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(c->family, c->address, address, sizeof address);
    c->ticket = event->ticket;
    c->verdict = script(c, VERDICT_CONNECT, address);
    if (delay == 0)
        policy_greet(c);
    else
        timer_start(&c->service->loop, &c->timer, delay);
}

static void greeted(struct connection *c, const struct ehlo_event *event)
{
    char *name = strndup(event->command.argument.data, event->command.argument.size);
    const struct ehlo_reply *reply = name == NULL ? &trouble : script(c, VERDICT_HELO, name);

    if (reply != NULL && reply->code < 300)
        reply = NULL; /* a yes is the list of extensions, in the library's words */
    if (!answer(c, event->ticket, reply)) {
        free(name);
        return;
    }
    free(c->hello);
    c->hello = name;
    c->esmtp = (event->flags & EHLO_EVENT_ESMTP) != 0;
}

static void mail_from(struct connection *c, const struct ehlo_event *event)
{
    const char *path;

    envelope_clear(&c->envelope);
    path = envelope_add(&c->envelope, &event->command.path, c->service->options->rules);
    if (!answer(c, event->ticket, path == NULL ? &trouble : script(c, VERDICT_MAIL, path)))
        envelope_clear(&c->envelope);
}

static void rcpt_to(struct connection *c, const struct ehlo_event *event)
{
    const char *path = envelope_add(&c->envelope, &event->command.path, c->service->options->rules);

    if (!answer(c, event->ticket, path == NULL ? &trouble : script(c, VERDICT_RCPT, path)) && path != NULL)
        envelope_drop(&c->envelope);
}

/* The header is handed to the store as the beginning of the message. */
static void write_trace(struct connection *c)
{
    const struct options *options = c->service->options;
    const char *name = store_name(c->message);
    size_t length = strcspn(name, "."), more;
    struct ehlo_received received;
    char id[64], literal[64];

    memset(&received, 0, sizeof received);
    received.size = sizeof received;
    received.time = time(NULL);
    received.hello.data = c->hello;
    received.hello.size = strlen(c->hello);
    received.address.data = literal;
    if ((c->family != AF_INET && c->family != AF_INET6) ||
        ehlo_literal_format(literal, sizeof literal, &received.address.size, c->address,
                            c->family == AF_INET6 ? 16 : 4) != 0)
        received.address.data = NULL;
    received.by = options->config.hostname;
    received.with.data = c->esmtp ? "ESMTP" : "SMTP";
    received.with.size = c->esmtp ? 5 : 4;
    more = strcspn(name + length + 1, "."); /* TIME.MusecPpidQn without its dot is an atom */
    received.id.data = id;
    received.id.size = (size_t)snprintf(id, sizeof id, "%.*s%.*s", (int)length, name, (int)more, name + length + 1);
    envelope_trace(&c->envelope, &received, c->message);
}

static void data(struct connection *c, const struct ehlo_event *event)
{
    const struct ehlo_reply *reply = script_recipients(c, VERDICT_DATA);

    if (reply == NULL || reply->code < 400) {
        c->message = store_begin(c->service->store, c, c->envelope.text);
        if (c->message == NULL)
            reply = &trouble;
    }
    if (!answer(c, event->ticket, reply)) {
        if (c->message != NULL)
            store_cancel(c->message);
        c->message = NULL;
        return;
    }
    if (!c->service->options->raw)
        write_trace(c);
}

/* The message is complete. A refusal is said at once, a yes when it is safe: then only 250 may be said. */
static void complete(struct connection *c, const struct ehlo_event *event)
{
    c->verdict = script_recipients(c, VERDICT_END);
    if (c->verdict != NULL && c->verdict->code != 250) {
        answer(c, event->ticket, c->verdict);
        give_up(c);
        return;
    }
    c->ticket = event->ticket;
    if (store_commit(c->message))
        policy_news(c);
}

void policy_event(struct connection *c, const struct ehlo_event *event)
{
    switch (event->type) {
    case EHLO_EVENT_CONNECT:
        connected(c, event);
        break;
    case EHLO_EVENT_HELLO:
        greeted(c, event);
        break;
    case EHLO_EVENT_MAIL:
        mail_from(c, event);
        break;
    case EHLO_EVENT_RCPT:
        rcpt_to(c, event);
        break;
    case EHLO_EVENT_DATA:
        data(c, event);
        break;
    case EHLO_EVENT_BODY:
        store_write(c->message, event->data.data, event->data.size);
        break;
    case EHLO_EVENT_END:
        complete(c, event);
        break;
    case EHLO_EVENT_ABORT:
        give_up(c);
        break;
    default:
        if (event->ticket != 0)
            answer(c, event->ticket, NULL);
        break;
    }
}

/* The scripted words for a yes, or the message's name. */
static void accept_message(struct connection *c, uint32_t ticket)
{
    struct ehlo_reply reply = {sizeof reply, 250, {2, 0, 0}, 0, {NULL, 0}};
    char text[256];

    reply.text.data = text;
    reply.text.size = (size_t)snprintf(
        text, sizeof text, c->service->options->discard ? "discarded %s" : "stored as %s", store_name(c->message));
    answer(c, ticket, c->verdict != NULL ? c->verdict : &reply);
}

void policy_news(struct connection *c)
{
    int result = c->message == NULL ? -1 : store_result(c->message);
    uint32_t ticket = c->ticket;

    if (result < 0)
        return;
    c->ticket = 0;
    if (result == 0)
        accept_message(c, ticket);
    else
        answer(c, ticket, result == ENOSPC || result == EDQUOT || result == EFBIG ? &no_room : &trouble);
    if (result != 0)
        fprintf(stderr, "serve: %s: %s\n", store_name(c->message), strerror(result));
    store_release(c->message);
    c->message = NULL;
    envelope_clear(&c->envelope);
}

int policy_greeting_late(const struct connection *c)
{
    return c->ticket != 0 && c->message == NULL;
}

void policy_greet(struct connection *c)
{
    uint32_t ticket = c->ticket;

    c->ticket = 0;
    answer(c, ticket, c->verdict);
}

void policy_forget(struct connection *c)
{
    give_up(c);
    free(c->hello);
    c->hello = NULL;
}
