/* SPDX-License-Identifier: ISC
 *
 * Memory for the facades' conveniences _new and _free.
 */
#ifndef EHLO_SESSION_MEMORY_H
#define EHLO_SESSION_MEMORY_H

#include <ehlo/session.h>

/* Memory from `allocator`, or from malloc when that is NULL. NULL when there is none. */
void *ehlo_memory_get(const struct ehlo_allocator *allocator, size_t size);

/* Gives it back. */
void ehlo_memory_put(const struct ehlo_allocator *allocator, void *memory, size_t size);

#endif
