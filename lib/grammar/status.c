/* SPDX-License-Identifier: ISC
 *
 * Enhanced status codes (RFC 3463, section 2).
 */
#include <ehlo/reply.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define NUMBER_MAX 999 /* subject and detail have three digits at the most */

/* 1*3DIGIT without leading zeros. */
static int take_number(struct ehlo_cursor *cursor, uint16_t *number)
{
    size_t start = cursor->at;
    unsigned value = 0;

    if (ehlo_cursor_take(cursor, '0')) {
        *number = 0;
        return 0;
    }
    while (cursor->at - start < 3 && ehlo_is_digit((char)ehlo_cursor_peek(cursor)))
        value = value * 10 + (unsigned)(cursor->in[cursor->at++] - '0');
    *number = (uint16_t)value;
    return cursor->at > start ? 0 : EHLO_E_STATUS;
}

static int take_status(struct ehlo_cursor *cursor, uint16_t *status)
{
    int octet = ehlo_cursor_peek(cursor);

    if (octet != '2' && octet != '4' && octet != '5')
        return EHLO_E_STATUS;
    cursor->at++;
    status[0] = (uint16_t)(octet - '0');
    if (!ehlo_cursor_take(cursor, '.') || take_number(cursor, &status[1]) != 0 || !ehlo_cursor_take(cursor, '.') ||
        take_number(cursor, &status[2]) != 0)
        return EHLO_E_STATUS;
    octet = ehlo_cursor_peek(cursor);
    return octet < 0 || ehlo_is_blank(octet) ? 0 : EHLO_E_STATUS;
}

int ehlo_status_parse(uint16_t status[3], const char *in, size_t size, size_t *used)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, 0);
    int error = take_status(&cursor, status);

    if (error != 0)
        memset(status, 0, 3 * sizeof *status);
    *used = cursor.at;
    return error;
}

void ehlo_status_put(struct ehlo_writer *writer, const uint16_t status[3])
{
    size_t i;

    for (i = 0; i < 3; i++) {
        if (i > 0)
            ehlo_put_octet(writer, '.');
        ehlo_put_number(writer, status[i], 0);
    }
}

int ehlo_status_format(char *out, size_t capacity, size_t *length, const uint16_t status[3])
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((status[0] != 2 && status[0] != 4 && status[0] != 5) || status[1] > NUMBER_MAX || status[2] > NUMBER_MAX)
        return EHLO_E_STATUS;
    ehlo_writer_count(&writer);
    ehlo_status_put(&writer, status);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        ehlo_status_put(&writer, status);
    return error;
}
