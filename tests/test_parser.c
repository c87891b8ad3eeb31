/* SPDX-License-Identifier: ISC
 *
 * The incremental parser: the same lines however the octets are cut, nothing looked at twice, nothing behind the end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/parser.h>

#include "every_string.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ROOM 2048 /* octets of an input in these tests, at most */
#define LONG EHLO_E_LINE_LONG
#define BARE EHLO_E_NEWLINE

/* One line: what the parser says of it, where it begins, and where its CRLF ends. */
struct found {
    int result;
    size_t start;
    size_t end;
};

static char *area; /* ends at an unreadable page */

/* The reference: all of the input in view. */
static size_t reference(struct found *out, const char *in, size_t size, size_t line_max)
{
    size_t i, start = 0, count = 0;
    int bare = 0;

    for (i = 0; i + 1 < size; i++) {
        if (in[i] == '\r' && in[i + 1] == '\n') {
            out[count].result = i - start > line_max - 2 ? LONG : bare ? BARE : 1;
            out[count].start = start;
            out[count++].end = start = ++i + 1;
            bare = 0;
        } else if (in[i] == '\r' || in[i] == '\n' || in[i] == '\0') {
            bare = 1;
        }
    }
    return count;
}

/* Takes all lines of the octets from `*at` up to `end`, each offer flush against the unreadable page. */
static size_t take(struct ehlo_parser *parser, const char *in, size_t *at, size_t end, struct found *out)
{
    struct ehlo_span line;
    size_t used, left, count = 0;
    const char *offer;
    int result;

    do {
        left = end - *at;
        offer = flush_put(area, ROOM, in + *at, left);
        line.data = NULL;
        line.size = SIZE_MAX;
        result = ehlo_parser_line(parser, offer, left, &used, &line);
        assert_true(used <= left);
        if (result == 0) {
            *at += used;
            left -= used;
            /* a buffer of line_max octets has room for more, and what is left has been looked at */
            assert_true(left < parser->line_max);
            assert_true(parser->seen <= left && left - parser->seen <= 1);
            break;
        }
        assert_true(used >= 2);
        out[count].result = result;
        out[count].start = *at;
        out[count].end = *at += used;
        if (result == 1) {
            assert_ptr_equal(line.data, offer);
            assert_int_equal(line.size, used - 2);
        }
        count++;
    } while (result != 0);
    return count;
}

/* Of a line that was too long only the end is known: its front was thrown away before. */
static void compare(const struct found *got, size_t got_count, const struct found *want, size_t want_count)
{
    size_t i;

    assert_int_equal(got_count, want_count);
    for (i = 0; i < want_count; i++) {
        assert_int_equal(got[i].result, want[i].result);
        assert_int_equal(got[i].end, want[i].end);
        if (want[i].result != LONG)
            assert_int_equal(got[i].start, want[i].start);
    }
}

/* An octet at a time, and at each cut (the last is none). */
static void check(const char *in, size_t size, uint32_t line_max)
{
    static struct found want[ROOM / 2], got[ROOM / 2];
    size_t want_count = reference(want, in, size, line_max), count, at, end;
    struct ehlo_parser parser;

    assert_int_equal(ehlo_parser_init(&parser, line_max), 0);
    for (count = at = 0, end = 1; end <= size; end++)
        count += take(&parser, in, &at, end, got + count);
    compare(got, count, want, want_count);
    for (end = 1; end <= size; end++) {
        assert_int_equal(ehlo_parser_init(&parser, line_max), 0);
        at = 0;
        count = take(&parser, in, &at, end, got);
        count += take(&parser, in, &at, size, got + count);
        compare(got, count, want, want_count);
    }
}

static void test_every_string(void **state)
{
    char in[EVERY_MAX];
    size_t length;
    uint32_t number;

    (void)state;
    for (length = 1; length < EVERY_MAX; length++) {
        for (number = 0; number < every_count(length); number++) {
            every_write(in, length, number);
            check(in, length, 4);
            check(in, length, 6);
        }
    }
}

