/* SPDX-License-Identifier: ISC
 *
 * Verdicts: what may answer each question, and how the session proceeds after it.
 */
#include "server/server.h"

#include <string.h>

#include "codec/writer.h"

/*
 * A row a question: the codes that accept it, and the stock replies for a yes without words and for a program that
 * does not care. The last row of a type takes every verb that has no row of its own. No code accepts HELLO: its answer
 * is the list of extensions, which is not the program's to word. A verb that only the program knows is accepted by any
 * 2yz. A yes to a chunk has no words: they come when it has been read.
 */
static const struct {
    uint8_t type;
    uint8_t verb;
    uint8_t yes;
    uint8_t otherwise;
    uint8_t any_2yz;
    uint16_t codes[4];
} questions[] = {
    {EHLO_EVENT_CONNECT, EHLO_VERB_OTHER, EHLO_STOCK_GREETING, EHLO_STOCK_GREETING, 0, {220}},
    {EHLO_EVENT_HELLO, EHLO_VERB_HELO, EHLO_STOCK_HELO, EHLO_STOCK_HELO, 0, {0}},
    {EHLO_EVENT_HELLO, EHLO_VERB_OTHER, EHLO_STOCK_EHLO, EHLO_STOCK_EHLO, 0, {0}},
    {EHLO_EVENT_STARTTLS, EHLO_VERB_OTHER, EHLO_STOCK_TLS, EHLO_STOCK_TLS, 0, {220}},
    {EHLO_EVENT_AUTH, EHLO_VERB_OTHER, EHLO_STOCK_AUTH, EHLO_STOCK_AUTH_REFUSED, 0, {235, 334}},
    {EHLO_EVENT_MAIL, EHLO_VERB_OTHER, EHLO_STOCK_SENDER, EHLO_STOCK_SENDER, 0, {250, 355}},
    {EHLO_EVENT_RCPT, EHLO_VERB_OTHER, EHLO_STOCK_RECIPIENT, EHLO_STOCK_NO_RELAY, 0, {250, 251}},
    {EHLO_EVENT_DATA, EHLO_VERB_BDAT, EHLO_STOCK_NONE, EHLO_STOCK_NONE, 0, {250, 354}},
    {EHLO_EVENT_DATA, EHLO_VERB_OTHER, EHLO_STOCK_START, EHLO_STOCK_START, 0, {354}},
    {EHLO_EVENT_END, EHLO_VERB_OTHER, EHLO_STOCK_ACCEPTED, EHLO_STOCK_NOT_TAKEN, 0, {250}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_VRFY, EHLO_STOCK_CANNOT_VERIFY, EHLO_STOCK_CANNOT_VERIFY, 0, {250, 251, 252}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_EXPN, EHLO_STOCK_CANNOT_VERIFY, EHLO_STOCK_CANNOT_VERIFY, 0, {250, 252}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_HELP, EHLO_STOCK_HELP, EHLO_STOCK_HELP, 0, {211, 214}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_ETRN, EHLO_STOCK_OK, EHLO_STOCK_NO_QUEUE, 0, {250, 251, 252, 253}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_ATRN, EHLO_STOCK_OK, EHLO_STOCK_NO_TURN, 0, {250}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_BURL, EHLO_STOCK_OK, EHLO_STOCK_NO_URL, 0, {250}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_XCLIENT, EHLO_STOCK_GREETING, EHLO_STOCK_NO_CLAIM, 0, {220}},
    {EHLO_EVENT_COMMAND, EHLO_VERB_XFORWARD, EHLO_STOCK_OK, EHLO_STOCK_NO_CLAIM, 0, {250}},
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
    if (code == 355 && !(server->transid && ehlo_server_offers(server, EHLO_EXTENSION_CHECKPOINT)))
        return 0;
    return code != 0 && (code == codes[0] || code == codes[1] || code == codes[2] || code == codes[3]);
}

static int asks_chunk(const struct ehlo_server *server)
{
    return server->asked == EHLO_EVENT_DATA && server->verb == EHLO_VERB_BDAT;
}

static void proceed_end(struct ehlo_server *server, int accepted)
{
    if (accepted)
        server->commands = 0;
    if (ehlo_server_is_lmtp(server) && ++server->round < server->recipients)
        return;
    server->phase = EHLO_PHASE_COMMAND;
    server->state = EHLO_STATE_READY;
    server->utf8 = 0;
}

static void proceed_auth(struct ehlo_server *server, uint32_t code)
{
    server->phase = code == 334 ? EHLO_PHASE_AUTH : EHLO_PHASE_COMMAND;
    if (code == 334) {
        server->round++;
    } else if (code < 400) {
        server->authenticated = 1;
    } else {
        server->errors++;
    }
}

/* What was appended by URL is of the message as a chunk is. */
static void proceed_url(struct ehlo_server *server, int accepted)
{
    if (server->state == EHLO_STATE_RCPT)
        ehlo_server_begin_body(server);
    server->phase = EHLO_PHASE_COMMAND;
    if (!accepted)
        ehlo_server_abort(server, EHLO_E_REFUSED);
    else if (server->last)
        server->commands = 0;
    if (!server->last) {
        server->state = accepted ? EHLO_STATE_CHUNK : EHLO_STATE_BROKEN;
    } else {
        server->state = EHLO_STATE_READY;
        server->utf8 = 0;
    }
}

