/* SPDX-License-Identifier: ISC
 *
 * Octets over 127: UTF-8 to the letter (RFC 3629, section 4), and the text that it may stand in.
 */
#include "grammar/grammar.h"

/* What may stand behind a leading octet: how many octets, and the range of the first of them. */
struct sequence {
    unsigned char first, last; /* leading octets */
    unsigned char count;
    unsigned char low, high;
};

/* The narrow ranges keep out what is overlong, the surrogates, and all over U+10FFFF. */
static const struct sequence sequences[] = {
    {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF}, {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F},
    {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

static int take_sequence(struct ehlo_cursor *cursor, const struct sequence *sequence)
{
    int low = sequence->low, high = sequence->high, octet;
    unsigned char left;

    cursor->at++;
    for (left = sequence->count; left > 0; left--) {
        octet = ehlo_cursor_peek(cursor);
        if (octet < low || octet > high)
            return EHLO_E_UTF8;
        cursor->at++;
        low = 0x80;
        high = 0xBF;
    }
    cursor->kind |= EHLO_PATH_UTF8;
    return 0;
}

int ehlo_utf8_scan(struct ehlo_cursor *cursor)
{
    int octet = ehlo_cursor_peek(cursor);
    size_t i;

    if (cursor->rules & EHLO_UTF8)
        for (i = 0; i < sizeof sequences / sizeof *sequences; i++)
            if (octet >= sequences[i].first && octet <= sequences[i].last)
                return take_sequence(cursor, &sequences[i]);
    return EHLO_E_UTF8;
}

int ehlo_high_scan(struct ehlo_cursor *cursor)
{
    if (!(cursor->rules & EHLO_ALLOW_8BIT))
        return ehlo_utf8_scan(cursor);
    cursor->at++;
    cursor->kind |= EHLO_PATH_UTF8;
    return 0;
}

int ehlo_text_scan(struct ehlo_cursor *cursor)
{
    int octet, error;

    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (octet == '\t' || (octet >= 32 && octet <= 126))
            cursor->at++;
        else if (octet <= 127)
            return 0;
        else if ((error = ehlo_high_scan(cursor)) != 0)
            return error;
    }
}
