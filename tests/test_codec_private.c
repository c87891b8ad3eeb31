/* SPDX-License-Identifier: ISC
 *
 * The private tools of the codecs: words, the scanner, the writer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/codec/ascii.h"
#include "../lib/codec/scan.h"
#include "../lib/codec/writer.h"
#include "every_string.h"

/* --- words */

static void test_classes(void **state)
{
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        assert_int_equal(ehlo_is_digit((char)c), digit);
        assert_int_equal(ehlo_is_alpha((char)c), upper || lower);
        assert_int_equal(ehlo_is_alnum((char)c), upper || lower || digit);
        assert_int_equal(ehlo_is_hexdigit((char)c), c != 0 && strchr("0123456789ABCDEFabcdef", c) != NULL);
        assert_int_equal(ehlo_is_blank(c), c == ' ' || c == '\t');
        assert_int_equal(ehlo_lower((char)c), upper ? (char)(c + 32) : (char)c);
    }
    assert_false(ehlo_is_blank(-1));
}

/* Its length is the only one that a name has, whatever the padding. */
static void test_lengths(void **state)
{
    static const char names[][8] = {"", "A", "SIZE", "CONPERM"};
    struct ehlo_span span;
    size_t i, size;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        span = ehlo_span_of(names[i]);
        assert_ptr_equal(span.data, names[i]);
        assert_int_equal(span.size, strlen(names[i]));
        for (size = 0; size < sizeof *names; size++)
            assert_int_equal(ehlo_is_length(names[i], size), size > 0 && size == span.size);
    }
}

static void test_span_is(void **state)
{
    struct ehlo_span absent = {NULL, 0};

    (void)state;
    assert_true(ehlo_span_is(ehlo_span_of("SIZE"), "SIZE", 4));
    assert_true(ehlo_span_is(ehlo_span_of("sIzE"), "SIZE", 4));
    assert_true(ehlo_span_is(ehlo_span_of("8bitmime"), "8BITMIME", 8));
    assert_false(ehlo_span_is(ehlo_span_of("SIZE="), "SIZE", 4));
    assert_false(ehlo_span_is(ehlo_span_of("SIZ"), "SIZE", 4));
    assert_false(ehlo_span_is(ehlo_span_of("SIZF"), "SIZE", 4));
    assert_false(ehlo_span_is(ehlo_span_of("{"), "[", 1));
    assert_false(ehlo_span_is(ehlo_span_of("@"), "`", 1));
    assert_true(ehlo_span_is(absent, "", 0));
    assert_false(ehlo_span_is(absent, "A", 1));
}

/* --- the scanner */

static size_t scan_bytes(const char *in, size_t size, uint32_t *facts)
{
    size_t at;

    for (at = 0; at < size && in[at] != '\r' && in[at] != '\n'; at++) {
        *facts |= (unsigned char)in[at] > 127 ? (uint32_t)EHLO_FACT_8BIT : 0;
        *facts |= in[at] == '\0' ? (uint32_t)EHLO_FACT_NUL : 0;
    }
    return at;
}

static void compare_scan(const char *in, size_t size)
{
    uint32_t expected = EHLO_FACT_BARE_NEWLINE, found = EHLO_FACT_BARE_NEWLINE;

    assert_int_equal(ehlo_scan(in, size, &found), scan_bytes(in, size, &expected));
    assert_int_equal(found, expected);
}

/* Each octet as the only one that is not x, at each place of each length at each alignment. */
static void test_scan_one(void **state)
{
    static const char octets[] = {'\r',   '\n', '\0',   '\001', '\013', '\014',
                                  '\016', '\t', '\200', '\212', '\215', '\377'};
    char in[80] = {0}, *copy = flush_copy(in, sizeof in), *at;
    size_t size, i, j;

    (void)state;
    for (size = 0; size <= sizeof in; size++) {
        at = copy + sizeof in - size;
        memset(copy, '\r', sizeof in);
        memset(at, 'x', size);
        compare_scan(at, size);
        for (i = 0; i < size; i++) {
            for (j = 0; j < sizeof octets; j++) {
                at[i] = octets[j];
                compare_scan(at, size);
            }
            at[i] = 'x';
        }
    }
    flush_free(copy, sizeof in);
}

