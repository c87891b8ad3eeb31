/* SPDX-License-Identifier: ISC
 *
 * The client: whatever the server says, however it is cut and however the output is taken, the events and the output
 * are the same; nothing goes out but commands and messages; what was begun comes to an end, once.
 *
 * The first octet chooses the configuration, the second what the program does: its low half is how many octets follow,
 * an action each, its high half the message. The rest is the server's, in turns with FF between: before the next turn
 * all that can be sent has been sent.
 */
#include <ehlo.h>
#include <stdio.h>

#include "require.h"

enum {
    INPUT_MAX = 1024,
    TEXT_MAX = 1 << 17,
    BLOCK = EHLO_CLIENT_SIZE / 8,
    RCPTS = 4,
    TURN = 0xFF
};

struct text {
    char data[TEXT_MAX];
    size_t size;
};

struct run {
    struct ehlo_client_config config;
    struct ehlo_client *client;
    uint64_t blocks[2][BLOCK];
    const uint8_t *actions; /* those to come */
    size_t action_count;
    const char *message;
    int halves; /* the message is given in two turns */
    int chunks; /* by BDAT, where the server offers it */

    uint32_t seed; /* 0: nothing is cut */
    int wild;      /* the server speaks and the output is taken at random */

    struct ehlo_mail mail;
    struct ehlo_rcpt rcpts[RCPTS];
    uint32_t sending;   /* recipients of the transaction that is under way */
    uint32_t left;      /* of one that left some for another */
    uint32_t delivered; /* of them */
    char *piece;
    size_t given;
    int halted; /* the second half must wait */
    int broken; /* a piece could not be given */

    /* what the replies said */
    uint32_t replies, lines, code; /* lines and code of the present one */
    int has_sender, has_recipient; /* that were accepted */

    uint32_t commands; /* that went out, messages included */
    struct text log, out;
    size_t line;    /* where in `out` the present line begins */
    size_t body_at; /* where the message begins, or SIZE_MAX */
    int lone;       /* it is nothing but a dot */
    size_t chunk;   /* octets of the present chunk that are to come */
    int last;       /* it is the last one */
    size_t chunked; /* octets of the message that went out in chunks */
    int over;       /* the sticky error */
};

static uint32_t roll(struct run *run, uint32_t bound)
{
    run->seed ^= run->seed << 13;
    run->seed ^= run->seed >> 17;
    run->seed ^= run->seed << 5;
    return (run->seed >> 3) % bound;
}

/* How much of `size` octets is moved at a time. */
static size_t some(struct run *run, size_t size)
{
    size_t most = size < 40 ? size : 40;

    return run->seed == 0 || size == 0 ? size : 1 + roll(run, (uint32_t)most);
}

static void put(struct text *text, const char *data, size_t size)
{
    require(size <= sizeof text->data - text->size);
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
}

static void log_number(struct run *run, const char *what, long long number)
{
    char out[80];
    int size = snprintf(out, sizeof out, " %s=%lld", what, number);

    put(&run->log, out, (size_t)size);
}

static void log_event(struct run *run, const struct ehlo_event *event)
{
    log_number(run, "type", event->type);
    log_number(run, "flags", event->flags);
    log_number(run, "reason", event->reason);
    log_number(run, "index", event->index);
    log_number(run, "octets", (long long)event->octets);
    log_number(run, "answers", event->answers);
    log_number(run, "verb", event->command.verb);
    log_number(run, "code", event->reply.code);
    log_number(run, "status",
               event->reply.status[0] * 1000000 + event->reply.status[1] * 1000 + event->reply.status[2]);
    log_number(run, "last", event->reply.last);
    put(&run->log, " ", 1);
    put(&run->log, event->line.data, event->line.size);
    put(&run->log, " [", 2);
    put(&run->log, event->reply.text.data, event->reply.text.size);
    put(&run->log, "]\n", 2);
}

/* --- what goes out */

