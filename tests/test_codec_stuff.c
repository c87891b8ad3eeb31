/* SPDX-License-Identifier: ISC
 *
 * The sending side of transparency, against a reference of a few lines, and back through the receiving side.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ehlo/codec.h>

#include "every_string.h"

#define ROOM 1024
#define SPANS 16

struct wire {
    size_t size;
    char data[4 * ROOM];
};

static char *area;  /* ends at an unreadable page */
static int chunked; /* what is sent goes out in chunks */

static void show(const char *what, const char *in, size_t size)
{
    size_t i;

    print_error("%s, input ", what);
    for (i = 0; i < size; i++)
        print_error("%02x ", (unsigned)(unsigned char)in[i]);
    fail_msg("%s", what);
}

static void put(struct wire *wire, const char *data, size_t size)
{
    memcpy(wire->data + wire->size, data, size);
    wire->size += size;
}

/* The reference: text lines that each end with CRLF, the last one included. Returns the facts. */
static uint32_t canonical(struct wire *out, const char *in, size_t size)
{
    uint32_t facts = 0;
    int start = 1;
    size_t at;

    out->size = 0;
    for (at = 0; at < size; at++) {
        int crlf = in[at] == '\r' && at + 1 < size && in[at + 1] == '\n';
        start = in[at] == '\r' || in[at] == '\n';
        if (start && !crlf)
            facts |= EHLO_FACT_BARE_NEWLINE;
        if (in[at] == '\0')
            facts |= EHLO_FACT_NUL;
        if ((unsigned char)in[at] > 127)
            facts |= EHLO_FACT_8BIT;
        put(out, start ? "\r\n" : in + at, start ? 2 : 1);
        at += (size_t)crlf;
    }
    if (!start)
        put(out, "\r\n", 2);
    return facts;
}

/* The reference: a dot more where a canonical line begins with one, and the final dot. */
static void stuffed(struct wire *out, const struct wire *text)
{
    size_t at;

    out->size = 0;
    for (at = 0; at < text->size; at++) {
        if (text->data[at] == '.' && (at == 0 || text->data[at - 1] == '\n'))
            put(out, ".", 1);
        put(out, text->data + at, 1);
    }
    put(out, ".\r\n", 3);
}

/* Sends the octets from `*at` to `end`, each offer flush against the unreadable page, through `count` spans. */
static void send(struct ehlo_stuff *stuff, struct wire *wire, const char *in, size_t at, size_t end, size_t count)
{
    struct ehlo_span out[SPANS];
    size_t used, filled, i;
    const char *offer;

    while (at < end) {
        offer = flush_put(area, ROOM, in + at, end - at);
        if (ehlo_stuff(stuff, offer, end - at, &used, out, count, &filled) != 0)
            show("error", in, end);
        if (used == 0 || used > end - at || filled > count || (used < end - at && filled != count))
            show("no progress, or a wrong count", in, end);
        for (i = 0; i < filled; i++) {
            if (out[i].size == 0)
                show("empty span", in, end);
            put(wire, out[i].data, out[i].size);
        }
        at += used;
    }
}

/* Sends the message up to `cut`, then on in steps, and compares what the wire got. */
static void compare(const char *in, size_t size, const struct wire *expected, uint64_t octets, uint32_t facts,
                    size_t cut, size_t step, size_t count)
{
    static struct wire found;
    struct ehlo_stuff stuff;
    struct ehlo_span last;
    size_t at;

    found.size = 0;
    if (chunked)
        ehlo_stuff_init_chunked(&stuff);
    else
        ehlo_stuff_init(&stuff);
    send(&stuff, &found, in, 0, cut, count);
    for (at = cut; at < size; at += step)
        send(&stuff, &found, in, at, step < size - at ? at + step : size, count);
    if (ehlo_stuff_end(&stuff, &last) != 0 || (last.size == 0) > chunked || last.size > 5)
        show("wrong end", in, size);
    put(&found, last.data, last.size);
    if (found.size != expected->size || memcmp(found.data, expected->data, found.size) != 0)
        show("wrong octets on the wire", in, size);
    if (stuff.octets != octets || stuff.facts != facts)
        show("wrong octets or facts", in, size);
}

