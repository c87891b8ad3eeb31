/* SPDX-License-Identifier: ISC
 *
 * Values of parameters that are text of a form of their own.
 */
#include <string.h>

#include <ehlo/codec.h>

#include "codec/ascii.h"
#include "grammar/calendar.h"
#include "grammar/grammar.h"
#include "grammar/value.h"

enum {
    SIZE_DIGITS = 20,      /* RFC 1870, section 3 */
    ENVID_OCTETS = 100,    /* RFC 3461, sections 4.4 and 5.4 */
    SOLICIT_OCTETS = 1000, /* RFC 3865, section 2.2 */
    TRANSID_OCTETS = 80,   /* RFC 1845, section 2 */
    MAILBOX_ROOM = 256     /* more than an address may have, which is 254 octets: RFC 5321, section 4.5.3.1.3 */
};

/* ORCPT of this type escapes in a way of its own (RFC 6533, section 3). */
static const char utf8_type[] = "utf-8";

static int is_xchar(int octet)
{
    return octet > 32 && octet < 127 && octet != '+' && octet != '=';
}

/* One of these octets, none of which is NUL. */
static int is_one_of(int octet, const char *octets)
{
    while (*octets != '\0' && *octets != octet)
        octets++;
    return *octets != '\0';
}

/* A hexadecimal digit in either case, or -1. */
static int hexdigit(int octet)
{
    if (!ehlo_is_hexdigit((char)octet))
        return -1;
    return ehlo_is_digit((char)octet) ? octet - '0' : ehlo_lower((char)octet) - 'a' + 10;
}

static int take_digits(struct ehlo_cursor *cursor, int64_t *number)
{
    const size_t start = cursor->at;
    struct ehlo_span digits;
    uint64_t read;
    int error;

    while (cursor->at - start < SIZE_DIGITS && ehlo_is_digit((char)ehlo_cursor_peek(cursor)))
        cursor->at++;
    digits = ehlo_cursor_span(cursor, start);
    if ((error = ehlo_number_parse(digits.data, digits.size, &read)) != 0)
        return error;
    *number = read > INT64_MAX ? INT64_MAX : (int64_t)read;
    return 0;
}

/* A hexchar, of visible ASCII or white space, since reports are to show it (RFC 3461, sections 4.2 and 4.4). */
static int take_hexchar(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at++;
    int octet = 0, digit, i;

    for (i = 0; i < 2; i++) {
        digit = hexdigit(ehlo_cursor_peek(cursor));
        if (digit < 0 || cursor->in[cursor->at] >= 'a')
            return EHLO_E_VALUE;
        octet = octet << 4 | digit;
        cursor->at++;
    }
    if (octet == '\t' || (octet >= 32 && octet < 127))
        return 0;
    cursor->at = start;
    return EHLO_E_VALUE;
}

static int take_xtext(struct ehlo_cursor *cursor)
{
    int octet, error;

    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (is_xchar(octet))
            cursor->at++;
        else if (octet != '+')
            return 0;
        else if ((error = take_hexchar(cursor)) != 0)
            return error;
    }
}

static int take_envid(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    const int error = take_xtext(cursor);

    return ehlo_cursor_bound(cursor, start, ENVID_OCTETS, cursor->at > start ? error : EHLO_E_VALUE, EHLO_E_VALUE);
}

/* HEXPOINT: an ASCII character that cannot stand for itself, or any over 127, with no needless zero. */
static int is_hexpoint(uint32_t character, size_t digits, char first)
{
    if (digits == 2 && character < 128)
        return (character > 0 && character <= 32 && character % 16 < 10) || is_one_of((int)character, "+=\\\x7F");
    return digits >= 2 && (digits == 2 || first != '0') && character < 0x110000 && character >> 11 != 0xD800 >> 11;
}

/* EmbeddedUnicodeChar, "\x{E9}". */
static int take_embedded(struct ehlo_cursor *cursor)
{
    uint32_t character = 0;
    size_t start;
    int digit;

    cursor->at++;
    if (!ehlo_cursor_take(cursor, 'x') || !ehlo_cursor_take(cursor, '{'))
        return EHLO_E_VALUE;
    for (start = cursor->at; (digit = hexdigit(ehlo_cursor_peek(cursor))) >= 0; cursor->at++) {
        if (cursor->at - start == 6)
            return EHLO_E_VALUE;
        character = character << 4 | (uint32_t)digit;
    }
    if (cursor->at == start || !is_hexpoint(character, cursor->at - start, cursor->in[start])) {
        cursor->at = start;
        return EHLO_E_VALUE;
    }
    return ehlo_cursor_take(cursor, '}') ? 0 : EHLO_E_VALUE;
}

