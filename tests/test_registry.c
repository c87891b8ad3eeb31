/* SPDX-License-Identifier: ISC
 *
 * Tests of the registry of extensions: its rows, what follows from them, and each parameter there and back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <string.h>
#include <ehlo/command.h>
#include <ehlo/extension.h>

#include "flush.h"
#include "span.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ROWS_MAX 200
#define VERB_LAST EHLO_VERB_TURN

static struct ehlo_registration rows[ROWS_MAX];
static uint32_t row_count;

static int read_rows(void **state)
{
    (void)state;
    for (row_count = 0; row_count < ROWS_MAX && ehlo_extension_registered(&rows[row_count], row_count); row_count++)
        ;
    return 0;
}

/* The parameter's keyword as a C string. */
static const char *param_of(const struct ehlo_registration *row)
{
    static char text[32];

    memset(text, 0, sizeof text);
    memcpy(text, row->param.data, row->param.size);
    return text;
}

static int is_keyword(const char *text)
{
    const char *at = text;

    while (isupper((unsigned char)*at) || isdigit((unsigned char)*at) || (*at == '-' && at > text))
        at++;
    return at > text && *at == '\0';
}

/* Each extension has its rows in one place, a keyword of its own, and a number that is a bit. */
static void extensions(void **state)
{
    unsigned seen[64] = {0};
    uint32_t i, extension;
    const char *name;

    (void)state;
    assert_in_range(row_count, EHLO_EXTENSION_COUNT, ROWS_MAX - 1);
    for (i = 0; i < row_count; i++) {
        assert_in_range(rows[i].extension, 0, EHLO_EXTENSION_COUNT - 1);
        if (i == 0 || rows[i - 1].extension != rows[i].extension)
            seen[rows[i].extension]++;
    }
    for (extension = 0; extension < EHLO_EXTENSION_COUNT; extension++) {
        if (seen[extension] != 1)
            fail_msg("extension %u stands in %u places", (unsigned)extension, seen[extension]);
        name = ehlo_extension_name(extension);
        if (!is_keyword(name))
            fail_msg("extension %u has the keyword \"%s\"", (unsigned)extension, name);
        assert_int_equal(ehlo_extension_find(name, strlen(name)), extension);
    }
    assert_true(EHLO_EXTENSION_COUNT <= EHLO_EXTENSION_OTHER);
    assert_int_equal(ehlo_extension_registered(&rows[ROWS_MAX - 1], row_count), 0);
    assert_null(rows[ROWS_MAX - 1].param.data);
    assert_int_equal(ehlo_extension_registered(&rows[ROWS_MAX - 1], UINT32_MAX), 0);
}

static void flags(void **state)
{
    const struct ehlo_registration *row, *other;

    (void)state;
    for (row = rows; row < rows + row_count; row++) {
        assert_int_equal(row->flags & ~15u, 0);
        assert_int_not_equal(row->flags & 3, EHLO_REGISTRY_OFFERED | EHLO_REGISTRY_NEVER);
        assert_int_equal((row->flags & EHLO_REGISTRY_PARAM) != 0, row->param.data != NULL);
        assert_in_range(row->verb, EHLO_VERB_OTHER, VERB_LAST);
        assert_in_range(row->form, EHLO_VALUE_NONE, EHLO_VALUE_TEXT);
        if (row->verb == EHLO_VERB_OTHER) {
            assert_int_equal(row->flags & (EHLO_REGISTRY_PARAM | EHLO_REGISTRY_VERB), 0);
            assert_int_equal(row->octets, 0);
        }
        if (row->flags & EHLO_REGISTRY_VERB)
            assert_int_equal(ehlo_extension_of_verb(row->verb), row->extension);
        if (row->param.data == NULL) {
            assert_int_equal(row->form, EHLO_VALUE_NONE);
            continue;
        }
        assert_true(is_keyword(param_of(row)));
        for (other = rows; other < row; other++) {
            if (other->verb != row->verb || other->param.data == NULL)
                continue;
            if (other->param.size == row->param.size &&
                memcmp(other->param.data, row->param.data, row->param.size) == 0)
                assert_int_equal(other->form, row->form);
            if (other->extension == row->extension)
                assert_int_not_equal(other->form, row->form);
        }
    }
}

