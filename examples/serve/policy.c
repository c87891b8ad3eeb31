/* SPDX-License-Identifier: ISC
 *
 * What this server answers: yes to everything well-formed, but for --reply; and to the end of a message when it is
 * safe. That answer comes late, from connection_news: the session takes no input meanwhile, and nobody waits.
 */
#define _POSIX_C_SOURCE 200809L
#include "policy.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "auth.h"
#include "offer.h"

static const struct ehlo_reply trouble = {sizeof trouble, 451, {4, 3, 0}, 0, {"local error", 11}};
static const struct ehlo_reply no_room = {sizeof no_room, 452, {4, 3, 1}, 0, {"no room to store it", 19}};
static const struct ehlo_reply no_tls = {sizeof no_tls, 454, {4, 7, 0}, 0, {"TLS not available", 17}};
static const struct ehlo_reply too_late = {sizeof too_late, 501, {5, 5, 4}, 0, {"not held that long", 18}};
static const struct ehlo_reply nothing_waits = {sizeof nothing_waits, 251, {2, 0, 0}, 0, {"no messages waiting", 19}};
static const struct ehlo_reply no_mail = {sizeof no_mail, 453, {4, 0, 0}, 0, {"you have no mail", 16}};
static const struct ehlo_reply auth_first = {sizeof auth_first, 530, {5, 7, 0}, 0, {"authentication required", 23}};
static const struct ehlo_reply no_url = {sizeof no_url, 554, {5, 6, 6}, 0, {"no URL can be resolved here", 27}};
static const struct ehlo_reply malformed = {sizeof malformed, 501, {5, 5, 4}, 0, {"syntax error in attribute", 25}};
static const struct ehlo_reply not_you = {sizeof not_you, 550, {5, 7, 1}, 0, {"this is not taken from you", 26}};

int policy_answer(struct connection *c, uint32_t ticket, const struct ehlo_reply *reply)
{
    int error = ehlo_server_answer(c->session, ticket, reply);

    if (error == 0)
        return reply == NULL || reply->code < 400;
    fprintf(stderr, "serve: cannot reply %u here: %s\n", reply == NULL ? 0U : (unsigned int)reply->code,
            ehlo_error_text(error));
    ehlo_server_answer(c->session, ticket, &trouble);
    return 0;
}

const struct ehlo_reply *policy_script(const struct connection *c, enum verdict_stage stage, const char *subject)
{
    return verdict_find(c->service->options->verdicts, stage, subject, strlen(subject) + 1);
}

/* The same for any of the recipients. */
static const struct ehlo_reply *script_recipients(const struct connection *c, enum verdict_stage stage)
{
    size_t size;
    const char *recipients = envelope_recipients(&c->envelope, &size);

    return verdict_find(c->service->options->verdicts, stage, recipients, size);
}

static void give_up(struct connection *c)
{
    if (c->message != NULL && c->committed && store_result(c->message) >= 0)
        store_release(c->message);
    else if (c->message != NULL)
        store_cancel(c->message);
    c->message = NULL;
    c->committed = 0;
    c->replies = 0;
    envelope_clear(&c->envelope);
}

static void connected(struct connection *c, const struct ehlo_event *event)
{
    uint32_t delay = (uint32_t)c->service->options->greet_delay;
    char address[PEER_TEXT];

    peer_address(&c->peer, address);
    c->ticket = event->ticket;
    c->verdict = policy_script(c, VERDICT_CONNECT, address);
    if (delay == 0)
        policy_greet(c);
    else
        timer_start(&c->service->loop, &c->timer, delay);
}

static void greeted(struct connection *c, const struct ehlo_event *event)
{
    char *name = strndup(event->command.argument.data, event->command.argument.size);
    const struct ehlo_reply *reply = name == NULL ? &trouble : policy_script(c, VERDICT_HELO, name);

    if (reply != NULL && reply->code < 300)
        reply = NULL; /* a yes is the list of extensions, in the library's words */
    if (!policy_answer(c, event->ticket, reply)) {
        free(name);
        return;
    }
    free(c->hello);
    c->hello = name;
    c->esmtp = (event->flags & EHLO_EVENT_ESMTP) != 0;
}

static void mail_from(struct connection *c, const struct ehlo_event *event)
{
    const struct ehlo_reply *reply = &trouble;
    struct ehlo_value hold;
    const char *path;

    envelope_clear(&c->envelope);
    path = envelope_add(&c->envelope, &event->command.path, c->service->options->rules | EHLO_UTF8);
    if (path != NULL)
        reply = policy_script(c, VERDICT_MAIL, path);
    if (ehlo_value_find(&event->command.params, EHLO_VERB_MAIL, "HOLDUNTIL", 9, &hold) == 1 &&
        hold.number > OFFER_HOLD_MAX)
        reply = &too_late; /* RFC 4865, section 4 */
    if (!policy_answer(c, event->ticket, reply))
        envelope_clear(&c->envelope);
}

