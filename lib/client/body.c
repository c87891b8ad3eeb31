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
    ehlo_stuff_init(&client->stuff);
    client->piece = nothing;
    client->run = client->run_count = 0;
    client->message = EHLO_MESSAGE_OPEN;
    client->lone_dot = 0;
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

/* Finds the next runs; those before are sent. */
static void find_runs(struct ehlo_client *client)
{
    size_t used = 0, filled = 0;

    if (client->piece.size > 0) {
        (void)ehlo_stuff(&client->stuff, client->piece.data, client->piece.size, &used, client->runs, EHLO_RUNS,
                         &filled);
        client->piece.data += used;
        client->piece.size -= used;
    }
    if (client->message == EHLO_MESSAGE_LAST && client->piece.size == 0 && filled < EHLO_RUNS) {
        (void)ehlo_stuff_end(&client->stuff, &client->runs[filled++]);
        client->message = EHLO_MESSAGE_DOT;
    }
    client->run = 0;
    client->run_count = (uint8_t)filled;
}

int ehlo_client_wants_piece(const struct ehlo_client *client)
{
    return client->message == EHLO_MESSAGE_OPEN && client->run == client->run_count;
}

/* The first run that has octets, or NULL when all that was given is sent. */
static struct ehlo_span *next_run(struct ehlo_client *client)
{
    while (client->run < client->run_count && client->runs[client->run].size == 0)
        client->run++;
    if (client->run < client->run_count)
        return &client->runs[client->run];
    if (client->message == EHLO_MESSAGE_DOT)
        client->message = EHLO_MESSAGE_NONE;
    if (client->message == EHLO_MESSAGE_NONE)
        return NULL;
    find_runs(client);
    return client->run_count > 0 ? client->runs : NULL;
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
    struct ehlo_span piece = client->piece, runs[EHLO_RUNS];
    size_t look, used, filled;

    copy_spans(&copy, client->runs + client->run, client->run_count - client->run);
    while (piece.size > 0 && copy.used < size) {
        look = piece.size < size - copy.used ? piece.size : size - copy.used;
        (void)ehlo_stuff(&ahead, piece.data, look, &used, runs, EHLO_RUNS, &filled);
        piece.data += used;
        piece.size -= used;
        copy_spans(&copy, runs, filled);
    }
    if (client->message == EHLO_MESSAGE_LAST && copy.used < size) {
        (void)ehlo_stuff_end(&ahead, runs);
        copy_spans(&copy, runs, 1);
    }
    *all = copy.used < size && client->message != EHLO_MESSAGE_OPEN;
    return copy.used;
}

/* What the message would be with this piece behind it. */
static int check_piece(const struct ehlo_client *client, struct ehlo_span piece, int last)
{
    const int takes_8bit = client->body == EHLO_BODY_8BITMIME || (client->config.flags & EHLO_CLIENT_8BIT_ANYWAY) != 0;
    struct ehlo_stuff ahead = client->stuff;
    struct ehlo_span runs[EHLO_RUNS];
    size_t used, filled;

    if (takes_8bit && client->message_max == 0)
        return 0;
    while (piece.size > 0) {
        (void)ehlo_stuff(&ahead, piece.data, piece.size, &used, runs, EHLO_RUNS, &filled);
        piece.data += used;
        piece.size -= used;
    }
    if (last)
        (void)ehlo_stuff_end(&ahead, runs);
    if (!takes_8bit && (ahead.facts & EHLO_FACT_8BIT) != 0)
        return EHLO_E_8BIT;
    return client->message_max != 0 && ahead.octets > client->message_max ? EHLO_E_TOO_MUCH : 0;
}

int ehlo_client_body(struct ehlo_client *client, const void *piece, size_t size, int last)
{
    struct ehlo_span given;
    int error;

    if (client == NULL || (piece == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    if (!ehlo_client_wants_piece(client))
        return EHLO_E_STATE;
    given.data = piece;
    given.size = size;
    error = check_piece(client, given, last);
    if (error != 0)
        return error;
    client->piece = given;
    if (last) {
        client->message = EHLO_MESSAGE_LAST;
        ehlo_awaited_add(&client->awaited, EHLO_EVENT_END, EHLO_VERB_DATA);
    }
    find_runs(client);
    return 0;
}
