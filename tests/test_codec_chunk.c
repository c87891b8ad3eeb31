/* SPDX-License-Identifier: ISC
 *
 * Messages in chunks: every short string, cut into chunks everywhere and offered in every way, gives what a plain
 * decoder of the whole gives, and nothing in it ends it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/codec.h>
#include <string.h>

#include "every_string.h"

enum {
    LONGEST = 6,
    LONG = 60
};

/* What is to come out. */
struct message {
    char text[2 * LONG];
    size_t size;
    size_t bare_at;
    uint32_t longest;
    uint32_t facts;
};

/* The decoder in plain words: a CR and a LF that belong together are a line end, and no other octet is one. */
static void decode(struct message *m, uint32_t newline, const char *in, size_t size)
{
    size_t i, line = 0;
    int ends, bare;

    memset(m, 0, sizeof *m);
    for (i = 0; i < size; i++) {
        ends = in[i] == '\r' && i + 1 < size && in[i + 1] == '\n';
        bare = !ends && (in[i] == '\r' || in[i] == '\n');
        if (bare && (m->facts & EHLO_FACT_BARE_NEWLINE) == 0)
            m->bare_at = m->size;
        m->facts |= bare ? EHLO_FACT_BARE_NEWLINE : in[i] == '\0' ? EHLO_FACT_NUL : in[i] < 0 ? EHLO_FACT_8BIT : 0;
        if (ends || (bare && newline == EHLO_NEWLINE_NORMALIZE)) {
            memcpy(m->text + m->size, "\r\n", 2);
            m->size += 2;
            i += (size_t)ends;
        } else {
            m->text[m->size++] = in[i];
        }
        if (m->size - line > m->longest)
            m->longest = (uint32_t)(m->size - line);
        if (ends || (bare && newline == EHLO_NEWLINE_NORMALIZE))
            line = m->size;
    }
}

struct receiver {
    struct ehlo_unstuff state;
    char text[2 * LONG];
    size_t size;
};

static void take_piece(struct receiver *r, const struct ehlo_span *piece)
{
    assert_true(piece->size > 0 && piece->size <= sizeof r->text - r->size);
    memcpy(r->text + r->size, piece->data, piece->size);
    r->size += piece->size;
    assert_int_equal(r->state.octets, r->size);
}

/* One chunk, offered `step` octets more at a time, before an unreadable page. */
static void receive(struct receiver *r, const char *in, size_t size, size_t step, char *area)
{
    size_t at = 0, end = 0, used, mine;
    struct ehlo_span piece;
    int found;

    while (end < size) {
        end = step < size - end ? end + step : size;
        do {
            mine = end - at;
            found =
                ehlo_unstuff_chunk(&r->state, flush_put(area, LONG, in + at, mine), mine, end == size, &used, &piece);
            assert_true(found >= 0 && used <= mine);
            at += used;
            if (found == EHLO_UNSTUFF_PIECE)
                take_piece(r, &piece);
        } while (found == EHLO_UNSTUFF_PIECE);
        assert_int_equal(found, EHLO_UNSTUFF_MORE);
        assert_true(end - at <= (size_t)(end < size)); /* one octet may be left, and none of a whole chunk */
    }
}

static void finish(struct receiver *r)
{
    struct ehlo_span piece;
    int found = ehlo_unstuff_chunks_end(&r->state, &piece);

    if (found == EHLO_UNSTUFF_PIECE) {
        take_piece(r, &piece);
        found = ehlo_unstuff_chunks_end(&r->state, &piece);
    }
    assert_int_equal(found, EHLO_UNSTUFF_END);
    assert_int_equal(ehlo_unstuff_chunks_end(&r->state, &piece), EHLO_E_STATE);
}

static void compare(const struct receiver *r, const struct message *m)
{
    assert_int_equal(r->size, m->size);
    assert_memory_equal(r->text, m->text, m->size);
    assert_int_equal(r->state.octets, m->size);
    assert_int_equal(r->state.longest, m->longest);
    assert_int_equal(r->state.facts, m->facts);
    if (m->facts & EHLO_FACT_BARE_NEWLINE)
        assert_int_equal(r->state.bare_at, m->bare_at);
}

