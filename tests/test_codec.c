/* SPDX-License-Identifier: ISC
 *
 * Errors by name, base64 and xtext.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ehlo/codec.h>

#include "every_string.h"

/* --- errors */

#define ROW(number)     \
    {                   \
        number, #number \
    }

static const struct {
    int number;
    const char *name;
} errors[] = {
    ROW(EHLO_OK),           ROW(EHLO_E_ARGUMENT),    ROW(EHLO_E_CONFIG),      ROW(EHLO_E_SPACE),
    ROW(EHLO_E_TICKET),     ROW(EHLO_E_CODE),        ROW(EHLO_E_TEXT),        ROW(EHLO_E_STATE),
    ROW(EHLO_E_FULL),       ROW(EHLO_E_MEMORY),      ROW(EHLO_E_LOST),        ROW(EHLO_E_TIMEOUT),
    ROW(EHLO_E_SHUTDOWN),   ROW(EHLO_E_QUIT),        ROW(EHLO_E_INJECTED),    ROW(EHLO_E_PROTOCOL),
    ROW(EHLO_E_FLOOD),      ROW(EHLO_E_CLOSING),     ROW(EHLO_E_REFUSED),     ROW(EHLO_E_8BIT),
    ROW(EHLO_E_RESET),      ROW(EHLO_E_NEWLINE),     ROW(EHLO_E_TOO_MUCH),    ROW(EHLO_E_BODY_LINE),
    ROW(EHLO_E_LINE_LONG),  ROW(EHLO_E_VERB),        ROW(EHLO_E_MISSING),     ROW(EHLO_E_UNWANTED),
    ROW(EHLO_E_CHARACTER),  ROW(EHLO_E_BRACKET),     ROW(EHLO_E_UNCLOSED),    ROW(EHLO_E_LOCAL_PART),
    ROW(EHLO_E_LOCAL_LONG), ROW(EHLO_E_DOMAIN),      ROW(EHLO_E_DOMAIN_LONG), ROW(EHLO_E_LITERAL),
    ROW(EHLO_E_ROUTE),      ROW(EHLO_E_PATH_LONG),   ROW(EHLO_E_UTF8),        ROW(EHLO_E_KEYWORD),
    ROW(EHLO_E_VALUE),      ROW(EHLO_E_DUPLICATE),   ROW(EHLO_E_REPLY_CODE),  ROW(EHLO_E_REPLY_MISMATCH),
    ROW(EHLO_E_INCOMPLETE), ROW(EHLO_E_STATUS),      ROW(EHLO_E_BASE64),      ROW(EHLO_E_XTEXT),
    ROW(EHLO_E_MECHANISM),  ROW(EHLO_E_CREDENTIALS), ROW(EHLO_E_EXCHANGE),    ROW(EHLO_E_ITERATIONS),
    ROW(EHLO_E_AUTH),       ROW(EHLO_E_AUTH_SERVER), ROW(EHLO_E_CRYPTO),      ROW(EHLO_E_CLEAR),
    ROW(EHLO_E_OFFER),      ROW(EHLO_E_LIMIT),       ROW(EHLO_E_TURNED),      ROW(EHLO_E_PROXY),
};

#define ERRORS (sizeof errors / sizeof errors[0])

static void test_errors(void **state)
{
    size_t i, j, size;

    (void)state;
    for (i = 0; i < ERRORS; i++) {
        assert_string_equal(ehlo_error_name(errors[i].number), errors[i].name);
        size = strlen(ehlo_error_text(errors[i].number));
        assert_in_range(size, 5, 60);
        assert_int_not_equal(ehlo_error_text(errors[i].number)[size - 1], '.');
        for (j = 0; j < i; j++)
            assert_string_not_equal(ehlo_error_text(errors[i].number), ehlo_error_text(errors[j].number));
    }
}

/* Each number that has a row is in the list above: none was added without a test. */
static void test_unknown_errors(void **state)
{
    int number;
    size_t named = 0;

    (void)state;
    for (number = -1000; number <= 1000; number++) {
        if (strcmp(ehlo_error_name(number), "EHLO_E_UNKNOWN") != 0)
            named++;
        else
            assert_string_equal(ehlo_error_text(number), ehlo_error_text(INT32_MIN));
    }
    assert_int_equal(named, ERRORS);
    assert_string_equal(ehlo_error_name(INT32_MAX), "EHLO_E_UNKNOWN");
    assert_int_equal(ehlo_version(), EHLO_VERSION);
}

/* --- base64 and xtext */

typedef int codec(char *out, size_t capacity, size_t *length, const void *in, size_t size);

/* The decoders in the shape of the encoders. */
static int base64_decode(char *out, size_t capacity, size_t *length, const void *in, size_t size)
{
    return ehlo_base64_decode(out, capacity, length, in, size);
}

