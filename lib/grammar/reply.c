/* SPDX-License-Identifier: ISC
 *
 * Replies (RFC 5321, section 4.2).
 */
#include <ehlo/reply.h>

#include <string.h>

#include "codec/writer.h"
#include "grammar/grammar.h"

#define LINE_OCTETS 512 /* RFC 5321, section 4.5.3.1.5 */
#define CODE_DIGITS 3

static int take_code(struct ehlo_cursor *cursor, uint16_t *code)
{
    unsigned value = 0;
    int octet;

    while (cursor->at < CODE_DIGITS) {
        octet = ehlo_cursor_peek(cursor);
        if (octet < (cursor->at == 0 ? '2' : '0') || octet > (cursor->at == 0 ? '5' : '9'))
            return EHLO_E_REPLY_CODE;
        value = value * 10 + (unsigned)(octet - '0');
        cursor->at++;
    }
    *code = (uint16_t)value;
    return 0;
}

/* A status of another class is text: a server's slip must not turn a failure into something else. */
static void take_status(struct ehlo_cursor *cursor, struct ehlo_reply_line *line)
{
    uint16_t status[3];
    size_t used;

    if (cursor->at == cursor->size ||
        ehlo_status_parse(status, cursor->in + cursor->at, cursor->size - cursor->at, &used) != 0 ||
        status[0] != line->code / 100)
        return;
    memcpy(line->status, status, sizeof status);
    cursor->at += used;
    ehlo_cursor_take(cursor, ' ');
}

static int take_control(struct ehlo_cursor *cursor)
{
    const int octet = ehlo_cursor_peek(cursor);

    if (!(cursor->rules & EHLO_ALLOW_CONTROL) || octet < 1 || octet == '\n' || octet == '\r' ||
        (octet >= 32 && octet != 127))
        return 0;
    cursor->at++;
    return 1;
}

static int take_text(struct ehlo_cursor *cursor)
{
    int error;

    do
        error = ehlo_text_scan(cursor);
    while (error == 0 && take_control(cursor));
    return error != 0 ? error : ehlo_cursor_finish(cursor, EHLO_E_CHARACTER);
}

static int take_line(struct ehlo_cursor *cursor, struct ehlo_reply_line *line)
{
    size_t start;
    int error;

    if ((error = take_code(cursor, &line->code)) != 0)
        return error;
    line->last = !ehlo_cursor_take(cursor, '-');
    if (line->last && !ehlo_cursor_take(cursor, ' ') && !take_control(cursor))
        return ehlo_cursor_finish(cursor, EHLO_E_CHARACTER);
    take_status(cursor, line);
    start = cursor->at;
    if ((error = take_text(cursor)) != 0)
        return error;
    line->text = ehlo_cursor_span(cursor, start);
    return 0;
}

/* On failure `line` has what was read, so that its code can be compared. */
static int parse_line(struct ehlo_reply_line *line, const char *in, size_t size, uint32_t rules, size_t *at)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, rules);
    int error;

    memset(line, 0, sizeof *line);
    error = take_line(&cursor, line);
    *at = cursor.at;
    return error;
}

int ehlo_reply_line_parse(struct ehlo_reply_line *line, const char *in, size_t size, uint32_t rules, size_t *at)
{
    int error = parse_line(line, in, size, rules, at);

    if (error != 0)
        memset(line, 0, sizeof *line);
    return error;
}

/*
 * Finds the CRLF of the line at `in`; `*end` is where its text ends. Without a CRLF there is an error, and `*fault` is
 * the octet that stands in its place.
 */
static int find_crlf(const char *in, size_t size, size_t *end, size_t *fault)
{
    const size_t bound = size < LINE_OCTETS ? size : LINE_OCTETS;
    size_t i;

    for (i = 0; i < bound; i++) {
        *end = *fault = i;
        if (in[i] == '\0' || in[i] == '\n')
            return EHLO_E_NEWLINE;
        if (in[i] == '\r' && i + 1 < bound)
            return in[i + 1] == '\n' ? 0 : EHLO_E_NEWLINE;
        if (in[i] == '\r')
            break;
    }
    *end = i;
    *fault = bound;
    return bound < size ? EHLO_E_LINE_LONG : EHLO_E_INCOMPLETE;
}

