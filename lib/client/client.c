/* SPDX-License-Identifier: ISC
 *
 * The session as the transport sees it: where it begins, what it sends, what it waits for, how it ends.
 */
#include "client/client.h"

#include <string.h>

#include "session/memory.h"

int ehlo_client_init(struct ehlo_client **client, void *block, size_t size, const struct ehlo_client_config *config)
{
    struct ehlo_client_config filled;
    struct ehlo_client *fresh = block;
    int error;

    if (client == NULL || block == NULL || !ehlo_memory_aligned(block))
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

static const char *queued(const struct ehlo_client *client)
{
    return (const char *)(client + 1) + client->output.head;
}

/* What is in the queue was said behind the message. */
static int shows_queue(const struct ehlo_client *client)
{
    return ehlo_queue_size(&client->output) > 0 &&
           (client->message == EHLO_MESSAGE_NONE || client->message == EHLO_MESSAGE_DOT);
}

size_t ehlo_client_output(struct ehlo_client *client, struct ehlo_span *out, size_t count)
{
    size_t filled = 0, octets = 0;
    uint32_t run;

    if (client == NULL || out == NULL)
        return 0;
    for (run = client->run; run < client->run_count && filled < count; run++) {
        out[filled] = client->runs[run];
        octets += out[filled++].size;
    }
    if (filled < count && shows_queue(client)) {
        out[filled].data = queued(client);
        out[filled].size = ehlo_queue_size(&client->output);
        octets += out[filled++].size;
        client->hidden = 0;
    }
    if (client->shown < octets)
        client->shown = octets;
    return filled;
}

size_t ehlo_client_copy(struct ehlo_client *client, void *buffer, size_t size)
{
    size_t copied, rest;
    int all;

    if (client == NULL || buffer == NULL)
        return 0;
    copied = ehlo_client_copy_message(client, buffer, size, &all);
    if (all && ehlo_queue_size(&client->output) > 0) {
        rest = ehlo_queue_size(&client->output);
        if (rest > size - copied)
            rest = size - copied;
        memcpy((char *)buffer + copied, queued(client), rest);
        copied += rest;
        client->hidden = 0;
    }
    if (client->shown < copied)
        client->shown = copied;
    return copied;
}

int ehlo_client_sent(struct ehlo_client *client, size_t octets)
{
    int error = 0;

    if (client == NULL || octets > client->shown)
        return EHLO_E_ARGUMENT;
    client->shown -= octets;
    octets -= ehlo_client_sent_message(client, octets);
    ehlo_queue_take(&client->output, octets);
    if (!has_output(client)) /* only then is there more room */
        error = ehlo_plan_go(client);
    if (error != 0)
        ehlo_client_close(client, error);
    return 0;
}

size_t ehlo_client_read(struct ehlo_client *client, void *buffer, size_t size)
{
    size_t copied = ehlo_client_copy(client, buffer, size);

    (void)ehlo_client_sent(client, copied);
    return copied;
}

/* There is something to tell that no octet of the peer is needed for. */
static int has_news(const struct ehlo_client *client)
{
    return client->ready_due || client->plan.step == EHLO_PLAN_DONE;
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
    if (ehlo_client_wants_piece(client))
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
    client->shown = 0;
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