/* The far end gets the canonical text, and nothing is held against it. */
static void decode(const char *in, size_t size, const struct wire *wire, const struct wire *text)
{
    struct ehlo_unstuff unstuff;
    struct ehlo_span piece;
    size_t at = 0, got = 0, used;
    int found;

    ehlo_unstuff_init(&unstuff, EHLO_NEWLINE_REJECT);
    do {
        found = ehlo_unstuff(&unstuff, wire->data + at, wire->size - at, &used, &piece);
        at += used;
        if (found < 0 || piece.size > text->size - got)
            show("decoded to something longer", in, size);
        if (piece.size > 0 && memcmp(text->data + got, piece.data, piece.size) != 0)
            show("decoded to something else", in, size);
        got += piece.size;
    } while (found == EHLO_UNSTUFF_PIECE);
    if (found != EHLO_UNSTUFF_END || at != wire->size || got != text->size || unstuff.octets != text->size)
        show("decoded to something shorter", in, size);
    if ((unstuff.facts & EHLO_FACT_BARE_NEWLINE) != 0)
        show("bare newline on the wire", in, size);
}

static void test_every_string(void **state)
{
    static struct wire text, wire;
    char in[EVERY_MAX];
    uint32_t number, facts;
    size_t length, cut;

    (void)state;
    for (length = 0; length <= EVERY_MAX; length++)
        for (number = 0; number < every_count(length); number++) {
            every_write(in, length, number);
            facts = canonical(&text, in, length);
            stuffed(&wire, &text);
            decode(in, length, &wire, &text);
            chunked = 1;
            compare(in, length, &text, text.size, facts, 0, EVERY_MAX, SPANS);
            compare(in, length, &text, text.size, facts, 0, 1, 2);
            chunked = 0;
            compare(in, length, &wire, text.size, facts, 0, EVERY_MAX, SPANS);
            compare(in, length, &wire, text.size, facts, 0, EVERY_MAX, 3);
            compare(in, length, &wire, text.size, facts, 0, 1, 2);
            for (cut = 1; cut < length; cut++)
                compare(in, length, &wire, text.size, facts, cut, EVERY_MAX, 2);
        }
}

static void test_random(void **state)
{
    static struct wire text, wire;
    uint32_t random = 7, round, facts;
    char in[600];
    size_t size;

    (void)state;
    for (round = 0; round < 6000; round++) {
        size = random_next(&random) % sizeof in;
        random_write(in, size, &random);
        facts = canonical(&text, in, size);
        stuffed(&wire, &text);
        decode(in, size, &wire, &text);
        chunked = (int)(round % 4 == 3);
        compare(in, size, chunked ? &text : &wire, text.size, facts, random_next(&random) % (size + 1),
                1 + random_next(&random) % 100, 2 + random_next(&random) % (SPANS - 1));
    }
    chunked = 0;
    for (size = 0; size < 2; size++) { /* what nothing was sent of ends with nothing */
        canonical(&text, "\n", size);
        chunked = 1;
        compare("\n", size, &text, text.size, size > 0 ? EHLO_FACT_BARE_NEWLINE : 0, 0, 1, 2);
        chunked = 0;
    }
}

/* Messages by hand, '|' where a span ends: what the caller gets to see, with one span more than needed. */
struct row {
    const char *in, *spans, *last;
    uint64_t octets;
};