/* Bit N of `cuts`: a chunk ends behind octet N. */
static void try_cuts(uint32_t newline, const char *in, size_t size, uint32_t cuts, size_t step, char *area)
{
    struct receiver r;
    struct message m;
    size_t from = 0, to;

    memset(&r, 0, sizeof r);
    decode(&m, newline, in, size);
    assert_int_equal(ehlo_unstuff_init(&r.state, newline), 0);
    for (to = 1; to <= size; to++) {
        if (to < size && (cuts >> (to - 1) % 32 & 1) == 0)
            continue;
        receive(&r, in + from, to - from, step, area);
        from = to;
    }
    finish(&r);
    compare(&r, &m);
}

static void test_every_string(void **state)
{
    static const char blank[LONG];
    char *area = flush_copy(blank, LONG), in[EVERY_MAX];
    uint32_t newline, number, cuts;
    size_t size, step;

    (void)state;
    for (newline = EHLO_NEWLINE_REJECT; newline <= EHLO_NEWLINE_KEEP; newline++)
        for (size = 0; size <= LONGEST; size++)
            for (number = 0; number < every_count(size); number++) {
                every_write(in, size, number);
                for (cuts = 0; cuts < (size > 0 ? 1u << (size - 1) : 1); cuts++)
                    for (step = 1; step <= 2; step++)
                        try_cuts(newline, in, size, cuts, step == 1 ? 1 : LONG, area);
            }
    flush_free(area, LONG);
}

static void test_random(void **state)
{
    static const char blank[LONG];
    char *area = flush_copy(blank, LONG), in[LONG];
    uint32_t seed = 2463534242u, round;

    (void)state;
    for (round = 0; round < 20000; round++) {
        random_write(in, sizeof in, &seed);
        try_cuts(round % 3, in, random_next(&seed) % (LONG + 1), random_next(&seed) & random_next(&seed),
                 1 + random_next(&seed) % LONG, area);
    }
    flush_free(area, LONG);
}

/* A chunk without octets says nothing, wherever it stands. */
static void test_empty(void **state)
{
    struct ehlo_unstuff u;
    struct ehlo_span piece;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_unstuff_init(&u, EHLO_NEWLINE_NORMALIZE), 0);
    assert_int_equal(ehlo_unstuff_chunk(&u, NULL, 0, 1, &used, &piece), EHLO_UNSTUFF_MORE);
    assert_int_equal(ehlo_unstuff_chunk(&u, "x\r", 2, 1, &used, &piece), EHLO_UNSTUFF_PIECE);
    assert_int_equal(used, 2);
    assert_int_equal(ehlo_unstuff_chunk(&u, NULL, 0, 1, &used, &piece), EHLO_UNSTUFF_MORE);
    assert_int_equal(u.facts, 0);
    assert_int_equal(ehlo_unstuff_chunk(&u, "\n", 1, 1, &used, &piece), EHLO_UNSTUFF_PIECE);
    assert_int_equal(used, 1);
    assert_int_equal(u.facts, 0);
    assert_int_equal(u.longest, 3);
    assert_int_equal(ehlo_unstuff_chunks_end(&u, &piece), EHLO_UNSTUFF_END);
}

static void test_arguments(void **state)
{
    struct ehlo_unstuff u;
    struct ehlo_span piece;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_unstuff_init(&u, EHLO_NEWLINE_REJECT), 0);
    assert_int_equal(ehlo_unstuff_chunk(NULL, "x", 1, 1, &used, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunk(&u, NULL, 1, 1, &used, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunk(&u, "x", 1, 1, NULL, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunk(&u, "x", 1, 1, &used, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunks_end(NULL, &piece), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunks_end(&u, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_unstuff_chunks_end(&u, &piece), EHLO_UNSTUFF_END);
    assert_int_equal(ehlo_unstuff_chunk(&u, "x", 1, 1, &used, &piece), EHLO_E_STATE);
    assert_int_equal(used, 0);
}

/* A line that no number holds stays as long as one can say. */
static void test_longest(void **state)
{
    struct ehlo_unstuff u;
    struct ehlo_span piece;
    size_t used;

    (void)state;
    assert_int_equal(ehlo_unstuff_init(&u, EHLO_NEWLINE_REJECT), 0);
    u.line = UINT32_MAX - 1;
    assert_int_equal(ehlo_unstuff_chunk(&u, "xxx\r\nx", 6, 1, &used, &piece), EHLO_UNSTUFF_PIECE);
    assert_int_equal(u.longest, UINT32_MAX);
    assert_int_equal(u.line, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_string), cmocka_unit_test(test_random),  cmocka_unit_test(test_empty),
        cmocka_unit_test(test_arguments),    cmocka_unit_test(test_longest),
    };

    return cmocka_run_group_tests_name("codec, chunks", tests, NULL, NULL);
}
