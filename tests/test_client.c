/* SPDX-License-Identifier: ISC
 *
 * The client facade as a program meets it: configuration, arguments, events, output, memory. What it says to a server
 * is in the transcripts; states and ends are in test_client_states.c, limits in test_client_limits.c.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk_client.h"
#include "say.h"

static void test_config(void **state)
{
    struct ehlo_client_config c = plain(), bad;
    struct ehlo_client *client;

    (void)state;
    assert_true(ehlo_client_size(&c) > 0 && ehlo_client_size(&c) <= EHLO_CLIENT_SIZE);
    assert_int_equal(ehlo_client_size(NULL), ehlo_client_size(&c));
    assert_int_equal(ehlo_client_line_max(NULL), EHLO_CLIENT_LINE_MAX);
    assert_int_equal(ehlo_client_line_max(&c), EHLO_CLIENT_LINE_MAX);
    assert_int_equal(ehlo_client_init(&client, block, ehlo_client_size(&c), &c), 0);
    assert_int_equal(ehlo_client_init(&client, block, ehlo_client_size(&c) - 1, &c), EHLO_E_SPACE);
    assert_int_equal(ehlo_client_init(&client, (char *)block + 1, sizeof block - 1, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_init(&client, (char *)block + 2, sizeof block - 2, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_init(NULL, block, sizeof block, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_init(&client, NULL, sizeof block, &c), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, NULL), EHLO_E_ARGUMENT);
#define REFUSED(field, value)                                                               \
    (bad = plain(), bad.field = (value),                                                    \
     assert_int_equal(ehlo_client_init(&client, block, sizeof block, &bad), EHLO_E_CONFIG), \
     assert_int_equal(ehlo_client_size(&bad), 0), assert_int_equal(ehlo_client_line_max(&bad), 0))
#define TAKEN(field, value)                                                               \
    (bad = plain(), bad.field = (value), assert_int_not_equal(ehlo_client_size(&bad), 0), \
     assert_int_not_equal(ehlo_client_line_max(&bad), 0))
    bad = plain();
    bad.size = sizeof bad - 1;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &bad), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_size(&bad), 0);
    bad.size = 0;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &bad), EHLO_E_ARGUMENT);
    REFUSED(hello.data, NULL);
    REFUSED(hello.data, "two words");
    REFUSED(hello.data, "a.b\r\nQUI");
    REFUSED(hello.data, "a_b.c.exa");
    REFUSED(hello.size, 0);
    TAKEN(hello, span("[127.0.0.1]"));
    REFUSED(hello, span("[127.0.0.1"));
    REFUSED(output_size, 511);
    TAKEN(output_size, 512);
    TAKEN(output_size, 1 << 20);
    REFUSED(output_size, (1 << 20) + 1);
    REFUSED(output_size, UINT32_MAX);
    REFUSED(line_max, 511);
    TAKEN(line_max, 512);
    TAKEN(reply_max, 1);
    TAKEN(outstanding_max, 1);
    REFUSED(rules, EHLO_UTF8);
    REFUSED(rules, 1u << 31);
    TAKEN(rules, EHLO_ALLOW_ALL);
    REFUSED(flags, 2 * EHLO_CLIENT_CHUNKING);
    REFUSED(flags, 1u << 31);
    TAKEN(flags, EHLO_CLIENT_8BIT_ANYWAY);
    TAKEN(flags, 2 * EHLO_CLIENT_CHUNKING - 1);
    REFUSED(reserved, 1);
#undef REFUSED
#undef TAKEN
    bad = plain();
    bad.hello = span("a_b.example");
    bad.rules = EHLO_ALLOW_UNDERSCORE;
    bad.output_size = 600;
    bad.line_max = 700;
    assert_int_equal(ehlo_client_line_max(&bad), 700);
    assert_int_equal(ehlo_client_size(&bad), ehlo_client_size(NULL) - 1024 + 600);
    assert_true(ehlo_client_size(&bad) - 600 <= 416); /* the state */
}

