/* SPDX-License-Identifier: ISC
 *
 * Output by ehlo_client_copy: the same octets as by spans, and none of them sent before ehlo_client_sent has said so.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "every_string.h"
#include "talk_client.h"

enum {
    LENGTH = 5, /* of every string */
    ROOM = 4096
};

static uint64_t kept[sizeof block / sizeof block[0]];

static void keep(void)
{
    memcpy(kept, block, sizeof block);
}

static struct ehlo_client *again(void)
{
    memcpy(block, kept, sizeof block);
    return (struct ehlo_client *)block;
}

/* All output, by spans, a span at a time. */
static size_t drain(struct ehlo_client *client, char *out)
{
    struct ehlo_span span;
    size_t size = 0;

    while (ehlo_client_output(client, &span, 1) == 1) {
        assert_true(span.size <= ROOM - size);
        memcpy(out + size, span.data, span.size);
        size += span.size;
        assert_int_equal(ehlo_client_sent(client, span.size), 0);
    }
    return size;
}

/* A buffer of each size holds the front of `want`, however often one asks, and octets stay what they are behind it. */
static void check_copies(struct ehlo_client *client, const char *want, size_t size, size_t most)
{
    static char out[ROOM + 1];
    size_t room, copied;

    for (room = 0; room <= most; room++) {
        memset(out, '#', room + 1);
        copied = room < size ? room : size;
        assert_int_equal(ehlo_client_copy(client, out, room), copied);
        assert_memory_equal(out, want, copied);
        assert_int_equal(out[copied], '#');
    }
}

/* A piece, and behind the last one a command. */
static struct ehlo_client *give(const char *piece, size_t size, int last)
{
    struct ehlo_client *client = again();
    struct ehlo_mail mail = mail_from("e", "f");

    assert_int_equal(ehlo_client_body(client, piece, size, last), 0);
    if (last)
        assert_int_equal(ehlo_client_mail(client, &mail), 0);
    return client;
}

/* Every short message, as its last piece and as one of several; sent octet by octet. */
static void test_every_message(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    char in[LENGTH], want[ROOM], out[ROOM];
    size_t length, size, at;
    uint32_t number;
    int last;

    (void)state;
    begin_message(&c, "250 PIPELINING\r\n", EHLO_BODY_7BIT);
    keep();
    for (length = 0; length <= LENGTH; length++) {
        for (number = 0; number < 2 * every_count(length); number++) {
            last = number % 2 == 0;
            every_write(in, length, number / 2);
            size = drain(give(in, length, last), want);
            client = give(in, length, last);
            check_copies(client, want, size, size + 3);
            assert_int_equal(drain(client, out), size); /* nothing was taken */
            assert_memory_equal(out, want, size);
            client = give(in, length, last);
            for (at = 0; at < size; at++) {
                assert_true((ehlo_client_want(client) & EHLO_WANT_OUTPUT) != 0);
                assert_int_equal(ehlo_client_sent(client, 1), EHLO_E_ARGUMENT); /* it was not shown */
                check_copies(client, want + at, size - at, size - at < 4 ? 5 : 1);
                assert_int_equal(ehlo_client_sent(client, 1), 0);
                while (ehlo_client_sent(client, 1) == 0)
                    at++;
            }
            assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | (last ? 0 : EHLO_WANT_BODY));
            assert_int_equal(ehlo_client_copy(client, out, sizeof out), 0);
        }
    }
}

/* Far more runs than are found at a time: some are copied, some of these are sent, some by spans. */
static void test_many_runs(void **state)
{
    static char in[600], want[ROOM], out[ROOM];
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_span span;
    uint32_t seed = 1, round;
    size_t length, size, at, part;

    (void)state;
    c.flags = EHLO_CLIENT_8BIT_ANYWAY;
    begin_message(&c, "250 PIPELINING\r\n", EHLO_BODY_7BIT);
    keep();
    for (round = 0; round < 3000; round++) {
        length = random_next(&seed) % sizeof in;
        random_write(in, length, &seed);
        size = drain(give(in, length, 1), want);
        client = give(in, length, 1);
        for (at = 0; at < size; at += part) {
            part = ehlo_client_copy(client, out, 1 + random_next(&seed) % (round % 2 == 0 ? 20 : sizeof out));
            assert_true(part > 0 && part <= size - at);
            assert_memory_equal(out, want + at, part);
            if (random_next(&seed) % 4 == 0) {
                assert_int_equal(ehlo_client_output(client, &span, 1), 1);
                assert_true(span.size <= size - at);
                assert_memory_equal(span.data, want + at, span.size);
            }
            part = random_next(&seed) % (part + 1);
            assert_int_equal(ehlo_client_sent(client, part), 0);
        }
        assert_int_equal(ehlo_client_copy(client, out, sizeof out), 0);
    }
}

