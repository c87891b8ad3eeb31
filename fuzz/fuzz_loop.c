/* SPDX-License-Identifier: ISC
 *
 * The client against the server: whatever happens between them, the client knows what the server decided.
 *
 * The input is what is rolled, an octet or two a roll: first both configurations and the messages, then each step.
 */
#include "../tests/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loop loop;
    struct dice dice = {data, size, 1};

    if (size > 4096)
        return 0;
    for (loop_begin(&loop, &dice, 1); loop_goes_on(&loop);)
        loop_step(&loop);
    loop_finish(&loop, 0);
    return 0;
}