static void test_scan_random(void **state)
{
    uint32_t random = 3, round;
    char in[200] = {0}, *copy = flush_copy(in, sizeof in);
    size_t from, size;

    (void)state;
    for (round = 0; round < 20000; round++) {
        random_write(copy, sizeof in, &random);
        from = random_next(&random) % sizeof in;
        size = random_next(&random) % (sizeof in - from + 1);
        compare_scan(copy + from, size);
        compare_scan(copy + from, sizeof in - from);
    }
    flush_free(copy, sizeof in);
}

/* --- the writer */

static void put_sample(struct ehlo_writer *writer)
{
    struct ehlo_span absent = {NULL, 0};

    ehlo_put(writer, "ab", 2);
    ehlo_put(writer, NULL, 0);
    ehlo_put_octet(writer, '<');
    ehlo_put_span(writer, ehlo_span_of("cd"));
    ehlo_put_span(writer, absent);
    ehlo_put_string(writer, "ef");
    ehlo_put_string(writer, "");
    ehlo_put_number(writer, 0, 0);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, 7, 2);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, 123, 2);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, UINT64_MAX, 0);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, 1, 99);
}

static void test_writer(void **state)
{
    static const char expected[] = "ab<cdef0 07 123 18446744073709551615 00000000000000000001";
    static const char untouched[sizeof expected] = {0};
    char out[sizeof expected];
    struct ehlo_writer writer;
    size_t length, capacity;

    (void)state;
    for (capacity = 0; capacity < sizeof expected; capacity++) {
        memset(out, 0, sizeof out);
        ehlo_writer_count(&writer);
        put_sample(&writer);
        assert_int_equal(ehlo_writer_room(&writer, capacity > 0 ? out : NULL, capacity, &length),
                         capacity < sizeof expected - 1 ? EHLO_E_SPACE : 0);
        assert_int_equal(length, sizeof expected - 1);
        assert_memory_equal(out, untouched, sizeof out);
    }
    put_sample(&writer);
    assert_string_equal(out, expected);
    assert_int_equal(writer.length, sizeof expected - 1);
    ehlo_put(&writer, "more", 4);
    assert_string_equal(out, expected);
}

/* A formatter whose second run differs from its first must not get past the room that was made. */
static void test_writer_disagreement(void **state)
{
    char out[4] = "----";
    struct ehlo_writer writer;
    size_t length;

    (void)state;
    ehlo_writer_count(&writer);
    ehlo_put(&writer, "abc", 3);
    assert_int_equal(ehlo_writer_room(&writer, out, sizeof out, &length), 0);
    ehlo_put(&writer, "a", 1);
    ehlo_put(&writer, "bcd", 3);
    ehlo_put_octet(&writer, 'e');
    assert_memory_equal(out, "a---", sizeof out);
}

/* One run over memory of one's own: what does not fit is counted, and not an octet is written behind the room. */
static void test_writer_over(void **state)
{
    char out[6] = "------";
    struct ehlo_writer writer;

    (void)state;
    ehlo_writer_over(&writer, out, 5);
    ehlo_put_string(&writer, "250");
    ehlo_put_octet(&writer, ' ');
    assert_int_equal(writer.length, 4);
    ehlo_put_string(&writer, "OK");
    assert_int_equal(writer.length, 6);
    ehlo_put_octet(&writer, '!');
    assert_int_equal(writer.length, 7);
    assert_memory_equal(out, "250 --", sizeof out);
}

static void test_writer_overflow(void **state)
{
    struct ehlo_writer writer;
    size_t length;
    char out[1];

    (void)state;
    ehlo_writer_count(&writer);
    assert_int_equal(ehlo_writer_room(&writer, NULL, 1, &length), EHLO_E_ARGUMENT);
    ehlo_put(&writer, "a", SIZE_MAX - 1);
    ehlo_put(&writer, "abc", 3);
    ehlo_put_octet(&writer, 'd');
    assert_int_equal(ehlo_writer_room(&writer, out, SIZE_MAX, &length), EHLO_E_SPACE);
    assert_int_equal(length, SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),         cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_span_is),         cmocka_unit_test(test_scan_one),
        cmocka_unit_test(test_scan_random),     cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_overflow), cmocka_unit_test(test_writer_disagreement),
        cmocka_unit_test(test_writer_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