static uint64_t set_of(const char *keywords)
{
    uint64_t set = 0;
    uint32_t extension;
    size_t size;

    for (; *keywords != '\0'; keywords += size + (keywords[size] == ' ')) {
        size = strcspn(keywords, " ");
        extension = ehlo_extension_find(keywords, size);
        if (extension == EHLO_EXTENSION_OTHER)
            fail_msg("%.*s is not known", (int)size, keywords);
        set |= UINT64_C(1) << extension;
    }
    return set;
}

static void sets(void **state)
{
    uint64_t offered = 0, never = 0;
    uint32_t i;

    (void)state;
    for (i = 0; i < row_count; i++) {
        if (rows[i].flags & EHLO_REGISTRY_OFFERED)
            offered |= UINT64_C(1) << rows[i].extension;
        if (rows[i].flags & EHLO_REGISTRY_NEVER)
            never |= UINT64_C(1) << rows[i].extension;
    }
    assert_true(offered == set_of("PIPELINING SIZE 8BITMIME ENHANCEDSTATUSCODES VRFY EXPN HELP CHUNKING"));
    assert_true(never == set_of("SEND SOML SAML TURN UTF8SMTP VERB ONEX XVERP PRDR CLIENTID XRCPTFORWARD"));
}

/* What the extensions add, as their RFCs say. */
static void octets(void **state)
{
    static const struct {
        const char *offered;
        uint32_t verb;
        uint32_t line_max;
    } lines[] = {
        {"", EHLO_VERB_MAIL, 512},
        {"SIZE", EHLO_VERB_MAIL, 512 + 26},
        {"SIZE", EHLO_VERB_RCPT, 512},
        {"8BITMIME", EHLO_VERB_MAIL, 512 + 17},
        {"SIZE 8BITMIME", EHLO_VERB_MAIL, 512 + 26 + 17},
        {"BINARYMIME", EHLO_VERB_MAIL, 512 + 16},
        {"DSN", EHLO_VERB_MAIL, 512 + 9 + 107},
        {"DSN", EHLO_VERB_RCPT, 512 + 29 + 507},
        {"DELIVERBY", EHLO_VERB_MAIL, 512 + 17},
        {"AUTH", EHLO_VERB_AUTH, 12288},
        {"AUTH", EHLO_VERB_MAIL, 512 + 500},
        {"SMTPUTF8", EHLO_VERB_MAIL, 512 + 10},
        {"SMTPUTF8", EHLO_VERB_VRFY, 512 + 10},
        {"SMTPUTF8", EHLO_VERB_EXPN, 512 + 10},
        {"SMTPUTF8", EHLO_VERB_RCPT, 512},
        {"CHECKPOINT", EHLO_VERB_MAIL, 512 + 88},
        {"NO-SOLICITING", EHLO_VERB_MAIL, 512 + 1009},
        {"MTRK", EHLO_VERB_MAIL, 512 + 40},
        {"SUBMITTER", EHLO_VERB_MAIL, 512 + 773},
        {"FUTURERELEASE", EHLO_VERB_MAIL, 512 + 34},
        {"CONPERM", EHLO_VERB_MAIL, 512 + 8},
        {"CONNEG", EHLO_VERB_RCPT, 512 + 7},
        {"MT-PRIORITY", EHLO_VERB_MAIL, 512 + 15},
        {"RRVS", EHLO_VERB_RCPT, 512 + 33},
        {"REQUIRETLS", EHLO_VERB_MAIL, 512 + 11},
        {"PIPELINING CHUNKING BURL XCLIENT LIMITS", EHLO_VERB_MAIL, 512},
        {"SIZE 8BITMIME BINARYMIME DSN AUTH SMTPUTF8 RRVS", EHLO_VERB_MAIL, 512 + 26 + 17 + 16 + 9 + 107 + 500 + 10},
        {"SIZE 8BITMIME BINARYMIME DSN AUTH SMTPUTF8 RRVS", EHLO_VERB_RCPT, 512 + 29 + 507 + 33},
    };
    uint32_t verb, i, sum;
    size_t n;

    (void)state;
    for (n = 0; n < COUNT(lines); n++)
        if (ehlo_extension_line_max(set_of(lines[n].offered), lines[n].verb) != lines[n].line_max)
            fail_msg("%s, %s: %u", lines[n].offered, ehlo_verb_name(lines[n].verb),
                     (unsigned)ehlo_extension_line_max(set_of(lines[n].offered), lines[n].verb));
    for (verb = 0; verb <= VERB_LAST; verb++) {
        for (i = 0, sum = 512; i < row_count; i++)
            sum += rows[i].verb == verb ? rows[i].octets : 0;
        assert_int_equal(ehlo_extension_line_max(0, verb), 512);
        assert_int_equal(ehlo_extension_line_max(UINT64_MAX, verb), sum);
    }
    assert_int_equal(ehlo_extension_line_max(UINT64_MAX, UINT32_MAX), 512);
}

