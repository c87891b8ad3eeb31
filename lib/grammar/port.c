/* SPDX-License-Identifier: ISC
 *
 * Numbers of ports, as those who speak for another tell them.
 */
#include "codec/ascii.h"
#include "grammar/grammar.h"

#define PORT_MAX 65535

int ehlo_port_scan(struct ehlo_cursor *cursor, uint16_t *port)
{
    uint32_t value = 0;
    size_t start = cursor->at;
    int octet;

    while (ehlo_is_digit((char)(octet = ehlo_cursor_peek(cursor)))) {
        if ((cursor->at > start && value == 0) || value * 10 + (uint32_t)(octet - '0') > PORT_MAX)
            return EHLO_E_VALUE;
        value = value * 10 + (uint32_t)(octet - '0');
        cursor->at++;
    }
    *port = (uint16_t)value;
    return cursor->at > start ? 0 : EHLO_E_VALUE;
}
