/* SPDX-License-Identifier: ISC
 *
 * Tests of paths, mailboxes, domains and address literals.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <ehlo/address.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum {
    NUL = EHLO_PATH_NULL,
    POST = EHLO_PATH_POSTMASTER,
    QUOTED = EHLO_PATH_QUOTED,
    LITERAL = EHLO_PATH_LITERAL,
    HIGH = EHLO_PATH_UTF8,
    ROUTED = EHLO_PATH_ROUTED
};

struct good {
    uint32_t rules;
    const char *in;
    const char *local;
    const char *domain; /* NULL: none */
    uint32_t kind;
};

struct bad {
    uint32_t rules;
    const char *in;
    int error;
    size_t at;
};

static const struct good good_paths[] = {
    {0, "<a@b>", "a", "b", 0},
    {0, "<>", "", NULL, NUL},
    {0, "<Postmaster>", "Postmaster", NULL, POST},
    {0, "<pOSTMASTEr>", "pOSTMASTEr", NULL, POST},
    {0, "<postmaster@b>", "postmaster", "b", 0},
    {0, "<postmasterx@b>", "postmasterx", "b", 0},
    {0, "<a.b.c@d.e.f>", "a.b.c", "d.e.f", 0},
    {0, "<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~", "b", 0},
    {0, "<a@1.2.3.4>", "a", "1.2.3.4", 0},
    {0, "<a@b-c--d.e>", "a", "b-c--d.e", 0},
    {0, "<\"\"@b>", "\"\"", "b", QUOTED},
    {0, "<\"a b\"@c>", "\"a b\"", "c", QUOTED},
    {0, "<\"a@b\"@c>", "\"a@b\"", "c", QUOTED},
    {0, "<\"a>b\"@c>", "\"a>b\"", "c", QUOTED},
    {0, "<\"\\\"\\\\\\a\\ \"@c>", "\"\\\"\\\\\\a\\ \"", "c", QUOTED},
    {0, "<\"> SIZE=1\"@c>", "\"> SIZE=1\"", "c", QUOTED},
    {0, "<@a:u@b>", "u", "b", ROUTED},
    {0, "<@a.x,@b-c:\"u:,@\"@d>", "\"u:,@\"", "d", ROUTED | QUOTED},
    {0, "<@a:postmaster@b>", "postmaster", "b", ROUTED},
    {0, "<a@[1.2.3.4]>", "a", "[1.2.3.4]", LITERAL},
    {0, "<a@[255.0.001.09]>", "a", "[255.0.001.09]", LITERAL},
    {0, "<a@[IPv6:::1]>", "a", "[IPv6:::1]", LITERAL},
    {0, "<a@[x:>@y]>", "a", "[x:>@y]", LITERAL},
    {EHLO_UTF8, "<\xC3\xA9@\xC3\xA9.de>", "\xC3\xA9", "\xC3\xA9.de", HIGH},
    {EHLO_UTF8, "<\"\xC3\xA9 \"@b>", "\"\xC3\xA9 \"", "b", HIGH | QUOTED},
    {EHLO_UTF8, "<@\xC3\xA9:a@b>", "a", "b", HIGH | ROUTED},
    {EHLO_UTF8, "<\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF@b>",
     "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "b", HIGH},
    {EHLO_UTF8, "<\xC2\x80\xDF\xBF\xE1\x80\x80\xF1\x80\x80\x80@b>", "\xC2\x80\xDF\xBF\xE1\x80\x80\xF1\x80\x80\x80", "b",
     HIGH},
    {EHLO_ALLOW_8BIT, "<\xE9\x80@b>", "\xE9\x80", "b", HIGH},
    {EHLO_ALLOW_8BIT, "<\"\xE9\"@b>", "\"\xE9\"", "b", HIGH | QUOTED},
    {EHLO_ALLOW_NO_DOMAIN, "<root>", "root", NULL, 0},
    {EHLO_ALLOW_NO_DOMAIN, "<\"a b\">", "\"a b\"", NULL, QUOTED},
    {EHLO_ALLOW_NO_DOMAIN, "<postmaster>", "postmaster", NULL, POST},
    {EHLO_ALLOW_NO_DOMAIN, "<@a:postmaster>", "postmaster", NULL, POST | ROUTED},
    {EHLO_ALLOW_NO_BRACKETS, "a@b", "a", "b", 0},
    {EHLO_ALLOW_NO_BRACKETS, "postmaster", "postmaster", NULL, POST},
    {EHLO_ALLOW_NO_BRACKETS, "\"a b\"@c", "\"a b\"", "c", QUOTED},
    {EHLO_ALLOW_NO_BRACKETS, "@a:b@c", "b", "c", ROUTED},
    {EHLO_ALLOW_NO_BRACKETS, "<a@b>", "a", "b", 0},
    {EHLO_ALLOW_DOTS, "<.a..b.@c>", ".a..b.", "c", 0},
    {EHLO_ALLOW_TRAILING_DOT, "<a@b.c.>", "a", "b.c.", 0},
    {EHLO_ALLOW_LITERAL, "<a@[::1]>", "a", "[::1]", LITERAL},
};

static const struct bad bad_paths[] = {
    {0, "", EHLO_E_BRACKET, 0},
    {0, "a@b", EHLO_E_BRACKET, 0},
    {0, " <a@b>", EHLO_E_BRACKET, 0},
    {0, "<", EHLO_E_LOCAL_PART, 1},
    {0, "< >", EHLO_E_CHARACTER, 1},
    {0, "<a", EHLO_E_DOMAIN, 2},
    {0, "<a>", EHLO_E_DOMAIN, 2},
    {0, "<postmaster", EHLO_E_UNCLOSED, 11},
    {0, "<postmaster ", EHLO_E_CHARACTER, 11},
    {0, "<postmaste>", EHLO_E_DOMAIN, 10},
    {0, "<\"postmaster\">", EHLO_E_DOMAIN, 13},
    {0, "<@a:postmaster>", EHLO_E_DOMAIN, 14},
    {0, "<a@", EHLO_E_DOMAIN, 3},
    {0, "<a@>", EHLO_E_DOMAIN, 3},
    {0, "<a@b", EHLO_E_UNCLOSED, 4},
    {0, "<a@b c>", EHLO_E_CHARACTER, 4},
    {0, "<a@b\t>", EHLO_E_CHARACTER, 4},
    {0, "<a@b@c>", EHLO_E_CHARACTER, 4},
    {0, "<a@b\x7F>", EHLO_E_CHARACTER, 4},
    {0, "<a@b\r>", EHLO_E_CHARACTER, 4},
    {0, "<a b@c>", EHLO_E_CHARACTER, 2},
    {0, "<a(b@c>", EHLO_E_CHARACTER, 2},
    {0, "<a\x01@c>", EHLO_E_CHARACTER, 2},
    {0, "<(a@b>", EHLO_E_CHARACTER, 1},
    {0, "<<a@b>>", EHLO_E_CHARACTER, 1},
    {0, "<.a@b>", EHLO_E_LOCAL_PART, 1},
    {0, "<a..b@c>", EHLO_E_LOCAL_PART, 3},
    {0, "<a.@c>", EHLO_E_LOCAL_PART, 3},
    {0, "<a.(@c>", EHLO_E_CHARACTER, 3},
    {0, "<\"a@b>", EHLO_E_UNCLOSED, 6},
    {0, "<\"a\\", EHLO_E_UNCLOSED, 4},
    {0, "<\"a\\\"@b>", EHLO_E_UNCLOSED, 8},
    {0, "<\"a\tb\"@c>", EHLO_E_CHARACTER, 3},
    {0, "<\"a\\\tb\"@c>", EHLO_E_CHARACTER, 4},
    {0, "<\"a\x7F\"@c>", EHLO_E_CHARACTER, 3},
    {0, "<\"a\"b@c>", EHLO_E_CHARACTER, 4},
    {0, "<a\"b\"@c>", EHLO_E_CHARACTER, 2},
    {0, "<\"a\".b@c>", EHLO_E_CHARACTER, 4},
    {0, "<a@.b>", EHLO_E_DOMAIN, 3},
    {0, "<a@b.>", EHLO_E_DOMAIN, 5},
    {0, "<a@b..c>", EHLO_E_DOMAIN, 5},
    {0, "<a@-b>", EHLO_E_DOMAIN, 3},
    {0, "<a@b->", EHLO_E_DOMAIN, 5},
    {0, "<a@b-.c>", EHLO_E_DOMAIN, 5},
    {0, "<a@b_c>", EHLO_E_CHARACTER, 4},
    {0, "<a@_b>", EHLO_E_CHARACTER, 3},
    {0, "<@>", EHLO_E_ROUTE, 2},
    {0, "<@a>", EHLO_E_ROUTE, 3},
    {0, "<@a", EHLO_E_ROUTE, 3},
    {0, "<@a,b:u@c>", EHLO_E_ROUTE, 4},
    {0, "<@a,@:u@c>", EHLO_E_ROUTE, 5},
    {0, "<@a@b:u@c>", EHLO_E_ROUTE, 3},
    {0, "<@[1.2.3.4]:u@c>", EHLO_E_ROUTE, 2},
    {0, "<@a-:u@c>", EHLO_E_ROUTE, 4},
    {0, "<@a:>", EHLO_E_LOCAL_PART, 4},
    {0, "<@a:@b:u@c>", EHLO_E_LOCAL_PART, 4},
    {0, "<a@[1.2.3]>", EHLO_E_LITERAL, 9},
    {0, "<a@[1.2.3.4>", EHLO_E_LITERAL, 11},
    {0, "<a@[1.2.3.4", EHLO_E_UNCLOSED, 11},
    {0, "<a@[1.2.3.4]", EHLO_E_UNCLOSED, 12},
    {0, "<a@[1.2.3.4]x>", EHLO_E_CHARACTER, 12},
    {0, "<a@[::1]>", EHLO_E_LITERAL, 4},
    /* octets over 127 are named as such wherever they are wrong */
    {0, "<\xC3\xA9@b>", EHLO_E_UTF8, 1},
    {0, "<a\xC3\xA9@b>", EHLO_E_UTF8, 2},
    {0, "<\"\xC3\xA9\"@b>", EHLO_E_UTF8, 2},
    {0, "<\"\\\xC3\xA9\"@b>", EHLO_E_UTF8, 3},
    {0, "<a@\xC3\xA9>", EHLO_E_UTF8, 3},
    {0, "<a@b\xC3\xA9>", EHLO_E_UTF8, 4},
    {0, "<a@[\xC3\xA9]>", EHLO_E_UTF8, 4},
    {0, "<@\xC3\xA9:a@b>", EHLO_E_UTF8, 2},
    {0, "<@a\xC3\xA9:a@b>", EHLO_E_UTF8, 3},
    {EHLO_UTF8, "<a@[\xC3\xA9]>", EHLO_E_UTF8, 4},
    {EHLO_UTF8, "<\"\\\xC3\xA9\"@b>", EHLO_E_UTF8, 3},
    {EHLO_UTF8, "<\x80@b>", EHLO_E_UTF8, 1},
    {EHLO_UTF8, "<\xC1\x81@b>", EHLO_E_UTF8, 1},
    {EHLO_UTF8, "<\xC3@b>", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xC3", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xE0\x9F\xBF@b>", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xED\xA0\x80@b>", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xF0\x8F\xBF\xBF@b>", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xF4\x90\x80\x80@b>", EHLO_E_UTF8, 2},
    {EHLO_UTF8, "<\xF5\x80\x80\x80@b>", EHLO_E_UTF8, 1},
    {EHLO_UTF8, "<\xF1\x80\x80@b>", EHLO_E_UTF8, 4},
    {EHLO_UTF8, "<a@\xE9>", EHLO_E_UTF8, 4},
    {EHLO_ALLOW_8BIT, "<a@\xE9>", EHLO_E_UTF8, 3},
    {EHLO_ALLOW_NO_BRACKETS, "", EHLO_E_LOCAL_PART, 0},
    {EHLO_ALLOW_NO_BRACKETS, ">", EHLO_E_LOCAL_PART, 0},
    {EHLO_ALLOW_NO_BRACKETS, "a@b>", EHLO_E_CHARACTER, 3},
    {EHLO_ALLOW_NO_BRACKETS, "<a@b", EHLO_E_UNCLOSED, 4},
    {EHLO_ALLOW_NO_BRACKETS, "<a@b ", EHLO_E_CHARACTER, 4},
    {EHLO_ALLOW_NO_DOMAIN, "<root@>", EHLO_E_DOMAIN, 6},
    {EHLO_ALLOW_NO_DOMAIN, "<root", EHLO_E_UNCLOSED, 5},
    {EHLO_ALLOW_TRAILING_DOT, "<a@.>", EHLO_E_DOMAIN, 3},
    {EHLO_ALLOW_TRAILING_DOT, "<a@b..>", EHLO_E_CHARACTER, 5},
    {EHLO_ALLOW_DOTS, "<@b>", EHLO_E_ROUTE, 3},
};

/* Parses a copy that ends at an unreadable page; the spans are moved back to `in`. */
static int parse(struct ehlo_path *path, const char *in, size_t size, uint32_t rules, size_t *used)
{
    char *copy = flush_copy(in, size);
    int error = ehlo_path_parse(path, copy, size, rules, used);

    if (path->local.data != NULL)
        path->local.data = in + (path->local.data - copy);
    if (path->domain.data != NULL)
        path->domain.data = in + (path->domain.data - copy);
    flush_free(copy, size);
    assert_true(*used <= size);
    return error;
}

static void assert_result(const char *in, int error, int error_expected, size_t used, size_t used_expected)
{
    if (error != error_expected || used != used_expected)
        fail_msg("%s: error %d at %lu, expected %d at %lu", in, error, (unsigned long)used, error_expected,
                 (unsigned long)used_expected);
}

/* The octet at `at` is the first wrong one: what is before it can go on, and what is behind it changes nothing. */
static void assert_first_fault(const char *in, size_t size, uint32_t rules, int error, size_t at)
{
    struct ehlo_path path;
    size_t used;

    parse(&path, in, at, rules, &used);
    assert_int_equal(used, at);
    if (at < size) {
        assert_int_equal(parse(&path, in, at + 1, rules, &used), error);
        assert_int_equal(used, at);
    }
}

static void valid_paths(void **state)
{
    struct ehlo_path path;
    size_t i, size, used;
    int error;

    (void)state;
    for (i = 0; i < COUNT(good_paths); i++) {
        const struct good *row = &good_paths[i];

        size = strlen(row->in);
        error = parse(&path, row->in, size, row->rules, &used);
        assert_result(row->in, error, 0, used, size);
        assert_int_equal(path.kind, row->kind);
        assert_span(path.local, row->local[0] == '\0' ? NULL : row->local);
        assert_span(path.domain, row->domain);
        /* leniency does not change what is valid without it */
        assert_int_equal(
            parse(&path, row->in, size, row->rules | (EHLO_ALLOW_ALL & ~(uint32_t)EHLO_ALLOW_LITERAL), &used), 0);
    }
}

static void invalid_paths(void **state)
{
    struct ehlo_path path;
    size_t i, size, used;
    int error;

    (void)state;
    for (i = 0; i < COUNT(bad_paths); i++) {
        const struct bad *row = &bad_paths[i];

        size = strlen(row->in);
        error = parse(&path, row->in, size, row->rules, &used);
        assert_result(row->in, error, row->error, used, row->at);
        assert_span(path.local, NULL);
        assert_span(path.domain, NULL);
        assert_int_equal(path.kind, 0);
        assert_first_fault(row->in, size, row->rules, row->error, row->at);
    }
}

static void octets_behind_a_path(void **state)
{
    struct ehlo_path path;
    size_t used;

    (void)state;
    assert_int_equal(parse(&path, "<a@b> SIZE=1", 12, 0, &used), 0);
    assert_int_equal(used, 5);
    assert_int_equal(parse(&path, "<a@b>x", 6, 0, &used), 0);
    assert_int_equal(used, 5);
    assert_int_equal(parse(&path, "a@b SIZE=1", 10, EHLO_ALLOW_NO_BRACKETS, &used), 0);
    assert_int_equal(used, 3);
    assert_int_equal(parse(&path, "<a\0@b>", 6, EHLO_ALLOW_ALL, &used), EHLO_E_CHARACTER);
    assert_int_equal(used, 2);
}

static void truncated_paths(void **state)
{
    struct ehlo_path path;
    size_t i, size, used;

    (void)state;
    for (i = 0; i < COUNT(good_paths); i++) {
        if (good_paths[i].in[0] != '<')
            continue;
        for (size = strlen(good_paths[i].in) - 1; size > 0; size--) {
            assert_true(parse(&path, good_paths[i].in, size, good_paths[i].rules, &used) < 0);
            assert_int_equal(used, size);
        }
    }
}

/* Each flag lifts its rule, and no other flag does. */
static void flags(void **state)
{
    static char long_local[80], long_path[400];
    static const struct {
        uint32_t flag;
        const char *in;
    } rows[] = {
        {EHLO_ALLOW_LONG_LOCAL, long_local}, {EHLO_ALLOW_LONG_PATH, long_path},   {EHLO_ALLOW_DOTS, "<a.@b>"},
        {EHLO_ALLOW_DOTS, "<.a@b>"},         {EHLO_ALLOW_DOTS, "<a..a@b>"},       {EHLO_ALLOW_UNDERSCORE, "<a@_b_>"},
        {EHLO_ALLOW_HYPHEN, "<a@-b-.-.c>"},  {EHLO_ALLOW_TRAILING_DOT, "<a@b.>"}, {EHLO_ALLOW_NO_DOMAIN, "<a>"},
        {EHLO_ALLOW_NO_BRACKETS, "a@b"},     {EHLO_ALLOW_8BIT, "<\x80@b>"},       {EHLO_ALLOW_LITERAL, "<a@[::1]>"},
        {EHLO_UTF8, "<a@\xC3\xA9>"},
    };
    struct ehlo_path path;
    size_t i, size, used;

    (void)state;
    memset(long_local, 'a', sizeof long_local - 1);
    long_local[0] = '<';
    memcpy(long_local + 66, "@b>", 4);
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[0] = '<';
    for (i = 10; i < 258; i += 10)
        long_path[i] = i == 10 ? '@' : '.';
    memcpy(long_path + 256, ">", 2);
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        assert_true(parse(&path, rows[i].in, size, 0, &used) < 0);
        assert_true(parse(&path, rows[i].in, size, (EHLO_ALLOW_ALL | EHLO_UTF8) & ~rows[i].flag, &used) < 0);
        assert_int_equal(parse(&path, rows[i].in, size, rows[i].flag, &used), 0);
        assert_int_equal(used, size);
    }
}

static void fill(char *out, size_t size, size_t label)
{
    size_t i;

    for (i = 0; i < size; i++)
        out[i] = i % (label + 1) == label ? '.' : 'a';
}

static void limits(void **state)
{
    char in[700];
    struct ehlo_path path;
    uint32_t kind;
    size_t used;

    (void)state;
    /* local-part: 64 octets as on the wire */
    memset(in, 'a', sizeof in);
    in[0] = '<';
    memcpy(in + 65, "@b>", 3);
    assert_int_equal(parse(&path, in, 68, 0, &used), 0);
    in[65] = 'a';
    memcpy(in + 66, "@b>", 3);
    assert_int_equal(parse(&path, in, 69, 0, &used), EHLO_E_LOCAL_LONG);
    assert_int_equal(used, 65);
    assert_first_fault(in, 69, 0, EHLO_E_LOCAL_LONG, 65);
    in[1] = in[64] = '"';
    memcpy(in + 65, "@b>", 3);
    assert_int_equal(parse(&path, in, 68, 0, &used), 0);
    in[64] = 'a';
    memcpy(in + 65, "\"@b>", 4);
    assert_int_equal(parse(&path, in, 69, 0, &used), EHLO_E_LOCAL_LONG);
    assert_int_equal(used, 65);
    /* a fault in front of the limit is the one that is told, one behind it is not */
    in[30] = '\t';
    assert_int_equal(parse(&path, in, 69, 0, &used), EHLO_E_CHARACTER);
    assert_int_equal(used, 30);
    /* a character over 127 across the limit */
    memset(in, 'a', sizeof in);
    in[0] = '<';
    memcpy(in + 64, "\xC3\xA9@b>", 5);
    assert_int_equal(parse(&path, in, 69, EHLO_UTF8, &used), EHLO_E_LOCAL_LONG);
    assert_int_equal(used, 65);

    /* label: 63 */
    memset(in, 'a', sizeof in);
    assert_int_equal(ehlo_domain_parse(in, 63, 0, &kind, &used), 0);
    assert_int_equal(ehlo_domain_parse(in, 64, 0, &kind, &used), EHLO_E_DOMAIN_LONG);
    assert_int_equal(used, 63);
    in[63] = '.';
    assert_int_equal(ehlo_domain_parse(in, 127, 0, &kind, &used), 0);
    assert_int_equal(ehlo_domain_parse(in, 130, 0, &kind, &used), EHLO_E_DOMAIN_LONG);
    assert_int_equal(used, 127);
    /* domain: 255 */
    fill(in, sizeof in, 63);
    assert_int_equal(ehlo_domain_parse(in, 255, 0, &kind, &used), 0);
    fill(in, sizeof in, 50);
    assert_int_equal(ehlo_domain_parse(in, 255, 0, &kind, &used), EHLO_E_DOMAIN);
    in[254] = 'a';
    assert_int_equal(ehlo_domain_parse(in, 256, 0, &kind, &used), EHLO_E_DOMAIN_LONG);
    assert_int_equal(used, 255);
    memset(in, 'a', sizeof in);
    memcpy(in, "[x:", 3);
    in[254] = ']';
    assert_int_equal(ehlo_domain_parse(in, 255, 0, &kind, &used), 0);
    in[254] = 'a';
    in[255] = ']';
    assert_int_equal(ehlo_domain_parse(in, 256, 0, &kind, &used), EHLO_E_DOMAIN_LONG);
    assert_int_equal(used, 255);

    /* path: 256, brackets included */
    fill(in, sizeof in, 50);
    memcpy(in, "<a@", 3);
    memcpy(in + 254, "a>", 2);
    assert_int_equal(parse(&path, in, 256, 0, &used), 0);
    assert_int_equal(used, 256);
    memcpy(in + 254, "aa>", 3);
    assert_int_equal(parse(&path, in, 257, 0, &used), EHLO_E_PATH_LONG);
    assert_int_equal(used, 256);
    assert_first_fault(in, 257, 0, EHLO_E_PATH_LONG, 256);
    assert_int_equal(parse(&path, in, 257, EHLO_ALLOW_LONG_PATH, &used), 0);
    /* and a mailbox is one without its brackets */
    assert_int_equal(ehlo_mailbox_parse(&path, in + 1, 254, 0, &used), 0);
    assert_int_equal(ehlo_mailbox_parse(&path, in + 1, 255, 0, &used), EHLO_E_PATH_LONG);
    assert_int_equal(used, 254);
    /* so is a path that came without them: it must fit when they are written */
    assert_int_equal(parse(&path, in + 1, 254, EHLO_ALLOW_NO_BRACKETS, &used), 0);
    assert_int_equal(parse(&path, in + 1, 255, EHLO_ALLOW_NO_BRACKETS, &used), EHLO_E_PATH_LONG);
    assert_int_equal(used, 254);
}

static void mailboxes(void **state)
{
    static const struct bad rows[] = {
        {0, "a@b", 0, 3},
        {0, "\"a b\"@[1.2.3.4]", 0, 15},
        {0, "", EHLO_E_LOCAL_PART, 0},
        {0, "<a@b>", EHLO_E_CHARACTER, 0},
        {0, "a@b>", EHLO_E_CHARACTER, 3},
        {0, "a@b ", EHLO_E_CHARACTER, 3},
        {0, "@a:b@c", EHLO_E_LOCAL_PART, 0},
        {0, "postmaster", EHLO_E_DOMAIN, 10},
        {0, "a@", EHLO_E_DOMAIN, 2},
        {0, "a@b\xC3\xA9", EHLO_E_UTF8, 3},
        {EHLO_UTF8, "a@b\xC3\xA9", 0, 5},
        {EHLO_ALLOW_NO_DOMAIN, "root", 0, 4},
    };
    struct ehlo_path path;
    size_t i, size, used;
    char *copy;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        assert_int_equal(ehlo_mailbox_parse(&path, copy, size, rows[i].rules, &used), rows[i].error);
        assert_int_equal(used, rows[i].at);
        assert_int_equal(path.local.data == NULL, rows[i].error != 0);
        flush_free(copy, size);
    }
    assert_int_equal(ehlo_mailbox_parse(&path, NULL, 0, 0, &used), EHLO_E_LOCAL_PART);
}

