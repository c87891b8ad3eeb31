/* SPDX-License-Identifier: ISC
 *
 * What a program meets of the extensions: what it may offer, changes of the transport, exchanges of AUTH, answers to
 * the questions that come with them. What a client meets is in the transcripts.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "talk.h"

#define BIT(extension) (UINT64_C(1) << EHLO_EXTENSION_##extension)

static struct ehlo_server_config offering(const char *offer, uint32_t flags)
{
    struct ehlo_server_config config = plain();

    config.offer.data = offer;
    config.offer.size = strlen(offer);
    config.flags = flags;
    return config;
}

/* A session behind EHLO. */
static struct ehlo_server *greeted(const struct ehlo_server_config *config)
{
    struct ehlo_server *server = start(config);

    say(server, config->flags & EHLO_SERVER_LMTP ? "LHLO c.example\r\n" : "EHLO c.example\r\n");
    expect(server, "220");
    return server;
}

static void test_offers(void **state)
{
    static const struct {
        const char *offer;
        int good;
    } rows[] = {
        {"", 1},
        {"STARTTLS", 1},
        {"STARTTLS\n", 1},
        {"STARTTLS\nAUTH PLAIN LOGIN\nSMTPUTF8\nX-TEST", 1},
        {"AUTH PLAIN\nAUTH LOGIN", 1},
        {"x-test any word here", 1},
        {"\n", 0},
        {"STARTTLS\n\nDSN", 0},
        {"STARTTLS\r\nDSN", 0},
        {"AUTH", 0},
        {"-X", 0},
        {" X", 0},
        {"X ", 0},
        {"X\x01", 0},
        {"X \xC3\xA9", 0},
        {"X\rY", 0},
        {"PIPELINING", 0}, /* what the library offers by itself */
        {"size 5", 0},
        {"8BITMIME", 0},
        {"ENHANCEDSTATUSCODES", 0},
        {"CHUNKING", 0},
        {"VRFY", 0},
        {"EXPN", 0},
        {"DSN\nHELP", 0},
        {"SEND", 0}, /* what nobody offers any more */
        {"TURN", 0},
        {"XVERP", 0},
    };
    struct ehlo_server_config c;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c = offering(rows[i].offer, 0);
        if ((ehlo_server_size(&c) > 0) != rows[i].good)
            fail_msg("%s", rows[i].offer);
        assert_int_equal(ehlo_server_line_max(&c) > 0, rows[i].good);
    }
    c.offer.data = NULL;
    c.offer.size = 1;
    assert_int_equal(ehlo_server_size(&c), 0);
    c.offer.data = "X\0";
    c.offer.size = 2;
    assert_int_equal(ehlo_server_size(&c), 0);
}

/* As many lines as are allowed are shown, and none is longer than a reply line and the buffer. */
static void test_offer_bounds(void **state)
{
    static char offer[1024], out[8192];
    struct ehlo_server_config c;
    struct ehlo_server *server;
    size_t size, i, lines = 0;

    (void)state;
    for (i = 0; i < 100; i++)
        sprintf(offer + 4 * i, "X%02u\n", (unsigned)i);
    c = offering(offer, 0);
    server = start(&c);
    say(server, "");
    expect(server, "220");
    say(server, "EHLO c.example\r\n");
    size = ehlo_server_read(server, out, sizeof out - 1);
    out[size] = '\0';
    for (i = 0; i < size; i++)
        lines += out[i] == '\n';
    assert_int_equal(lines, 109);
    assert_non_null(strstr(out, "250-CHUNKING\r\n250-X00\r\n"));
    assert_string_equal(out + size - 9, "250 X99\r\n");
    strcpy(offer + 400, "Y");
    c = offering(offer, 0);
    assert_int_equal(ehlo_server_size(&c), 0);

    memset(offer, 'X', sizeof offer);
    for (i = 500; i < 520; i++) {
        c.offer.size = i;
        assert_int_equal(ehlo_server_size(&c) > 0, i + 6 <= 512);
    }
    c.output_size = 128;
    for (i = 100; i < 140; i++) {
        c.offer.size = i;
        assert_int_equal(ehlo_server_size(&c) > 0, i + 6 <= 128);
    }
}

