/* SPDX-License-Identifier: ISC
 *
 * The server facade as a program meets it: configuration, tickets, verdicts, memory. What it says to a client is in the
 * transcripts, its limits in test_server_limits.c.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk.h"

static void test_config(void **state)
{
    static char long_name[300];
    struct ehlo_server_config c = plain(), bad;
    struct ehlo_server *server;

    (void)state;
    assert_true(ehlo_server_size(&c) > 0 && ehlo_server_size(&c) <= EHLO_SERVER_SIZE);
    assert_int_equal(ehlo_server_size(NULL), ehlo_server_size(&c));
    assert_int_equal(ehlo_server_line_max(NULL), EHLO_SERVER_LINE_MAX);
    assert_int_equal(ehlo_server_init(&server, block, ehlo_server_size(&c) - 1, &c), EHLO_E_SPACE);
    assert_int_equal(ehlo_server_init(&server, (char *)block + 1, sizeof block - 1, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_init(NULL, block, sizeof block, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_init(&server, block, sizeof block, NULL), EHLO_E_ARGUMENT);
#define REFUSED(field, value)                                                               \
    (bad = plain(), bad.field = (value),                                                    \
     assert_int_equal(ehlo_server_init(&server, block, sizeof block, &bad), EHLO_E_CONFIG), \
     assert_int_equal(ehlo_server_size(&bad), 0), assert_int_equal(ehlo_server_line_max(&bad), 0))
    bad = plain();
    bad.size = sizeof bad - 1;
    assert_int_equal(ehlo_server_init(&server, block, sizeof block, &bad), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_size(&bad), 0);
    REFUSED(hostname.data, NULL);
    REFUSED(hostname.data, "two words here");
    REFUSED(hostname.size, 0);
    REFUSED(recipient_max, 99);
    REFUSED(line_max, 511);
    REFUSED(newline, 3);
    REFUSED(rules, EHLO_UTF8);
    REFUSED(rules, 1u << 31);
    REFUSED(take, 8);
    REFUSED(flags, 64);
    REFUSED(output_size, 127);
    REFUSED(output_size, (1 << 20) + 1);
    REFUSED(output_size, UINT32_MAX);
    REFUSED(reserved, 1);
    REFUSED(reply_max, 63);
    REFUSED(reply_max, 1025);
#undef REFUSED
    bad = plain();
    bad.banner.data = "bell\a";
    bad.banner.size = 5;
    assert_int_equal(ehlo_server_size(&bad), 0);
    bad.banner.data = "x\r\n250 y";
    bad.banner.size = 8;
    assert_int_equal(ehlo_server_size(&bad), 0);
    /* a buffer that no line with the name would fit in */
    memset(long_name, 'a', sizeof long_name);
    long_name[60] = long_name[120] = long_name[180] = long_name[240] = '.';
    bad = plain();
    bad.hostname.data = long_name;
    bad.hostname.size = 250;
    bad.output_size = 256;
    assert_int_equal(ehlo_server_size(&bad), 0);
    bad.output_size = 64 + 250;
    assert_true(ehlo_server_size(&bad) > 0);
    bad.output_size--;
    assert_int_equal(ehlo_server_size(&bad), 0);
    bad.output_size++;
    assert_true(ehlo_server_size(&bad) > 0);
}

/* A configuration of a newer library: longer, and acceptable while it asks for nothing that is not known here. */
static void test_config_grows(void **state)
{
    struct {
        struct ehlo_server_config known;
        uint64_t unknown;
    } newer;
    struct ehlo_server *server;

    (void)state;
    newer.known = plain();
    newer.known.size = sizeof newer;
    newer.unknown = 0;
    assert_int_equal(ehlo_server_init(&server, block, sizeof block, &newer.known), 0);
    newer.unknown = 1;
    assert_int_equal(ehlo_server_init(&server, block, sizeof block, &newer.known), EHLO_E_CONFIG);
}

