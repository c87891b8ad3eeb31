/* SPDX-License-Identifier: ISC
 *
 * Checking a command: what its line means here and now, and what there is against it. Nothing is changed.
 */
#include "codec/ascii.h"
#include "server/server.h"

/* A parse error of a command as a reply. A path that was read stands in the command, so the fault is behind it. */
static uint32_t syntax_stock(int error, const struct ehlo_command *command, int speaks_utf8)
{
    switch (command->verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO:
    case EHLO_VERB_LHLO:
        return EHLO_STOCK_HELLO_SYNTAX;
    case EHLO_VERB_MAIL:
    case EHLO_VERB_RCPT:
        if (error == EHLO_E_MISSING)
            return EHLO_STOCK_ARGUMENT;
        if (command->argument.data != NULL && error != EHLO_E_UNWANTED)
            return EHLO_STOCK_PARAM_SYNTAX;
        if (error == EHLO_E_UTF8 && !speaks_utf8)
            return EHLO_STOCK_NEEDS_UTF8;
        return command->verb == EHLO_VERB_MAIL ? EHLO_STOCK_SENDER_SYNTAX : EHLO_STOCK_RECIPIENT_SYNTAX;
    case EHLO_VERB_VRFY:
    case EHLO_VERB_EXPN:
        return error == EHLO_E_UTF8 && !speaks_utf8 ? EHLO_STOCK_NEEDS_UTF8 : EHLO_STOCK_ARGUMENT;
    default:
        if (error == EHLO_E_BASE64)
            return EHLO_STOCK_AUTH_BASE64;
        return error == EHLO_E_UNWANTED ? EHLO_STOCK_NO_ARGUMENT : EHLO_STOCK_ARGUMENT;
    }
}

static uint32_t check_supported(const struct ehlo_server *server, uint32_t verb)
{
    uint32_t extension;

    switch (verb) {
    case EHLO_VERB_EHLO:
    case EHLO_VERB_HELO: /* RFC 2033, section 4.1 */
        return ehlo_server_is_lmtp(server) ? EHLO_STOCK_UNKNOWN : EHLO_STOCK_NONE;
    case EHLO_VERB_LHLO:
        return ehlo_server_is_lmtp(server) ? EHLO_STOCK_NONE : EHLO_STOCK_NOT_IMPLEMENTED;
    case EHLO_VERB_VRFY: /* a site that disables these two still says 252 (RFC 5321, section 7.3) */
    case EHLO_VERB_EXPN:
        return EHLO_STOCK_NONE;
    case EHLO_VERB_OTHER:
        return server->config.take & EHLO_TAKE_OTHER ? EHLO_STOCK_NONE : EHLO_STOCK_UNKNOWN;
    default:
        extension = ehlo_extension_of_verb(verb);
        return extension == EHLO_EXTENSION_OTHER || (server->offered >> extension & 1) ? EHLO_STOCK_NONE
                                                                                       : EHLO_STOCK_NOT_IMPLEMENTED;
    }
}

/* What is always taken: without it nobody could get further (RFC 3207, section 4; RFC 4954, section 6). */
static int is_preliminary(uint32_t verb)
{
    return verb == EHLO_VERB_EHLO || verb == EHLO_VERB_HELO || verb == EHLO_VERB_LHLO || verb == EHLO_VERB_NOOP ||
           verb == EHLO_VERB_STARTTLS || verb == EHLO_VERB_QUIT;
}

static uint32_t check_policy(const struct ehlo_server *server, uint32_t verb)
{
    const uint32_t flags = server->config.flags;

    if (verb == EHLO_VERB_STARTTLS && server->secured)
        return EHLO_STOCK_TLS_UP;
    if (is_preliminary(verb))
        return EHLO_STOCK_NONE;
    if ((flags & EHLO_SERVER_REQUIRE_TLS) && !server->secured)
        return EHLO_STOCK_TLS_FIRST;
    if (verb == EHLO_VERB_AUTH) {
        if (server->authenticated)
            return EHLO_STOCK_AUTH_DONE;
        return ehlo_server_offers(server, EHLO_EXTENSION_AUTH) ? EHLO_STOCK_NONE : EHLO_STOCK_AUTH_CLEAR;
    }
    if ((flags & EHLO_SERVER_REQUIRE_AUTH) && !server->authenticated && verb != EHLO_VERB_RSET &&
        verb != EHLO_VERB_HELP)
        return EHLO_STOCK_AUTH_FIRST;
    return EHLO_STOCK_NONE;
}

/* Verbs that came with ESMTP, and mean nothing to one who said HELO. */
static int needs_ehlo(uint32_t verb)
{
    return ehlo_extension_of_verb(verb) != EHLO_EXTENSION_OTHER && verb != EHLO_VERB_VRFY && verb != EHLO_VERB_EXPN &&
           verb != EHLO_VERB_HELP;
}