/* utf-8-addr-unitext, which without EHLO_UTF8 is utf-8-addr-xtext. */
static int take_utf8_address(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    int octet, error = 0;

    while (error == 0) {
        octet = ehlo_cursor_peek(cursor);
        if (octet > 127)
            error = ehlo_utf8_scan(cursor);
        else if (octet == '\\')
            error = take_embedded(cursor);
        else if (is_xchar(octet))
            cursor->at++;
        else
            return cursor->at > start ? 0 : EHLO_E_VALUE;
    }
    return error;
}

/* Where the octet begins that is decoded to the one at `index`. */
static size_t encoded_at(struct ehlo_span xtext, size_t index)
{
    size_t at = 0;

    while (index-- > 0 && at < xtext.size)
        at += xtext.data[at] == '+' ? 3 : 1;
    return at;
}

/* Takes all that there is: xtext of a mailbox, or with `null` of "<>". */
static int take_mailbox(struct ehlo_cursor *cursor, int null)
{
    const size_t start = cursor->at;
    char mailbox[MAILBOX_ROOM];
    struct ehlo_path path;
    struct ehlo_span xtext;
    size_t length, used;
    int error;

    cursor->at = cursor->size;
    xtext = ehlo_cursor_span(cursor, start);
    error = ehlo_xtext_decode(mailbox, sizeof mailbox, &length, xtext.data, xtext.size);
    if (error != 0) {
        cursor->at = start + (error == EHLO_E_SPACE ? encoded_at(xtext, sizeof mailbox) : length);
        return EHLO_E_VALUE;
    }
    if (null && length == 2 && memcmp(mailbox, "<>", 2) == 0)
        return 0;
    error = ehlo_mailbox_parse(&path, mailbox, length, cursor->rules, &used);
    if (error != 0)
        cursor->at = start + encoded_at(xtext, used);
    return error;
}

/* Solicitation-keywords */
static int take_solicit(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    int octet;

    do {
        if (!ehlo_is_alpha((char)ehlo_cursor_peek(cursor)))
            return EHLO_E_VALUE;
        while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))) || is_one_of(octet, ".-_:"))
            cursor->at++;
    } while (ehlo_cursor_take(cursor, ','));
    return ehlo_cursor_bound(cursor, start, SOLICIT_OCTETS, 0, EHLO_E_VALUE);
}

/* mtrk-certifier: base64 that has no padding, since no value may have "=". */
static int take_certifier(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    int octet;

    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))) || is_one_of(octet, "+/"))
        cursor->at++;
    return cursor->at > start ? 0 : EHLO_E_VALUE;
}

/* transid-token: what is no special character of MIME, and dots between. */
static int take_token(struct ehlo_cursor *cursor)
{
    size_t start;
    int octet;

    do {
        start = cursor->at;
        while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127 && !is_one_of(octet, "()<>@,;:\\\"/[]?=."))
            cursor->at++;
        if (cursor->at == start)
            return EHLO_E_VALUE;
    } while (ehlo_cursor_take(cursor, '.'));
    return 0;
}

static int take_transid(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    int error;

    if (!ehlo_cursor_take(cursor, '<'))
        return EHLO_E_VALUE;
    if ((error = take_token(cursor)) == 0)
        error = ehlo_cursor_take(cursor, '@') ? take_token(cursor) : EHLO_E_VALUE;
    if (error == 0 && !ehlo_cursor_take(cursor, '>'))
        error = EHLO_E_VALUE;
    return ehlo_cursor_bound(cursor, start, TRANSID_OCTETS, error, EHLO_E_VALUE);
}

int ehlo_type_scan(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;

    while (is_xchar(ehlo_cursor_peek(cursor)) && !is_one_of(ehlo_cursor_peek(cursor), "()<>@,;:\\\".[]"))
        cursor->at++;
    return cursor->at > start ? 0 : EHLO_E_VALUE;
}

int ehlo_value_text_scan(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    switch (value->form) {
    case EHLO_VALUE_SIZE:
        return take_digits(cursor, &value->number);
    case EHLO_VALUE_ENVID:
        return take_envid(cursor);
    case EHLO_VALUE_ORCPT:
        return ehlo_span_is(value->type, utf8_type, sizeof utf8_type - 1) ? take_utf8_address(cursor)
                                                                          : take_xtext(cursor);
    case EHLO_VALUE_AUTH:
        return take_mailbox(cursor, 1);
    case EHLO_VALUE_SUBMITTER:
        return take_mailbox(cursor, 0);
    case EHLO_VALUE_HOLDUNTIL:
        return ehlo_timestamp_scan(cursor, EHLO_TIMESTAMP_FRACTION, &value->number);
    case EHLO_VALUE_RRVS:
        return ehlo_timestamp_scan(cursor, EHLO_TIMESTAMP_ZONE, &value->number);
    case EHLO_VALUE_SOLICIT:
        return take_solicit(cursor);
    case EHLO_VALUE_MTRK:
        return take_certifier(cursor);
    case EHLO_VALUE_TRANSID:
        return take_transid(cursor);
    default:
        return ehlo_param_value_scan(cursor);
    }
}
