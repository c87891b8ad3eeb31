/* SPDX-License-Identifier: ISC
 *
 * The receiving side of transparency, against a reference of a few lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ehlo/codec.h>

#include "every_string.h"

#define ROOM 2048
#define END "\r\n.\r\n"

/* What came of a message, or of the beginning of one. */
struct outcome {
    size_t taken;
    int ended;
    uint32_t facts, longest, line;
    uint64_t bare_at;
    size_t size;
    char out[2 * ROOM];
};

static char *area; /* ends at an unreadable page */

static void put(struct outcome *outcome, char c)
{
    outcome->out[outcome->size++] = c;
    if (++outcome->line > outcome->longest)
        outcome->longest = outcome->line;
    if (c == '\0')
        outcome->facts |= EHLO_FACT_NUL;
    if ((unsigned char)c > 127)
        outcome->facts |= EHLO_FACT_8BIT;
}

static void put_crlf(struct outcome *outcome)
{
    put(outcome, '\r');
    put(outcome, '\n');
    outcome->line = 0;
}

static void note_bare(struct outcome *outcome)
{
    if ((outcome->facts & EHLO_FACT_BARE_NEWLINE) == 0)
        outcome->bare_at = outcome->size;
    outcome->facts |= EHLO_FACT_BARE_NEWLINE;
}

/* The reference: an octet at a time, all of the input in view. */
static void reference(struct outcome *o, uint32_t newline, const char *in, size_t size)
{
    int start = 1;

    memset(o, 0, offsetof(struct outcome, out));
    while (o->taken < size) {
        size_t at = o->taken, left = size - at;
        if (start && in[at] == '.') {
            if (left == 1 || (left == 2 && in[at + 1] == '\r'))
                return;
            o->ended = in[at + 1] == '\r' && in[at + 2] == '\n';
            if (o->ended) {
                o->taken += 3;
                return;
            }
            at++, left--;
        }
        if (in[at] == '\r' && left == 1)
            return;
        start = in[at] == '\r' && in[at + 1] == '\n';
        if (!start && (in[at] == '\r' || in[at] == '\n'))
            note_bare(o);
        if (start || ((in[at] == '\r' || in[at] == '\n') && newline == EHLO_NEWLINE_NORMALIZE))
            put_crlf(o);
        else
            put(o, in[at]);
        o->taken = at + 1 + (size_t)start;
    }
}

static void show(const char *what, uint32_t newline, const char *in, size_t size)
{
    size_t i;

    print_error("%s, newline policy %u, input ", what, (unsigned)newline);
    for (i = 0; i < size; i++)
        print_error("%02x ", (unsigned)(unsigned char)in[i]);
    fail_msg("%s", what);
}

/* Takes what can be taken of the octets up to `size`, each offer flush against the unreadable page. */
static void take(struct ehlo_unstuff *unstuff, struct outcome *o, const char *in, size_t size)
{
    struct ehlo_span piece;
    size_t used = 0, left;
    const char *at;
    int found = EHLO_UNSTUFF_PIECE;

    at = flush_put(area, ROOM, in + o->taken, size - o->taken);
    while (!o->ended && found == EHLO_UNSTUFF_PIECE) {
        left = size - o->taken;
        found = ehlo_unstuff(unstuff, at, left, &used, &piece);
        at += used;
        o->taken += used;
        o->ended = found == EHLO_UNSTUFF_END;
        if (found == EHLO_UNSTUFF_PIECE) {
            memcpy(o->out + o->size, piece.data, piece.size);
            o->size += piece.size;
        }
        if ((found == EHLO_UNSTUFF_PIECE) != (piece.size > 0) || (found == EHLO_UNSTUFF_PIECE && used == 0) ||
            used > left)
            show("wrong piece", unstuff->newline, in, size);
        if (found == EHLO_UNSTUFF_MORE && (used != 0 || left > 2))
            show("too much left", unstuff->newline, in, size);
    }
    o->facts = unstuff->facts;
    o->longest = unstuff->longest;
    o->bare_at = unstuff->bare_at;
    if (unstuff->octets != o->size)
        show("wrong count", unstuff->newline, in, size);
}

static int differ(const struct outcome *a, const struct outcome *b)
{
    return a->taken != b->taken || a->ended != b->ended || a->facts != b->facts || a->longest != b->longest ||
           ((a->facts & EHLO_FACT_BARE_NEWLINE) != 0 && a->bare_at != b->bare_at) || a->size != b->size ||
           memcmp(a->out, b->out, a->size) != 0;
}

static void begin(struct ehlo_unstuff *unstuff, struct outcome *o, uint32_t newline)
{
    memset(o, 0, offsetof(struct outcome, out));
    assert_int_equal(ehlo_unstuff_init(unstuff, newline), 0);
}