/* Commands: what was queued since is behind it, and what was copied can be answered. */
static void test_commands(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 PIPELINING\r\n");
    struct ehlo_mail mail = mail_from("a", "b");
    char out[100];

    (void)state;
    assert_int_equal(ehlo_client_copy(NULL, out, sizeof out), 0);
    assert_int_equal(ehlo_client_copy(client, NULL, sizeof out), 0);
    assert_int_equal(ehlo_client_copy(client, out, sizeof out), 0);
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    assert_int_equal(ehlo_client_copy(client, out, 5), 5);
    assert_int_equal(ehlo_client_sent(client, 6), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_sent(client, 4), 0);
    assert_int_equal(ehlo_client_sent(client, 2), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_reset(client), 0);
    check_copies(client, " FROM:<a@b>\r\nRSET\r\n", 19, 25);
    assert_int_equal(hear(client, "250 OK\r\n").answers, EHLO_EVENT_MAIL);
    assert_int_equal(hear(client, "250 OK\r\n").answers, EHLO_EVENT_COMMAND);
    check_copies(client, " FROM:<a@b>\r\nRSET\r\n", 19, 25);
    assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
    assert_int_equal(ehlo_client_copy(client, out, sizeof out), 0);
}

/* A buffer for nothing shows nothing. */
static void test_not_shown(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = start(&c);

    (void)state;
    hear(client, "220 x\r\n");
    assert_int_equal(ehlo_client_copy(client, (char[1]){0}, 0), 0);
    assert_int_equal(ehlo_client_sent(client, 1), EHLO_E_ARGUMENT);
    hear(client, "250 x\r\n");
    assert_over(client, EHLO_E_PROTOCOL);
}

/*
 * The whole message stands in a buffer of the program, which has sent all of it but `left` octets. Then the server
 * says something, or nothing and is lost.
 */
static void test_copied_is_not_sent(void **state)
{
    static const struct {
        size_t left;
        const char *reply; /* NULL: lost */
        uint32_t outcome;
        int error;
    } rows[] = {
        {6, "250 OK\r\n", EHLO_OUTCOME_TRANSIENT, EHLO_E_PROTOCOL},
        {1, "250 OK\r\n", EHLO_OUTCOME_TRANSIENT, EHLO_E_PROTOCOL},
        {6, "250-OK\r\n", EHLO_OUTCOME_TRANSIENT, EHLO_E_PROTOCOL},
        {6, NULL, EHLO_OUTCOME_TRANSIENT, EHLO_E_LOST},
        {1, NULL, EHLO_OUTCOME_TRANSIENT, EHLO_E_LOST},
        {0, NULL, EHLO_OUTCOME_UNKNOWN, EHLO_E_LOST},
        {1, "554 no\r\n", EHLO_OUTCOME_PERMANENT, EHLO_E_REFUSED},
        {0, "250 OK\r\n", EHLO_OUTCOME_DELIVERED, 0},
    };
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt;
    char out[100];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client = greet(&c, "250 PIPELINING\r\n");
        rcpt = rcpt_to("c", "d");
        assert_int_equal(ehlo_client_send(client, &mail, &rcpt, 1), 0);
        expect(client, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        hear(client, "250 OK\r\n250 OK\r\n354 go on\r\n");
        assert_int_equal(ehlo_client_body(client, "x", 1, 1), 0);
        assert_int_equal(ehlo_client_copy(client, out, sizeof out), 6);
        assert_memory_equal(out, "x\r\n.\r\n", 6);
        assert_int_equal(ehlo_client_sent(client, 6 - rows[i].left), 0);
        if (rows[i].reply == NULL)
            assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
        assert_int_equal(hear(client, rows[i].reply == NULL ? "" : rows[i].reply).type, EHLO_EVENT_RESULT);
        assert_int_equal(rcpt.outcome, rows[i].outcome);
        if (rows[i].error != 0)
            assert_over(client, rows[i].error);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message),      cmocka_unit_test(test_many_runs),
        cmocka_unit_test(test_commands),           cmocka_unit_test(test_not_shown),
        cmocka_unit_test(test_copied_is_not_sent),
    };

    return cmocka_run_group_tests_name("client copy", tests, NULL, NULL);
}
