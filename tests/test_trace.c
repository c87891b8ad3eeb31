/* SPDX-License-Identifier: ISC
 *
 * Tests of trace lines and dates. The expected dates were written by date(1).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <ehlo/trace.h>

#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define DAY 86400

static void dates(void **state)
{
    static const struct {
        int64_t time;
        int32_t zone;
        const char *out;
    } rows[] = {
        {951782400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {951868799, 0, "Tue, 29 Feb 2000 23:59:59 +0000"},
        {951868800, 0, "Wed, 1 Mar 2000 00:00:00 +0000"},
        {INT64_C(-62135596800), 0, "Mon, 1 Jan 0001 00:00:00 +0000"},
        {INT64_C(253402300799), 0, "Fri, 31 Dec 9999 23:59:59 +0000"},
        {0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"},
        {-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000"},
        {68169600, 0, "Tue, 29 Feb 1972 00:00:00 +0000"},
        {INT64_C(4107542400), 0, "Mon, 1 Mar 2100 00:00:00 +0000"},
        {INT64_C(-2203977600), 0, "Wed, 28 Feb 1900 00:00:00 +0000"},
        {INT64_C(-2203891200), 0, "Thu, 1 Mar 1900 00:00:00 +0000"},
        {INT64_C(-11676096000), 0, "Sat, 1 Jan 1600 00:00:00 +0000"},
        {INT64_C(13574563200), 0, "Tue, 29 Feb 2400 00:00:00 +0000"},
        {1795304438, 0, "Sat, 21 Nov 2026 23:40:38 +0000"},
        {1795304438, -330, "Sat, 21 Nov 2026 18:10:38 -0530"},
        {1795304438, 60, "Sun, 22 Nov 2026 00:40:38 +0100"},
        {1795304438, 1439, "Sun, 22 Nov 2026 23:39:38 +2359"},
        {1795304438, -1439, "Fri, 20 Nov 2026 23:41:38 -2359"},
        {1795304438, -1, "Sat, 21 Nov 2026 23:39:38 -0001"},
        {951782400, -1, "Mon, 28 Feb 2000 23:59:00 -0001"},
        {0, -480, "Wed, 31 Dec 1969 16:00:00 -0800"},
    };
    static const struct {
        int64_t time;
        int32_t zone;
    } bad[] = {
        {INT64_C(-62135596801), 0},
        {INT64_C(253402300800), 0},
        {INT64_C(-62135596800), -1},
        {INT64_C(253402300799), 1},
        {INT64_C(-62135596801), 1},
        {INT64_C(253402300800), -1},
        {0, 1440},
        {0, -1440},
        {0, INT32_MAX},
        {0, INT32_MIN},
        {INT64_MIN, 0},
        {INT64_MAX, 0},
        {INT64_MIN, -1439},
        {INT64_MAX, 1439},
    };
    char out[31];
    size_t i, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_date_format(out, sizeof out, &length, rows[i].time, rows[i].zone), 0);
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_date_format(out, length - 1, &used, rows[i].time, rows[i].zone), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_date_format(NULL, 0, &used, rows[i].time, rows[i].zone), EHLO_E_SPACE);
    }
    for (i = 0; i < COUNT(bad); i++)
        assert_int_equal(ehlo_date_format(out, sizeof out, &length, bad[i].time, bad[i].zone), EHLO_E_ARGUMENT);
}

/* The days of each year where a calendar goes wrong, counted up day by day. */
static void every_year(void **state)
{
    static const char names[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const int64_t first = INT64_C(-62135596800);
    char out[32], expected[64];
    size_t length;
    int64_t days = 0;
    int year, leap, k;

    (void)state;
    for (year = 1; year <= 9999; year++) {
        leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (k = 0; k < 4; k++) {
            static const struct {
                int offset;
                const char *day;
            } points[4] = {{0, "1 Jan"}, {58, "28 Feb"}, {59, "1 Mar"}, {364, "31 Dec"}};
            int64_t day = days + points[k].offset + (k >= 2 ? leap : 0);

            assert_int_equal(ehlo_date_format(out, sizeof out, &length, first + day * DAY, 0), 0);
            snprintf(expected, sizeof expected, "%s, %s %04d 00:00:00 +0000", names[day % 7], points[k].day, year);
            out[length] = '\0';
            assert_string_equal(out, expected);
        }
        days += 365 + leap;
    }
}

static void received_fields(void **state)
{
    static const struct {
        const char *client, *address, *id, *recipient, *out;
    } rows[] = {
        {"c.example", "[192.0.2.1]", "4Xyz", "<\"a b\"@c>",
         "Received: from h.example (c.example [192.0.2.1])\r\n\tby mx.example with ESMTPS id 4Xyz\r\n"
         "\tfor <\"a b\"@c>;\r\n\tThu, 1 Jan 1970 01:00:00 +0100\r\n"},
        {NULL, "[IPv6:::1]", NULL, NULL,
         "Received: from h.example ([IPv6:::1])\r\n\tby mx.example with ESMTPS;\r\n"
         "\tThu, 1 Jan 1970 01:00:00 +0100\r\n"},
        {"c", NULL, NULL, NULL,
         "Received: from h.example (c)\r\n\tby mx.example with ESMTPS;\r\n\tThu, 1 Jan 1970 01:00:00 +0100\r\n"},
        {NULL, NULL, NULL, "<\xC3\xA9@c>",
         "Received: from h.example\r\n\tby mx.example with ESMTPS\r\n\tfor <\xC3\xA9@c>;\r\n"
         "\tThu, 1 Jan 1970 01:00:00 +0100\r\n"},
    };
    struct ehlo_received received;
    struct ehlo_path path;
    char out[300];
    size_t i, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&received, 0, sizeof received);
        received.size = sizeof received;
        received.zone = 60;
        received.hello = span("h.example");
        received.by = span("mx.example");
        received.with = span("ESMTPS");
        received.client = span(rows[i].client);
        received.address = span(rows[i].address);
        received.id = span(rows[i].id);
        if (rows[i].recipient != NULL) {
            assert_int_equal(ehlo_path_parse(&path, rows[i].recipient, strlen(rows[i].recipient), EHLO_UTF8, &used), 0);
            received.recipient = &path;
        }
        assert_int_equal(ehlo_received_format(out, sizeof out, &length, &received), 0);
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_received_format(out, length - 1, &used, &received), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_received_format(NULL, 0, &used, &received), EHLO_E_SPACE);
    }
}

