/* SPDX-License-Identifier: ISC
 *
 * Spans of C strings, for tables. Include it behind cmocka.h.
 */
#ifndef TESTS_SPAN_H
#define TESTS_SPAN_H

#include <ehlo/base.h>
#include <string.h>

/* NULL is the span that is absent. */
static inline struct ehlo_span span(const char *text)
{
    struct ehlo_span made = {NULL, 0};

    if (text != NULL) {
        made.data = text;
        made.size = strlen(text);
    }
    return made;
}

static inline void assert_span(struct ehlo_span span, const char *text)
{
    if (text == NULL)
        assert_null(span.data);
    assert_int_equal(span.size, text == NULL ? 0 : strlen(text));
    if (span.size > 0)
        assert_memory_equal(span.data, text, span.size);
}

#endif