static void domains(void **state)
{
    static const struct bad rows[] = {
        {0, "a", 0, 1},
        {0, "1", 0, 1},
        {0, "a.b-c.D9", 0, 8},
        {0, "[1.2.3.4]", 0, 9},
        {0, "", EHLO_E_DOMAIN, 0},
        {0, ".", EHLO_E_DOMAIN, 0},
        {0, "a.", EHLO_E_DOMAIN, 2},
        {0, "a b", EHLO_E_CHARACTER, 1},
        {0, "a>", EHLO_E_CHARACTER, 1},
        {0, "[1.2.3.4]x", EHLO_E_CHARACTER, 9},
        {0, "[1.2.3.4", EHLO_E_UNCLOSED, 8},
        {EHLO_UTF8, "\xC3\xA9", 0, 2},
        {EHLO_ALLOW_8BIT, "\xC3\xA9", EHLO_E_UTF8, 0},
        {EHLO_ALLOW_TRAILING_DOT, "a.b.", 0, 4},
        {EHLO_ALLOW_TRAILING_DOT, "a.\xC3\xA9", EHLO_E_UTF8, 2},
        {EHLO_ALLOW_TRAILING_DOT, ".", EHLO_E_DOMAIN, 0},
    };
    uint32_t kind;
    size_t i, size, used;
    char *copy;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].in);
        copy = flush_copy(rows[i].in, size);
        kind = 99;
        assert_int_equal(ehlo_domain_parse(copy, size, rows[i].rules, &kind, &used), rows[i].error);
        assert_int_equal(used, rows[i].at);
        if (rows[i].error != 0)
            assert_int_equal(kind, 0);
        else
            assert_int_equal(kind, copy[0] == '[' ? LITERAL : (unsigned char)copy[0] > 127 ? HIGH : 0);
        flush_free(copy, size);
    }
}

