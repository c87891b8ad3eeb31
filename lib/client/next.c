/* SPDX-License-Identifier: ISC
 *
 * One event at a time: the server's replies, line by line, and what they answer.
 */
#include <string.h>

#include "client/client.h"

/* The server broke the protocol. */
static void break_off(struct ehlo_client *client)
{
    ehlo_client_close(client, EHLO_E_PROTOCOL);
}

/* The reply that is due is that to the message, or the chunk, that is still being sent. */
static int is_early(const struct ehlo_client *client)
{
    const int last = client->message == EHLO_MESSAGE_LAST || client->message == EHLO_MESSAGE_DOT;
    const uint32_t replies = last && (client->config.flags & EHLO_CLIENT_LMTP) ? client->accepted : 1;

    if (client->carrier == EHLO_CARRIER_DATA)
        return client->message != EHLO_MESSAGE_NONE;
    return ehlo_client_has_runs(client) && client->awaited.total <= replies && client->awaited.total > client->hidden;
}

/*
 * What a line with this code answers. Returns 0 when nothing can be answered by it now: not what was never shown to the
 * transport, and a message before its end only by a refusal. A 421 needs no question (RFC 5321, section 3.8).
 */
static int find_asked(const struct ehlo_client *client, uint16_t code, struct ehlo_asked *asked)
{
    static const struct ehlo_asked end = {1, EHLO_EVENT_END, EHLO_VERB_DATA};
    static const struct ehlo_asked none;

    *asked = none;
    if (client->early) {
        *asked = client->carrier == EHLO_CARRIER_DATA ? end : *ehlo_awaited_first(&client->awaited);
        return code >= 400;
    }
    if (client->awaited.total > client->hidden) {
        *asked = *ehlo_awaited_first(&client->awaited);
        return 1;
    }
    return code == 421;
}

/* The lines of an EHLO response behind the first; what cannot be read is no extension of ours. */
static void learn(struct ehlo_client *client, struct ehlo_span text)
{
    struct ehlo_capability capability;
    struct ehlo_span word;
    uint64_t bit;
    size_t at;

    if (ehlo_capability_parse(&capability, text.data, text.size, &at) != 0 ||
        capability.extension == EHLO_EXTENSION_OTHER)
        return;
    bit = UINT64_C(1) << capability.extension;
    if ((client->config.ignore & bit) != 0)
        return;
    client->extensions |= bit;
    if (capability.extension == EHLO_EXTENSION_LIMITS)
        ehlo_limits_parse(&client->limits, capability.argument.data, capability.argument.size);
    if (capability.extension == EHLO_EXTENSION_SIZE &&
        (!ehlo_capability_word(&capability.argument, &word) ||
         ehlo_number_parse(word.data, word.size, &client->message_max) != 0 || client->message_max == UINT64_MAX))
        client->message_max = 0;
}

/* No text of a reply may matter to a client (RFC 5321, section 4.2), so none is refused. */
static const uint32_t reply_rules = EHLO_ALLOW_8BIT | EHLO_ALLOW_CONTROL;

/* The last line of a 334: what stands there is the challenge, whatever it looks like (RFC 4954, section 4). */
static int report_challenge(struct ehlo_event *event)
{
    event->type = EHLO_EVENT_CHALLENGE;
    event->flags = EHLO_EVENT_SECRET;
    event->data = event->reply.text;
    if (event->data.data == NULL) /* an empty challenge is one, too */
        event->data.data = event->line.data + event->line.size;
    return EHLO_EVENT_CHALLENGE;
}

static int take_line(struct ehlo_client *client, struct ehlo_event *event)
{
    struct ehlo_reply_line *reply = &event->reply;
    struct ehlo_asked asked;
    size_t at;

    if (client->lines == 0)
        client->early = (uint8_t)is_early(client);
    if (ehlo_reply_line_parse(reply, event->line.data, event->line.size, reply_rules, &at) != 0 ||
        !find_asked(client, reply->code, &asked) || (client->lines > 0 && reply->code != client->code) ||
        client->lines >= client->config.reply_max) {
        memset((char *)event + sizeof event->size, 0, sizeof *event - sizeof event->size);
        break_off(client);
        return 0;
    }
    event->type = EHLO_EVENT_REPLY;
    event->answers = asked.answers;
    event->command.verb = asked.verb;
    if (asked.answers == EHLO_EVENT_RCPT)
        event->index = ehlo_plan_rcpt(client);
    if (asked.answers == EHLO_EVENT_END)
        event->index = client->ended;
    if (asked.answers == EHLO_EVENT_END && client->lone_dot)
        event->flags = EHLO_EVENT_LONE_DOT;
    if (asked.answers == EHLO_EVENT_HELLO && asked.verb != EHLO_VERB_HELO && client->lines > 0 &&
        reply->code / 100 == 2)
        learn(client, reply->text);
    client->code = reply->code;
    client->lines++;
    if (reply->last) {
        client->lines = 0;
        ehlo_client_settle(client, &asked, reply);
    }
    /* a challenge may be open when a 421 of more lines comes */
    return client->challenge && reply->last ? report_challenge(event) : EHLO_EVENT_REPLY;
}

/* Octets behind the 220 to STARTTLS were not said by the server that TLS would prove (RFC 3207, section 5). */
static int next_tls(struct ehlo_client *client, size_t size)
{
    if (size > 0)
        ehlo_client_close(client, EHLO_E_INJECTED);
    else
        client->starved = 1;
    return 0;
}

static int report_ready(struct ehlo_client *client, struct ehlo_event *event)
{
    client->ready_due = 0;
    event->type = EHLO_EVENT_READY;
    event->flags = (client->esmtp ? EHLO_EVENT_ESMTP : 0) | (client->secured ? EHLO_EVENT_SECURED : 0);
    event->octets = client->message_max;
    return EHLO_EVENT_READY;
}

static int report_result(struct ehlo_client *client, struct ehlo_event *event)
{
    client->plan.step = EHLO_PLAN_NONE;
    event->type = EHLO_EVENT_RESULT;
    event->index = client->plan.delivered;
    event->reason = client->plan.reason;
    event->flags = client->plan.later > 0 ? EHLO_EVENT_MORE : 0;
    return EHLO_EVENT_RESULT;
}

/* Takes a line. Returns 0 when there is none. */
static int next_line(struct ehlo_client *client, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    size_t taken;
    int found = ehlo_parser_line(&client->parser, in, size, &taken, &event->line);

    if (found == EHLO_E_ARGUMENT)
        return found;
    *used += taken;
    if (found > 0)
        return take_line(client, event);
    /* a line that has gone wrong is not waited for to end: it may never */
    if (found < 0 || client->parser.flags != 0)
        break_off(client);
    else
        client->starved = 1;
    return 0;
}

int ehlo_client_next(struct ehlo_client *client, const void *in, size_t size, size_t *used, struct ehlo_event *event)
{
    const char *octets = in == NULL ? "" : in;
    int found;

    if (client == NULL || used == NULL || event == NULL || event->size < sizeof *event || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    client->starved = 0;
    do {
        memset((char *)event + sizeof event->size, 0, event->size - sizeof event->size);
        if (client->ready_due)
            return report_ready(client, event);
        if (client->plan.step == EHLO_PLAN_DONE)
            return report_result(client, event);
        if (client->error != 0)
            return client->error;
        if (client->tls_due)
            found = next_tls(client, size - *used);
        else
            found = next_line(client, octets + *used, size - *used, used, event);
    } while (found == 0 && !client->starved);
    return found;
}
