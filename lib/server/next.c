/* SPDX-License-Identifier: ISC
 *
 * One event at a time: what the client's octets lead to, and whether the program must be asked.
 */
#include <string.h>

#include "server/server.h"

/* Refuses the command that `verb` names. */
static void refuse(struct ehlo_server *server, uint32_t stock)
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
    if (type == EHLO_EVENT_HELLO ? server->verb == EHLO_VERB_EHLO : server->esmtp)
        event->flags = EHLO_EVENT_ESMTP;
    if (type == EHLO_EVENT_RCPT || type == EHLO_EVENT_DATA || type == EHLO_EVENT_END) {
        event->index = server->recipients;
        event->body = server->declared_body;
    }
    return (int)type;
}

static int reply_to(struct ehlo_server *server, uint32_t stock)
{
    ehlo_server_stock(server, stock);
    return 0;
}

/* Carries out a command that was checked, or asks. Returns the event's type, or 0 when the command is done. */
static int carry_out(struct ehlo_server *server, struct ehlo_event *event)
{
    switch (server->verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
        return ask(server, EHLO_EVENT_HELLO, event);
    case EHLO_VERB_MAIL:
        server->declared_body = (uint8_t)event->body;
        return ask(server, EHLO_EVENT_MAIL, event);
    case EHLO_VERB_RCPT:
        return ask(server, EHLO_EVENT_RCPT, event);
    case EHLO_VERB_DATA:
        return ask(server, EHLO_EVENT_DATA, event);
    case EHLO_VERB_NOOP:
        return reply_to(server, EHLO_STOCK_OK);
    case EHLO_VERB_RSET:
        ehlo_server_abort(server, EHLO_E_RESET);
        return reply_to(server, EHLO_STOCK_OK);
    case EHLO_VERB_QUIT:
        ehlo_server_stock(server, EHLO_STOCK_BYE);
        ehlo_server_close(server, EHLO_E_QUIT);
        return 0;
    case EHLO_VERB_VRFY:
        /* a site that disables VRFY or EXPN still says 252 (RFC 5321, section 7.3) */
        if (!ehlo_server_offers(server, EHLO_EXTENSION_VRFY))
            return reply_to(server, EHLO_STOCK_CANNOT_VERIFY);
        return ask(server, EHLO_EVENT_COMMAND, event);
    case EHLO_VERB_EXPN:
        if (!ehlo_server_offers(server, EHLO_EXTENSION_EXPN))
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
    if (ehlo_server_check(server, event) != EHLO_STOCK_NONE || event->command.verb != server->verb)
        return EHLO_E_ARGUMENT;
    return carry_out(server, event);
}

/* Takes a line, or what the parser found wrong with it. A client that would leave is not held up by a limit. */
static int take_line(struct ehlo_server *server, int found, struct ehlo_event *event)
{
    uint32_t refusal;

    if (found < 0)
        refusal = found == EHLO_E_NEWLINE ? EHLO_STOCK_LINE_NEWLINE : EHLO_STOCK_LINE_LONG;
    else
        refusal = ehlo_server_check(server, event);
    server->verb = (uint8_t)event->command.verb;
    if (server->commands++ >= server->config.command_max && server->verb != EHLO_VERB_QUIT) {
        ehlo_server_stock(server, EHLO_STOCK_FLOOD);
        ehlo_server_close(server, EHLO_E_FLOOD);
    } else if (refusal != EHLO_STOCK_NONE) {
        refuse(server, refusal);
    } else {
        return carry_out(server, event);
    }
    return 0;
}

static int next_command(struct ehlo_server *server, const char *in, size_t size, size_t *used, struct ehlo_event *event)
{
    size_t taken;
    int found;

    if (server->ticket != 0)
        return ask_again(server, in, size, event);
    found = ehlo_parser_line(&server->parser, in, size, &taken, &event->line);
    if (found == EHLO_E_ARGUMENT)
        return found;
    *used += taken;
    if (found == 0) {
        server->starved = 1;
        return 0;
    }
    found = take_line(server, found, event);
    if (found > 0) { /* a question's spans point into the line: it stays where it is */
        *used -= taken;
        server->held = (uint32_t)taken;
    }
    return found;
}

static int ask_end(struct ehlo_server *server, struct ehlo_event *event)
{
    event->octets = server->body.octets;
    event->facts = server->body.facts;
    event->longest = server->body.longest;
    return ask(server, EHLO_EVENT_END, event);
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
        return ask(server, EHLO_EVENT_CONNECT, event);
    case EHLO_PHASE_COMMAND:
        return next_command(server, in, size, used, event);
    case EHLO_PHASE_BODY:
        return ehlo_server_next_body(server, in, size, used, event);
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
        if (!ehlo_server_replied(server) || ehlo_queue_room(&server->output) < server->config.reply_max)
            return 0;
        found = step(server, octets + *used, size - *used, used, event);
    } while (found == 0 && !server->starved);
    return found;
}
