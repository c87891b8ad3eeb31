/* SPDX-License-Identifier: ISC
 *
 * Dates as RFC 5322 writes them, in the Gregorian calendar carried back to year 1.
 */
#include <ehlo/trace.h>

#include "trace/date.h"

#define DAY 86400
#define TIME_MIN INT64_C(-62135596800) /* 0001-01-01 00:00:00 */
#define TIME_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 */
#define ZONE_MAX 1439                  /* a minute less than a day */

static const char day_names[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
    uint32_t year;
    uint32_t month; /* 0 is January */
    uint32_t day;   /* 1 is the first */
};

static int is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_length(uint32_t year, uint32_t month)
{
    static const uint8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return lengths[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

/* `days` are counted from the first of January of year 1. */
static struct date date_of(uint32_t days)
{
    struct date date = {1, 0, 0};
    uint32_t n;

    date.year += days / 146097 * 400; /* 400 years of the calendar repeat exactly */
    days %= 146097;
    n = days / 36524 < 3 ? days / 36524 : 3; /* the fourth century is a day longer */
    date.year += n * 100;
    days -= n * 36524;
    date.year += days / 1461 * 4;
    days %= 1461;
    n = days / 365 < 3 ? days / 365 : 3; /* the fourth year too */
    date.year += n;
    days -= n * 365;
    while (days >= month_length(date.year, date.month))
        days -= month_length(date.year, date.month++);
    date.day = days + 1;
    return date;
}

int ehlo_date_check(int64_t time, int32_t zone)
{
    if (zone < -ZONE_MAX || zone > ZONE_MAX || time < TIME_MIN || time > TIME_MAX)
        return EHLO_E_ARGUMENT;
    time += (int64_t)zone * 60;
    return time < TIME_MIN || time > TIME_MAX ? EHLO_E_ARGUMENT : 0;
}

void ehlo_date_put(struct ehlo_writer *writer, int64_t time, int32_t zone)
{
    const uint64_t local = (uint64_t)(time + (int64_t)zone * 60 - TIME_MIN);
    const uint32_t days = (uint32_t)(local / DAY), seconds = (uint32_t)(local % DAY);
    const uint32_t offset = (uint32_t)(zone < 0 ? -zone : zone);
    const struct date date = date_of(days);

    ehlo_put_string(writer, day_names[days % 7]); /* year 1 began on a Monday */
    ehlo_put_string(writer, ", ");
    ehlo_put_number(writer, date.day, 0);
    ehlo_put_octet(writer, ' ');
    ehlo_put_string(writer, month_names[date.month]);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, date.year, 4);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, seconds / 3600, 2);
    ehlo_put_octet(writer, ':');
    ehlo_put_number(writer, seconds / 60 % 60, 2);
    ehlo_put_octet(writer, ':');
    ehlo_put_number(writer, seconds % 60, 2);
    ehlo_put_octet(writer, ' ');
    ehlo_put_octet(writer, zone < 0 ? '-' : '+');
    ehlo_put_number(writer, offset / 60, 2);
    ehlo_put_number(writer, offset % 60, 2);
}

int ehlo_date_format(char *out, size_t capacity, size_t *length, int64_t time, int32_t zone)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = ehlo_date_check(time, zone)) != 0)
        return error;
    ehlo_writer_count(&writer);
    ehlo_date_put(&writer, time, zone);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        ehlo_date_put(&writer, time, zone);
    return error;
}