static void test_extensions(void **state)
{
    const uint64_t own = BIT(PIPELINING) | BIT(SIZE) | BIT(8BITMIME) | BIT(ENHANCEDSTATUSCODES) | BIT(CHUNKING) |
                         BIT(VRFY) | BIT(EXPN) | BIT(HELP);
    struct ehlo_server_config c = offering("STARTTLS\nAUTH PLAIN\nREQUIRETLS\nDSN\nX-TEST", 0);

    (void)state;
    assert_true(ehlo_server_extensions(start(&c)) == (own | BIT(STARTTLS) | BIT(DSN)));
    c.flags = EHLO_SERVER_AUTH_IN_CLEAR;
    assert_true(ehlo_server_extensions(start(&c)) == (own | BIT(STARTTLS) | BIT(DSN) | BIT(AUTH)));
    c.flags = EHLO_SERVER_SECURED;
    assert_true(ehlo_server_extensions(start(&c)) == (own | BIT(AUTH) | BIT(REQUIRETLS) | BIT(DSN)));
    c.withhold = BIT(CHUNKING) | BIT(DSN) | BIT(AUTH);
    assert_true(ehlo_server_extensions(start(&c)) == ((own | BIT(REQUIRETLS)) & ~BIT(CHUNKING)));
    assert_true(ehlo_server_extensions(NULL) == 0);
}

/* A line may be longer by what each extension that is offered adds for its verb, and no longer. */
static void test_lines_grow(void **state)
{
    static const struct {
        const char *offer, *begin;
        size_t most;
    } rows[] = {
        {"", "MAIL FROM:<a@b> X=", 555},    {"SMTPUTF8", "MAIL FROM:<a@b> X=", 565},
        {"DSN", "MAIL FROM:<a@b> X=", 671}, {"DSN", "RCPT TO:<a@b> X=", 1048},
        {"", "RCPT TO:<a@b> X=", 512},      {"AUTH X", "MAIL FROM:<a@b> X=", 1055},
        {"AUTH X", "NOOP ", 512},           {"AUTH X", "AUTH X ", 12288},
        {"SMTPUTF8", "VRFY ", 522},         {"", "VRFY ", 512},
    };
    static char line[12400], out[256];
    struct ehlo_server_config c;
    struct ehlo_server *server;
    size_t i, size;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c = offering(rows[i].offer, EHLO_SERVER_AUTH_IN_CLEAR);
        assert_true(ehlo_server_line_max(&c) >= rows[i].most);
        for (size = rows[i].most; size <= rows[i].most + 1; size++) {
            server = greeted(&c);
            if (rows[i].begin[0] == 'R') {
                say(server, "MAIL FROM:<a@b>\r\n");
                expect(server, "250");
            }
            memset(line, 'x', size);
            memcpy(line, rows[i].begin, strlen(rows[i].begin));
            memcpy(line + size - 2, "\r\n", 3);
            say(server, line);
            out[ehlo_server_read(server, out, sizeof out - 1)] = '\0';
            if ((strstr(out, "too long") != NULL) != (size > rows[i].most))
                fail_msg("%s%s of %lu: %s", rows[i].offer, rows[i].begin, (unsigned long)size, out);
        }
    }
    c = offering("DSN\nAUTH X", 0);
    c.line_max = 600;
    assert_int_equal(ehlo_server_line_max(&c), 600);
}

static void test_secured(void **state)
{
    struct ehlo_server_config c = offering("STARTTLS", 0);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_server_secured(NULL, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);
    event = open_question(server, "STARTTLS\r\n");
    assert_int_equal(event.type, EHLO_EVENT_STARTTLS);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE); /* its line was not taken, its reply not sent */
    expect_only(server, "220 2.0.0 ready to start TLS\r\n");
    assert_int_equal(ehlo_server_want(server) & EHLO_WANT_TLS, 0);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);
    assert_int_equal(ehlo_server_next(server, "STARTTLS\r\n", 10, &used, &event), 0);
    assert_int_equal(used, 10);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_TLS);
    assert_int_equal(ehlo_server_timeout(server), 300);
    assert_int_equal(ehlo_server_next(server, "", 0, &used, &event), 0);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_TLS);
    assert_int_equal(ehlo_server_secured(server, 0), 0);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);
    assert_true((ehlo_server_extensions(server) & BIT(STARTTLS)) == 0);
    say(server, "");
    expect_only(server, "");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_INPUT);
}