/* `address` is in hexadecimal; "" for a general literal. */
static const struct {
    uint32_t rules;
    const char *in;
    const char *address;
} good_literals[] = {
    {0, "[1.2.3.4]", "01020304"},
    {0, "[255.255.255.255]", "ffffffff"},
    {0, "[000.001.09.0]", "00010900"},
    {0, "[IPv6:1:2:3:4:5:6:7:8]", "00010002000300040005000600070008"},
    {0, "[ipV6:ABCD:ef01:0000:4:5:6:7:00ff]", "abcdef010000000400050006000700ff"},
    {0, "[IPv6:::]", "00000000000000000000000000000000"},
    {0, "[IPv6:::1]", "00000000000000000000000000000001"},
    {0, "[IPv6:1::]", "00010000000000000000000000000000"},
    {0, "[IPv6:1::2]", "00010000000000000000000000000002"},
    {0, "[IPv6:1:2:3:4:5:6::]", "00010002000300040005000600000000"},
    {0, "[IPv6:::1:2:3:4:5:6]", "00000000000100020003000400050006"},
    {0, "[IPv6:1:2:3::4:5:6]", "00010002000300000000000400050006"},
    {0, "[IPv6:1:2:3:4:5:6:1.2.3.4]", "00010002000300040005000601020304"},
    {0, "[IPv6:::1.2.3.4]", "00000000000000000000000001020304"},
    {0, "[IPv6:::1:2:3:4:1.2.3.4]", "00000000000100020003000401020304"},
    {0, "[IPv6:1:2:3:4::1.2.3.4]", "00010002000300040000000001020304"},
    {0, "[IPv6:1:2::3:4:255.2.3.004]", "000100020000000000030004ff020304"},
    {0, "[IPv6:::ffff:1.2.3.4]", "00000000000000000000ffff01020304"},
    {0, "[x:y]", ""},
    {0, "[X-400:!Z^~]", ""},
    {0, "[-1:::]", ""},
    {0, "[256:x]", ""},
    {0, "[IPv66:::1]", ""},
    {0, "[2001:db8::1]", ""},
    {EHLO_ALLOW_LITERAL, "[2001:db8::1]", "20010db8000000000000000000000001"},
    {EHLO_ALLOW_LITERAL, "[::1]", "00000000000000000000000000000001"},
    {EHLO_ALLOW_LITERAL, "[IPv6:::1]", "00000000000000000000000000000001"},
    {EHLO_ALLOW_LITERAL, "[x:y]", ""},
};

