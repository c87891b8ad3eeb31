/* SPDX-License-Identifier: ISC
 *
 * Commands: what may be said now, and the line that says it.
 */
#include <string.h>

#include "client/client.h"
#include "codec/writer.h"

enum {
    OWN_PARAMS = 48,   /* ` SIZE=18446744073709551615 BODY=8BITMIME` */
    COMMAND_LINE = 512 /* RFC 5321, section 4.5.3.1.4 */
};

static const struct ehlo_span nothing;

int ehlo_client_uses(const struct ehlo_client *client, uint32_t extension)
{
    return (int)(client->extensions >> extension & 1);
}

/* RFC 2920, section 3.1: any other command is the last one of its group. */
static int may_be_followed(const struct ehlo_asked *asked)
{
    return asked->answers == EHLO_EVENT_MAIL || asked->answers == EHLO_EVENT_RCPT || asked->answers == EHLO_EVENT_END ||
           asked->verb == EHLO_VERB_RSET;
}

static int must_wait(const struct ehlo_client *client)
{
    const struct ehlo_asked *last = ehlo_awaited_last(&client->awaited);

    return last != NULL && !(ehlo_client_uses(client, EHLO_EXTENSION_PIPELINING) && may_be_followed(last));
}

/* Whether a command may be queued now: 0, EHLO_E_STATE or EHLO_E_FULL. */
static int check_turn(const struct ehlo_client *client, uint32_t answers, uint32_t verb)
{
    if (client->error != 0 || client->parting != 0 || client->message == EHLO_MESSAGE_OPEN ||
        client->state < EHLO_STATE_READY || !ehlo_transaction_allows(client->assumed, verb))
        return EHLO_E_STATE;
    if (must_wait(client) || !ehlo_awaited_room(&client->awaited, answers))
        return EHLO_E_FULL;
    return 0;
}

/* Writes a command with `own`, parameters of this file, behind its own ones. All or nothing. */
static int put_line(struct ehlo_client *client, const struct ehlo_command *command, struct ehlo_span own)
{
    char *tail = (char *)(client + 1) + client->output.tail;
    size_t room = ehlo_queue_room(&client->output), length;
    int error = ehlo_command_format(tail, room, &length, command, client->config.rules);

    if (error != 0 && error != EHLO_E_SPACE)
        return error;
    if (length > client->output.capacity - own.size)
        return EHLO_E_SPACE;
    length += own.size;
    if (length > room || (client->outstanding > 0 && (client->outstanding > client->config.outstanding_max ||
                                                      length > client->config.outstanding_max - client->outstanding)))
        return EHLO_E_FULL;
    if (own.size > 0) {
        memcpy(tail + length - own.size - 2, own.data, own.size);
        memcpy(tail + length - 2, "\r\n", 2);
    }
    ehlo_queue_put(&client->output, length);
    client->outstanding += (uint32_t)length;
    return 0;
}

static int ask(struct ehlo_client *client, uint32_t answers, const struct ehlo_command *command, struct ehlo_span own)
{
    int error = put_line(client, command, own);

    if (error != 0)
        return error;
    ehlo_awaited_add(&client->awaited, answers, command->verb);
    client->hidden++;
    client->assumed = ehlo_transaction_next(client->assumed, command->verb, 1);
    return 0;
}

static int ask_word(struct ehlo_client *client, uint32_t answers, uint32_t verb, struct ehlo_span argument)
{
    struct ehlo_command command;

    memset(&command, 0, sizeof command);
    command.verb = verb;
    command.argument = argument;
    return ask(client, answers, &command, nothing);
}

int ehlo_client_ask(struct ehlo_client *client, uint32_t answers, uint32_t verb)
{
    int error = check_turn(client, answers, verb);

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
    own.data = out;
    own.size = writer.length;
    return own;
}

/* Whether a command could ever be queued, however long it must wait for its turn. */
static int check_command(const struct ehlo_client *client, const struct ehlo_command *command, size_t own)
{
    size_t length;
    int error = ehlo_command_format(NULL, 0, &length, command, client->config.rules);

    if (error != EHLO_E_SPACE)
        return error;
    return length > client->output.capacity - own ? EHLO_E_SPACE : 0;
}