/* While the reply waits there is no TLS yet; what the program holds unread came too early. */
static void test_injected(void **state)
{
    struct ehlo_server_config c = offering("STARTTLS", 0);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    say(server, "STARTTLS\r\n");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_OUTPUT);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);
    expect(server, "220");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_TLS);
    assert_int_equal(ehlo_server_secured(server, 1), EHLO_E_INJECTED);
    assert_int_equal(ehlo_server_next(server, "x", 1, &used, &event), EHLO_E_INJECTED);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_CLOSE);
    assert_int_equal(ehlo_server_secured(server, 0), EHLO_E_STATE);

    server = greeted(&c);
    say(server, "STARTTLS\r\n");
    assert_int_equal(ehlo_server_next(server, "x", 1, &used, &event), EHLO_E_INJECTED);
    assert_int_equal(ehlo_server_end(server, EHLO_E_TIMEOUT), EHLO_E_STATE);
}

/* What counts a client's tries goes on behind a handshake. */
static void test_counts_stay(void **state)
{
    struct ehlo_server_config c = offering("STARTTLS\nXCLIENT", 0);
    struct ehlo_server *server;
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    c.error_max = 1;
    c.mail_max = 1;
    server = greeted(&c);
    say(server, "MAIL FROM:<a@b>\r\nRSET\r\nXYZ\r\nXCLIENT A=b\r\nEHLO c.example\r\nSTARTTLS\r\n");
    expect(server, "250 2.1.0 sender OK\r\n250 2.0.0 OK\r\n500 5.5.2 command unrecognized\r\n220 mx.example.org ESMTP");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_TLS);
    assert_int_equal(ehlo_server_secured(server, 0), 0);
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b>\r\n");
    event.size = sizeof event;
    assert_int_equal(ehlo_server_next(server, "XYZ\r\n", 5, &used, &event), EHLO_E_FLOOD);
}

/* The longest line of an exchange, and one octet more. */
static void test_auth_line(void **state)
{
    static char line[12300];
    struct ehlo_server_config c = offering("AUTH X", EHLO_SERVER_AUTH_IN_CLEAR);
    struct ehlo_server *server;
    struct ehlo_event event;
    struct ehlo_reply r = reply(334, 0, "");
    size_t size, used;

    (void)state;
    assert_int_equal(ehlo_server_line_max(&c), 12288);
    for (size = 12286; size <= 12290; size += 4) { /* base64 comes in fours, CRLF is of the line */
        server = greeted(&c);
        event = open_question(server, "AUTH X\r\n");
        assert_null(event.data.data);
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
        say(server, "AUTH X\r\n");
        expect_only(server, "334 \r\n");
        memset(line, 'A', size - 2);
        memcpy(line + size - 2, "\r\n", 3);
        event.size = sizeof event;
        if (size <= 12288) {
            assert_int_equal(ehlo_server_next(server, line, size, &used, &event), EHLO_EVENT_AUTH);
            assert_int_equal(event.index, 1);
            assert_int_equal(event.data.size, size - 2);
            assert_true(event.flags & EHLO_EVENT_SECRET);
        } else {
            say(server, line);
            expect_only(server, "500 5.5.6 authentication exchange line is too long\r\n");
            say(server, "NOOP\r\n");
            expect_only(server, "250 2.0.0 OK\r\n");
        }
    }
}

static void test_challenge(void **state)
{
    static char text[700];
    struct ehlo_server_config c = offering("AUTH X", EHLO_SERVER_AUTH_IN_CLEAR);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event = open_question(server, "AUTH X\r\n");
    struct ehlo_reply r;

    (void)state;
    r = reply(334, 0, "no base64");
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_TEXT);
    r = reply(334, 0, "YQ==\r\n235 y");
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_TEXT);
    memset(text, 'A', sizeof text);
    r = reply(334, 0, text);
    r.text.size = 508; /* with `334 ` and CRLF more than a reply may have */
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), EHLO_E_SPACE);
    expect_only(server, "");
    r.text.size = 504;
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    expect(server, "334 AAAA");
    c.reply_max = 614;
    server = greeted(&c);
    event = open_question(server, "AUTH X\r\n");
    r.text.size = 608;
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
}

