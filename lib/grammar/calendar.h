/* SPDX-License-Identifier: ISC
 *
 * The Gregorian calendar carried back to year 1, and date and time as RFC 3339 writes them.
 */
#ifndef EHLO_GRAMMAR_CALENDAR_H
#define EHLO_GRAMMAR_CALENDAR_H

#include "codec/writer.h"
#include "grammar/cursor.h"

enum {
    EHLO_DAY_SECONDS = 86400,
    EHLO_DAYS_TO_1970 = 719162 /* from the first of January of year 1 */
};

#define EHLO_TIME_MIN INT64_C(-62135596800) /* 0001-01-01 00:00:00, in seconds since 1970 */
#define EHLO_TIME_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 */

struct ehlo_date {
    uint32_t year;  /* 1 to 9999 */
    uint32_t month; /* 1 is January */
    uint32_t day;   /* 1 is the first */
};

uint32_t ehlo_month_length(uint32_t year, uint32_t month);

/* The date that is so many days behind the first of January of year 1, and the inverse. */
struct ehlo_date ehlo_date_of_days(uint32_t days);
uint32_t ehlo_days_of_date(const struct ehlo_date *date);

/* What a timestamp may have besides seconds and "Z"; flags. */
enum {
    EHLO_TIMESTAMP_FRACTION = 1, /* a fraction of a second, which is read and dropped */
    EHLO_TIMESTAMP_ZONE = 2      /* a zone other than UTC */
};

/* date-time (RFC 3339, section 5.6) of the years 1 to 9999; `*time` in seconds since 1970 UTC. EHLO_E_VALUE. */
int ehlo_timestamp_scan(struct ehlo_cursor *cursor, uint32_t may, int64_t *time);

/* 0 when this time can be put, else EHLO_E_VALUE. */
int ehlo_timestamp_check(int64_t time);

/* Puts a time that has been checked: in UTC, without a fraction. */
void ehlo_timestamp_put(struct ehlo_writer *writer, int64_t time);

#endif
