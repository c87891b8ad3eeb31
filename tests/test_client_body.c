/* SPDX-License-Identifier: ISC
 *
 * A message on its way out: every short one, cut everywhere; what is refused; what is looked at, and when.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drive_text.h"
#include "every_string.h"
#include "talk_client.h"

enum {
    LENGTH = 6 /* of every string */
};

static uint64_t ready[sizeof block / sizeof block[0]];

/* Begins a message as often as is wanted, by a copy. */
static struct ehlo_client *again(void)
{
    memcpy(block, ready, sizeof block);
    return (struct ehlo_client *)block;
}

/* What must go out for a message: lines with CRLF, dots stuffed, the final dot. Returns the octets by RFC 1870. */
static size_t reference(char *out, size_t *length, const char *in, size_t size)
{
    size_t i, octets = 0, at = 0;
    int start = 1;

    for (i = 0; i < size; i++) {
        if (start && in[i] == '.')
            out[at++] = '.';
        start = in[i] == '\r' || in[i] == '\n';
        if (!start) {
            out[at++] = in[i];
            octets++;
            continue;
        }
        i += in[i] == '\r' && i + 1 < size && in[i + 1] == '\n';
        memcpy(out + at, "\r\n", 2);
        at += 2;
        octets += 2;
    }
    if (!start) {
        memcpy(out + at, "\r\n", 2);
        at += 2;
        octets += 2;
    }
    memcpy(out + at, ".\r\n", 3);
    *length = at + 3;
    return octets;
}

/* Gives a message in two pieces, each gone when the next one is wanted; takes output `step` octets at a time. */
static size_t send_pieces(char *out, size_t room, const char *in, size_t size, size_t cut, size_t step)
{
    static char *piece;
    struct ehlo_client *client = again();
    size_t got = 0, begin = 0, end, taken;

    if (piece == NULL)
        piece = drive_page();
    for (; begin <= size; begin = end) {
        end = begin < cut ? cut : size;
        assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | EHLO_WANT_BODY);
        if (end > begin)
            memcpy(piece - (end - begin), in + begin, end - begin);
        assert_int_equal(ehlo_client_body(client, piece - (end - begin), end - begin, end == size), 0);
        while ((taken = ehlo_client_read(client, out + got, step < room - got ? step : room - got)) > 0)
            got += taken;
        memset(piece - (end - begin), '!', end - begin);
        if (end == size)
            break;
    }
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
    return got;
}

static void test_every_message(void **state)
{
    struct ehlo_client_config c = plain();
    char in[LENGTH], out[64], want[64];
    size_t length, size, cut, step;
    uint32_t number;

    (void)state;
    begin_message(&c, "250 SIZE 1000\r\n", EHLO_BODY_7BIT);
    memcpy(ready, block, sizeof block);
    for (length = 0; length <= LENGTH; length++) {
        for (number = 0; number < every_count(length); number++) {
            every_write(in, length, number);
            reference(want, &size, in, length);
            for (cut = 0; cut <= length; cut++) {
                for (step = 1; step < 4; step++) {
                    assert_int_equal(send_pieces(out, sizeof out, in, length, cut, step), size);
                    assert_memory_equal(out, want, size);
                }
            }
        }
    }
}