/* Reads the line at `*used` and moves on behind it; on failure to the octet that is wrong. `code` is 0 in the first. */
static int next_line(struct ehlo_reply_line *line, const char *in, size_t size, uint32_t rules, uint16_t code,
                     size_t *used)
{
    size_t end, fault, at;
    int framing, error;

    if (*used == size)
        return EHLO_E_INCOMPLETE;
    in += *used;
    framing = find_crlf(in, size - *used, &end, &fault);
    error = parse_line(line, in, end, rules, &at);
    if (code != 0 && line->code != 0 && line->code != code)
        return EHLO_E_REPLY_MISMATCH;
    if (framing != 0 && at == end) {
        error = framing;
        at = fault;
    }
    *used += error != 0 ? at : end + 2;
    return error;
}

/* All but its size, which is the caller's. */
static void clear(struct ehlo_reply *reply)
{
    memset((char *)reply + sizeof reply->size, 0, sizeof *reply - sizeof reply->size);
}

int ehlo_reply_parse(struct ehlo_reply *reply, const char *in, size_t size, uint32_t rules, size_t *used)
{
    struct ehlo_reply_line line;
    int error;

    *used = 0;
    if (reply->size < sizeof *reply)
        return EHLO_E_ARGUMENT;
    clear(reply);
    do {
        if ((error = next_line(&line, in, size, rules, reply->code, used)) != 0) {
            clear(reply);
            return error;
        }
        if (reply->lines == 0) {
            reply->code = line.code;
            memcpy(reply->status, line.status, sizeof line.status);
            reply->text = line.text;
        }
        if (reply->lines < UINT32_MAX)
            reply->lines++;
    } while (!line.last);
    return 0;
}

static int check_status(const struct ehlo_reply *reply)
{
    const uint16_t *status = reply->status;
    size_t length;
    int error;

    if (status[0] == 0 && status[1] == 0 && status[2] == 0)
        return 0;
    error = ehlo_status_format(NULL, 0, &length, status);
    if (error != EHLO_E_SPACE)
        return error;
    return status[0] == reply->code / 100 ? 0 : EHLO_E_STATUS;
}

static void put_line(struct ehlo_writer *writer, const struct ehlo_reply *reply, struct ehlo_span text, int last)
{
    ehlo_put_number(writer, reply->code, CODE_DIGITS);
    /* the space stands without text too: there are clients that take no bare code */
    ehlo_put_octet(writer, last ? ' ' : '-');
    if (reply->status[0] != 0) {
        ehlo_status_put(writer, reply->status);
        if (text.size > 0)
            ehlo_put_octet(writer, ' ');
    }
    ehlo_put_span(writer, text);
    ehlo_put_string(writer, "\r\n");
}

static int check_text(const struct ehlo_reply *reply, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(reply->text, rules);
    struct ehlo_writer line;
    size_t start;

    do {
        start = cursor.at;
        if (ehlo_text_scan(&cursor) != 0)
            return EHLO_E_TEXT;
        ehlo_writer_count(&line);
        put_line(&line, reply, ehlo_cursor_span(&cursor, start), 1);
        if (line.length > LINE_OCTETS)
            return EHLO_E_TEXT;
    } while (ehlo_cursor_take(&cursor, '\n'));
    return cursor.at == cursor.size ? 0 : EHLO_E_TEXT;
}

static void put_reply(struct ehlo_writer *writer, const struct ehlo_reply *reply)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(reply->text, 0);
    size_t start;
    int octet;

    do {
        start = cursor.at;
        while ((octet = ehlo_cursor_peek(&cursor)) >= 0 && octet != '\n')
            cursor.at++;
        put_line(writer, reply, ehlo_cursor_span(&cursor, start), octet < 0);
    } while (ehlo_cursor_take(&cursor, '\n'));
}

int ehlo_reply_format(char *out, size_t capacity, size_t *length, const struct ehlo_reply *reply, uint32_t rules)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (reply->size < sizeof *reply)
        return EHLO_E_ARGUMENT;
    if (reply->code < 200 || reply->code > 599)
        return EHLO_E_CODE;
    if ((error = check_status(reply)) != 0 || (error = check_text(reply, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_reply(&writer, reply);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_reply(&writer, reply);
    return error;
}