static const char *const messages[] = {
    "",          ".",        "x\r\n",        ".\r\n.\r\n", "a\rb\n.c\r\n..\n\r", "\r\n.\n.\r.\r\n.",
    "\n.\n",     "\r.\r",    "8\xE9",        "\xE9\n",     "Subject: x\n\nx",    "..",
    "a\n.\n.\n", "\r\r\n\n", "x\r\n.x\r\ny", "\r",
};

/* The message as it must go out, without the final dot; in chunks without any dot more. */
static size_t encoded(const char *in, char *out, int dots)
{
    size_t size = 0;
    int fresh = 1;

    for (; *in != '\0'; in++) {
        if (dots && fresh && *in == '.')
            out[size++] = '.';
        fresh = *in == '\r' || *in == '\n';
        if (fresh) {
            out[size++] = '\r';
            out[size++] = '\n';
            in += in[0] == '\r' && in[1] == '\n';
        } else {
            out[size++] = *in;
        }
    }
    if (!fresh) {
        out[size++] = '\r';
        out[size++] = '\n';
    }
    return size;
}

/* A whole line of commands. */
static void check_command(const char *line, size_t size)
{
    static const char *const beginnings[] = {"EHLO [127.0.0.1]\r\n",
                                             "HELO [127.0.0.1]\r\n",
                                             "MAIL FROM:<a@b.example>",
                                             "RCPT TO:<r@d.example>",
                                             "DATA\r\n",
                                             "RSET\r\n",
                                             "NOOP\r\n",
                                             "VRFY x\r\n",
                                             "XFOO\r\n",
                                             "BDAT ",
                                             "STARTTLS\r\n",
                                             "AUTH X\r\n",
                                             "AUTH X =\r\n",
                                             "YQ==\r\n",
                                             "*\r\n",
                                             "QUIT\r\n"};
    size_t i, length, found = 0;

    for (i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        length = strlen(beginnings[i]);
        found += size >= length && memcmp(line, beginnings[i], length) == 0;
    }
    require(found == 1 && size <= 100);
    for (i = 0; i < size - 2; i++)
        require(line[i] >= ' ' && line[i] <= '~');
}

/* The line of a chunk: none is empty but the last one. */
static void begin_chunk(struct run *run, const char *line, size_t size)
{
    size_t i;

    run->chunk = 0;
    for (i = 5; line[i] >= '0' && line[i] <= '9'; i++)
        run->chunk = run->chunk * 10 + (size_t)(line[i] - '0');
    run->last = size == i + 7 && memcmp(line + i, " LAST\r\n", 7) == 0;
    require(i > 5 && (run->last || (size == i + 2 && run->chunk > 0)));
}

/* What was announced is what goes out, and it is the message, no more and no less. */
static void check_chunk(struct run *run)
{
    char want[100];
    const size_t length = encoded(run->message, want, 0);
    size_t size = run->out.size - run->line;

    if (size > run->chunk)
        size = run->chunk;
    require(run->chunk <= length - run->chunked);
    require(memcmp(run->out.data + run->line, want + run->chunked, size) == 0);
    run->line += size;
    run->chunked += size;
    run->chunk -= size;
    require(run->chunk > 0 || !run->last || run->chunked == length);
}

/* Looks at what has gone out so far. */
static void check_output(struct run *run)
{
    char want[100];
    size_t size, length = 0;
    const char *end;

    if (run->body_at != SIZE_MAX) {
        if (!run->lone)
            length = encoded(run->message, want, 1);
        memcpy(want + length, ".\r\n", 3);
        length += 3;
        size = run->out.size - run->body_at;
        require(memcmp(run->out.data + run->body_at, want, size < length ? size : length) == 0);
        if (size < length)
            return;
        run->line = run->body_at + length;
        run->body_at = SIZE_MAX;
        run->commands++;
    }
    check_chunk(run);
    while (run->chunk == 0 && run->line < run->out.size &&
           (end = memchr(run->out.data + run->line, '\n', run->out.size - run->line)) != NULL) {
        size = (size_t)(end + 1 - run->out.data) - run->line;
        require(size > 2 && end[-1] == '\r');
        check_command(run->out.data + run->line, size);
        run->commands++;
        run->line += size;
        if (memcmp(run->out.data + run->line - size, "BDAT ", 5) == 0) {
            begin_chunk(run, run->out.data + run->line - size, size);
            check_chunk(run);
        }
    }
}

