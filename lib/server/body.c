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

    if (server->config.newline == EHLO_NEWLINE_REJECT && (server->body.facts & EHLO_FACT_BARE_NEWLINE) &&
        server->body.bare_at <= bound.octets) {
        bound.octets = server->body.bare_at;
        bound.reason = EHLO_E_NEWLINE;
        bound.refusal = EHLO_STOCK_NEWLINE;
    }
    return bound;
}

static void give_up(struct ehlo_server *server, int reason, uint8_t refusal)
{
    server->refusal = refusal;
    ehlo_server_abort(server, reason);
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
        piece.size = (size_t)(bound.octets - before);
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
    if (server->refusal == EHLO_STOCK_NONE && server->config.body_line_max != 0 &&
        server->body.longest > server->config.body_line_max)
        give_up(server, EHLO_E_BODY_LINE, EHLO_STOCK_BODY_LINE);
    if (server->refusal == EHLO_STOCK_NONE) {
        server->phase = EHLO_PHASE_END;
    } else {
        server->phase = EHLO_PHASE_COMMAND;
        ehlo_server_stock(server, server->refusal);
    }
}

void ehlo_server_begin_body(struct ehlo_server *server)
{
    (void)ehlo_unstuff_init(&server->body, server->config.newline);
    server->refusal = EHLO_STOCK_NONE;
    server->phase = EHLO_PHASE_BODY;
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
