/* SPDX-License-Identifier: ISC
 *
 * Messages in chunks (RFC 3030): octets are counted, a dot means nothing, and a line end may be cut by a chunk's end.
 */
#include "codec/measure.h"
#include "codec/scan.h"

/* Beside the states of unstuff.c, whose ehlo_unstuff_init these two go on from. */
enum {
    IN_LINE = 0,
    ENDED = 2,
    AFTER_CR = 3 /* a chunk ended with a CR, which was handed over */
};

static const char crlf[2] = {'\r', '\n'};

static int put_piece(struct ehlo_unstuff *unstuff, struct ehlo_span *piece, const char *data, size_t size)
{
    piece->data = data;
    piece->size = size;
    unstuff->octets += size;
    return EHLO_UNSTUFF_PIECE;
}

/* Settles what a CR at the end of a chunk was. Returns a piece when a LF must be put behind it. */
static int settle_cr(struct ehlo_unstuff *unstuff, int is_line_end, struct ehlo_span *piece)
{
    unstuff->state = IN_LINE;
    if (is_line_end)
        return EHLO_UNSTUFF_MORE;
    ehlo_measure_bare(unstuff, unstuff->octets - 1);
    if (unstuff->newline != EHLO_NEWLINE_NORMALIZE)
        return EHLO_UNSTUFF_MORE;
    ehlo_measure_line(unstuff, 1);
    return put_piece(unstuff, piece, crlf + 1, 1);
}

/* Walks up to a CR of which nothing is known yet, or, when it is to be normalized, a bare newline. */
static size_t take_text(struct ehlo_unstuff *unstuff, const char *in, size_t size, int ends, size_t from)
{
    size_t at = from, line = 0; /* `line` is where the present line begins */
    uint32_t facts = 0;

    if (from > 0) { /* the LF of a CRLF that was cut */
        ehlo_measure_line(unstuff, from);
        line = from;
    }
    for (;;) {
        at += ehlo_scan(in + at, size - at, &facts);
        if (at == size)
            break;
        if (in[at] == '\r' && size - at == 1) {
            if (ends) {
                at++;
                unstuff->state = AFTER_CR;
            }
            break;
        }
        if (in[at] == '\r' && in[at + 1] == '\n') {
            at += 2;
            ehlo_measure_line(unstuff, at - line);
            line = at;
        } else {
            if (unstuff->newline == EHLO_NEWLINE_NORMALIZE)
                break;
            ehlo_measure_bare(unstuff, unstuff->octets + at);
            at++;
        }
    }
    unstuff->facts |= facts;
    ehlo_measure(unstuff, at - line);
    return at;
}

int ehlo_unstuff_chunk(struct ehlo_unstuff *unstuff, const void *in, size_t size, int ends, size_t *used,
                       struct ehlo_span *piece)
{
    const char *octets = in;
    size_t from = 0;

    if (unstuff == NULL || (in == NULL && size != 0) || used == NULL || piece == NULL)
        return EHLO_E_ARGUMENT;
    *used = 0;
    piece->data = NULL;
    piece->size = 0;
    if (unstuff->state == ENDED)
        return EHLO_E_STATE;
    if (size == 0)
        return EHLO_UNSTUFF_MORE;
    if (unstuff->state == AFTER_CR) {
        from = octets[0] == '\n';
        if (settle_cr(unstuff, from > 0, piece) == EHLO_UNSTUFF_PIECE)
            return EHLO_UNSTUFF_PIECE;
    }
    *used = take_text(unstuff, octets, size, ends, from);
    if (*used > 0)
        return put_piece(unstuff, piece, octets, *used);
    if (octets[0] == '\r' && size == 1)
        return EHLO_UNSTUFF_MORE;
    *used = 1;
    ehlo_measure_bare(unstuff, unstuff->octets);
    ehlo_measure_line(unstuff, sizeof crlf);
    return put_piece(unstuff, piece, crlf, sizeof crlf);
}

int ehlo_unstuff_chunks_end(struct ehlo_unstuff *unstuff, struct ehlo_span *piece)
{
    if (unstuff == NULL || piece == NULL)
        return EHLO_E_ARGUMENT;
    piece->data = NULL;
    piece->size = 0;
    if (unstuff->state == ENDED)
        return EHLO_E_STATE;
    if (unstuff->state == AFTER_CR && settle_cr(unstuff, 0, piece) == EHLO_UNSTUFF_PIECE)
        return EHLO_UNSTUFF_PIECE;
    unstuff->state = ENDED;
    return EHLO_UNSTUFF_END;
}
