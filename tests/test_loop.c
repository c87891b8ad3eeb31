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
    uint32_t delivered, transient, permanent, unknown, lost, whole, resumed, chunked, lmtp, secured;
} seen;

static void count(const struct loop *loop)
{
    uint32_t k, i;
    uint32_t whole;

    seen.lost += loop->lost != 0;
    seen.secured += loop->secured;
    for (k = 0; k < loop->count; k++) {
        whole = 0;
        seen.resumed += loop->messages[k].resumed > 0;
        seen.chunked += loop->messages[k].sent && loop_is_chunked(loop, &loop->messages[k]);
        for (i = 0; i < loop->messages[k].count; i++) {
            whole |= loop->messages[k].end[i] / 100 == 2;
            seen.delivered += loop->messages[k].outcome[i] == EHLO_OUTCOME_DELIVERED;
            seen.transient += loop->messages[k].outcome[i] == EHLO_OUTCOME_TRANSIENT;
            seen.permanent += loop->messages[k].outcome[i] == EHLO_OUTCOME_PERMANENT;
            seen.unknown += loop->messages[k].outcome[i] == EHLO_OUTCOME_UNKNOWN;
        }
        seen.whole += whole != 0;
        seen.lmtp += whole && loop_is_lmtp(loop);
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
    print_message("%u resumed, %u in chunks, %u in LMTP, %u TLS\n", (unsigned)seen.resumed, (unsigned)seen.chunked,
                  (unsigned)seen.lmtp, (unsigned)seen.secured);
    print_message("%u messages taken; recipients: %u delivered, %u transient, %u permanent, %u unknown; %u lost\n",
                  (unsigned)seen.whole, (unsigned)seen.delivered, (unsigned)seen.transient, (unsigned)seen.permanent,
                  (unsigned)seen.unknown, (unsigned)seen.lost);
    /* the runs are worth nothing where each ends the same way */
    assert_true(seen.whole > RUNS / 2 && seen.delivered > RUNS && seen.transient > RUNS / 10);
    assert_true(seen.permanent > RUNS / 10 && seen.unknown > RUNS / 100 && seen.lost > RUNS / 10);
    assert_true(seen.resumed > RUNS / 200 && seen.chunked > RUNS / 4 && seen.lmtp > RUNS / 10 &&
                seen.secured > RUNS / 20);
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
