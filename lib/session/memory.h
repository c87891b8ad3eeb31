/* SPDX-License-Identifier: ISC
 *
 * Memory for sessions: the caller's, and that of the facades' conveniences _new and _free.
 */
#ifndef EHLO_SESSION_MEMORY_H
#define EHLO_SESSION_MEMORY_H

#include <ehlo/session.h>

/* 1 when `block` is aligned as a uint64_t, as memory for a session must be, else 0. */
int ehlo_memory_aligned(const void *block);

/* Memory from `allocator`, or from malloc when that is NULL. NULL when there is none. */
void *ehlo_memory_get(const struct ehlo_allocator *allocator, size_t size);

/* Gives it back. */
void ehlo_memory_put(const struct ehlo_allocator *allocator, void *memory, size_t size);

#endif