static struct ehlo_received plain(void)
{
    struct ehlo_received received;

    memset(&received, 0, sizeof received);
    received.size = sizeof received;
    received.hello = received.by = received.client = span("h.example");
    received.address = span("[192.0.2.1]");
    received.with = span("SMTP");
    received.id = span("1");
    return received;
}

static int try_received(const struct ehlo_received *received)
{
    char out[1200];
    size_t length;
    int error;

    out[0] = '#';
    error = ehlo_received_format(out, sizeof out, &length, received);
    assert_int_equal(out[0] == '#', error != 0);
    return error;
}

/* No value may end a line, a comment or the field. */
static void received_refused(void **state)
{
    static const char *const bad_names[] = {"a b", "a\r\nX: y", "a\nb", "a(", "a)",  "a<",    "a>",
                                            "a\"", "a\\",       "a,",   "a;", "a\t", "a\x7F", "a\xC3\xA9"};
    static const char *const bad_atoms[] = {"a.b", "a@b", "[a", "a]", "a:b"};
    static const char *const bad_addresses[] = {"192.0.2.1", "[192.0.2.1", "[192.0.2.1]x", "[x:)]x", "[]"};
    struct ehlo_received received = plain();
    struct ehlo_path path = {{"a", 1}, {"b)\r\n", 4}, 0, 0};
    char name[256];
    size_t i;

    (void)state;
    assert_int_equal(try_received(&received), 0);
    for (i = 0; i < COUNT(bad_names); i++) {
        struct ehlo_span *const fields[] = {&received.hello, &received.client, &received.by, &received.with,
                                            &received.id};
        size_t k;

        for (k = 0; k < COUNT(fields); k++) {
            received = plain();
            *fields[k] = span(bad_names[i]);
            assert_int_equal(try_received(&received), EHLO_E_VALUE);
        }
    }
    for (i = 0; i < COUNT(bad_atoms); i++) {
        received = plain();
        received.id = span(bad_atoms[i]);
        assert_int_equal(try_received(&received), EHLO_E_VALUE);
        received = plain();
        received.with = span(bad_atoms[i]);
        assert_int_equal(try_received(&received), EHLO_E_VALUE);
    }
    for (i = 0; i < COUNT(bad_addresses); i++) {
        received = plain();
        received.address = span(bad_addresses[i]);
        assert_int_equal(try_received(&received), EHLO_E_VALUE);
    }
    received = plain();
    received.hello.size = 0;
    assert_int_equal(try_received(&received), EHLO_E_VALUE);
    received = plain();
    received.by.size = 0;
    assert_int_equal(try_received(&received), EHLO_E_VALUE);
    received = plain();
    received.with.size = 0;
    assert_int_equal(try_received(&received), EHLO_E_VALUE);
    received = plain();
    received.zone = 1440;
    assert_int_equal(try_received(&received), EHLO_E_ARGUMENT);
    received = plain();
    received.size--;
    assert_int_equal(try_received(&received), EHLO_E_ARGUMENT);
    received = plain();
    received.recipient = &path;
    assert_int_equal(try_received(&received), EHLO_E_CHARACTER);
    memset(name, 'a', sizeof name);
    received = plain();
    received.hello.data = name;
    received.hello.size = 255;
    assert_int_equal(try_received(&received), 0);
    received.hello.size = 256;
    assert_int_equal(try_received(&received), EHLO_E_VALUE);
}

