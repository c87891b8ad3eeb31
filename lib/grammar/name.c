/* SPDX-License-Identifier: ISC
 *
 * Names of hosts and messages that are to stand in a trace field, whoever gave them.
 */
#include "grammar/grammar.h"

#define NAME_OCTETS 255 /* RFC 5321, section 4.5.3.1.2 */

/* Visible ASCII without what has a meaning in a structured field: a parenthesis would end the comment around it. */
static int is_name_octet(char octet)
{
    switch (octet) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '"':
    case '\\':
    case ',':
    case ';':
        return 0;
    default:
        return octet > 32 && octet < 127;
    }
}

int ehlo_name_check(struct ehlo_span name)
{
    size_t i;

    if (name.size == 0 || name.size > NAME_OCTETS)
        return EHLO_E_VALUE;
    for (i = 0; i < name.size; i++)
        if (!is_name_octet(name.data[i]))
            return EHLO_E_VALUE;
    return 0;
}
