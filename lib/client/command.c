/* SPDX-License-Identifier: ISC
 *
 * Commands: what may be said now, and the line that says it.
 */
#include <string.h>

#include "client/client.h"
#include "codec/writer.h"

enum {
    OWN_PARAMS = 48, /* ` SIZE=18446744073709551615 BODY=BINARYMIME` */
    CHUNK_LINE = 40, /* `BDAT 18446744073709551615 LAST` and CRLF, and some */
    AUTH_MAX = 512   /* RFC 4954, section 4: AUTH with its initial response is no longer than any command */
};

static const struct ehlo_span nothing;

int ehlo_client_uses(const struct ehlo_client *client, uint32_t extension)
{
    return (int)(client->extensions >> extension & 1);
}

/* RFC 2920, section 3.1; RFC 3030, section 4.2: any other command is the last one of its group. */
static int may_be_followed(const struct ehlo_asked *asked)
{
    return asked->answers == EHLO_EVENT_MAIL || asked->answers == EHLO_EVENT_RCPT ||
           asked->answers == EHLO_EVENT_BODY || asked->answers == EHLO_EVENT_END || asked->verb == EHLO_VERB_RSET;
}

static int must_wait(const struct ehlo_client *client)
{
    const struct ehlo_asked *last = ehlo_awaited_last(&client->awaited);

    return last != NULL && !(ehlo_client_uses(client, EHLO_EXTENSION_PIPELINING) && may_be_followed(last));
}

/* Mail and secrets may be said now, as far as TLS is concerned. */
static int is_clear(const struct ehlo_client *client)
{
    return !client->secured && (client->config.flags & EHLO_CLIENT_REQUIRE_TLS) != 0;
}

int ehlo_client_check_turn(const struct ehlo_client *client, uint32_t answers, uint32_t verb)
{
    if (client->error != 0 || client->parting != 0 || client->message == EHLO_MESSAGE_OPEN || client->tls_due ||
        client->challenge || client->state < EHLO_STATE_READY || !ehlo_transaction_allows(client->assumed, verb))
        return EHLO_E_STATE;
    if (is_clear(client) && (verb == EHLO_VERB_MAIL || verb == EHLO_VERB_AUTH))
        return EHLO_E_CLEAR;
    if (must_wait(client) || !ehlo_awaited_room(&client->awaited, answers, verb) ||
        (client->carrier != EHLO_CARRIER_DATA && ehlo_client_has_runs(client)))
        return EHLO_E_FULL;
    return 0;
}

/* What a server with these extensions takes (RFC 5321, section 4.5.3.1.4). */
static size_t line_max(const struct ehlo_client *client, uint32_t verb)
{
    return verb == EHLO_VERB_AUTH ? AUTH_MAX : ehlo_extension_line_max(client->extensions, verb);
}

/* Rules for what is sent: UTF-8 only where this command or its transaction has SMTPUTF8. */
static uint32_t rules_of(const struct ehlo_client *client, int utf8)
{
    return client->config.rules | (utf8 ? EHLO_UTF8 : 0);
}

int ehlo_client_has_room(const struct ehlo_client *client, size_t length)
{
    const uint32_t most = client->config.outstanding_max;

    return length <= ehlo_queue_room(&client->output) &&
           (client->outstanding == 0 || (client->outstanding <= most && length <= most - client->outstanding));
}

/* Writes a command with `own`, parameters of this file, behind its own ones. All or nothing. */
static int put_line(struct ehlo_client *client, const struct ehlo_command *command, uint32_t rules,
                    struct ehlo_span own)
{
    char *tail = (char *)(client + 1) + client->output.tail;
    size_t room = ehlo_queue_room(&client->output), length;
    int error = ehlo_command_format(tail, room, &length, command, rules);

    if (error != 0 && error != EHLO_E_SPACE)
        return error;
    length += own.size;
    if (length > client->output.capacity)
        return EHLO_E_SPACE;
    if (length > line_max(client, command->verb))
        return EHLO_E_LINE_LONG;
    if (!ehlo_client_has_room(client, length))
        return EHLO_E_FULL;
    if (own.size > 0) {
        memcpy(tail + length - own.size - 2, own.data, own.size);
        memcpy(tail + length - 2, "\r\n", 2);
    }
    ehlo_queue_put(&client->output, length);
    client->outstanding += (uint32_t)length;
    return 0;
}

static int ask(struct ehlo_client *client, uint32_t answers, const struct ehlo_command *command, int utf8,
               struct ehlo_span own)
{
    int error = put_line(client, command, rules_of(client, utf8), own);

