/* SPDX-License-Identifier: ISC
 *
 * Tests of replies and enhanced status codes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <ehlo/address.h>
#include <ehlo/reply.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void lines(void **state)
{
    static const struct {
        uint32_t rules;
        const char *in;
        unsigned code, status[3], last;
        const char *text;
    } rows[] = {
        {0, "250", 250, {0, 0, 0}, 1, ""},
        {0, "250 ", 250, {0, 0, 0}, 1, ""},
        {0, "250-", 250, {0, 0, 0}, 0, ""},
        {0, "250 OK", 250, {0, 0, 0}, 1, "OK"},
        {0, "250-OK", 250, {0, 0, 0}, 0, "OK"},
        {0, "250  OK\t~ ", 250, {0, 0, 0}, 1, " OK\t~ "},
        {0, "299 x", 299, {0, 0, 0}, 1, "x"},
        {0, "571 x", 571, {0, 0, 0}, 1, "x"},
        {0, "599", 599, {0, 0, 0}, 1, ""},
        {0, "550 5.1.1 no", 550, {5, 1, 1}, 1, "no"},
        {0, "550-5.1.1 no", 550, {5, 1, 1}, 0, "no"},
        {0, "550 5.1.1", 550, {5, 1, 1}, 1, ""},
        {0, "550 5.1.1 ", 550, {5, 1, 1}, 1, ""},
        {0, "550 5.1.1  no", 550, {5, 1, 1}, 1, " no"},
        {0, "550 5.1.1\tno", 550, {5, 1, 1}, 1, "\tno"},
        {0, "550 5.7.606 no", 550, {5, 7, 606}, 1, "no"},
        {0, "550 4.1.1 no", 550, {0, 0, 0}, 1, "4.1.1 no"},
        {0, "354 3.1.1 no", 354, {0, 0, 0}, 1, "3.1.1 no"},
        {0, "550 5.1.1no", 550, {0, 0, 0}, 1, "5.1.1no"},
        {0, "550 5.1 no", 550, {0, 0, 0}, 1, "5.1 no"},
        {0, "550 5.01.1 no", 550, {0, 0, 0}, 1, "5.01.1 no"},
        {0, "550  5.1.1 no", 550, {0, 0, 0}, 1, " 5.1.1 no"},
        {EHLO_UTF8, "250 \xC3\xA9", 250, {0, 0, 0}, 1, "\xC3\xA9"},
        {EHLO_ALLOW_8BIT, "250 \xE9", 250, {0, 0, 0}, 1, "\xE9"},
        {EHLO_ALLOW_CONTROL, "250 a\x01\x1F\x7F\t\x0B", 250, {0, 0, 0}, 1, "a\x01\x1F\x7F\t\x0B"},
        {EHLO_ALLOW_CONTROL, "250-\x1B[0m 5.1.1", 250, {0, 0, 0}, 0, "\x1B[0m 5.1.1"},
        {EHLO_ALLOW_CONTROL, "250\tok", 250, {0, 0, 0}, 1, "ok"},
    };
    static const struct {
        uint32_t rules;
        const char *in;
        int error;
        size_t at;
    } bad[] = {
        {0, "", EHLO_E_REPLY_CODE, 0},
        {0, "2", EHLO_E_REPLY_CODE, 1},
        {0, "25", EHLO_E_REPLY_CODE, 2},
        {0, "2x0 a", EHLO_E_REPLY_CODE, 1},
        {0, "25: a", EHLO_E_REPLY_CODE, 2},
        {0, "150 a", EHLO_E_REPLY_CODE, 0},
        {0, "650 a", EHLO_E_REPLY_CODE, 0},
        {0, "050 a", EHLO_E_REPLY_CODE, 0},
        {0, " 250", EHLO_E_REPLY_CODE, 0},
        {0, "2500 a", EHLO_E_CHARACTER, 3},
        {0, "250a", EHLO_E_CHARACTER, 3},
        {0, "250\t", EHLO_E_CHARACTER, 3},
        {0, "250 a\x01", EHLO_E_CHARACTER, 5},
        {0, "250 a\r", EHLO_E_CHARACTER, 5},
        {0, "250 a\x7F", EHLO_E_CHARACTER, 5},
        {0, "250 \xC3\xA9", EHLO_E_UTF8, 4},
        {0, "250\xC3", EHLO_E_UTF8, 3},
        {EHLO_UTF8, "250 \xC3", EHLO_E_UTF8, 5},
        {EHLO_ALLOW_ALL & ~(uint32_t)EHLO_ALLOW_8BIT, "250 \xE9", EHLO_E_UTF8, 4},
        {EHLO_ALLOW_ALL & ~(uint32_t)EHLO_ALLOW_CONTROL, "250 a\x01", EHLO_E_CHARACTER, 5},
        {EHLO_ALLOW_ALL & ~(uint32_t)EHLO_ALLOW_CONTROL, "250\ta", EHLO_E_CHARACTER, 3},
        {EHLO_ALLOW_ALL, "250 a\rb", EHLO_E_CHARACTER, 5},
        {EHLO_ALLOW_ALL, "250 a\nb", EHLO_E_CHARACTER, 5},
    };
    struct ehlo_reply_line line;
    size_t i, k, size, at;
    char *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        if (ehlo_reply_line_parse(&line, copy, size, rows[i].rules, &at) != 0)
            fail_msg("%s: refused at %lu", rows[i].in, (unsigned long)at);
        assert_int_equal(at, size);
        assert_int_equal(line.code, rows[i].code);
        for (k = 0; k < 3; k++)
            assert_int_equal(line.status[k], rows[i].status[k]);
        assert_int_equal(line.last, rows[i].last);
        assert_span(line.text, rows[i].text);
        flush_free(copy, size);
    }
    for (i = 0; i < COUNT(bad); i++) {
        size = strlen(bad[i].in);
        copy = flush_copy(bad[i].in, size);
        error = ehlo_reply_line_parse(&line, copy, size, bad[i].rules, &at);
        if (error != bad[i].error || at != bad[i].at)
            fail_msg("%s: error %d at %lu", bad[i].in, error, (unsigned long)at);
        assert_int_equal(line.code, 0);
        flush_free(copy, size);
    }
    assert_int_equal(ehlo_reply_line_parse(&line, NULL, 0, 0, &at), EHLO_E_REPLY_CODE);
}

static void replies(void **state)
{
    static const struct {
        const char *in;
        int error;
        size_t used;
        unsigned code, lines;
        const char *text;
    } rows[] = {
        {"250 OK\r\n", 0, 8, 250, 1, "OK"},
        {"250\r\n", 0, 5, 250, 1, ""},
        {"250-a\r\n250 b\r\n", 0, 14, 250, 2, "a"},
        {"250-a\r\n250-\r\n250\r\n", 0, 18, 250, 3, "a"},
        {"250 a\r\n250 b\r\n", 0, 7, 250, 1, "a"},
        {"550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\nx", 0, 39, 550, 3, "a"},
        {"250-a\r\n550 5.1.1\r\n", EHLO_E_REPLY_MISMATCH, 7, 0, 0, ""},
        {"250-a\r\n251\x01\r\n", EHLO_E_REPLY_MISMATCH, 7, 0, 0, ""},
        {"", EHLO_E_INCOMPLETE, 0, 0, 0, ""},
        {"2", EHLO_E_INCOMPLETE, 1, 0, 0, ""},
        {"250", EHLO_E_INCOMPLETE, 3, 0, 0, ""},
        {"250 OK", EHLO_E_INCOMPLETE, 6, 0, 0, ""},
        {"250 OK\r", EHLO_E_INCOMPLETE, 7, 0, 0, ""},
        {"250-a\r\n", EHLO_E_INCOMPLETE, 7, 0, 0, ""},
        {"250-a\r\n25", EHLO_E_INCOMPLETE, 9, 0, 0, ""},
        {"250-a\r\nx", EHLO_E_REPLY_CODE, 7, 0, 0, ""},
        {"2\r\n", EHLO_E_REPLY_CODE, 1, 0, 0, ""},
        {"\r\n", EHLO_E_REPLY_CODE, 0, 0, 0, ""},
        {"xyz", EHLO_E_REPLY_CODE, 0, 0, 0, ""},
        {"250 a\n", EHLO_E_NEWLINE, 5, 0, 0, ""},
        {"250 a\rb\r\n", EHLO_E_NEWLINE, 5, 0, 0, ""},
        {"250 a\r\r\n", EHLO_E_NEWLINE, 5, 0, 0, ""},
        {"250\n250\r\n", EHLO_E_NEWLINE, 3, 0, 0, ""},
        {"250-a\r\n250 \n\r\n", EHLO_E_NEWLINE, 11, 0, 0, ""},
        {"25\n", EHLO_E_NEWLINE, 2, 0, 0, ""},
        {"250 a\x01\n", EHLO_E_CHARACTER, 5, 0, 0, ""},
        {"250 \xE9\r\n", EHLO_E_UTF8, 4, 0, 0, ""},
    };
    struct ehlo_reply reply;
    size_t i, size, used;
    char *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        memset(&reply, 0xFF, sizeof reply);
        reply.size = sizeof reply;
        error = ehlo_reply_parse(&reply, copy, size, 0, &used);
        if (error != rows[i].error || used != rows[i].used)
            fail_msg("%s: error %d at %lu", rows[i].in, error, (unsigned long)used);
        assert_int_equal(reply.size, sizeof reply);
        assert_int_equal(reply.code, rows[i].code);
        assert_int_equal(reply.lines, rows[i].lines);
        assert_span(reply.text, rows[i].text);
        flush_free(copy, size);
    }
    reply.size = sizeof reply - 1;
    assert_int_equal(ehlo_reply_parse(&reply, "250\r\n", 5, 0, &used), EHLO_E_ARGUMENT);
    reply.size = sizeof reply;
    assert_int_equal(ehlo_reply_parse(&reply, NULL, 0, 0, &used), EHLO_E_INCOMPLETE);
    assert_int_equal(ehlo_reply_parse(&reply, "250 \0\r\n", 7, 0, &used), EHLO_E_NEWLINE);
    assert_int_equal(used, 4);
    assert_int_equal(ehlo_reply_parse(&reply, "550 5.1.1 x\r\n", 13, 0, &used), 0);
    assert_int_equal(reply.status[0] * 100 + reply.status[1] * 10 + reply.status[2], 511);
}

static void truncated_replies(void **state)
{
    static const char in[] = "550-5.1.1 a\r\n550-\r\n550-5.1.2\r\n550 b\r\n";
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}};
    size_t size, used;
    char *copy;

    (void)state;
    for (size = 0; size < sizeof in - 1; size++) {
        copy = flush_copy(in, size);
        assert_int_equal(ehlo_reply_parse(&reply, copy, size, 0, &used), EHLO_E_INCOMPLETE);
        assert_int_equal(used, size);
        flush_free(copy, size);
    }
}

static void reply_line_limit(void **state)
{
    char in[600];
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}};
    size_t size, used;

    (void)state;
    memset(in, 'a', sizeof in);
    memcpy(in, "250-x\r\n250 ", 11);
    memcpy(in + 7 + 510, "\r\n", 2);
    assert_int_equal(ehlo_reply_parse(&reply, in, 7 + 512, 0, &used), 0);
    assert_int_equal(used, 7 + 512);
    memcpy(in + 7 + 510, "a\r\n", 3);
    assert_int_equal(ehlo_reply_parse(&reply, in, 7 + 513, 0, &used), EHLO_E_LINE_LONG);
    assert_int_equal(used, 7 + 512);
    memset(in + 11, 'a', sizeof in - 11);
    for (size = 500; size < sizeof in; size++) {
        assert_int_equal(ehlo_reply_parse(&reply, in, size, 0, &used),
                         size <= 7 + 512 ? EHLO_E_INCOMPLETE : EHLO_E_LINE_LONG);
        assert_int_equal(used, size <= 7 + 512 ? size : 7 + 512);
    }
}

static void formats(void **state)
{
    static const struct {
        unsigned code, status[3];
        const char *text, *out;
    } rows[] = {
        {250, {0, 0, 0}, "OK", "250 OK\r\n"},
        {250, {0, 0, 0}, "", "250 \r\n"},
        {250, {2, 0, 0}, "OK", "250 2.0.0 OK\r\n"},
        {250, {2, 0, 0}, "", "250 2.0.0\r\n"},
        {550, {5, 1, 1}, "a\nb\n\nc", "550-5.1.1 a\r\n550-5.1.1 b\r\n550-5.1.1\r\n550 5.1.1 c\r\n"},
        {250, {0, 0, 0}, "a\n", "250-a\r\n250 \r\n"},
        {250, {0, 0, 0}, "\n", "250-\r\n250 \r\n"},
        {250, {2, 999, 999}, " a\t", "250 2.999.999  a\t\r\n"},
        {354, {0, 0, 0}, "go", "354 go\r\n"},
        {200, {0, 0, 0}, "x", "200 x\r\n"},
        {599, {0, 0, 0}, "x", "599 x\r\n"},
    };
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}}, again = reply;
    char out[100];
    size_t i, k, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        reply.code = (uint16_t)rows[i].code;
        for (k = 0; k < 3; k++)
            reply.status[k] = (uint16_t)rows[i].status[k];
        reply.text = span(rows[i].text);
        assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), 0);
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        assert_int_equal(ehlo_reply_parse(&again, out, length, 0, &used), 0);
        assert_int_equal(used, length);
        assert_int_equal(again.code, reply.code);
        assert_memory_equal(again.status, reply.status, sizeof reply.status);
        assert_int_equal(again.text.size, strcspn(rows[i].text, "\n"));
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_reply_format(out, length - 1, &used, &reply, 0), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_reply_format(NULL, 0, &used, &reply, 0), EHLO_E_SPACE);
    }
}

static void formats_refused(void **state)
{
    static const struct {
        unsigned code, status[3];
        const char *text;
        uint32_t rules;
        int error;
    } rows[] = {
        {199, {0, 0, 0}, "x", 0, EHLO_E_CODE},        {600, {0, 0, 0}, "x", 0, EHLO_E_CODE},
        {0, {0, 0, 0}, "x", 0, EHLO_E_CODE},          {250, {5, 1, 1}, "x", 0, EHLO_E_STATUS},
        {354, {3, 1, 1}, "x", 0, EHLO_E_STATUS},      {250, {2, 1000, 0}, "x", 0, EHLO_E_STATUS},
        {250, {2, 0, 1000}, "x", 0, EHLO_E_STATUS},   {250, {0, 1, 0}, "x", 0, EHLO_E_STATUS},
        {250, {0, 0, 0}, "a\rb", 0, EHLO_E_TEXT},     {250, {0, 0, 0}, "a\r\nb", 0, EHLO_E_TEXT},
        {250, {0, 0, 0}, "a\x7F", 0, EHLO_E_TEXT},    {250, {0, 0, 0}, "a\nb\x01", 0, EHLO_E_TEXT},
        {250, {0, 0, 0}, "\xC3\xA9", 0, EHLO_E_TEXT}, {250, {0, 0, 0}, "\xC3", EHLO_UTF8, EHLO_E_TEXT},
        {250, {0, 0, 0}, "\xC3\xA9", EHLO_UTF8, 0},   {250, {0, 0, 0}, "\xC3", EHLO_ALLOW_8BIT, 0},
    };
    struct ehlo_reply reply = {sizeof reply, 0, {0, 0, 0}, 0, {NULL, 0}};
    char out[1100], text[1100];
    size_t i, k, length;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        reply.code = (uint16_t)rows[i].code;
        for (k = 0; k < 3; k++)
            reply.status[k] = (uint16_t)rows[i].status[k];
        reply.text = span(rows[i].text);
        out[0] = '#';
        if (ehlo_reply_format(out, sizeof out, &length, &reply, rows[i].rules) != rows[i].error)
            fail_msg("row %lu", (unsigned long)i);
        assert_int_equal(out[0] == '#', rows[i].error != 0);
    }
    reply.text.data = "a\0b";
    reply.text.size = 3;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), EHLO_E_TEXT);
    /* 512 octets a line, CRLF included */
    memset(text, 'a', sizeof text);
    text[506] = '\n';
    reply.text.data = text;
    reply.text.size = 507 + 506;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), 0);
    assert_int_equal(length, 1024);
    reply.text.size++;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), EHLO_E_TEXT);
    reply.text.size = 500;
    reply.status[0] = 2;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), 0);
    assert_int_equal(length, 512);
    reply.text.size = 501;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), EHLO_E_TEXT);
    reply.text.size = 1;
    reply.size = 8;
    assert_int_equal(ehlo_reply_format(out, sizeof out, &length, &reply, 0), EHLO_E_ARGUMENT);
}