static const struct bad bad_literals[] = {
    {0, "", EHLO_E_LITERAL, 0},
    {0, "1.2.3.4", EHLO_E_LITERAL, 0},
    {0, "[", EHLO_E_UNCLOSED, 1},
    {0, "[]", EHLO_E_LITERAL, 1},
    {0, "[ 1.2.3.4]", EHLO_E_LITERAL, 1},
    {0, "[1.2.3.4", EHLO_E_UNCLOSED, 8},
    {0, "[1.2.3.4]]", EHLO_E_LITERAL, 9},
    {0, "[1.2.3.4.]", EHLO_E_LITERAL, 8},
    {0, "[1.2.3]", EHLO_E_LITERAL, 6},
    {0, "[1..3.4]", EHLO_E_LITERAL, 3},
    {0, "[256.1.1.1]", EHLO_E_LITERAL, 4},
    {0, "[1.2.3.256]", EHLO_E_LITERAL, 9},
    {0, "[1.2.3.0001]", EHLO_E_LITERAL, 10},
    {0, "[1.2.3.4x]", EHLO_E_LITERAL, 8},
    {0, "[::1]", EHLO_E_LITERAL, 1},
    {0, "[IPv6]", EHLO_E_LITERAL, 5},
    {0, "[IPv6:]", EHLO_E_LITERAL, 6},
    {0, "[IPv6::]", EHLO_E_LITERAL, 7},
    {0, "[IPv6::1]", EHLO_E_LITERAL, 7},
    {0, "[IPv6::::]", EHLO_E_LITERAL, 8},
    {0, "[IPv6:x]", EHLO_E_LITERAL, 6},
    {0, "[IPv6:1]", EHLO_E_LITERAL, 7},
    {0, "[IPv6:1:2:3:4:5:6:7]", EHLO_E_LITERAL, 19},
    {0, "[IPv6:1:2:3:4:5:6:7:8:9]", EHLO_E_LITERAL, 21},
    {0, "[IPv6:1:2:3:4:5:6:7::]", EHLO_E_LITERAL, 20},
    {0, "[IPv6:::2:3:4:5:6:7:8]", EHLO_E_LITERAL, 19},
    {0, "[IPv6:1::2:3:4:5:6:7]", EHLO_E_LITERAL, 18},
    {0, "[IPv6:1::2::3]", EHLO_E_LITERAL, 11},
    {0, "[IPv6:12345::]", EHLO_E_LITERAL, 10},
    {0, "[IPv6:1:2:3:4:5:6:7:1.2.3.4]", EHLO_E_LITERAL, 21},
    {0, "[IPv6:1:2:3:4:5:1.2.3.4]", EHLO_E_LITERAL, 17},
    {0, "[IPv6:1:2:3:4:5::1.2.3.4]", EHLO_E_LITERAL, 18},
    {0, "[IPv6:::1:2:3:4:5:1.2.3.4]", EHLO_E_LITERAL, 19},
    {0, "[IPv6:::256.1.1.1]", EHLO_E_LITERAL, 11},
    {0, "[IPv6:::1a.1.1.1]", EHLO_E_LITERAL, 10},
    {0, "[IPv6:::1.1.1]", EHLO_E_LITERAL, 13},
    {0, "[IPv6:::1.1.1.1:1]", EHLO_E_LITERAL, 15},
    {0, "[IPv6:::1%eth0]", EHLO_E_LITERAL, 9},
    {0, "[x]", EHLO_E_LITERAL, 2},
    {0, "[x-:y]", EHLO_E_LITERAL, 3},
    {0, "[:y]", EHLO_E_LITERAL, 1},
    {0, "[x:]", EHLO_E_LITERAL, 3},
    {0, "[x:[]", EHLO_E_LITERAL, 3},
    {0, "[x:a\\]", EHLO_E_LITERAL, 4},
    {0, "[x:a b]", EHLO_E_LITERAL, 4},
    {0, "[x:a\x7F]", EHLO_E_LITERAL, 4},
    {0, "[x:a\x80]", EHLO_E_LITERAL, 4},
    {EHLO_ALLOW_LITERAL, "[1:2]", 0, 5}, /* still a general literal */
    {EHLO_ALLOW_LITERAL, "[::1", EHLO_E_UNCLOSED, 4},
    {EHLO_ALLOW_LITERAL, "[IPv6:1]", EHLO_E_LITERAL, 7},
};

