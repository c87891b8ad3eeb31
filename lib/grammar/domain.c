/* SPDX-License-Identifier: ISC
 *
 * Domains (RFC 5321, section 4.1.2; RFC 6531, section 3.3).
 */
#include "codec/ascii.h"
#include "grammar/grammar.h"

#define DOMAIN_OCTETS 255 /* RFC 5321, section 4.5.3.1.2 */
#define LABEL_OCTETS 63   /* RFC 1035, section 2.3.4 */

static int take_label_octets(struct ehlo_cursor *cursor)
{
    const size_t start = cursor->at;
    int octet, error;

    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (octet > 127) {
            if ((error = ehlo_utf8_scan(cursor)) != 0)
                return error;
        } else if (ehlo_is_alnum((char)octet) || (octet == '_' && (cursor->rules & EHLO_ALLOW_UNDERSCORE)) ||
                   (octet == '-' && (cursor->at > start || (cursor->rules & EHLO_ALLOW_HYPHEN)))) {
            cursor->at++;
        } else {
            break;
        }
    }
    if (cursor->at == start)
        return octet < 0 || octet == '.' || octet == '-' || octet == '>' ? EHLO_E_DOMAIN : EHLO_E_CHARACTER;
    if (cursor->in[cursor->at - 1] == '-' && !(cursor->rules & EHLO_ALLOW_HYPHEN))
        return EHLO_E_DOMAIN;
    return 0;
}

static int take_label(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int error = take_label_octets(cursor);

    return ehlo_cursor_bound(cursor, start, LABEL_OCTETS, error, EHLO_E_DOMAIN_LONG);
}

static int take_labels(struct ehlo_cursor *cursor)
{
    size_t start;
    int error;

    if ((error = take_label(cursor)) != 0)
        return error;
    while (ehlo_cursor_take(cursor, '.')) {
        start = cursor->at;
        if ((error = take_label(cursor)) != 0)
            return cursor->at == start && (cursor->rules & EHLO_ALLOW_TRAILING_DOT) ? 0 : error;
    }
    return 0;
}

int ehlo_domain_name_scan(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int error = take_labels(cursor);

    return ehlo_cursor_bound(cursor, start, DOMAIN_OCTETS, error, EHLO_E_DOMAIN_LONG);
}

int ehlo_domain_scan(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    struct ehlo_literal literal;
    int error;

    if (ehlo_cursor_peek(cursor) != '[')
        return ehlo_domain_name_scan(cursor);
    error = ehlo_literal_scan(cursor, &literal);
    if (error != 0)
        error = ehlo_cursor_refuse(cursor, error);
    cursor->kind |= EHLO_PATH_LITERAL;
    return ehlo_cursor_bound(cursor, start, DOMAIN_OCTETS, error, EHLO_E_DOMAIN_LONG);
}

int ehlo_domain_parse(const char *in, size_t size, uint32_t rules, uint32_t *kind, size_t *used)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, rules);
    int error = ehlo_domain_scan(&cursor);

    if (error == 0)
        error = ehlo_cursor_finish(&cursor, EHLO_E_CHARACTER);
    *kind = error == 0 ? cursor.kind : 0;
    *used = cursor.at;
    return error;
}
