/* SPDX-License-Identifier: ISC
 *
 * A client session against a server session in memory: two programs that use the facades as the headers say, and two
 * streams of octets between them. What is random comes from dice, so a run can be had again: how much is sent and
 * taken at a time, when an answer comes and which, where a connection is lost.
 *
 * Both programs write down what they know. In the end it must fit together: what the server took is what was sent, and
 * the client knows of each recipient what the server decided.
 */
#ifndef TESTS_LOOP_H
#define TESTS_LOOP_H

#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "say.h"

enum {
    LOOP_MESSAGES = 4,
    LOOP_RCPTS = 200,
    LOOP_TEXT = 2000, /* octets of a message */
    LOOP_WIRE = 4096, /* octets on their way in one direction */
    LOOP_LINE = 2048, /* octets of an input buffer */
    LOOP_BLOCK = EHLO_SERVER_SIZE / 8,
    LOOP_COMMANDS = 4096,
    LOOP_BEGUN = 1024, /* transactions */
    LOOP_IDLE = 20000  /* steps in a row that lead nowhere */
};

/* What is rolled is the input of a fuzzer first, then a fixed sequence. */
struct dice {
    const uint8_t *data;
    size_t size;
    uint32_t seed; /* not 0 */
};

struct loop_text {
    char data[2 * LOOP_TEXT + 2];
    size_t size;
};

/* A stream of octets in one direction. */
struct loop_wire {
    char data[LOOP_WIRE];
    size_t used;
    size_t window; /* octets that may be on their way */
    int dead;      /* what is written is lost */
    int ended;     /* behind `data` there is nothing more */
};

struct loop_link {
    struct loop_wire up;   /* to the server */
    struct loop_wire down; /* to the client */
};

/* An input buffer of the size that the library asks for. */
struct loop_input {
    char data[LOOP_LINE];
    size_t have;
    size_t room;
    int fresh; /* there is what the session has not been offered */
};

struct loop_message {
    /* what the client is to do */
    char text[LOOP_TEXT];
    size_t size;
    struct loop_text canonical; /* what must arrive */
    uint32_t count;             /* recipients */
    uint32_t body;
    uint64_t octets; /* as declared */
    int by_send;     /* by ehlo_client_send */
    int pipelined;   /* the next command does not wait for the reply to the end */

    /* what the client knows, by the replies that it saw */
    int dropped; /* given up by RSET */
    int dotted;  /* the final dot, or the last chunk, was sent */
    int sent;    /* it was sent in one transaction at least */
    int resumed; /* transactions for those who had been left */
    uint32_t outcome[LOOP_RCPTS];
    uint32_t decided[LOOP_RCPTS];
    uint16_t code[LOOP_RCPTS];

    /* what the server knows: the codes that it answered */
    struct loop_text got;
    uint16_t mail;
    uint16_t rcpt[LOOP_RCPTS];
    uint16_t end[LOOP_RCPTS];
    int mails;
};

/* What ehlo_client_send is lent. */
struct loop_lent {
    struct ehlo_mail mail;
    struct ehlo_rcpt rcpts[LOOP_RCPTS];
    char sender[16];
    char names[LOOP_RCPTS][16];
    char domain[16];
};

/* What the client's program does next. */
enum {
    LOOP_NEXT_MESSAGE,
    LOOP_MAIL,
    LOOP_RCPT,
    LOOP_DATA,
    LOOP_DATA_REPLY,
    LOOP_BODY,
    LOOP_END_REPLY,
    LOOP_RESET,
    LOOP_RESULT,
    LOOP_RESUME,
    LOOP_GONE
};

struct loop {
    struct dice *dice;
    uint32_t grain; /* octets that are moved at a time at most */
    struct loop_link links[2];
    uint32_t hops; /* links; 2 with a proxy between */
    struct loop_message messages[LOOP_MESSAGES];
    uint32_t count;    /* of messages */
    uint32_t progress; /* counts what happens */
    size_t moved;      /* octets */
    size_t lost_at;    /* of them, when something goes wrong; 0: never */
    uint32_t loss;     /* what goes wrong */
    int lose_end;      /* it does when a message is complete */
    int lost;          /* it went wrong */

    struct ehlo_client_config client_config;
    struct ehlo_client *client;
    uint64_t client_blocks[2][LOOP_BLOCK];
    struct loop_input client_in;
    int ready;
    int client_over; /* the sticky error, or 0 */
    uint32_t step;
    uint32_t current;           /* the message that is being sent */
    uint32_t begun[LOOP_BEGUN]; /* those whose MAIL was or will be sent, in order */
    uint32_t begun_count;
    uint32_t replying; /* of them, those whose MAIL has its reply; the last one is what replies are about */
    uint32_t rcpt;     /* recipients asked for */
    uint32_t answered; /* of them, those with a reply */
    uint32_t accepted;
    uint32_t kept[LOOP_RCPTS];  /* which those are */
    uint32_t order[LOOP_RCPTS]; /* which recipients a transaction that was resumed asks for */
    int resuming;
    int breaking; /* a chunk was refused, and RSET was not said */
    int want_tls;
    uint32_t secured;
    size_t chunk;          /* octets of it that are to go out */
    int last_chunk;        /* it is */
    char command[80];      /* the line that is going out */
    uint32_t chunked;      /* the message whose chunks go out, or went out last, counted from 1 */
    uint32_t in_message;   /* the message whose octets go out, counted from 1 */
    int after_cr;          /* commands go out, and the last octet was CR */
    size_t line;           /* octets of the line that is going out */
    int dot;               /* a line of a message goes out that began with a dot */
    char beginning;        /* of that line */
    struct loop_text sent; /* of that message */
    struct {
        char beginning;
        size_t size;
    } commands[LOOP_COMMANDS]; /* those that went out; the end of a message is one, a dot of no size */
    uint32_t command_count;
    uint32_t reply_count; /* of them, those with a reply */
    int closing;          /* the server said 421 */
    size_t given;         /* octets of the message that were given */
    char *piece;          /* lent */
    struct loop_lent *lent;
    uint32_t sends, results, delivered; /* of the present message */

    struct ehlo_server_config server_config;
    struct ehlo_server *server;
    uint64_t server_blocks[2][LOOP_BLOCK];
    struct loop_input server_in;
    int server_over;
    int open;          /* a transaction was accepted, and has not ended */
    uint32_t taking;   /* the message that is being taken, counted from 1 */
    uint32_t question; /* EHLO_EVENT_ of the open question, or 0 */
    uint32_t ticket;
    uint32_t asked; /* RCPT: which; END: which of the accepted */
    uint32_t takers[LOOP_RCPTS];
    uint32_t taker_count;
    uint32_t refusals;
    uint32_t crowded; /* recipients that are taken in one transaction; 0: no bound */
    uint32_t patience;
};

static uint32_t loop_run_number; /* for the message of a failure */

static void loop_fail(const char *what, int line)
{
    fprintf(stderr, "loop: run %u: %s (line %d)\n", (unsigned)loop_run_number, what, line);
    abort();
}

#define LOOP_REQUIRE(holds) ((holds) ? (void)0 : loop_fail(#holds, __LINE__))