/* A configuration of a newer library: longer, and acceptable while it asks for nothing that is not known here. */
static void test_config_grows(void **state)
{
    struct {
        struct ehlo_client_config known;
        uint64_t unknown;
    } newer;
    struct ehlo_client *client;

    (void)state;
    newer.known = plain();
    newer.known.size = sizeof newer;
    newer.unknown = 0;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &newer.known), 0);
    newer.unknown = 1;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &newer.known), EHLO_E_CONFIG);
}

/* The struct is copied, the name is not. */
static void test_config_copied(void **state)
{
    struct ehlo_client_config c = plain();
    char name[] = "[127.0.0.1]";
    struct ehlo_client *client;

    (void)state;
    c.hello = span(name);
    client = start(&c);
    memset(&c, 0xA5, sizeof c);
    memcpy(name, "[10.0.10.9]", sizeof name);
    hear(client, "220 x\r\n");
    expect(client, "EHLO [10.0.10.9]\r\n");
}

/* EHLO_ALLOW_HELLO lets a word pass that is no domain. */
static void test_hello_word(void **state)
{
    static char word[256];
    static const char *const bad[] = {"", "my host", "my_host\r\n", "my\thost", "h\xC3\xB6st"};
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    size_t i;

    (void)state;
    c.hello = span("my_host");
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &c), EHLO_E_CONFIG);
    c.rules = EHLO_ALLOW_HELLO;
    client = start(&c);
    hear(client, "220 x\r\n");
    expect(client, "EHLO my_host\r\n");
    hear(client, "500 x\r\n");
    expect(client, "HELO my_host\r\n");
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        c.hello = span(bad[i]);
        assert_int_equal(ehlo_client_init(&client, block, sizeof block, &c), EHLO_E_CONFIG);
    }
    memset(word, '_', sizeof word);
    c.hello.data = word;
    c.hello.size = 256;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &c), EHLO_E_CONFIG);
    c.hello.size = 255;
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, &c), 0);
}

/* Structs that cannot be an array are refused before one of them is written to. */
static void test_sizes_of_recipients(void **state)
{
    struct {
        struct ehlo_rcpt rcpt;
        void *own;
    } rcpts[3], before[3];
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 PIPELINING\r\n");
    struct ehlo_mail mail = mail_from("a", "b");
    size_t i;

    (void)state;
    memset(rcpts, 0, sizeof rcpts);
    for (i = 0; i < 3; i++) {
        rcpts[i].rcpt = rcpt_to("c", "d");
        rcpts[i].rcpt.size = sizeof rcpts[i];
        rcpts[i].rcpt.outcome = EHLO_OUTCOME_UNKNOWN;
        rcpts[i].rcpt.decided = EHLO_EVENT_END;
        rcpts[i].rcpt.code = rcpts[i].rcpt.status[0] = 250;
    }
    rcpts[2].rcpt.size = sizeof rcpts[2].rcpt;
    memcpy(before, rcpts, sizeof rcpts);
    assert_int_equal(ehlo_client_send(client, &mail, &rcpts[0].rcpt, 3), EHLO_E_ARGUMENT);
    assert_memory_equal(rcpts, before, sizeof rcpts);
    for (i = 1; i < sizeof(void *); i++) { /* no struct with pointers in it has such a size */
        rcpts[0].rcpt.size = (uint32_t)(sizeof rcpts[0].rcpt + i);
        memcpy(before, rcpts, sizeof rcpts);
        assert_int_equal(ehlo_client_send(client, &mail, &rcpts[0].rcpt, 1), EHLO_E_ARGUMENT);
        assert_memory_equal(rcpts, before, sizeof rcpts);
    }
    expect(client, "");
    rcpts[0].rcpt.size = rcpts[2].rcpt.size = sizeof rcpts[0];
    assert_int_equal(ehlo_client_send(client, &mail, &rcpts[0].rcpt, 3), 0);
    assert_int_equal(rcpts[2].rcpt.outcome, EHLO_OUTCOME_PENDING);
}