    if (error != 0)
        return error;
    ehlo_awaited_add(&client->awaited, answers, command->verb);
    client->hidden++;
    client->assumed = ehlo_transaction_next(client->assumed, command->verb, 1);
    return 0;
}

int ehlo_client_say(struct ehlo_client *client, uint32_t answers, const struct ehlo_command *command)
{
    return ask(client, answers, command, 0, nothing);
}

static int ask_word(struct ehlo_client *client, uint32_t answers, uint32_t verb, struct ehlo_span argument)
{
    struct ehlo_command command;

    memset(&command, 0, sizeof command);
    command.verb = verb;
    command.argument = argument;
    return ehlo_client_say(client, answers, &command);
}

int ehlo_client_ask(struct ehlo_client *client, uint32_t answers, uint32_t verb)
{
    int error = ehlo_client_check_turn(client, answers, verb);

    return error != 0 ? error : ask_word(client, answers, verb, nothing);
}

int ehlo_client_hello(struct ehlo_client *client, uint32_t verb)
{
    return ask_word(client, EHLO_EVENT_HELLO, verb, client->config.hello);
}

int ehlo_client_part(struct ehlo_client *client, int error)
{
    client->parting = (int16_t)error;
    return ask_word(client, EHLO_EVENT_COMMAND, EHLO_VERB_QUIT, nothing);
}

static struct ehlo_command path_command(uint32_t verb, const struct ehlo_path *path, struct ehlo_span params)
{
    struct ehlo_command command;

    memset(&command, 0, sizeof command);
    command.verb = verb;
    command.path = *path;
    command.params = params;
    return command;
}

/* The parameters that the session itself puts: they follow from the message. */
static struct ehlo_span own_params(const struct ehlo_client *client, const struct ehlo_mail *mail, char out[OWN_PARAMS])
{
    struct ehlo_writer writer;
    struct ehlo_span own;

    ehlo_writer_over(&writer, out, OWN_PARAMS);
    if (mail->octets > 0 && ehlo_client_uses(client, EHLO_EXTENSION_SIZE)) {
        ehlo_put_string(&writer, " SIZE=");
        ehlo_put_number(&writer, mail->octets, 1);
    }
    if (mail->body == EHLO_BODY_8BITMIME && ehlo_client_uses(client, EHLO_EXTENSION_8BITMIME))
        ehlo_put_string(&writer, " BODY=8BITMIME");
    else if (mail->body == EHLO_BODY_BINARYMIME)
        ehlo_put_string(&writer, " BODY=BINARYMIME");
    own.data = out;
    own.size = writer.length;
    return own;
}

/* A parameter that the library knows: the server must know it too. Others are between it and the program. */
static int check_param(const struct ehlo_client *client, uint32_t verb, const struct ehlo_param *param, uint32_t rules)
{
    struct ehlo_value value;
    size_t at;
    int error = ehlo_value_parse(&value, verb, param, rules, &at);

    if (error == EHLO_E_KEYWORD)
        return 0;
    if (value.form == EHLO_VALUE_SIZE || value.form == EHLO_VALUE_BODY)
        return EHLO_E_DUPLICATE;
    if (!ehlo_client_uses(client, value.extension))
        return EHLO_E_OFFER;
    if (value.extension == EHLO_EXTENSION_REQUIRETLS && !client->secured)
        return EHLO_E_CLEAR;
    return error;
}

static int check_params(const struct ehlo_client *client, const struct ehlo_command *command, uint32_t rules)
{
    struct ehlo_span list = command->params;
    struct ehlo_param param;
    size_t at;
    int error = 0;

    while (error == 0 && ehlo_param_next(&list, &param, rules, &at) > 0)
        error = check_param(client, command->verb, &param, rules);
    return error;
}

/* Whether a command could ever be queued, however long it must wait for its turn. */
static int check_command(const struct ehlo_client *client, const struct ehlo_command *command, int utf8, size_t own)
{
    const uint32_t rules = rules_of(client, utf8);
    size_t length;
    int error = ehlo_command_format(NULL, 0, &length, command, rules);

    if (error != EHLO_E_SPACE)
        return error;
    error = check_params(client, command, rules);
    if (error == 0 && length > client->output.capacity - own)
        error = EHLO_E_SPACE;
    if (error == 0 && length > line_max(client, command->verb) - own)
        error = EHLO_E_LINE_LONG;
    return error;
}

