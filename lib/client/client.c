/* SPDX-License-Identifier: ISC
 *
 * The session as the transport sees it: where it begins, what it sends, what it waits for, how it ends.
 */
#include "client/client.h"

#include <string.h>

int ehlo_client_init(struct ehlo_client **client, void *block, size_t size, const struct ehlo_client_config *config)
{
    struct ehlo_client_config filled;
    struct ehlo_client *fresh = block;
    int error;

    if (client == NULL || block == NULL || (uintptr_t)block % sizeof(uint64_t) != 0)
        return EHLO_E_ARGUMENT;
    error = ehlo_client_config_fill(&filled, config);
    if (error != 0)
        return error;
    if (size < sizeof *fresh + filled.output_size)
        return EHLO_E_SPACE;
    memset(fresh, 0, sizeof *fresh);
    fresh->config = filled;
    fresh->state = fresh->assumed = EHLO_STATE_START;
    ehlo_queue_init(&fresh->output, filled.output_size);
    ehlo_awaited_add(&fresh->awaited, EHLO_EVENT_CONNECT, EHLO_VERB_OTHER);
    error = ehlo_parser_init(&fresh->parser, filled.line_max);
    if (error == 0)
        *client = fresh;
    return error;
}

static int has_output(const struct ehlo_client *client)
{
    return client->run < client->run_count || ehlo_queue_size(&client->output) > 0;
}

/* What is in the queue was said behind the message. */
static int shows_queue(const struct ehlo_client *client)
{
    return ehlo_queue_size(&client->output) > 0 &&
           (client->message == EHLO_MESSAGE_NONE || client->message == EHLO_MESSAGE_DOT);
}

size_t ehlo_client_output(struct ehlo_client *client, struct ehlo_span *out, size_t count)
{
    size_t filled = 0;
    uint32_t run;

    if (client == NULL || out == NULL)
        return 0;
    for (run = client->run; run < client->run_count && filled < count; run++)
        out[filled++] = client->runs[run];
    if (filled < count && shows_queue(client)) {
        out[filled].data = (const char *)(client + 1) + client->output.head;
        out[filled].size = ehlo_queue_size(&client->output);
        filled++;
        client->hidden = 0;
    }
    return filled;
}

/* Octets that ehlo_client_output would show to one who asks for all. */
static size_t shown(const struct ehlo_client *client)
{
    size_t octets = shows_queue(client) ? ehlo_queue_size(&client->output) : 0;
    uint32_t run;

    for (run = client->run; run < client->run_count; run++)
        octets += client->runs[run].size;
    return octets;
}

int ehlo_client_sent(struct ehlo_client *client, size_t octets)
{
    if (client == NULL || octets > shown(client))
        return EHLO_E_ARGUMENT;
    octets -= ehlo_client_sent_message(client, octets);
    if (octets > 0)
        client->hidden = 0;
    ehlo_queue_take(&client->output, octets);
    if (!has_output(client)) /* only then is there more room */
        ehlo_plan_go(client);
    return 0;
}

size_t ehlo_client_read(struct ehlo_client *client, void *buffer, size_t size)
{
    struct ehlo_span span;
    size_t copied = 0, piece;

    if (buffer == NULL)
        return 0;
    while (copied < size && ehlo_client_output(client, &span, 1) > 0) {
        piece = span.size < size - copied ? span.size : size - copied;
        memcpy((char *)buffer + copied, span.data, piece);
        copied += piece;
        if (ehlo_client_sent(client, piece) != 0)
            break;
    }
    return copied;
}

/* There is something to tell that no octet of the peer is needed for. */
static int has_news(const struct ehlo_client *client)
{
    return client->greeted || client->plan.step == EHLO_PLAN_DONE;
}

uint32_t ehlo_client_want(const struct ehlo_client *client)
{
    uint32_t want = 0;

    if (client == NULL)
        return EHLO_WANT_CLOSE;
    if (client->error != 0)
        return has_news(client) ? 0 : EHLO_WANT_CLOSE;
    if (has_output(client))
        want |= EHLO_WANT_OUTPUT;
    if (client->message == EHLO_MESSAGE_OPEN && client->run == client->run_count)
        want |= EHLO_WANT_BODY;
    if (client->starved && !has_news(client))
        want |= EHLO_WANT_INPUT;
    return want;
}

uint32_t ehlo_client_timeout(const struct ehlo_client *client)
{
    const struct ehlo_asked *first;

    if (client == NULL || client->error != 0)
        return 0;
    if (client->message != EHLO_MESSAGE_NONE)
        return has_output(client) ? client->config.body_timeout : 0;
    first = ehlo_awaited_first(&client->awaited);
    if (first == NULL)
        return 0;
    if (first->answers == EHLO_EVENT_DATA)
        return client->config.data_timeout;
    return first->answers == EHLO_EVENT_END ? client->config.end_timeout : client->config.command_timeout;
}

uint64_t ehlo_client_extensions(const struct ehlo_client *client)
{
    return client == NULL || client->state < EHLO_STATE_READY ? 0 : client->extensions;
}

uint64_t ehlo_client_message_max(const struct ehlo_client *client)
{
    return client == NULL || client->state < EHLO_STATE_READY ? 0 : client->message_max;
}

void ehlo_client_close(struct ehlo_client *client, int error)
{
    const struct ehlo_asked *first = ehlo_awaited_first(&client->awaited);

    /* with QUIT as the only question left the mail is done, and how the channel ends does not matter */
    if (client->parting != 0 && (first == NULL || first->verb == EHLO_VERB_QUIT))
        error = client->parting;
    client->error = (int16_t)error;
    ehlo_plan_give_up(client, error);
    client->message = EHLO_MESSAGE_NONE;
    client->piece.size = 0;
    client->run = client->run_count = 0;
    ehlo_queue_init(&client->output, client->output.capacity);
}

int ehlo_client_end(struct ehlo_client *client, int why)
{
    if (client == NULL || (why != EHLO_E_LOST && why != EHLO_E_TIMEOUT && why != EHLO_E_SHUTDOWN))
        return EHLO_E_ARGUMENT;
    if (client->error != 0)
        return EHLO_E_STATE;
    ehlo_client_close(client, why);
    return 0;
}