static void test_arguments(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_span span;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_server_next(NULL, "", 0, &used, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, NULL, 1, &used, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, "", 0, NULL, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, "", 0, &used, NULL), EHLO_E_ARGUMENT);
    event.size--;
    assert_int_equal(ehlo_server_next(server, "", 0, &used, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_feed(server, "", 0, &used, NULL, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_sent(server, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_answer(server, 0, NULL), EHLO_E_TICKET);
    assert_int_equal(ehlo_server_answer(NULL, 1, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_end(server, EHLO_E_QUIT), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_output(server, &span, 1), 0);
    assert_int_equal(ehlo_server_output(NULL, &span, 1), 0);
    assert_int_equal(ehlo_server_want(NULL), EHLO_WANT_CLOSE);
    say(server, "EHLO c.example\r\n");
    expect(server, "220 mx.example.org ESMTP\r\n250-mx.example.org\r\n");
    /* octets that were offered, and looked at, are gone */
    event.size = sizeof event;
    assert_int_equal(ehlo_server_next(server, "NOO", 3, &used, &event), 0);
    assert_int_equal(ehlo_server_next(server, "NO", 2, &used, &event), EHLO_E_ARGUMENT);
}

/* Less than the line that was asked about is a wrong call, and leaves no trace. */
static void test_part_of_a_question(void **state)
{
    static const char input[] = "EHLO c.example\r\nNOOP\r\nRSET\r\nQUIT\r\n";
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event, again = {.size = sizeof again};
    size_t used, size;

    (void)state;
    say(server, "");
    event = open_question(server, input);
    for (size = 0; size < 16; size++)
        assert_int_equal(ehlo_server_next(server, input, size, &used, &again), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, "RSET\r\nRSET\r\nRSET", 16, &used, &again), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER | EHLO_WANT_OUTPUT);
    assert_int_equal(ehlo_server_next(server, input, 16, &used, &again), EHLO_EVENT_HELLO);
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
    assert_int_equal(ehlo_server_next(server, input, 15, &used, &again), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, input, sizeof input - 1, &used, &again), EHLO_E_QUIT);
    assert_int_equal(used, sizeof input - 1);
    expect(server, "220 mx.example.org ESMTP\r\n"
                   "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 67108864\r\n250-8BITMIME\r\n"
                   "250-ENHANCEDSTATUSCODES\r\n250-VRFY\r\n250-EXPN\r\n250-HELP\r\n250 CHUNKING\r\n"
                   "250 2.0.0 OK\r\n250 2.0.0 OK\r\n221 2.0.0");
}

/* An event of a newer program is longer; what this library does not know of it is zero. */
static void test_event_grows(void **state)
{
    struct {
        struct ehlo_event known;
        uint64_t unknown;
    } newer;
    struct ehlo_server_config c = plain();
    size_t used;

    (void)state;
    memset(&newer, 0xA5, sizeof newer);
    newer.known.size = sizeof newer;
    assert_int_equal(ehlo_server_next(start(&c), "", 0, &used, &newer.known), EHLO_EVENT_CONNECT);
    assert_true(newer.unknown == 0);
    assert_true(newer.known.octets == 0);
}

static void test_tickets(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event first, second;
    size_t used;

    (void)state;
    first = open_question(server, "");
    assert_int_equal(first.type, EHLO_EVENT_CONNECT);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER);
    assert_int_equal(ehlo_server_timeout(server), 0);
    assert_int_equal(ehlo_server_answer(server, first.ticket, NULL), 0);
    assert_int_equal(ehlo_server_timeout(server), 300);
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b>\r\n");
    second = open_question(server, "RCPT TO:<c@d>\r\n");
    assert_int_equal(ehlo_server_answer(server, first.ticket, NULL), EHLO_E_TICKET);
    /* other octets in the place of those that were asked about are a mistake of the caller */
    second.size = sizeof second;
    assert_int_equal(ehlo_server_next(server, "DATA\r\n", 6, &used, &second), EHLO_E_ARGUMENT);
    /* feed does nothing while a question is open, and end closes it */
    assert_int_equal(ehlo_server_end(server, EHLO_E_LOST), 0);
    assert_int_equal(ehlo_server_answer(server, second.ticket, NULL), EHLO_E_TICKET);
}

