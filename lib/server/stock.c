/* SPDX-License-Identifier: ISC
 *
 * The replies that the server words itself, from ROM into the queue a line at a time, as room comes.
 */
#include "server/stock.h"

#include <string.h>

#include "codec/writer.h"
#include "grammar/grammar.h"
#include "grammar/registry.h"
#include "server/server.h"

enum {
    NAMED = 1 /* the text begins with the server's name (RFC 5321, section 4.2) */
};

/* `status` is 0 for replies that never have one: 3yz, and those that only greet (RFC 2034, section 4). */
static const struct {
    uint16_t code;
    uint8_t subject;
    uint8_t detail;
    uint8_t status;
    uint8_t flags;
    char text[EHLO_STOCK_TEXT];
} replies[] = {
    [EHLO_STOCK_NONE] = {0, 0, 0, 0, 0, ""},
    [EHLO_STOCK_GREETING] = {220, 0, 0, 0, NAMED, ""},
    [EHLO_STOCK_EHLO] = {250, 0, 0, 0, NAMED, ""},
    [EHLO_STOCK_HELO] = {250, 0, 0, 0, NAMED, ""},
    [EHLO_STOCK_OK] = {250, 0, 0, 1, 0, "OK"},
    [EHLO_STOCK_SENDER] = {250, 1, 0, 1, 0, "sender OK"},
    [EHLO_STOCK_RECIPIENT] = {250, 1, 5, 1, 0, "recipient OK"},
    [EHLO_STOCK_START] = {354, 0, 0, 0, 0, "start mail input; end with <CRLF>.<CRLF>"},
    [EHLO_STOCK_ACCEPTED] = {250, 0, 0, 1, 0, "message accepted"},
    [EHLO_STOCK_HELP] = {214, 0, 0, 1, 0, "commands are those of RFC 5321"},
    [EHLO_STOCK_CANNOT_VERIFY] = {252, 0, 0, 1, 0, "cannot verify; RCPT tells more"},
    [EHLO_STOCK_BYE] = {221, 0, 0, 1, NAMED, "closing transmission channel"},
    [EHLO_STOCK_SHUTDOWN] = {421, 3, 2, 1, NAMED, "service shutting down"},
    [EHLO_STOCK_TIMEOUT] = {421, 4, 2, 1, NAMED, "waited too long"},
    [EHLO_STOCK_FLOOD] = {421, 7, 0, 1, NAMED, "too many errors or commands"},
    [EHLO_STOCK_UNKNOWN] = {500, 5, 2, 1, 0, "command unrecognized"},
    [EHLO_STOCK_LINE_LONG] = {500, 5, 2, 1, 0, "line too long"},
    [EHLO_STOCK_LINE_NEWLINE] = {500, 5, 2, 1, 0, "bare CR, bare LF or NUL in command"},
    [EHLO_STOCK_HELLO_SYNTAX] = {501, 0, 0, 0, 0, "a domain or address literal is needed"},
    [EHLO_STOCK_ARGUMENT] = {501, 5, 4, 1, 0, "syntax error in argument"},
    [EHLO_STOCK_NO_ARGUMENT] = {501, 5, 4, 1, 0, "no argument is allowed here"},
    [EHLO_STOCK_SENDER_SYNTAX] = {501, 1, 7, 1, 0, "syntax error in reverse-path"},
    [EHLO_STOCK_RECIPIENT_SYNTAX] = {501, 1, 3, 1, 0, "syntax error in forward-path"},
    [EHLO_STOCK_PARAM_SYNTAX] = {501, 5, 4, 1, 0, "syntax error in parameter"},
    [EHLO_STOCK_PARAM_VALUE] = {501, 5, 4, 1, 0, "parameter has a wrong value"},
    [EHLO_STOCK_PARAM_UNKNOWN] = {555, 5, 4, 1, 0, "parameter not recognized"},
    [EHLO_STOCK_NEEDS_UTF8] = {553, 6, 7, 1, 0, "address needs SMTPUTF8"},
    [EHLO_STOCK_NOT_IMPLEMENTED] = {502, 5, 1, 1, 0, "command not implemented"},
    [EHLO_STOCK_AWAY] = {503, 5, 1, 1, 0, "no service here; only QUIT is left"},
    [EHLO_STOCK_HELLO_FIRST] = {503, 5, 1, 1, 0, "EHLO or HELO must come first"},
    [EHLO_STOCK_NESTED] = {503, 5, 1, 1, 0, "a transaction is open already"},
    [EHLO_STOCK_MAIL_FIRST] = {503, 5, 1, 1, 0, "MAIL must come first"},
    [EHLO_STOCK_RCPT_FIRST] = {503, 5, 1, 1, 0, "RCPT must come first"},
    [EHLO_STOCK_NO_RECIPIENT] = {554, 5, 1, 1, 0, "no valid recipients"},
    [EHLO_STOCK_RECIPIENTS] = {452, 5, 3, 1, 0, "too many recipients"},
    [EHLO_STOCK_TOO_MUCH] = {552, 3, 4, 1, 0, "message too big"},
    [EHLO_STOCK_NEWLINE] = {550, 6, 0, 1, 0, "bare CR or bare LF in message"},
    [EHLO_STOCK_BODY_LINE] = {554, 6, 0, 1, 0, "text line too long"},
    [EHLO_STOCK_NO_RELAY] = {550, 7, 1, 1, 0, "recipient not taken here"},
    [EHLO_STOCK_NOT_TAKEN] = {554, 0, 0, 1, 0, "message not taken"},
    [EHLO_STOCK_NOT_NOW] = {451, 3, 0, 1, 0, "message not taken now"},
    [EHLO_STOCK_CHUNK] = {250, 0, 0, 1, 0, "chunk taken"},
    [EHLO_STOCK_CHUNK_SIZE] = {501, 5, 4, 1, 0, "not the size of a chunk"},
    [EHLO_STOCK_CHUNK_LOST] = {421, 5, 4, 1, NAMED, "nobody knows where a command begins"},
    [EHLO_STOCK_EHLO_FIRST] = {503, 5, 1, 1, 0, "EHLO must come first"},
    [EHLO_STOCK_CHUNK_FIRST] = {503, 5, 1, 1, 0, "more chunks or RSET must come"},
    [EHLO_STOCK_BROKEN] = {503, 5, 1, 1, 0, "a chunk was refused; RSET must come"},
    [EHLO_STOCK_NEEDS_CHUNKS] = {503, 5, 1, 1, 0, "BODY=BINARYMIME needs BDAT"},
    [EHLO_STOCK_MAILS] = {452, 3, 2, 1, 0, "too many messages in this session"},
    [EHLO_STOCK_EARLY] = {554, 5, 0, 0, NAMED, "you spoke before the greeting"},
    [EHLO_STOCK_TLS] = {220, 0, 0, 1, 0, "ready to start TLS"},
    [EHLO_STOCK_TLS_FIRST] = {530, 7, 0, 1, 0, "STARTTLS must come first"},
    [EHLO_STOCK_TLS_UP] = {503, 5, 1, 1, 0, "TLS is up already"},
    [EHLO_STOCK_AUTH] = {235, 7, 0, 1, 0, "authentication succeeded"},
    [EHLO_STOCK_AUTH_FIRST] = {530, 7, 0, 1, 0, "authentication required"},
    [EHLO_STOCK_AUTH_DONE] = {503, 5, 1, 1, 0, "authenticated already"},
    [EHLO_STOCK_AUTH_CLEAR] = {538, 7, 11, 1, 0, "encryption required for authentication"},
    [EHLO_STOCK_AUTH_MECHANISM] = {504, 5, 4, 1, 0, "mechanism not offered"},
    [EHLO_STOCK_AUTH_BASE64] = {501, 5, 2, 1, 0, "not base64"},
    [EHLO_STOCK_AUTH_LONG] = {500, 5, 6, 1, 0, "authentication exchange line is too long"},
    [EHLO_STOCK_AUTH_CANCELLED] = {501, 7, 0, 1, 0, "authentication cancelled"},
    [EHLO_STOCK_AUTH_REFUSED] = {535, 7, 8, 1, 0, "authentication credentials invalid"},
    [EHLO_STOCK_NO_QUEUE] = {458, 0, 0, 1, 0, "unable to queue messages for this node"},
    [EHLO_STOCK_NO_TURN] = {450, 0, 0, 1, 0, "not turning now"},
    [EHLO_STOCK_NO_URL] = {554, 6, 6, 1, 0, "the URL cannot be resolved"},
    [EHLO_STOCK_NO_CLAIM] = {550, 7, 1, 1, 0, "this is not taken from you"},
};