static void test_arguments(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 PIPELINING\r\n");
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpts[2];
    struct ehlo_limits limits = {1, 1, 1, 1};
    struct ehlo_span out;
    size_t used;

    (void)state;
    rcpts[0] = rcpts[1] = rcpt_to("c", "d");
    assert_int_equal(ehlo_client_next(NULL, "", 0, &used, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_next(client, NULL, 1, &used, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_next(client, "", 0, NULL, &event), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_next(client, "", 0, &used, NULL), EHLO_E_ARGUMENT);
    event.size--;
    assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), EHLO_E_ARGUMENT);
    event.size++;
    assert_int_equal(ehlo_client_next(client, NULL, 0, &used, &event), 0);
    assert_int_equal(ehlo_client_output(NULL, &out, 1), 0);
    assert_int_equal(ehlo_client_output(client, NULL, 1), 0);
    assert_int_equal(ehlo_client_sent(NULL, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_sent(client, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_read(client, NULL, 1), 0);
    assert_int_equal(ehlo_client_read(NULL, &out, 1), 0);
    assert_int_equal(ehlo_client_want(NULL), EHLO_WANT_CLOSE);
    assert_int_equal(ehlo_client_timeout(NULL), 0);
    assert_int_equal(ehlo_client_end(NULL, EHLO_E_LOST), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_end(client, EHLO_E_QUIT), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_end(client, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_extensions(NULL), 0);
    assert_int_equal(ehlo_client_message_max(NULL), 0);
    assert_int_equal(ehlo_client_mail(NULL, &mail), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_mail(client, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_rcpt(NULL, rcpts), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_rcpt(client, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_data(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_reset(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_quit(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_body(NULL, "", 0, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_body(client, NULL, 1, 1), EHLO_E_ARGUMENT);
    assert_int_equal(say_command(NULL, span("NOOP")), EHLO_E_ARGUMENT);
    assert_int_equal(say_command(client, span(NULL)), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_send(NULL, &mail, rcpts, 2), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_send(client, NULL, rcpts, 2), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_send(client, &mail, NULL, 2), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 0), EHLO_E_ARGUMENT);
    if (SIZE_MAX > UINT32_MAX)
        assert_int_equal(ehlo_client_send(client, &mail, rcpts, (size_t)UINT32_MAX + 1), EHLO_E_ARGUMENT);
    rcpts[1].size++;
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 2), EHLO_E_ARGUMENT);
    rcpts[0].size--;
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_rcpt(client, rcpts), EHLO_E_ARGUMENT);
    rcpts[0].size++;
    mail.size--;
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_ARGUMENT);
    mail.size++;
    mail.body = EHLO_BODY_BINARYMIME + 1;
    assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), EHLO_E_ARGUMENT);
    mail.body = EHLO_BODY_BINARYMIME;
    assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_OFFER);
    assert_int_equal(ehlo_client_resume(NULL, &mail, rcpts, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_resume(client, NULL, rcpts, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_resume(client, &mail, NULL, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_resume(client, &mail, rcpts, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_starttls(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_secured(NULL, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_secured(client, 0), EHLO_E_STATE);
    assert_int_equal(say_auth(NULL, span("PLAIN"), span(NULL)), EHLO_E_ARGUMENT);
    assert_int_equal(say_auth(client, span(NULL), span(NULL)), EHLO_E_ARGUMENT);
    assert_int_equal(say_response(NULL, span("")), EHLO_E_ARGUMENT);
    assert_int_equal(say_response(client, (struct ehlo_span){NULL, 1}), EHLO_E_ARGUMENT);
    assert_int_equal(say_response(client, span("")), EHLO_E_STATE);
    assert_int_equal(ehlo_client_cancel(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_cancel(client), EHLO_E_STATE);
    assert_int_equal(ehlo_client_mechanisms(NULL, &out), 0);
    assert_int_equal(ehlo_client_mechanisms(&event, NULL), 0);
    ehlo_client_limits(NULL, &limits);
    assert_int_equal(limits.mail_max + limits.rcpt_max + limits.rcpt_domain_max, 0);
    ehlo_client_limits(client, NULL);
    expect(client, "");
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
    /* octets that were offered, and looked at, are gone */
    assert_int_equal(ehlo_client_next(client, "421 ", 4, &used, &event), 0);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_client_next(client, "421", 3, &used, &event), EHLO_E_ARGUMENT);
}

/* An event of a newer program is longer; what this library does not know of it is zero. */
static void test_event_grows(void **state)
{
    struct {
        struct ehlo_event known;
        uint64_t unknown;
    } newer;
    struct ehlo_client_config c = plain();
    size_t used;

    (void)state;
    memset(&newer, 0xA5, sizeof newer);
    newer.known.size = sizeof newer;
    assert_int_equal(ehlo_client_next(start(&c), "220 x\r\n", 7, &used, &newer.known), EHLO_EVENT_REPLY);
    assert_true(newer.unknown == 0);
    assert_int_equal(newer.known.size, sizeof newer);
    assert_int_equal(newer.known.octets, 0);
    assert_int_equal(newer.known.ticket, 0);
}

/* An event has what its type has, and no leftovers. */
static void test_events(void **state)
{
    static const struct ehlo_event zero;
    static const char greeting[] = "220-2.0.0 hi\r\n220 x\r\n";
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = start(&c);
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    assert_int_equal(ehlo_client_want(client), 0);
    assert_int_equal(ehlo_client_next(client, greeting, sizeof greeting - 1, &used, &event), EHLO_EVENT_REPLY);
    assert_int_equal(used, 14);
    assert_ptr_equal(event.line.data, greeting);
    assert_int_equal(event.line.size, 12);
    assert_span(event.reply.text, "hi");
    assert_int_equal(event.reply.code, 220);
    assert_int_equal(event.reply.status[0], 2);
    assert_int_equal(event.reply.last, 0);
    assert_int_equal(event.answers, EHLO_EVENT_CONNECT);
    assert_int_equal(ehlo_client_want(client), 0); /* call again */
    assert_int_equal(ehlo_client_next(client, greeting + 14, 7, &used, &event), EHLO_EVENT_REPLY);
    assert_int_equal(used, 7);
    assert_int_equal(event.reply.last, 1);
    assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), 0);
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | EHLO_WANT_OUTPUT);
    event.size = 0;
    assert_memory_equal(&event, &zero, sizeof event);
    event.size = sizeof event;
    expect(client, "EHLO c.example\r\n");
    /* a line that breaks the protocol leaves nothing behind either */
    assert_int_equal(ehlo_client_next(client, "xyz\r\n", 5, &used, &event), EHLO_E_PROTOCOL);
    event.size = 0;
    assert_memory_equal(&event, &zero, sizeof event);
}

/* Nothing is known of the server before it has said all of it. */
static void test_extensions(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = start(&c);
    struct ehlo_event event;

    (void)state;
    c.ignore = UINT64_C(1) << EHLO_EXTENSION_DSN;
    client = start(&c);
    hear(client, "220 x\r\n");
    expect(client, "EHLO c.example\r\n");
    hear(client, "250-x\r\n250-SIZE 77\r\n250-DSN\r\n250-PIPELINING\r\n");
    assert_int_equal(ehlo_client_extensions(client), 0);
    assert_int_equal(ehlo_client_message_max(client), 0);
    event = hear(client, "250 x-y\r\n");
    assert_int_equal(event.type, EHLO_EVENT_READY);
    assert_int_equal(event.flags, EHLO_EVENT_ESMTP);
    assert_int_equal(event.octets, 77);
    assert_int_equal(ehlo_client_extensions(client), 1 << EHLO_EXTENSION_SIZE | 1 << EHLO_EXTENSION_PIPELINING);
    assert_int_equal(ehlo_client_message_max(client), 77);
}

/* What output shows stays where it is, and no more than that can be sent. */
static void test_output(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 PIPELINING\r\n");
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_span before, after, spans[8];
    size_t i, count, octets = 0;

    (void)state;
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    assert_int_equal(ehlo_client_output(client, &before, 0), 0);
    assert_int_equal(ehlo_client_output(client, &before, 1), 1);
    assert_int_equal(before.size, 17);
    assert_int_equal(ehlo_client_reset(client), 0); /* more behind it */
    assert_int_equal(ehlo_client_output(client, &after, 1), 1);
    assert_ptr_equal(after.data, before.data);
    assert_int_equal(after.size, 17 + 6);
    assert_int_equal(ehlo_client_sent(client, 24), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_sent(client, 5), 0);
    assert_int_equal(ehlo_client_output(client, &after, 1), 1);
    assert_ptr_equal(after.data, before.data + 5);
    assert_int_equal(ehlo_client_sent(client, 0), 0);
    expect(client, "FROM:<a@b>\r\nRSET\r\n");

    client = begin_message(&c, "250 PIPELINING\r\n", EHLO_BODY_7BIT);
    assert_int_equal(ehlo_client_body(client, ".\r\n.\r\n.", 7, 1), 0);
    count = ehlo_client_output(client, spans, 8);
    assert_true(count > 1);
    for (i = 0; i < count; i++)
        octets += spans[i].size;
    assert_int_equal(ehlo_client_sent(client, octets + 1), EHLO_E_ARGUMENT);
    for (i = 1; i < count; i++) { /* fewer spans are the front of more */
        assert_int_equal(ehlo_client_output(client, &before, 1), 1);
        assert_ptr_equal(before.data, spans[i - 1].data);
        assert_int_equal(ehlo_client_sent(client, before.size), 0);
    }
}

struct handler_log {
    struct ehlo_client *client;
    struct ehlo_mail mail;
    struct ehlo_rcpt rcpt;
    char types[64];
    size_t count;
    int answer;
};

/* A program that does everything in its handler. */
static int handle(void *user, const struct ehlo_event *event)
{
    struct handler_log *log = user;
    int error = 0;

    assert_int_equal(event->size, sizeof *event);
    log->types[log->count++] = (char)('0' + event->type);
    if (event->type == EHLO_EVENT_READY)
        error = ehlo_client_send(log->client, &log->mail, &log->rcpt, 1);
    if (event->type == EHLO_EVENT_REPLY && event->answers == EHLO_EVENT_DATA)
        error = ehlo_client_body(log->client, "x", 1, 1);
    if (event->type == EHLO_EVENT_RESULT)
        error = ehlo_client_quit(log->client);
    assert_int_equal(error, 0);
    return log->answer;
}

static void test_feed(void **state)
{
    static const struct {
        const char *say, *expect;
    } dialogue[] = {
        {"220-x\r\n220 x\r\n", "EHLO c.example\r\n"},
        {"250-x\r\n250 PIPELINING\r\n", "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"},
        {"250 OK\r\n250 OK\r\n354 go on\r\n", "x\r\n.\r\n"},
        {"250 OK\r\n", "QUIT\r\n"},
        {"221 bye\r\n", ""},
    };
    struct ehlo_client_config c = plain();
    struct handler_log log;
    size_t used, i;

    (void)state;
    for (log.answer = -1; log.answer <= 1; log.answer++) { /* what it returns does not matter */
        log.count = 0;
        memset(log.types, 0, sizeof log.types);
        log.client = start(&c);
        log.mail = mail_from("a", "b");
        log.rcpt = rcpt_to("c", "d");
        for (i = 0; i < sizeof dialogue / sizeof dialogue[0]; i++) {
            assert_int_equal(
                ehlo_client_feed(log.client, dialogue[i].say, strlen(dialogue[i].say), &used, handle, &log),
                i == 4 ? EHLO_E_QUIT : 0);
            assert_int_equal(used, strlen(dialogue[i].say));
            expect(log.client, dialogue[i].expect);
        }
        assert_string_equal(log.types, ";;;;:;;;;<;");
        assert_int_equal(log.rcpt.outcome, EHLO_OUTCOME_DELIVERED);
    }
    assert_int_equal(ehlo_client_feed(NULL, "", 0, &used, handle, &log), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_feed(log.client, NULL, 1, &used, handle, &log), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_feed(log.client, "", 0, NULL, handle, &log), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_feed(log.client, "", 0, &used, NULL, NULL), EHLO_E_ARGUMENT);
    log.client = start(&c);
    assert_int_equal(ehlo_client_feed(log.client, NULL, 0, &used, handle, &log), 0);
    assert_int_equal(ehlo_client_feed(log.client, "220 x", 5, &used, handle, &log), 0);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_client_feed(log.client, "220", 3, &used, handle, &log), EHLO_E_ARGUMENT);
}

struct pool {
    int left;
    int live;
    size_t size;
};

static void *get(void *user, size_t size)
{
    struct pool *pool = user;

    if (pool->left-- <= 0)
        return NULL;
    pool->live++;
    pool->size = size;
    return malloc(size);
}

static void put(void *user, void *memory, size_t size)
{
    struct pool *pool = user;

    assert_int_equal(size, pool->size);
    memset(memory, 0, size);
    pool->live--;
    free(memory);
}

/* Memory that no session can be in. */
static void *get_odd(void *user, size_t size)
{
    return (char *)get(user, size) + 1;
}

static void put_odd(void *user, void *memory, size_t size)
{
    put(user, (char *)memory - 1, size);
}

static void test_new(void **state)
{
    struct ehlo_client_config c = plain();
    struct pool pool = {1, 0, 0};
    struct ehlo_allocator allocator = {get, put, &pool}, odd = {get_odd, put_odd, &pool};
    struct ehlo_client *client = NULL;

    (void)state;
    assert_int_equal(ehlo_client_new(&client, &c, NULL), 0);
    hear(client, "220 x\r\n");
    expect(client, "EHLO c.example\r\n");
    ehlo_client_free(client, NULL);
    ehlo_client_free(NULL, NULL);
    ehlo_client_free(NULL, &allocator);
    c.output_size = 700;
    assert_int_equal(ehlo_client_new(&client, &c, &allocator), 0);
    assert_int_equal(pool.live, 1);
    assert_int_equal(pool.size, ehlo_client_size(&c));
    ehlo_client_free(client, &allocator);
    assert_int_equal(pool.live, 0);
    assert_int_equal(ehlo_client_new(&client, &c, &allocator), EHLO_E_MEMORY);
    pool.left = 1;
    assert_int_equal(ehlo_client_new(&client, &c, &odd), EHLO_E_ARGUMENT);
    assert_int_equal(pool.live, 0);
    assert_int_equal(ehlo_client_new(&client, NULL, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_new(NULL, &c, NULL), EHLO_E_ARGUMENT);
    c.line_max = 1;
    assert_int_equal(ehlo_client_new(&client, &c, NULL), EHLO_E_CONFIG);
    c.size = 0;
    assert_int_equal(ehlo_client_new(&client, &c, NULL), EHLO_E_ARGUMENT);
}

/* All is checked before an octet is queued, and who is at fault is told. */
static void test_send_checks(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 SIZE 1000\r\n");
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpts[4];
    struct ehlo_event event;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        rcpts[i] = rcpt_to("c", i % 2 == 0 ? "d" : i == 1 ? "d\r\nQUIT" : "-x");
        rcpts[i].outcome = EHLO_OUTCOME_DELIVERED;
        rcpts[i].decided = EHLO_EVENT_END;
        rcpts[i].code = rcpts[i].status[0] = rcpts[i].status[2] = 250;
    }
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 4), EHLO_E_CHARACTER); /* the first one */
    for (i = 0; i < 4; i++) {
        assert_int_equal(rcpts[i].outcome, i % 2 == 0 ? EHLO_OUTCOME_PENDING : EHLO_OUTCOME_PERMANENT);
        assert_int_equal(rcpts[i].decided, EHLO_EVENT_NONE);
        assert_int_equal(rcpts[i].code + rcpts[i].status[0] + rcpts[i].status[2], 0);
    }
    mail.octets = 1001;
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), EHLO_E_TOO_MUCH);
    mail.octets = 1000;
    mail.params = span("X=\r");
    assert_true(ehlo_client_send(client, &mail, rcpts, 1) < 0);
    mail.params = span("X=1 X=2");
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), EHLO_E_DUPLICATE);
    mail.params = span(NULL);
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
    expect(client, "");
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, 1), 0);
    expect(client, "MAIL FROM:<a@b> SIZE=1000\r\n");
    hear(client, "250 OK\r\n");
    expect(client, "RCPT TO:<c@d>\r\n");
    event = hear(client, "550 5.1.1 no\r\n");
    assert_int_equal(event.type, EHLO_EVENT_RESULT);
    assert_int_equal(event.reason, 0);
    assert_int_equal(rcpts[0].code, 550);
    assert_int_equal(rcpts[0].status[1], 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_config_grows),
        cmocka_unit_test(test_config_copied),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_event_grows),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_feed),
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_send_checks),
        cmocka_unit_test(test_hello_word),
        cmocka_unit_test(test_sizes_of_recipients),
    };

    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
