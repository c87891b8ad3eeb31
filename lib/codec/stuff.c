/* SPDX-License-Identifier: ISC
 *
 * The sending side of transparency: text lines with CRLF and nothing else, and no dot that could end a message.
 */
#include "codec/scan.h"

/*
 * Where the wire stands; up to DOT_SENT also how far along `ending` it stands, so that each constant that is ever
 * needed is a part of `ending` from there on.
 */
enum {
    IN_LINE = 0,
    AFTER_CR = 1,
    LINE_START = 2,
    DOT_SENT = 3, /* the stuffed dot went out, the dot that it is for has not been taken yet */
    ENDED = 4
};

static const char ending[5] = {'\r', '\n', '.', '\r', '\n'};

void ehlo_stuff_init(struct ehlo_stuff *stuff)
{
    static const struct ehlo_stuff none;

    *stuff = none;
    stuff->state = LINE_START;
}

void ehlo_stuff_init_chunked(struct ehlo_stuff *stuff)
{
    ehlo_stuff_init(stuff);
    stuff->chunked = 1;
}

static void set_span(struct ehlo_span *span, const char *data, size_t size)
{
    span->data = data;
    span->size = size;
}

/* 1 when a CR or LF is missing before `next`, which makes a CRLF of a bare LF or of a bare CR. */
static int lacks_newline(const struct ehlo_stuff *stuff, char next)
{
    return (stuff->state == AFTER_CR) != (next == '\n');
}

/*
 * Sends the missing half of a CRLF. A dot behind it is stuffed at once, so that two spans always take an octet.
 */
static void complete_newline(struct ehlo_stuff *stuff, char next, struct ehlo_span *out)
{
    stuff->facts |= EHLO_FACT_BARE_NEWLINE;
    stuff->octets++;
    if (next == '\n') {
        set_span(out, ending, 1);
        stuff->state = AFTER_CR;
    } else if (next == '.' && !stuff->chunked) {
        set_span(out, ending + AFTER_CR, 2);
        stuff->state = DOT_SENT;
    } else {
        set_span(out, ending + AFTER_CR, 1);
        stuff->state = LINE_START;
    }
}

/*
 * Sends `in` as far as it can go out as it is. A dot at the start of a line ends the span and is not taken: it begins
 * the next one, and so goes out twice. Returns how many octets were taken.
 */
static size_t send_text(struct ehlo_stuff *stuff, const char *in, size_t size, struct ehlo_span *out)
{
    size_t text, at = 0;

    while (at < size && !lacks_newline(stuff, in[at])) {
        if (stuff->state == AFTER_CR) {
            at++;
            stuff->state = LINE_START;
        } else if (stuff->state == LINE_START && in[at] == '.' && !stuff->chunked) {
            stuff->state = DOT_SENT;
            break;
        } else if (in[at] == '\r') {
            at++;
            stuff->state = AFTER_CR;
        } else {
            text = ehlo_scan(in + at, size - at, &stuff->facts);
            at += text;
            stuff->state = IN_LINE;
        }
    }
    stuff->octets += at;
    set_span(out, in, at + (stuff->state == DOT_SENT));
    return at;
}

int ehlo_stuff(struct ehlo_stuff *stuff, const void *in, size_t size, size_t *used, struct ehlo_span *out, size_t count,
               size_t *filled)
{
    const char *octets = in;

    if (stuff == NULL || (in == NULL && size != 0) || used == NULL || out == NULL || count < 2 || filled == NULL)
        return EHLO_E_ARGUMENT;
    *used = 0;
    *filled = 0;
    if (stuff->state == ENDED)
        return EHLO_E_STATE;
    for (; *used < size && *filled < count; ++*filled) {
        if (lacks_newline(stuff, octets[*used]))
            complete_newline(stuff, octets[*used], &out[*filled]);
        else
            *used += send_text(stuff, octets + *used, size - *used, &out[*filled]);
    }
    return 0;
}

int ehlo_stuff_end(struct ehlo_stuff *stuff, struct ehlo_span *out)
{
    if (stuff == NULL || out == NULL)
        return EHLO_E_ARGUMENT;
    if (stuff->state == ENDED)
        return EHLO_E_STATE;
    if (stuff->state == AFTER_CR)
        stuff->facts |= EHLO_FACT_BARE_NEWLINE;
    if (stuff->state < LINE_START)
        stuff->octets += (uint64_t)(LINE_START - stuff->state);
    set_span(out, ending + stuff->state, (stuff->chunked ? LINE_START : sizeof ending) - stuff->state);
    stuff->state = ENDED;
    return 0;
}
