/* SPDX-License-Identifier: ISC
 *
 * Local-parts (RFC 5321, section 4.1.2): their two forms, and the way from one to the other.
 */
#include "codec/writer.h"
#include "grammar/grammar.h"

#define LOCAL_OCTETS 64 /* RFC 5321, section 4.5.3.1.1 */

static int is_atext(int octet)
{
    switch (octet) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '[':
    case ']':
    case ':':
    case ';':
    case '@':
    case '\\':
    case ',':
    case '.':
    case '"':
        return 0;
    default:
        return octet > 32 && octet < 127;
    }
}

static int take_dot_string(struct ehlo_cursor *cursor)
{
    const int dots = (cursor->rules & EHLO_ALLOW_DOTS) != 0;
    const size_t start = cursor->at;
    size_t atom = start;
    int octet, error;

    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (is_atext(octet)) {
            cursor->at++;
        } else if (octet > 127) {
            if ((error = ehlo_high_scan(cursor)) != 0)
                return error;
        } else if (octet == '.' && (dots || cursor->at > atom)) {
            atom = ++cursor->at;
        } else {
            break;
        }
    }
    if (cursor->at > atom || (dots && cursor->at > start))
        return 0;
    return octet < 0 || octet == '.' || octet == '@' || octet == '>' ? EHLO_E_LOCAL_PART : EHLO_E_CHARACTER;
}

static int take_quoted_string(struct ehlo_cursor *cursor)
{
    int octet, error;

    cursor->at++;
    cursor->kind |= EHLO_PATH_QUOTED;
    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (octet > 127) {
            if ((error = ehlo_high_scan(cursor)) != 0)
                return error;
            continue;
        }
        if (octet == '\\') {
            cursor->at++;
            octet = ehlo_cursor_peek(cursor);
        } else if (octet == '"') {
            cursor->at++;
            return 0;
        }
        if (octet < 32 || octet > 126)
            return octet < 0 ? EHLO_E_UNCLOSED : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
        cursor->at++;
    }
}

int ehlo_local_part_scan(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int error = ehlo_cursor_peek(cursor) == '"' ? take_quoted_string(cursor) : take_dot_string(cursor);

    if (cursor->rules & EHLO_ALLOW_LONG_LOCAL)
        return error;
    return ehlo_cursor_bound(cursor, start, LOCAL_OCTETS, error, EHLO_E_LOCAL_LONG);
}

static void put_unquoted(struct ehlo_writer *writer, const char *local, size_t size)
{
    size_t i;

    if (local[0] != '"') {
        ehlo_put(writer, local, size);
        return;
    }
    for (i = 1; i < size - 1; i++) {
        if (local[i] == '\\')
            i++;
        ehlo_put_octet(writer, local[i]);
    }
}

int ehlo_local_part_unquote(char *out, size_t capacity, size_t *length, const char *local, size_t size)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(local, size, EHLO_ALLOW_ALL);
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (ehlo_local_part_scan(&cursor) != 0 || cursor.at < cursor.size)
        return EHLO_E_LOCAL_PART;
    ehlo_writer_count(&writer);
    put_unquoted(&writer, local, size);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_unquoted(&writer, local, size);
    return error;
}

/* Whether it can stand as it is. Dots are not let off here: who reads it may know no leniency. */
static int is_dot_string(struct ehlo_span text)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, EHLO_ALLOW_8BIT);

    return take_dot_string(&cursor) == 0 && cursor.at == cursor.size;
}

static void put_quoted(struct ehlo_writer *writer, struct ehlo_span text)
{
    size_t i;

    if (is_dot_string(text)) {
        ehlo_put_span(writer, text);
        return;
    }
    ehlo_put_octet(writer, '"');
    for (i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            ehlo_put_octet(writer, '\\');
        ehlo_put_octet(writer, text.data[i]);
    }
    ehlo_put_octet(writer, '"');
}

static int check_text(struct ehlo_span text, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, rules);
    int octet, error;

    while ((octet = ehlo_cursor_peek(&cursor)) >= 0) {
        if (octet < 32 || octet == 127)
            return EHLO_E_CHARACTER;
        if (octet < 127)
            cursor.at++;
        else if ((error = ehlo_high_scan(&cursor)) != 0)
            return error;
    }
    return 0;
}

int ehlo_local_part_quote(char *out, size_t capacity, size_t *length, const char *text, size_t size, uint32_t rules)
{
    struct ehlo_span whole;
    struct ehlo_writer writer;
    int error;

    whole.data = text;
    whole.size = size;
    *length = 0;
    if ((error = check_text(whole, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_quoted(&writer, whole);
    if (writer.length > LOCAL_OCTETS && !(rules & EHLO_ALLOW_LONG_LOCAL))
        return EHLO_E_LOCAL_LONG;
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_quoted(&writer, whole);
    return error;
}
