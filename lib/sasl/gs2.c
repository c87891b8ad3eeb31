/* SPDX-License-Identifier: ISC
 *
 * The GS2 header, and the names in it (RFC 5801, section 4; RFC 5802, section 5.1).
 */
#include "sasl/gs2.h"

void ehlo_saslname_put(struct ehlo_writer *writer, struct ehlo_span name)
{
    size_t i;

    for (i = 0; i < name.size; i++) {
        if (name.data[i] == ',')
            ehlo_put_string(writer, "=2C");
        else if (name.data[i] == '=')
            ehlo_put_string(writer, "=3D");
        else
            ehlo_put_octet(writer, name.data[i]);
    }
}

void ehlo_gs2_authzid_put(struct ehlo_writer *writer, struct ehlo_span authzid)
{
    if (authzid.size > 0) {
        ehlo_put_string(writer, "a=");
        ehlo_saslname_put(writer, authzid);
    }
    ehlo_put_octet(writer, ',');
}

struct ehlo_span ehlo_upto(struct ehlo_cursor *cursor, char end)
{
    size_t from = cursor->at;

    while (cursor->at < cursor->size && cursor->in[cursor->at] != end)
        cursor->at++;
    return ehlo_octets(cursor->in + from, cursor->at - from);
}

/* The octet that an escape behind "=" stands for, or 0. */
static char unescape(struct ehlo_cursor *cursor)
{
    if (ehlo_cursor_take(cursor, '2'))
        return ehlo_cursor_take(cursor, 'C') ? ',' : '\0';
    return ehlo_cursor_take(cursor, '3') && ehlo_cursor_take(cursor, 'D') ? '=' : '\0';
}

int ehlo_saslname_take(struct ehlo_sasl *sasl, struct ehlo_cursor *cursor, struct ehlo_run *name)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    struct ehlo_span text;
    int octet, error;

    while ((octet = ehlo_cursor_peek(cursor)) >= 0 && octet != ',') {
        cursor->at++;
        ehlo_put_octet(&writer, octet == '=' ? unescape(cursor) : cursor->in[cursor->at - 1]);
    }
    error = ehlo_exchange_hold(sasl, &writer, &text);
    if (error != 0)
        return error;
    /* a wrong escape has put a NUL */
    if (!ehlo_prepared(text, EHLO_SASL_NAME_MAX))
        return EHLO_E_EXCHANGE;
    *name = ehlo_run_of(sasl, text);
    return 0;
}

int ehlo_gs2_take(struct ehlo_sasl *sasl, struct ehlo_cursor *cursor, char *flag, struct ehlo_span *binding)
{
    int octet = ehlo_cursor_peek(cursor), error = 0;

    *binding = ehlo_octets(NULL, 0);
    if (octet != 'n' && octet != 'y' && octet != 'p')
        return EHLO_E_EXCHANGE;
    cursor->at++;
    *flag = (char)octet;
    if (octet == 'p') {
        if (!ehlo_cursor_take(cursor, '='))
            return EHLO_E_EXCHANGE;
        *binding = ehlo_upto(cursor, ',');
    }
    if (!ehlo_cursor_take(cursor, ','))
        return EHLO_E_EXCHANGE;
    if (ehlo_cursor_take(cursor, 'a'))
        error = ehlo_cursor_take(cursor, '=') ? ehlo_saslname_take(sasl, cursor, &sasl->authzid) : EHLO_E_EXCHANGE;
    if (error == 0 && !ehlo_cursor_take(cursor, ','))
        error = EHLO_E_EXCHANGE;
    return error;
}