/* Takes output once. Returns 0 when there is none. */
static int take_output(struct run *run)
{
    struct ehlo_span spans[3];
    char copy[8];
    size_t size = 0, count, i, left;

    if (run->seed != 0 && roll(run, 3) == 0) {
        size = ehlo_client_read(run->client, copy, 1 + roll(run, sizeof copy));
        put(&run->out, copy, size);
    } else {
        count = ehlo_client_output(run->client, spans, run->seed != 0 ? 1 + roll(run, 3) : 3);
        require((count > 0) == ((ehlo_client_want(run->client) & EHLO_WANT_OUTPUT) != 0));
        for (i = 0; i < count; i++)
            size += spans[i].size;
        left = size = some(run, size);
        for (i = 0; i < count && left > 0; i++) {
            if (spans[i].size > left)
                spans[i].size = left;
            put(&run->out, spans[i].data, spans[i].size);
            left -= spans[i].size;
        }
        require(ehlo_client_sent(run->client, size) == 0);
    }
    check_output(run);
    return size > 0;
}

/* --- the program */

static void path(struct ehlo_path *out, const char *local, const char *domain)
{
    out->local.data = local;
    out->local.size = 1;
    out->domain.data = domain;
    out->domain.size = 9;
}

static int begin_send(struct run *run, uint32_t count)
{
    int error;
    uint32_t i;

    if (run->sending != 0) /* what is lent must stay as it is */
        return ehlo_client_send(run->client, &run->mail, run->rcpts, count);
    memset(run->rcpts, 0, sizeof run->rcpts);
    for (i = 0; i < count; i++) {
        run->rcpts[i].size = sizeof run->rcpts[i];
        path(&run->rcpts[i].path, "r", "d.example");
    }
    error = ehlo_client_send(run->client, &run->mail, run->rcpts, count);
    if (error == 0) {
        run->sending = count;
        run->delivered = 0;
    }
    return error;
}

static int begin_resume(struct run *run)
{
    int error;

    if (run->sending != 0 || run->left == 0)
        return EHLO_E_STATE;
    error = ehlo_client_resume(run->client, &run->mail, run->rcpts, run->left);
    if (error == 0)
        run->sending = run->left;
    return error;
}

/* What a session may do before there is mail. */
static int act_security(struct run *run, unsigned action)
{
    static const struct ehlo_span mechanism = {"X", 1}, none, empty = {"", 0}, response = {"YQ==", 4};

    switch (action) {
    case 0:
        return ehlo_client_starttls(run->client);
    case 1:
        return ehlo_client_auth(run->client, mechanism.data, mechanism.size, none.data, none.size);
    case 2:
        return ehlo_client_auth(run->client, mechanism.data, mechanism.size, empty.data, empty.size);
    case 3:
        return ehlo_client_respond(run->client, response.data, response.size);
    case 4:
        return ehlo_client_cancel(run->client);
    case 5:
        return ehlo_client_secured(run->client, 0);
    case 6:
        return begin_resume(run);
    default:
        return 0;
    }
}

static int act(struct run *run, uint8_t action)
{
    static const struct ehlo_span commands[] = {{"NOOP", 4}, {"VRFY x", 6}, {"XFOO", 4}, {"QUIT", 4}};
    struct ehlo_rcpt rcpt = {.size = sizeof rcpt};

    switch (action & 7) {
    case 0:
        return begin_send(run, 1 + (action >> 3 & 3));
    case 1:
        return ehlo_client_mail(run->client, &run->mail);
    case 2:
        path(&rcpt.path, "r", "d.example");
        return ehlo_client_rcpt(run->client, &rcpt);
    case 3:
        return ehlo_client_data(run->client);
    case 4:
        return ehlo_client_reset(run->client);
    case 5:
        return ehlo_client_command(run->client, commands[action >> 3 & 3].data, commands[action >> 3 & 3].size);
    case 6:
        return ehlo_client_quit(run->client);
    default:
        return act_security(run, action >> 3 & 7);
    }
}

