/* SPDX-License-Identifier: ISC
 *
 * Checking: what the client's octets mean here and now, and whether the program must be asked.
 */
#include <string.h>

#include "codec/ascii.h"
#include "server/server.h"

/* A parse error of a command as a reply. A path that was read stands in the command, so the fault is behind it. */
static uint32_t syntax_stock(int error, const struct ehlo_command *command)
{
    switch (command->verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
        return EHLO_STOCK_HELLO_SYNTAX;
    case EHLO_VERB_MAIL:
    case EHLO_VERB_RCPT:
        if (command->argument.data != NULL)
            return EHLO_STOCK_PARAM_SYNTAX;
        if (error == EHLO_E_UTF8)
            return EHLO_STOCK_NEEDS_UTF8;
        return command->verb == EHLO_VERB_MAIL ? EHLO_STOCK_SENDER_SYNTAX : EHLO_STOCK_RECIPIENT_SYNTAX;
    default:
        return error == EHLO_E_UNWANTED ? EHLO_STOCK_NO_ARGUMENT : EHLO_STOCK_ARGUMENT;
    }
}

static uint32_t check_supported(const struct ehlo_server *server, uint32_t verb)
{
    switch (verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
    case EHLO_VERB_MAIL:
    case EHLO_VERB_RCPT:
    case EHLO_VERB_DATA:
    case EHLO_VERB_RSET:
    case EHLO_VERB_NOOP:
    case EHLO_VERB_QUIT:
        return EHLO_STOCK_NONE;
    case EHLO_VERB_VRFY:
        return ehlo_server_offers(server, EHLO_EXTENSION_VRFY) ? EHLO_STOCK_NONE : EHLO_STOCK_NOT_IMPLEMENTED;
    case EHLO_VERB_EXPN:
        return ehlo_server_offers(server, EHLO_EXTENSION_EXPN) ? EHLO_STOCK_NONE : EHLO_STOCK_NOT_IMPLEMENTED;
    case EHLO_VERB_HELP:
        return ehlo_server_offers(server, EHLO_EXTENSION_HELP) ? EHLO_STOCK_NONE : EHLO_STOCK_NOT_IMPLEMENTED;
    case EHLO_VERB_OTHER:
        return server->config.take & EHLO_TAKE_OTHER ? EHLO_STOCK_NONE : EHLO_STOCK_UNKNOWN;
    default:
        return EHLO_STOCK_NOT_IMPLEMENTED;
    }
}

static uint32_t check_order(const struct ehlo_server *server, uint32_t verb)
{
    if (ehlo_transaction_allows(server->state, verb))
        return EHLO_STOCK_NONE;
    switch (server->state) {
    case EHLO_STATE_AWAY:
        return EHLO_STOCK_AWAY;
    case EHLO_STATE_START:
        return EHLO_STOCK_HELLO_FIRST;
    case EHLO_STATE_READY:
        return EHLO_STOCK_MAIL_FIRST;
    default:
        break;
    }
    if (verb == EHLO_VERB_MAIL)
        return EHLO_STOCK_NESTED;
    return server->state == EHLO_STATE_MAIL ? EHLO_STOCK_RCPT_FIRST : EHLO_STOCK_NO_RECIPIENT;
}

static uint32_t check_size(struct ehlo_server *server, const struct ehlo_param *param)
{
    if (ehlo_number_parse(param->value.data, param->value.size, &server->declared) != 0)
        return EHLO_STOCK_PARAM_VALUE;
    /* A number that 64 bits cannot hold is read as the largest of them, and no message is that big. */
    if (server->declared > server->config.message_max || server->declared == UINT64_MAX)
        return EHLO_STOCK_TOO_MUCH;
    return EHLO_STOCK_NONE;
}