static void literals(void **state)
{
    struct ehlo_literal literal;
    size_t i, k, size, used, bytes;
    char hex[33], *copy;
    int error;

    (void)state;
    for (i = 0; i < COUNT(good_literals); i++) {
        size = strlen(good_literals[i].in);
        copy = flush_copy(good_literals[i].in, size);
        error = ehlo_literal_parse(&literal, copy, size, good_literals[i].rules, &used);
        assert_result(good_literals[i].in, error, 0, used, size);
        bytes = strlen(good_literals[i].address) / 2;
        assert_int_equal(literal.kind, bytes == 4    ? EHLO_LITERAL_IPV4
                                       : bytes == 16 ? EHLO_LITERAL_IPV6
                                                     : EHLO_LITERAL_GENERAL);
        hex[0] = '\0';
        for (k = 0; k < bytes; k++)
            snprintf(hex + 2 * k, 3, "%02x", (unsigned)literal.address[k]);
        assert_string_equal(hex, good_literals[i].address);
        assert_int_equal(literal.tag.size + literal.content.size, bytes > 0 ? 0 : size - 3);
        while (--size > 0) {
            assert_int_equal(ehlo_literal_parse(&literal, copy, size, good_literals[i].rules, &used), EHLO_E_UNCLOSED);
            assert_int_equal(used, size);
        }
        flush_free(copy, strlen(good_literals[i].in));
    }
    for (i = 0; i < COUNT(bad_literals); i++) {
        size = strlen(bad_literals[i].in);
        copy = flush_copy(bad_literals[i].in, size);
        error = ehlo_literal_parse(&literal, copy, size, bad_literals[i].rules, &used);
        assert_result(bad_literals[i].in, error, bad_literals[i].error, used, bad_literals[i].at);
        if (bad_literals[i].error != 0) {
            assert_int_equal(literal.kind, 0);
            used = 99;
            ehlo_literal_parse(&literal, bad_literals[i].in, bad_literals[i].at, bad_literals[i].rules, &used);
            assert_int_equal(used, bad_literals[i].at);
        }
        flush_free(copy, size);
    }
}