uint16_t ehlo_stock_code(uint32_t stock)
{
    return replies[stock].code;
}

/* Whether an EHLO response has this line. */
static int has_line(const struct ehlo_server *server, uint32_t line, struct ehlo_capability *capability)
{
    if (line <= EHLO_EXTENSION_COUNT) {
        memset(capability, 0, sizeof *capability);
        capability->extension = line - 1;
        return (ehlo_registry_set(EHLO_REGISTRY_OFFERED) >> (line - 1) & 1) && ehlo_server_offers(server, line - 1);
    }
    return ehlo_offer_line(&server->config, line - EHLO_EXTENSION_COUNT - 1, capability) &&
           (capability->extension == EHLO_EXTENSION_OTHER || ehlo_server_offers(server, capability->extension));
}

/* The line behind this one, or 0. */
static uint8_t line_after(const struct ehlo_server *server)
{
    struct ehlo_capability capability;
    uint32_t line;

    if (server->reply.stock != EHLO_STOCK_EHLO)
        return 0;
    for (line = server->reply.line + 1u;
         line <= EHLO_EXTENSION_COUNT || ehlo_offer_line(&server->config, line - EHLO_EXTENSION_COUNT - 1, &capability);
         line++)
        if (has_line(server, line, &capability))
            return (uint8_t)line;
    return 0;
}

