/* SPDX-License-Identifier: ISC
 *
 * Tests of the attributes of XCLIENT and XFORWARD.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/attribute.h>
#include <ehlo/address.h>
#include <ehlo/command.h>
#include <string.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define X EHLO_VERB_XCLIENT
#define F EHLO_VERB_XFORWARD

static int next(struct ehlo_span *list, uint32_t verb, struct ehlo_attribute *attribute, uint32_t rules, size_t *at)
{
    memset(attribute, 0xA5, sizeof *attribute);
    return ehlo_attribute_next(list, verb, attribute, rules, at);
}

static void values(void **state)
{
    static const struct {
        uint32_t verb;
        const char *in;
        uint32_t attribute, state;
        const char *text;
        uint32_t address_size;
        uint8_t address[16];
        uint16_t port;
    } rows[] = {
        {X, "NAME=spike.porcupine.org", EHLO_ATTRIBUTE_NAME, 0, "spike.porcupine.org", 0, {0}, 0},
        {X, "name=h_st", EHLO_ATTRIBUTE_NAME, 0, "h_st", 0, {0}, 0},
        {X, "NAME=[UNAVAILABLE]", EHLO_ATTRIBUTE_NAME, EHLO_ATTRIBUTE_UNAVAILABLE, "[UNAVAILABLE]", 0, {0}, 0},
        {X, "NAME=[TempUnavail]", EHLO_ATTRIBUTE_NAME, EHLO_ATTRIBUTE_TEMPUNAVAIL, "[TempUnavail]", 0, {0}, 0},
        {X, "ADDR=168.100.189.2", EHLO_ATTRIBUTE_ADDR, 0, "168.100.189.2", 4, {168, 100, 189, 2}, 0},
        {X,
         "Addr=ipv6:2001:db8::1",
         EHLO_ATTRIBUTE_ADDR,
         0,
         "ipv6:2001:db8::1",
         16,
         {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         0},
        {X, "ADDR=+31.2.3.4", EHLO_ATTRIBUTE_ADDR, 0, "1.2.3.4", 4, {1, 2, 3, 4}, 0},
        {X, "ADDR=[unavailable]", EHLO_ATTRIBUTE_ADDR, EHLO_ATTRIBUTE_UNAVAILABLE, "[unavailable]", 0, {0}, 0},
        {X, "PORT=65535", EHLO_ATTRIBUTE_PORT, 0, "65535", 0, {0}, 65535},
        {X, "PORT=0", EHLO_ATTRIBUTE_PORT, 0, "0", 0, {0}, 0},
        {X, "PORT=[UNAVAILABLE]", EHLO_ATTRIBUTE_PORT, EHLO_ATTRIBUTE_UNAVAILABLE, "[UNAVAILABLE]", 0, {0}, 0},
        {X, "PROTO=esmtp", EHLO_ATTRIBUTE_PROTO, 0, "esmtp", 0, {0}, 0},
        {X, "PROTO=SMTP", EHLO_ATTRIBUTE_PROTO, 0, "SMTP", 0, {0}, 0},
        {X, "HELO=[192.0.2.1]", EHLO_ATTRIBUTE_HELO, 0, "[192.0.2.1]", 0, {0}, 0},
        {X, "LOGIN=b+2Bc+20d+C3+A9", EHLO_ATTRIBUTE_LOGIN, 0, "b+c d\xC3\xA9", 0, {0}, 0},
        {X, "DESTADDR=1.2.3.4", EHLO_ATTRIBUTE_DESTADDR, 0, "1.2.3.4", 4, {1, 2, 3, 4}, 0},
        {X, "DESTPORT=25", EHLO_ATTRIBUTE_DESTPORT, 0, "25", 0, {0}, 25},
        {X, "IDENT=4Xyz", EHLO_ATTRIBUTE_OTHER, 0, "4Xyz", 0, {0}, 0},
        {X, "SOURCE=elsewhere", EHLO_ATTRIBUTE_OTHER, 0, "elsewhere", 0, {0}, 0},
        {X, "TTL=5", EHLO_ATTRIBUTE_OTHER, 0, "5", 0, {0}, 0},
        {F, "NAME=h", EHLO_ATTRIBUTE_NAME, 0, "h", 0, {0}, 0},
        {F, "ADDR=1.2.3.4", EHLO_ATTRIBUTE_ADDR, 0, "1.2.3.4", 4, {1, 2, 3, 4}, 0},
        {F, "PORT=1", EHLO_ATTRIBUTE_PORT, 0, "1", 0, {0}, 1},
        {F, "PROTO=QMQP", EHLO_ATTRIBUTE_PROTO, 0, "QMQP", 0, {0}, 0},
        {F, "PROTO=[UNAVAILABLE]", EHLO_ATTRIBUTE_PROTO, EHLO_ATTRIBUTE_UNAVAILABLE, "[UNAVAILABLE]", 0, {0}, 0},
        {F, "IDENT=4Xyz", EHLO_ATTRIBUTE_IDENT, 0, "4Xyz", 0, {0}, 0},
        {F, "SOURCE=local", EHLO_ATTRIBUTE_SOURCE, 0, "local", 0, {0}, 0},
        {F, "SOURCE=REMOTE", EHLO_ATTRIBUTE_SOURCE, 0, "REMOTE", 0, {0}, 0},
        {F, "LOGIN=x", EHLO_ATTRIBUTE_OTHER, 0, "x", 0, {0}, 0},
        {F, "DESTPORT=x", EHLO_ATTRIBUTE_OTHER, 0, "x", 0, {0}, 0},
    };
    struct ehlo_attribute attribute;
    struct ehlo_span list;
    size_t i, at, size;
    char *copy;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        list.data = copy = flush_copy(rows[i].in, size);
        list.size = size;
        assert_int_equal(next(&list, rows[i].verb, &attribute, 0, &at), 1);
        assert_int_equal(list.size, 0);
        assert_ptr_equal(attribute.keyword.data, copy);
        assert_int_equal(attribute.keyword.size, strchr(rows[i].in, '=') - rows[i].in);
        assert_int_equal(attribute.attribute, rows[i].attribute);
        assert_int_equal(attribute.state, rows[i].state);
        assert_int_equal(attribute.text_size, strlen(rows[i].text));
        assert_string_equal(attribute.text, rows[i].text);
        assert_int_equal(attribute.address_size, rows[i].address_size);
        assert_memory_equal(attribute.address, rows[i].address, 16);
        assert_int_equal(attribute.port, rows[i].port);
        assert_int_equal(next(&list, rows[i].verb, &attribute, 0, &at), 0);
        flush_free(copy, size);
    }
}

static void values_refused(void **state)
{
    static const struct {
        uint32_t verb;
        const char *in;
        int error;
        size_t at;
    } rows[] = {
        {X, "NAME", EHLO_E_VALUE, 4},
        {X, "NAME=", EHLO_E_VALUE, 5},
        {X, "=x", EHLO_E_KEYWORD, 0},
        {X, " NAME=x", EHLO_E_KEYWORD, 0},
        {X, "NAME=x ", EHLO_E_KEYWORD, 7},
        {X, "NAME=x=y", EHLO_E_VALUE, 6},
        {X, "NAME=x\ty", EHLO_E_CHARACTER, 6},
        {X, "NAME=\xC3\xA9", EHLO_E_UTF8, 5},
        {X, "NAME=x+2", EHLO_E_XTEXT, 8},
        {X, "NAME=x+2b", EHLO_E_XTEXT, 8},
        {X, "NAME=x+20y", EHLO_E_VALUE, 5},
        {X, "NAME=x+0D+0Ay", EHLO_E_VALUE, 5},
        {X, "NAME=x+00", EHLO_E_VALUE, 5},
        {X, "NAME=x(y)", EHLO_E_VALUE, 5},
        {X, "NAME=x+C3+A9", EHLO_E_VALUE, 5},
        {X, "HELO=a,b", EHLO_E_VALUE, 5},
        {X, "ADDR=1.2.3", EHLO_E_VALUE, 5},
        {X, "ADDR=1.2.3.4.5", EHLO_E_VALUE, 5},
        {X, "ADDR=1.2.3.04", EHLO_E_VALUE, 5},
        {X, "ADDR=1.2.3.256", EHLO_E_VALUE, 5},
        {X, "ADDR=[1.2.3.4]", EHLO_E_VALUE, 5},
        {X, "ADDR=::1", EHLO_E_VALUE, 5},
        {X, "ADDR=IPV6:", EHLO_E_VALUE, 5},
        {X, "ADDR=IPV6:::1%1", EHLO_E_VALUE, 5},
        {X, "ADDR=IPV6:1.2.3.4", EHLO_E_VALUE, 5},
        {X, "ADDR=IPV4:1.2.3.4", EHLO_E_VALUE, 5},
        {X, "DESTADDR=x", EHLO_E_VALUE, 9},
        {X, "PORT=65536", EHLO_E_VALUE, 5},
        {X, "PORT=4294967297", EHLO_E_VALUE, 5},
        {X, "PORT=01", EHLO_E_VALUE, 5},
        {X, "PORT=-1", EHLO_E_VALUE, 5},
        {X, "PORT=1a", EHLO_E_VALUE, 5},
        {X, "DESTPORT=x", EHLO_E_VALUE, 9},
        {X, "PROTO=LMTP", EHLO_E_VALUE, 6},
        {X, "PROTO=ESMTPS", EHLO_E_VALUE, 6},
        {X, "PROTO=[UNAVAILABLE]", EHLO_E_VALUE, 6},
        {X, "LOGIN=a+09b", EHLO_E_VALUE, 6},
        {X, "LOGIN=a+7Fb", EHLO_E_VALUE, 6},
        {X, "LOGIN=a+1Fb", EHLO_E_VALUE, 6},
        {X, "LOGIN=a+00b", EHLO_E_VALUE, 6},
        {X, "LOGIN=a+FFb", EHLO_E_VALUE, 6},
        {X, "TTL=a+0Ab", EHLO_E_VALUE, 4},
        {F, "PROTO=a+20b", EHLO_E_VALUE, 6},
        {F, "IDENT=a+20b", EHLO_E_VALUE, 6},
        {F, "SOURCE=HERE", EHLO_E_VALUE, 7},
        {F, "SOURCE=LOCALX", EHLO_E_VALUE, 7},
        {F, "ADDR=x", EHLO_E_VALUE, 5},
    };
    static const struct ehlo_attribute nothing;
    struct ehlo_attribute attribute;
    struct ehlo_span list;
    size_t i, at, size;
    char *copy;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        list.data = copy = flush_copy(rows[i].in, size);
        list.size = size;
        assert_int_equal(next(&list, rows[i].verb, &attribute, 0, &at), rows[i].error);
        assert_int_equal(at, rows[i].at);
        assert_ptr_equal(list.data, copy);
        assert_int_equal(list.size, size);
        assert_memory_equal(&attribute, &nothing, sizeof nothing);
        flush_free(copy, size);
    }
}

static void lists(void **state)
{
    struct ehlo_span list = span("NAME=a PORT=7 X-Y=z PORT=8 PORT=x");
    struct ehlo_attribute attribute;
    size_t at;

    (void)state;
    assert_int_equal(next(&list, X, &attribute, 0, &at), 1);
    assert_span(list, "PORT=7 X-Y=z PORT=8 PORT=x");
    assert_int_equal(next(&list, X, &attribute, 0, &at), 1);
    assert_int_equal(next(&list, X, &attribute, 0, &at), 1);
    assert_span(attribute.keyword, "X-Y");
    assert_int_equal(next(&list, X, &attribute, 0, &at), 1);
    assert_int_equal(attribute.port, 8);
    assert_int_equal(next(&list, X, &attribute, 0, &at), EHLO_E_VALUE);
    assert_int_equal(at, 5);
    assert_span(list, "PORT=x");

    list = span("  NAME=a \t PORT=7 ");
    assert_int_equal(next(&list, F, &attribute, EHLO_ALLOW_SPACE, &at), 1);
    assert_int_equal(next(&list, F, &attribute, EHLO_ALLOW_SPACE, &at), 1);
    assert_int_equal(attribute.port, 7);
    assert_int_equal(next(&list, F, &attribute, EHLO_ALLOW_SPACE, &at), 0);

    list = span("NAME=a");
    assert_int_equal(next(&list, EHLO_VERB_MAIL, &attribute, 0, &at), EHLO_E_ARGUMENT);
    assert_int_equal(next(&list, EHLO_VERB_OTHER, &attribute, 0, &at), EHLO_E_ARGUMENT);
    list = span(NULL);
    assert_int_equal(next(&list, X, &attribute, 0, &at), 0);
}

/* 255 octets once decoded; 64 for XFORWARD's protocol. */
static void lengths(void **state)
{
    char in[5 + 3 * 256];
    struct ehlo_attribute attribute;
    struct ehlo_span list;
    size_t i, at;

    (void)state;
    memcpy(in, "HELO=", 5);
    for (i = 0; i < 256; i++)
        memcpy(in + 5 + 3 * i, "+61", 3);
    list.data = in;
    list.size = 5 + 3 * 255;
    assert_int_equal(next(&list, X, &attribute, 0, &at), 1);
    assert_int_equal(attribute.text_size, 255);
    assert_int_equal(attribute.text[255], 0);
    list.data = in;
    list.size = 5 + 3 * 256;
    assert_int_equal(next(&list, X, &attribute, 0, &at), EHLO_E_VALUE);
    assert_int_equal(at, 5);
    memcpy(in, "PROTO=", 6);
    memset(in + 6, 'p', 65);
    list.size = 6 + 64;
    assert_int_equal(next(&list, F, &attribute, 0, &at), 1);
    list.data = in;
    list.size = 6 + 65;
    assert_int_equal(next(&list, F, &attribute, 0, &at), EHLO_E_VALUE);
}

