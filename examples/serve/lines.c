/* SPDX-License-Identifier: ISC
 *
 * Lines as they stand in files: CRLF becomes LF, and an mbox's From_ is quoted, wherever the pieces were cut.
 */
#define _POSIX_C_SOURCE 200809L
#include "writer.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char from[] = "From ";

/* What looked like the beginning of From_ and was none, or is one: `quote` tells. */
static char *let_go(struct lines *lines, char *out, int quote)
{
    if (quote)
        *out++ = '>';
    memcpy(out, from, lines->matched);
    out += lines->matched;
    lines->matched = 0;
    lines->behind = 1;
    return out;
}

static char *convert_octet(struct lines *lines, char *out, char octet)
{
    if (lines->carriage) {
        lines->carriage = 0;
        if (octet != '\n') {
            *out++ = '\r';
            lines->behind = 1;
        }
    }
    if (lines->quote && !lines->behind) {
        if (octet == from[lines->matched]) {
            if (++lines->matched == sizeof from - 1)
                out = let_go(lines, out, 1);
            return out;
        }
        if (lines->matched > 0)
            out = let_go(lines, out, 0);
        else if (octet != '>')
            lines->behind = 1;
    }
    if (octet == '\r') {
        lines->carriage = 1;
        return out;
    }
    *out++ = octet;
    if (octet == '\n')
        lines->behind = 0;
    return out;
}

size_t lines_convert(struct lines *lines, char *out, const char *in, size_t size)
{
    char *end = out;
    size_t i;

    if (size == 0) {
        if (lines->matched > 0)
            end = let_go(lines, end, 0);
        if (lines->carriage)
            *end++ = '\r';
        lines->carriage = 0;
        return (size_t)(end - out);
    }
    for (i = 0; i < size; i++)
        end = convert_octet(lines, end, in[i]);
    return (size_t)(end - out);
}

int write_all(int fd, const char *data, size_t size)
{
    ssize_t n;

    while (size > 0) {
        n = write(fd, data, size);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

int write_lines(struct message *message, const char *data, size_t size)
{
    enum {
        PIECE = 16384
    };
    char out[2 * PIECE + 8];
    size_t piece;
    int error = 0;

    if (message->store->raw)
        return write_all(message->fd, data, size);
    do {
        piece = size < PIECE ? size : PIECE;
        error = write_all(message->fd, out, lines_convert(&message->lines, out, data, piece));
        data += piece;
        size -= piece;
    } while (size > 0 && error == 0);
    return error;
}