static int xtext_decode(char *out, size_t capacity, size_t *length, const void *in, size_t size)
{
    return ehlo_xtext_decode(out, capacity, length, in, size);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Runs a codec with no room, with one octet too few, and with just enough, all flush against an unreadable page. */
static void check_codec(codec *code, const void *in, size_t size, const void *expected, size_t length)
{
    char blank[1024] = {0}, *from = flush_copy(in, size), *to;
    size_t found = 77;

    assert_int_equal(code(NULL, 0, &found, from, size), length > 0 ? EHLO_E_SPACE : 0);
    assert_int_equal(found, length);
    if (length > 0) {
        to = flush_copy(blank, length - 1);
        assert_int_equal(code(to, length - 1, &found, from, size), EHLO_E_SPACE);
        assert_int_equal(found, length);
        if (length > 1)
            assert_memory_equal(to, blank, length - 1);
        flush_free(to, length - 1);
        to = flush_copy(blank, length);
        assert_int_equal(code(to, length, &found, from, size), 0);
        assert_int_equal(found, length);
        assert_memory_equal(to, expected, length);
        flush_free(to, length);
    }
    flush_free(from, size);
}

/* Malformed input: the error, the offset, and nothing written. */
static void check_wrong(codec *decode, int error, const char *in, size_t size, size_t offset)
{
    char blank[64] = {0}, out[64] = {0}, *from = flush_copy(in, size);
    size_t found = 77;

    assert_int_equal(decode(out, sizeof out, &found, from, size), error);
    assert_int_equal(found, offset);
    assert_int_equal(decode(NULL, 0, &found, from, size), error);
    assert_int_equal(found, offset);
    assert_memory_equal(out, blank, sizeof out);
    flush_free(from, size);
}

static void check_arguments(codec *code)
{
    char out[4];
    size_t length;

    assert_int_equal(code(out, 4, NULL, "QUJD", 4), EHLO_E_ARGUMENT);
    assert_int_equal(code(out, 4, &length, NULL, 1), EHLO_E_ARGUMENT);
    assert_int_equal(code(NULL, 4, &length, "QUJD", 4), EHLO_E_ARGUMENT);
    assert_int_equal(code(NULL, 0, &length, NULL, 0), 0);
    assert_int_equal(length, 0);
}

static void test_base64_vectors(void **state)
{
    /* RFC 4648, section 10, and the letters that are not letters */
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xef\xbe\xfb", "/++++w=="},
        {"\x14\xfb\x9c\x03\xd9\x7e", "FPucA9l+"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_codec(ehlo_base64_encode, rows[i][0], strlen(rows[i][0]), rows[i][1], strlen(rows[i][1]));
        check_codec(base64_decode, rows[i][1], strlen(rows[i][1]), rows[i][0], strlen(rows[i][0]));
    }
    check_arguments(ehlo_base64_encode);
    check_arguments(base64_decode);
}

static void test_base64_lengths(void **state)
{
    char in[100], text[200];
    uint32_t random = 5;
    size_t size, length, i;

    (void)state;
    for (size = 0; size <= sizeof in; size++) {
        for (i = 0; i < size; i++)
            in[i] = (char)(random_next(&random) >> 8 & 0xff);
        assert_int_equal(ehlo_base64_encode(text, sizeof text, &length, in, size), 0);
        assert_int_equal(length, (size + 2) / 3 * 4);
        check_codec(base64_decode, text, length, in, size);
        for (i = 1; i < 4 && size > 0; i++)
            if (text[(size + 2) / 3 * 4 - i - 1] != '=') /* cut short */
                assert_int_equal(ehlo_base64_decode(in, sizeof in, &length, text, (size + 2) / 3 * 4 - i),
                                 EHLO_E_BASE64);
    }
    assert_int_equal(ehlo_base64_decode(in, sizeof in, &length, alphabet, 64), 0);
    check_codec(ehlo_base64_encode, in, length, alphabet, 64);
}

/* Each octet at each place of two quanta. A "=" is wrong even at the last two: it would cut off bits that are set. */
static void test_base64_wrong_octets(void **state)
{
    static const char good[] = "QUJDQUJD";
    char in[8], out[6];
    size_t at, length;
    int c;

    (void)state;
    for (at = 0; at < sizeof in; at++)
        for (c = 0; c < 256; c++) {
            memcpy(in, good, sizeof in);
            in[at] = (char)c;
            if (c != 0 && strchr(alphabet, c) != NULL)
                assert_int_equal(ehlo_base64_decode(out, sizeof out, &length, in, sizeof in), 0);
            else
                check_wrong(base64_decode, EHLO_E_BASE64, in, sizeof in, at);
        }
}

static void test_base64_wrong(void **state)
{
    static const struct {
        const char *in;
        size_t offset;
    } rows[] = {
        {"Q", 1},         {"QQ", 2},    {"QUI", 3},      {"QQ=", 3},      {"QUJDQ", 5},    {"=", 0},
        {"====", 0},      {"Q===", 1},  {"QQ=Q", 3},     {"QQ==Q", 4},    {"QQ===", 4},    {"QQ==QQ==", 4},
        {"QUI=QUI=", 4},  {"QUI==", 4}, {"QUJD=", 4},    {"QUJD====", 4}, {"QR==", 2},     {"Qf==", 2},
        {"QUJ=", 3},      {"QUF=", 3},  {"QUJDQUJ=", 7}, {"QU JD", 2},    {"QUJD\r\n", 4}, {"QU-_", 2},
        {"QUJDQQ=\n", 7}, {" QUJD", 0}, {"*", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_wrong(base64_decode, EHLO_E_BASE64, rows[i].in, strlen(rows[i].in), rows[i].offset);
}

/* With padding, exactly the letters whose unused bits are zero may stand before it. */
static void test_base64_trailing_bits(void **state)
{
    char one[] = "QQ==", two[] = "QUI=", out[2];
    size_t i, length;

    (void)state;
    for (i = 0; i < 64; i++) {
        one[1] = alphabet[i];
        two[2] = alphabet[i];
        assert_int_equal(ehlo_base64_decode(out, 2, &length, one, 4), i % 16 == 0 ? 0 : EHLO_E_BASE64);
        assert_int_equal(length, i % 16 == 0 ? 1 : 2);
        assert_int_equal(ehlo_base64_decode(out, 2, &length, two, 4), i % 4 == 0 ? 0 : EHLO_E_BASE64);
        assert_int_equal(length, i % 4 == 0 ? 2 : 3);
    }
}

static void test_xtext(void **state)
{
    static const struct {
        const char *plain;
        size_t size;
        const char *xtext;
    } rows[] = {
        {"", 0, ""},
        {"a@b", 3, "a@b"},
        {"a+b=c", 5, "a+2Bb+3Dc"},
        {" ", 1, "+20"},
        {"!~", 2, "!~"},
        {"\x7f\x80\xff", 3, "+7F+80+FF"},
        {"\0\r\n", 3, "+00+0D+0A"},
        {"QQ314159", 8, "QQ314159"},
    };
    char in[256], text[800], out[256];
    size_t i, length;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_codec(ehlo_xtext_encode, rows[i].plain, rows[i].size, rows[i].xtext, strlen(rows[i].xtext));
        check_codec(xtext_decode, rows[i].xtext, strlen(rows[i].xtext), rows[i].plain, rows[i].size);
    }
    for (i = 0; i < sizeof in; i++)
        in[i] = (char)i;
    assert_int_equal(ehlo_xtext_encode(text, sizeof text, &length, in, sizeof in), 0);
    assert_int_equal(length, 92 + 3 * (256 - 92));
    for (i = 0; i < length; i++)
        assert_true(text[i] >= '!' && text[i] <= '~' && text[i] != '=');
    assert_int_equal(ehlo_xtext_decode(out, sizeof out, &length, text, length), 0);
    assert_int_equal(length, sizeof in);
    assert_memory_equal(out, in, sizeof in);
    assert_int_equal(ehlo_xtext_decode(out, sizeof out, &length, "+41b", 4), 0);
    assert_memory_equal(out, "Ab", length);
    check_arguments(ehlo_xtext_encode);
    check_arguments(xtext_decode);
}

static void test_xtext_wrong(void **state)
{
    static const struct {
        const char *in;
        size_t offset;
    } rows[] = {
        {"+", 1},   {"+2", 2},  {"ab+", 3},   {"+2b", 2},   {"+b2", 1},  {"+G0", 1},
        {"+0G", 2}, {"a=b", 1}, {"a b", 1},   {"a\x7f", 1}, {"\x80", 0}, {"++20", 1},
        {"+2+", 2}, {"+ 2", 1}, {"a\r\n", 1}, {"+/0", 1},   {"+:0", 1},  {"+@0", 1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_wrong(xtext_decode, EHLO_E_XTEXT, rows[i].in, strlen(rows[i].in), rows[i].offset);
    check_wrong(xtext_decode, EHLO_E_XTEXT, "a\0b", 3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_unknown_errors),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_lengths),
        cmocka_unit_test(test_base64_wrong_octets),
        cmocka_unit_test(test_base64_wrong),
        cmocka_unit_test(test_base64_trailing_bits),
        cmocka_unit_test(test_xtext),
        cmocka_unit_test(test_xtext_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