static uint32_t check_body(struct ehlo_server *server, const struct ehlo_param *param)
{
    if (ehlo_span_is(param->value, "7BIT", 4))
        server->declared_body = EHLO_BODY_7BIT;
    else if (ehlo_span_is(param->value, "8BITMIME", 8))
        server->declared_body = EHLO_BODY_8BITMIME;
    else
        return EHLO_STOCK_PARAM_VALUE;
    return EHLO_STOCK_NONE;
}

static uint32_t check_param(struct ehlo_server *server, uint32_t verb, const struct ehlo_param *param)
{
    if (!server->esmtp || verb != EHLO_VERB_MAIL)
        return EHLO_STOCK_PARAM_UNKNOWN;
    if (ehlo_span_is(param->keyword, "SIZE", 4) && ehlo_server_offers(server, EHLO_EXTENSION_SIZE))
        return check_size(server, param);
    if (ehlo_span_is(param->keyword, "BODY", 4) && ehlo_server_offers(server, EHLO_EXTENSION_8BITMIME))
        return check_body(server, param);
    return EHLO_STOCK_PARAM_UNKNOWN;
}

static uint32_t check_params(struct ehlo_server *server, const struct ehlo_command *command)
{
    struct ehlo_span list = command->params;
    struct ehlo_param param;
    uint32_t refusal = EHLO_STOCK_NONE;
    size_t at;

    if (command->verb == EHLO_VERB_MAIL) {
        server->declared = 0;
        server->declared_body = EHLO_BODY_7BIT;
    }
    while (refusal == EHLO_STOCK_NONE && ehlo_param_next(&list, &param, server->config.rules, &at) == 1)
        refusal = check_param(server, command->verb, &param);
    return refusal;
}

/* The stock reply that refuses this line, or EHLO_STOCK_NONE. */
static uint32_t check(struct ehlo_server *server, struct ehlo_command *command, struct ehlo_span line)
{
    uint32_t refusal;
    size_t at;
    int error = ehlo_command_parse(command, line.data, line.size, server->config.rules, &at);

    if (error == EHLO_E_VERB)
        return EHLO_STOCK_UNKNOWN;
    if (line.size + 2 > ehlo_server_verb_line_max(&server->config, command->verb))
        return EHLO_STOCK_LINE_LONG;
    refusal = check_supported(server, command->verb);
    if (refusal == EHLO_STOCK_NONE && error != 0)
        refusal = syntax_stock(error, command);
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_order(server, command->verb);
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_params(server, command);
    if (refusal == EHLO_STOCK_NONE && command->verb == EHLO_VERB_RCPT &&
        server->recipients >= server->config.recipient_max)
        refusal = EHLO_STOCK_RECIPIENTS;
    return refusal;
}

static void refuse(struct ehlo_server *server, uint32_t stock)
{
    if (ehlo_stock_code(stock) < 500 || server->errors++ < server->config.error_max) {
        ehlo_server_stock(server, stock);
    } else {
        ehlo_server_stock(server, EHLO_STOCK_FLOOD);
        ehlo_server_close(server, EHLO_E_FLOOD);
    }
}

/* Asks the program, or asks again. An answer may be worded at once, so there is room for it. */
static int ask(struct ehlo_server *server, uint32_t type, uint32_t verb, struct ehlo_event *event)
{
    if (server->ticket != 0 && (server->asked != type || server->verb != verb))
        return EHLO_E_ARGUMENT;
    if (server->ticket == 0) {
        server->tickets++;
        if (server->tickets == 0)
            server->tickets = 1;
        server->ticket = server->tickets;
        server->asked = (uint8_t)type;
        server->verb = (uint8_t)verb;
    }
    event->type = type;
    event->ticket = server->ticket;
    event->flags = (type == EHLO_EVENT_HELLO ? verb == EHLO_VERB_EHLO : server->esmtp) ? EHLO_EVENT_ESMTP : 0;
    event->index =
        type == EHLO_EVENT_RCPT || type == EHLO_EVENT_DATA || type == EHLO_EVENT_END ? server->recipients : 0;
    return (int)type;
}