static uint32_t check_order(const struct ehlo_server *server, uint32_t verb)
{
    if (ehlo_transaction_allows(server->state, verb)) {
        if (needs_ehlo(verb) && !server->esmtp)
            return EHLO_STOCK_EHLO_FIRST;
        if (verb == EHLO_VERB_DATA && server->declared_body == EHLO_BODY_BINARYMIME)
            return EHLO_STOCK_NEEDS_CHUNKS;
        return EHLO_STOCK_NONE;
    }
    switch (server->state) {
    case EHLO_STATE_AWAY:
        return EHLO_STOCK_AWAY;
    case EHLO_STATE_START:
        return EHLO_STOCK_HELLO_FIRST;
    case EHLO_STATE_READY:
        return EHLO_STOCK_MAIL_FIRST;
    case EHLO_STATE_BROKEN:
        return EHLO_STOCK_BROKEN;
    case EHLO_STATE_CHUNK:
        return EHLO_STOCK_CHUNK_FIRST;
    default:
        break;
    }
    if (verb != EHLO_VERB_DATA && verb != EHLO_VERB_BDAT && verb != EHLO_VERB_BURL)
        return EHLO_STOCK_NESTED;
    /* LMTP says 503 where SMTP says 554 (RFC 2033, section 4.2) */
    return server->state == EHLO_STATE_MAIL || ehlo_server_is_lmtp(server) ? EHLO_STOCK_RCPT_FIRST
                                                                           : EHLO_STOCK_NO_RECIPIENT;
}

static uint32_t check_size(const struct ehlo_server *server, const struct ehlo_value *size, struct ehlo_event *event)
{
    if (ehlo_number_parse(size->text.data, size->text.size, &event->octets) != 0)
        return EHLO_STOCK_PARAM_VALUE;
    /* A number that 64 bits cannot hold is read as the largest of them, and no message is that big. */
    if (event->octets > server->config.message_max || event->octets == UINT64_MAX)
        return EHLO_STOCK_TOO_MUCH;
    return EHLO_STOCK_NONE;
}

/* What a value means beyond its syntax. `seen` is the set of forms before it. */
static uint32_t check_meaning(const struct ehlo_server *server, const struct ehlo_value *value, uint32_t seen,
                              struct ehlo_event *event)
{
    switch (value->form) {
    case EHLO_VALUE_SIZE:
        return check_size(server, value, event);
    case EHLO_VALUE_BODY:
        event->body = value->choice;
        return value->choice != EHLO_BODY_BINARYMIME || ehlo_server_offers(server, EHLO_EXTENSION_BINARYMIME)
                   ? EHLO_STOCK_NONE
                   : EHLO_STOCK_PARAM_VALUE;
    case EHLO_VALUE_HOLDFOR: /* one of the two (RFC 4865, section 4) */
    case EHLO_VALUE_HOLDUNTIL:
        return seen >> EHLO_VALUE_HOLDFOR & 1 || seen >> EHLO_VALUE_HOLDUNTIL & 1 ? EHLO_STOCK_PARAM_VALUE
                                                                                  : EHLO_STOCK_NONE;
    default:
        if (value->extension == EHLO_EXTENSION_SMTPUTF8)
            event->flags |= EHLO_EVENT_UTF8;
        return EHLO_STOCK_NONE;
    }
}

/* That BINARYMIME is not offered is the matter of a value: the parameter is that of 8BITMIME. */
static int is_offered(const struct ehlo_server *server, const struct ehlo_value *value)
{
    return ehlo_server_offers(server, value->extension) ||
           (value->form == EHLO_VALUE_BODY && ehlo_server_offers(server, EHLO_EXTENSION_8BITMIME));
}

static uint32_t check_params(const struct ehlo_server *server, uint32_t rules, struct ehlo_event *event)
{
    const uint32_t verb = event->command.verb;
    struct ehlo_span list = event->command.params;
    struct ehlo_param param;
    struct ehlo_value value;
    uint32_t refusal = EHLO_STOCK_NONE, seen = 0;
    size_t at;
    int error;

    if (verb != EHLO_VERB_MAIL && verb != EHLO_VERB_RCPT)
        return EHLO_STOCK_NONE;
    while (refusal == EHLO_STOCK_NONE && ehlo_param_next(&list, &param, rules, &at) == 1) {
        error = ehlo_value_parse(&value, verb, &param, rules, &at);
        if (error == EHLO_E_KEYWORD || !is_offered(server, &value))
            refusal = server->config.take & EHLO_TAKE_PARAMS ? EHLO_STOCK_NONE : EHLO_STOCK_PARAM_UNKNOWN;
        else if (error != 0)
            refusal = EHLO_STOCK_PARAM_VALUE;
        else
            refusal = check_meaning(server, &value, seen, event);
        seen |= UINT32_C(1) << value.form;
        if (!server->esmtp)
            refusal = EHLO_STOCK_PARAM_UNKNOWN;
    }
    return refusal;
}