/* An exchange without an end is one of too many commands. */
static void test_exchange_flood(void **state)
{
    struct ehlo_server_config c = offering("AUTH X", EHLO_SERVER_AUTH_IN_CLEAR);
    struct ehlo_server *server;
    struct ehlo_event event;
    struct ehlo_reply r = reply(334, 0, "");
    size_t used;
    int i;

    (void)state;
    c.command_max = 5; /* EHLO, AUTH and three responses */
    server = greeted(&c);
    event = open_question(server, "AUTH X\r\n");
    for (i = 0; i < 3; i++) {
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
        say(server, i == 0 ? "AUTH X\r\n" : "YQ==\r\n");
        event = open_question(server, "YQ==\r\n");
        assert_int_equal(event.index, i + 1);
    }
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    say(server, "YQ==\r\n");
    expect(server, "334 \r\n334 \r\n334 \r\n334 \r\n");
    assert_int_equal(ehlo_server_next(server, "YQ==\r\n", 6, &used, &event), EHLO_E_FLOOD);
    expect(server, "421 4.7.0");
}

/* A response is asked about again as a command is, and other octets in its place are a mistake of the caller. */
static void test_response_again(void **state)
{
    struct ehlo_server_config c = offering("AUTH X", EHLO_SERVER_AUTH_IN_CLEAR);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event = open_question(server, "AUTH X\r\n"), again = {.size = sizeof again};
    struct ehlo_reply r = reply(334, 0, "");
    size_t used;

    (void)state;
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    say(server, "AUTH X\r\n");
    event = open_question(server, "YQ==\r\n");
    assert_int_equal(ehlo_server_next(server, "YQ==\r\nNOOP\r\n", 12, &used, &again), EHLO_EVENT_AUTH);
    assert_int_equal(again.ticket, event.ticket);
    assert_int_equal(again.index, 1);
    assert_int_equal(ehlo_server_next(server, "Y===\r\n", 6, &used, &again), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_server_next(server, "YQ==\r", 5, &used, &again), EHLO_E_ARGUMENT);
}

