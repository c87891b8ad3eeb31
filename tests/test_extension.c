/* SPDX-License-Identifier: ISC
 *
 * Tests of the lines of an EHLO response, of the keywords in them, and of LIMITS.
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
        {"UTF8SMTP", EHLO_EXTENSION_UTF8SMTP, "UTF8SMTP", ""},
        {"XVERP", EHLO_EXTENSION_XVERP, "XVERP", ""},
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

static void limits(void **state)
{
    static const struct {
        const char *argument;
        uint32_t mail_max, rcpt_max, rcpt_domain_max;
    } rows[] = {
        {"RCPTMAX=20 MAILMAX=5", 5, 20, 0},
        {"mailmax=1 RCPTMAX=2 RcptDomainMax=999999", 1, 2, 999999},
        {"", 0, 0, 0},
        {"MAILMAX", 0, 0, 0},
        {"MAILMAX=0 RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=01 RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=1000000 RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=1x RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=99999999999999999999 RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=-1 RCPTMAX=1", 0, 1, 0},
        {"MAILMAXX=3 X-Y_Z=a=b OTHER RCPTMAX=1", 0, 1, 0},
        {"MAILMAX=3 RCPTMAX=4 MAILMAX=5", 5, 4, 0},
        {"  RCPTMAX=7\t MAILMAX=8 ", 8, 7, 0},
        {"RCPTMAX=1 MAILMAX=", 0, 0, 0},
        {"RCPTMAX=1 =5", 0, 0, 0},
        {"RCPTMAX=1 MAIL.MAX=5", 0, 0, 0},
        {"RCPTMAX=1 X=5;6", 0, 0, 0},
        {"RCPTMAX=1 X=\x7F", 0, 0, 0},
    };
    struct ehlo_limits limits;
    struct ehlo_span argument;
    char *copy;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        argument.size = strlen(rows[i].argument);
        argument.data = copy = flush_copy(rows[i].argument, argument.size);
        memset(&limits, 1, sizeof limits);
        ehlo_limits_parse(&limits, argument.data, argument.size);
        if (limits.mail_max != rows[i].mail_max || limits.rcpt_max != rows[i].rcpt_max ||
            limits.rcpt_domain_max != rows[i].rcpt_domain_max)
            fail_msg("%s: %u %u %u", rows[i].argument, (unsigned)limits.mail_max, (unsigned)limits.rcpt_max,
                     (unsigned)limits.rcpt_domain_max);
        assert_int_equal(limits.reserved, 0);
        flush_free(copy, argument.size);
    }
    argument.data = NULL;
    argument.size = 0;
    ehlo_limits_parse(&limits, argument.data, argument.size);
    assert_int_equal(limits.rcpt_max, 0);
}

static void limits_format(void **state)
{
    static const struct {
        uint32_t mail_max, rcpt_max, rcpt_domain_max;
        const char *out; /* NULL: EHLO_E_VALUE */
    } rows[] = {
        {5, 20, 0, "MAILMAX=5 RCPTMAX=20"},
        {0, 0, 1, "RCPTDOMAINMAX=1"},
        {999999, 999999, 999999, "MAILMAX=999999 RCPTMAX=999999 RCPTDOMAINMAX=999999"},
        {0, 0, 0, NULL},
        {1000000, 0, 0, NULL},
        {1, 1000000, 0, NULL},
        {1, 0, UINT32_MAX, NULL},
    };
    struct ehlo_limits limits, again;
    struct ehlo_span argument;
    size_t i, length, used;
    char out[64];
    int error;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        memset(&limits, 0, sizeof limits);
        limits.mail_max = rows[i].mail_max;
        limits.rcpt_max = rows[i].rcpt_max;
        limits.rcpt_domain_max = rows[i].rcpt_domain_max;
        error = ehlo_limits_format(out, sizeof out, &length, &limits);
        assert_int_equal(error, rows[i].out == NULL ? EHLO_E_VALUE : 0);
        if (error != 0) {
            assert_int_equal(length, 0);
            continue;
        }
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        argument.data = out;
        argument.size = length;
        ehlo_limits_parse(&again, argument.data, argument.size);
        assert_memory_equal(&again, &limits, sizeof limits);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_limits_format(out, length - 1, &used, &limits), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities), cmocka_unit_test(words),  cmocka_unit_test(formats),
        cmocka_unit_test(keywords),     cmocka_unit_test(limits), cmocka_unit_test(limits_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