static struct ehlo_attribute made(uint32_t attribute, uint32_t state, const char *text)
{
    struct ehlo_attribute made;

    memset(&made, 0, sizeof made);
    made.attribute = attribute;
    made.state = state;
    made.text_size = (uint16_t)strlen(text);
    memcpy(made.text, text, made.text_size);
    return made;
}

static void assert_format(const struct ehlo_attribute *attribute, uint32_t verb, int error, const char *expected)
{
    char out[1024];
    size_t length, used, size = strlen(expected);

    memset(out, '#', sizeof out);
    assert_int_equal(ehlo_attribute_format(out, sizeof out, &length, verb, attribute), error);
    assert_int_equal(length, size);
    assert_int_equal(out[length], '#');
    if (error != 0)
        return;
    assert_memory_equal(out, expected, size);
    out[0] = '#';
    assert_int_equal(ehlo_attribute_format(out, size - 1, &used, verb, attribute), EHLO_E_SPACE);
    assert_int_equal(used, size);
    assert_int_equal(out[0], '#');
    assert_int_equal(ehlo_attribute_format(NULL, 0, &used, verb, attribute), EHLO_E_SPACE);
}

static void formats(void **state)
{
    static const struct {
        uint32_t verb, attribute, state;
        const char *text;
        int error;
        const char *out;
    } rows[] = {
        {X, EHLO_ATTRIBUTE_NAME, 0, "h.example", 0, " NAME=h.example"},
        {X, EHLO_ATTRIBUTE_NAME, EHLO_ATTRIBUTE_TEMPUNAVAIL, "", 0, " NAME=[TEMPUNAVAIL]"},
        {X, EHLO_ATTRIBUTE_ADDR, EHLO_ATTRIBUTE_UNAVAILABLE, "", 0, " ADDR=[UNAVAILABLE]"},
        {X, EHLO_ATTRIBUTE_HELO, 0, "[IPv6:::1]", 0, " HELO=[IPv6:::1]"},
        {X, EHLO_ATTRIBUTE_HELO, 0, "a=b+c", 0, " HELO=a+3Db+2Bc"},
        {X, EHLO_ATTRIBUTE_LOGIN, 0, "a b\xC3\xA9", 0, " LOGIN=a+20b+C3+A9"},
        {X, EHLO_ATTRIBUTE_PROTO, 0, "ESMTP", 0, " PROTO=ESMTP"},
        {F, EHLO_ATTRIBUTE_PROTO, 0, "LMTP", 0, " PROTO=LMTP"},
        {F, EHLO_ATTRIBUTE_IDENT, 0, "4Xyz", 0, " IDENT=4Xyz"},
        {F, EHLO_ATTRIBUTE_SOURCE, 0, "LOCAL", 0, " SOURCE=LOCAL"},
        {X, EHLO_ATTRIBUTE_NAME, 0, "", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_NAME, 0, "a b", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_NAME, 0, "a\r\nQUIT", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_LOGIN, 0, "a\r\nQUIT", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_LOGIN, 0, "", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_LOGIN, 0, "[Unavailable]", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_HELO, 0, "[tempunavail]", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_PROTO, 0, "LMTP", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_PROTO, EHLO_ATTRIBUTE_UNAVAILABLE, "", EHLO_E_VALUE, ""},
        {F, EHLO_ATTRIBUTE_SOURCE, 0, "x", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_ADDR, 0, "1.2.3.4", EHLO_E_VALUE, ""},
        {X, EHLO_ATTRIBUTE_IDENT, 0, "4Xyz", EHLO_E_KEYWORD, ""},
        {F, EHLO_ATTRIBUTE_LOGIN, 0, "a", EHLO_E_KEYWORD, ""},
        {X, EHLO_ATTRIBUTE_COUNT, 0, "a", EHLO_E_KEYWORD, ""},
        {X, UINT32_MAX, 0, "a", EHLO_E_KEYWORD, ""},
        {X, EHLO_ATTRIBUTE_OTHER, 0, "a", EHLO_E_KEYWORD, ""},
        {X, EHLO_ATTRIBUTE_NAME, 3, "a", EHLO_E_ARGUMENT, ""},
        {EHLO_VERB_MAIL, EHLO_ATTRIBUTE_NAME, 0, "a", EHLO_E_ARGUMENT, ""},
    };
    struct ehlo_attribute attribute;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        attribute = made(rows[i].attribute, rows[i].state, rows[i].text);
        assert_format(&attribute, rows[i].verb, rows[i].error, rows[i].out);
    }
}