/* A general literal may hold what would end the comment around it. */
static void received_general_literal(void **state)
{
    struct ehlo_received received = plain();

    (void)state;
    received.address = span("[x:)]");
    assert_int_equal(try_received(&received), EHLO_E_VALUE);
    received.address = span("[x:y]");
    assert_int_equal(try_received(&received), 0);
}

static void line_lengths(void **state)
{
    char out[3000], name[255], address[255], local[900];
    struct ehlo_path path = {{NULL, 0}, {"b", 1}, 0, 0};
    struct ehlo_received received = plain();
    size_t i, line = 0, length;

    (void)state;
    memset(name, 'a', sizeof name);
    memset(address, 'a', sizeof address);
    memset(local, 'a', sizeof local);
    memcpy(address, "[x:", 3);
    address[254] = ']';
    received.hello.data = received.client.data = received.by.data = received.with.data = received.id.data = name;
    received.hello.size = received.client.size = received.by.size = received.with.size = received.id.size = 255;
    received.address.data = address;
    received.address.size = 255;
    path.local.data = local;
    path.local.size = 900;
    received.recipient = &path;
    assert_int_equal(ehlo_received_format(out, sizeof out, &length, &received), 0);
    for (i = 0; i < length; i++) {
        line = out[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 998 + 1);
    }
    assert_int_equal(line, 0);
}