/* Carries out a command that was checked, or asks. Returns the event's type, or 0 when the command is done. */
static int carry_out(struct ehlo_server *server, struct ehlo_event *event)
{
    uint32_t verb = event->command.verb;

    switch (verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
        return ask(server, EHLO_EVENT_HELLO, verb, event);
    case EHLO_VERB_MAIL:
        event->octets = server->declared;
        event->body = server->declared_body;
        return ask(server, EHLO_EVENT_MAIL, verb, event);
    case EHLO_VERB_RCPT:
        event->body = server->declared_body;
        return ask(server, EHLO_EVENT_RCPT, verb, event);
    case EHLO_VERB_DATA:
        event->body = server->declared_body;
        return ask(server, EHLO_EVENT_DATA, verb, event);
    case EHLO_VERB_NOOP:
        break;
    case EHLO_VERB_RSET:
        ehlo_server_abort(server, EHLO_E_RESET);
        break;
    case EHLO_VERB_QUIT:
        ehlo_server_stock(server, EHLO_STOCK_BYE);
        ehlo_server_close(server, EHLO_E_QUIT);
        return 0;
    default:
        return ask(server, EHLO_EVENT_COMMAND, verb, event);
    }
    ehlo_server_stock(server, EHLO_STOCK_OK);
    return 0;
}

static int next_command(struct ehlo_server *server, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    struct ehlo_span line;
    size_t taken;
    uint32_t refusal;
    int found = ehlo_parser_line(&server->parser, in, size, &taken, &line);

    if (found == EHLO_E_ARGUMENT)
        return found;
    if (found == 0) {
        *used += taken;
        server->starved = 1;
        return 0;
    }
    if (server->ticket != 0 && (found != 1 || check(server, &event->command, line) != EHLO_STOCK_NONE))
        return EHLO_E_ARGUMENT; /* not the line that was asked about */
    if (server->ticket == 0 && server->commands++ >= server->config.command_max) {
        *used += taken;
        ehlo_server_stock(server, EHLO_STOCK_FLOOD);
        ehlo_server_close(server, EHLO_E_FLOOD);
        return 0;
    }
    if (found == 1) {
        refusal = check(server, &event->command, line);
        event->line = line;
    } else {
        refusal = found == EHLO_E_NEWLINE ? EHLO_STOCK_LINE_NEWLINE : EHLO_STOCK_LINE_LONG;
    }
    if (refusal != EHLO_STOCK_NONE) {
        *used += taken;
        refuse(server, refusal);
        return 0;
    }
    found = carry_out(server, event);
    if (found > 0)
        server->held = (uint32_t)taken;
    else
        *used += taken;
    return found;
}

/* Where the message stops being one that can be accepted, and why. Without a bound: UINT64_MAX. */
static uint64_t body_bound(const struct ehlo_server *server, int *reason, uint32_t *refusal)
{
    *reason = EHLO_E_TOO_MUCH;
    *refusal = EHLO_STOCK_TOO_MUCH;
    if (server->config.newline == EHLO_NEWLINE_REJECT && (server->body.facts & EHLO_FACT_BARE_NEWLINE) &&
        server->body.bare_at <= server->config.message_max) {
        *reason = EHLO_E_NEWLINE;
        *refusal = EHLO_STOCK_NEWLINE;
        return server->body.bare_at;
    }
    return server->config.message_max;
}

static void give_up_body(struct ehlo_server *server, int reason, uint32_t refusal)
{
    server->refusal = (uint8_t)refusal;
    ehlo_server_abort(server, reason);
}