static void rcpt_to(struct connection *c, const struct ehlo_event *event)
{
    const char *path = envelope_add(&c->envelope, &event->command.path, c->service->options->rules | EHLO_UTF8);

    if (!policy_answer(c, event->ticket, path == NULL ? &trouble : policy_script(c, VERDICT_RCPT, path)) &&
        path != NULL)
        envelope_drop(&c->envelope);
}

/* How the message came, for its Received field. */
static const char *with_keyword(const struct connection *c, const struct ehlo_event *event)
{
    static const struct {
        uint32_t event, with;
    } flags[] = {
        {EHLO_EVENT_ESMTP, EHLO_WITH_ESMTP},        {EHLO_EVENT_LMTP, EHLO_WITH_LMTP},
        {EHLO_EVENT_UTF8, EHLO_WITH_UTF8},          {EHLO_EVENT_SECURED, EHLO_WITH_TLS},
        {EHLO_EVENT_AUTHENTICATED, EHLO_WITH_AUTH},
    };
    uint32_t with = c->peer.claim != NULL && c->peer.claim->login[0] != '\0' ? EHLO_WITH_AUTH : 0;
    size_t i;

    for (i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (event->flags & flags[i].event)
            with |= flags[i].with;
    return ehlo_with_keyword(with);
}

static struct ehlo_span span(const char *text)
{
    struct ehlo_span all = {text, strlen(text)};

    return all;
}

/* The header is handed to the store as the beginning of the message. */
static void write_trace(struct connection *c, const struct ehlo_event *event)
{
    const struct claim *claim = c->peer.claim;
    const char *name = store_name(c->message);
    size_t length = strcspn(name, "."), more;
    struct ehlo_received received;
    char id[64], literal[64];

    memset(&received, 0, sizeof received);
    received.size = sizeof received;
    received.time = time(NULL);
    received.hello = span(claim != NULL && claim->hello[0] != '\0' ? claim->hello : c->hello);
    if (claim != NULL)
        received.client = span(claim->name);
    received.address.data = literal;
    if ((c->peer.family != AF_INET && c->peer.family != AF_INET6) ||
        ehlo_literal_format(literal, sizeof literal, &received.address.size, c->peer.address,
                            c->peer.family == AF_INET6 ? 16 : 4) != 0)
        received.address.data = NULL;
    received.by = c->service->options->config.hostname;
    received.with = span(with_keyword(c, event));
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
    if (!policy_answer(c, event->ticket, reply)) {
        if (c->message != NULL)
            store_cancel(c->message);
        c->message = NULL;
        return;
    }
    if (!c->service->options->raw)
        write_trace(c, event);
}

/* --- the end of a message */

static int is_refusal(const struct ehlo_reply *reply)
{
    return reply != NULL && reply->code != 250;
}

/* The scripted reply to the end of the message, in LMTP for one of its recipients. */
static const struct ehlo_reply *script_end(const struct connection *c, size_t index)
{
    size_t size;
    const char *recipient = envelope_recipients(&c->envelope, &size);

    if (!c->service->options->lmtp)
        return script_recipients(c, VERDICT_END);
    while (index-- > 0)
        recipient += strlen(recipient) + 1;
    return policy_script(c, VERDICT_END, recipient);
}

/* One who gets the message is enough for it to be kept. */
static int is_wanted(const struct connection *c)
{
    size_t i = 0;

    while (i < c->replies && is_refusal(script_end(c, i)))
        i++;
    return i < c->replies;
}

/* A question about the message was answered; when it was the last one nothing of the transaction is left. */
static void count_reply(struct connection *c)
{
    if (--c->replies == 0)
        give_up(c);
}

/*
 * The message is complete, for the one recipient that the question is about or for all. A refusal is said at once, a
 * yes when it is safe: then only 250 may be said.
 */
static void complete(struct connection *c, const struct ehlo_event *event)
{
    if (c->replies == 0) {
        c->replies = c->service->options->lmtp ? c->envelope.recipients : 1;
        c->committed = is_wanted(c);
        if (c->committed)
            store_commit(c->message);
    }
    c->verdict = script_end(c, event->index);
    if (is_refusal(c->verdict)) {
        policy_answer(c, event->ticket, c->verdict);
        count_reply(c);
        return;
    }
    c->ticket = event->ticket;
    policy_news(c);
}

/* --- other commands */

/* The claim counts when it is answered yes; then the client begins again. */
static void claim(struct connection *c, const struct ehlo_event *event)
{
    struct peer claimed;
    char text[PEER_TEXT];

    if (!c->trusted) {
        policy_answer(c, event->ticket, &not_you);
        return;
    }
    if (peer_claim(&claimed, &c->peer, EHLO_VERB_XCLIENT, event->command.argument) != 0) {
        policy_answer(c, event->ticket, &malformed);
        return;
    }
    peer_address(&claimed, text);
    if (!policy_answer(c, event->ticket, policy_script(c, VERDICT_CONNECT, text))) {
        peer_clear(&claimed);
        return;
    }
    peer_clear(&c->peer);
    c->peer = claimed;
    peer_describe(&c->peer, text);
    dialogue_note(&c->dialogue, "XCLIENT: for ", text);
}

static const struct ehlo_reply *forwarded(const struct connection *c, const struct ehlo_event *event)
{
    if (!c->trusted)
        return &not_you;
    return peer_claim(NULL, NULL, EHLO_VERB_XFORWARD, event->command.argument) == 0 ? NULL : &malformed;
}

static void command(struct connection *c, const struct ehlo_event *event)
{
    const struct ehlo_reply *reply = NULL; /* VRFY, EXPN and HELP have a standard reply */

    switch (event->command.verb) {
    case EHLO_VERB_XCLIENT:
        claim(c, event);
        return;
    case EHLO_VERB_XFORWARD:
        reply = forwarded(c, event);
        break;
    case EHLO_VERB_ETRN:
        reply = &nothing_waits;
        break;
    case EHLO_VERB_ATRN:
        reply = event->flags & EHLO_EVENT_AUTHENTICATED ? &no_mail : &auth_first;
        break;
    case EHLO_VERB_BURL:
        reply = &no_url;
        break;
    default:
        break;
    }
    policy_answer(c, event->ticket, reply);
}

static void start_tls(struct connection *c, const struct ehlo_event *event)
{
    char address[PEER_TEXT];

    peer_address(&c->peer, address);
    policy_answer(c, event->ticket,
                  c->service->options->tls == NULL ? &no_tls : policy_script(c, VERDICT_STARTTLS, address));
}

void policy_event(struct connection *c, const struct ehlo_event *event)
{
    if (event->type != EHLO_EVENT_AUTH)
        auth_end(c);
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
    case EHLO_EVENT_AUTH:
        auth_event(c, event);
        break;
    case EHLO_EVENT_STARTTLS:
        start_tls(c, event);
        break;
    case EHLO_EVENT_COMMAND:
        command(c, event);
        break;
    default:
        break;
    }
}

