/* SPDX-License-Identifier: ISC
 *
 * xtext, strict (RFC 3461, section 4).
 */
#include "codec/ascii.h"
#include "codec/writer.h"

#include <ehlo/codec.h>

static int is_xchar(char c)
{
    return c >= '!' && c <= '~' && c != '+' && c != '=';
}

static int is_upper_hexdigit(char c)
{
    return ehlo_is_digit(c) || (c >= 'A' && c <= 'F');
}

static unsigned value(char hexdigit)
{
    return (unsigned)(ehlo_is_digit(hexdigit) ? hexdigit - '0' : hexdigit - 'A' + 10);
}

static char hexdigit_of(unsigned nibble)
{
    return (char)(nibble < 10 ? '0' + nibble : 'A' + (nibble - 10));
}

static void put_encoded(struct ehlo_writer *writer, const char *in, size_t size)
{
    size_t at;
    unsigned octet;

    for (at = 0; at < size; at++) {
        if (is_xchar(in[at])) {
            ehlo_put_octet(writer, in[at]);
        } else {
            octet = (unsigned char)in[at];
            ehlo_put_octet(writer, '+');
            ehlo_put_octet(writer, hexdigit_of(octet >> 4));
            ehlo_put_octet(writer, hexdigit_of(octet & 15));
        }
    }
}

int ehlo_xtext_encode(char *out, size_t capacity, size_t *length, const void *in, size_t size)
{
    struct ehlo_writer writer;
    int error;

    if (length == NULL || (in == NULL && size != 0))
        return EHLO_E_ARGUMENT;
    ehlo_writer_count(&writer);
    put_encoded(&writer, in, size);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_encoded(&writer, in, size);
    return error;
}

/* 0, or EHLO_E_XTEXT with `*at` the index of the first octet that no xtext can have there, the end included. */
static int check(const char *in, size_t size, size_t *at)
{
    size_t digits = 0; /* still owed to a "+" */

    for (*at = 0; *at < size; ++*at) {
        if (digits > 0 ? !is_upper_hexdigit(in[*at]) : !is_xchar(in[*at]) && in[*at] != '+')
            return EHLO_E_XTEXT;
        digits = digits > 0 ? digits - 1 : in[*at] == '+' ? 2 : 0;
    }
    return digits > 0 ? EHLO_E_XTEXT : 0;
}

/* Puts the octets of checked xtext. */
static void put_decoded(struct ehlo_writer *writer, const char *in, size_t size)
{
    size_t at;

    for (at = 0; at < size; at++) {
        if (in[at] != '+') {
            ehlo_put_octet(writer, in[at]);
        } else {
            ehlo_put_octet(writer, (char)(unsigned char)(value(in[at + 1]) << 4 | value(in[at + 2])));
            at += 2;
        }
    }
}

int ehlo_xtext_decode(void *out, size_t capacity, size_t *length, const char *in, size_t size)
{
    struct ehlo_writer writer;
    int error;

    if (length == NULL || (in == NULL && size != 0))
        return EHLO_E_ARGUMENT;
    error = check(in, size, length);
    if (error != 0)
        return error;
    ehlo_writer_count(&writer);
    put_decoded(&writer, in, size);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_decoded(&writer, in, size);
    return error;
}