static void formats_of_numbers(void **state)
{
    static const uint8_t address[16] = {0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct ehlo_attribute attribute = made(EHLO_ATTRIBUTE_ADDR, 0, "not looked at");

    (void)state;
    memcpy(attribute.address, address, 16);
    attribute.address_size = 16;
    assert_format(&attribute, X, 0, " ADDR=IPV6:2001:db8::1");
    attribute.address_size = 4;
    assert_format(&attribute, F, 0, " ADDR=32.1.13.184");
    attribute.attribute = EHLO_ATTRIBUTE_DESTADDR;
    assert_format(&attribute, X, 0, " DESTADDR=32.1.13.184");
    attribute.address_size = 5;
    assert_format(&attribute, X, EHLO_E_VALUE, "");
    attribute.attribute = EHLO_ATTRIBUTE_PORT;
    assert_format(&attribute, X, 0, " PORT=0");
    attribute.attribute = EHLO_ATTRIBUTE_DESTPORT;
    attribute.port = 65535;
    assert_format(&attribute, X, 0, " DESTPORT=65535");
}

static void formats_of_others(void **state)
{
    struct ehlo_attribute attribute = made(EHLO_ATTRIBUTE_OTHER, 0, "5");

    (void)state;
    attribute.keyword = span("TTL");
    assert_format(&attribute, X, 0, " TTL=5");
    attribute.keyword = span("Port");
    assert_format(&attribute, X, EHLO_E_KEYWORD, "");
    attribute.keyword = span("LOGIN");
    assert_format(&attribute, F, 0, " LOGIN=5");
    attribute.keyword = span("A B");
    assert_format(&attribute, X, EHLO_E_KEYWORD, "");
    attribute.keyword = span("A\r\n");
    assert_format(&attribute, X, EHLO_E_KEYWORD, "");
    attribute.keyword = span("TTL");
    memset(attribute.text, '+', sizeof attribute.text);
    attribute.text_size = 256;
    assert_format(&attribute, X, EHLO_E_VALUE, "");
}

static void longest_format(void **state)
{
    struct ehlo_attribute attribute = made(EHLO_ATTRIBUTE_LOGIN, 0, "");
    char out[7 + 3 * 255];
    size_t i, length;

    (void)state;
    memset(attribute.text, '+', 255);
    attribute.text_size = 255;
    assert_int_equal(ehlo_attribute_format(out, sizeof out, &length, X, &attribute), 0);
    assert_int_equal(length, sizeof out);
    assert_memory_equal(out, " LOGIN=", 7);
    for (i = 0; i < 255; i++)
        assert_memory_equal(out + 7 + 3 * i, "+2B", 3);
}

static void names(void **state)
{
    static const char *const all[] = {"",      "NAME",     "ADDR",     "PORT",  "PROTO", "HELO",
                                      "LOGIN", "DESTADDR", "DESTPORT", "IDENT", "SOURCE"};
    uint32_t i;

    (void)state;
    assert_int_equal(COUNT(all), EHLO_ATTRIBUTE_COUNT);
    for (i = 0; i < COUNT(all); i++) {
        assert_string_equal(ehlo_attribute_name(i), all[i]);
        assert_int_equal(ehlo_attribute_find(all[i], strlen(all[i])), i);
    }
    assert_string_equal(ehlo_attribute_name(EHLO_ATTRIBUTE_COUNT), "");
    assert_string_equal(ehlo_attribute_name(UINT32_MAX), "");
    assert_int_equal(ehlo_attribute_find("destaddr", 8), EHLO_ATTRIBUTE_DESTADDR);
    assert_int_equal(ehlo_attribute_find("NAM", 3), EHLO_ATTRIBUTE_OTHER);
    assert_int_equal(ehlo_attribute_find("NAMES", 5), EHLO_ATTRIBUTE_OTHER);
    assert_int_equal(ehlo_attribute_find("DESTADDRX", 9), EHLO_ATTRIBUTE_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(values_refused),
        cmocka_unit_test(lists),
        cmocka_unit_test(lengths),
        cmocka_unit_test(formats),
        cmocka_unit_test(formats_of_numbers),
        cmocka_unit_test(formats_of_others),
        cmocka_unit_test(longest_format),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
