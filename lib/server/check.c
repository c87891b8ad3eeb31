/* SPDX-License-Identifier: ISC
 *
 * Checking a command: what its line means here and now, and what there is against it. Nothing is changed.
 */
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
        if (error == EHLO_E_MISSING)
            return EHLO_STOCK_ARGUMENT;
        if (command->argument.data != NULL && error != EHLO_E_UNWANTED)
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
    case EHLO_VERB_VRFY:
    case EHLO_VERB_EXPN:
    case EHLO_VERB_QUIT:
        return EHLO_STOCK_NONE;
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

static uint32_t check_size(const struct ehlo_server *server, const struct ehlo_param *param, struct ehlo_event *event)
{
    if (ehlo_number_parse(param->value.data, param->value.size, &event->octets) != 0)
        return EHLO_STOCK_PARAM_VALUE;
    /* A number that 64 bits cannot hold is read as the largest of them, and no message is that big. */
    if (event->octets > server->config.message_max || event->octets == UINT64_MAX)
        return EHLO_STOCK_TOO_MUCH;
    return EHLO_STOCK_NONE;
}

static uint32_t check_body(const struct ehlo_param *param, struct ehlo_event *event)
{
    if (ehlo_span_is(param->value, "7BIT", 4))
        event->body = EHLO_BODY_7BIT;
    else if (ehlo_span_is(param->value, "8BITMIME", 8))
        event->body = EHLO_BODY_8BITMIME;
    else
        return EHLO_STOCK_PARAM_VALUE;
    return EHLO_STOCK_NONE;
}

static uint32_t check_param(const struct ehlo_server *server, const struct ehlo_param *param, struct ehlo_event *event)
{
    if (!server->esmtp || event->command.verb != EHLO_VERB_MAIL)
        return EHLO_STOCK_PARAM_UNKNOWN;
    if (ehlo_span_is(param->keyword, "SIZE", 4) && ehlo_server_offers(server, EHLO_EXTENSION_SIZE))
        return check_size(server, param, event);
    if (ehlo_span_is(param->keyword, "BODY", 4) && ehlo_server_offers(server, EHLO_EXTENSION_8BITMIME))
        return check_body(param, event);
    return EHLO_STOCK_PARAM_UNKNOWN;
}

static uint32_t check_params(const struct ehlo_server *server, struct ehlo_event *event)
{
    struct ehlo_span list = event->command.params;
    struct ehlo_param param;
    uint32_t refusal = EHLO_STOCK_NONE;
    size_t at;

    while (refusal == EHLO_STOCK_NONE && ehlo_param_next(&list, &param, server->config.rules, &at) == 1)
        refusal = check_param(server, &param, event);
    return refusal;
}

uint32_t ehlo_server_check(const struct ehlo_server *server, struct ehlo_event *event)
{
    struct ehlo_command *command = &event->command;
    uint32_t refusal;
    size_t at;
    int error = ehlo_command_parse(command, event->line.data, event->line.size, server->config.rules, &at);

    if (error == EHLO_E_VERB)
        return EHLO_STOCK_UNKNOWN;
    if (event->line.size + 2 > ehlo_server_verb_line_max(&server->config, command->verb))
        return EHLO_STOCK_LINE_LONG;
    refusal = check_supported(server, command->verb);
    if (refusal == EHLO_STOCK_NONE && error != 0)
        refusal = syntax_stock(error, command);
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_order(server, command->verb);
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_params(server, event);
    if (refusal == EHLO_STOCK_NONE && command->verb == EHLO_VERB_RCPT &&
        server->recipients >= server->config.recipient_max)
        refusal = EHLO_STOCK_RECIPIENTS;
    return refusal;
}