/* A number under `bound`, which is not 0. */
static uint32_t loop_roll(struct loop *loop, uint32_t bound)
{
    struct dice *dice = loop->dice;
    uint32_t value = 0, octets = bound > 256 ? 2 : 1;

    if (bound < 2)
        return 0;
    if (dice->size >= octets) {
        for (; octets > 0; octets--) {
            value = value << 8 | *dice->data++;
            dice->size--;
        }
        return value % bound;
    }
    dice->seed ^= dice->seed << 13;
    dice->seed ^= dice->seed >> 17;
    dice->seed ^= dice->seed << 5;
    return (dice->seed >> 3) % bound;
}

static int loop_one_in(struct loop *loop, uint32_t bound)
{
    return loop_roll(loop, bound) == bound - 1;
}

/* --- streams */

static size_t loop_write(struct loop *loop, struct loop_wire *wire, const char *data, size_t size)
{
    size_t room = wire->window > wire->used ? wire->window - wire->used : 0;

    if (wire->dead)
        return size;
    if (size > room)
        size = room;
    memcpy(wire->data + wire->used, data, size);
    wire->used += size;
    loop->moved += size;
    loop->progress += size > 0;
    return size;
}

static void loop_receive(struct loop *loop, struct loop_wire *wire, struct loop_input *in)
{
    size_t size = 1 + loop_roll(loop, loop->grain);

    if (size > wire->used)
        size = wire->used;
    if (size > in->room - in->have)
        size = in->room - in->have;
    memcpy(in->data + in->have, wire->data, size);
    in->have += size;
    in->fresh = 1;
    wire->used -= size;
    memmove(wire->data, wire->data + size, wire->used);
    loop->progress += size > 0;
}

static void loop_drop(struct loop *loop, struct loop_input *in, size_t used)
{
    LOOP_REQUIRE(used <= in->have);
    in->have -= used;
    memmove(in->data, in->data + used, in->have);
    loop->progress += used > 0;
}

/* Input as the last octets before an unreadable page; `side` has a page of its own. */
static const char *loop_offer(struct loop_input *in, uint32_t side)
{
    static char *pages[2];
    const size_t page = 1 << 16;

    if (pages[side] == NULL) {
        pages[side] = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        LOOP_REQUIRE(pages[side] != MAP_FAILED && mprotect(pages[side] + page, page, PROT_NONE) == 0);
    }
    memcpy(pages[side] + page - in->have, in->data, in->have);
    in->fresh = 0;
    return pages[side] + page - in->have;
}

/* A session is a value. */
static void *loop_move(uint64_t blocks[2][LOOP_BLOCK], void *session)
{
    uint64_t *to = session == blocks[0] ? blocks[1] : blocks[0];

    memcpy(to, session, sizeof blocks[0]);
    memset(session, 0xA5, sizeof blocks[0]);
    return to;
}

/* --- the client's program: what it sends */

static const char *loop_name(char out[16], char letter, uint32_t number)
{
    size_t at = 0;

    out[at++] = letter;
    out[at++] = (char)('0' + number / 100 % 10);
    out[at++] = (char)('0' + number / 10 % 10);
    out[at++] = (char)('0' + number % 10);
    out[at] = '\0';
    return out;
}

static struct ehlo_path loop_path(const char *local, const char *domain)
{
    struct ehlo_path path = {{local, strlen(local)}, {domain, strlen(domain)}, 0, 0};

    return path;
}

/* Fills in the sender, and the recipients [from, to). */
static void loop_lend(struct loop_lent *lent, const struct loop_message *message, uint32_t number, uint32_t from,
                      uint32_t to)
{
    memset(&lent->mail, 0, sizeof lent->mail);
    loop_name(lent->domain, 'd', number);
    lent->mail.size = sizeof lent->mail;
    lent->mail.body = message->body;
    lent->mail.octets = message->octets;
    lent->mail.path = loop_path(loop_name(lent->sender, 's', number), lent->domain);
    for (; from < to; from++) {
        memset(&lent->rcpts[from], 0, sizeof lent->rcpts[from]);
        lent->rcpts[from].size = sizeof lent->rcpts[from];
        lent->rcpts[from].path = loop_path(loop_name(lent->names[from], 'r', from), lent->domain);
    }
}

static int loop_is_lmtp(const struct loop *loop)
{
    return (loop->client_config.flags & EHLO_CLIENT_LMTP) != 0;
}

static int loop_offers(const struct loop *loop, uint32_t extension)
{
    return (int)(ehlo_client_extensions(loop->client) >> extension & 1);
}

static int loop_is_chunked(const struct loop *loop, const struct loop_message *message)
{
    return message->body == EHLO_BODY_BINARYMIME ||
           ((loop->client_config.flags & EHLO_CLIENT_CHUNKING) != 0 && loop_offers(loop, EHLO_EXTENSION_CHUNKING));
}

static int loop_takes_8bit(const struct loop *loop, const struct loop_message *message)
{
    return message->body != EHLO_BODY_7BIT || (loop->client_config.flags & EHLO_CLIENT_8BIT_ANYWAY) != 0;
}

static int loop_is_8bit(const struct loop_message *message)
{
    size_t i;

    for (i = 0; i < message->size; i++)
        if ((unsigned char)message->text[i] > 127)
            return 1;
    return 0;
}

/* What a reply of this class means for a recipient. */
static uint32_t loop_meaning(uint32_t answers, uint16_t code)
{
    if (code < 400)
        return EHLO_OUTCOME_DELIVERED;
    if (answers == EHLO_EVENT_RCPT && code == 552)
        return EHLO_OUTCOME_TRANSIENT;
    return code < 500 ? EHLO_OUTCOME_TRANSIENT : EHLO_OUTCOME_PERMANENT;
}

static void loop_decide(struct loop_message *message, uint32_t from, uint32_t to, uint32_t outcome, uint32_t answers,
                        uint16_t code)
{
    for (; from < to; from++) {
        if (message->outcome[from] != EHLO_OUTCOME_PENDING)
            continue;
        message->outcome[from] = outcome;
        message->decided[from] = answers;
        message->code[from] = code;
    }
}

/* What is open when the session is over. */
static void loop_decide_rest(struct loop_message *message)
{
    uint32_t i;

    for (i = 0; i < message->count; i++)
        if (message->outcome[i] == EHLO_OUTCOME_LATER)
            message->outcome[i] = EHLO_OUTCOME_TRANSIENT;
    loop_decide(message, 0, message->count, message->dotted ? EHLO_OUTCOME_UNKNOWN : EHLO_OUTCOME_TRANSIENT,
                EHLO_EVENT_NONE, 0);
}

/* What a reply is about. A 421 that answers nothing is about the message at hand. */
static struct loop_message *loop_replied(struct loop *loop, const struct ehlo_event *event)
{
    if (event->answers == EHLO_EVENT_MAIL) {
        LOOP_REQUIRE(++loop->replying <= loop->begun_count);
        loop->answered = loop->accepted = 0;
    }
    if (event->answers < EHLO_EVENT_MAIL || event->answers > EHLO_EVENT_END)
        return loop->lent != NULL ? &loop->messages[loop->current] : NULL;
    LOOP_REQUIRE(loop->replying > 0);
    return &loop->messages[loop->begun[loop->replying - 1]];
}

