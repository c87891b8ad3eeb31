/* SPDX-License-Identifier: ISC
 *
 * Classes of octets and comparison without regard to case, in ASCII and in no locale; the length of names.
 */
#ifndef EHLO_CODEC_ASCII_H
#define EHLO_CODEC_ASCII_H

#include <ehlo/base.h>

static inline int ehlo_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline int ehlo_is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static inline int ehlo_is_alnum(char c)
{
    return ehlo_is_alpha(c) || ehlo_is_digit(c);
}

/* Either case, as in IPv6 addresses. */
static inline int ehlo_is_hexdigit(char c)
{
    return ehlo_is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* Of an octet as a cursor peeks it: 0 to 255, or -1 at the end. */
static inline int ehlo_is_blank(int octet)
{
    return octet == ' ' || octet == '\t';
}

static inline char ehlo_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* 1 when this is the length of a name that NULs pad, in an array of more octets than that; 0 is the length of none. */
static inline int ehlo_is_length(const char *name, size_t size)
{
    return size > 0 && name[size - 1] != '\0' && name[size] == '\0';
}

/* A string that ends with a NUL, without the NUL. */
struct ehlo_span ehlo_span_of(const char *string);

/* 1 when the span is this word, ASCII letters compared without regard to case; else 0. */
int ehlo_span_is(struct ehlo_span span, const char *word, size_t size);

#endif
