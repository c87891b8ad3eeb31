/* SPDX-License-Identifier: ISC
 *
 * Base64 with padding, strict (RFC 4648, section 4).
 */
#include "codec/writer.h"

#include <ehlo/codec.h>

#define NO_SEXTET 64u

static char letter(uint32_t sextet)
{
    if (sextet < 26)
        return (char)('A' + sextet);
    if (sextet < 52)
        return (char)('a' + (sextet - 26));
    if (sextet < 62)
        return (char)('0' + (sextet - 52));
    return sextet == 62 ? '+' : '/';
}

static uint32_t sextet_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0' + 52);
    if (c == '+')
        return 62;
    return c == '/' ? 63 : NO_SEXTET;
}

/* Puts one quantum: four letters for one to three octets. */
static void put_letters(struct ehlo_writer *writer, const unsigned char *in, size_t size)
{
    uint32_t bits = (uint32_t)in[0] << 16 | (size > 1 ? (uint32_t)in[1] << 8 : 0) | (size > 2 ? (uint32_t)in[2] : 0);
    size_t i;

    for (i = 0; i < 4; i++)
        ehlo_put_octet(writer, i <= size ? letter(bits >> (18 - 6 * i) & 63) : '=');
}

static void put_encoded(struct ehlo_writer *writer, const unsigned char *in, size_t size)
{
    size_t at;

    for (at = 0; at < size; at += size - at < 3 ? size - at : 3)
        put_letters(writer, in + at, size - at);
}

int ehlo_base64_encode(char *out, size_t capacity, size_t *length, const void *in, size_t size)
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

/* 1 when a "=" may stand at `at`: where it ends the input, or another one will, and no bit that is set gets lost. */
static int is_padding(const char *in, size_t at)
{
    if (at % 4 == 2)
        return (sextet_of(in[at - 1]) & 15) == 0;
    if (at % 4 == 3)
        return in[at - 1] == '=' || (sextet_of(in[at - 1]) & 3) == 0;
    return 0;
}

/* The index of the first octet that no base64 can have there; `size` when there is none. */
static size_t check(const char *in, size_t size)
{
    size_t at = 0;

    while (at < size && sextet_of(in[at]) != NO_SEXTET)
        at++;
    while (at < size && in[at] == '=' && is_padding(in, at))
        at++;
    return at;
}

/* Puts the octets of checked base64: whenever eight bits have gathered, they are one. */
static void put_decoded(struct ehlo_writer *writer, const char *in, size_t size)
{
    uint32_t bits = 0, gathered = 0;
    size_t at;

    for (at = 0; at < size && in[at] != '='; at++) {
        bits = (bits << 6 | sextet_of(in[at])) & 0xfff;
        gathered += 6;
        if (gathered >= 8) {
            gathered -= 8;
            ehlo_put_octet(writer, (char)(unsigned char)(bits >> gathered & 0xff));
        }
    }
}

int ehlo_base64_decode(void *out, size_t capacity, size_t *length, const char *in, size_t size)
{
    struct ehlo_writer writer;
    size_t good;
    int error;

    if (length == NULL || (in == NULL && size != 0))
        return EHLO_E_ARGUMENT;
    good = check(in, size);
    if (good != size || size % 4 != 0) {
        *length = good;
        return EHLO_E_BASE64;
    }
    ehlo_writer_count(&writer);
    put_decoded(&writer, in, size);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_decoded(&writer, in, size);
    return error;
}
