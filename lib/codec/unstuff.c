/* SPDX-License-Identifier: ISC
 *
 * The receiving side of transparency: the one place that knows where a message ends.
 */
#include "codec/measure.h"
#include "codec/scan.h"

enum {
    IN_LINE = 0,
    LINE_START = 1, /* behind a CRLF of the wire, or at the beginning: the only place where a dot means anything */
    ENDED = 2
};

static const char crlf[2] = {'\r', '\n'};

int ehlo_unstuff_init(struct ehlo_unstuff *unstuff, uint32_t newline)
{
    static const struct ehlo_unstuff none;

    if (unstuff == NULL || newline > EHLO_NEWLINE_KEEP)
        return EHLO_E_ARGUMENT;
    *unstuff = none;
    unstuff->newline = (uint8_t)newline;
    unstuff->state = LINE_START;
    return 0;
}

/*
 * Walks over the lines at `in` up to a dot behind a CRLF, to a CR at the very end, of which nothing is known yet, or,
 * when it is to be normalized, to a bare newline. Returns how many octets that are.
 */
static size_t take_text(struct ehlo_unstuff *unstuff, const char *in, size_t size)
{
    size_t at = 0, line = 0; /* `line` is where the present line begins */
    uint32_t facts = 0;

    for (;;) {
        at += ehlo_scan(in + at, size - at, &facts);
        if (at == size || (in[at] == '\r' && size - at == 1))
            break;
        if (in[at] == '\r' && in[at + 1] == '\n') {
            at += 2;
            ehlo_measure_line(unstuff, at - line);
            line = at;
            if (at == size || in[at] == '.')
                break;
        } else {
            if (unstuff->newline == EHLO_NEWLINE_NORMALIZE)
                break;
            ehlo_measure_bare(unstuff, unstuff->octets + at);
            at++;
        }
    }
    unstuff->facts |= facts;
    if (at != 0)
        unstuff->state = at == line ? LINE_START : IN_LINE;
    ehlo_measure(unstuff, at - line);
    return at;
}

/* A CRLF in place of a bare newline. It ends the line, but is none of the wire: a dot behind it is text. */
static void normalize(struct ehlo_unstuff *unstuff, struct ehlo_span *piece)
{
    ehlo_measure_bare(unstuff, unstuff->octets);
    ehlo_measure_line(unstuff, sizeof crlf);
    unstuff->state = IN_LINE;
    piece->data = crlf;
    piece->size = sizeof crlf;
}

/* Takes the next piece at `in`, where no stuffed dot stands. Returns how many octets were taken for it. */
static size_t take_piece(struct ehlo_unstuff *unstuff, const char *in, size_t size, struct ehlo_span *piece)
{
    size_t taken = take_text(unstuff, in, size);

    if (taken != 0) {
        piece->data = in;
        piece->size = taken;
    } else if (in[0] == '\n' || size > 1) {
        normalize(unstuff, piece);
        taken = 1;
    }
    unstuff->octets += piece->size;
    return taken;
}

int ehlo_unstuff(struct ehlo_unstuff *unstuff, const void *in, size_t size, size_t *used, struct ehlo_span *piece)
{
    const char *octets = in;
    size_t dot = 0;

    if (unstuff == NULL || (in == NULL && size != 0) || used == NULL || piece == NULL)
        return EHLO_E_ARGUMENT;
    *used = 0;
    piece->data = NULL;
    piece->size = 0;
    if (unstuff->state == ENDED)
        return EHLO_E_STATE;
    if (size == 0)
        return EHLO_UNSTUFF_MORE;
    if (unstuff->state == LINE_START && octets[0] == '.') {
        if (size == 1 || (size == 2 && octets[1] == '\r'))
            return EHLO_UNSTUFF_MORE;
        if (octets[1] == '\r' && octets[2] == '\n') {
            unstuff->state = ENDED;
            *used = 3;
            return EHLO_UNSTUFF_END;
        }
        dot = 1;
    }
    *used = take_piece(unstuff, octets + dot, size - dot, piece);
    if (*used == 0)
        return EHLO_UNSTUFF_MORE;
    *used += dot;
    return EHLO_UNSTUFF_PIECE;
}
