/* SPDX-License-Identifier: ISC
 *
 * The message on its way out: pieces that the program lends become runs of octets for the transport. Each run is found
 * once and then kept, so it does not matter in how small steps the output is taken.
 */
#include <string.h>

#include "client/client.h"

static const struct ehlo_span nothing;

void ehlo_client_begin_message(struct ehlo_client *client)
{
    if (client->carrier == EHLO_CARRIER_DATA)
        ehlo_stuff_init(&client->stuff);
    else
        ehlo_stuff_init_chunked(&client->stuff);
    client->piece = nothing;
    client->run = client->run_count = 0;
    client->message = EHLO_MESSAGE_OPEN;
    client->lone_dot = 0;
}

void ehlo_client_stop_message(struct ehlo_client *client)
{
    if (client->message == EHLO_MESSAGE_OPEN)
        client->message = ehlo_client_has_runs(client) ? EHLO_MESSAGE_CUT : EHLO_MESSAGE_NONE;
}

int ehlo_client_has_runs(const struct ehlo_client *client)
{
    return client->run < client->run_count;
}

/* One for the message; in LMTP one for each recipient. */
static void await_end(struct ehlo_client *client)
{
    uint32_t replies = client->config.flags & EHLO_CLIENT_LMTP ? client->accepted : 1;

    while (replies-- > 0)
        ehlo_awaited_add(&client->awaited, EHLO_EVENT_END, EHLO_VERB_DATA);
}

void ehlo_client_lone_dot(struct ehlo_client *client)
{
    struct ehlo_stuff empty;
    struct ehlo_span dot;

    ehlo_stuff_init(&empty);
    (void)ehlo_stuff_end(&empty, &dot);
    memcpy((char *)(client + 1) + client->output.tail, dot.data, dot.size);
    ehlo_queue_put(&client->output, dot.size);
    ehlo_awaited_add(&client->awaited, EHLO_EVENT_END, EHLO_VERB_DATA);
    client->hidden++;
    client->lone_dot = 1;
}

/* What the next octets of a piece are on the wire: how many were taken, as runs. */
static size_t encode(const struct ehlo_client *client, struct ehlo_stuff *stuff, struct ehlo_span piece,
                     struct ehlo_span runs[EHLO_RUNS], size_t *filled)
{
    size_t used = piece.size;

    if (client->carrier == EHLO_CARRIER_BINARY) {
        runs[0] = piece;
        *filled = piece.size > 0;
        stuff->octets += used;
    } else {
        (void)ehlo_stuff(stuff, piece.data, piece.size, &used, runs, EHLO_RUNS, filled);
    }
    return used;
}

/* What must follow the last octets. Returns how many runs that is: one, or none. */
static size_t encode_end(const struct ehlo_client *client, struct ehlo_stuff *stuff, struct ehlo_span *run)
{
    if (client->carrier == EHLO_CARRIER_BINARY)
        return 0;
    (void)ehlo_stuff_end(stuff, run);
    return run->size > 0;
}

/* Finds the next runs; those before are sent. */
static void find_runs(struct ehlo_client *client)
{
    size_t used, filled = 0;

    if (client->piece.size > 0) {
        used = encode(client, &client->stuff, client->piece, client->runs, &filled);
        client->piece.data += used;
        client->piece.size -= used;
    }
    if (client->message == EHLO_MESSAGE_LAST && client->piece.size == 0 && filled < EHLO_RUNS) {
        filled += encode_end(client, &client->stuff, &client->runs[filled]);
        client->message = EHLO_MESSAGE_DOT;
    }
    client->run = 0;
    client->run_count = (uint8_t)filled;
}

int ehlo_client_wants_piece(const struct ehlo_client *client)
{
    return client->message == EHLO_MESSAGE_OPEN && !ehlo_client_has_runs(client) &&
           (client->carrier == EHLO_CARRIER_DATA || ehlo_client_may_chunk(client));
}

/* The first run that has octets, or NULL when all that was given is sent. */
static struct ehlo_span *next_run(struct ehlo_client *client)
{
    while (client->run < client->run_count && client->runs[client->run].size == 0)
        client->run++;
    if (client->run < client->run_count)
        return &client->runs[client->run];
    if (client->piece.size == 0 && (client->message == EHLO_MESSAGE_DOT || client->message == EHLO_MESSAGE_CUT))
        client->message = EHLO_MESSAGE_NONE;
    if (client->message == EHLO_MESSAGE_NONE)
        return NULL;
    find_runs(client);
    if (client->run_count > 0)
        return client->runs;
    if (client->message == EHLO_MESSAGE_DOT)
        client->message = EHLO_MESSAGE_NONE;
    return NULL;
}