static void test_random(void **state)
{
    char in[300];
    uint32_t random = 7, round;

    (void)state;
    for (round = 0; round < 300; round++) {
        random_write(in, sizeof in, &random);
        check(in, sizeof in, 4 + random_next(&random) % 40);
    }
}

/* A line of each length around the bound, and a good one behind it. */
static void test_line_max(void **state)
{
    static const uint32_t bounds[] = {4, 5, 12, 64, 555};
    char in[ROOM];
    struct found got[2];
    struct ehlo_parser parser;
    size_t i, at, size;

    (void)state;
    for (i = 0; i < COUNT(bounds); i++) {
        for (size = bounds[i] - 3; size <= bounds[i] + 40; size++) {
            memset(in, 'x', sizeof in);
            memcpy(in + size, "\r\nx\r\n", 5);
            assert_int_equal(ehlo_parser_init(&parser, bounds[i]), 0);
            at = 0;
            assert_int_equal(take(&parser, in, &at, size + 5, got), 2);
            assert_int_equal(got[0].result, size + 2 <= bounds[i] ? 1 : LONG);
            assert_int_equal(got[1].result, 1);
            assert_int_equal(got[1].start, size + 2);
            check(in, size + 5, bounds[i]);
        }
    }
}

static void test_by_hand(void **state)
{
    static const struct {
        const char *in;
        size_t size;
        int results[3];
    } rows[] = {
        {"", 0, {0}},
        {"abcdef", 6, {0}},
        {"abcdef\r", 7, {0}},
        {"\r\n", 2, {1}},
        {"abcdef\r\n", 8, {1}},
        {"a\r\n\r\nb\r\n", 8, {1, 1, 1}},
        {"a\nb\r\n", 5, {BARE}},
        {"a\rb\r\n", 5, {BARE}},
        {"a\0b\r\n", 5, {BARE}},
        {"\0\r\n", 3, {BARE}},
        {"\n\r\n", 3, {BARE}},
        {"\r\r\n", 3, {BARE}},
        {"\n\r\r\n\n", 5, {BARE}},
        {"a\nb\r\nc\r\n", 8, {BARE, 1}},
        {"c\r\na\nb\r\n", 8, {1, BARE}},
        {"\x80\xFF\x01\x7F\r\n", 6, {1}},
        {"abcdefg\r\n", 9, {LONG}},
        {"abcdefg\r\na\r\n", 12, {LONG, 1}},
        {"abcdef\n\r\n", 9, {LONG}},
        {"\nabcdef\r\na\r\n", 12, {LONG, 1}},
        {"\0abcdefghijklmn\r\na\r\n", 20, {LONG, 1}},
        {"abcdefghijklmn\n\r\na\r\n", 20, {LONG, 1}},
    };
    struct found got[3];
    struct ehlo_parser parser;
    size_t i, k, at, count;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(got, 0, sizeof got);
        assert_int_equal(ehlo_parser_init(&parser, 8), 0);
        at = 0;
        count = take(&parser, rows[i].in, &at, rows[i].size, got);
        for (k = 0; k < 3; k++)
            if (got[k].result != rows[i].results[k])
                fail_msg("row %lu, line %lu: %d", (unsigned long)i, (unsigned long)k, got[k].result);
        assert_true(count == 3 || rows[i].results[count] == 0);
        check(rows[i].in, rows[i].size, 8);
    }
}

/* One line a call; of a line that is not whole nothing is taken, and what is left may move. */
static void test_used(void **state)
{
    static const char in[] = "NOOP\r\nQUIT\r\nRS";
    struct ehlo_parser parser;
    struct ehlo_span line;
    char moved[] = "##RSET\r\n";
    size_t used;

    (void)state;
    assert_int_equal(ehlo_parser_init(&parser, 512), 0);
    assert_int_equal(ehlo_parser_line(&parser, in, 3, &used, &line), 0);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_parser_line(&parser, in, 14, &used, &line), 1);
    assert_int_equal(used, 6);
    assert_int_equal(ehlo_parser_line(&parser, in + 6, 8, &used, &line), 1);
    assert_int_equal(used, 6);
    assert_ptr_equal(line.data, in + 6);
    assert_int_equal(line.size, 4);
    assert_int_equal(ehlo_parser_line(&parser, in + 12, 2, &used, &line), 0);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_parser_line(&parser, in + 12, 2, &used, &line), 0);
    assert_int_equal(ehlo_parser_line(&parser, moved + 2, 6, &used, &line), 1);
    assert_ptr_equal(line.data, moved + 2);
}

