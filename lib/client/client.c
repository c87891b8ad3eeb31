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
    fresh->secured = (filled.flags & EHLO_CLIENT_SECURED) != 0;
    ehlo_queue_init(&fresh->output, filled.output_size);
    ehlo_awaited_add(&fresh->awaited, EHLO_EVENT_CONNECT, EHLO_VERB_OTHER);
    error = ehlo_parser_init(&fresh->parser, filled.line_max);
    if (error == 0)
        *client = fresh;
    return error;
}

static int has_output(const struct ehlo_client *client)
{
    return ehlo_client_has_runs(client) || ehlo_queue_size(&client->output) > 0;
}

static const char *queued(const struct ehlo_client *client)
{
    return (const char *)(client + 1) + client->output.head;
}

/* The line of a chunk goes before its octets; what is in the queue else was said behind the message. */
static int queue_is_first(const struct ehlo_client *client)
{
    return client->carrier != EHLO_CARRIER_DATA;
}

static size_t show_queue(struct ehlo_client *client, struct ehlo_span *out)
{
    if (ehlo_queue_size(&client->output) == 0)
        return 0;
    out->data = queued(client);
    out->size = ehlo_queue_size(&client->output);
    client->hidden = 0;
    return 1;
}

static size_t show_runs(const struct ehlo_client *client, struct ehlo_span *out, size_t count)
{
    uint32_t run;
    size_t filled = 0;

    for (run = client->run; run < client->run_count && filled < count; run++)
        out[filled++] = client->runs[run];
    return filled;
}

size_t ehlo_client_output(struct ehlo_client *client, struct ehlo_span *out, size_t count)
{
    size_t filled = 0, octets = 0, i;

    if (client == NULL || out == NULL || count == 0)
        return 0;
    if (queue_is_first(client))
        filled = show_queue(client, out);
    filled += show_runs(client, out + filled, count - filled);
    if (!queue_is_first(client) && filled < count &&
        (client->message == EHLO_MESSAGE_NONE || client->message == EHLO_MESSAGE_DOT))
        filled += show_queue(client, out + filled);
    for (i = 0; i < filled; i++)
        octets += out[i].size;
    if (client->shown < octets)
        client->shown = octets;
    return filled;
}

static size_t copy_queue(struct ehlo_client *client, char *buffer, size_t size)
{
    const size_t waits = ehlo_queue_size(&client->output), copied = waits < size ? waits : size;

    if (waits == 0)
        return 0;
    memcpy(buffer, queued(client), copied);
    client->hidden = 0;
    return copied;
}

size_t ehlo_client_copy(struct ehlo_client *client, void *buffer, size_t size)
{
    char *out = buffer;
    size_t copied = 0;
    int all;

    if (client == NULL || buffer == NULL || size == 0)
        return 0;
    if (queue_is_first(client))
        copied = copy_queue(client, out, size);
    copied += ehlo_client_copy_message(client, out + copied, size - copied, &all);
    if (!queue_is_first(client) && all)
        copied += copy_queue(client, out + copied, size - copied);
    if (client->shown < copied)
        client->shown = copied;
    return copied;
}

/* The octets of an AUTH exchange do not stay in memory. */
static void wipe_secret(struct ehlo_client *client)
{
    if (client->secret)
        ehlo_wipe(client + 1, client->output.capacity);
    client->secret = 0;
}

/* Takes octets off the queue: as many as there are. Returns how many. */
static size_t sent_queue(struct ehlo_client *client, size_t octets)
{
    const size_t waits = ehlo_queue_size(&client->output), taken = octets < waits ? octets : waits;

    ehlo_queue_take(&client->output, taken);
    if (taken == waits)
        wipe_secret(client);
    return taken;
}

int ehlo_client_sent(struct ehlo_client *client, size_t octets)
{
    int error = 0;

    if (client == NULL || octets > client->shown)
        return EHLO_E_ARGUMENT;
    client->shown -= octets;
    if (queue_is_first(client)) {
        octets -= sent_queue(client, octets);
        (void)ehlo_client_sent_message(client, octets);
    } else {
        octets -= ehlo_client_sent_message(client, octets);
        (void)sent_queue(client, octets);
    }
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
    if (client->error != 0 && has_news(client))
        return 0;
    if (client->error != 0)
        return client->error == EHLO_E_TURNED ? EHLO_WANT_TURN : EHLO_WANT_CLOSE;
    if (client->tls_due && client->starved)
        return EHLO_WANT_TLS;
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
    if (client->message != EHLO_MESSAGE_NONE && has_output(client))
        return client->config.body_timeout;
    first = ehlo_awaited_first(&client->awaited);
    if (first == NULL || ehlo_client_wants_piece(client))
        return 0;
    if (first->answers == EHLO_EVENT_DATA)
        return client->config.data_timeout;
    return first->answers == EHLO_EVENT_END || first->answers == EHLO_EVENT_BODY ? client->config.end_timeout
                                                                                 : client->config.command_timeout;
}

uint64_t ehlo_client_extensions(const struct ehlo_client *client)
{
    return client == NULL || client->state < EHLO_STATE_READY ? 0 : client->extensions;
}

uint64_t ehlo_client_message_max(const struct ehlo_client *client)
{
    return client == NULL || client->state < EHLO_STATE_READY ? 0 : client->message_max;
}

void ehlo_client_limits(const struct ehlo_client *client, struct ehlo_limits *limits)
{
    static const struct ehlo_limits none;

    if (limits != NULL)
        *limits = client == NULL || client->state < EHLO_STATE_READY ? none : client->limits;
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
    client->tls_due = client->challenge = 0;
    wipe_secret(client);
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
