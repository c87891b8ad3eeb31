/* SPDX-License-Identifier: ISC
 *
 * The writer under every formatter: counts first, writes what fits whole.
 */
#include "codec/writer.h"

#include <string.h>

#include "codec/ascii.h"

#define DIGITS 20 /* of UINT64_MAX */

void ehlo_writer_over(struct ehlo_writer *writer, char *out, size_t room)
{
    writer->next = out;
    writer->room = room;
    writer->length = 0;
}

void ehlo_writer_count(struct ehlo_writer *writer)
{
    ehlo_writer_over(writer, NULL, 0);
}

int ehlo_writer_room(struct ehlo_writer *writer, char *out, size_t capacity, size_t *length)
{
    if (out == NULL && capacity != 0)
        return EHLO_E_ARGUMENT;
    *length = writer->length;
    if (writer->length > capacity || writer->length == SIZE_MAX)
        return EHLO_E_SPACE;
    ehlo_writer_over(writer, out, writer->length);
    return 0;
}

void ehlo_put(struct ehlo_writer *writer, const char *data, size_t size)
{
    writer->length = size > SIZE_MAX - writer->length ? SIZE_MAX : writer->length + size;
    if (size > writer->room) {
        writer->room = 0;
        return;
    }
    if (size != 0) {
        memcpy(writer->next, data, size);
        writer->next += size;
        writer->room -= size;
    }
}

void ehlo_put_octet(struct ehlo_writer *writer, char octet)
{
    ehlo_put(writer, &octet, 1);
}

void ehlo_put_span(struct ehlo_writer *writer, struct ehlo_span span)
{
    ehlo_put(writer, span.data, span.size);
}

void ehlo_put_string(struct ehlo_writer *writer, const char *string)
{
    ehlo_put_span(writer, ehlo_span_of(string));
}

void ehlo_put_number(struct ehlo_writer *writer, uint64_t number, size_t width)
{
    char digits[DIGITS];
    size_t at = DIGITS;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (at > 0 && (number != 0 || DIGITS - at < width));
    ehlo_put(writer, digits + at, DIGITS - at);
}