static void return_paths(void **state)
{
    static const struct {
        const char *path, *out;
    } rows[] = {
        {"<>", "Return-Path: <>\r\n"},
        {"<a@b>", "Return-Path: <a@b>\r\n"},
        {"<\"a b\"@[1.2.3.4]>", "Return-Path: <\"a b\"@[1.2.3.4]>\r\n"},
        {"<a..b@c>", "Return-Path: <a..b@c>\r\n"},
        {"<root>", "Return-Path: <root>\r\n"},
    };
    struct ehlo_path path;
    char out[100], local[1000];
    size_t i, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ehlo_path_parse(&path, rows[i].path, strlen(rows[i].path), EHLO_ALLOW_ALL, &used), 0);
        assert_int_equal(ehlo_return_path_format(out, sizeof out, &length, &path), 0);
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_return_path_format(out, length - 1, &used, &path), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
    }
    path.local = span("a\r\nX: y");
    path.domain = span("b");
    assert_int_equal(ehlo_return_path_format(out, sizeof out, &length, &path), EHLO_E_CHARACTER);
    memset(local, 'a', sizeof local);
    path.local.data = local;
    path.local.size = 981 - 4;
    assert_int_equal(ehlo_return_path_format(out, sizeof out, &length, &path), EHLO_E_PATH_LONG);
    path.local.size--;
    assert_int_equal(ehlo_return_path_format(out, sizeof out, &length, &path), EHLO_E_SPACE);
    assert_int_equal(length, 980 + 15);
}

/* Every keyword of RFC 3848 and RFC 6531 once; HELO is SMTP, whatever else is true. */
static void with_keywords(void **state)
{
    static const struct {
        uint32_t flags;
        const char *keyword;
    } rows[] = {
        {0, "SMTP"},
        {EHLO_WITH_TLS, "SMTP"},
        {EHLO_WITH_TLS | EHLO_WITH_AUTH, "SMTP"},
        {EHLO_WITH_ESMTP, "ESMTP"},
        {EHLO_WITH_ESMTP | EHLO_WITH_AUTH, "ESMTPA"},
        {EHLO_WITH_ESMTP | EHLO_WITH_TLS, "ESMTPS"},
        {EHLO_WITH_ESMTP | EHLO_WITH_TLS | EHLO_WITH_AUTH, "ESMTPSA"},
        {EHLO_WITH_LMTP, "LMTP"},
        {EHLO_WITH_LMTP | EHLO_WITH_AUTH, "LMTPA"},
        {EHLO_WITH_LMTP | EHLO_WITH_TLS, "LMTPS"},
        {EHLO_WITH_LMTP | EHLO_WITH_ESMTP | EHLO_WITH_TLS | EHLO_WITH_AUTH, "LMTPSA"},
        {EHLO_WITH_UTF8, "UTF8SMTP"},
        {EHLO_WITH_UTF8 | EHLO_WITH_ESMTP, "UTF8SMTP"},
        {EHLO_WITH_UTF8 | EHLO_WITH_AUTH, "UTF8SMTPA"},
        {EHLO_WITH_UTF8 | EHLO_WITH_TLS, "UTF8SMTPS"},
        {EHLO_WITH_UTF8 | EHLO_WITH_TLS | EHLO_WITH_AUTH, "UTF8SMTPSA"},
        {EHLO_WITH_UTF8 | EHLO_WITH_LMTP, "UTF8LMTP"},
        {EHLO_WITH_UTF8 | EHLO_WITH_LMTP | EHLO_WITH_AUTH, "UTF8LMTPA"},
        {EHLO_WITH_UTF8 | EHLO_WITH_LMTP | EHLO_WITH_TLS, "UTF8LMTPS"},
        {EHLO_WITH_UTF8 | EHLO_WITH_LMTP | EHLO_WITH_TLS | EHLO_WITH_AUTH, "UTF8LMTPSA"},
        {UINT32_MAX, "UTF8LMTPSA"},
        {EHLO_WITH_ESMTP | 32, "ESMTP"},
        {~31u, "SMTP"},
    };
    struct ehlo_received received = plain();
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_string_equal(ehlo_with_keyword(rows[i].flags), rows[i].keyword);
        received.with = span(ehlo_with_keyword(rows[i].flags));
        assert_int_equal(try_received(&received), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates),        cmocka_unit_test(every_year),       cmocka_unit_test(received_fields),
        cmocka_unit_test(line_lengths), cmocka_unit_test(received_refused), cmocka_unit_test(received_general_literal),
        cmocka_unit_test(return_paths), cmocka_unit_test(with_keywords),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
