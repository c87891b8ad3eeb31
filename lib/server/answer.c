/* SPDX-License-Identifier: ISC
 *
 * Verdicts: what may answer each question, and how the session proceeds after it.
 */
#include "server/server.h"

#include <string.h>

/*
 * A row a question: the codes that accept it, and the stock replies for a yes without words and for a program that
 * does not care. The last row of a type takes every verb that has no row of its own. No code accepts HELLO: its answer
 * is the list of extensions, which is not the program's to word. A verb that only the program knows is accepted by any
 * 2yz.
 */
static const struct {
    uint8_t type;
    uint8_t verb;
    uint8_t yes;
    uint8_t otherwise;
    uint8_t any_2yz;
    uint16_t codes[3];
} questions[] = {
    {EHLO_EVENT_CONNECT, EHLO_VERB_OTHER, EHLO_STOCK_GREETING, EHLO_STOCK_GREETING, 0, {220}},
    {EHLO_EVENT_HELLO, EHLO_VERB_EHLO, EHLO_STOCK_EHLO, EHLO_STOCK_EHLO, 0, {0}},
    {EHLO_EVENT_HELLO, EHLO_VERB_HELO, EHLO_STOCK_HELO, EHLO_STOCK_HELO, 0, {0}},
    {EHLO_EVENT_MAIL, EHLO_VERB_MAIL, EHLO_STOCK_SENDER, EHLO_STOCK_SENDER, 0, {250}},
    {EHLO_EVENT_RCPT, EHLO_VERB_RCPT, EHLO_STOCK_RECIPIENT, EHLO_STOCK_NO_RELAY, 0, {250, 251}},
    {EHLO_EVENT_DATA, EHLO_VERB_DATA, EHLO_STOCK_START, EHLO_STOCK_START, 0, {354}},
    {EHLO_EVENT_END, EHLO_VERB_DATA, EHLO_STOCK_ACCEPTED, EHLO_STOCK_NOT_TAKEN, 0, {250}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_VRFY, EHLO_STOCK_CANNOT_VERIFY, EHLO_STOCK_CANNOT_VERIFY, 0, {250, 251, 252}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_EXPN, EHLO_STOCK_CANNOT_VERIFY, EHLO_STOCK_CANNOT_VERIFY, 0, {250, 252}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_HELP, EHLO_STOCK_HELP, EHLO_STOCK_HELP, 0, {211, 214}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_OTHER, EHLO_STOCK_OK, EHLO_STOCK_UNKNOWN, 1, {0}},
};

static uint32_t row(const struct ehlo_server *server)
{
    uint32_t i = 0;

    while (questions[i].type != server->asked ||
           (questions[i].verb != server->verb && questions[i].verb != EHLO_VERB_OTHER))
        i++;
    return i;
}

static int accepts(const struct ehlo_server *server, uint16_t code)
{
    const uint32_t i = row(server);
    const uint16_t *codes = questions[i].codes;

    if (questions[i].any_2yz)
        return code / 100 == 2;
    return code != 0 && (code == codes[0] || code == codes[1] || code == codes[2]);
}

static void proceed(struct ehlo_server *server, int accepted)
{
    server->ticket = 0;
    switch (server->asked) {
    case EHLO_EVENT_CONNECT:
        server->phase = EHLO_PHASE_COMMAND;
        server->state = accepted ? EHLO_STATE_START : EHLO_STATE_AWAY;
        break;
    case EHLO_EVENT_HELLO:
        if (accepted) {
            ehlo_server_abort(server, EHLO_E_RESET);
            server->esmtp = server->verb == EHLO_VERB_EHLO;
        }
        server->state = ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_MAIL:
        server->recipients = 0;
        server->state = ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_RCPT:
        if (accepted) {
            server->recipients++;
            server->commands--;
        }
        server->state = ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_DATA:
        if (accepted)
            ehlo_server_begin_body(server);
        break;
    case EHLO_EVENT_END:
        server->phase = EHLO_PHASE_COMMAND;
        server->state = ehlo_transaction_next(server->state, server->verb, 1);
        if (accepted)
            server->commands = 0;
        break;
    default:
        break;
    }
}

/* Every 2yz, 4yz and 5yz reply that can have a status has one (RFC 2034, section 4). */
static void set_status(const struct ehlo_server *server, struct ehlo_reply *reply)
{
    uint16_t first_digit = reply->code / 100;

    if (first_digit == 3 || !ehlo_server_has_status(server)) {
        memset(reply->status, 0, sizeof reply->status);
    } else if (reply->status[0] == 0 && reply->status[1] == 0 && reply->status[2] == 0) {
        reply->status[0] = first_digit;
    }
}

static int put_reply(struct ehlo_server *server, const struct ehlo_reply *reply)
{
    char *tail = (char *)(server + 1) + server->output.tail;
    struct ehlo_reply worded;
    size_t length;
    int error;

    if (reply->size < sizeof worded)
        return EHLO_E_ARGUMENT;
    if (reply->code < 400 && !accepts(server, reply->code))
        return EHLO_E_CODE;
    memcpy(&worded, reply, sizeof worded);
    set_status(server, &worded);
    error = ehlo_reply_format(tail, server->config.reply_max, &length, &worded, 0);
    if (error == 0)
        ehlo_queue_put(&server->output, length);
    return error;
}

void ehlo_server_settle(struct ehlo_server *server, uint32_t stock)
{
    ehlo_server_stock(server, stock);
    proceed(server, ehlo_stock_code(stock) < 400);
}

uint32_t ehlo_server_default(const struct ehlo_server *server)
{
    return questions[row(server)].otherwise;
}

int ehlo_server_answer(struct ehlo_server *server, uint32_t ticket, const struct ehlo_reply *reply)
{
    int error;

    if (server == NULL)
        return EHLO_E_ARGUMENT;
    if (ticket == 0 || ticket != server->ticket)
        return EHLO_E_TICKET;
    if (reply == NULL) {
        ehlo_server_settle(server, questions[row(server)].yes);
        return 0;
    }
    error = put_reply(server, reply);
    if (error != 0)
        return error;
    proceed(server, reply->code < 400);
    if (reply->code == 421 || reply->code == 521)
        ehlo_server_close(server, EHLO_E_QUIT);
    return 0;
}
