/* SPDX-License-Identifier: ISC
 *
 * Memory for those who have a heap: the only file that knows malloc.
 */
#include <stdlib.h>

#include "session/memory.h"

void *ehlo_memory_get(const struct ehlo_allocator *allocator, size_t size)
{
    return allocator != NULL ? allocator->get(allocator->user, size) : malloc(size);
}

void ehlo_memory_put(const struct ehlo_allocator *allocator, void *memory, size_t size)
{
    if (allocator != NULL)
        allocator->put(allocator->user, memory, size);
    else
        free(memory);
}
