/* SPDX-License-Identifier: ISC
 *
 * The limits of a server session, each at its last octet: recipients, messages, lines, errors, commands.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "talk.h"

static void test_recipients(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event;
    int i, round;

    (void)state;
    c.recipient_max = 100;
    server = start(&c);
    say(server, "EHLO c.example\r\n");
    expect(server, "220");
    for (round = 0; round < 2; round++) {
        say(server, "MAIL FROM:<a@b>\r\n");
        expect(server, "250 2.1.0");
        for (i = 0; i < 100; i++) {
            event = say(server, "RCPT TO:<c@d>\r\n");
            assert_int_equal(event.index, i);
            expect(server, "250 2.1.5");
        }
        say(server, "RCPT TO:<c@d>\r\n");
        expect(server, "452 4.5.3");
        event = say(server, "DATA\r\n.\r\n");
        assert_int_equal(event.type, EHLO_EVENT_END);
        assert_int_equal(event.index, 100);
        expect(server, "354");
    }
}

/* Only CRLF "." CRLF ends a message, and one that is refused is read to its end. */
static void test_newlines(void **state)
{
    static const struct {
        uint32_t newline;
        const char *message;
        uint64_t octets; /* of the message that was taken; 0: none was */
    } rows[] = {
        {EHLO_NEWLINE_REJECT, "a\r\n.\r\n", 3},
        {EHLO_NEWLINE_REJECT, "a\nb\r\n.\r\n", 0},
        {EHLO_NEWLINE_REJECT, "a\rb\r\n.\r\n", 0},
        {EHLO_NEWLINE_REJECT, "a\n.\r\nNOOP\r\n.\r\n", 0},
        {EHLO_NEWLINE_REJECT, "a\r\n.\nNOOP\r\n.\r\n", 0},
        {EHLO_NEWLINE_REJECT, "a\r\r\n.\r\n", 0},
        {EHLO_NEWLINE_KEEP, "a\nb\r\n.\r\n", 5},
        {EHLO_NEWLINE_KEEP, "a\n.\r\nb\r\n.\r\n", 8},
        {EHLO_NEWLINE_NORMALIZE, "a\nb\r\n.\r\n", 6},
        {EHLO_NEWLINE_NORMALIZE, "a\n.\r\nb\r\n.\r\n", 9},
    };
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.newline = rows[i].newline;
        server = start(&c);
        begin_message(server);
        event = say(server, rows[i].message);
        if (rows[i].octets > 0) {
            assert_int_equal(event.type, EHLO_EVENT_END);
            assert_int_equal(event.octets, rows[i].octets);
            expect_only(server, "250 2.0.0 message accepted\r\n");
        } else {
            assert_int_equal(event.type, EHLO_EVENT_ABORT);
            assert_int_equal(event.reason, EHLO_E_NEWLINE);
            expect_only(server, "550 5.6.0 bare CR or bare LF in message\r\n");
        }
        say(server, "MAIL FROM:<a@b>\r\n");
        expect(server, "250 2.1.0");
    }
}

/* Each bound at its last good value and at the first bad one. */
static void test_body_bounds(void **state)
{
    static const struct {
        const char *message;
        int reason;
        const char *reply;
    } rows[] = {
        {"12345678\r\n.\r\n", 0, "250"},
        {"123456789\r\n.\r\n", EHLO_E_BODY_LINE, "554 5.6.0"},
        {"12345678\r\n..2345678\r\n.\r\n", 0, "250"},
        {"12345678\r\n123456\r\n\r\n.\r\n", 0, "250"},
        {"12345678\r\n123456\r\n3\r\n.\r\n", EHLO_E_TOO_MUCH, "552 5.3.4"},
        {"12345678\r\n123456\r\n3456789\r\n.\r\n", EHLO_E_TOO_MUCH, "552 5.3.4"},
    };
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event;
    size_t i;

    (void)state;
    c.message_max = 20;
    c.body_line_max = 10;
    c.newline = EHLO_NEWLINE_KEEP;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server = start(&c);
        begin_message(server);
        event = say(server, rows[i].message);
        assert_int_equal(event.type, rows[i].reason == 0 ? EHLO_EVENT_END : EHLO_EVENT_ABORT);
        assert_int_equal(event.reason, rows[i].reason);
        expect(server, rows[i].reply);
    }
}