static void proceed_command(struct ehlo_server *server, int accepted)
{
    if (server->verb == EHLO_VERB_BURL)
        proceed_url(server, accepted);
    else if (server->verb == EHLO_VERB_XCLIENT && accepted)
        ehlo_server_start_over(server);
    else if (server->verb == EHLO_VERB_ATRN && accepted)
        server->phase = EHLO_PHASE_TURN;
}

static void proceed(struct ehlo_server *server, uint32_t code)
{
    const int accepted = code < 400;

    server->ticket = 0;
    switch (server->asked) {
    case EHLO_EVENT_CONNECT:
        server->phase = EHLO_PHASE_COMMAND;
        server->state = accepted ? EHLO_STATE_START : EHLO_STATE_AWAY;
        break;
    case EHLO_EVENT_HELLO:
        if (accepted) {
            ehlo_server_abort(server, EHLO_E_RESET);
            server->esmtp = server->verb != EHLO_VERB_HELO;
        }
        server->state = ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_STARTTLS:
        if (accepted)
            server->phase = EHLO_PHASE_TLS;
        break;
    case EHLO_EVENT_AUTH:
        proceed_auth(server, code);
        break;
    case EHLO_EVENT_MAIL:
        server->recipients = 0;
        server->mails += (uint32_t)accepted;
        server->utf8 = server->utf8 && accepted;
        server->state =
            code == 355 ? (uint8_t)EHLO_STATE_RCPT : ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_RCPT:
        if (accepted) {
            server->recipients++;
            server->commands--;
        }
        server->state = ehlo_transaction_next(server->state, server->verb, accepted);
        break;
    case EHLO_EVENT_DATA:
        if (server->verb == EHLO_VERB_BDAT)
            ehlo_server_begin_chunk(server, EHLO_STOCK_NONE);
        else if (accepted)
            ehlo_server_begin_body(server);
        break;
    case EHLO_EVENT_END:
        proceed_end(server, accepted);
        break;
    default:
        proceed_command(server, accepted);
        break;
    }
}

/* Every 2yz, 4yz and 5yz reply that can have a status has one (RFC 2034, section 4). */
static void set_status(const struct ehlo_server *server, struct ehlo_reply *reply)
{
    uint16_t first_digit = reply->code / 100;

    if (first_digit == 3 || (reply->code == 220 && server->verb == EHLO_VERB_XCLIENT) ||
        !ehlo_server_has_status(server)) {
        memset(reply->status, 0, sizeof reply->status);
    } else if (reply->status[0] == 0 && reply->status[1] == 0 && reply->status[2] == 0) {
        reply->status[0] = first_digit;
    }
}

/* A challenge has the length of an exchange line, not that of a reply (RFC 4954, section 4). */
static int put_challenge(struct ehlo_writer *writer, struct ehlo_span text)
{
    size_t length;

    if (ehlo_base64_decode(NULL, 0, &length, text.data, text.size) == EHLO_E_BASE64)
        return EHLO_E_TEXT;
    ehlo_put_string(writer, "334 ");
    ehlo_put_span(writer, text);
    ehlo_put_string(writer, "\r\n");
    return 0;
}

/* LMTP answers the last chunk for each recipient: the program's own words are there only once. */
static int is_for_each(const struct ehlo_server *server, const struct ehlo_reply *reply)
{
    return asks_chunk(server) && server->last && ehlo_server_is_lmtp(server) && server->recipients > 1 &&
           reply->size >= sizeof *reply && reply->code >= 400 && reply->code < 600 && reply->code != 421 &&
           reply->code != 521;
}

static int put_reply(struct ehlo_server *server, const struct ehlo_reply *reply)
{
    char *tail = (char *)(server + 1) + server->output.tail;
    struct ehlo_reply worded;
    struct ehlo_writer writer;
    size_t length;
    int error;

    if (reply->size < sizeof worded)
        return EHLO_E_ARGUMENT;
    if (reply->code < 400 && !accepts(server, reply->code))
        return EHLO_E_CODE;
    memcpy(&worded, reply, sizeof worded);
    set_status(server, &worded);
    if (server->asked == EHLO_EVENT_AUTH && reply->code == 334) {
        ehlo_writer_over(&writer, tail, server->config.reply_max);
        error = put_challenge(&writer, reply->text);
        length = writer.length;
        if (error == 0 && length > server->config.reply_max)
            error = EHLO_E_SPACE;
    } else {
        error = ehlo_reply_format(tail, server->config.reply_max, &length, &worded, server->utf8_asked ? EHLO_UTF8 : 0);
    }
    if (error != 0)
        return error;
    if (asks_chunk(server))
        ehlo_queue_hold(&server->output);
    ehlo_queue_put(&server->output, length);
    return 0;
}

void ehlo_server_settle(struct ehlo_server *server, uint32_t stock)
{
    ehlo_server_stock(server, stock);
    proceed(server, ehlo_stock_code(stock));
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
    if (reply == NULL || (asks_chunk(server) && reply->size >= sizeof *reply && accepts(server, reply->code))) {
        ehlo_server_settle(server, questions[row(server)].yes);
        return 0;
    }
    if (is_for_each(server, reply)) {
        server->ticket = 0;
        ehlo_server_begin_chunk(server, reply->code < 500 ? EHLO_STOCK_NOT_NOW : EHLO_STOCK_NOT_TAKEN);
        return 0;
    }
    error = put_reply(server, reply);
    if (error != 0)
        return error;
    proceed(server, reply->code);
    if (reply->code == 421 || reply->code == 521)
        ehlo_server_close(server, EHLO_E_QUIT);
    return 0;
}