static void put_status(struct ehlo_writer *writer, uint32_t stock)
{
    uint16_t status[3];

    status[0] = replies[stock].code / 100;
    status[1] = replies[stock].subject;
    status[2] = replies[stock].detail;
    ehlo_status_put(writer, status);
    ehlo_put_octet(writer, ' ');
}

/* The server may take more than can be told. */
static uint64_t limit_of(uint32_t number)
{
    return number < EHLO_LIMIT_MAX ? number : EHLO_LIMIT_MAX;
}

static void put_limits(const struct ehlo_server *server, struct ehlo_writer *writer)
{
    if (server->config.mail_max != 0) {
        ehlo_put_string(writer, " MAILMAX=");
        ehlo_put_number(writer, limit_of(server->config.mail_max), 1);
    }
    ehlo_put_string(writer, " RCPTMAX=");
    ehlo_put_number(writer, limit_of(server->config.recipient_max), 1);
}

static void put_keyword(const struct ehlo_server *server, struct ehlo_writer *writer)
{
    struct ehlo_capability capability;
    struct ehlo_span mechanism;

    (void)has_line(server, server->reply.line, &capability);
    if (capability.keyword.size > 0)
        ehlo_put_span(writer, capability.keyword);
    else
        ehlo_put_string(writer, ehlo_extension_name(capability.extension));
    if (capability.extension == EHLO_EXTENSION_AUTH) {
        while (ehlo_offer_next_mechanism(server, &capability.argument, &mechanism)) {
            ehlo_put_octet(writer, ' ');
            ehlo_put_span(writer, mechanism);
        }
    } else if (capability.argument.size > 0) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_span(writer, capability.argument);
    } else if (capability.extension == EHLO_EXTENSION_LIMITS) {
        put_limits(server, writer);
    } else if (capability.extension == EHLO_EXTENSION_SIZE && server->config.message_max != UINT64_MAX) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_number(writer, server->config.message_max, 1);
    }
}

int ehlo_server_has_status(const struct ehlo_server *server)
{
    const int greets = server->verb == EHLO_VERB_EHLO || server->verb == EHLO_VERB_HELO ||
                       (server->verb == EHLO_VERB_LHLO && ehlo_server_is_lmtp(server));

    return server->phase != EHLO_PHASE_CONNECT && !greets &&
           ehlo_server_offers(server, EHLO_EXTENSION_ENHANCEDSTATUSCODES);
}

static void put_line(const struct ehlo_server *server, struct ehlo_writer *writer)
{
    uint8_t stock = server->reply.stock;

    ehlo_put_number(writer, replies[stock].code, 3);
    ehlo_put_octet(writer, line_after(server) > 0 ? '-' : ' ');
    if (server->reply.line > 0) {
        put_keyword(server, writer);
    } else {
        if (replies[stock].status && ehlo_server_has_status(server))
            put_status(writer, stock);
        if (replies[stock].flags & NAMED) {
            ehlo_put_span(writer, server->config.hostname);
            if (stock == EHLO_STOCK_GREETING || replies[stock].text[0] != '\0')
                ehlo_put_octet(writer, ' ');
        }
        if (stock == EHLO_STOCK_GREETING)
            ehlo_put_span(writer, server->config.banner);
        ehlo_put_string(writer, replies[stock].text);
    }
    ehlo_put_string(writer, "\r\n");
}

void ehlo_server_pump(struct ehlo_server *server)
{
    struct ehlo_writer writer;
    char *tail;
    size_t room;

    while (server->reply.stock != EHLO_STOCK_NONE || server->farewell != EHLO_STOCK_NONE) {
        if (server->reply.stock == EHLO_STOCK_NONE) {
            server->reply.stock = server->farewell;
            server->farewell = EHLO_STOCK_NONE;
        }
        tail = (char *)(server + 1) + server->output.tail;
        room = ehlo_queue_room(&server->output);
        ehlo_writer_over(&writer, tail, room);
        put_line(server, &writer);
        if (writer.length > room)
            return;
        ehlo_queue_put(&server->output, writer.length);
        server->reply.line = line_after(server);
        if (server->reply.line == 0 && server->reply.repeat-- == 0) {
            server->reply.stock = EHLO_STOCK_NONE;
            server->reply.repeat = 0;
        }
    }
}

void ehlo_server_stock(struct ehlo_server *server, uint32_t stock)
{
    server->reply.stock = (uint8_t)stock;
    ehlo_server_pump(server);
}

void ehlo_server_stock_each(struct ehlo_server *server, uint32_t stock)
{
    if (ehlo_server_is_lmtp(server) && server->recipients > 1)
        server->reply.repeat = server->recipients - 1;
    ehlo_server_stock(server, stock);
}

int ehlo_server_replied(const struct ehlo_server *server)
{
    return server->reply.stock == EHLO_STOCK_NONE;
}