void policy_unasked(struct connection *c)
{
    auth_end(c);
}

/* The scripted words for a yes, or the message's name. */
static void accept_message(struct connection *c, uint32_t ticket)
{
    struct ehlo_reply reply = {sizeof reply, 250, {2, 0, 0}, 0, {NULL, 0}};
    char text[256];

    reply.text.data = text;
    reply.text.size = (size_t)snprintf(
        text, sizeof text, c->service->options->discard ? "discarded %s" : "stored as %s", store_name(c->message));
    policy_answer(c, ticket, c->verdict != NULL ? c->verdict : &reply);
}

void policy_news(struct connection *c)
{
    int result = c->message == NULL ? -1 : store_result(c->message);
    uint32_t ticket = c->ticket;

    if (result < 0 || ticket == 0)
        return;
    c->ticket = 0;
    if (result == 0)
        accept_message(c, ticket);
    else
        policy_answer(c, ticket, result == ENOSPC || result == EDQUOT || result == EFBIG ? &no_room : &trouble);
    if (result != 0)
        fprintf(stderr, "serve: %s: %s\n", store_name(c->message), strerror(result));
    count_reply(c);
}

int policy_greeting_late(const struct connection *c)
{
    return c->ticket != 0 && c->message == NULL;
}

void policy_greet(struct connection *c)
{
    uint32_t ticket = c->ticket;

    c->ticket = 0;
    policy_answer(c, ticket, c->verdict);
}

void policy_spoken_to(struct connection *c)
{
    c->ticket = 0;
    timer_stop(&c->service->loop, &c->timer);
}

void policy_secured(struct connection *c)
{
    peer_clear(&c->peer);
    c->peer = c->unclaimed;
    free(c->hello);
    c->hello = NULL;
}

void policy_forget(struct connection *c)
{
    give_up(c);
    auth_end(c);
    peer_clear(&c->peer);
    free(c->hello);
    c->hello = NULL;
}