/* The codes that accept each question; what feed says when nobody cares. */
static void test_verdicts(void **state)
{
    static const struct {
        const char *before, *line;
        uint32_t type, verb;
        uint16_t accepts[4];
        const char *yes, *otherwise;
    } rows[] = {
        {"", "STARTTLS\r\n", EHLO_EVENT_STARTTLS, EHLO_VERB_STARTTLS, {220}, "220 2.0.0", "220 2.0.0"},
        {"", "AUTH X\r\n", EHLO_EVENT_AUTH, EHLO_VERB_AUTH, {235, 334}, "235 2.7.0", "535 5.7.8"},
        {"", "ETRN a\r\n", EHLO_EVENT_COMMAND, EHLO_VERB_ETRN, {250, 251, 252, 253}, "250 2.0.0", "458 4.0.0"},
        {"", "ATRN\r\n", EHLO_EVENT_COMMAND, EHLO_VERB_ATRN, {250}, "250 2.0.0", "450 4.0.0"},
        {"", "XCLIENT A=b\r\n", EHLO_EVENT_COMMAND, EHLO_VERB_XCLIENT, {220}, "220 mx.example.org ESMTP", "550 5.7.1"},
        {"", "XFORWARD A=b\r\n", EHLO_EVENT_COMMAND, EHLO_VERB_XFORWARD, {250}, "250 2.0.0", "550 5.7.1"},
        {"MR", "BURL imap://x LAST\r\n", EHLO_EVENT_COMMAND, EHLO_VERB_BURL, {250}, "250 2.0.0", "554 5.6.6"},
        {"MR", "BDAT 0\r\n", EHLO_EVENT_DATA, EHLO_VERB_BDAT, {250, 354}, "250 2.0.0", "250 2.0.0"},
        {"",
         "MAIL FROM:<a@b> TRANSID=<a@b>\r\n",
         EHLO_EVENT_MAIL,
         EHLO_VERB_MAIL,
         {250, 355},
         "250 2.1.0",
         "250 2.1.0"},
        {"", "MAIL FROM:<a@b>\r\n", EHLO_EVENT_MAIL, EHLO_VERB_MAIL, {250}, "250 2.1.0", "250 2.1.0"},
    };
    struct ehlo_server_config c =
        offering("STARTTLS\nAUTH X\nETRN\nATRN\nXCLIENT\nXFORWARD\nBURL\nCHECKPOINT", EHLO_SERVER_AUTH_IN_CLEAR);
    uint64_t copy[EHLO_SERVER_SIZE / sizeof(uint64_t)];
    struct ehlo_server *server, *twin = (struct ehlo_server *)copy;
    struct ehlo_event event;
    struct ehlo_reply r;
    size_t i, j, size, used;
    uint16_t code;
    int accepted;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size = strlen(rows[i].line);
        server = greeted(&c);
        if (rows[i].before[0] == 'M') {
            say(server, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
            expect(server, "250");
        }
        event = open_question(server, rows[i].line);
        assert_int_equal(event.type, rows[i].type);
        assert_int_equal(event.command.verb, rows[i].verb);
        for (code = 0; code < 400; code++) {
            for (accepted = 0, j = 0; j < 4; j++)
                accepted |= code != 0 && code == rows[i].accepts[j];
            memcpy(copy, block, sizeof block);
            r = reply(code, 0, "");
            if (ehlo_server_answer(twin, event.ticket, &r) != (accepted ? 0 : EHLO_E_CODE))
                fail_msg("%s: %u", rows[i].line, (unsigned)code);
        }
        memcpy(copy, block, sizeof block);
        r = reply(550, 4, "x");
        assert_int_equal(ehlo_server_answer(twin, event.ticket, &r), EHLO_E_STATUS);
        assert_int_equal(ehlo_server_answer(twin, event.ticket, NULL), 0);
        event.size = sizeof event;
        (void)ehlo_server_next(twin, rows[i].line, size, &used, &event);
        assert_int_equal(used, size);
        expect(twin, rows[i].yes);
    }
}

static int ignore(void *user, const struct ehlo_event *event)
{
    (void)user;
    (void)event;
    return 0;
}

static void test_defaults(void **state)
{
    static const char input[] =
        "EHLO c.example\r\nAUTH X\r\nETRN a\r\nATRN\r\nXCLIENT A=b\r\nXFORWARD A=b\r\nMAIL FROM:<a@b>\r\n"
        "BURL imap://x\r\nXYZ\r\nSTARTTLS\r\nRSET\r\nSTARTTLS\r\n";
    struct ehlo_server_config c =
        offering("STARTTLS\nAUTH X\nETRN\nATRN\nXCLIENT\nXFORWARD\nBURL", EHLO_SERVER_AUTH_IN_CLEAR);
    struct ehlo_server *server;
    char out[4096];
    size_t used, at = 0, size = 0;

    (void)state;
    c.take = EHLO_TAKE_OTHER;
    server = start(&c);
    do {
        assert_int_equal(ehlo_server_feed(server, input + at, sizeof input - 1 - at, &used, ignore, NULL), 0);
        at += used;
        size += ehlo_server_read(server, out + size, sizeof out - 1 - size);
    } while (ehlo_server_want(server) != EHLO_WANT_TLS);
    out[size] = '\0';
    assert_int_equal(at, sizeof input - 1);
    assert_non_null(strstr(out, "250 BURL\r\n535 5.7.8 authentication credentials invalid\r\n"
                                "458 4.0.0 unable to queue messages for this node\r\n450 4.0.0 not turning now\r\n"
                                "550 5.7.1 this is not taken from you\r\n550 5.7.1 this is not taken from you\r\n"
                                "250 2.1.0 sender OK\r\n503 5.5.1 RCPT must come first\r\n"
                                "500 5.5.2 command unrecognized\r\n503 5.5.1 a transaction is open already\r\n"
                                "250 2.0.0 OK\r\n220 2.0.0 ready to start TLS\r\n"));
}

