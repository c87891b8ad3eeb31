/* SPDX-License-Identifier: ISC
 *
 * What the targets of the grammar demand of every parser: spans that lie in the input, and the same again.
 */
#ifndef FUZZ_REQUIRE_H
#define FUZZ_REQUIRE_H

#include <ehlo/base.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(int holds)
{
    if (!holds)
        abort();
}

static inline void inside(struct ehlo_span span, const char *in, size_t size)
{
    if (span.data == NULL)
        require(span.size == 0);
    else
        require(span.data >= in && span.data + span.size <= in + size);
}

static inline int same(struct ehlo_span a, struct ehlo_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