static const struct row rows[] = {
    {"", "", ".\r\n", 0},
    {"a", "a|", "\r\n.\r\n", 3},
    {"a\r", "a\r|", "\n.\r\n", 3},
    {"a\r\n", "a\r\n|", ".\r\n", 3},
    {"a\n", "a|\r|\n|", ".\r\n", 3},
    {".", ".|.|", "\r\n.\r\n", 3},
    {".\r\n", ".|.\r\n|", ".\r\n", 3},
    {"a\r\n.b\r\nc\r\n", "a\r\n.|.b\r\nc\r\n|", ".\r\n", 10},
    {"a\r\n..\r\n", "a\r\n.|..\r\n|", ".\r\n", 7},
    {"\n.\n", "\r|\n.|.|\r|\n|", ".\r\n", 5},
    {"\r.\r", "\r|\n.|.\r|", "\n.\r\n", 5},
    {"\r\r\n", "\r|\n|\r\n|", ".\r\n", 4},
    {"a\nb\n", "a|\r|\nb|\r|\n|", ".\r\n", 6},
};

static void test_by_hand(void **state)
{
    struct ehlo_stuff stuff;
    struct ehlo_span out[SPANS];
    size_t i, j, used, filled, size;
    char found[64];

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ehlo_stuff_init(&stuff);
        assert_int_equal(ehlo_stuff(&stuff, rows[i].in, strlen(rows[i].in), &used, out, SPANS, &filled), 0);
        for (j = size = 0; j < filled; j++) {
            memcpy(found + size, out[j].data, out[j].size);
            found[size + out[j].size] = '|';
            size += out[j].size + 1;
        }
        found[size] = '\0';
        assert_string_equal(found, rows[i].spans);
        assert_int_equal(ehlo_stuff_end(&stuff, &out[0]), 0);
        assert_int_equal(out[0].size, strlen(rows[i].last));
        assert_memory_equal(out[0].data, rows[i].last, out[0].size);
        assert_int_equal(stuff.octets, rows[i].octets);
    }
}

/* A caller who drops what was not taken must still not be able to end the message early. */
static void test_dropped_dot(void **state)
{
    struct ehlo_stuff stuff;
    struct ehlo_span out[2];
    size_t used, filled;

    (void)state;
    ehlo_stuff_init(&stuff);
    assert_int_equal(ehlo_stuff(&stuff, "\n.", 2, &used, out, 2, &filled), 0);
    assert_int_equal(used, 1);
    assert_memory_equal(out[1].data, "\n.", out[1].size);
    assert_int_equal(ehlo_stuff_end(&stuff, out), 0);
    assert_int_equal(out[0].size, 2);
    assert_memory_equal(out[0].data, "\r\n", 2);
    assert_int_equal(stuff.octets, 2);
}

static void test_errors(void **state)
{
    struct ehlo_stuff stuff;
    struct ehlo_span out[2];
    size_t used, filled;

    (void)state;
    ehlo_stuff_init(&stuff);
    assert_int_equal(ehlo_stuff(NULL, "a", 1, &used, out, 2, &filled), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, NULL, 1, &used, out, 2, &filled), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, "a", 1, NULL, out, 2, &filled), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, "a", 1, &used, NULL, 2, &filled), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, "a", 1, &used, out, 1, &filled), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, "a", 1, &used, out, 2, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff_end(NULL, out), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff_end(&stuff, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_stuff(&stuff, NULL, 0, &used, out, 2, &filled), 0);
    assert_int_equal(used + filled, 0);
    assert_int_equal(ehlo_stuff_end(&stuff, out), 0);
    assert_int_equal(ehlo_stuff_end(&stuff, out), EHLO_E_STATE);
    assert_int_equal(ehlo_stuff(&stuff, "a", 1, &used, out, 2, &filled), EHLO_E_STATE);
    assert_int_equal(used + filled, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand), cmocka_unit_test(test_every_string), cmocka_unit_test(test_random),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_dropped_dot),
    };
    char blank[ROOM] = {0};
    int status;

    area = flush_copy(blank, sizeof blank);
    status = cmocka_run_group_tests(tests, NULL, NULL);
    flush_free(area, sizeof blank);
    return status;
}