/* Does what can be done now; what is not the turn of waits for it. */
static void act_all(struct run *run)
{
    int error;

    while (run->action_count > 0 && run->over == 0) {
        error = act(run, run->actions[0]);
        require(error <= 0 && error != EHLO_E_ARGUMENT && error != EHLO_E_SPACE);
        if (error == EHLO_E_FULL || (error == EHLO_E_STATE && (run->actions[0] & 0x80) != 0))
            break;
        log_number(run, "action", error);
        run->actions++;
        run->action_count--;
    }
}

/* Gives a piece that is gone as soon as it need not be there. Returns 0 when none is wanted now. */
static int give_piece(struct run *run)
{
    const size_t length = strlen(run->message);
    size_t end = length, size;
    int last, error;

    if ((ehlo_client_want(run->client) & EHLO_WANT_BODY) == 0)
        return 0;
    if (run->halves && run->given < length / 2)
        end = length / 2;
    else if (run->halted)
        return 0;
    size = end - run->given;
    if (!run->chunks || run->wild) /* each piece is a chunk: where they end is not the transport's to say */
        size = some(run, size);
    last = run->given + size == length && (run->seed == 0 || (run->chunks && !run->wild) || roll(run, 3) > 0);
    run->halted = run->halves && end < length && run->given + size == end;
    free(run->piece);
    run->piece = malloc(size + 1);
    require(run->piece != NULL);
    memcpy(run->piece, run->message + run->given, size);
    error = ehlo_client_body(run->client, run->piece, size, last);
    if (error != 0) {
        require(error == EHLO_E_8BIT || error == EHLO_E_TOO_MUCH);
        require(ehlo_client_end(run->client, EHLO_E_SHUTDOWN) == 0);
        run->broken = 1;
    }
    run->given += size;
    return 1;
}

/* A line of a reply: it is within its bounds, and answers what was sent. */
static void take_reply(struct run *run, const struct ehlo_event *event)
{
    const uint32_t code = event->reply.code;
    const int in_message = run->body_at != SIZE_MAX;

    require(run->lines == 0 || run->code == code);
    require(++run->lines <= (run->config.reply_max == 0 ? 100 : run->config.reply_max));
    run->code = code;
    require(!in_message || code >= 400 || (run->wild && run->lone)); /* a dot that was shown may be on its way */
    if (!event->reply.last)
        return;
    run->lines = 0;
    run->replies += event->answers != EHLO_EVENT_CONNECT && event->answers != EHLO_EVENT_NONE;
    require(run->wild || run->replies <= run->commands + (uint32_t)in_message);
    require(event->answers != EHLO_EVENT_END || run->chunk == 0 || code >= 400);
    if (event->answers == EHLO_EVENT_MAIL) {
        run->has_sender = code < 400;
        run->has_recipient = 0;
        run->given = run->chunked = 0;
    } else if (event->answers == EHLO_EVENT_RCPT) {
        run->has_recipient |= run->has_sender && code < 400;
    } else if (event->answers == EHLO_EVENT_DATA && code / 100 == 3) {
        run->body_at = run->out.size;
        run->lone = (ehlo_client_want(run->client) & EHLO_WANT_BODY) == 0;
        run->given = 0;
        /* when it came before DATA was sent the session is over, and there is no dot either */
        require(run->lone ? !run->has_recipient || (ehlo_client_want(run->client) & EHLO_WANT_OUTPUT) == 0
                          : run->has_recipient);
    }
}