/* Of a message that is too much the octets up to the bound are handed over, however they came. */
static void test_body_cut(void **state)
{
    static const char message[] = "123456\r\n123456\r\n123456\r\n.\r\n";
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event = {.size = sizeof event};
    size_t step, at, end, used, given;
    int found;

    (void)state;
    c.message_max = 20;
    for (step = 1; step < sizeof message; step++) {
        server = start(&c);
        begin_message(server);
        for (at = end = given = 0; end < sizeof message - 1;) {
            end = end + step < sizeof message - 1 ? end + step : sizeof message - 1;
            while ((found = ehlo_server_next(server, message + at, end - at, &used, &event)) > 0 || used > 0) {
                at += used;
                if (found == EHLO_EVENT_BODY)
                    given += event.data.size;
            }
        }
        assert_int_equal(given, 20);
        expect_only(server, "552 5.3.4 message too big\r\n");
    }
}

static void test_declared_size(void **state)
{
    static const struct {
        uint64_t message_max;
        const char *size, *reply;
    } rows[] = {
        {1000, "1000", "250"},
        {1000, "1001", "552 5.3.4"},
        {1000, "00000000000000000999", "250"},
        {1000, "18446744073709551617", "552 5.3.4"},
        {1000, "99999999999999999999999999999", "501 5.5.4"},
        {1000, "-1", "501 5.5.4"},
        {UINT64_MAX, "18446744073709551614", "250"},
        {UINT64_MAX, "18446744073709551615", "552 5.3.4"},
        {UINT64_MAX, "18446744073709551616", "552 5.3.4"},
    };
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    char line[100];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.message_max = rows[i].message_max;
        server = start(&c);
        say(server, "EHLO c.example\r\n");
        expect(server, "220");
        snprintf(line, sizeof line, "MAIL FROM:<a@b> SIZE=%s\r\n", rows[i].size);
        say(server, line);
        expect(server, rows[i].reply);
    }
}

static void test_line_max(void **state)
{
    static const struct {
        const char *begin;
        size_t most;
    } rows[] = {{"NOOP ", 512}, {"MAIL FROM:<a@b> X=", EHLO_SERVER_LINE_MAX}};
    struct ehlo_server_config c = plain();
    struct ehlo_server *server = start(&c);
    char line[700];
    size_t i, size;

    (void)state;
    say(server, "EHLO c.example\r\n");
    expect(server, "220");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size = rows[i].most - 2; size < sizeof line; size++) {
            memset(line, 'x', size);
            memcpy(line, rows[i].begin, strlen(rows[i].begin));
            memcpy(line + size - 2, "\r\n", 3);
            say(server, line);
            expect(server, size > rows[i].most ? "500 5.5.2 line too long" : i == 0 ? "250" : "555");
            if (size == rows[i].most + 3)
                break;
        }
    }
}

/* Errors and commands that lead nowhere are counted; a message that is accepted makes a new beginning. */
static void test_floods(void **state)
{
    struct ehlo_server_config c = plain();
    struct ehlo_server *server;
    struct ehlo_event event = {.size = sizeof event};
    size_t used;
    int i;

    (void)state;
    c.error_max = 3;
    server = start(&c);
    for (i = 0; i < 3; i++) {
        say(server, "XYZ\r\n");
        expect(server, i == 0 ? "220" : "500 5.5.2");
    }
    assert_int_equal(ehlo_server_next(server, "XYZ\r\n", 5, &used, &event), EHLO_E_FLOOD);
    expect(server, "421 4.7.0");

    c.error_max = 0;
    c.command_max = 5;
    server = start(&c);
    begin_message(server); /* EHLO, MAIL, RCPT that is not counted, DATA */
    say(server, "NOOP\r\n.\r\n");
    for (i = 0; i < 5; i++)
        say(server, "NOOP\r\n");
    assert_int_equal(ehlo_server_want(server) & EHLO_WANT_CLOSE, 0);
    assert_int_equal(ehlo_server_next(server, "NOOP\r\n", 6, &used, &event), EHLO_E_FLOOD);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipients), cmocka_unit_test(test_newlines),      cmocka_unit_test(test_body_bounds),
        cmocka_unit_test(test_body_cut),   cmocka_unit_test(test_declared_size), cmocka_unit_test(test_line_max),
        cmocka_unit_test(test_floods),
    };

    return cmocka_run_group_tests_name("server limits", tests, NULL, NULL);
}