static void test_verdicts(void **state)
{
    static const struct {
        const char *line;
        uint16_t accepts[4];
    } questions[] = {
        {"", {220}},
        {"EHLO c.example\r\n", {0}},
        {"MAIL FROM:<a@b>\r\n", {250}},
        {"RCPT TO:<a@b>\r\n", {250, 251}},
        {"VRFY a\r\n", {250, 251, 252}},
        {"EXPN a\r\n", {250, 252}},
        {"HELP\r\n", {211, 214}},
        {"DATA\r\n", {354}},
        {".\r\n", {250}},
    };
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event;
    struct ehlo_reply r;
    size_t i, j, used;
    uint16_t code;
    int accepted;

    (void)state;
    for (i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (i == 8) { /* the message itself */
            event.size = sizeof event;
            assert_int_equal(ehlo_server_next(server, "DATA\r\n.\r\n", 9, &used, &event), EHLO_EVENT_END);
            assert_int_equal(used, 9);
        } else {
            event = open_question(server, questions[i].line);
        }
        for (code = 0; code < 400; code++) {
            uint64_t copy[EHLO_SERVER_SIZE / sizeof(uint64_t)];

            for (accepted = 0, j = 0; j < 4; j++)
                accepted |= code != 0 && code == questions[i].accepts[j];
            memcpy(copy, block, sizeof block);
            r = reply(code, 0, "text");
            assert_int_equal(ehlo_server_answer((struct ehlo_server *)copy, event.ticket, &r),
                             accepted ? 0 : EHLO_E_CODE);
        }
        r = reply(600, 0, "x");
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_CODE);
        r = reply(550, 4, "x");
        if (i > 1) /* where a status is sent, it must be of the code's class */
            assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_STATUS);
        r = reply(550, 5, "x\r\n250 y");
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_TEXT);
        r.text.size = 508;
        r.size--;
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_ARGUMENT);
        assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
        if (i > 0 && i < 7) {
            event.size = sizeof event;
            assert_int_equal(ehlo_server_next(server, questions[i].line, strlen(questions[i].line), &used, &event), 0);
        }
        expect(server, i == 0 ? "220" : i == 7 ? "354" : "2");
    }
}

/* No reply to the greeting of a client has an enhanced status code, whoever worded it (RFC 2034, section 4). */
static void test_no_status(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event = open_question(server, "");
    struct ehlo_reply r = reply(554, 5, "not now");

    (void)state;
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    say(server, "EHLO c.example\r\nHELO c.example\r\nNOOP\r\n");
    expect_only(server, "554 not now\r\n503 no service here; only QUIT is left\r\n"
                        "503 no service here; only QUIT is left\r\n503 5.5.1 no service here; only QUIT is left\r\n");
    server = start(&c);
    say(server, "");
    event = open_question(server, "EHLO c.example\r\n");
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    expect_only(server, "220 mx.example.org ESMTP\r\n554 not now\r\n");
}

static void test_reply_space(void **state)
{
    static char text[600];
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event;
    struct ehlo_reply r;
    struct ehlo_span span;
    size_t i;

    (void)state;
    memset(text, 'x', sizeof text);
    c.reply_max = 64;
    server = start(&c);
    say(server, "EHLO c.example\r\n");
    expect(server, "220");
    event = open_question(server, "MAIL FROM:<a@b>\r\n");
    r = reply(550, 5, "");
    r.text.data = text;
    for (i = 1; i < 100; i++) {
        uint64_t copy[EHLO_SERVER_SIZE / sizeof(uint64_t)];

        memcpy(copy, block, sizeof block);
        r.text.size = i; /* "550 5.0.0 " and CRLF are 12 */
        assert_int_equal(ehlo_server_answer((struct ehlo_server *)copy, event.ticket, &r),
                         i + 12 <= 64 ? 0 : EHLO_E_SPACE);
        /* all or nothing */
        assert_int_equal(ehlo_server_output((struct ehlo_server *)copy, &span, 1), i + 12 <= 64);
    }
    r.text.size = 501;
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_TEXT);
}

