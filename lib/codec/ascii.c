/* SPDX-License-Identifier: ISC
 *
 * Strings as spans, and comparison without regard to ASCII case.
 */
#include "codec/ascii.h"

struct ehlo_span ehlo_span_of(const char *string)
{
    struct ehlo_span span;

    span.data = string;
    for (span.size = 0; string[span.size] != '\0'; span.size++)
        ;
    return span;
}

int ehlo_span_is(struct ehlo_span span, const char *word, size_t size)
{
    size_t i;

    if (span.size != size)
        return 0;
    for (i = 0; i < size; i++)
        if (ehlo_lower(span.data[i]) != ehlo_lower(word[i]))
            return 0;
    return 1;
}
