/* SPDX-License-Identifier: ISC
 *
 * Replies (RFC 5321, section 4.2).
 */
#include <ehlo/reply.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define LINE_MAX 512 /* RFC 5321, section 4.5.3.1.5 */
#define STATUS_MAX 9 /* octets of an enhanced status code, "5.999.999" */
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

static int take_line(struct ehlo_cursor *cursor, struct ehlo_reply_line *line)
{
    size_t start;
    int error;

    if ((error = take_code(cursor, &line->code)) != 0)
        return error;
    line->last = !ehlo_cursor_take(cursor, '-');
    if (line->last && !ehlo_cursor_take(cursor, ' '))
        return ehlo_cursor_finish(cursor, EHLO_E_CHARACTER);
    take_status(cursor, line);
    start = cursor->at;
    if ((error = ehlo_text_scan(cursor)) != 0 || (error = ehlo_cursor_finish(cursor, EHLO_E_CHARACTER)) != 0)
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
    const size_t bound = size < LINE_MAX ? size : LINE_MAX;
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

int ehlo_reply_parse(struct ehlo_reply *reply, const char *in, size_t size, uint32_t rules, size_t *used)
{
    struct ehlo_reply_line line;
    int error;

    *used = 0;
    if (reply->size < sizeof *reply)
        return EHLO_E_ARGUMENT;
    memset(&reply->code, 0, sizeof *reply - offsetof(struct ehlo_reply, code));
    do {
        if ((error = next_line(&line, in, size, rules, reply->code, used)) != 0) {
            memset(&reply->code, 0, sizeof *reply - offsetof(struct ehlo_reply, code));
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

/* An enhanced status code as text; empty when there is none. */
struct status {
    char text[STATUS_MAX];
    size_t size;
};

static int word_status(struct status *status, const struct ehlo_reply *reply)
{
    int error;

    status->size = 0;
    if (reply->status[0] == 0 && reply->status[1] == 0 && reply->status[2] == 0)
        return 0;
    error = ehlo_status_format(status->text, sizeof status->text, &status->size, reply->status);
    return error == 0 && reply->status[0] != reply->code / 100 ? EHLO_E_STATUS : error;
}

/* Octets of a line, CRLF included: "250-", the status, the text. */
static size_t line_size(const struct status *status, size_t text)
{
    return CODE_DIGITS + 1 + status->size + (status->size > 0 && text > 0 ? 1 : 0) + text + 2;
}

static int check_text(struct ehlo_span text, const struct status *status, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, rules);
    size_t start;

    do {
        start = cursor.at;
        if (ehlo_text_scan(&cursor) != 0 || cursor.at - start > LINE_MAX ||
            line_size(status, cursor.at - start) > LINE_MAX)
            return EHLO_E_TEXT;
    } while (ehlo_cursor_take(&cursor, '\n'));
    return cursor.at == cursor.size ? 0 : EHLO_E_TEXT;
}

static void put_reply(struct ehlo_writer *writer, const struct ehlo_reply *reply, const struct status *status)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(reply->text, 0);
    struct ehlo_span text;
    size_t start;
    int octet;

    do {
        start = cursor.at;
        while ((octet = ehlo_cursor_peek(&cursor)) >= 0 && octet != '\n')
            cursor.at++;
        text = ehlo_cursor_span(&cursor, start);
        ehlo_put_number(writer, reply->code, CODE_DIGITS);
        /* the space stands without text too: there are clients that take no bare code */
        ehlo_put_octet(writer, octet < 0 ? ' ' : '-');
        ehlo_put(writer, status->text, status->size);
        if (status->size > 0 && text.size > 0)
            ehlo_put_octet(writer, ' ');
        ehlo_put_span(writer, text);
        ehlo_put_string(writer, "\r\n");
    } while (ehlo_cursor_take(&cursor, '\n'));
}

int ehlo_reply_format(char *out, size_t capacity, size_t *length, const struct ehlo_reply *reply, uint32_t rules)
{
    struct ehlo_writer writer;
    struct status status;
    int error;

    *length = 0;
    if (reply->size < sizeof *reply)
        return EHLO_E_ARGUMENT;
    if (reply->code < 200 || reply->code > 599)
        return EHLO_E_CODE;
    if ((error = word_status(&status, reply)) != 0 || (error = check_text(reply->text, &status, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_reply(&writer, reply, &status);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_reply(&writer, reply, &status);
    return error;
}
