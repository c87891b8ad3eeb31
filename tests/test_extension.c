/* SPDX-License-Identifier: ISC
 *
 * Tests of the lines of an EHLO response and of the keywords in them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <ehlo/extension.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void capabilities(void **state)
{
    static const struct {
        const char *in;
        uint32_t extension;
        const char *keyword, *argument;
    } rows[] = {
        {"PIPELINING", EHLO_EXTENSION_PIPELINING, "PIPELINING", ""},
        {"pipelining", EHLO_EXTENSION_PIPELINING, "pipelining", ""},
        {"SIZE 1000", EHLO_EXTENSION_SIZE, "SIZE", "1000"},
        {"SIZE", EHLO_EXTENSION_SIZE, "SIZE", ""},
        {"SIZE ", EHLO_EXTENSION_SIZE, "SIZE", ""},
        {"SIZE \t 1000 \t", EHLO_EXTENSION_SIZE, "SIZE", "1000"},
        {"8BITMIME", EHLO_EXTENSION_8BITMIME, "8BITMIME", ""},
        {"AUTH PLAIN  LOGIN", EHLO_EXTENSION_AUTH, "AUTH", "PLAIN  LOGIN"},
        {"AUTH=PLAIN LOGIN", EHLO_EXTENSION_AUTH, "AUTH", "PLAIN LOGIN"},
        {"auth=", EHLO_EXTENSION_AUTH, "auth", ""},
        {"AUTH =PLAIN", EHLO_EXTENSION_AUTH, "AUTH", "=PLAIN"},
        {"NO-SOLICITING net.example:ADV", EHLO_EXTENSION_NO_SOLICITING, "NO-SOLICITING", "net.example:ADV"},
        {"LIMITS MAILMAX=1 RCPTMAX=2", EHLO_EXTENSION_LIMITS, "LIMITS", "MAILMAX=1 RCPTMAX=2"},
        {"X-ANY !~", EHLO_EXTENSION_OTHER, "X-ANY", "!~"},
        {"SIZ", EHLO_EXTENSION_OTHER, "SIZ", ""},
        {"SIZES", EHLO_EXTENSION_OTHER, "SIZES", ""},
        {"UTF8SMTP", EHLO_EXTENSION_OTHER, "UTF8SMTP", ""},
    };
    static const struct {
        const char *in;
        int error;
        size_t at;
    } bad[] = {
        {"", EHLO_E_KEYWORD, 0},
        {" SIZE", EHLO_E_KEYWORD, 0},
        {"-X", EHLO_E_KEYWORD, 0},
        {"SIZE=1", EHLO_E_KEYWORD, 4},
        {"X_Y", EHLO_E_KEYWORD, 1},
        {"SIZE\x01", EHLO_E_KEYWORD, 4},
        {"SIZE 1\x01", EHLO_E_CHARACTER, 6},
        {"SIZE \x7F", EHLO_E_CHARACTER, 5},
        {"SIZE \xC3\xA9", EHLO_E_CHARACTER, 5},
        {"\xC3\xA9", EHLO_E_KEYWORD, 0},
    };
    struct ehlo_capability capability;
    size_t i, size, at;
    char *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        if (ehlo_capability_parse(&capability, copy, size, &at) != 0)
            fail_msg("%s: refused at %lu", rows[i].in, (unsigned long)at);
        assert_int_equal(at, size);
        assert_int_equal(capability.extension, rows[i].extension);
        assert_span(capability.keyword, rows[i].keyword);
        assert_span(capability.argument, rows[i].argument);
        flush_free(copy, size);
        while (--size > 0) {
            copy = flush_copy(rows[i].in, size);
            assert_int_equal(ehlo_capability_parse(&capability, copy, size, &at), 0);
            flush_free(copy, size);
        }
    }
    for (i = 0; i < COUNT(bad); i++) {
        size = strlen(bad[i].in);
        copy = flush_copy(bad[i].in, size);
        error = ehlo_capability_parse(&capability, copy, size, &at);
        if (error != bad[i].error || at != bad[i].at)
            fail_msg("%s: error %d at %lu", bad[i].in, error, (unsigned long)at);
        assert_int_equal(capability.extension, EHLO_EXTENSION_OTHER);
        assert_null(capability.keyword.data);
        flush_free(copy, size);
    }
    assert_int_equal(ehlo_capability_parse(&capability, NULL, 0, &at), EHLO_E_KEYWORD);
}

static void words(void **state)
{
    struct ehlo_span argument = span(" PLAIN\t LOGIN x "), word;

    (void)state;
    assert_int_equal(ehlo_capability_word(&argument, &word), 1);
    assert_span(word, "PLAIN");
    assert_int_equal(ehlo_capability_word(&argument, &word), 1);
    assert_span(word, "LOGIN");
    assert_int_equal(ehlo_capability_word(&argument, &word), 1);
    assert_span(word, "x");
    assert_int_equal(ehlo_capability_word(&argument, &word), 0);
    assert_null(word.data);
    argument.data = NULL;
    argument.size = 0;
    assert_int_equal(ehlo_capability_word(&argument, &word), 0);
}

static void formats(void **state)
{
    static const struct {
        uint32_t extension;
        const char *keyword, *argument;
        int error;
        const char *out;
    } rows[] = {
        {EHLO_EXTENSION_PIPELINING, "", "", 0, "PIPELINING"},
        {EHLO_EXTENSION_SIZE, "ignored", "1000", 0, "SIZE 1000"},
        {EHLO_EXTENSION_AUTH, "", "PLAIN LOGIN", 0, "AUTH PLAIN LOGIN"},
        {EHLO_EXTENSION_OTHER, "X-y", "a=b", 0, "X-y a=b"},
        {EHLO_EXTENSION_OTHER, "", "", EHLO_E_KEYWORD, ""},
        {EHLO_EXTENSION_OTHER, "X Y", "", EHLO_E_KEYWORD, ""},
        {EHLO_EXTENSION_OTHER, "X\r\n", "", EHLO_E_KEYWORD, ""},
        {EHLO_EXTENSION_COUNT, "X", "", EHLO_E_KEYWORD, ""},
        {EHLO_EXTENSION_SIZE, "", " 1", EHLO_E_VALUE, ""},
        {EHLO_EXTENSION_SIZE, "", "1 ", EHLO_E_VALUE, ""},
        {EHLO_EXTENSION_SIZE, "", "1  2", EHLO_E_VALUE, ""},
        {EHLO_EXTENSION_SIZE, "", "1\t2", EHLO_E_VALUE, ""},
        {EHLO_EXTENSION_SIZE, "", "1\r\n250 X", EHLO_E_VALUE, ""},
        {EHLO_EXTENSION_SIZE, "", "\xC3\xA9", EHLO_E_VALUE, ""},
    };
    struct ehlo_capability capability;
    char out[40];
    size_t i, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&capability, 0, sizeof capability);
        capability.extension = rows[i].extension;
        capability.keyword = span(rows[i].keyword);
        capability.argument = span(rows[i].argument);
        assert_int_equal(ehlo_capability_format(out, sizeof out, &length, &capability), rows[i].error);
        if (rows[i].error != 0)
            continue;
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        assert_int_equal(ehlo_capability_format(out, length - 1, &used, &capability), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(ehlo_capability_parse(&capability, out, length, &used), 0);
        assert_int_equal(capability.extension, rows[i].extension);
    }
}

static void keywords(void **state)
{
    char padded[24];
    uint32_t extension;
    const char *name;
    size_t size;

    (void)state;
    for (extension = 0; extension < EHLO_EXTENSION_COUNT; extension++) {
        name = ehlo_extension_name(extension);
        assert_true(name[0] != '\0');
        assert_int_equal(ehlo_extension_find(name, strlen(name)), extension);
        memset(padded, 0, sizeof padded);
        memcpy(padded, name, strlen(name));
        for (size = 0; size <= sizeof padded; size++)
            assert_int_equal(ehlo_extension_find(padded, size),
                             size == strlen(name) ? extension : EHLO_EXTENSION_OTHER);
    }
    assert_string_equal(ehlo_extension_name(EHLO_EXTENSION_ENHANCEDSTATUSCODES), "ENHANCEDSTATUSCODES");
    assert_string_equal(ehlo_extension_name(EHLO_EXTENSION_COUNT), "");
    assert_string_equal(ehlo_extension_name(EHLO_EXTENSION_OTHER), "");
    assert_int_equal(ehlo_extension_find(NULL, 0), EHLO_EXTENSION_OTHER);
    assert_int_equal(ehlo_extension_find("mt-Priority", 11), EHLO_EXTENSION_MT_PRIORITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities),
        cmocka_unit_test(words),
        cmocka_unit_test(formats),
        cmocka_unit_test(keywords),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