int ehlo_client_is_utf8(const struct ehlo_client *client, struct ehlo_span params)
{
    struct ehlo_param param;

    return ehlo_client_uses(client, EHLO_EXTENSION_SMTPUTF8) && ehlo_param_find(&params, "SMTPUTF8", 8, &param);
}

static int check_body(const struct ehlo_client *client, uint32_t body)
{
    const int anyway = (client->config.flags & EHLO_CLIENT_8BIT_ANYWAY) != 0;

    if (body == EHLO_BODY_8BITMIME && !ehlo_client_uses(client, EHLO_EXTENSION_8BITMIME) && !anyway)
        return EHLO_E_8BIT;
    if (body == EHLO_BODY_BINARYMIME &&
        !(ehlo_client_uses(client, EHLO_EXTENSION_BINARYMIME) && ehlo_client_uses(client, EHLO_EXTENSION_CHUNKING)))
        return EHLO_E_OFFER;
    return 0;
}

int ehlo_client_check_mail(const struct ehlo_client *client, const struct ehlo_mail *mail)
{
    struct ehlo_command command = path_command(EHLO_VERB_MAIL, &mail->path, mail->params);
    char own[OWN_PARAMS];
    int error;

    if (mail->body > EHLO_BODY_BINARYMIME)
        return EHLO_E_ARGUMENT;
    if (is_clear(client))
        return EHLO_E_CLEAR;
    error =
        check_command(client, &command, ehlo_client_is_utf8(client, mail->params), own_params(client, mail, own).size);
    if (error != 0)
        return error;
    if (client->message_max != 0 && mail->octets > client->message_max)
        return EHLO_E_TOO_MUCH;
    if (client->limits.mail_max != 0 && client->mails >= client->limits.mail_max)
        return EHLO_E_LIMIT;
    return check_body(client, mail->body);
}

int ehlo_client_check_rcpt(const struct ehlo_client *client, const struct ehlo_rcpt *rcpt, int utf8)
{
    struct ehlo_command command = path_command(EHLO_VERB_RCPT, &rcpt->path, rcpt->params);

    return check_command(client, &command, utf8, 0);
}

static uint8_t carrier_of(const struct ehlo_client *client, uint32_t body)
{
    if (body == EHLO_BODY_BINARYMIME)
        return EHLO_CARRIER_BINARY;
    return ehlo_client_uses(client, EHLO_EXTENSION_CHUNKING) && (client->config.flags & EHLO_CLIENT_CHUNKING) != 0
               ? EHLO_CARRIER_CHUNKS
               : EHLO_CARRIER_DATA;
}

int ehlo_client_ask_mail(struct ehlo_client *client, const struct ehlo_mail *mail)
{
    struct ehlo_command command = path_command(EHLO_VERB_MAIL, &mail->path, mail->params);
    const int utf8 = ehlo_client_is_utf8(client, mail->params);
    const uint8_t carrier = carrier_of(client, mail->body);
    char own[OWN_PARAMS];
    int error = ehlo_client_check_turn(client, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);

    if (error == 0)
        error = ehlo_client_check_mail(client, mail);
    /* a message that is going out goes on as it began */
    if (error == 0 && client->message != EHLO_MESSAGE_NONE && client->carrier != carrier)
        error = EHLO_E_FULL;
    if (error == 0)
        error = ask(client, EHLO_EVENT_MAIL, &command, utf8, own_params(client, mail, own));
    if (error != 0)
        return error;
    client->body = (uint8_t)mail->body;
    client->carrier = carrier;
    client->utf8 = (uint8_t)utf8;
    client->mails++;
    return 0;
}

int ehlo_client_ask_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    struct ehlo_command command = path_command(EHLO_VERB_RCPT, &rcpt->path, rcpt->params);
    int error = ehlo_client_check_turn(client, EHLO_EVENT_RCPT, EHLO_VERB_RCPT);

    if (error == 0)
        error = ehlo_client_check_rcpt(client, rcpt, client->utf8);
    return error != 0 ? error : ask(client, EHLO_EVENT_RCPT, &command, client->utf8, nothing);
}

/* Chunks need no leave; that it is known who will have the message saves it from being sent to nobody. */
int ehlo_client_ask_data(struct ehlo_client *client)
{
    int error;

    if (client->carrier == EHLO_CARRIER_DATA)
        return ehlo_client_ask(client, EHLO_EVENT_DATA, EHLO_VERB_DATA);
    error = ehlo_client_check_turn(client, EHLO_EVENT_BODY, EHLO_VERB_BDAT);
    if (error == 0 && client->awaited.total > 0)
        error = EHLO_E_FULL;
    if (error == 0)
        ehlo_client_begin_message(client);
    return error;
}