/* A chunk that no transport will ever carry to its end is none; one that is only too big is read, and refused. */
static uint32_t check_chunk(const struct ehlo_server *server, uint64_t octets)
{
    const uint64_t before = server->state == EHLO_STATE_CHUNK ? server->body.octets : 0;

    return octets > server->config.message_max || before > server->config.message_max - octets ? EHLO_STOCK_TOO_MUCH
                                                                                               : EHLO_STOCK_NONE;
}

static uint32_t check_here(const struct ehlo_server *server, uint32_t rules, struct ehlo_event *event)
{
    const struct ehlo_command *command = &event->command;

    switch (command->verb) {
    case EHLO_VERB_MAIL:
        if (server->config.mail_max != 0 && server->mails >= server->config.mail_max)
            return EHLO_STOCK_MAILS;
        return check_params(server, rules, event);
    case EHLO_VERB_RCPT:
        if (server->utf8)
            event->flags |= EHLO_EVENT_UTF8;
        if (server->recipients >= server->config.recipient_max)
            return EHLO_STOCK_RECIPIENTS;
        return check_params(server, rules, event);
    case EHLO_VERB_VRFY:
    case EHLO_VERB_EXPN:
        if (command->params.size > 0)
            event->flags |= EHLO_EVENT_UTF8;
        return EHLO_STOCK_NONE;
    case EHLO_VERB_AUTH:
        return ehlo_offer_mechanism(server, command->argument) ? EHLO_STOCK_NONE : EHLO_STOCK_AUTH_MECHANISM;
    case EHLO_VERB_BDAT:
        return check_chunk(server, command->octets);
    default:
        return EHLO_STOCK_NONE;
    }
}

/* RCPT speaks UTF-8 when MAIL has said so; MAIL, VRFY and EXPN say so themselves, and nothing else does. */
static uint32_t rules_of(const struct ehlo_server *server, struct ehlo_span line)
{
    const size_t size = sizeof "MAIL" - 1;
    uint32_t verb = EHLO_VERB_OTHER;

    if (ehlo_server_offers(server, EHLO_EXTENSION_SMTPUTF8) && server->esmtp && line.size > size)
        verb = ehlo_verb_find(line.data, size);
    if (verb == EHLO_VERB_MAIL || verb == EHLO_VERB_VRFY || verb == EHLO_VERB_EXPN ||
        (verb == EHLO_VERB_RCPT && server->utf8))
        return server->config.rules | EHLO_UTF8;
    return server->config.rules;
}

/* A line that could not be read says SMTPUTF8 all the same, or its transaction does: what is wrong is not its want. */
static int says_utf8(const struct ehlo_server *server, struct ehlo_span line)
{
    static const char word[] = " SMTPUTF8";
    const size_t size = sizeof word - 1;
    struct ehlo_span part;
    size_t i;

    part.size = size;
    for (i = 0; i + size <= line.size; i++) {
        part.data = line.data + i;
        if (ehlo_span_is(part, word, size))
            return 1;
    }
    return server->utf8;
}

uint32_t ehlo_server_check(const struct ehlo_server *server, struct ehlo_event *event)
{
    const uint32_t rules = rules_of(server, event->line);
    struct ehlo_command *command = &event->command;
    uint32_t refusal;
    size_t at;
    int error = ehlo_command_parse(command, event->line.data, event->line.size, rules, &at);

    if (error == EHLO_E_VERB)
        return EHLO_STOCK_UNKNOWN;
    if (event->line.size + 2 >
        ehlo_server_verb_line_max(&server->config, ehlo_server_extensions(server), command->verb))
        return command->verb == EHLO_VERB_AUTH ? EHLO_STOCK_AUTH_LONG : EHLO_STOCK_LINE_LONG;
    refusal = check_supported(server, command->verb);
    /* the octets of a chunk follow, whatever the command is worth */
    if (command->verb == EHLO_VERB_BDAT && (error != 0 || command->octets > INT64_MAX))
        refusal = EHLO_STOCK_CHUNK_SIZE;
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_policy(server, command->verb);
    if (refusal == EHLO_STOCK_NONE && error != 0)
        refusal = syntax_stock(error, command, (rules & EHLO_UTF8) != 0 && says_utf8(server, event->line));
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_order(server, command->verb);
    if (refusal == EHLO_STOCK_NONE)
        refusal = check_here(server, rules, event);
    return refusal;
}

uint32_t ehlo_server_check_response(struct ehlo_event *event)
{
    size_t length;

    if (event->line.size == 1 && event->line.data[0] == '*')
        return EHLO_STOCK_AUTH_CANCELLED;
    if (ehlo_base64_decode(NULL, 0, &length, event->line.data, event->line.size) == EHLO_E_BASE64)
        return EHLO_STOCK_AUTH_BASE64;
    event->data = event->line;
    return EHLO_STOCK_NONE;
}