/* The server takes no more recipients in this transaction. */
static int loop_is_too_many(const struct loop *loop, const struct loop_message *message, const struct ehlo_event *event)
{
    const uint16_t *status = event->reply.status;

    return message->by_send && loop->accepted > 0 && (event->reply.code == 452 || event->reply.code == 552) &&
           (status[0] == 0 || (status[1] == 5 && status[2] == 3));
}

static void loop_take_rcpt(struct loop *loop, struct loop_message *message, const struct ehlo_event *event)
{
    const uint32_t index = loop->resuming ? loop->order[loop->answered] : loop->answered;
    const uint16_t code = event->reply.code;

    LOOP_REQUIRE(event->index == index);
    loop->answered++;
    if (code < 400)
        loop->kept[loop->accepted++] = index;
    else if (code != 421 && loop_is_too_many(loop, message, event) && message->outcome[index] == EHLO_OUTCOME_PENDING)
        message->outcome[index] = EHLO_OUTCOME_LATER;
    else if (code != 421)
        loop_decide(message, index, index + 1, loop_meaning(EHLO_EVENT_RCPT, code), EHLO_EVENT_RCPT, code);
}

static void loop_take_end(struct loop *loop, struct loop_message *message, const struct ehlo_event *event)
{
    const int lmtp = loop_is_lmtp(loop), refused = event->reply.code >= 400;
    const uint32_t from = lmtp ? loop->kept[event->index] : 0, to = lmtp ? from + 1 : message->count;

    LOOP_REQUIRE(refused || message->dotted || loop->breaking);
    LOOP_REQUIRE(!lmtp || event->index < loop->accepted);
    loop_decide(message, from, to, loop_meaning(0, event->reply.code), EHLO_EVENT_END, event->reply.code);
    if (loop->step != LOOP_END_REPLY || (lmtp && !loop->breaking && event->index + 1 < loop->accepted))
        return;
    if (loop->breaking) {
        loop->step = LOOP_RESET;
        return;
    }
    loop->step = LOOP_NEXT_MESSAGE;
    loop->current++;
}

static void loop_take_reply(struct loop *loop, const struct ehlo_event *event)
{
    const uint16_t code = event->reply.code;
    const int refused = code >= 400;
    struct loop_message *message = loop_replied(loop, event);

    loop->reply_count +=
        event->answers != EHLO_EVENT_CONNECT && !(event->answers == EHLO_EVENT_END && loop_is_lmtp(loop) &&
                                                  !loop->breaking && event->index + 1 < loop->accepted);
    loop->closing |= code == 421 && event->command.verb != EHLO_VERB_QUIT;
    LOOP_REQUIRE(loop->reply_count <= loop->command_count || code >= 400);
    switch (event->answers) {
    case EHLO_EVENT_RCPT:
        loop_take_rcpt(loop, message, event);
        break;
    case EHLO_EVENT_BODY:
        if (!refused)
            break;
        loop_decide(message, 0, message->count, loop_meaning(0, code), EHLO_EVENT_BODY, code);
        loop->breaking = 1;
        loop->in_message = 0;
        if (loop->step == LOOP_BODY)
            loop->step = LOOP_RESET;
        break;
    case EHLO_EVENT_STARTTLS:
        loop->ready = refused;
        break;
    case EHLO_EVENT_DATA:
        if (refused) {
            loop_decide(message, 0, message->count, loop_meaning(0, code), EHLO_EVENT_DATA, code);
        } else {
            loop->in_message = loop->begun[loop->replying - 1] + 1;
            loop->chunked = 0;
            loop->sent.size = loop->given = 0;
        }
        if (loop->step == LOOP_DATA_REPLY)
            loop->step = refused ? LOOP_RESET : LOOP_BODY;
        break;
    case EHLO_EVENT_END:
        loop_take_end(loop, message, event);
        break;
    case EHLO_EVENT_MAIL:
        if (refused)
            loop_decide(message, 0, message->count, loop_meaning(0, code), EHLO_EVENT_MAIL, code);
        break;
    default:
        if (event->answers == EHLO_EVENT_COMMAND && event->command.verb == EHLO_VERB_RSET)
            loop->breaking = 0;
        LOOP_REQUIRE(event->answers != EHLO_EVENT_COMMAND || event->command.verb != EHLO_VERB_RSET || code == 250 ||
                     code == 421);
        break;
    }
    if (code == 421 && message != NULL && !(event->answers == EHLO_EVENT_END && loop_is_lmtp(loop)))
        loop_decide(message, 0, message->count, EHLO_OUTCOME_TRANSIENT, event->answers, code);
}

/* RESULT: what the library says is what the replies said. */
static void loop_take_result(struct loop *loop, const struct ehlo_event *event)
{
    struct loop_message *message = &loop->messages[loop->current];
    uint32_t i, delivered = 0, silent = 0, later = 0;
    const struct ehlo_rcpt *rcpt;

    LOOP_REQUIRE(loop->lent != NULL && ++loop->results == loop->sends);
    for (i = 0; i < message->count; i++) /* a rest there is only when the session is over */
        silent += message->outcome[i] == EHLO_OUTCOME_PENDING;
    LOOP_REQUIRE(silent == 0 || (event->reason < 0 && (ehlo_client_want(loop->client) & EHLO_WANT_CLOSE) != 0));
    if ((event->flags & EHLO_EVENT_MORE) == 0)
        loop_decide_rest(message);
    for (i = 0; i < message->count; i++) {
        rcpt = &loop->lent->rcpts[i];
        later += rcpt->outcome == EHLO_OUTCOME_LATER;
        LOOP_REQUIRE(rcpt->outcome == message->outcome[i]);
        LOOP_REQUIRE(rcpt->code == message->code[i]);
        LOOP_REQUIRE(rcpt->decided == message->decided[i]);
        delivered += rcpt->outcome == EHLO_OUTCOME_DELIVERED;
    }
    LOOP_REQUIRE(event->index == delivered - loop->delivered);
    LOOP_REQUIRE(((event->flags & EHLO_EVENT_MORE) != 0) == (later > 0));
    loop->delivered = delivered;
    loop->resuming = 0;
    if (later > 0 && loop_roll(loop, 8) > 0) {
        loop->step = LOOP_RESUME;
        return;
    }
    free(loop->lent);
    loop->lent = NULL;
    loop->current++;
    loop->step = LOOP_NEXT_MESSAGE;
}

static void loop_client_next(struct loop *loop)
{
    struct ehlo_event event = {.size = sizeof event};
    const char *in = loop_offer(&loop->client_in, 0);
    size_t used;
    int found = ehlo_client_next(loop->client, in, loop->client_in.have, &used, &event);

    LOOP_REQUIRE(loop->client_over == 0 || (found == loop->client_over && used == 0));
    if (found > 0) {
        loop->progress++;
        LOOP_REQUIRE(event.type == (uint32_t)found && event.ticket == 0);
        if (event.type == EHLO_EVENT_READY) {
            LOOP_REQUIRE(!loop->ready);
            loop->ready = 1;
        } else if (event.type == EHLO_EVENT_RESULT) {
            loop_take_result(loop, &event);
        } else {
            LOOP_REQUIRE(event.type == EHLO_EVENT_REPLY);
            LOOP_REQUIRE(event.line.data >= in && event.line.data + event.line.size <= in + used);
            if (event.reply.last)
                loop_take_reply(loop, &event);
        }
    } else if (found < 0 && loop->client_over == 0) {
        loop->progress++;
        LOOP_REQUIRE(found != EHLO_E_ARGUMENT && found != EHLO_E_PROTOCOL);
        /* with QUIT as the only question left it is the orderly end */
        LOOP_REQUIRE(!loop->closing || found == EHLO_E_CLOSING || (found == EHLO_E_QUIT && loop->step == LOOP_GONE) ||
                     (found == EHLO_E_REFUSED && !loop->ready));
        LOOP_REQUIRE(ehlo_client_want(loop->client) == EHLO_WANT_CLOSE);
        LOOP_REQUIRE(loop->lent == NULL || loop->step == LOOP_RESUME);
        free(loop->lent);
        loop->lent = NULL;
        loop->client_over = found;
        loop->step = LOOP_GONE;
        free(loop->piece);
        loop->piece = NULL;
    }
    loop_drop(loop, &loop->client_in, used);
}