static void verbs(void **state)
{
    static const struct {
        uint32_t verb;
        uint32_t extension;
    } brought[] = {
        {EHLO_VERB_OTHER, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_EHLO, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_MAIL, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_RCPT, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_DATA, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_NOOP, EHLO_EXTENSION_OTHER},
        {EHLO_VERB_BDAT, EHLO_EXTENSION_CHUNKING},
        {EHLO_VERB_HELP, EHLO_EXTENSION_HELP},
        {EHLO_VERB_VRFY, EHLO_EXTENSION_VRFY},
        {EHLO_VERB_EXPN, EHLO_EXTENSION_EXPN},
        {EHLO_VERB_STARTTLS, EHLO_EXTENSION_STARTTLS},
        {EHLO_VERB_AUTH, EHLO_EXTENSION_AUTH},
        {EHLO_VERB_ETRN, EHLO_EXTENSION_ETRN},
        {EHLO_VERB_ATRN, EHLO_EXTENSION_ATRN},
        {EHLO_VERB_BURL, EHLO_EXTENSION_BURL},
        {EHLO_VERB_XCLIENT, EHLO_EXTENSION_XCLIENT},
        {EHLO_VERB_XFORWARD, EHLO_EXTENSION_XFORWARD},
        {EHLO_VERB_SEND, EHLO_EXTENSION_SEND},
        {EHLO_VERB_SOML, EHLO_EXTENSION_SOML},
        {EHLO_VERB_SAML, EHLO_EXTENSION_SAML},
        {EHLO_VERB_TURN, EHLO_EXTENSION_TURN},
        {VERB_LAST + 1, EHLO_EXTENSION_OTHER},
        {UINT32_MAX, EHLO_EXTENSION_OTHER},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(brought); i++)
        assert_int_equal(ehlo_extension_of_verb(brought[i].verb), brought[i].extension);
}