static void take_event(struct run *run, const struct ehlo_event *event)
{
    uint32_t i, delivered = 0;

    log_event(run, event);
    if (event->type == EHLO_EVENT_RESULT) {
        require(run->sending > 0);
        for (i = 0; i < run->sending; i++) {
            require(run->rcpts[i].outcome != EHLO_OUTCOME_PENDING);
            require((run->rcpts[i].code == 0) <= (run->rcpts[i].decided == EHLO_EVENT_NONE));
            delivered += run->rcpts[i].outcome == EHLO_OUTCOME_DELIVERED;
            log_number(run, "outcome", run->rcpts[i].outcome);
            log_number(run, "decided", run->rcpts[i].decided);
            log_number(run, "code", run->rcpts[i].code);
        }
        require(delivered - run->delivered == event->index);
        run->delivered = delivered;
        run->left = event->flags & EHLO_EVENT_MORE ? run->sending : 0;
        run->sending = 0;
    } else if (event->type == EHLO_EVENT_CHALLENGE) { /* the last line of a reply */
        require((event->flags & EHLO_EVENT_SECRET) != 0);
        require(run->lines == 0 || run->code == 334);
        run->lines = 0;
        run->replies++;
    } else if (event->type == EHLO_EVENT_REPLY) {
        take_reply(run, event);
    }
}

/* The session is over: it stays so, and nothing goes out any more. */
static void check_over(struct run *run)
{
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_span span;
    size_t used;

    require(run->sending == 0 && run->over != EHLO_E_ARGUMENT);
    free(run->piece);
    run->piece = NULL;
    require(ehlo_client_next(run->client, "250 ok\r\n", 8, &used, &event) == run->over && used == 0);
    require(ehlo_client_want(run->client) == EHLO_WANT_CLOSE && ehlo_client_timeout(run->client) == 0);
    require(ehlo_client_sent(run->client, 0) == 0 && ehlo_client_output(run->client, &span, 1) == 0);
    require(ehlo_client_end(run->client, EHLO_E_LOST) == EHLO_E_STATE);
    require(ehlo_client_quit(run->client) == EHLO_E_STATE);
}

/* Offers the octets from `*from` up to `to` until the session can say no more. */
static void offer(struct run *run, const char *in, size_t *from, size_t to)
{
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_client *moved;
    size_t used;
    char *copy;
    int found;

    do {
        if (run->seed != 0) { /* a session is a value, and octets may be offered from elsewhere each time */
            moved = (struct ehlo_client *)(run->client == (void *)run->blocks[0] ? run->blocks[1] : run->blocks[0]);
            memcpy(moved, run->client, sizeof run->blocks[0]);
            memset(run->client, 0xA5, sizeof run->blocks[0]);
            run->client = moved;
        }
        copy = malloc(to - *from + (to == *from));
        require(copy != NULL);
        memcpy(copy, in + *from, to - *from);
        found = ehlo_client_next(run->client, copy, to - *from, &used, &event);
        require(used <= to - *from);
        *from += used;
        if (found > 0) {
            require(event.type == (uint32_t)found && event.ticket == 0);
            inside(event.line, copy, used);
            inside(event.reply.text, copy, used);
            take_event(run, &event);
        } else if (found < 0 && run->over == 0) {
            run->over = found;
            log_number(run, "over", found);
            check_over(run);
        }
        free(copy);
        if (found > 0)
            act_all(run);
    } while (found > 0);
}

/* Sends all that can be sent. */
static void settle(struct run *run)
{
    int moved;

    do {
        act_all(run);
        moved = take_output(run);
        moved |= give_piece(run);
    } while (moved);
    run->halted = 0;
}

static void go_wild(struct run *run, const char *marked, size_t marked_size)
{
    char in[INPUT_MAX];
    size_t from = 0, to = 0, size = 0, i;
    uint32_t steps;

    for (i = 0; i < marked_size; i++)
        if ((uint8_t)marked[i] != TURN)
            in[size++] = marked[i];
    for (steps = 0; steps < 4 * INPUT_MAX && run->over == 0 && to < size; steps++) {
        switch (roll(run, 4)) {
        case 0:
            to += 1 + roll(run, 20);
            offer(run, in, &from, to < size ? to : size);
            break;
        case 1:
            run->halted = 0;
            give_piece(run);
            break;
        case 2:
            act_all(run);
            break;
        default:
            take_output(run);
            break;
        }
    }
    if (run->over != 0)
        return;
    (void)ehlo_client_end(run->client, EHLO_E_TIMEOUT);
    from = size;
    offer(run, in, &from, size);
}