/* Longer ones, by spans and by read alike; what a server reads is the message. */
static void test_random_messages(void **state)
{
    static char in[500], out[2100], want[2100];
    struct ehlo_client_config c = plain();
    uint32_t seed = 1, round;
    size_t size, length, octets, at, used;
    struct ehlo_unstuff unstuff;
    struct ehlo_span piece;

    (void)state;
    c.flags = EHLO_CLIENT_8BIT_ANYWAY;
    begin_message(&c, "250 DSN\r\n", EHLO_BODY_7BIT);
    memcpy(ready, block, sizeof block);
    for (round = 0; round < 3000; round++) {
        length = random_next(&seed) % sizeof in;
        random_write(in, length, &seed);
        octets = reference(want, &size, in, length);
        assert_int_equal(
            send_pieces(out, sizeof out, in, length, random_next(&seed) % (length + 1), 1 + random_next(&seed) % 50),
            size);
        assert_memory_equal(out, want, size);
        assert_int_equal(ehlo_unstuff_init(&unstuff, EHLO_NEWLINE_REJECT), 0);
        for (at = 0; ehlo_unstuff(&unstuff, out + at, size - at, &used, &piece) == EHLO_UNSTUFF_PIECE;)
            at += used;
        assert_int_equal(at + used, size);
        assert_int_equal(unstuff.octets, octets);
        assert_int_equal(unstuff.facts & EHLO_FACT_BARE_NEWLINE, 0);
    }
}

/* An octet over 127 is refused wherever it stands, and leaves nothing behind. */
static void test_8bit(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    char piece[40], out[100];
    size_t at;
    int octet;

    (void)state;
    begin_message(&c, "250 8BITMIME\r\n", EHLO_BODY_7BIT);
    memcpy(ready, block, sizeof block);
    for (octet = 0; octet < 256; octet++) {
        for (at = 0; at < sizeof piece; at++) {
            memset(piece, 'x', sizeof piece);
            piece[at] = (char)octet;
            client = again();
            assert_int_equal(ehlo_client_body(client, piece, sizeof piece, at % 2 == 0), octet > 127 ? EHLO_E_8BIT : 0);
            if (octet > 127) {
                assert_memory_equal(block, ready, ehlo_client_size(NULL));
                assert_int_equal(ehlo_client_body(client, "\r\n.", 3, 1), 0);
                expect(client, "\r\n..\r\n.\r\n");
            }
        }
    }
    c.flags = EHLO_CLIENT_8BIT_ANYWAY;
    client = begin_message(&c, "250 DSN\r\n", EHLO_BODY_7BIT);
    assert_int_equal(ehlo_client_body(client, "\xE9", 1, 1), 0);
    expect(client, "\xE9\r\n.\r\n");
    c.flags = 0;
    client = begin_message(&c, "250 8BITMIME\r\n", EHLO_BODY_8BITMIME);
    assert_int_equal(ehlo_client_body(client, "\xE9", 1, 1), 0);
    assert_int_equal(ehlo_client_read(client, out, sizeof out), 6);
}

/* Octets are counted as the server will: CRLF as two, stuffed dots not, the last line completed. */
static void test_size(void **state)
{
    static const struct {
        const char *piece;
        size_t octets;
    } rows[] = {
        {"12345678\r\n", 10},
        {"12345678", 10},
        {"1234567\n\n", 11},
        {"......\r\n\r\n", 10},
        {".\r\n.\r\n.\r\n.\r\n", 12},
        {"\n\n\n\n\n", 10},
        {"\r\r\r\r\r", 10},
        {"123456789", 11},
        {"", 0},
        {"\r", 2},
    };
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    size_t i, half;
    int error;

    (void)state;
    begin_message(&c, "250 SIZE 10\r\n", EHLO_BODY_7BIT);
    memcpy(ready, block, sizeof block);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        error = rows[i].octets > 10 ? EHLO_E_TOO_MUCH : 0;
        client = again();
        assert_int_equal(ehlo_client_body(client, rows[i].piece, strlen(rows[i].piece), 1), error);
        if (error != 0)
            assert_memory_equal(block, ready, ehlo_client_size(NULL));
        client = again();
        half = strlen(rows[i].piece) / 2;
        assert_int_equal(ehlo_client_body(client, rows[i].piece, half, 0), 0);
        while (ehlo_client_read(client, (char[4]){0}, 4) > 0)
            ;
        assert_int_equal(ehlo_client_body(client, rows[i].piece + half, strlen(rows[i].piece) - half, 1), error);
        if (error == 0)
            continue;
        /* the message can still end in another way, or be given up */
        assert_int_equal(ehlo_client_body(client, "", 0, 1), 0);
    }
}