/* A value of each form that is written as it is read, the longest where there is one, and one that is none. */
static const struct {
    const char *good, *bad;
    const char *longest; /* what may follow `good` again and again, up to the longest value */
    size_t most;
} values[EHLO_VALUE_TEXT + 1] = {
    [EHLO_VALUE_NONE] = {NULL, "x", "", 0},
    [EHLO_VALUE_SIZE] = {"99999999999999999999", "1x", "", 0},
    [EHLO_VALUE_BODY] = {"8BITMIME", "9BIT", "", 0},
    [EHLO_VALUE_RET] = {"FULL", "HALF", "", 0},
    [EHLO_VALUE_ENVID] = {"a+2Bb", "a+b", "x", 100},
    [EHLO_VALUE_NOTIFY] = {"SUCCESS,FAILURE,DELAY", "NEVER,DELAY", "", 0},
    [EHLO_VALUE_ORCPT] = {"rfc822;a+2Bb@c", "a@c", "x", 500},
    [EHLO_VALUE_BY] = {"-999999999;NT", "0;R", "", 0},
    [EHLO_VALUE_AUTH] = {"a+2Bb@c", "a+b@c", "", 0},
    [EHLO_VALUE_HOLDFOR] = {"999999999", "0", "", 0},
    [EHLO_VALUE_HOLDUNTIL] = {"2026-11-22T06:30:00.25Z", "2026-11-22", "", 0},
    [EHLO_VALUE_PRIORITY] = {"-9", "10", "", 0},
    [EHLO_VALUE_RRVS] = {"2026-11-22T06:30:00+05:30;R", "2026-11-22T06:30:00Z;X", "", 0},
    [EHLO_VALUE_SOLICIT] = {"net.example:ADV,org.example:A_B-C", "a,", "x", 1000},
    [EHLO_VALUE_MTRK] = {"qW+/:86400", "qW+/:", "", 0},
    [EHLO_VALUE_TRANSID] = {"<a.b@c>", "a@c", "", 0},
    [EHLO_VALUE_SUBMITTER] = {"a@[1.2.3.4]", "a+b@c", "", 0},
    [EHLO_VALUE_TEXT] = {"any!", "a b", "", 0},
};

static size_t command_of(char *line, const struct ehlo_registration *row, const char *param)
{
    if (row->verb == EHLO_VERB_MAIL || row->verb == EHLO_VERB_RCPT)
        return (size_t)sprintf(line, "%s %s:<a@b>%s", ehlo_verb_name(row->verb),
                               row->verb == EHLO_VERB_MAIL ? "FROM" : "TO", param);
    return (size_t)sprintf(line, "%s a%s", ehlo_verb_name(row->verb), param);
}

static void assert_same(const struct ehlo_value *a, const struct ehlo_value *b)
{
    assert_int_equal(a->form, b->form);
    assert_int_equal(a->extension, b->extension);
    assert_int_equal(a->choice, b->choice);
    assert_true(a->number == b->number);
    assert_int_equal(a->type.size, b->type.size);
    assert_int_equal(a->text.size, b->text.size);
    if (a->type.size > 0)
        assert_memory_equal(a->type.data, b->type.data, a->type.size);
    if (a->text.size > 0)
        assert_memory_equal(a->text.data, b->text.data, a->text.size);
}

/* `text` is a value of this row's parameter: read, written, sent in a command, and read there. */
static void round_trip(const struct ehlo_registration *row, const char *text)
{
    char out[1200], line[1300];
    struct ehlo_command command;
    struct ehlo_value value, again;
    struct ehlo_param param;
    size_t length, size, at;

    param.keyword = row->param;
    param.value = span(text);
    if (ehlo_value_parse(&value, row->verb, &param, 0, &at) != 0)
        fail_msg("%s=%s: refused at %lu", param_of(row), text, (unsigned long)at);
    assert_int_equal(value.form, row->form);
    value.extension = row->extension;
    assert_int_equal(ehlo_value_format(out, sizeof out - 1, &length, row->verb, &value, 0), 0);
    out[length] = '\0';
    size = strlen(param_of(row));
    assert_int_equal(out[0], ' ');
    assert_memory_equal(out + 1, param_of(row), size);
    if (text != NULL) {
        assert_int_equal(out[1 + size], '=');
        assert_string_equal(out + 2 + size, text);
    } else {
        assert_int_equal(length, 1 + size);
    }
    size = command_of(line, row, out);
    assert_int_equal(ehlo_command_parse(&command, line, size, EHLO_UTF8, &at), 0);
    assert_int_equal(command.verb, row->verb);
    assert_int_equal(ehlo_value_find(&command.params, row->verb, row->param.data, row->param.size, &again), 1);
    value.extension = again.extension;
    assert_same(&value, &again);
}