int ehlo_client_check_mail(const struct ehlo_client *client, const struct ehlo_mail *mail)
{
    struct ehlo_command command = path_command(EHLO_VERB_MAIL, &mail->path, mail->params);
    struct ehlo_param param;
    char own[OWN_PARAMS];
    int error = check_command(client, &command, own_params(client, mail, own).size);

    if (error != 0)
        return error;
    if (mail->body > EHLO_BODY_8BITMIME)
        return EHLO_E_ARGUMENT;
    if (ehlo_param_find(&mail->params, "SIZE", 4, &param) || ehlo_param_find(&mail->params, "BODY", 4, &param))
        return EHLO_E_DUPLICATE;
    if (client->message_max != 0 && mail->octets > client->message_max)
        return EHLO_E_TOO_MUCH;
    if (mail->body == EHLO_BODY_8BITMIME && !ehlo_client_uses(client, EHLO_EXTENSION_8BITMIME) &&
        (client->config.flags & EHLO_CLIENT_8BIT_ANYWAY) == 0)
        return EHLO_E_8BIT;
    return 0;
}

int ehlo_client_check_rcpt(const struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    struct ehlo_command command = path_command(EHLO_VERB_RCPT, &rcpt->path, rcpt->params);

    return check_command(client, &command, 0);
}

int ehlo_client_ask_mail(struct ehlo_client *client, const struct ehlo_mail *mail)
{
    struct ehlo_command command = path_command(EHLO_VERB_MAIL, &mail->path, mail->params);
    char own[OWN_PARAMS];
    int error = check_turn(client, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);

    if (error == 0)
        error = ehlo_client_check_mail(client, mail);
    if (error == 0)
        error = ask(client, EHLO_EVENT_MAIL, &command, own_params(client, mail, own));
    if (error == 0)
        client->body = (uint8_t)mail->body;
    return error;
}

int ehlo_client_ask_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    struct ehlo_command command = path_command(EHLO_VERB_RCPT, &rcpt->path, rcpt->params);
    int error = check_turn(client, EHLO_EVENT_RCPT, EHLO_VERB_RCPT);

    return error != 0 ? error : ask(client, EHLO_EVENT_RCPT, &command, nothing);
}

/* 1 when ehlo_client_send is at work, who then does the asking. */
static int is_busy(const struct ehlo_client *client)
{
    return client->plan.step != EHLO_PLAN_NONE;
}

int ehlo_client_mail(struct ehlo_client *client, const struct ehlo_mail *mail)
{
    if (client == NULL || mail == NULL || mail->size < sizeof *mail)
        return EHLO_E_ARGUMENT;
    return is_busy(client) ? EHLO_E_FULL : ehlo_client_ask_mail(client, mail);
}

int ehlo_client_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt)
{
    if (client == NULL || rcpt == NULL || rcpt->size < sizeof *rcpt)
        return EHLO_E_ARGUMENT;
    return is_busy(client) ? EHLO_E_FULL : ehlo_client_ask_rcpt(client, rcpt);
}

int ehlo_client_data(struct ehlo_client *client)
{
    if (client == NULL)
        return EHLO_E_ARGUMENT;
    return is_busy(client) ? EHLO_E_FULL : ehlo_client_ask(client, EHLO_EVENT_DATA, EHLO_VERB_DATA);
}

int ehlo_client_reset(struct ehlo_client *client)
{
    if (client == NULL)
        return EHLO_E_ARGUMENT;
    return is_busy(client) ? EHLO_E_FULL : ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
}

int ehlo_client_quit(struct ehlo_client *client)
{
    int error;

    if (client == NULL)
        return EHLO_E_ARGUMENT;
    error = is_busy(client) ? EHLO_E_FULL : ehlo_client_ask(client, EHLO_EVENT_COMMAND, EHLO_VERB_QUIT);
    if (error == 0)
        client->parting = EHLO_E_QUIT;
    return error;
}

/* Verbs whose replies change nothing. */
static int is_free(uint32_t verb)
{
    return verb == EHLO_VERB_OTHER || verb == EHLO_VERB_NOOP || verb == EHLO_VERB_HELP || verb == EHLO_VERB_VRFY ||
           verb == EHLO_VERB_EXPN || verb == EHLO_VERB_ETRN || verb == EHLO_VERB_XFORWARD;
}

int ehlo_client_command(struct ehlo_client *client, struct ehlo_span line)
{
    struct ehlo_command command;
    size_t at;
    int error;

    if (client == NULL || line.data == NULL)
        return EHLO_E_ARGUMENT;
    if (line.size > COMMAND_LINE - 2)
        return EHLO_E_LINE_LONG;
    error = ehlo_command_parse(&command, line.data, line.size, client->config.rules, &at);
    if (error != 0)
        return error;
    if (!is_free(command.verb))
        return EHLO_E_VERB;
    error = is_busy(client) ? EHLO_E_FULL : check_turn(client, EHLO_EVENT_COMMAND, command.verb);
    return error != 0 ? error : ask(client, EHLO_EVENT_COMMAND, &command, nothing);
}