/* --- the client's program: what it says */

/* A command has gone out: is it its turn? RFC 2920, section 3.1. */
static void loop_watch_command(struct loop *loop, char beginning, size_t size)
{
    size_t octets = size;
    uint32_t i;

    LOOP_REQUIRE(loop->command_count < LOOP_COMMANDS);
    for (i = loop->reply_count; i < loop->command_count; i++) {
        LOOP_REQUIRE(ehlo_client_extensions(loop->client) >> EHLO_EXTENSION_PIPELINING & 1);
        LOOP_REQUIRE(strchr("MR.B", loop->commands[i].beginning) != NULL || beginning == '.');
        octets += loop->commands[i].size;
    }
    LOOP_REQUIRE(octets == size || loop->client_config.outstanding_max == 0 ||
                 octets <= loop->client_config.outstanding_max);
    loop->commands[loop->command_count].beginning = beginning;
    loop->commands[loop->command_count++].size = size;
}

/* All of a message has gone out. */
static void loop_watch_end(struct loop *loop, struct loop_message *message, size_t size)
{
    if (loop->breaking) /* it is not complete, and nobody wants it */
        return;
    LOOP_REQUIRE(size == message->canonical.size);
    LOOP_REQUIRE(memcmp(loop->sent.data, message->canonical.data, message->canonical.size) == 0);
    LOOP_REQUIRE(loop->given == message->size && !message->dotted);
    message->dotted = message->sent = 1;
    loop->in_message = 0;
}

/* An octet of a chunk. */
static void loop_watch_chunk(struct loop *loop, char octet)
{
    if (!loop->breaking) {
        LOOP_REQUIRE(loop->sent.size < sizeof loop->sent.data);
        loop->sent.data[loop->sent.size++] = octet;
    }
    if (--loop->chunk == 0 && loop->last_chunk)
        loop_watch_end(loop, &loop->messages[loop->chunked - 1], loop->sent.size);
}

/* The line of a chunk. */
static void loop_watch_bdat(struct loop *loop)
{
    char last[8] = "";
    unsigned long octets = 0;

    LOOP_REQUIRE(sscanf(loop->command, "BDAT %lu %7s", &octets, last) >= 1 && loop->chunked > 0);
    loop->chunk = octets;
    loop->last_chunk = strcmp(last, "LAST") == 0;
    LOOP_REQUIRE(loop->last_chunk ? 1 : last[0] == '\0' && octets > 0);
    if (loop->last_chunk && octets == 0)
        loop_watch_end(loop, &loop->messages[loop->chunked - 1], loop->sent.size);
}

/*
 * Looks at an octet that goes out: lines that end with CRLF, of visible ASCII or of a message; undoes the stuffing of
 * a message in the most simple way.
 */
static void loop_watch(struct loop *loop, char octet)
{
    const uint32_t in_message = loop->in_message == loop->chunked ? 0 : loop->in_message;
    struct loop_message *message = &loop->messages[in_message - (in_message > 0)];
    const int stuffed = in_message != 0 && loop->line == 0 && octet == '.';

    if (loop->chunk > 0) {
        loop_watch_chunk(loop, octet);
        return;
    }
    LOOP_REQUIRE((loop->after_cr != 0) == (octet == '\n'));
    LOOP_REQUIRE(in_message != 0 || octet == '\r' || octet == '\n' || (octet >= ' ' && octet <= '~'));
    LOOP_REQUIRE(in_message != 0 || loop->line < 512);
    loop->after_cr = octet == '\r';
    if (loop->line < sizeof loop->command - 1) {
        loop->command[loop->line] = octet;
        loop->command[loop->line + 1] = '\0';
    }
    loop->line++;
    if (in_message != 0 && !stuffed) {
        LOOP_REQUIRE(loop->sent.size < sizeof loop->sent.data);
        loop->sent.data[loop->sent.size++] = octet;
    }
    loop->dot = loop->line == 1 ? stuffed : loop->dot;
    loop->beginning = loop->line == 1 ? octet : loop->beginning;
    if (octet != '\n')
        return;
    if (in_message != 0 && loop->dot && loop->line == 3) {
        loop_watch_end(loop, message, loop->sent.size - 2);
        loop_watch_command(loop, '.', 0);
    } else if (in_message == 0) {
        loop_watch_command(loop, loop->beginning, loop->line);
        if (loop->beginning == 'B')
            loop_watch_bdat(loop);
    }
    loop->line = 0;
}

/* What was copied and finds no room on the wire is copied again. */
static void loop_client_copy(struct loop *loop, char *copy, size_t size)
{
    size_t at;

    size = ehlo_client_copy(loop->client, copy, size);
    LOOP_REQUIRE((size > 0) == ((ehlo_client_want(loop->client) & EHLO_WANT_OUTPUT) != 0));
    size = loop_write(loop, &loop->links[0].up, copy, size);
    for (at = 0; at < size; at++)
        loop_watch(loop, copy[at]);
    LOOP_REQUIRE(ehlo_client_sent(loop->client, size) == 0);
    loop->progress += size > 0;
}

static void loop_client_output(struct loop *loop)
{
    struct ehlo_span spans[3];
    char copy[64];
    size_t count, i, at, size, left = 1 + loop_roll(loop, loop->grain);
    struct loop_wire *wire = &loop->links[0].up;

    if (left <= sizeof copy && loop_one_in(loop, 4)) {
        loop_client_copy(loop, copy, left);
        return;
    }
    if (left <= sizeof copy && loop_one_in(loop, 4)) {
        /* read takes what the wire has room for */
        size = wire->dead ? left : wire->window > wire->used ? wire->window - wire->used : 0;
        size = ehlo_client_read(loop->client, copy, size < left ? size : left);
        for (i = 0; i < size; i++)
            loop_watch(loop, copy[i]);
        LOOP_REQUIRE(loop_write(loop, wire, copy, size) == size);
        loop->progress += size > 0;
        return;
    }
    count = ehlo_client_output(loop->client, spans, 1 + loop_roll(loop, 3));
    LOOP_REQUIRE((count > 0) == ((ehlo_client_want(loop->client) & EHLO_WANT_OUTPUT) != 0));
    for (i = 0; i < count && left > 0; i++) {
        size = loop_write(loop, wire, spans[i].data, spans[i].size < left ? spans[i].size : left);
        for (at = 0; at < size; at++)
            loop_watch(loop, spans[i].data[at]);
        LOOP_REQUIRE(ehlo_client_sent(loop->client, size) == 0);
        loop->progress += size > 0;
        left = size < spans[i].size ? 0 : left - size;
    }
}