static void round_trips(void **state)
{
    const struct ehlo_registration *row;
    struct ehlo_value value;
    struct ehlo_param param;
    char longest[1200];
    size_t at;

    (void)state;
    for (row = rows; row < rows + row_count; row++) {
        if (row->param.data == NULL)
            continue;
        round_trip(row, values[row->form].good);
        param.keyword = row->param;
        param.value = span(values[row->form].bad);
        assert_int_equal(ehlo_value_parse(&value, row->verb, &param, 0, &at), EHLO_E_VALUE);
        if (row->form != EHLO_VALUE_NONE) {
            param.value = span(NULL);
            assert_int_equal(ehlo_value_parse(&value, row->verb, &param, 0, &at), EHLO_E_VALUE);
        }
        if (values[row->form].most == 0)
            continue;
        strcpy(longest, values[row->form].good);
        while (strlen(longest) < values[row->form].most)
            strcat(longest,
                   strlen(longest) % 50 == 49 && row->form == EHLO_VALUE_AUTH ? "." : values[row->form].longest);
        round_trip(row, longest);
        strcat(longest, values[row->form].longest);
        param.value = span(longest);
        assert_int_equal(ehlo_value_parse(&value, row->verb, &param, 0, &at), EHLO_E_VALUE);
        assert_int_equal(at, values[row->form].most);
        assert_true(row->octets >= 2 + row->param.size + values[row->form].most);
    }
}

/* What the octets of a row were made for fits in them. */
static void longest_fit(void **state)
{
    static const struct {
        uint32_t extension;
        uint32_t verb;
        const char *param;
    } longest[] = {
        {EHLO_EXTENSION_SIZE, EHLO_VERB_MAIL, " SIZE=99999999999999999999"},
        {EHLO_EXTENSION_8BITMIME, EHLO_VERB_MAIL, " BODY=8BITMIME"},
        {EHLO_EXTENSION_BINARYMIME, EHLO_VERB_MAIL, " BODY=BINARYMIME"},
        {EHLO_EXTENSION_DSN, EHLO_VERB_RCPT, " NOTIFY=SUCCESS,FAILURE,DELAY"},
        {EHLO_EXTENSION_DELIVERBY, EHLO_VERB_MAIL, " BY=-999999999;NT"},
        {EHLO_EXTENSION_MT_PRIORITY, EHLO_VERB_MAIL, " MT-PRIORITY=-9"},
        {EHLO_EXTENSION_RRVS, EHLO_VERB_RCPT, " RRVS=2026-11-22T06:30:00+05:30;R"},
        {EHLO_EXTENSION_FUTURERELEASE, EHLO_VERB_MAIL, " HOLDUNTIL=2026-11-22T06:30:00Z"},
        {EHLO_EXTENSION_REQUIRETLS, EHLO_VERB_MAIL, " REQUIRETLS"},
        {EHLO_EXTENSION_SMTPUTF8, EHLO_VERB_EXPN, " SMTPUTF8"},
        {EHLO_EXTENSION_CONPERM, EHLO_VERB_MAIL, " CONPERM"},
        {EHLO_EXTENSION_CONNEG, EHLO_VERB_RCPT, " CONNEG"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(longest); i++)
        assert_true(ehlo_extension_line_max(UINT64_C(1) << longest[i].extension, longest[i].verb) >=
                    512 + strlen(longest[i].param));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extensions),  cmocka_unit_test(flags), cmocka_unit_test(sets),
        cmocka_unit_test(octets),      cmocka_unit_test(verbs), cmocka_unit_test(round_trips),
        cmocka_unit_test(longest_fit),
    };

    return cmocka_run_group_tests(tests, read_rows, NULL);
}