size_t ehlo_client_sent_message(struct ehlo_client *client, size_t octets)
{
    size_t left = octets, step;
    struct ehlo_span *run;

    while ((run = next_run(client)) != NULL && left > 0) {
        step = left < run->size ? left : run->size;
        run->data += step;
        run->size -= step;
        left -= step;
    }
    return octets - left;
}

struct copy {
    char *buffer;
    size_t size, used;
};

static void copy_spans(struct copy *copy, const struct ehlo_span *spans, size_t count)
{
    size_t i, step;

    for (i = 0; i < count; i++) {
        step = spans[i].size < copy->size - copy->used ? spans[i].size : copy->size - copy->used;
        if (step > 0)
            memcpy(copy->buffer + copy->used, spans[i].data, step);
        copy->used += step;
    }
}

/*
 * Nothing is remembered of what was copied: it is found again when it is sent. What goes out is never shorter than what
 * it is made of, so no more of the piece is looked at than there is room for.
 */
size_t ehlo_client_copy_message(const struct ehlo_client *client, char *buffer, size_t size, int *all)
{
    struct copy copy = {buffer, size, 0};
    struct ehlo_stuff ahead = client->stuff;
    struct ehlo_span piece = client->piece, front, runs[EHLO_RUNS];
    size_t used, filled;

    copy_spans(&copy, client->runs + client->run, client->run_count - client->run);
    while (piece.size > 0 && copy.used < size) {
        front.data = piece.data;
        front.size = piece.size < size - copy.used ? piece.size : size - copy.used;
        used = encode(client, &ahead, front, runs, &filled);
        piece.data += used;
        piece.size -= used;
        copy_spans(&copy, runs, filled);
    }
    if (client->message == EHLO_MESSAGE_LAST && copy.used < size)
        copy_spans(&copy, runs, encode_end(client, &ahead, runs));
    *all = copy.used < size && client->message != EHLO_MESSAGE_OPEN;
    return copy.used;
}

/* What there is against a piece; `*ahead` is what the message would be with it. */
static int check_piece(const struct ehlo_client *client, struct ehlo_span piece, int last, struct ehlo_stuff *ahead)
{
    const int takes_8bit = client->body != EHLO_BODY_7BIT || (client->config.flags & EHLO_CLIENT_8BIT_ANYWAY) != 0;
    struct ehlo_span runs[EHLO_RUNS];
    size_t used, filled;

    *ahead = client->stuff;
    if (takes_8bit && client->message_max == 0 && client->carrier == EHLO_CARRIER_DATA)
        return 0;
    while (piece.size > 0) {
        used = encode(client, ahead, piece, runs, &filled);
        piece.data += used;
        piece.size -= used;
    }
    if (last)
        (void)encode_end(client, ahead, runs);
    if (!takes_8bit && (ahead->facts & EHLO_FACT_8BIT) != 0)
        return EHLO_E_8BIT;
    return client->message_max != 0 && ahead->octets > client->message_max ? EHLO_E_TOO_MUCH : 0;
}

int ehlo_client_body(struct ehlo_client *client, const void *piece, size_t size, int last)
{
    struct ehlo_span given;
    struct ehlo_stuff ahead;
    uint64_t chunk;
    int error;

    if (client == NULL || (piece == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    if (!ehlo_client_wants_piece(client))
        return EHLO_E_STATE;
    given.data = piece;
    given.size = size;
    error = check_piece(client, given, last, &ahead);
    chunk = ahead.octets - client->stuff.octets;
    if (error == 0 && client->carrier != EHLO_CARRIER_DATA && (chunk > 0 || last))
        error = ehlo_client_ask_chunk(client, chunk, last);
    if (error != 0)
        return error;
    client->piece = given;
    if (last) {
        client->message = EHLO_MESSAGE_LAST;
        if (client->carrier == EHLO_CARRIER_DATA)
            await_end(client);
    }
    find_runs(client);
    return 0;
}