static void literal_formats(void **state)
{
    static const struct {
        const char *in;
        const char *out; /* RFC 5952 */
    } rows[] = {
        {"[1.2.3.4]", "[1.2.3.4]"},
        {"[001.02.3.255]", "[1.2.3.255]"},
        {"[IPv6:2001:DB8:0:0:0:0:0:1]", "[IPv6:2001:db8::1]"},
        {"[IPv6:0:0:0:0:0:0:0:0]", "[IPv6:::]"},
        {"[IPv6:0:0:0:0:0:0:0:1]", "[IPv6:::1]"},
        {"[IPv6:1:0:0:0:0:0:0:0]", "[IPv6:1::]"},
        {"[IPv6:1:0:0:2:0:0:0:3]", "[IPv6:1:0:0:2::3]"},
        {"[IPv6:1:0:0:2:3:0:0:4]", "[IPv6:1::2:3:0:0:4]"},
        {"[IPv6:1:0:2:3:4:5:6:7]", "[IPv6:1:0:2:3:4:5:6:7]"},
        {"[IPv6:0:1:2:3:4:5:6:0]", "[IPv6:0:1:2:3:4:5:6:0]"},
        {"[IPv6:0:0:1:2:3:4:0:0]", "[IPv6:::1:2:3:4:0:0]"},
        {"[IPv6:0100:0010:0001:fFfF:5:6:7:1000]", "[IPv6:100:10:1:ffff:5:6:7:1000]"},
        {"[IPv6:::ffff:c000:0201]", "[IPv6:::ffff:192.0.2.1]"},
        {"[IPv6:::1.2.3.4]", "[IPv6:::102:304]"},
        {"[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]", "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]"},
    };
    static const uint8_t zero[16];
    struct ehlo_literal literal, again;
    char out[47];
    size_t i, size, used, length;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ehlo_literal_parse(&literal, rows[i].in, strlen(rows[i].in), 0, &used), 0);
        size = literal.kind == EHLO_LITERAL_IPV4 ? 4 : 16;
        assert_int_equal(ehlo_literal_format(out, sizeof out, &length, literal.address, size), 0);
        assert_int_equal(length, strlen(rows[i].out));
        assert_memory_equal(out, rows[i].out, length);
        assert_int_equal(ehlo_literal_parse(&again, out, length, 0, &used), 0);
        assert_memory_equal(again.address, literal.address, size);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_literal_format(out, length - 1, &used, literal.address, size), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_literal_format(NULL, 0, &used, literal.address, size), EHLO_E_SPACE);
    }
    assert_int_equal(ehlo_literal_format(out, sizeof out, &length, zero, 5), EHLO_E_ARGUMENT);
}

