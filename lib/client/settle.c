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
static const uint8_t answering[EHLO_EVENT_STARTTLS + 1] = {
    [EHLO_EVENT_CONNECT] = YES | NOT,
    [EHLO_EVENT_HELLO] = YES | NOT,
    [EHLO_EVENT_MAIL] = YES | GO_ON | NOT, /* 355: RFC 1845, section 5 */
    [EHLO_EVENT_RCPT] = YES | NOT,
    [EHLO_EVENT_DATA] = GO_ON | NOT,
    [EHLO_EVENT_BODY] = YES | NOT,
    [EHLO_EVENT_END] = YES | NOT,
    [EHLO_EVENT_COMMAND] = YES | GO_ON | NOT,
    [EHLO_EVENT_AUTH] = YES | GO_ON | NOT,
    [EHLO_EVENT_STARTTLS] = YES | NOT,
};

/* Says EHLO or HELO. */
static void say_hello(struct ehlo_client *client, uint32_t verb)
{
    if (ehlo_client_hello(client, verb) != 0)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
}

/* What begins a session. */
static uint32_t hello_verb(const struct ehlo_client *client)
{
    return client->config.flags & EHLO_CLIENT_LMTP ? EHLO_VERB_LHLO : EHLO_VERB_EHLO;
}

void ehlo_client_start_over(struct ehlo_client *client)
{
    static const struct ehlo_limits none;

    client->extensions = 0;
    client->message_max = 0;
    client->limits = none;
    client->mails = client->domains = 0;
    client->esmtp = 0;
    client->state = client->assumed = EHLO_STATE_START;
    say_hello(client, hello_verb(client));
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
        client->esmtp = verb != EHLO_VERB_HELO;
        client->ready_due = 1;
        client->state = ehlo_transaction_next(client->state, verb, 1);
    } else if (digit == NO && verb == EHLO_VERB_EHLO) {
        say_hello(client, EHLO_VERB_HELO);
    } else {
        part(client);
    }
}

/*
 * Nothing but DATA was asked when it is answered, so its octets are gone. LMTP has no reply to a message that is for
 * nobody (RFC 2033, section 4.2).
 */
static void settle_data(struct ehlo_client *client, int digit)
{
    if (ehlo_queue_size(&client->output) > 0)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    else if (digit == GO_ON && client->state == EHLO_STATE_RCPT)
        ehlo_client_begin_message(client);
    else if (digit == GO_ON && hello_verb(client) == EHLO_VERB_LHLO)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    else if (digit == GO_ON)
        ehlo_client_lone_dot(client);
}

static void settle_mail(struct ehlo_client *client, int digit)
{
    client->answered = client->accepted = client->ended = 0;
    /* 355 (RFC 1845, section 5) says what is left to send, which a plan does not know, and LMTP asks to whom */
    if (digit == GO_ON && (!ehlo_client_uses(client, EHLO_EXTENSION_CHECKPOINT) ||
                           client->plan.step != EHLO_PLAN_NONE || hello_verb(client) == EHLO_VERB_LHLO))
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    else if (digit == GO_ON)
        client->state = EHLO_STATE_RCPT;
    else
        client->state = ehlo_transaction_next(client->state, EHLO_VERB_MAIL, digit == YES);
}

/* A recipient is nothing without a MAIL, whatever the server says to it. */
static void settle_rcpt(struct ehlo_client *client, int digit)
{
    client->answered++;
    if (!ehlo_transaction_allows(client->state, EHLO_VERB_RCPT))
        return;
    client->accepted += digit == YES;
    client->state = ehlo_transaction_next(client->state, EHLO_VERB_RCPT, digit == YES);
}

/* A chunk that was refused breaks the transaction (RFC 3030, section 2); the one that is being sent was promised. */
static void settle_chunk(struct ehlo_client *client, int digit)
{
    if (digit == YES && client->state != EHLO_STATE_BROKEN) {
        client->state = EHLO_STATE_CHUNK;
        return;
    }
    client->state = client->assumed = EHLO_STATE_BROKEN;
    ehlo_client_stop_message(client);
    ehlo_awaited_once(&client->awaited, EHLO_EVENT_END); /* what is out of order has one reply, in LMTP too */
}

static void settle_end(struct ehlo_client *client)
{
    const struct ehlo_asked *first = ehlo_awaited_first(&client->awaited);

    client->ended++;
    if (client->state != EHLO_STATE_BROKEN && (first == NULL || first->answers != EHLO_EVENT_END))
        client->state = EHLO_STATE_READY;
}

static void settle_auth(struct ehlo_client *client, uint16_t code, int digit)
{
    if (digit == GO_ON && code == 334)
        client->challenge = 1;
    else if (digit == GO_ON)
        ehlo_client_close(client, EHLO_E_PROTOCOL);
}

static void settle_starttls(struct ehlo_client *client, uint16_t code, int digit)
{
    if (digit != YES)
        return;
    if (code != 220 || ehlo_queue_size(&client->output) > 0) { /* before all of it was sent */
        ehlo_client_close(client, EHLO_E_PROTOCOL);
    } else {
        client->tls_due = 1;
        client->state = client->assumed = EHLO_STATE_START;
    }
}

static void settle_command(struct ehlo_client *client, uint32_t verb, int digit)
{
    if (verb == EHLO_VERB_RSET && digit == YES)
        client->state = ehlo_transaction_next(client->state, verb, 1);
    else if (verb == EHLO_VERB_RSET) /* what is open stays open, and nothing can be begun */
        ehlo_client_close(client, digit == GO_ON ? EHLO_E_PROTOCOL : EHLO_E_REFUSED);
    else if (verb == EHLO_VERB_XCLIENT && digit == YES)
        ehlo_client_start_over(client);
    else if (verb == EHLO_VERB_ATRN && digit == YES)
        ehlo_client_close(client, EHLO_E_TURNED);
}

static void proceed(struct ehlo_client *client, const struct ehlo_asked *asked, uint16_t code, int digit)
{
    switch (asked->answers) {
    case EHLO_EVENT_CONNECT:
        if (digit == YES)
            say_hello(client, hello_verb(client));
        else
            part(client);
        break;
    case EHLO_EVENT_HELLO:
        settle_hello(client, asked->verb, digit);
        break;
    case EHLO_EVENT_MAIL:
        settle_mail(client, digit);
        break;
    case EHLO_EVENT_RCPT:
        settle_rcpt(client, digit);
        break;
    case EHLO_EVENT_DATA:
        settle_data(client, digit);
        break;
    case EHLO_EVENT_BODY:
        settle_chunk(client, digit);
        break;
    case EHLO_EVENT_END:
        settle_end(client);
        break;
    case EHLO_EVENT_AUTH:
        settle_auth(client, code, digit);
        break;
    case EHLO_EVENT_STARTTLS:
        settle_starttls(client, code, digit);
        break;
    default:
        settle_command(client, asked->verb, digit);
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
        proceed(client, asked, reply->code, digit);
        if (client->awaited.total == 0 && client->message == EHLO_MESSAGE_NONE)
            client->assumed = client->state;
        ehlo_plan_settle(client, asked->answers, reply);
        error = client->error != 0 ? 0 : ehlo_plan_go(client);
        if (error != 0)
            ehlo_client_close(client, error);
    }
}