/* The piece is a copy that is gone as soon as it need not be there. */
static void loop_give_piece(struct loop *loop)
{
    struct loop_message *message = &loop->messages[loop->in_message - 1];
    size_t left = message->size - loop->given, size = loop_roll(loop, loop->grain + 1);
    int last, error;

    free(loop->piece);
    if (size > left)
        size = left;
    last = size == left && !loop_one_in(loop, 4);
    loop->piece = malloc(size + 1);
    LOOP_REQUIRE(loop->piece != NULL);
    memcpy(loop->piece, message->text + loop->given, size);
    error = ehlo_client_body(loop->client, loop->piece, size, last);
    loop->progress++;
    if (error != 0) {
        LOOP_REQUIRE(error == EHLO_E_8BIT || error == EHLO_E_TOO_MUCH);
        if (error == EHLO_E_8BIT)
            LOOP_REQUIRE(loop_is_8bit(message) && !loop_takes_8bit(loop, message));
        else
            LOOP_REQUIRE(ehlo_client_message_max(loop->client) != 0 &&
                         message->canonical.size > ehlo_client_message_max(loop->client));
        LOOP_REQUIRE(ehlo_client_end(loop->client, EHLO_E_SHUTDOWN) == 0);
        loop->lost = 1;
        return;
    }
    loop->given += size;
    if (last && loop->step == LOOP_BODY && loop->in_message == loop->chunked) {
        loop->step = LOOP_END_REPLY;
    } else if (last && loop->step == LOOP_BODY) {
        loop->step = message->pipelined ? LOOP_NEXT_MESSAGE : LOOP_END_REPLY;
        loop->current += message->pipelined != 0;
    }
}

/* Whether a message cannot be begun; it is then left out. */
static int loop_cannot_begin(struct loop *loop, const struct loop_message *message, int error)
{
    if (error != EHLO_E_8BIT && error != EHLO_E_TOO_MUCH && error != EHLO_E_OFFER)
        return 0;
    if (error == EHLO_E_OFFER)
        LOOP_REQUIRE(message->body == EHLO_BODY_BINARYMIME &&
                     !(loop_offers(loop, EHLO_EXTENSION_CHUNKING) && loop_offers(loop, EHLO_EXTENSION_BINARYMIME)));
    else if (error == EHLO_E_8BIT)
        LOOP_REQUIRE(message->body == EHLO_BODY_8BITMIME && (loop->client_config.flags & EHLO_CLIENT_8BIT_ANYWAY) == 0);
    else
        LOOP_REQUIRE(message->octets > ehlo_client_message_max(loop->client));
    loop->current++;
    loop->step = LOOP_NEXT_MESSAGE;
    loop->progress++;
    return 1;
}

static void loop_send(struct loop *loop)
{
    struct loop_message *message = &loop->messages[loop->current];
    struct loop_lent *lent = malloc(sizeof *lent);
    int error;

    LOOP_REQUIRE(lent != NULL);
    loop_lend(lent, message, loop->current, 0, message->count);
    error = ehlo_client_send(loop->client, &lent->mail, lent->rcpts, message->count);
    if (error == 0) {
        LOOP_REQUIRE(loop->lent == NULL);
        loop->lent = lent;
        loop->sends++;
        loop->step = LOOP_RESULT;
        loop->delivered = 0;
        loop->begun[loop->begun_count++] = loop->current;
        loop->progress++;
        return;
    }
    free(lent);
    LOOP_REQUIRE(loop_cannot_begin(loop, message, error) || error == EHLO_E_FULL);
}

/* Another transaction for those that were left. */
static void loop_resume(struct loop *loop)
{
    struct loop_message *message = &loop->messages[loop->current];
    int error = ehlo_client_resume(loop->client, &loop->lent->mail, loop->lent->rcpts, message->count);
    uint32_t i, count = 0;

    LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL);
    if (error != 0)
        return;
    for (i = 0; i < message->count; i++) {
        if (message->outcome[i] != EHLO_OUTCOME_LATER)
            continue;
        message->outcome[i] = EHLO_OUTCOME_PENDING;
        message->rcpt[i] = 0;
        loop->order[count++] = i;
    }
    LOOP_REQUIRE(count > 0 && loop->begun_count < LOOP_BEGUN);
    message->dotted = 0;
    message->resumed++;
    loop->resuming = 1;
    loop->sends++;
    loop->step = LOOP_RESULT;
    loop->begun[loop->begun_count++] = loop->current;
    loop->progress++;
}

/* TLS, where it is offered. */
static void loop_starttls(struct loop *loop)
{
    int error = ehlo_client_starttls(loop->client);

    LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL || error == EHLO_E_OFFER);
    if (error == EHLO_E_FULL)
        return;
    loop->want_tls = 0;
    loop->ready = error != 0;
    loop->progress++;
}

/* One of the commands by themselves; nothing of what they are given is lent. */
static int loop_ask(struct loop *loop, uint32_t step)
{
    static struct loop_lent lent;
    int error;

    loop_lend(&lent, &loop->messages[loop->current], loop->current, loop->rcpt, loop->rcpt + (step == LOOP_RCPT));
    if (step == LOOP_MAIL)
        error = ehlo_client_mail(loop->client, &lent.mail);
    else if (step == LOOP_RCPT)
        error = ehlo_client_rcpt(loop->client, &lent.rcpts[loop->rcpt]);
    else if (step == LOOP_DATA)
        error = ehlo_client_data(loop->client);
    else
        error = ehlo_client_reset(loop->client);
    memset(&lent.mail, 0xA5, sizeof lent.mail);
    if (step == LOOP_RCPT)
        memset(&lent.rcpts[loop->rcpt], 0xA5, sizeof lent.rcpts[loop->rcpt]);
    loop->progress += error == 0;
    return error;
}

static void loop_next_message(struct loop *loop)
{
    static const struct ehlo_span noop = {"NOOP", 4};
    int error;

    if (loop->current == loop->count) {
        error = ehlo_client_quit(loop->client);
        LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL);
        if (error == 0)
            loop->step = LOOP_GONE;
        loop->progress += error == 0;
    } else if (loop_one_in(loop, 8)) {
        error = say_command(loop->client, noop);
        LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL);
    } else if (loop->messages[loop->current].by_send) {
        loop_send(loop);
    } else {
        loop->step = LOOP_MAIL;
    }
}