/*
 * Of a piece only what is about to go out is looked at, and nothing twice: all of it is unreadable but for two pages
 * while it is sent, an octet at a time. (Nothing needs a look ahead: 8-bit octets are welcome, and there is no bound.)
 */
static void test_window(void **state)
{
    static const char *const lines[] = {".\r\n", "\n.", "\r\r\n.\n", "\n"};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 24;
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_span span;
    size_t i, at, front, size;
    char *piece;

    (void)state;
    for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        piece = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(piece != MAP_FAILED);
        size = strlen(lines[i]);
        for (at = 0; at < pages * page; at++)
            piece[at] = lines[i][at % size];
        client = begin_message(&c, "250 8BITMIME\r\n", EHLO_BODY_8BITMIME);
        assert_int_equal(mprotect(piece + page, (pages - 1) * page, PROT_NONE), 0);
        assert_int_equal(ehlo_client_body(client, piece, pages * page, 1), 0);
        for (front = 0; ehlo_client_output(client, &span, 1) > 0;) {
            assert_true(span.size < 10);
            /* the window moves on with what is sent */
            at = span.data >= piece && span.data < piece + pages * page ? (size_t)(span.data - piece) / page : front;
            if (at > front || (front == 0 && at + 1 < pages)) {
                assert_int_equal(mprotect(piece, pages * page, PROT_NONE), 0);
                assert_int_equal(mprotect(piece + at * page, (at + 1 < pages ? 2 : 1) * page, PROT_READ), 0);
                front = at;
            }
            assert_int_equal(ehlo_client_sent(client, 1), 0);
        }
        assert_int_equal(front, pages - 1);
        assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
        munmap(piece, pages * page);
    }
}

/* A long run is found once: sending it does not look at it again, however small the steps. */
static void test_run_found_once(void **state)
{
    static const char *const offers[] = {"250 8BITMIME\r\n", "250 SIZE 9999999\r\n"};
    const size_t size = 1 << 18;
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_span span;
    size_t i, sent;
    char *piece;

    (void)state;
    for (i = 0; i < 2; i++) {
        piece = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(piece != MAP_FAILED);
        memset(piece, 'x', size);
        client = begin_message(&c, offers[i], i == 0 ? EHLO_BODY_8BITMIME : EHLO_BODY_7BIT);
        assert_int_equal(ehlo_client_body(client, piece, size, 1), 0);
        assert_int_equal(mprotect(piece, size, PROT_NONE), 0);
        for (sent = 0; ehlo_client_output(client, &span, 1) > 0; sent++)
            assert_int_equal(ehlo_client_sent(client, 1), 0);
        assert_int_equal(sent, size + 5);
        munmap(piece, size);
    }
}

/* Pieces that are empty, and a last one that is. */
static void test_empty_pieces(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = begin_message(&c, "250 SIZE 100\r\n", EHLO_BODY_7BIT);
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(ehlo_client_body(client, NULL, 0, 0), 0);
        assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | EHLO_WANT_BODY);
        expect(client, "");
    }
    assert_int_equal(ehlo_client_body(client, "a\r", 2, 0), 0);
    expect(client, "a\r");
    assert_int_equal(ehlo_client_body(client, "", 0, 0), 0);
    expect(client, "");
    assert_int_equal(ehlo_client_body(client, NULL, 0, 1), 0);
    assert_int_equal(ehlo_client_body(client, "x", 1, 1), EHLO_E_STATE);
    expect(client, "\n.\r\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message), cmocka_unit_test(test_random_messages),
        cmocka_unit_test(test_8bit),          cmocka_unit_test(test_size),
        cmocka_unit_test(test_window),        cmocka_unit_test(test_run_found_once),
        cmocka_unit_test(test_empty_pieces),
    };

    return cmocka_run_group_tests_name("client body", tests, NULL, NULL);
}