/* However the answers fill the buffer, one that follows finds room: the session waits for the transport instead. */
static void test_output_waits(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event = {.size = sizeof event};
    char line[] = "RSET\r\n", text[400];
    struct ehlo_reply r;
    struct ehlo_span before, after;
    size_t i, used;

    (void)state;
    say(server, "EHLO c.example\r\n");
    memset(text, 'x', sizeof text);
    r = reply(450, 4, "");
    r.text.data = text;
    r.text.size = sizeof text;
    for (i = 0; i < 100; i++) {
        if (ehlo_server_next(server, "MAIL FROM:<a@b>\r\n", 17, &used, &event) == 0) {
            if (used == 17)
                continue;
            assert_int_equal(ehlo_server_want(server), EHLO_WANT_OUTPUT);
            assert_int_equal(ehlo_server_output(server, &before, 1), 1);
            assert_int_equal(ehlo_server_sent(server, 1), 0);
            assert_int_equal(ehlo_server_output(server, &after, 1), 1);
            assert_ptr_equal(after.data, before.data + 1);
            assert_int_equal(ehlo_server_sent(server, after.size), 0);
            assert_int_equal(ehlo_server_sent(server, 1), EHLO_E_ARGUMENT);
            continue;
        }
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    }
    say(server, line);
}

struct handler_log {
    struct ehlo_server *server;
    char types[64];
    size_t count;
    int answer;
};

static int handle(void *user, const struct ehlo_event *event)
{
    struct handler_log *log = user;

    log->types[log->count++] = (char)('0' + event->type);
    if (log->answer && event->ticket != 0)
        return ehlo_server_answer(log->server, event->ticket, NULL) == 0;
    return 0;
}

static void test_feed(void **state)
{
    static const char input[] =
        "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nXYZ\r\nQUIT\r\n";
    struct ehlo_server_config c = plain();
    struct handler_log log;
    size_t used;

    (void)state;
    c.take = EHLO_TAKE_OTHER;
    memset(&log, 0, sizeof log);
    log.server = start(&c);
    /* nobody answers: RCPT is refused, so DATA is, and what follows are commands that nobody knows */
    assert_int_equal(ehlo_server_feed(log.server, input, sizeof input - 1, &used, handle, &log), EHLO_E_QUIT);
    assert_int_equal(used, sizeof input - 1);
    assert_string_equal(log.types, "1234998");
    expect(log.server, "220 mx.example.org ESMTP\r\n250-mx");
    assert_int_equal(ehlo_server_want(log.server), EHLO_WANT_CLOSE);

    memset(&log, 0, sizeof log);
    log.server = start(&c);
    log.answer = 1;
    assert_int_equal(ehlo_server_feed(log.server, input, sizeof input - 1, &used, handle, &log), EHLO_E_QUIT);
    assert_string_equal(log.types, "12345679");
}

static int defer(void *user, const struct ehlo_event *event)
{
    *(uint32_t *)user = event->ticket;
    return 1;
}

static void test_feed_defers(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    uint32_t ticket = 0, first;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_server_feed(server, "NOOP\r\n", 6, &used, defer, &ticket), 0);
    assert_int_equal(used, 0);
    first = ticket;
    assert_true(first != 0);
    ticket = 0;
    assert_int_equal(ehlo_server_feed(server, "NOOP\r\n", 6, &used, defer, &ticket), 0);
    assert_int_equal(ticket, 0); /* not asked again */
    assert_int_equal(ehlo_server_answer(server, first, NULL), 0);
    assert_int_equal(ehlo_server_feed(server, "NOOP\r\n", 6, &used, defer, &ticket), 0);
    assert_int_equal(used, 6);
    expect(server, "220 mx.example.org ESMTP\r\n250 2.0.0 OK\r\n");
}