/* Whole and an octet at a time; when `cuts` is set, at each single cut too. */
static void compare(uint32_t newline, const char *in, size_t size, int cuts)
{
    static struct outcome expected, found;
    struct ehlo_unstuff unstuff;
    size_t cut;

    reference(&expected, newline, in, size);
    for (cut = cuts ? 0 : size; cut <= size; cut++) {
        begin(&unstuff, &found, newline);
        take(&unstuff, &found, in, cut);
        if (cut < size)
            take(&unstuff, &found, in, size);
        if (differ(&expected, &found))
            show(cut == size ? "whole input" : "one cut", newline, in, size);
    }
    begin(&unstuff, &found, newline);
    for (cut = 1; cut <= size; cut++)
        take(&unstuff, &found, in, cut);
    if (differ(&expected, &found))
        show("an octet at a time", newline, in, size);
}

/*
 * 1 when the string is worth a run for each cut: all but the longest with a NUL in them, which are four fifths of all,
 * and where the NUL stands in for x in a shorter time.
 */
static int is_cut(const char *in, size_t length)
{
    return length < EVERY_MAX || memchr(in, '\0', length) == NULL;
}

static void test_every_string(void **state)
{
    char in[EVERY_MAX + sizeof END];
    uint32_t number;
    size_t length;
    int cuts;

    (void)state;
    for (length = 0; length <= EVERY_MAX; length++)
        for (number = 0; number < every_count(length); number++) {
            every_write(in, length, number);
            cuts = is_cut(in, length);
            compare(EHLO_NEWLINE_REJECT, in, length, 0);
            compare(EHLO_NEWLINE_NORMALIZE, in, length, cuts);
            compare(EHLO_NEWLINE_KEEP, in, length, cuts);
            memcpy(in + length, END, sizeof END - 1);
            compare(EHLO_NEWLINE_REJECT, in, length + sizeof END - 1, 0);
            compare(EHLO_NEWLINE_NORMALIZE, in, length + sizeof END - 1, cuts);
            compare(EHLO_NEWLINE_KEEP, in, length + sizeof END - 1, cuts);
        }
}

static void test_random(void **state)
{
    static struct outcome expected, found;
    struct ehlo_unstuff unstuff;
    uint32_t random = 1, newline, round;
    char in[600];
    size_t size, cut;

    (void)state;
    for (round = 0; round < 6000; round++) {
        newline = round % 3;
        size = random_next(&random) % sizeof in;
        random_write(in, size, &random);
        reference(&expected, newline, in, size);
        begin(&unstuff, &found, newline);
        for (cut = 0; cut < size; cut += 1 + random_next(&random) % (1 + round % 200))
            take(&unstuff, &found, in, cut);
        take(&unstuff, &found, in, size);
        if (differ(&expected, &found))
            show("random", newline, in, size);
    }
}

/* One message by hand: what goes in, what comes out under NORMALIZE and under KEEP; '|' stands where a piece ends. */
struct row {
    const char *in, *normalize, *keep;
    size_t taken;
    uint64_t bare_normalize, bare_keep;
};

#define NONE UINT64_MAX

static const struct row rows[] = {
    {".\r\n", "", "", 3, NONE, NONE},
    {".\r\n.\r\n", "", "", 3, NONE, NONE},
    {"\r\n.\r\nQUIT\r\n", "\r\n|", "\r\n|", 5, NONE, NONE},
    {"a\r\nb\r\n.\r\n", "a\r\nb\r\n|", "a\r\nb\r\n|", 9, NONE, NONE},
    {"..\r\n.\r\n", ".\r\n|", ".\r\n|", 7, NONE, NONE},
    {"a\r\n..b\r\n.c\r\n.\r\n", "a\r\n|.b\r\n|c\r\n|", "a\r\n|.b\r\n|c\r\n|", 15, NONE, NONE},
    /* what smuggled: each must go on to the true end */
    {"a\n.\nb\r\n.\r\n", "a|\r\n|.|\r\n|b\r\n|", "a\n.\nb\r\n|", 10, 1, 1},
    {"a\n.\r\nb\r\n.\r\n", "a|\r\n|.\r\nb\r\n|", "a\n.\r\nb\r\n|", 11, 1, 1},
    {"a\r\n.\nb\r\n.\r\n", "a\r\n|\r\n|b\r\n|", "a\r\n|\nb\r\n|", 11, 3, 3},
    {"a\r\n.\rb\r\n.\r\n", "a\r\n|\r\n|b\r\n|", "a\r\n|\rb\r\n|", 11, 3, 3},
    {"a\r.\r\nb\r\n.\r\n", "a|\r\n|.\r\nb\r\n|", "a\r.\r\nb\r\n|", 11, 1, 1},
    {"a\r\r\n.\r\n", "a|\r\n|\r\n|", "a\r\r\n|", 7, 1, 1},
    {".\r\r\n.\r\n", "\r\n|\r\n|", "\r\r\n|", 7, 0, 0},
    {"\n\r\n.\r\n", "\r\n|\r\n|", "\n\r\n|", 6, 0, 0},
    {"\r\n\n.\r\n.\r\n", "\r\n|\r\n|.\r\n|", "\r\n\n.\r\n|", 9, 2, 2},
    {"a\nb\nc\r\n.\r\n", "a|\r\n|b|\r\n|c\r\n|", "a\nb\nc\r\n|", 10, 1, 1},
    /* the end of the input leaves what cannot be decided */
    {"", "", "", 0, NONE, NONE},
    {".", "", "", 0, NONE, NONE},
    {".\r", "", "", 0, NONE, NONE},
    {"\r", "", "", 0, NONE, NONE},
    {"a\r", "a|", "a|", 1, NONE, NONE},
    {"a\r\n.\r", "a\r\n|", "a\r\n|", 3, NONE, NONE},
    {"a\r\r", "a|\r\n|", "a\r|", 2, 1, 1},
};

