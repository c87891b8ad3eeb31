/* SPDX-License-Identifier: ISC
 *
 * What a whole reply changes. 421 and a refusal in the middle of a message end the session whatever they answer; for
 * the rest the first digit decides (RFC 5321, section 4.2.1), and a digit that cannot answer breaks the protocol.
 */
#include "client/client.h"

/* The first digits that answer a question, a bit each. */
enum {
    YES = 1 << 2,
    GO_ON = 1 << 3,
    NOT_NOW = 1 << 4,
    NO = 1 << 5,
    NOT = NOT_NOW | NO
};

/* By what was asked, the digits that can answer. */
static const uint8_t answering[EHLO_EVENT_COMMAND + 1] = {
    [EHLO_EVENT_CONNECT] = YES | NOT,
    [EHLO_EVENT_HELLO] = YES | NOT,
    [EHLO_EVENT_MAIL] = YES | NOT,
    [EHLO_EVENT_RCPT] = YES | NOT,
    [EHLO_EVENT_DATA] = GO_ON | NOT,
    [EHLO_EVENT_END] = YES | NOT,
    [EHLO_EVENT_COMMAND] = YES | GO_ON | NOT,
};

/* Says EHLO or HELO. */
static void say_hello(struct ehlo_client *client, uint32_t verb)
{
    if (ehlo_client_hello(client, verb) != 0)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
}

/* The server will have nothing to do with us. */
static void part(struct ehlo_client *client)
{
    if (ehlo_client_part(client, EHLO_E_REFUSED) != 0)
        ehlo_client_close(client, EHLO_E_REFUSED);
}

/* Only a 5yz says that there is no EHLO here; anything else would be said to HELO as well. */
static void settle_hello(struct ehlo_client *client, uint32_t verb, int digit)
{
    if (digit == YES) {
        client->esmtp = verb == EHLO_VERB_EHLO;
        client->ready_due = 1;
        client->state = ehlo_transaction_next(client->state, verb, 1);
    } else if (digit == NO && verb == EHLO_VERB_EHLO) {
        say_hello(client, EHLO_VERB_HELO);
    } else {
        part(client);
    }
}

/* Nothing but DATA was asked when it is answered, so its octets are gone. */
static void settle_data(struct ehlo_client *client, int digit)
{
    if (ehlo_queue_size(&client->output) > 0)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    else if (digit == GO_ON && client->state == EHLO_STATE_RCPT)
        ehlo_client_begin_message(client);
    else if (digit == GO_ON)
        ehlo_client_lone_dot(client);
}

static void proceed(struct ehlo_client *client, const struct ehlo_asked *asked, int digit)
{
    switch (asked->answers) {
    case EHLO_EVENT_CONNECT:
        if (digit == YES)
            say_hello(client, EHLO_VERB_EHLO);
        else
            part(client);
        break;
    case EHLO_EVENT_HELLO:
        settle_hello(client, asked->verb, digit);
        break;
    case EHLO_EVENT_MAIL:
        client->answered = 0;
        client->state = ehlo_transaction_next(client->state, asked->verb, digit == YES);
        break;
    case EHLO_EVENT_RCPT: /* is nothing without a MAIL, whatever the server says to it */
        client->answered++;
        if (ehlo_transaction_allows(client->state, asked->verb))
            client->state = ehlo_transaction_next(client->state, asked->verb, digit == YES);
        break;
    case EHLO_EVENT_DATA:
        settle_data(client, digit);
        break;
    case EHLO_EVENT_END:
        client->state = EHLO_STATE_READY;
        break;
    default:
        if (asked->verb == EHLO_VERB_RSET && digit == YES)
            client->state = ehlo_transaction_next(client->state, asked->verb, 1);
        else if (asked->verb == EHLO_VERB_RSET) /* what is open stays open, and nothing can be begun */
            ehlo_client_close(client, digit == GO_ON ? EHLO_E_PROTOCOL : EHLO_E_REFUSED);
        break;
    }
}

void ehlo_client_settle(struct ehlo_client *client, const struct ehlo_asked *asked, const struct ehlo_reply_line *reply)
{
    const int digit = 1 << reply->code / 100;
    int error;

    if (reply->code == 421 || client->early) {
        ehlo_plan_settle(client, asked->answers, reply);
        ehlo_client_close(client, reply->code == 421 ? EHLO_E_CLOSING : EHLO_E_REFUSED);
    } else if ((answering[asked->answers] & digit) == 0) {
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    } else if (asked->verb == EHLO_VERB_QUIT) {
        ehlo_client_close(client, client->parting);
    } else {
        ehlo_awaited_take(&client->awaited);
        if (client->awaited.total == 0)
            client->outstanding = 0;
        proceed(client, asked, digit);
        if (client->awaited.total == 0 && client->message == EHLO_MESSAGE_NONE)
            client->assumed = client->state;
        ehlo_plan_settle(client, asked->answers, reply);
        error = client->error != 0 ? 0 : ehlo_plan_go(client);
        if (error != 0)
            ehlo_client_close(client, error);
    }
}
