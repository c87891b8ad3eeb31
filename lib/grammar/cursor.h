/* SPDX-License-Identifier: ISC
 *
 * The cursor that every scanner of the grammar moves along its input: one input, so that one offset tells all.
 *
 * A scanner is `int ehlo_X_scan(struct ehlo_cursor *cursor, ...)`. It takes an X that begins at the cursor, as long a
 * one as it can, and returns 0 with the cursor behind it; or it returns an error with the cursor on the octet that
 * cannot stand there, which may be the end.
 */
#ifndef EHLO_GRAMMAR_CURSOR_H
#define EHLO_GRAMMAR_CURSOR_H

#include <ehlo/address.h>
#include <ehlo/base.h>

#include "codec/ascii.h"

/* A rule of this room alone beside those of <ehlo/address.h>: no number of an IPv4 address begins with a needless 0. */
#define EHLO_CURSOR_NO_LEADING_ZERO (1u << 31)

struct ehlo_cursor {
    const char *in;
    size_t size;
    size_t at;
    uint32_t rules; /* EHLO_UTF8 and EHLO_ALLOW_ flags */
    uint32_t kind;  /* EHLO_PATH_ flags of what has been taken */
};

static inline struct ehlo_cursor ehlo_cursor_on(const char *in, size_t size, uint32_t rules)
{
    struct ehlo_cursor cursor = {in, size, 0, rules, 0};

    return cursor;
}

static inline struct ehlo_cursor ehlo_cursor_on_span(struct ehlo_span span, uint32_t rules)
{
    return ehlo_cursor_on(span.data, span.size, rules);
}

/* The next octet, 0 to 255, or -1 at the end. */
static inline int ehlo_cursor_peek(const struct ehlo_cursor *cursor)
{
    return cursor->at < cursor->size ? (unsigned char)cursor->in[cursor->at] : -1;
}

/* Takes this octet if it is the next one: 1, else 0. */
static inline int ehlo_cursor_take(struct ehlo_cursor *cursor, char octet)
{
    if (cursor->at == cursor->size || cursor->in[cursor->at] != octet)
        return 0;
    cursor->at++;
    return 1;
}

static inline void ehlo_cursor_skip_blanks(struct ehlo_cursor *cursor)
{
    while (ehlo_is_blank(ehlo_cursor_peek(cursor)))
        cursor->at++;
}

/* From `from` up to the cursor; data is NULL when that is nothing. */
static inline struct ehlo_span ehlo_cursor_span(const struct ehlo_cursor *cursor, size_t from)
{
    struct ehlo_span span = {NULL, 0};

    if (cursor->at > from) {
        span.data = cursor->in + from;
        span.size = cursor->at - from;
    }
    return span;
}

/* The error for the octet at the cursor: an octet over 127 is named as one wherever it is wrong. */
static inline int ehlo_cursor_refuse(const struct ehlo_cursor *cursor, int error)
{
    return ehlo_cursor_peek(cursor) > 127 ? EHLO_E_UTF8 : error;
}

/* 0 at the end of the input, else the error for what still stands there. */
static inline int ehlo_cursor_finish(const struct ehlo_cursor *cursor, int error)
{
    return cursor->at == cursor->size ? 0 : ehlo_cursor_refuse(cursor, error);
}

/*
 * Bounds what was taken since `from`: when it is more than `max` octets the cursor goes back to the first one too many
 * and `error` is returned, else `result` as it was. So the earliest fault is the one that is told.
 */
static inline int ehlo_cursor_bound(struct ehlo_cursor *cursor, size_t from, size_t max, int result, int error)
{
    if (cursor->at - from <= max)
        return result;
    cursor->at = from + max;
    return error;
}

#endif