/* UTF-8 in a reply is for one that said so. */
static void test_utf8_replies(void **state)
{
    static const struct {
        const char *before, *line;
        int good;
    } rows[] = {
        {"", "MAIL FROM:<a@b>\r\n", 0},
        {"", "MAIL FROM:<a@b> SMTPUTF8\r\n", 1},
        {"MAIL FROM:<a@b> SMTPUTF8\r\n", "RCPT TO:<a@b>\r\n", 1},
        {"MAIL FROM:<a@b> SMTPUTF8\r\n", "VRFY a\r\n", 0},
        {"MAIL FROM:<a@b> SMTPUTF8\r\nRSET\r\n", "VRFY a\r\n", 0},
        {"MAIL FROM:<a@b> SMTPUTF8\r\nRSET\r\n", "HELP\r\n", 0},
        {"MAIL FROM:<a@b> SMTPUTF8\r\nRSET\r\nMAIL FROM:<a@b>\r\n", "RCPT TO:<a@b>\r\n", 0},
        {"", "VRFY a SMTPUTF8\r\n", 1},
        {"", "EXPN a SMTPUTF8\r\n", 1},
        {"MAIL FROM:<a@b> SMTPUTF8\r\nRCPT TO:<c@d>\r\n", "DATA\r\n", 1},
        {"MAIL FROM:<a@b> SMTPUTF8\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n", "HELP\r\n", 0},
    };
    struct ehlo_server_config c = offering("SMTPUTF8", 0);
    struct ehlo_server *server;
    struct ehlo_event event;
    struct ehlo_reply r = reply(550, 5, "n\xC3\xB3");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server = greeted(&c);
        say(server, rows[i].before);
        event = open_question(server, rows[i].line);
        assert_int_equal((event.flags & EHLO_EVENT_UTF8) != 0, rows[i].good);
        if (ehlo_server_answer(server, event.ticket, &r) != (rows[i].good ? 0 : EHLO_E_TEXT))
            fail_msg("%s%s", rows[i].before, rows[i].line);
    }
}

/* A chunk's yes has no words; its no is held back until it was read. */
static void test_chunk_held(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event;
    struct ehlo_reply r = reply(550, 5, "no");
    size_t used;

    (void)state;
    say(server, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    expect(server, "250");
    event = open_question(server, "BDAT 3\r\nabcNOOP\r\n");
    assert_int_equal(event.index, 1);
    assert_true(event.command.octets == 3);
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    expect_only(server, "");
    assert_int_equal(ehlo_server_next(server, "BDAT 3\r\nab", 10, &used, &event), EHLO_EVENT_ABORT);
    assert_int_equal(event.reason, EHLO_E_REFUSED);
    assert_int_equal(ehlo_server_next(server, "BDAT 3\r\nab", 10, &used, &event), 0);
    assert_int_equal(used, 10);
    expect_only(server, "");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_INPUT | EHLO_WANT_BODY);
    assert_int_equal(ehlo_server_timeout(server), 300);
    assert_int_equal(ehlo_server_next(server, "c", 1, &used, &event), 0);
    expect_only(server, "550 5.0.0 no\r\n");

    /* the session may end meanwhile: what was said is said */
    say(server, "RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    expect(server, "250");
    event = open_question(server, "BDAT 3\r\n");
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    assert_int_equal(ehlo_server_end(server, EHLO_E_TIMEOUT), 0);
    expect_only(server, "550 5.0.0 no\r\n421 4.4.2 mx.example.org waited too long\r\n");
}

static void test_turn(void **state)
{
    struct ehlo_server_config c = offering("ATRN", 0);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event;
    size_t used;

    (void)state;
    event = open_question(server, "ATRN a\r\n220 x\r\n");
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
    assert_int_equal(ehlo_server_next(server, "ATRN a\r\n220 x\r\n", 15, &used, &event), EHLO_E_TURNED);
    assert_int_equal(used, 8); /* the rest is the other side's */
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_OUTPUT);
    expect_only(server, "250 2.0.0 OK\r\n");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_TURN);
    assert_int_equal(ehlo_server_next(server, "220 x\r\n", 7, &used, &event), EHLO_E_TURNED);
    assert_int_equal(used, 0);
}