static void formats(void **state)
{
    struct ehlo_path path, again;
    char out[300];
    size_t i, size, length, used;

    (void)state;
    for (i = 0; i < COUNT(good_paths); i++) {
        const struct good *row = &good_paths[i];

        size = strlen(row->in);
        assert_int_equal(parse(&path, row->in, size, row->rules, &used), 0);
        assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, row->rules), 0);
        if (!(row->kind & ROUTED) && row->in[0] == '<') {
            assert_int_equal(length, size);
            assert_memory_equal(out, row->in, size);
        }
        assert_int_equal(parse(&again, out, length, row->rules, &used), 0);
        assert_int_equal(used, length);
        assert_int_equal(again.kind, path.kind & ~(uint32_t)ROUTED & (again.kind | ~(uint32_t)HIGH));
        assert_true(ehlo_path_equal(&path, &again));
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_path_format(out, length - 1, &used, &path, row->rules), EHLO_E_SPACE);
        assert_int_equal(used, length);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_path_format(NULL, 0, &used, &path, row->rules), EHLO_E_SPACE);
        assert_int_equal(used, length);
    }
}

static void formats_refused(void **state)
{
    static const struct {
        const char *local;
        const char *domain;
        uint32_t kind;
        uint32_t rules;
        int error;
    } rows[] = {
        {"a", "b", 0, 0, 0},
        {"", "b", 0, 0, EHLO_E_LOCAL_PART},
        {NULL, "b", 0, 0, EHLO_E_LOCAL_PART},
        {"a", NULL, 0, 0, EHLO_E_DOMAIN},
        {"a", NULL, 0, EHLO_ALLOW_NO_DOMAIN, 0},
        {"a", "", 0, EHLO_ALLOW_NO_DOMAIN, EHLO_E_DOMAIN},
        {"a@b", "c", 0, 0, EHLO_E_CHARACTER},
        {"a>", "c", 0, 0, EHLO_E_CHARACTER},
        {"a\r\nRCPT", "c", 0, 0, EHLO_E_CHARACTER},
        {"a", "b> SIZE=1", 0, 0, EHLO_E_CHARACTER},
        {"a", "b\r\n", 0, 0, EHLO_E_CHARACTER},
        {"\"a\"b\"", "c", 0, 0, EHLO_E_CHARACTER},
        {"\"a\\\"", "c", 0, 0, EHLO_E_UNCLOSED},
        {"a", "[1.2.3.4]x", 0, 0, EHLO_E_CHARACTER},
        {"\xC3\xA9", "c", 0, 0, EHLO_E_UTF8},
        {"\xC3\xA9", "c", 0, EHLO_UTF8, 0},
        {"a\xC3", "c", 0, EHLO_UTF8, EHLO_E_UTF8},
        {"postmaster", NULL, POST, 0, 0},
        {"postmaster", "b", POST, 0, EHLO_E_DOMAIN},
        {"root", NULL, POST, EHLO_ALLOW_ALL, EHLO_E_LOCAL_PART},
        {"a\r\n", "b", NUL, 0, 0}, /* null: neither span is written */
    };
    struct ehlo_path path = {{NULL, 0}, {NULL, 0}, 0, 0};
    char out[400], local[65], domain[256];
    size_t i, length, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        path.local = span(rows[i].local);
        path.domain = span(rows[i].domain);
        path.kind = rows[i].kind;
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, rows[i].rules), rows[i].error);
        assert_int_equal(out[0], rows[i].error != 0 ? '#' : '<');
        if (rows[i].kind == NUL)
            assert_int_equal(length, 2);
    }
    memset(local, 'a', sizeof local);
    fill(domain, sizeof domain, 50);
    path.local.data = local;
    path.domain.data = domain;
    path.kind = 0;
    path.local.size = 65;
    path.domain.size = 1;
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, 0), EHLO_E_LOCAL_LONG);
    path.local.size = 64;
    path.domain.size = 189;
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, 0), 0);
    assert_int_equal(length, 256);
    assert_int_equal(parse(&path, out, length, 0, &used), 0);
    path.local.data = local;
    path.domain.data = domain;
    path.local.size = 64;
    path.domain.size = 190;
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, 0), EHLO_E_PATH_LONG);
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, EHLO_ALLOW_LONG_PATH), 0);
    assert_int_equal(length, 257);
}

/* No "@" is written where there is no domain, and none is counted. */
static void limit_without_a_domain(void **state)
{
    const uint32_t rules = EHLO_ALLOW_NO_DOMAIN | EHLO_ALLOW_LONG_LOCAL;
    struct ehlo_path path;
    char in[257], out[257];
    size_t length, used;

    (void)state;
    memset(in, 'a', sizeof in);
    in[0] = '<';
    in[255] = '>';
    assert_int_equal(parse(&path, in, 256, rules, &used), 0);
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, rules), 0);
    assert_int_equal(length, 256);
    assert_memory_equal(out, in, 256);
    in[255] = 'a';
    path.local.size++;
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, rules), EHLO_E_PATH_LONG);
    assert_int_equal(ehlo_path_format(out, sizeof out, &length, &path, rules | EHLO_ALLOW_LONG_PATH), 0);
    assert_int_equal(length, 257);
}