static void go(struct run *run, const char *in, size_t size)
{
    size_t from = 0, seen = 0, turn;

    while (seen < size && run->over == 0) {
        for (turn = seen; turn < size && (uint8_t)in[turn] != TURN; turn++)
            ;
        while (seen < turn) {
            seen += some(run, turn - seen);
            offer(run, in, &from, seen);
        }
        if (turn == seen)
            offer(run, in, &from, seen);
        settle(run);
        seen = turn;
        if (seen < size && from == seen) /* half a line goes on behind the mark, which is then a part of it */
            from++;
        seen += seen < size;
    }
    if (run->over != 0)
        return;
    (void)ehlo_client_end(run->client, EHLO_E_LOST);
    offer(run, in, &from, seen);
}

static void configure(struct run *run, unsigned choice, unsigned program)
{
    struct ehlo_client_config *config = &run->config;

    memset(run, 0, offsetof(struct run, log));
    config->size = sizeof *config;
    config->hello.data = "[127.0.0.1]";
    config->hello.size = 11;
    config->output_size = choice & 1 ? 512 : 0;
    config->line_max = choice & 2 ? 512 : 0;
    config->outstanding_max = choice & 4 ? 60 : 0;
    config->ignore = choice & 8 ? UINT64_C(1) << EHLO_EXTENSION_PIPELINING : 0;
    config->flags = EHLO_CLIENT_AUTH_IN_CLEAR | (choice & 16 ? EHLO_CLIENT_8BIT_ANYWAY | EHLO_CLIENT_CHUNKING : 0);
    run->chunks = choice & 16 ? 1 : 0;
    config->reply_max = choice & 32 ? 3 : 0;
    run->halves = choice & 64 ? 1 : 0;
    run->message = messages[program >> 4];
    run->mail.size = sizeof run->mail;
    run->mail.body = choice & 128 ? EHLO_BODY_8BITMIME : EHLO_BODY_7BIT;
    run->mail.octets = choice & 128 ? 10 : 0;
    path(&run->mail.path, "a", "b.example");
    run->body_at = SIZE_MAX;
    run->log.size = run->out.size = run->line = 0;
    run->over = 0;
    require(ehlo_client_size(config) <= sizeof run->blocks[0]);
    require(ehlo_client_init(&run->client, run->blocks[0], sizeof run->blocks[0], config) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole, cut;
    const char *in;
    size_t count, i;
    uint32_t seed = (uint32_t)size * 2654435761u | 1;

    if (size < 2 || size > INPUT_MAX)
        return 0;
    count = data[1] & 15;
    if (count > size - 2)
        count = size - 2;
    in = (const char *)data + 2 + count;
    for (i = 0; i < 5; i++) {
        struct run *run = i == 0 ? &whole : &cut;

        configure(run, data[0], data[1]);
        run->actions = data + 2;
        run->action_count = count;
        run->seed = i == 0 ? 0 : seed + 2 * (uint32_t)i;
        run->wild = i > 2;
        if (run->wild)
            go_wild(run, in, size - 2 - count);
        else
            go(run, in, size - 2 - count);
        require(run->over < 0);
        if (i == 0 || run->wild)
            continue;
        require(cut.log.size == whole.log.size && memcmp(cut.log.data, whole.log.data, cut.log.size) == 0);
        /* how far a message that cannot be sent was sent depends on the pieces */
        require(cut.out.size == whole.out.size || (whole.broken && cut.out.size > whole.out.size));
        require(memcmp(cut.out.data, whole.out.data, whole.out.size) == 0);
    }
    return 0;
}
