/* SPDX-License-Identifier: ISC
 *
 * One event at a time: what the client's octets lead to, and whether the program must be asked.
 */
#include <string.h>

#include "codec/ascii.h"
#include "server/server.h"

void ehlo_server_refuse(struct ehlo_server *server, uint32_t stock)
{
    if (ehlo_transaction_allows(server->state, server->verb))
        server->state = ehlo_transaction_next(server->state, server->verb, 0);
    if (ehlo_stock_code(stock) < 500 || server->errors++ < server->config.error_max) {
        ehlo_server_stock(server, stock);
    } else {
        ehlo_server_stock(server, EHLO_STOCK_FLOOD);
        ehlo_server_close(server, EHLO_E_FLOOD);
    }
}

static uint32_t flags_of(const struct ehlo_server *server, uint32_t type)
{
    uint32_t flags = 0;

    if (type == EHLO_EVENT_HELLO ? server->verb != EHLO_VERB_HELO : server->esmtp)
        flags |= EHLO_EVENT_ESMTP;
    if (type == EHLO_EVENT_AUTH)
        flags |= EHLO_EVENT_SECRET;
    if (server->secured)
        flags |= EHLO_EVENT_SECURED;
    if (server->authenticated)
        flags |= EHLO_EVENT_AUTHENTICATED;
    if (server->utf8 && (type == EHLO_EVENT_DATA || type == EHLO_EVENT_END))
        flags |= EHLO_EVENT_UTF8;
    if (ehlo_server_is_lmtp(server))
        flags |= EHLO_EVENT_LMTP;
    return flags;
}

/* Asks the program, or asks again. An answer may be worded at once, so there is room for it. */
static int ask(struct ehlo_server *server, uint32_t type, struct ehlo_event *event)
{
    if (server->ticket == 0) {
        server->tickets++;
        if (server->tickets == 0)
            server->tickets = 1;
        server->ticket = server->tickets;
        server->asked = (uint8_t)type;
    }
    event->type = type;
    event->ticket = server->ticket;
    event->flags |= flags_of(server, type);
    server->utf8_asked = (event->flags & EHLO_EVENT_UTF8) != 0;
    if (type == EHLO_EVENT_RCPT || type == EHLO_EVENT_DATA || type == EHLO_EVENT_END) {
        event->index = server->recipients;
        event->body = server->declared_body;
    }
    return (int)type;
}

static int ask_auth(struct ehlo_server *server, struct ehlo_event *event)
{
    event->index = server->round;
    return ask(server, EHLO_EVENT_AUTH, event);
}

static int reply_to(struct ehlo_server *server, uint32_t stock)
{
    ehlo_server_stock(server, stock);
    return 0;
}

/* The first chunk asks what DATA asks; those behind it are taken. */
static int carry_out_chunk(struct ehlo_server *server, struct ehlo_event *event)
{
    if (server->state != EHLO_STATE_CHUNK)
        return ask(server, EHLO_EVENT_DATA, event);
    ehlo_server_begin_chunk(server, EHLO_STOCK_NONE);
    return 0;
}

/* Carries out a command that was checked, or asks. Returns the event's type, or 0 when the command is done. */
static int carry_out(struct ehlo_server *server, struct ehlo_event *event)
{
    struct ehlo_param param;

    server->last = (uint8_t)event->command.last;
    switch (server->verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
    case EHLO_VERB_LHLO:
        return ask(server, EHLO_EVENT_HELLO, event);
    case EHLO_VERB_MAIL:
        server->declared_body = (uint8_t)event->body;
        server->utf8 = (event->flags & EHLO_EVENT_UTF8) != 0;
        server->transid = (uint8_t)ehlo_param_find(&event->command.params, "TRANSID", sizeof "TRANSID" - 1, &param);
        return ask(server, EHLO_EVENT_MAIL, event);
    case EHLO_VERB_RCPT:
        return ask(server, EHLO_EVENT_RCPT, event);
    case EHLO_VERB_DATA:
        return ask(server, EHLO_EVENT_DATA, event);
    case EHLO_VERB_BDAT:
        server->chunk = event->command.octets;
        return carry_out_chunk(server, event);
    case EHLO_VERB_STARTTLS:
        return ask(server, EHLO_EVENT_STARTTLS, event);
    case EHLO_VERB_AUTH:
        server->round = 0;
        event->data = event->command.params;
        if (event->data.size == 1) /* "=" */
            event->data.size = 0;
        return ask_auth(server, event);
    case EHLO_VERB_NOOP:
        return reply_to(server, EHLO_STOCK_OK);
    case EHLO_VERB_RSET:
        ehlo_server_abort(server, EHLO_E_RESET);
        server->state = ehlo_transaction_next(server->state, EHLO_VERB_RSET, 1);
        return reply_to(server, EHLO_STOCK_OK);
    case EHLO_VERB_QUIT:
        ehlo_server_stock(server, EHLO_STOCK_BYE);
        ehlo_server_close(server, EHLO_E_QUIT);
        return 0;
    case EHLO_VERB_VRFY:
    case EHLO_VERB_EXPN:
        if (!ehlo_server_offers(server, ehlo_extension_of_verb(server->verb)))
            return reply_to(server, EHLO_STOCK_CANNOT_VERIFY);
        return ask(server, EHLO_EVENT_COMMAND, event);
    default:
        return ask(server, EHLO_EVENT_COMMAND, event);
    }
}

