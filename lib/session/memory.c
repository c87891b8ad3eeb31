/* SPDX-License-Identifier: ISC
 *
 * What memory for a session must be like.
 */
#include "session/memory.h"

#include <stddef.h>

/* The compiler puts the number where it may stand: on some machines that is less than its size. */
struct aligned {
    char octet;
    uint64_t number;
};

int ehlo_memory_aligned(const void *block)
{
    return (uintptr_t)block % offsetof(struct aligned, number) == 0;
}
