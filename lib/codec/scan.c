/* SPDX-License-Identifier: ISC
 *
 * The search for line ends, eight octets at a time, in C that any machine runs.
 */
#include "codec/scan.h"

#define WORD 8 /* octets */
#define STRIDE (4 * WORD)
#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/*
 * The first octet goes lowest on every machine, so that "before" is "below" from here on. Compilers know this shape and
 * make one load of it.
 */
static inline uint64_t load(const unsigned char *in)
{
    return (uint64_t)in[0] | (uint64_t)in[1] << 8 | (uint64_t)in[2] << 16 | (uint64_t)in[3] << 24 |
           (uint64_t)in[4] << 32 | (uint64_t)in[5] << 40 | (uint64_t)in[6] << 48 | (uint64_t)in[7] << 56;
}

/* Has no high bit when all octets are from 32 to 127: what most mail is made of, and nothing to note or to find. */
static inline uint64_t remarkable(uint64_t word)
{
    return (word - ONES * 32) | word;
}

/*
 * The high bit of each octet of `word` that is 0. Octets above the lowest such one may be marked falsely, by the borrow
 * of the subtraction; the lowest mark is always true.
 */
static inline uint64_t zeros(uint64_t word)
{
    return (word - ONES) & ~word & HIGHS;
}

static inline uint64_t newlines(uint64_t word)
{
    return zeros(word ^ ONES * '\r') | zeros(word ^ ONES * '\n');
}

/* All bits below the lowest mark; all bits when there is none. */
static inline uint64_t bits_below(uint64_t marks)
{
    return (marks & (~marks + 1)) - 1;
}

/* How many whole octets that is, when there is a mark: the lowest bit of each counts, that of the marked one too. */
static inline size_t octets_below(uint64_t marks)
{
    return (size_t)(((bits_below(marks) & ONES) * ONES >> 56) - 1);
}

static inline uint32_t facts_of(uint64_t word, uint64_t below)
{
    return ((word & HIGHS & below) != 0 ? (uint32_t)EHLO_FACT_8BIT : 0) |
           ((zeros(word) & below) != 0 ? (uint32_t)EHLO_FACT_NUL : 0);
}

size_t ehlo_scan(const char *in, size_t size, uint32_t *facts)
{
    const unsigned char *octets = (const unsigned char *)in;
    uint64_t word, marks;
    size_t at = 0;

    while (size - at >= STRIDE &&
           ((remarkable(load(octets + at)) | remarkable(load(octets + at + WORD)) |
             remarkable(load(octets + at + 2 * WORD)) | remarkable(load(octets + at + 3 * WORD))) &
            HIGHS) == 0)
        at += STRIDE;
    for (; size - at >= WORD; at += WORD) {
        word = load(octets + at);
        if ((remarkable(word) & HIGHS) == 0)
            continue;
        marks = newlines(word);
        *facts |= facts_of(word, bits_below(marks));
        if (marks != 0)
            return at + octets_below(marks);
    }
    for (; at < size && octets[at] != '\r' && octets[at] != '\n'; at++) {
        if (octets[at] > 127)
            *facts |= EHLO_FACT_8BIT;
        if (octets[at] == 0)
            *facts |= EHLO_FACT_NUL;
    }
    return at;
}