/* Hands over what of a piece is within the bound: the octets handed over do not depend on how the input was cut. */
static int body_piece(struct ehlo_server *server, struct ehlo_span piece, struct ehlo_event *event)
{
    uint64_t before = server->body.octets - piece.size, bound;
    uint32_t refusal;
    int reason;

    if (server->refusal != EHLO_STOCK_NONE)
        return 0;
    bound = body_bound(server, &reason, &refusal);
    if (server->body.octets > bound) {
        piece.size = (size_t)(bound - before);
        give_up_body(server, reason, refusal);
        if (piece.size == 0)
            return 0;
    }
    event->type = EHLO_EVENT_BODY;
    event->body = server->declared_body;
    event->octets = before + piece.size;
    event->data = piece;
    return EHLO_EVENT_BODY;
}

static void end_body(struct ehlo_server *server)
{
    if (server->refusal == EHLO_STOCK_NONE && server->config.body_line_max != 0 &&
        server->body.longest > server->config.body_line_max)
        give_up_body(server, EHLO_E_BODY_LINE, EHLO_STOCK_BODY_LINE);
    if (server->refusal == EHLO_STOCK_NONE) {
        server->phase = EHLO_PHASE_END;
    } else {
        server->phase = EHLO_PHASE_COMMAND;
        ehlo_server_stock(server, server->refusal);
    }
}

static int next_body(struct ehlo_server *server, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    struct ehlo_span piece;
    size_t taken;
    int found = ehlo_unstuff(&server->body, in, size, &taken, &piece);

    *used += taken;
    switch (found) {
    case EHLO_UNSTUFF_PIECE:
        return body_piece(server, piece, event);
    case EHLO_UNSTUFF_END:
        end_body(server);
        return 0;
    default:
        server->starved = 1;
        return 0;
    }
}

static int ask_end(struct ehlo_server *server, struct ehlo_event *event)
{
    event->body = server->declared_body;
    event->octets = server->body.octets;
    event->facts = server->body.facts;
    event->longest = server->body.longest;
    return ask(server, EHLO_EVENT_END, EHLO_VERB_DATA, event);
}

static int report_abort(struct ehlo_server *server, struct ehlo_event *event)
{
    event->type = EHLO_EVENT_ABORT;
    event->reason = server->aborted;
    server->aborted = 0;
    return EHLO_EVENT_ABORT;
}

static int step(struct ehlo_server *server, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    switch (server->phase) {
    case EHLO_PHASE_CONNECT:
        return ask(server, EHLO_EVENT_CONNECT, EHLO_VERB_OTHER, event);
    case EHLO_PHASE_COMMAND:
        return next_command(server, in, size, used, event);
    case EHLO_PHASE_BODY:
        return next_body(server, in, size, used, event);
    default:
        return ask_end(server, event);
    }
}

/* Octets of a question that was answered. */
static int take_held(struct ehlo_server *server, size_t size, size_t *used)
{
    if (server->ticket != 0 || server->held == 0)
        return 0;
    if (size < server->held)
        return EHLO_E_ARGUMENT;
    *used = server->held;
    server->held = 0;
    return 0;
}

int ehlo_server_next(struct ehlo_server *server, const void *in, size_t size, size_t *used, struct ehlo_event *event)
{
    const char *octets = in == NULL ? "" : in;
    uint32_t phase;
    int found;

    if (server == NULL || used == NULL || event == NULL || event->size < sizeof *event || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    server->starved = 0;
    for (;;) {
        memset((char *)event + sizeof event->size, 0, sizeof *event - sizeof event->size);
        if (server->aborted != 0)
            return report_abort(server, event);
        if (server->error != 0)
            return server->error;
        if (take_held(server, size, used) != 0)
            return EHLO_E_ARGUMENT;
        if (!ehlo_server_replied(server) || ehlo_queue_room(&server->output) < server->config.reply_max)
            return 0;
        phase = server->phase;
        found = step(server, octets + *used, size - *used, used, event);
        if (found != 0 || server->starved)
            return found;
        if (phase == EHLO_PHASE_BODY && server->phase == EHLO_PHASE_COMMAND && server->aborted == 0)
            return 0;
    }
}