/* The line that was asked about stands at the front of the input until its answer has come. */
static int ask_again(struct ehlo_server *server, const char *in, size_t size, struct ehlo_event *event)
{
    if (size < server->held)
        return EHLO_E_ARGUMENT;
    event->line.data = in;
    event->line.size = server->held - 2;
    if (server->phase == EHLO_PHASE_AUTH)
        return ehlo_server_check_response(event) != EHLO_STOCK_NONE ? EHLO_E_ARGUMENT : ask_auth(server, event);
    if (ehlo_server_check(server, event) != EHLO_STOCK_NONE || event->command.verb != server->verb)
        return EHLO_E_ARGUMENT;
    return carry_out(server, event);
}

static void flood(struct ehlo_server *server)
{
    ehlo_server_stock(server, EHLO_STOCK_FLOOD);
    ehlo_server_close(server, EHLO_E_FLOOD);
}

/* 1 when the client has had its share of commands and errors, this one included. */
static int is_flood(struct ehlo_server *server)
{
    const uint32_t max = server->config.error_max;

    return server->commands++ >= server->config.command_max || server->errors > max ||
           (server->verb == EHLO_VERB_AUTH && server->errors == max);
}

/* What is said to a line that the parser could not take. */
static uint32_t parser_stock(int error, uint32_t too_long)
{
    return error == EHLO_E_NEWLINE ? EHLO_STOCK_LINE_NEWLINE : too_long;
}

/* Takes a line, or what the parser found wrong with it. A client that would leave is not held up by a limit. */
static int take_command(struct ehlo_server *server, int found, struct ehlo_event *event)
{
    const uint32_t too_long = server->begun == EHLO_VERB_AUTH ? EHLO_STOCK_AUTH_LONG : EHLO_STOCK_LINE_LONG;
    const uint32_t refusal = found < 0 ? parser_stock(found, too_long) : ehlo_server_check(server, event);

    server->verb = (uint8_t)event->command.verb;
    if (is_flood(server) && server->verb != EHLO_VERB_QUIT) {
        flood(server);
    } else if (refusal == EHLO_STOCK_NONE) {
        return carry_out(server, event);
    } else if (server->begun != EHLO_VERB_BDAT && server->verb != EHLO_VERB_BDAT) {
        ehlo_server_refuse(server, refusal);
    } else if (found < 0 || refusal == EHLO_STOCK_CHUNK_SIZE || refusal == EHLO_STOCK_LINE_LONG) {
        server->farewell = EHLO_STOCK_CHUNK_LOST;
        ehlo_server_stock(server, refusal);
        ehlo_server_close(server, EHLO_E_PROTOCOL);
    } else {
        server->chunk = event->command.octets;
        server->last = (uint8_t)event->command.last;
        ehlo_server_begin_chunk(server, refusal);
    }
    return 0;
}

/* The same in the midst of AUTH; whatever is wrong with a response ends the exchange (RFC 4954, section 4). */
static int take_response(struct ehlo_server *server, int found, struct ehlo_event *event)
{
    const uint32_t refusal = found < 0 ? parser_stock(found, EHLO_STOCK_AUTH_LONG) : ehlo_server_check_response(event);

    if (is_flood(server)) {
        flood(server);
    } else if (refusal == EHLO_STOCK_NONE) {
        return ask_auth(server, event);
    } else {
        server->phase = EHLO_PHASE_COMMAND;
        ehlo_server_refuse(server, refusal);
    }
    return 0;
}

