/* SPDX-License-Identifier: ISC
 *
 * All strings over {CR, LF, dot, x, NUL} up to a length, random strings, and their place before an unreadable page.
 */
#ifndef TESTS_EVERY_STRING_H
#define TESTS_EVERY_STRING_H

#include "flush.h"

#include <stdint.h>

#define EVERY_LETTERS 5
#define EVERY_MAX 8

/* How many strings of `length` there are. */
static inline uint32_t every_count(size_t length)
{
    uint32_t count = 1;

    while (length-- > 0)
        count *= EVERY_LETTERS;
    return count;
}

/* Writes the string with this number. */
static inline void every_write(char *out, size_t length, uint32_t number)
{
    size_t i;

    for (i = 0; i < length; i++, number /= EVERY_LETTERS)
        out[i] = "\r\n.x"[number % EVERY_LETTERS];
}

/* A small generator of random numbers (xorshift), the same on every machine. */
static inline uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Fills `out` with runs of text, line ends of every kind, dots and a few odd octets. */
static inline void random_write(char *out, size_t size, uint32_t *state)
{
    static const char odd[] = "\r\n\r\n\r\n...\r\n.\r.\n\0\001\200\215\212\377\013\f\016\t";
    uint32_t run = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        if (run == 0 && random_next(state) % 4 == 0)
            run = random_next(state) % 30;
        out[i] = run > 0 ? 'x' : odd[random_next(state) % (sizeof odd - 1)];
        run -= run > 0;
    }
}

/* Puts `size` octets flush against the end of a flush_copy that has `room`. Returns where they begin. */
static inline char *flush_put(char *area, size_t room, const char *data, size_t size)
{
    return size > 0 ? (char *)memcpy(area + room - size, data, size) : area + room;
}

#endif