static void check_row(const struct row *row, uint32_t newline)
{
    const char *expected = newline == EHLO_NEWLINE_NORMALIZE ? row->normalize : row->keep;
    uint64_t bare_at = newline == EHLO_NEWLINE_NORMALIZE ? row->bare_normalize : row->bare_keep;
    char found[64];
    size_t used, taken = 0, size = 0;
    struct ehlo_unstuff unstuff;
    struct ehlo_span piece;

    assert_int_equal(ehlo_unstuff_init(&unstuff, newline), 0);
    while (ehlo_unstuff(&unstuff, row->in + taken, strlen(row->in) - taken, &used, &piece) == EHLO_UNSTUFF_PIECE) {
        memcpy(found + size, piece.data, piece.size);
        found[size + piece.size] = '|';
        size += piece.size + 1;
        taken += used;
    }
    found[size] = '\0';
    assert_string_equal(found, expected);
    assert_int_equal(taken + used, row->taken);
    assert_int_equal(unstuff.facts, bare_at == NONE ? 0 : EHLO_FACT_BARE_NEWLINE);
    if (bare_at != NONE)
        assert_int_equal(unstuff.bare_at, bare_at);
}

static void test_by_hand(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(&rows[i], EHLO_NEWLINE_REJECT);
        check_row(&rows[i], EHLO_NEWLINE_NORMALIZE);
        check_row(&rows[i], EHLO_NEWLINE_KEEP);
    }
}

static void test_longest(void **state)
{
    static const char in[] = "..234\r\n123456\n8\r\n12\r\n.\r\n";
    static struct outcome outcome;
    struct ehlo_unstuff unstuff;

    (void)state;
    begin(&unstuff, &outcome, EHLO_NEWLINE_KEEP);
    take(&unstuff, &outcome, in, 4);
    assert_int_equal(unstuff.longest, 3);
    take(&unstuff, &outcome, in, 7);
    assert_int_equal(unstuff.longest, 6);
    take(&unstuff, &outcome, in, sizeof in - 1);
    assert_int_equal(unstuff.longest, 10);
    begin(&unstuff, &outcome, EHLO_NEWLINE_NORMALIZE);
    take(&unstuff, &outcome, in, sizeof in - 1);
    assert_int_equal(unstuff.longest, 8);
}

/* As four gigabytes are too long for a test, the count is set near its end by hand. */
static void test_longest_saturates(void **state)
{
    static struct outcome outcome;
    struct ehlo_unstuff unstuff;

    (void)state;
    begin(&unstuff, &outcome, EHLO_NEWLINE_REJECT);
    unstuff.line = UINT32_MAX - 2;
    take(&unstuff, &outcome, "1", 1);
    assert_int_equal(unstuff.longest, UINT32_MAX - 1);
    take(&unstuff, &outcome, "1234", 4);
    assert_int_equal(unstuff.longest, UINT32_MAX);
    take(&unstuff, &outcome, "1234\r\n1\r\n.\r\n", 12);
    assert_int_equal(unstuff.longest, UINT32_MAX);
    assert_int_equal(unstuff.line, 0);
}

static void test_errors(void **state)
{
    struct ehlo_unstuff unstuff;
    struct ehlo_span piece;
    size_t used = 9;

    (void)state;
    assert_int_equal(ehlo_unstuff_init(NULL, EHLO_NEWLINE_KEEP), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_init(&unstuff, 3), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_init(&unstuff, EHLO_NEWLINE_REJECT), 0);
    assert_int_equal(ehlo_unstuff(NULL, "a", 1, &used, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff(&unstuff, NULL, 1, &used, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff(&unstuff, "a", 1, NULL, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff(&unstuff, "a", 1, &used, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff(&unstuff, NULL, 0, &used, &piece), EHLO_UNSTUFF_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(ehlo_unstuff(&unstuff, ".\r\n", 3, &used, &piece), EHLO_UNSTUFF_END);
    assert_int_equal(used, 3);
    assert_int_equal(ehlo_unstuff(&unstuff, ".\r\n", 3, &used, &piece), EHLO_E_STATE);
    assert_int_equal(used, 0);
    assert_int_equal(piece.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand), cmocka_unit_test(test_every_string), cmocka_unit_test(test_random),
        cmocka_unit_test(test_longest), cmocka_unit_test(test_errors),       cmocka_unit_test(test_longest_saturates),
    };
    char blank[ROOM] = {0};
    int status;

    area = flush_copy(blank, sizeof blank);
    status = cmocka_run_group_tests(tests, NULL, NULL);
    flush_free(area, sizeof blank);
    return status;
}
