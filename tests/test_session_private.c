/* SPDX-License-Identifier: ISC
 *
 * The private tools of the session: the order of commands, each verb in each state, and the output queue.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/command.h>
#include <string.h>

#include "../lib/session/queue.h"
#include "../lib/session/transaction.h"

/* A letter a state, in their order. */
static const char letters[] = "ASRBMFCK";

/*
 * Where each verb leads from AWAY, START, READY, BROKEN, MAIL, REFUSED, RCPT and CHUNK, accepted and refused; a dot
 * where it may not come (RFC 5321, section 4.1.4; what is no part of a transaction needs no EHLO, and leaves it alone).
 */
static const struct {
    uint32_t verb;
    const char *accepted;
    const char *refused;
} rows[] = {
    {EHLO_VERB_EHLO, ".RRRRRRR", ".SRBMFCK"},     {EHLO_VERB_HELO, ".RRRRRRR", ".SRBMFCK"},
    {EHLO_VERB_LHLO, ".RRRRRRR", ".SRBMFCK"},     {EHLO_VERB_MAIL, "..M.....", "..R....."},
    {EHLO_VERB_RCPT, "....CCC.", "....FFC."},     {EHLO_VERB_DATA, "......R.", "......C."},
    {EHLO_VERB_BDAT, "......KK", "......CK"},     {EHLO_VERB_BURL, "......KK", "......CK"},
    {EHLO_VERB_STARTTLS, "..S.....", "..R....."}, {EHLO_VERB_AUTH, "..R.....", "..R....."},
    {EHLO_VERB_ATRN, "..R.....", "..R....."},     {EHLO_VERB_XCLIENT, "..S.....", "..R....."},
    {EHLO_VERB_XFORWARD, "..R.....", "..R....."}, {EHLO_VERB_RSET, ".SRRRRRR", ".SRBMFCK"},
    {EHLO_VERB_QUIT, "ASRBMFCK", "ASRBMFCK"},     {EHLO_VERB_OTHER, ".SRBMFCK", ".SRBMFCK"},
};

static size_t row_of(uint32_t verb)
{
    size_t i = 0;

    while (rows[i].verb != verb && rows[i].verb != EHLO_VERB_OTHER)
        i++;
    return i;
}

static void test_order(void **state)
{
    uint32_t verb;
    uint8_t from;
    size_t i;

    (void)state;
    assert_int_equal(sizeof letters - 1, EHLO_STATE_COUNT);
    for (verb = 0; verb < 100; verb++) {
        i = row_of(verb);
        for (from = 0; from < EHLO_STATE_COUNT; from++) {
            assert_int_equal(ehlo_transaction_allows(from, verb), rows[i].accepted[from] != '.');
            if (rows[i].accepted[from] == '.')
                continue;
            assert_int_equal(letters[ehlo_transaction_next(from, verb, 1)], rows[i].accepted[from]);
            assert_int_equal(letters[ehlo_transaction_next(from, verb, 0)], rows[i].refused[from]);
        }
    }
}

static void test_open(void **state)
{
    uint32_t i;

    (void)state;
    for (i = 0; i < EHLO_STATE_COUNT; i++)
        assert_int_equal(ehlo_transaction_open(i), strchr("MFCK", letters[i]) != NULL);
}

/* The room comes back when all was taken, and no octet moves before. */
static void test_queue(void **state)
{
    struct ehlo_queue queue;
    uint32_t put, taken;

    (void)state;
    ehlo_queue_init(&queue, 100);
    assert_int_equal(ehlo_queue_room(&queue), 100);
    assert_int_equal(ehlo_queue_size(&queue), 0);
    for (put = 1; put <= 100; put++) {
        ehlo_queue_put(&queue, put);
        assert_int_equal(ehlo_queue_room(&queue), 100 - put);
        for (taken = 0; taken < put; taken++) {
            assert_int_equal(ehlo_queue_size(&queue), put - taken);
            assert_int_equal(queue.head, taken);
            assert_int_equal(ehlo_queue_room(&queue), 100 - put);
            ehlo_queue_take(&queue, 1);
        }
        assert_int_equal(ehlo_queue_room(&queue), 100);
        assert_int_equal(ehlo_queue_size(&queue), 0);
    }
    ehlo_queue_put(&queue, 60);
    ehlo_queue_take(&queue, 59);
    ehlo_queue_put(&queue, 40);
    ehlo_queue_take(&queue, 0);
    assert_int_equal(ehlo_queue_room(&queue), 0);
    assert_int_equal(ehlo_queue_size(&queue), 41);
    ehlo_queue_take(&queue, 41);
    assert_int_equal(ehlo_queue_room(&queue), 100);
}

/* What is held back neither shows nor goes, and what waits before it does both. */
static void test_queue_holds(void **state)
{
    struct ehlo_queue queue;

    (void)state;
    ehlo_queue_init(&queue, 100);
    assert_int_equal(ehlo_queue_is_held(&queue), 0);
    ehlo_queue_put(&queue, 10);
    ehlo_queue_hold(&queue);
    assert_int_equal(ehlo_queue_is_held(&queue), 1);
    assert_int_equal(ehlo_queue_size(&queue), 10);
    ehlo_queue_put(&queue, 20);
    assert_int_equal(ehlo_queue_size(&queue), 10);
    ehlo_queue_take(&queue, 10);
    assert_int_equal(ehlo_queue_size(&queue), 0);
    assert_int_equal(ehlo_queue_room(&queue), 70);
    ehlo_queue_release(&queue);
    assert_int_equal(ehlo_queue_is_held(&queue), 0);
    assert_int_equal(ehlo_queue_size(&queue), 20);
    ehlo_queue_take(&queue, 20);
    assert_int_equal(ehlo_queue_room(&queue), 100);
    /* nothing before it */
    ehlo_queue_hold(&queue);
    ehlo_queue_put(&queue, 100);
    assert_int_equal(ehlo_queue_size(&queue), 0);
    ehlo_queue_release(&queue);
    assert_int_equal(ehlo_queue_size(&queue), 100);
    ehlo_queue_init(&queue, 100);
    assert_int_equal(ehlo_queue_is_held(&queue), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_queue_holds),
    };

    return cmocka_run_group_tests_name("session, private", tests, NULL, NULL);
}