static void test_end(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n");
    assert_true(ehlo_server_want(server) & EHLO_WANT_BODY);
    assert_int_equal(ehlo_server_end(server, EHLO_E_LOST), 0);
    assert_int_equal(ehlo_server_end(server, EHLO_E_TIMEOUT), EHLO_E_STATE);
    assert_int_equal(ehlo_server_want(server), 0); /* there is an event to fetch */
    assert_int_equal(ehlo_server_next(server, "", 0, &used, &event), EHLO_EVENT_ABORT);
    assert_int_equal(event.reason, EHLO_E_LOST);
    assert_int_equal(ehlo_server_next(server, ".\r\n", 3, &used, &event), EHLO_E_LOST);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_CLOSE);
    assert_int_equal(ehlo_server_end(server, EHLO_E_LOST), EHLO_E_STATE);

    /* an END that was asked and not answered has accepted nothing */
    server = start(&c);
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    expect(server, "220");
    event.size = sizeof event;
    assert_int_equal(ehlo_server_next(server, ".\r\n", 3, &used, &event), EHLO_EVENT_END);
    assert_int_equal(ehlo_server_end(server, EHLO_E_SHUTDOWN), 0);
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), EHLO_E_TICKET);
    assert_int_equal(ehlo_server_next(server, "", 0, &used, &event), EHLO_EVENT_ABORT);
    assert_int_equal(event.reason, EHLO_E_SHUTDOWN);
    expect(server, "421 4.3.2 mx.example.org service shutting down\r\n");
}

/* A working session, the caller's input included, in 1 KiB. */
static void test_one_kibibyte(void **state)
{
    static union {
        uint64_t align;
        char octets[1024];
    } ram;
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event = {.size = sizeof event};
    const char *script = "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHello\r\n.\r\nQUIT\r\n";
    char *input, out[1024];
    size_t room, have = 0, used, total = 0;
    int found, ends = 0;

    (void)state;
    c.output_size = 128; /* less than the response to EHLO */
    c.hostname.data = "mail-gateway.example.org";
    c.hostname.size = 24;
    input = ram.octets + ehlo_server_size(&c);
    room = sizeof ram.octets - ehlo_server_size(&c);
    assert_true(room >= ehlo_server_line_max(&c));
    assert_int_equal(ehlo_server_init(&server, &ram, ehlo_server_size(&c), &c), 0);
    do {
        while (have < room && *script != '\0')
            input[have++] = *script++;
        found = ehlo_server_next(server, input, have, &used, &event);
        memmove(input, input + used, have -= used);
        if (event.ticket != 0)
            assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
        if (found == EHLO_EVENT_END)
            ends++;
        assert_true(total + 64 < sizeof out);
        total += ehlo_server_read(server, out + total, 64);
    } while (!(ehlo_server_want(server) & EHLO_WANT_CLOSE));
    assert_int_equal(ends, 1);
    out[total] = '\0';
    assert_string_equal(out, "220 mail-gateway.example.org ESMTP\r\n250-mail-gateway.example.org\r\n250-PIPELINING\r\n"
                             "250-SIZE 67108864\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-VRFY\r\n"
                             "250-EXPN\r\n250-HELP\r\n250 CHUNKING\r\n250 2.1.0 sender OK\r\n250 2.1.5 recipient OK\r\n"
                             "354 start mail input; end with <CRLF>.<CRLF>\r\n250 2.0.0 message accepted\r\n"
                             "221 2.0.0 mail-gateway.example.org closing transmission channel\r\n");
}

struct pool {
    int left;
    int live;
};

static void *get(void *user, size_t size)
{
    struct pool *pool = user;

    if (pool->left-- <= 0)
        return NULL;
    pool->live++;
    return malloc(size);
}

static void put(void *user, void *memory, size_t size)
{
    memset(memory, 0, size);
    ((struct pool *)user)->live--;
    free(memory);
}