int ehlo_client_may_chunk(const struct ehlo_client *client)
{
    return ehlo_queue_size(&client->output) == 0 && !must_wait(client) && ehlo_client_has_room(client, CHUNK_LINE) &&
           ehlo_awaited_room(&client->awaited, EHLO_EVENT_BODY, EHLO_VERB_BDAT) &&
           ehlo_awaited_room(&client->awaited, EHLO_EVENT_END, EHLO_VERB_BDAT);
}

int ehlo_client_ask_chunk(struct ehlo_client *client, uint64_t octets, int last)
{
    struct ehlo_command command;
    uint32_t more = last && (client->config.flags & EHLO_CLIENT_LMTP) != 0 ? client->accepted - 1 : 0;
    int error;

    memset(&command, 0, sizeof command);
    command.verb = EHLO_VERB_BDAT;
    command.octets = octets;
    command.last = last != 0;
    error = ask(client, last ? EHLO_EVENT_END : EHLO_EVENT_BODY, &command, 0, nothing);
    for (; error == 0 && more > 0; more--) {
        ehlo_awaited_add(&client->awaited, EHLO_EVENT_END, EHLO_VERB_BDAT);
        client->hidden++;
    }
    if (error == 0 && last)
        client->assumed = EHLO_STATE_READY;
    return error;
}

int ehlo_client_is_busy(const struct ehlo_client *client)
{
    return client->plan.step != EHLO_PLAN_NONE;
}

int ehlo_client_mail(struct ehlo_client *client, const struct ehlo_mail *mail)
{
    if (client == NULL || mail == NULL || mail->size < sizeof *mail)
        return EHLO_E_ARGUMENT;
    return ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_ask_mail(client, mail);
}

int ehlo_client_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    if (client == NULL || rcpt == NULL || rcpt->size < sizeof *rcpt)
        return EHLO_E_ARGUMENT;
    return ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_ask_rcpt(client, rcpt);
}

int ehlo_client_data(struct ehlo_client *client)
{
    if (client == NULL)
        return EHLO_E_ARGUMENT;
    return ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_ask_data(client);
}

int ehlo_client_reset(struct ehlo_client *client)
{
    if (client == NULL)
        return EHLO_E_ARGUMENT;
    return ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
}

int ehlo_client_quit(struct ehlo_client *client)
{
    int error;

    if (client == NULL)
        return EHLO_E_ARGUMENT;
    error = ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_QUIT);
    if (error == 0)
        client->parting = EHLO_E_QUIT;
    return error;
}

/* Verbs whose replies change nothing, or all at once. */
static int is_free(uint32_t verb)
{
    return verb == EHLO_VERB_OTHER || verb == EHLO_VERB_NOOP || verb == EHLO_VERB_HELP || verb == EHLO_VERB_VRFY ||
           verb == EHLO_VERB_EXPN || verb == EHLO_VERB_ETRN || verb == EHLO_VERB_ATRN || verb == EHLO_VERB_XCLIENT ||
           verb == EHLO_VERB_XFORWARD;
}

/* Whether the server has such a verb; those of RFC 5321 it may have without saying so. */
static int has_verb(const struct ehlo_client *client, uint32_t verb)
{
    const uint32_t extension = ehlo_extension_of_verb(verb);

    return extension == EHLO_EXTENSION_OTHER || verb == EHLO_VERB_HELP || verb == EHLO_VERB_VRFY ||
           verb == EHLO_VERB_EXPN || ehlo_client_uses(client, extension);
}

int ehlo_client_command(struct ehlo_client *client, const char *line, size_t size)
{
    struct ehlo_command command;
    size_t at;
    int error;

    if (client == NULL || line == NULL)
        return EHLO_E_ARGUMENT;
    error = ehlo_command_parse(&command, line, size, rules_of(client, 1), &at);
    if (size + 2 > line_max(client, command.verb))
        return EHLO_E_LINE_LONG;
    if (error != 0)
        return error;
    if (!is_free(command.verb))
        return EHLO_E_VERB;
    error =
        ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_check_turn(client, EHLO_EVENT_COMMAND, command.verb);
    if (error == 0 && !has_verb(client, command.verb))
        error = EHLO_E_OFFER;
    if (error == 0)
        error = check_params(client, &command, rules_of(client, 1));
    /* of these commands those alone that say SMTPUTF8 may speak it (RFC 6531, section 3.7.4.2) */
    return error != 0 ? error : ask(client, EHLO_EVENT_COMMAND, &command, command.params.size > 0, nothing);
}
