/* SPDX-License-Identifier: ISC
 *
 * Date and time in one word (RFC 3339, section 5.6).
 */
#include "codec/ascii.h"
#include "grammar/calendar.h"

/* A number of so many digits. One out of its range is refused where it begins. */
static int take_number(struct ehlo_cursor *cursor, int digits, uint32_t min, uint32_t max, uint32_t *number)
{
    const size_t start = cursor->at;
    int octet;

    for (*number = 0; digits > 0; digits--) {
        octet = ehlo_cursor_peek(cursor);
        if (!ehlo_is_digit((char)octet))
            return EHLO_E_VALUE;
        *number = *number * 10 + (uint32_t)(octet - '0');
        cursor->at++;
    }
    if (*number >= min && *number <= max)
        return 0;
    cursor->at = start;
    return EHLO_E_VALUE;
}

static int take(struct ehlo_cursor *cursor, char octet)
{
    return ehlo_cursor_take(cursor, octet) ? 0 : EHLO_E_VALUE;
}

static int take_date(struct ehlo_cursor *cursor, struct ehlo_date *date)
{
    int error;

    if ((error = take_number(cursor, 4, 1, 9999, &date->year)) != 0 || (error = take(cursor, '-')) != 0 ||
        (error = take_number(cursor, 2, 1, 12, &date->month)) != 0 || (error = take(cursor, '-')) != 0)
        return error;
    return take_number(cursor, 2, 1, ehlo_month_length(date->year, date->month), &date->day);
}

/* Up to the seconds, 60 among them, which begin at `*second_at`. */
static int take_time(struct ehlo_cursor *cursor, uint32_t *seconds, size_t *second_at)
{
    uint32_t hour, minute, second;
    int error;

    if ((error = take_number(cursor, 2, 0, 23, &hour)) != 0 || (error = take(cursor, ':')) != 0 ||
        (error = take_number(cursor, 2, 0, 59, &minute)) != 0 || (error = take(cursor, ':')) != 0)
        return error;
    *second_at = cursor->at;
    if ((error = take_number(cursor, 2, 0, 60, &second)) != 0)
        return error;
    *seconds = (hour * 60 + minute) * 60 + second;
    return 0;
}

static int take_fraction(struct ehlo_cursor *cursor)
{
    if (!ehlo_is_digit((char)ehlo_cursor_peek(cursor)))
        return EHLO_E_VALUE;
    while (ehlo_is_digit((char)ehlo_cursor_peek(cursor)))
        cursor->at++;
    return 0;
}

/* `*offset` is the seconds that local time is ahead of UTC. */
static int take_zone(struct ehlo_cursor *cursor, uint32_t may, int32_t *offset)
{
    const size_t start = cursor->at;
    const int octet = ehlo_cursor_peek(cursor);
    uint32_t hour, minute;
    int error;

    *offset = 0;
    if (ehlo_cursor_take(cursor, 'Z') || ehlo_cursor_take(cursor, 'z'))
        return 0;
    if (!ehlo_cursor_take(cursor, '-') && (error = take(cursor, '+')) != 0)
        return error;
    if ((error = take_number(cursor, 2, 0, 23, &hour)) != 0 || (error = take(cursor, ':')) != 0 ||
        (error = take_number(cursor, 2, 0, 59, &minute)) != 0)
        return error;
    *offset = (int32_t)((hour * 60 + minute) * 60);
    if (octet == '-')
        *offset = -*offset;
    if (*offset == 0 || (may & EHLO_TIMESTAMP_ZONE))
        return 0;
    cursor->at = start;
    return EHLO_E_VALUE;
}

/* A leap second ends a month, and so it is the first second of the next one too (RFC 3339, section 5.7). */
static int begins_month(int64_t time)
{
    const int64_t days = time / EHLO_DAY_SECONDS + EHLO_DAYS_TO_1970;

    return time % EHLO_DAY_SECONDS == 0 && ehlo_date_of_days((uint32_t)days).day == 1;
}

int ehlo_timestamp_scan(struct ehlo_cursor *cursor, uint32_t may, int64_t *time)
{
    struct ehlo_date date;
    uint32_t seconds;
    int32_t offset;
    size_t second_at;
    int error;

    if ((error = take_date(cursor, &date)) != 0)
        return error;
    if (!ehlo_cursor_take(cursor, 't') && (error = take(cursor, 'T')) != 0)
        return error;
    if ((error = take_time(cursor, &seconds, &second_at)) != 0)
        return error;
    if ((may & EHLO_TIMESTAMP_FRACTION) && ehlo_cursor_take(cursor, '.') && (error = take_fraction(cursor)) != 0)
        return error;
    if ((error = take_zone(cursor, may, &offset)) != 0)
        return error;
    *time = ((int64_t)ehlo_days_of_date(&date) - EHLO_DAYS_TO_1970) * EHLO_DAY_SECONDS + (int64_t)seconds - offset;
    if (cursor->in[second_at] == '6' && !begins_month(*time)) {
        cursor->at = second_at;
        return EHLO_E_VALUE;
    }
    return 0;
}

int ehlo_timestamp_check(int64_t time)
{
    return time < EHLO_TIME_MIN || time > EHLO_TIME_MAX ? EHLO_E_VALUE : 0;
}

void ehlo_timestamp_put(struct ehlo_writer *writer, int64_t time)
{
    const uint64_t since = (uint64_t)(time - EHLO_TIME_MIN);
    const uint32_t seconds = (uint32_t)(since % EHLO_DAY_SECONDS);
    const struct ehlo_date date = ehlo_date_of_days((uint32_t)(since / EHLO_DAY_SECONDS));

    ehlo_put_number(writer, date.year, 4);
    ehlo_put_octet(writer, '-');
    ehlo_put_number(writer, date.month, 2);
    ehlo_put_octet(writer, '-');
    ehlo_put_number(writer, date.day, 2);
    ehlo_put_octet(writer, 'T');
    ehlo_put_number(writer, seconds / 3600, 2);
    ehlo_put_octet(writer, ':');
    ehlo_put_number(writer, seconds / 60 % 60, 2);
    ehlo_put_octet(writer, ':');
    ehlo_put_number(writer, seconds % 60, 2);
    ehlo_put_octet(writer, 'Z');
}