static void loop_client_program(struct loop *loop)
{
    struct loop_message *message = &loop->messages[loop->current];
    int error;

    if (ehlo_client_want(loop->client) & EHLO_WANT_BODY) {
        if (loop->in_message == 0) { /* chunks need no leave */
            LOOP_REQUIRE(loop_is_chunked(loop, message));
            loop->in_message = loop->chunked = loop->current + 1;
            loop->sent.size = loop->given = 0;
        }
        loop_give_piece(loop);
        return;
    }
    if (loop->client_over != 0 || !loop->ready || ehlo_client_want(loop->client) & EHLO_WANT_CLOSE)
        return;
    switch (loop->step) {
    case LOOP_NEXT_MESSAGE:
        if (loop->want_tls && loop->begun_count == 0)
            loop_starttls(loop);
        else
            loop_next_message(loop);
        break;
    case LOOP_RESUME:
        loop_resume(loop);
        break;
    case LOOP_MAIL:
        error = loop_ask(loop, LOOP_MAIL);
        if (loop_cannot_begin(loop, message, error) || error == EHLO_E_FULL)
            break;
        if (error == EHLO_E_STATE) { /* ehlo_client_send has left a transaction open */
            LOOP_REQUIRE(loop->begun_count > 0);
            error = loop_ask(loop, LOOP_RESET);
            LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL);
            break;
        }
        LOOP_REQUIRE(error == 0);
        loop->begun[loop->begun_count++] = loop->current;
        loop->rcpt = 0;
        loop->step = LOOP_RCPT;
        break;
    case LOOP_RCPT:
        error = loop_ask(loop, LOOP_RCPT);
        if (error == 0 && ++loop->rcpt == message->count)
            loop->step = LOOP_DATA;
        if (error == EHLO_E_STATE) {
            LOOP_REQUIRE(loop->replying == loop->begun_count && message->decided[0] == EHLO_EVENT_MAIL);
            loop->step = LOOP_RESET;
        }
        break;
    case LOOP_DATA:
        if (loop_one_in(loop, 16)) {
            message->dropped = 1;
            loop->step = LOOP_RESET;
            break;
        }
        error = loop_ask(loop, LOOP_DATA);
        if (error == 0)
            loop->step = loop_is_chunked(loop, message) ? LOOP_BODY : LOOP_DATA_REPLY;
        if (error == EHLO_E_STATE) { /* nobody is left to send it to */
            LOOP_REQUIRE(loop->answered == message->count && loop->accepted == 0);
            loop->step = LOOP_RESET;
        }
        break;
    case LOOP_RESET:
        error = loop_ask(loop, LOOP_RESET);
        LOOP_REQUIRE(error == 0 || error == EHLO_E_FULL);
        if (error == 0) {
            loop->step = LOOP_NEXT_MESSAGE;
            loop->current++;
        }
        break;
    default:
        break;
    }
}

/* --- the server's program */

/* The number in an address of loop_name. */
static uint32_t loop_number(struct ehlo_span span, uint32_t bound)
{
    uint32_t number = 0;
    size_t i;

    LOOP_REQUIRE(span.size > 1);
    for (i = 1; i < span.size; i++)
        number = number * 10 + (uint32_t)(span.data[i] - '0');
    LOOP_REQUIRE(number < bound);
    return number;
}

static void loop_take_question(struct loop *loop, const struct ehlo_event *event)
{
    struct loop_message *message;

    LOOP_REQUIRE(loop->question == 0 || (loop->question == event->type && loop->ticket == event->ticket));
    loop->question = event->type;
    loop->ticket = event->ticket;
    if (event->type == EHLO_EVENT_MAIL)
        loop->taking = 1 + loop_number(event->command.path.local, loop->count);
    if (event->type < EHLO_EVENT_MAIL || event->type > EHLO_EVENT_END)
        return;
    message = &loop->messages[loop->taking - 1];
    if (event->type == EHLO_EVENT_RCPT) {
        LOOP_REQUIRE(loop_number(event->command.path.domain, loop->count) == loop->taking - 1);
        loop->asked = loop_number(event->command.path.local, message->count);
    } else if (event->type == EHLO_EVENT_END) {
        LOOP_REQUIRE(message->got.size == message->canonical.size);
        LOOP_REQUIRE(memcmp(message->got.data, message->canonical.data, message->got.size) == 0);
        LOOP_REQUIRE(event->octets == message->got.size && message->dotted);
        loop->asked = event->index;
    }
}

static void loop_server_next(struct loop *loop)
{
    struct ehlo_event event = {.size = sizeof event};
    struct loop_text *got;
    size_t used;
    int found = ehlo_server_next(loop->server, loop_offer(&loop->server_in, 1), loop->server_in.have, &used, &event);

    LOOP_REQUIRE(loop->server_over == 0 || (found == loop->server_over && used == 0));
    if (found < 0 && loop->server_over == 0) {
        loop->progress++;
        LOOP_REQUIRE(found != EHLO_E_ARGUMENT && !loop->open);
        loop->server_over = found;
    } else if (found == EHLO_EVENT_BODY) {
        got = &loop->messages[loop->taking - 1].got;
        LOOP_REQUIRE(loop->open && got->size + event.data.size <= sizeof got->data);
        memcpy(got->data + got->size, event.data.data, event.data.size);
        got->size += event.data.size;
    } else if (found == EHLO_EVENT_ABORT) {
        LOOP_REQUIRE(loop->open);
        loop->open = 0;
    } else if (found > 0) {
        loop->progress += loop->question == 0;
        loop_take_question(loop, &event);
    }
    loop_drop(loop, &loop->server_in, used);
}

/* The verdict on the open question: 0 is the standard yes. */
static uint16_t loop_verdict(struct loop *loop)
{
    static const uint16_t refusals[] = {450, 452, 550, 552, 554, 421, 521, 451};
    const int greeting = loop->question == EHLO_EVENT_CONNECT || loop->question == EHLO_EVENT_HELLO;

    if (loop->refusals == 0 || !loop_one_in(loop, greeting ? 4 * loop->refusals : loop->refusals))
        return loop->question == EHLO_EVENT_RCPT && loop_one_in(loop, 8) ? 251 : 0;
    return refusals[loop_roll(loop, sizeof refusals / sizeof refusals[0])];
}

/* For all that were accepted, in LMTP for the one that was asked for. */
static void loop_answer_end(struct loop *loop, struct loop_message *message, uint16_t code)
{
    const int lmtp = loop_is_lmtp(loop);
    uint32_t i;

    LOOP_REQUIRE(loop->open && (!lmtp || loop->asked < loop->taker_count));
    for (i = lmtp ? loop->asked : 0; i < (lmtp ? loop->asked + 1 : loop->taker_count); i++) {
        LOOP_REQUIRE(message->end[loop->takers[i]] == 0);
        message->end[loop->takers[i]] = code;
    }
    loop->open = lmtp && loop->asked + 1 < loop->taker_count;
}

static void loop_server_answer(struct loop *loop)
{
    static const char *const texts[] = {"", "as you like", "two\nlines", "a\n\nb\nc"};
    const char *text = texts[loop_roll(loop, 4)];
    struct ehlo_reply reply = {.size = sizeof reply, .text = {text, strlen(text)}};
    struct loop_message *message = &loop->messages[loop->taking - (loop->taking > 0)];
    uint16_t code;

    if (loop->question == 0 || (loop->patience > 0 && !loop_one_in(loop, loop->patience)))
        return;
    reply.code = code = loop_verdict(loop);
    if (loop->question == EHLO_EVENT_RCPT && loop->crowded > 0 && loop->taker_count >= loop->crowded) {
        reply.code = code = 452;
        reply.status[0] = 4;
        reply.status[1] = 5;
        reply.status[2] = 3;
    }
    LOOP_REQUIRE(ehlo_server_answer(loop->server, loop->ticket, code == 0 ? NULL : &reply) == 0);
    loop->progress++;
    if (code == 0)
        code = loop->question == EHLO_EVENT_DATA ? 354 : 250;
    if (loop->question == EHLO_EVENT_MAIL) {
        LOOP_REQUIRE(message->mails++ <= message->resumed && !loop->open);
        message->mail = code;
        message->got.size = 0;
        loop->taker_count = 0;
        loop->open = code < 400;
    } else if (loop->question == EHLO_EVENT_RCPT) {
        LOOP_REQUIRE(message->rcpt[loop->asked] == 0);
        message->rcpt[loop->asked] = code;
        if (code < 400)
            loop->takers[loop->taker_count++] = loop->asked;
    } else if (loop->question == EHLO_EVENT_END) {
        loop_answer_end(loop, message, code);
    }
    loop->question = 0;
}

