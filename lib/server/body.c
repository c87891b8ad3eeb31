/* SPDX-License-Identifier: ISC
 *
 * The octets of a message: handed over up to where it is refused, and drained from there.
 */
#include "server/server.h"

/* Where a message stops being one that can be accepted, and what is said then. */
struct bound {
    uint64_t octets;
    int reason;
    uint8_t refusal;
};

static struct bound body_bound(const struct ehlo_server *server)
{
    struct bound bound = {server->config.message_max, EHLO_E_TOO_MUCH, EHLO_STOCK_TOO_MUCH};

    if (server->declared_body != EHLO_BODY_BINARYMIME && server->config.newline == EHLO_NEWLINE_REJECT &&
        (server->body.facts & EHLO_FACT_BARE_NEWLINE) && server->body.bare_at <= bound.octets) {
        bound.octets = server->body.bare_at;
        bound.reason = EHLO_E_NEWLINE;
        bound.refusal = EHLO_STOCK_NEWLINE;
    }
    return bound;
}

static void give_up(struct ehlo_server *server, int reason, uint8_t refusal)
{
    const int within = server->phase == EHLO_PHASE_CHUNK && !server->last;

    server->refusal = refusal;
    ehlo_server_abort(server, reason);
    if (within)
        server->state = EHLO_STATE_BROKEN;
}

/* Hands over what of a piece is within the bound: the octets handed over do not depend on how the input was cut. */
static int hand_over(struct ehlo_server *server, struct ehlo_span piece, struct ehlo_event *event)
{
    uint64_t before = server->body.octets - piece.size;
    struct bound bound;

    if (server->refusal != EHLO_STOCK_NONE)
        return 0;
    bound = body_bound(server);
    if (server->body.octets > bound.octets) {
        piece.size = bound.octets > before ? (size_t)(bound.octets - before) : 0;
        give_up(server, bound.reason, bound.refusal);
        if (piece.size == 0)
            return 0;
    }
    event->type = EHLO_EVENT_BODY;
    event->body = server->declared_body;
    event->octets = before + piece.size;
    event->data = piece;
    return EHLO_EVENT_BODY;
}

static void end(struct ehlo_server *server)
{
    const struct bound bound = body_bound(server);

    if (server->refusal == EHLO_STOCK_NONE &&
        server->body.octets > bound.octets) /* a CR that a last chunk ended with */
        give_up(server, bound.reason, bound.refusal);
    if (server->refusal == EHLO_STOCK_NONE && server->config.body_line_max != 0 &&
        server->declared_body != EHLO_BODY_BINARYMIME && server->body.longest > server->config.body_line_max)
        give_up(server, EHLO_E_BODY_LINE, EHLO_STOCK_BODY_LINE);
    server->round = 0;
    if (server->refusal == EHLO_STOCK_NONE) {
        server->phase = EHLO_PHASE_END;
    } else {
        server->phase = EHLO_PHASE_COMMAND;
        ehlo_server_stock_each(server, server->refusal);
    }
}

void ehlo_server_begin_body(struct ehlo_server *server)
{
    const int binary = server->declared_body == EHLO_BODY_BINARYMIME;

    (void)ehlo_unstuff_init(&server->body, binary ? EHLO_NEWLINE_KEEP : server->config.newline);
    server->refusal = EHLO_STOCK_NONE;
    server->phase = EHLO_PHASE_BODY;
}

static int is_refused(const struct ehlo_server *server)
{
    return server->refusal != EHLO_STOCK_NONE || ehlo_queue_is_held(&server->output);
}

void ehlo_server_begin_chunk(struct ehlo_server *server, uint32_t refusal)
{
    const int breaks = server->state == EHLO_STATE_RCPT || server->state == EHLO_STATE_CHUNK;

    if (server->state == EHLO_STATE_RCPT)
        ehlo_server_begin_body(server);
    if (!breaks)
        server->recipients = 0;
    server->phase = EHLO_PHASE_CHUNK;
    server->refusal = (uint8_t)refusal;
    if (!is_refused(server)) {
        server->state = EHLO_STATE_CHUNK;
        server->commands -= server->chunk > 0; /* the size of the message bounds these */
    } else if (breaks) {
        give_up(server, refusal == EHLO_STOCK_TOO_MUCH ? EHLO_E_TOO_MUCH : EHLO_E_REFUSED, (uint8_t)refusal);
    }
}

int ehlo_server_next_body(struct ehlo_server *server, const char *in, size_t size, size_t *used,
                          struct ehlo_event *event)
{
    struct ehlo_span piece;
    size_t taken;
    int found = ehlo_unstuff(&server->body, in, size, &taken, &piece);

    *used += taken;
    switch (found) {
    case EHLO_UNSTUFF_PIECE:
        return hand_over(server, piece, event);
    case EHLO_UNSTUFF_END:
        end(server);
        return 0;
    default:
        server->starved = 1;
        return 0;
    }
}

/* A refusal was in the queue, or is said now; in LMTP that of the last chunk to each recipient. */
static void end_refused_chunk(struct ehlo_server *server)
{
    const int each = server->last && server->recipients > 0;

    server->phase = EHLO_PHASE_COMMAND;
    if (server->refusal == EHLO_STOCK_NONE)
        ehlo_queue_release(&server->output);
    else if (each)
        ehlo_server_stock_each(server, server->refusal);
    else
        ehlo_server_refuse(server, server->refusal);
}

static int end_chunk(struct ehlo_server *server, struct ehlo_event *event)
{
    struct ehlo_span piece;

    if (is_refused(server)) {
        end_refused_chunk(server);
    } else if (!server->last) {
        server->phase = EHLO_PHASE_COMMAND;
        ehlo_server_stock(server, EHLO_STOCK_CHUNK);
    } else if (ehlo_unstuff_chunks_end(&server->body, &piece) == EHLO_UNSTUFF_PIECE) {
        return hand_over(server, piece, event);
    } else {
        end(server);
    }
    return 0;
}

int ehlo_server_next_chunk(struct ehlo_server *server, const char *in, size_t size, size_t *used,
                           struct ehlo_event *event)
{
    const size_t mine = server->chunk < size ? (size_t)server->chunk : size;
    struct ehlo_span piece;
    size_t taken = mine;
    int found = EHLO_UNSTUFF_MORE;

    if (server->chunk == 0)
        return end_chunk(server, event);
    if (!is_refused(server))
        found = ehlo_unstuff_chunk(&server->body, in, mine, mine == server->chunk, &taken, &piece);
    *used += taken;
    server->chunk -= taken;
    if (found == EHLO_UNSTUFF_PIECE)
        return hand_over(server, piece, event);
    server->starved = server->chunk > 0;
    return 0;
}