static void quoting(void **state)
{
    static const struct {
        const char *text;
        const char *local;
        uint32_t rules;
        int error;
    } rows[] = {
        {"a", "a", 0, 0},
        {"a.b", "a.b", 0, 0},
        {"", "\"\"", 0, 0},
        {"a b", "\"a b\"", 0, 0},
        {"a@b", "\"a@b\"", 0, 0},
        {"a..b", "\"a..b\"", 0, 0},
        {"a..b", "\"a..b\"", EHLO_ALLOW_DOTS, 0},
        {"a.", "\"a.\"", 0, 0},
        {"\"", "\"\\\"\"", 0, 0},
        {"\\", "\"\\\\\"", 0, 0},
        {"a\"b\\c", "\"a\\\"b\\\\c\"", 0, 0},
        {">", "\">\"", 0, 0},
        {"\xC3\xA9", "\xC3\xA9", EHLO_UTF8, 0},
        {"\xC3\xA9 ", "\"\xC3\xA9 \"", EHLO_UTF8, 0},
        {"\xC3\xA9", NULL, 0, EHLO_E_UTF8},
        {"\xC3", NULL, EHLO_UTF8, EHLO_E_UTF8},
        {"a\r\nb", NULL, 0, EHLO_E_CHARACTER},
        {"a\tb", NULL, 0, EHLO_E_CHARACTER},
        {"a\x7F", NULL, 0, EHLO_E_CHARACTER},
        {"1234567890123456789012345678901234567890123456789012345678901234",
         "1234567890123456789012345678901234567890123456789012345678901234", 0, 0},
        {"12345678901234567890123456789012345678901234567890123456789012345", NULL, 0, EHLO_E_LOCAL_LONG},
        {"12345678901234567890123456789012345678901234567890123456789012 ", NULL, 0, EHLO_E_LOCAL_LONG},
        {"12345678901234567890123456789012345678901234567890123456789012 ",
         "\"12345678901234567890123456789012345678901234567890123456789012 \"", EHLO_ALLOW_LONG_LOCAL, 0},
    };
    static const char *const no_local[] = {"", "\"", "\"a", "a\"", "\"a\"b\"", "\"\\\"", "a b", "a@b", "\"\r\""};
    char out[80], back[80];
    size_t i, length, size;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = strlen(rows[i].text);
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_local_part_quote(out, sizeof out, &length, rows[i].text, size, rows[i].rules),
                         rows[i].error);
        if (rows[i].error != 0) {
            assert_int_equal(out[0], '#');
            continue;
        }
        out[length] = '\0';
        assert_string_equal(out, rows[i].local);
        assert_int_equal(ehlo_local_part_quote(back, length - 1, &size, rows[i].text, size, rows[i].rules),
                         EHLO_E_SPACE);
        assert_int_equal(size, length);
        assert_int_equal(ehlo_local_part_unquote(back, sizeof back, &length, out, strlen(out)), 0);
        back[length] = '\0';
        assert_string_equal(back, rows[i].text);
        if (length > 0)
            assert_int_equal(ehlo_local_part_unquote(back, length - 1, &size, out, strlen(out)), EHLO_E_SPACE);
    }
    for (i = 0; i < COUNT(no_local); i++)
        assert_int_equal(ehlo_local_part_unquote(out, sizeof out, &length, no_local[i], strlen(no_local[i])),
                         EHLO_E_LOCAL_PART);
    assert_int_equal(ehlo_local_part_unquote(out, sizeof out, &length, "\"\\a\\ \"", strlen("\"\\a\\ \"")), 0);
    assert_int_equal(length, 2);
    assert_memory_equal(out, "a ", 2);
    assert_int_equal(ehlo_local_part_unquote(out, sizeof out, &length, ".a..\xFF", strlen(".a..\xFF")), 0);
    assert_int_equal(ehlo_local_part_unquote(NULL, 0, &length, "\"\"", strlen("\"\"")), 0);
    assert_int_equal(ehlo_local_part_quote(out, sizeof out, &length, NULL, 0, 0), 0);
    assert_int_equal(length, 2);
}

static void equality(void **state)
{
    static const struct {
        const char *a, *b;
        int equal;
    } rows[] = {
        {"<a@b>", "<a@b>", 1},
        {"<a@b>", "<a@B>", 1},
        {"<a@b>", "<A@b>", 0},
        {"<a@b>", "<a@c>", 0},
        {"<a@b>", "<a@bc>", 0},
        {"<a@b>", "<ab@b>", 0},
        {"<a@b>", "<\"a\"@b>", 1},
        {"<a@b>", "<\"\\a\"@b>", 1},
        {"<\"a\\\"b\"@b>", "<\"a\\\"b\"@b>", 1},
        {"<\"a b\"@b>", "<\"a\\ b\"@b>", 1},
        {"<\"\"@b>", "<\"\"@b>", 1},
        {"<\"\"@b>", "<a@b>", 0},
        {"<@x,@y:a@b>", "<a@b>", 1},
        {"<>", "<>", 1},
        {"<>", "<a@b>", 0},
        {"<>", "<Postmaster>", 0},
        {"<Postmaster>", "<POSTMASTER>", 1},
        {"<Postmaster>", "<postmaster@b>", 0},
        {"<a>", "<a>", 1},
        {"<a>", "<a@b>", 0},
        {"<a@[IPv6:::A]>", "<a@[ipv6:::a]>", 1},
    };
    struct ehlo_path a, b;
    size_t i, used;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ehlo_path_parse(&a, rows[i].a, strlen(rows[i].a), EHLO_ALLOW_NO_DOMAIN, &used), 0);
        assert_int_equal(ehlo_path_parse(&b, rows[i].b, strlen(rows[i].b), EHLO_ALLOW_NO_DOMAIN, &used), 0);
        assert_int_equal(ehlo_path_equal(&a, &b), rows[i].equal);
        assert_int_equal(ehlo_path_equal(&b, &a), rows[i].equal);
    }
}

/* Every string of up to six of these octets: the fault that is told is the first one. */
static void every_short_path(void **state)
{
    static const char octets[] = "a.\"\\@>[-";
    struct ehlo_path path, again;
    char in[8] = "<", out[16];
    size_t number, rest, size, length, used, count = 1;
    int error;

    (void)state;
    for (size = 1; size <= 5; size++) {
        count *= sizeof octets - 1;
        for (number = 0; number < count; number++) {
            for (length = 1, rest = number; length <= size; length++, rest /= sizeof octets - 1)
                in[length] = octets[rest % (sizeof octets - 1)];
            error = ehlo_path_parse(&path, in, length, 0, &used);
            if (error != 0) {
                rest = used;
                assert_true(rest <= length);
                ehlo_path_parse(&path, in, rest, 0, &used);
                assert_int_equal(used, rest);
                continue;
            }
            assert_int_equal(ehlo_path_format(out, sizeof out, &rest, &path, 0), 0);
            assert_int_equal(rest, used);
            assert_memory_equal(out, in, used);
            assert_int_equal(ehlo_path_parse(&again, out, rest, 0, &used), 0);
            assert_true(ehlo_path_equal(&path, &again));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_paths),
        cmocka_unit_test(invalid_paths),
        cmocka_unit_test(truncated_paths),
        cmocka_unit_test(octets_behind_a_path),
        cmocka_unit_test(flags),
        cmocka_unit_test(limits),
        cmocka_unit_test(mailboxes),
        cmocka_unit_test(domains),
        cmocka_unit_test(literals),
        cmocka_unit_test(literal_formats),
        cmocka_unit_test(formats),
        cmocka_unit_test(formats_refused),
        cmocka_unit_test(limit_without_a_domain),
        cmocka_unit_test(quoting),
        cmocka_unit_test(equality),
        cmocka_unit_test(every_short_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
