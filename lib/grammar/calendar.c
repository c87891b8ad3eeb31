/* SPDX-License-Identifier: ISC
 *
 * Days and dates in the Gregorian calendar.
 */
#include "grammar/calendar.h"

static uint32_t is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

uint32_t ehlo_month_length(uint32_t year, uint32_t month)
{
    static const uint8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return lengths[month - 1] + (month == 2 ? is_leap(year) : 0);
}

struct ehlo_date ehlo_date_of_days(uint32_t days)
{
    struct ehlo_date date = {1, 1, 0};
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
    while (days >= ehlo_month_length(date.year, date.month))
        days -= ehlo_month_length(date.year, date.month++);
    date.day = days + 1;
    return date;
}

uint32_t ehlo_days_of_date(const struct ehlo_date *date)
{
    const uint32_t years = date->year - 1;
    uint32_t days = years * 365 + years / 4 - years / 100 + years / 400, month;

    for (month = 1; month < date->month; month++)
        days += ehlo_month_length(date->year, month);
    return days + date->day - 1;
}
