/* SPDX-License-Identifier: ISC
 *
 * The private tools of the client: what was asked and has no reply yet.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/command.h>
#include <ehlo/session.h>
#include <string.h>

#include "../lib/client/awaited.h"

static void add(struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    assert_int_equal(ehlo_awaited_room(awaited, answers, verb), 1);
    ehlo_awaited_add(awaited, answers, verb);
}

static void take(struct ehlo_awaited *awaited, uint32_t answers, uint32_t verb)
{
    const struct ehlo_asked *first = ehlo_awaited_first(awaited);

    assert_non_null(first);
    assert_int_equal(first->answers, answers);
    assert_int_equal(first->verb, verb);
    ehlo_awaited_take(awaited);
}

/* As many places as there are, round and round. */
static void test_places(void **state)
{
    struct ehlo_awaited awaited;
    uint32_t i, round;

    (void)state;
    memset(&awaited, 0, sizeof awaited);
    assert_null(ehlo_awaited_first(&awaited));
    assert_null(ehlo_awaited_last(&awaited));
    for (round = 0; round < 3 * EHLO_AWAITED_PLACES; round++) {
        for (i = 0; i < EHLO_AWAITED_PLACES; i++) {
            add(&awaited, i % 2 == 0 ? EHLO_EVENT_MAIL : EHLO_EVENT_COMMAND, i);
            assert_int_equal(ehlo_awaited_last(&awaited)->verb, i);
        }
        assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_COMMAND, EHLO_AWAITED_PLACES), 0);
        assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_RCPT), 0);
        assert_int_equal(awaited.total, EHLO_AWAITED_PLACES);
        for (i = 0; i < EHLO_AWAITED_PLACES; i++)
            take(&awaited, i % 2 == 0 ? EHLO_EVENT_MAIL : EHLO_EVENT_COMMAND, i);
        assert_int_equal(awaited.total, 0);
        assert_null(ehlo_awaited_first(&awaited));
        /* begin at another place the next time */
        add(&awaited, EHLO_EVENT_HELLO, EHLO_VERB_EHLO);
        take(&awaited, EHLO_EVENT_HELLO, EHLO_VERB_EHLO);
    }
}

/* The same in a row is one place, however often; the same of another verb is not the same. */
static void test_rows(void **state)
{
    struct ehlo_awaited awaited;
    uint32_t i;

    (void)state;
    memset(&awaited, 0, sizeof awaited);
    add(&awaited, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);
    for (i = 0; i < 2 * UINT16_MAX; i++)
        add(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_RCPT);
    assert_int_equal(awaited.used, 2);
    add(&awaited, EHLO_EVENT_DATA, EHLO_VERB_DATA);
    assert_int_equal(awaited.used, 3);
    assert_int_equal(awaited.total, 2 * UINT16_MAX + 2);
    take(&awaited, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);
    for (i = 0; i < 2 * UINT16_MAX; i++)
        take(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_RCPT);
    assert_int_equal(awaited.total, 1);
    take(&awaited, EHLO_EVENT_DATA, EHLO_VERB_DATA);
    assert_null(ehlo_awaited_last(&awaited));

    add(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
    add(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
    assert_int_equal(awaited.used, 1);
    add(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_NOOP);
    assert_int_equal(awaited.used, 2);
    take(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
    take(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET);
    take(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_NOOP);
}

/* A full row still takes RCPTs when the last place is theirs, and nothing else. */
static void test_row_at_the_end(void **state)
{
    struct ehlo_awaited awaited;
    uint32_t i;

    (void)state;
    memset(&awaited, 0, sizeof awaited);
    for (i = 1; i < EHLO_AWAITED_PLACES; i++)
        add(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET + i);
    add(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_RCPT);
    assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_RCPT), 1);
    assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_DATA, EHLO_VERB_DATA), 0);
    assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_RCPT, EHLO_VERB_OTHER), 0);
    take(&awaited, EHLO_EVENT_COMMAND, EHLO_VERB_RSET + 1);
    assert_int_equal(ehlo_awaited_room(&awaited, EHLO_EVENT_DATA, EHLO_VERB_DATA), 1);
}

/* Of many in a row one stays, and what is around them as it was. */
static void test_once(void **state)
{
    struct ehlo_awaited awaited;
    uint32_t i, round;

    (void)state;
    memset(&awaited, 0, sizeof awaited);
    for (round = 0; round < EHLO_AWAITED_PLACES + 1; round++) {
        add(&awaited, EHLO_EVENT_BODY, EHLO_VERB_BDAT);
        add(&awaited, EHLO_EVENT_BODY, EHLO_VERB_BDAT);
        ehlo_awaited_once(&awaited, EHLO_EVENT_END);
        assert_int_equal(awaited.total, 2);
        for (i = 0; i < 5; i++)
            add(&awaited, EHLO_EVENT_END, EHLO_VERB_BDAT);
        add(&awaited, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);
        ehlo_awaited_once(&awaited, EHLO_EVENT_END);
        assert_int_equal(awaited.total, 4);
        take(&awaited, EHLO_EVENT_BODY, EHLO_VERB_BDAT);
        take(&awaited, EHLO_EVENT_BODY, EHLO_VERB_BDAT);
        take(&awaited, EHLO_EVENT_END, EHLO_VERB_BDAT);
        take(&awaited, EHLO_EVENT_MAIL, EHLO_VERB_MAIL);
        assert_null(ehlo_awaited_first(&awaited));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_row_at_the_end),
        cmocka_unit_test(test_once),
    };

    return cmocka_run_group_tests_name("client, private", tests, NULL, NULL);
}