static void test_new(void **state)
{
    struct ehlo_server_config c = plain();
    struct pool pool = {1, 0};
    struct ehlo_allocator allocator = {get, put, &pool};
    struct ehlo_server *server = NULL;

    (void)state;
    assert_int_equal(ehlo_server_new(&server, &c, NULL), 0);
    ehlo_server_free(server, NULL);
    ehlo_server_free(NULL, NULL);
    assert_int_equal(ehlo_server_new(&server, &c, &allocator), 0);
    assert_int_equal(pool.live, 1);
    ehlo_server_free(server, &allocator);
    assert_int_equal(pool.live, 0);
    assert_int_equal(ehlo_server_new(&server, &c, &allocator), EHLO_E_MEMORY);
    c.recipient_max = 1;
    assert_int_equal(ehlo_server_new(&server, &c, NULL), EHLO_E_CONFIG);
    c.size = 0;
    assert_int_equal(ehlo_server_new(&server, &c, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_new(&server, NULL, NULL), EHLO_E_ARGUMENT);
}

/* What is said to an END that nobody answers is no yes. */
static int answer_but_end(void *user, const struct ehlo_event *event)
{
    if (event->type == EHLO_EVENT_END || event->ticket == 0)
        return 0;
    return ehlo_server_answer(*(struct ehlo_server **)user, event->ticket, NULL) == 0;
}

static void test_silence(void **state)
{
    static const char input[] = "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    size_t used;

    (void)state;
    assert_int_equal(ehlo_server_feed(server, input, sizeof input - 1, &used, answer_but_end, &server), 0);
    assert_int_equal(used, sizeof input - 1);
    expect(server, "220");
    assert_int_equal(ehlo_server_feed(server, ".\r\n", 3, &used, answer_but_end, &server), 0);
    expect(server, "554 5.0.0 message not taken\r\n");
}

/* A question that waits: nothing behind its line is taken, and it stays what it was. */
static void test_question_waits(void **state)
{
    static const char input[] = "MAIL FROM:<a@b>\r\nRSET\r\nQUIT\r\n";
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event = {.size = sizeof event}, again = {.size = sizeof again};
    size_t used;
    int i;

    (void)state;
    say(server, "EHLO c.example\r\n");
    expect(server, "220");
    assert_int_equal(ehlo_server_next(server, input, sizeof input - 1, &used, &event), EHLO_EVENT_MAIL);
    assert_int_equal(used, 0);
    for (i = 0; i < 3; i++) {
        assert_int_equal(ehlo_server_next(server, input, sizeof input - 1, &used, &again), EHLO_EVENT_MAIL);
        assert_int_equal(used, 0);
        assert_int_equal(again.ticket, event.ticket);
        assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER);
    }
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
    assert_int_equal(ehlo_server_next(server, input, sizeof input - 1, &used, &event), EHLO_EVENT_ABORT);
    assert_int_equal(used, 23);
    assert_int_equal(event.reason, EHLO_E_RESET);
}

/* A new greeting is a new beginning. */
static void test_fresh_start(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    struct ehlo_event event;

    (void)state;
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b> BODY=8BITMIME SIZE=5\r\nRCPT TO:<c@d>\r\n");
    say(server, "HELO c.example\r\n");
    expect(server, "220");
    say(server, "RCPT TO:<c@d>\r\n");
    expect(server, "503 5.5.1");
    say(server, "MAIL FROM:<a@b> SIZE=5\r\n");
    expect(server, "555 5.5.4");
    event = say(server, "MAIL FROM:<a@b>\r\n");
    assert_int_equal(event.octets, 0);
    assert_int_equal(event.body, EHLO_BODY_7BIT);
    assert_int_equal(event.flags, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_config_grows),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_part_of_a_question),
        cmocka_unit_test(test_event_grows),
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_no_status),
        cmocka_unit_test(test_reply_space),
        cmocka_unit_test(test_output_waits),
        cmocka_unit_test(test_feed),
        cmocka_unit_test(test_feed_defers),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_one_kibibyte),
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_question_waits),
        cmocka_unit_test(test_fresh_start),
    };

    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