static void loop_server_output(struct loop *loop)
{
    struct ehlo_span span;
    size_t size = 1 + loop_roll(loop, loop->grain);

    LOOP_REQUIRE((ehlo_server_output(loop->server, &span, 1) > 0) ==
                 ((ehlo_server_want(loop->server) & EHLO_WANT_OUTPUT) != 0));
    if (ehlo_server_output(loop->server, &span, 1) == 0)
        return;
    size = loop_write(loop, &loop->links[loop->hops - 1].down, span.data, size < span.size ? size : span.size);
    LOOP_REQUIRE(ehlo_server_sent(loop->server, size) == 0);
    loop->progress += size > 0;
}

/* --- the run */

/* What comes of a connection that one side has left: `from` it arrives what it sent, and nothing goes `to` it. */
static void loop_hang_up(struct loop_wire *from, struct loop_wire *to)
{
    from->ended = 1;
    to->dead = 1;
    to->used = 0;
}

static void loop_client_step(struct loop *loop)
{
    struct loop_link *link = &loop->links[0];

    if (loop_one_in(loop, 8))
        loop->client = loop_move(loop->client_blocks, loop->client);
    switch (loop_roll(loop, 4)) {
    case 0:
        if (ehlo_client_want(loop->client) & (EHLO_WANT_INPUT | EHLO_WANT_TLS)) /* where none should come */
            loop_receive(loop, &link->down, &loop->client_in);
        break;
    case 1:
        loop_client_output(loop);
        break;
    case 2:
        loop_client_program(loop);
        break;
    default:
        loop_client_next(loop);
        break;
    }
    if (loop->client_over != 0) {
        loop_hang_up(&link->up, &link->down);
    } else if (link->down.ended && link->down.used == 0 && !loop->client_in.fresh &&
               ehlo_client_want(loop->client) & (EHLO_WANT_INPUT | EHLO_WANT_TLS)) {
        LOOP_REQUIRE(ehlo_client_end(loop->client, EHLO_E_LOST) == 0);
        loop->progress++;
    }
}

static void loop_server_step(struct loop *loop)
{
    struct loop_link *link = &loop->links[loop->hops - 1];

    if (loop_one_in(loop, 8))
        loop->server = loop_move(loop->server_blocks, loop->server);
    switch (loop_roll(loop, 4)) {
    case 0:
        if (ehlo_server_want(loop->server) & EHLO_WANT_INPUT)
            loop_receive(loop, &link->up, &loop->server_in);
        break;
    case 1:
        loop_server_output(loop);
        break;
    case 2:
        loop_server_answer(loop);
        break;
    default:
        loop_server_next(loop);
        break;
    }
    if (ehlo_server_want(loop->server) == EHLO_WANT_CLOSE) {
        loop_hang_up(&link->down, &link->up);
    } else if (link->up.ended && link->up.used == 0 && !loop->server_in.fresh &&
               ehlo_server_want(loop->server) & (EHLO_WANT_INPUT | EHLO_WANT_ANSWER | EHLO_WANT_TLS)) {
        (void)ehlo_server_end(loop->server, EHLO_E_LOST);
        loop->question = 0;
        loop->progress++;
    }
}

static void loop_cut_wire(struct loop *loop, struct loop_wire *wire)
{
    wire->used = loop_roll(loop, (uint32_t)wire->used + 1);
    wire->dead = wire->ended = 1;
}

static void loop_lose(struct loop *loop)
{
    struct loop_link *link = &loop->links[loop_roll(loop, loop->hops)];
    const int why = loop_roll(loop, 2) == 0 ? EHLO_E_TIMEOUT : EHLO_E_SHUTDOWN;

    loop->lost = 1;
    loop->progress++;
    if (loop->loss < 2) /* up, or both */
        loop_cut_wire(loop, &link->up);
    if (loop->loss == 1 || loop->loss == 2)
        loop_cut_wire(loop, &link->down);
    if (loop->loss == 3)
        (void)ehlo_client_end(loop->client, why);
    if (loop->loss == 4 && ehlo_server_end(loop->server, why) == 0)
        loop->question = 0;
}

/* What both sides know fits together. `broken`: something between them may not have told what it knew. */
static void loop_compare(const struct loop *loop, int broken)
{
    const struct loop_message *message;
    uint32_t k, i, outcome;
    int taken;

    LOOP_REQUIRE(!loop->open && loop->results == loop->sends);
    for (k = 0; k < loop->count; k++) {
        message = &loop->messages[k];
        for (i = 0; i < message->count; i++) {
            outcome = message->outcome[i];
            taken = message->end[i] / 100 == 2;
            LOOP_REQUIRE(outcome != EHLO_OUTCOME_DELIVERED || taken);
            LOOP_REQUIRE(outcome != EHLO_OUTCOME_UNKNOWN || message->sent);
            /* chunks need no leave: they may go to a server that closes by 521 */
            LOOP_REQUIRE(outcome != EHLO_OUTCOME_UNKNOWN || loop->lost || loop_is_lmtp(loop) ||
                         loop_is_chunked(loop, message));
            LOOP_REQUIRE(!taken || broken || outcome == EHLO_OUTCOME_DELIVERED || outcome == EHLO_OUTCOME_UNKNOWN);
            LOOP_REQUIRE(!taken || message->sent);
            if (message->decided[i] == EHLO_EVENT_RCPT && message->rcpt[i] != 0 && message->code[i] != 421 && !broken)
                LOOP_REQUIRE(message->code[i] == message->rcpt[i]);
            if (message->decided[i] == EHLO_EVENT_END && message->end[i] != 0 && !broken)
                LOOP_REQUIRE(message->code[i] == message->end[i]);
            if (message->rcpt[i] >= 400 && !loop->lost && message->code[i] != 421 && message->code[i] != 0 && !broken)
                LOOP_REQUIRE(message->code[i] == message->rcpt[i]);
        }
    }
}

static void loop_write_message(struct loop *loop, struct loop_message *message, size_t most)
{
    static const char octets[] = {'\r', '\n', '.', 'x'};
    char *out = message->canonical.data;
    uint32_t chance = 4 + loop_roll(loop, 30), octet;
    size_t i;

    message->size = loop_roll(loop, (uint32_t)most + 1);
    for (i = 0; i < message->size; i++) {
        octet = loop_roll(loop, chance);
        message->text[i] = octet < 4 ? octets[octet] : octet == 4 && loop->count % 2 == 0 ? '\xE9' : 'y';
        if (message->text[i] == '\n' && i > 0 && message->text[i - 1] == '\r')
            continue;
        *out++ = message->text[i] == '\n' ? '\r' : message->text[i];
        if (message->text[i] == '\r' || message->text[i] == '\n')
            *out++ = '\n';
    }
    if (out > message->canonical.data && out[-1] != '\n') {
        *out++ = '\r';
        *out++ = '\n';
    }
    message->canonical.size = (size_t)(out - message->canonical.data);
}