/* The first word of a line, as far as it must be known though the line cannot be taken. */
static uint32_t begun_by(const char *in, size_t size)
{
    const size_t length = 4;

    if (size <= length || in[length] != ' ')
        return EHLO_VERB_OTHER;
    return ehlo_verb_find(in, length);
}

static int next_line(struct ehlo_server *server, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    size_t taken;
    int found;

    if (server->ticket != 0)
        return ask_again(server, in, size, event);
    if (server->parser.flags == 0) /* the line begins here */
        server->begun = (uint8_t)begun_by(in, size);
    found = ehlo_parser_line(&server->parser, in, size, &taken, &event->line);
    if (found == EHLO_E_ARGUMENT)
        return found;
    *used += taken;
    if (found == 0) {
        server->starved = 1;
        return 0;
    }
    found = server->phase == EHLO_PHASE_AUTH ? take_response(server, found, event) : take_command(server, found, event);
    if (found > 0) { /* a question's spans point into the line: it stays where it is */
        *used -= taken;
        server->held = (uint32_t)taken;
    }
    return found;
}

static int ask_end(struct ehlo_server *server, struct ehlo_event *event)
{
    const int type = ask(server, EHLO_EVENT_END, event);

    event->octets = server->body.octets;
    event->facts = server->body.facts;
    event->longest = server->body.longest;
    if (ehlo_server_is_lmtp(server))
        event->index = server->round;
    return type;
}

/* Octets in front of the greeting are those of a client that does not listen (RFC 5321, section 4.3.1). */
static int next_greeting(struct ehlo_server *server, size_t size, struct ehlo_event *event)
{
    if (size > 0 && !server->early) {
        server->early = 1;
        if (server->config.flags & EHLO_SERVER_REFUSE_EARLY) {
            server->asked = EHLO_EVENT_CONNECT;
            ehlo_server_settle(server, EHLO_STOCK_EARLY);
            return 0;
        }
        if (server->config.take & EHLO_TAKE_EARLY) {
            event->type = EHLO_EVENT_EARLY;
            return EHLO_EVENT_EARLY;
        }
    }
    return ask(server, EHLO_EVENT_CONNECT, event);
}

/* Nothing in the clear may follow (RFC 3207, section 5). */
static int next_tls(struct ehlo_server *server, size_t size)
{
    if (size > 0)
        ehlo_server_close(server, EHLO_E_INJECTED);
    else
        server->starved = 1;
    return 0;
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
        return next_greeting(server, size, event);
    case EHLO_PHASE_COMMAND:
    case EHLO_PHASE_AUTH:
        return next_line(server, in, size, used, event);
    case EHLO_PHASE_BODY:
        return ehlo_server_next_body(server, in, size, used, event);
    case EHLO_PHASE_CHUNK:
        return ehlo_server_next_chunk(server, in, size, used, event);
    case EHLO_PHASE_TLS:
        return next_tls(server, size);
    case EHLO_PHASE_TURN:
        ehlo_server_close(server, EHLO_E_TURNED);
        return 0;
    default:
        return ask_end(server, event);
    }
}

/* Takes the line of a question that was answered. */
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

/* A refusal that is held back takes its room with it until its chunk has been read, which asks nothing. */
static int has_room(const struct ehlo_server *server)
{
    return ehlo_queue_is_held(&server->output) || ehlo_queue_room(&server->output) >= server->config.reply_max;
}

int ehlo_server_next(struct ehlo_server *server, const void *in, size_t size, size_t *used, struct ehlo_event *event)
{
    const char *octets = in == NULL ? "" : in;
    int found;

    if (server == NULL || used == NULL || event == NULL || event->size < sizeof *event || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    server->starved = 0;
    do {
        memset((char *)event + sizeof event->size, 0, event->size - sizeof event->size);
        if (server->aborted != 0)
            return report_abort(server, event);
        if (server->error != 0)
            return server->error;
        if (take_held(server, size, used) != 0)
            return EHLO_E_ARGUMENT;
        if (!ehlo_server_replied(server) || !has_room(server))
            return 0;
        found = step(server, octets + *used, size - *used, used, event);
    } while (found == 0 && !server->starved);
    return found;
}