/* The question is open, and octets come; one who waits for the greeting is not disturbed. */
static void test_early(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event, again = {.size = sizeof again};
    size_t used;

    (void)state;
    event = open_question(start(&c), "");
    assert_int_equal(ehlo_server_want((struct ehlo_server *)block), EHLO_WANT_ANSWER);
    c.take = EHLO_TAKE_EARLY;
    server = start(&c);
    event = open_question(server, "");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER | EHLO_WANT_INPUT);
    assert_int_equal(ehlo_server_next(server, "E", 1, &used, &again), EHLO_EVENT_EARLY);
    assert_int_equal(again.ticket, 0);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_server_next(server, "E", 1, &used, &again), EHLO_EVENT_CONNECT);
    assert_int_equal(again.ticket, event.ticket);
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER);
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
    expect_only(server, "220 mx.example.org ESMTP\r\n");

    c.take = 0;
    c.flags = EHLO_SERVER_REFUSE_EARLY;
    server = start(&c);
    event = open_question(server, "");
    assert_int_equal(ehlo_server_want(server), EHLO_WANT_ANSWER | EHLO_WANT_INPUT);
    assert_int_equal(ehlo_server_next(server, "E", 1, &used, &again), 0);
    assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), EHLO_E_TICKET);
    expect_only(server, "554 mx.example.org you spoke before the greeting\r\n");
    server = start(&c);
    say(server, "");
    say(server, "EHLO c.example\r\n");
    expect(server, "220 mx.example.org ESMTP\r\n250-");
}

/* What the program says for a message of several it says to each; its own words there are for one alone. */
static void test_lmtp(void **state)
{
    struct ehlo_server_config c = offering("", EHLO_SERVER_LMTP);
    struct ehlo_server *server = greeted(&c);
    struct ehlo_event event;
    struct ehlo_reply r;
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        say(server, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n");
        expect(server, "250");
        event = open_question(server, "BDAT 0 LAST\r\n");
        assert_true(event.flags & EHLO_EVENT_LMTP);
        r = reply(i == 0 ? 421 : i == 1 ? 450 : 550, i == 2 ? 5 : 4, "no");
        r = i == 3 ? reply(250, 0, "unheard") : reply((uint16_t)(450 + 100 * (i == 2)), 0, "no");
        if (i == 0)
            r.code = 452;
        assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
        say(server, "BDAT 0 LAST\r\n");
        expect_only(server, i == 3   ? "250 2.0.0 message accepted\r\n250 2.0.0 message accepted\r\n"
                            : i == 2 ? "554 5.0.0 message not taken\r\n554 5.0.0 message not taken\r\n"
                                     : "451 4.3.0 message not taken now\r\n451 4.3.0 message not taken now\r\n");
    }
    /* 421 is said once, and ends it */
    say(server, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n");
    expect(server, "250");
    event = open_question(server, "BDAT 0 LAST\r\n");
    r = reply(421, 4, "mx.example.org");
    assert_int_equal(ehlo_server_answer(server, event.ticket, &r), 0);
    expect_only(server, "421 4.0.0 mx.example.org\r\n");
}

static void test_banner(void **state)
{
    struct ehlo_server_config c = offering("", EHLO_SERVER_LMTP);
    struct ehlo_server *server = start(&c);

    (void)state;
    say(server, "");
    expect_only(server, "220 mx.example.org LMTP\r\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offers),         cmocka_unit_test(test_offer_bounds), cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_lines_grow),     cmocka_unit_test(test_secured),      cmocka_unit_test(test_injected),
        cmocka_unit_test(test_counts_stay),    cmocka_unit_test(test_auth_line),    cmocka_unit_test(test_challenge),
        cmocka_unit_test(test_response_again), cmocka_unit_test(test_verdicts),     cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_utf8_replies),   cmocka_unit_test(test_chunk_held),   cmocka_unit_test(test_turn),
        cmocka_unit_test(test_early),          cmocka_unit_test(test_lmtp),         cmocka_unit_test(test_banner),
        cmocka_unit_test(test_exchange_flood),
    };

    return cmocka_run_group_tests_name("server, extensions", tests, NULL, NULL);
}
