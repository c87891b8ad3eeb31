/* SPDX-License-Identifier: ISC
 *
 * Dates as RFC 5322 writes them, in the Gregorian calendar carried back to year 1.
 */
#include <ehlo/trace.h>

#include "grammar/calendar.h"
#include "trace/date.h"

#define ZONE_MAX 1439 /* a minute less than a day */

static const char day_names[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int ehlo_date_check(int64_t time, int32_t zone)
{
    if (zone < -ZONE_MAX || zone > ZONE_MAX || time < EHLO_TIME_MIN || time > EHLO_TIME_MAX)
        return EHLO_E_ARGUMENT;
    time += (int64_t)zone * 60;
    return time < EHLO_TIME_MIN || time > EHLO_TIME_MAX ? EHLO_E_ARGUMENT : 0;
}

void ehlo_date_put(struct ehlo_writer *writer, int64_t time, int32_t zone)
{
    const uint64_t local = (uint64_t)(time + (int64_t)zone * 60 - EHLO_TIME_MIN);
    const uint32_t days = (uint32_t)(local / EHLO_DAY_SECONDS);
    const uint32_t seconds = (uint32_t)(local % EHLO_DAY_SECONDS);
    const uint32_t offset = (uint32_t)(zone < 0 ? -zone : zone);
    const struct ehlo_date date = ehlo_date_of_days(days);

    ehlo_put_string(writer, day_names[days % 7]); /* year 1 began on a Monday */
    ehlo_put_string(writer, ", ");
    ehlo_put_number(writer, date.day, 0);
    ehlo_put_octet(writer, ' ');
    ehlo_put_string(writer, month_names[date.month - 1]);
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