static void loop_plan_messages(struct loop *loop)
{
    struct loop_message *message;
    uint32_t k;

    loop->count = 1 + loop_roll(loop, LOOP_MESSAGES);
    for (k = 0; k < loop->count; k++) {
        message = &loop->messages[k];
        message->count = 1 + loop_roll(loop, loop_one_in(loop, 12) ? LOOP_RCPTS : 4);
        loop_write_message(loop, message, loop_one_in(loop, 8) ? LOOP_TEXT : 16);
        message->body = loop_roll(loop, 2) == 0 ? EHLO_BODY_8BITMIME : EHLO_BODY_7BIT;
        if (loop->hops == 1 && loop_one_in(loop, 5)) {
            message->body = EHLO_BODY_BINARYMIME;
            memcpy(message->canonical.data, message->text, message->size);
            message->canonical.size = message->size;
        }
        message->octets = loop_roll(loop, 2) == 0 ? message->canonical.size : 0;
        message->by_send = loop_roll(loop, 2) == 0;
        message->pipelined = loop_roll(loop, 2) == 0;
    }
}

static void loop_configure(struct loop *loop)
{
    static const uint32_t grains[] = {1, 8, 100, LOOP_WIRE};
    static const uint8_t withhold[] = {EHLO_EXTENSION_PIPELINING, EHLO_EXTENSION_SIZE, EHLO_EXTENSION_8BITMIME,
                                       EHLO_EXTENSION_ENHANCEDSTATUSCODES};
    struct ehlo_client_config *client = &loop->client_config;
    struct ehlo_server_config *server = &loop->server_config;
    uint32_t i;

    client->size = sizeof *client;
    client->hello.data = "client.example";
    client->hello.size = 14;
    client->output_size = loop_roll(loop, 2) == 0 ? 512 : 0;
    client->line_max = loop_roll(loop, 2) == 0 ? 512 : 0;
    client->outstanding_max = loop_roll(loop, 2) == 0 ? 1 + loop_roll(loop, 600) : 0;
    client->ignore = (uint64_t)(loop_roll(loop, 4) == 3) << EHLO_EXTENSION_PIPELINING;
    client->flags = loop_roll(loop, 2) == 0 ? EHLO_CLIENT_8BIT_ANYWAY : 0;
    client->flags |= loop_roll(loop, 2) == 0 ? EHLO_CLIENT_CHUNKING : 0;
    if (loop->hops == 1 && loop_one_in(loop, 3)) {
        client->flags |= EHLO_CLIENT_LMTP;
        server->flags |= EHLO_SERVER_LMTP;
    }
    loop->want_tls = loop->hops == 1 && loop_one_in(loop, 3);
    server->offer.data = loop_one_in(loop, 4) ? "BINARYMIME" : "STARTTLS\nBINARYMIME\nDSN";
    server->offer.size = strlen(server->offer.data);
    server->size = sizeof *server;
    server->hostname.data = "server.example";
    server->hostname.size = 14;
    server->newline = loop_roll(loop, 3);
    server->output_size = loop_roll(loop, 2) == 0 ? 128 : 0;
    server->message_max = loop_one_in(loop, 8) ? 1 + loop_roll(loop, 20) : 0;
    for (i = 0; i < sizeof withhold; i++)
        server->withhold |= (uint64_t)(loop_roll(loop, 4) == 3) << withhold[i];
    loop->refusals = loop_roll(loop, 2) == 0 ? 2 + loop_roll(loop, 20) : 0;
    loop->crowded = loop_one_in(loop, 6) ? 1 + loop_roll(loop, 40) : 0;
    loop->patience = loop_roll(loop, 2) == 0 ? 2 + loop_roll(loop, 10) : 0;
    loop->grain = grains[loop_roll(loop, 4)];
    if (loop_one_in(loop, 3))
        loop->lost_at = 1 + loop_roll(loop, loop_one_in(loop, 3) ? 6000 : 900);
    loop->lose_end = loop_one_in(loop, 12);
    loop->loss = loop_roll(loop, 5);
    for (i = 0; i < 2; i++) {
        loop->links[i].up.window = 1 + loop_roll(loop, loop_one_in(loop, 2) ? LOOP_WIRE : 64);
        loop->links[i].down.window = 1 + loop_roll(loop, loop_one_in(loop, 2) ? LOOP_WIRE : 64);
    }
}

/* Everything there is, set up from the dice. */
static void loop_begin(struct loop *loop, struct dice *dice, uint32_t hops)
{
    memset(loop, 0, sizeof *loop);
    loop->dice = dice;
    loop->hops = hops;
    loop_configure(loop);
    loop_plan_messages(loop);
    loop->client_in.room = ehlo_client_line_max(&loop->client_config);
    loop->server_in.room = ehlo_server_line_max(&loop->server_config);
    LOOP_REQUIRE(loop->client_in.room <= LOOP_LINE && loop->server_in.room <= LOOP_LINE);
    LOOP_REQUIRE(ehlo_client_init(&loop->client, loop->client_blocks[0], sizeof loop->client_blocks[0],
                                  &loop->client_config) == 0);
    LOOP_REQUIRE(ehlo_server_init(&loop->server, loop->server_blocks[0], sizeof loop->server_blocks[0],
                                  &loop->server_config) == 0);
}

/* Both sides wait for TLS, and what was said before is over. */
static void loop_secure(struct loop *loop)
{
    const struct loop_link *link = &loop->links[0];

    if (ehlo_client_want(loop->client) != EHLO_WANT_TLS || ehlo_server_want(loop->server) != EHLO_WANT_TLS ||
        link->up.ended || link->down.ended)
        return;
    LOOP_REQUIRE(link->up.used + link->down.used + loop->client_in.have + loop->server_in.have == 0);
    LOOP_REQUIRE(ehlo_client_secured(loop->client, 0) == 0 && ehlo_server_secured(loop->server, 0) == 0);
    loop->secured++;
    loop->progress++;
}

/* A step of one side; when nothing moves for long, nothing ever will. */
static void loop_step(struct loop *loop)
{
    static uint32_t progress, idle;

    idle = progress == loop->progress ? idle + 1 : 0;
    progress = loop->progress;
    LOOP_REQUIRE(idle < LOOP_IDLE);
    loop_secure(loop);
    if ((loop->lost_at != 0 && loop->moved >= loop->lost_at) || (loop->lose_end && loop->question == EHLO_EVENT_END)) {
        loop->lost_at = 0;
        loop->lose_end = 0;
        loop_lose(loop);
    }
    if (loop_roll(loop, 2) == 0)
        loop_client_step(loop);
    else
        loop_server_step(loop);
}

static int loop_goes_on(const struct loop *loop)
{
    return loop->client_over == 0 || ehlo_server_want(loop->server) != EHLO_WANT_CLOSE || loop->server_over == 0;
}

static void loop_finish(struct loop *loop, int broken)
{
    uint32_t i;

    for (i = 0; i < loop->begun_count; i++)
        loop_decide_rest(&loop->messages[loop->begun[i]]);
    loop_compare(loop, broken);
}

#endif
