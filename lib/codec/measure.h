/* SPDX-License-Identifier: ISC
 *
 * What is measured of a message as it comes in, whichever way it is carried.
 */
#ifndef EHLO_CODEC_MEASURE_H
#define EHLO_CODEC_MEASURE_H

#include <ehlo/codec.h>

/* Saturates, as a line may be longer than a uint32_t counts. */
static inline uint32_t ehlo_measure_add(uint32_t length, size_t octets)
{
    return octets > UINT32_MAX - length ? UINT32_MAX : length + (uint32_t)octets;
}

/* More octets of the present line. */
static inline void ehlo_measure(struct ehlo_unstuff *unstuff, size_t octets)
{
    unstuff->line = ehlo_measure_add(unstuff->line, octets);
    if (unstuff->line > unstuff->longest)
        unstuff->longest = unstuff->line;
}

/* The last octets of the present line. */
static inline void ehlo_measure_line(struct ehlo_unstuff *unstuff, size_t octets)
{
    ehlo_measure(unstuff, octets);
    unstuff->line = 0;
}

/* A bare newline that stands there. */
static inline void ehlo_measure_bare(struct ehlo_unstuff *unstuff, uint64_t where)
{
    if ((unstuff->facts & EHLO_FACT_BARE_NEWLINE) == 0)
        unstuff->bare_at = where;
    unstuff->facts |= EHLO_FACT_BARE_NEWLINE;
}

#endif
