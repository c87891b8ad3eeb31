/* SPDX-License-Identifier: ISC
 *
 * The lines of an EHLO response (RFC 5321, section 4.1.1.1).
 */
#include <ehlo/extension.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

static int is_argument(int octet)
{
    return octet > 32 && octet < 127;
}

/* Servers part words by what they like, and leave blanks at the end: all that is taken. */
static int take_capability(struct ehlo_cursor *cursor, struct ehlo_capability *capability)
{
    size_t start = cursor->at, end;
    int octet, error;

    if ((error = ehlo_keyword_scan(cursor)) != 0)
        return error;
    capability->keyword = ehlo_cursor_span(cursor, start);
    capability->extension = ehlo_extension_find(capability->keyword.data, capability->keyword.size);
    octet = ehlo_cursor_peek(cursor);
    if (octet >= 0 && !ehlo_is_blank(octet) &&
        !(capability->extension == EHLO_EXTENSION_AUTH && ehlo_cursor_take(cursor, '=')))
        return EHLO_E_KEYWORD;
    ehlo_cursor_skip_blanks(cursor);
    start = end = cursor->at;
    while (is_argument(octet = ehlo_cursor_peek(cursor)) || ehlo_is_blank(octet)) {
        cursor->at++;
        if (!ehlo_is_blank(octet))
            end = cursor->at;
    }
    if (octet >= 0)
        return EHLO_E_CHARACTER;
    cursor->at = end;
    capability->argument = ehlo_cursor_span(cursor, start);
    return 0;
}

int ehlo_capability_parse(struct ehlo_capability *capability, const char *in, size_t size, size_t *at)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, 0);
    int error;

    memset(capability, 0, sizeof *capability);
    error = take_capability(&cursor, capability);
    if (error != 0) {
        memset(capability, 0, sizeof *capability);
        capability->extension = EHLO_EXTENSION_OTHER;
    }
    *at = error != 0 ? cursor.at : size;
    return error;
}

int ehlo_capability_word(struct ehlo_span *argument, struct ehlo_span *word)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(*argument, 0);
    size_t start;
    int octet;

    ehlo_cursor_skip_blanks(&cursor);
    start = cursor.at;
    while ((octet = ehlo_cursor_peek(&cursor)) >= 0 && !ehlo_is_blank(octet))
        cursor.at++;
    *word = ehlo_cursor_span(&cursor, start);
    if (word->size == 0)
        return 0;
    argument->data += cursor.at;
    argument->size -= cursor.at;
    return 1;
}

/* Strict, as the grammar has it: words, and one space between two of them. */
static int check_argument(struct ehlo_span argument)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(argument, 0);
    size_t start;

    if (cursor.size == 0)
        return 0;
    do {
        start = cursor.at;
        while (is_argument(ehlo_cursor_peek(&cursor)))
            cursor.at++;
        if (cursor.at == start)
            return EHLO_E_VALUE;
    } while (ehlo_cursor_take(&cursor, ' '));
    return cursor.at == cursor.size ? 0 : EHLO_E_VALUE;
}

static void put_capability(struct ehlo_writer *writer, struct ehlo_span keyword, struct ehlo_span argument)
{
    ehlo_put_span(writer, keyword);
    if (argument.size > 0)
        ehlo_put_octet(writer, ' ');
    ehlo_put_span(writer, argument);
}

int ehlo_capability_format(char *out, size_t capacity, size_t *length, const struct ehlo_capability *capability)
{
    struct ehlo_span keyword = capability->extension == EHLO_EXTENSION_OTHER
                                   ? capability->keyword
                                   : ehlo_span_of(ehlo_extension_name(capability->extension));
    struct ehlo_cursor cursor = ehlo_cursor_on_span(keyword, 0);
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (ehlo_keyword_scan(&cursor) != 0 || cursor.at < cursor.size)
        return EHLO_E_KEYWORD;
    if ((error = check_argument(capability->argument)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_capability(&writer, keyword, capability->argument);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_capability(&writer, keyword, capability->argument);
    return error;
}
