/* SPDX-License-Identifier: ISC
 *
 * STARTTLS and AUTH: how the channel and the client are proved. What the octets of AUTH mean is not known here.
 */
#include <string.h>

#include "client/client.h"

enum {
    RESPONSE_MAX = 12288 /* RFC 4954, section 4 */
};

int ehlo_client_starttls(struct ehlo_client *client)
{
    struct ehlo_command command;
    int error;

    if (client == NULL)
        return EHLO_E_ARGUMENT;
    error = ehlo_client_is_busy(client) ? EHLO_E_FULL
                                        : ehlo_client_check_turn(client, EHLO_EVENT_STARTTLS, EHLO_VERB_STARTTLS);
    if (error == 0 && client->secured)
        error = EHLO_E_STATE;
    if (error == 0 && !ehlo_client_uses(client, EHLO_EXTENSION_STARTTLS))
        error = EHLO_E_OFFER;
    if (error != 0)
        return error;
    memset(&command, 0, sizeof command);
    command.verb = EHLO_VERB_STARTTLS;
    return ehlo_client_say(client, EHLO_EVENT_STARTTLS, &command);
}

int ehlo_client_secured(struct ehlo_client *client, size_t unread)
{
    if (client == NULL)
        return EHLO_E_ARGUMENT;
    if (client->error != 0 || !client->tls_due)
        return EHLO_E_STATE;
    if (unread > 0) {
        ehlo_client_close(client, EHLO_E_INJECTED);
        return EHLO_E_INJECTED;
    }
    client->tls_due = 0;
    client->secured = 1;
    ehlo_client_start_over(client);
    return 0;
}

int ehlo_client_mechanisms(const struct ehlo_event *event, struct ehlo_span *mechanisms)
{
    struct ehlo_capability capability;
    size_t at;

    if (event == NULL || mechanisms == NULL || event->type != EHLO_EVENT_REPLY || event->answers != EHLO_EVENT_HELLO ||
        event->reply.code / 100 != 2 ||
        ehlo_capability_parse(&capability, event->reply.text.data, event->reply.text.size, &at) != 0 ||
        capability.extension != EHLO_EXTENSION_AUTH)
        return 0;
    *mechanisms = capability.argument;
    return 1;
}

int ehlo_client_auth(struct ehlo_client *client, const char *mechanism, size_t mechanism_size, const char *initial,
                     size_t initial_size)
{
    struct ehlo_command command;
    int error;

    if (client == NULL || mechanism == NULL || (initial == NULL && initial_size > 0))
        return EHLO_E_ARGUMENT;
    error = ehlo_client_is_busy(client) ? EHLO_E_FULL : ehlo_client_check_turn(client, EHLO_EVENT_AUTH, EHLO_VERB_AUTH);
    if (error == 0 && !client->secured && (client->config.flags & EHLO_CLIENT_AUTH_IN_CLEAR) == 0)
        error = EHLO_E_CLEAR;
    if (error == 0 && !ehlo_client_uses(client, EHLO_EXTENSION_AUTH))
        error = EHLO_E_OFFER;
    if (error != 0)
        return error;
    memset(&command, 0, sizeof command);
    command.verb = EHLO_VERB_AUTH;
    command.argument.data = mechanism;
    command.argument.size = mechanism_size;
    command.params.data = initial;
    command.params.size = initial_size;
    if (initial != NULL && initial_size == 0) {
        command.params.data = "=";
        command.params.size = 1;
    }
    client->secret = 1;
    return ehlo_client_say(client, EHLO_EVENT_AUTH, &command);
}

/* Queues a line that is no command. */
static int respond(struct ehlo_client *client, struct ehlo_span line)
{
    char *tail = (char *)(client + 1) + client->output.tail;

    if (client->error != 0 || !client->challenge)
        return EHLO_E_STATE;
    if (line.size > RESPONSE_MAX - 2)
        return EHLO_E_LINE_LONG;
    if (line.size + 2 > client->output.capacity)
        return EHLO_E_SPACE;
    if (!ehlo_client_has_room(client, line.size + 2))
        return EHLO_E_FULL;
    if (line.size > 0)
        memcpy(tail, line.data, line.size);
    memcpy(tail + line.size, "\r\n", 2);
    ehlo_queue_put(&client->output, line.size + 2);
    client->outstanding += (uint32_t)line.size + 2;
    ehlo_awaited_add(&client->awaited, EHLO_EVENT_AUTH, EHLO_VERB_AUTH);
    client->hidden++;
    client->challenge = 0;
    client->secret = 1;
    return 0;
}

int ehlo_client_respond(struct ehlo_client *client, const char *response, size_t size)
{
    struct ehlo_span line;
    size_t length;

    if (client == NULL || (response == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    if (ehlo_base64_decode(NULL, 0, &length, response, size) == EHLO_E_BASE64)
        return EHLO_E_BASE64;
    line.data = response;
    line.size = size;
    return respond(client, line);
}

int ehlo_client_cancel(struct ehlo_client *client)
{
    static const char cancel[1] = {'*'};
    struct ehlo_span line;

    line.data = cancel;
    line.size = sizeof cancel;
    return client == NULL ? EHLO_E_ARGUMENT : respond(client, line);
}