static void statuses(void **state)
{
    static const struct {
        const char *in;
        int error;
        size_t used;
        unsigned status[3];
    } rows[] = {
        {"2.0.0", 0, 5, {2, 0, 0}},
        {"5.1.1 x", 0, 5, {5, 1, 1}},
        {"4.999.10\t", 0, 8, {4, 999, 10}},
        {"", EHLO_E_STATUS, 0, {0, 0, 0}},
        {"3.0.0", EHLO_E_STATUS, 0, {0, 0, 0}},
        {"1.0.0", EHLO_E_STATUS, 0, {0, 0, 0}},
        {"5", EHLO_E_STATUS, 1, {0, 0, 0}},
        {"5.", EHLO_E_STATUS, 2, {0, 0, 0}},
        {"5.1", EHLO_E_STATUS, 3, {0, 0, 0}},
        {"5.1.", EHLO_E_STATUS, 4, {0, 0, 0}},
        {"5.01.1", EHLO_E_STATUS, 3, {0, 0, 0}},
        {"5.1.00", EHLO_E_STATUS, 5, {0, 0, 0}},
        {"5.1000.1", EHLO_E_STATUS, 5, {0, 0, 0}},
        {"5.1.1000", EHLO_E_STATUS, 7, {0, 0, 0}},
        {"5.1.1.1", EHLO_E_STATUS, 5, {0, 0, 0}},
        {"5.1.1x", EHLO_E_STATUS, 5, {0, 0, 0}},
        {"55.1.1", EHLO_E_STATUS, 1, {0, 0, 0}},
        {"5..1", EHLO_E_STATUS, 2, {0, 0, 0}},
        {"5.-1.1", EHLO_E_STATUS, 2, {0, 0, 0}},
    };
    uint16_t status[3];
    char out[9], *copy;
    size_t i, k, size, used, length;
    int error;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        error = ehlo_status_parse(status, copy, size, &used);
        if (error != rows[i].error || used != rows[i].used)
            fail_msg("%s: error %d at %lu", rows[i].in, error, (unsigned long)used);
        for (k = 0; k < 3; k++)
            assert_int_equal(status[k], rows[i].status[k]);
        if (error == 0) {
            assert_int_equal(ehlo_status_format(out, sizeof out, &length, status), 0);
            assert_int_equal(length, used);
            assert_memory_equal(out, rows[i].in, length);
            assert_int_equal(ehlo_status_format(out, length - 1, &length, status), EHLO_E_SPACE);
        } else {
            assert_int_equal(ehlo_status_format(out, sizeof out, &length, status), EHLO_E_STATUS);
        }
        flush_free(copy, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(replies),         cmocka_unit_test(truncated_replies),
        cmocka_unit_test(formats),  cmocka_unit_test(formats_refused), cmocka_unit_test(reply_line_limit),
        cmocka_unit_test(statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