static void test_arguments(void **state)
{
    struct ehlo_parser parser;
    struct ehlo_span line;
    size_t used = 9;

    (void)state;
    assert_int_equal(ehlo_parser_init(NULL, 512), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_init(&parser, 3), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_init(&parser, 0), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_init(&parser, 4), 0);
    assert_int_equal(ehlo_parser_init(&parser, 512), 0);
    assert_int_equal(ehlo_parser_line(NULL, "", 0, &used, &line), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_line(&parser, NULL, 1, &used, &line), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_line(&parser, "", 0, NULL, &line), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_line(&parser, "", 0, &used, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_line(&parser, NULL, 0, &used, &line), 0);
    assert_int_equal(used, 0);
    /* fewer octets than were left: nothing is taken and nothing is forgotten */
    assert_int_equal(ehlo_parser_line(&parser, "NOOP", 4, &used, &line), 0);
    used = 9;
    assert_int_equal(ehlo_parser_line(&parser, "NOO", 3, &used, &line), EHLO_E_ARGUMENT);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_parser_line(&parser, NULL, 0, &used, &line), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_parser_line(&parser, "NOOP\r\n", 6, &used, &line), 1);
    assert_int_equal(used, 6);
}

/* Offered an octet more each time, a long line is not looked at again from its beginning: counted, not timed. */
static void test_linear(void **state)
{
    enum {
        SIZE = 1 << 20
    };
    char *in = malloc(SIZE);
    struct ehlo_parser parser;
    struct ehlo_span line;
    size_t size, used, looked = 0;

    (void)state;
    assert_non_null(in);
    memset(in, 'x', SIZE);
    memcpy(in + SIZE - 2, "\r\n", 2);
    assert_int_equal(ehlo_parser_init(&parser, SIZE), 0);
    for (size = 1; size < SIZE; size++) {
        looked += size - parser.seen;
        assert_int_equal(ehlo_parser_line(&parser, in, size, &used, &line), 0);
        assert_int_equal(used, 0);
        assert_true(looked <= 2 * size);
    }
    assert_int_equal(ehlo_parser_line(&parser, in, SIZE, &used, &line), 1);
    assert_int_equal(line.size, SIZE - 2);
    free(in);
}

/* A line that never ends passes through a buffer of line_max octets, and the parser counts nothing that could wrap. */
static void test_endless(void **state)
{
    char in[512];
    struct ehlo_parser parser;
    struct ehlo_span line;
    size_t have = 0, used;
    int round;

    (void)state;
    memset(in, 'x', sizeof in);
    assert_int_equal(ehlo_parser_init(&parser, sizeof in), 0);
    for (round = 0; round < 100000; round++) {
        have += 1 + (size_t)round % (sizeof in - have);
        assert_int_equal(ehlo_parser_line(&parser, in, have, &used, &line), 0);
        have -= used;
        assert_true(have < sizeof in);
    }
    memcpy(in + have, "\r\n", 2);
    assert_int_equal(ehlo_parser_line(&parser, in, have + 2, &used, &line), EHLO_E_LINE_LONG);
    assert_int_equal(used, have + 2);
    assert_int_equal(ehlo_parser_line(&parser, "x\r\n", 3, &used, &line), 1);
}

int main(void)
{
    static const char nothing[ROOM];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_string), cmocka_unit_test(test_random),  cmocka_unit_test(test_line_max),
        cmocka_unit_test(test_by_hand),      cmocka_unit_test(test_used),    cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_linear),       cmocka_unit_test(test_endless),
    };

    area = flush_copy(nothing, ROOM);
    return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}
