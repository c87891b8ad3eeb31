/* SPDX-License-Identifier: ISC
 *
 * The client against the server, some thousands of times, each time in another way. `test_loop NUMBER` repeats one.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "loop.h"

enum {
    RUNS = 4000
};

static struct {
    uint32_t delivered, transient, permanent, unknown, lost, whole;
} seen;

static void count(const struct loop *loop)
{
    uint32_t k, i;

    seen.lost += loop->lost != 0;
    for (k = 0; k < loop->count; k++) {
        seen.whole += loop->messages[k].end / 100 == 2;
        for (i = 0; i < loop->messages[k].count; i++) {
            seen.delivered += loop->messages[k].outcome[i] == EHLO_OUTCOME_DELIVERED;
            seen.transient += loop->messages[k].outcome[i] == EHLO_OUTCOME_TRANSIENT;
            seen.permanent += loop->messages[k].outcome[i] == EHLO_OUTCOME_PERMANENT;
            seen.unknown += loop->messages[k].outcome[i] == EHLO_OUTCOME_UNKNOWN;
        }
    }
}

static void run(uint32_t number)
{
    static struct loop loop;
    struct dice dice = {NULL, 0, number * 2654435761u | 1};

    loop_run_number = number;
    for (loop_begin(&loop, &dice, 1); loop_goes_on(&loop);)
        loop_step(&loop);
    loop_finish(&loop, 0);
    count(&loop);
}

static void test_runs(void **state)
{
    uint32_t number;

    (void)state;
    for (number = 1; number <= RUNS; number++)
        run(number);
    print_message("%u messages taken; recipients: %u delivered, %u transient, %u permanent, %u unknown; %u lost\n",
                  (unsigned)seen.whole, (unsigned)seen.delivered, (unsigned)seen.transient, (unsigned)seen.permanent,
                  (unsigned)seen.unknown, (unsigned)seen.lost);
    /* the runs are worth nothing where each ends the same way */
    assert_true(seen.whole > RUNS / 2 && seen.delivered > RUNS && seen.transient > RUNS / 10);
    assert_true(seen.permanent > RUNS / 10 && seen.unknown > RUNS / 100 && seen.lost > RUNS / 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),
    };

    if (argc > 1) {
        run((uint32_t)strtoul(argv[1], NULL, 10));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
