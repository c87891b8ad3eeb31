/* SPDX-License-Identifier: ISC
 *
 * The incremental parser: whole lines out of a stream, without a buffer.
 */
#include <ehlo/parser.h>

#include "codec/scan.h"

enum {
    DROPPING = 1, /* the front of the present line was too long and has been thrown away */
    BARE = 2      /* a CR, LF or NUL has been met inside it */
};

int ehlo_parser_init(struct ehlo_parser *parser, uint32_t line_max)
{
    if (parser == NULL || line_max < 4)
        return EHLO_E_ARGUMENT;
    parser->line_max = line_max;
    parser->seen = 0;
    parser->flags = 0;
    return 0;
}

/* The index of the CRLF, or of the first octet that only a longer input can decide about. */
static size_t line_end(struct ehlo_parser *parser, const char *in, size_t size, int *found)
{
    size_t i = parser->seen;
    uint32_t facts = 0;

    *found = 0;
    for (;;) {
        i += ehlo_scan(in + i, size - i, &facts);
        if (facts & EHLO_FACT_NUL)
            parser->flags |= BARE;
        if (i == size || (in[i] == '\r' && i + 1 == size))
            return i;
        if (in[i] == '\r' && in[i + 1] == '\n') {
            *found = 1;
            return i;
        }
        parser->flags |= BARE;
        i++;
    }
}

int ehlo_parser_line(struct ehlo_parser *parser, const void *in, size_t size, size_t *used, struct ehlo_span *line)
{
    size_t end;
    uint32_t flags;
    int found;

    if (parser == NULL || used == NULL || line == NULL || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    if (size < parser->seen)
        return EHLO_E_ARGUMENT;
    if (size == 0)
        return 0;
    end = line_end(parser, in, size, &found);
    if (end > parser->line_max - 2)
        parser->flags |= DROPPING;
    if (!found) {
        if (parser->flags & DROPPING) {
            *used = end;
            end = 0;
        }
        parser->seen = (uint32_t)end;
        return 0;
    }
    flags = parser->flags;
    parser->flags = 0;
    parser->seen = 0;
    *used = end + 2;
    if (flags & DROPPING)
        return EHLO_E_LINE_LONG;
    if (flags & BARE)
        return EHLO_E_NEWLINE;
    line->data = in;
    line->size = end;
    return 1;
}
