/* SPDX-License-Identifier: ISC
 *
 * Headers of the PROXY protocol (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2).
 */
#include <ehlo/proxy.h>

#include <string.h>

#include "codec/writer.h"
#include "grammar/grammar.h"

/* Version 2 begins with a signature, version and command, family and transport, and the length of what follows. */
#define COMMAND_AT 12
#define FAMILY_AT 13
#define LENGTH_AT 14
#define FIXED_OCTETS 16
#define TLV_OCTETS 3 /* type and length */
#define COMMAND_LOCAL 0x20
#define COMMAND_PROXY 0x21

static const char signature[COMMAND_AT] = {'\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* What version 2 says of a family. */
struct family {
    uint8_t octet;   /* of family and transport: a stream, where it has one */
    uint8_t address; /* octets of each of two addresses, and of each of two ports behind them */
    uint8_t port;
};

static const struct family families[] = {
    [EHLO_PROXY_LOCAL] = {0x00, 0, 0}, [EHLO_PROXY_UNKNOWN] = {0x00, 0, 0}, [EHLO_PROXY_IPV4] = {0x11, 4, 2},
    [EHLO_PROXY_IPV6] = {0x21, 16, 2}, [EHLO_PROXY_UNIX] = {0x31, 108, 0},
};

#define FAMILY_COUNT (sizeof families / sizeof *families)

static size_t addresses_octets(uint32_t family)
{
    return 2u * (families[family].address + families[family].port);
}

static int take_word(struct ehlo_cursor *cursor, const char *word)
{
    for (; *word != '\0'; word++)
        if (!ehlo_cursor_take(cursor, *word))
            return EHLO_E_PROXY;
    return 0;
}

static int take_family(struct ehlo_cursor *cursor, uint32_t *family)
{
    if (ehlo_cursor_take(cursor, 'U')) {
        *family = EHLO_PROXY_UNKNOWN;
        return take_word(cursor, "NKNOWN");
    }
    if (take_word(cursor, "TCP") != 0)
        return EHLO_E_PROXY;
    *family = ehlo_cursor_peek(cursor) == '4' ? EHLO_PROXY_IPV4 : EHLO_PROXY_IPV6;
    return take_word(cursor, *family == EHLO_PROXY_IPV4 ? "4" : "6");
}

static int take_address(struct ehlo_cursor *cursor, uint32_t family, uint8_t *address)
{
    if (!ehlo_cursor_take(cursor, ' '))
        return EHLO_E_PROXY;
    return family == EHLO_PROXY_IPV4 ? ehlo_ipv4_scan(cursor, address) : ehlo_ipv6_scan(cursor, address);
}

static int take_port(struct ehlo_cursor *cursor, uint16_t *port)
{
    return ehlo_cursor_take(cursor, ' ') ? ehlo_port_scan(cursor, port) : EHLO_E_PROXY;
}

/* What stands behind UNKNOWN means nothing; only the end of the line does. */
static void skip_text(struct ehlo_cursor *cursor)
{
    int octet = ehlo_cursor_peek(cursor);

    if (octet != ' ')
        return;
    while (octet >= 0 && octet != '\r' && octet != '\n') {
        cursor->at++;
        octet = ehlo_cursor_peek(cursor);
    }
}

static int take_line(struct ehlo_cursor *cursor, struct ehlo_proxy *proxy)
{
    proxy->version = 1;
    if (take_word(cursor, "PROXY ") != 0 || take_family(cursor, &proxy->family) != 0)
        return EHLO_E_PROXY;
    if (proxy->family == EHLO_PROXY_UNKNOWN)
        skip_text(cursor);
    else if (take_address(cursor, proxy->family, proxy->source) != 0 ||
             take_address(cursor, proxy->family, proxy->destination) != 0 ||
             take_port(cursor, &proxy->source_port) != 0 || take_port(cursor, &proxy->destination_port) != 0)
        return EHLO_E_PROXY;
    return take_word(cursor, "\r\n");
}

/* A scanner that gives up at the end of what is there may find more there next time: up to the longest line. */
static int parse_v1(struct ehlo_proxy *proxy, const char *in, size_t size, size_t *used)
{
    struct ehlo_cursor cursor =
        ehlo_cursor_on(in, size < EHLO_PROXY_V1_MAX ? size : EHLO_PROXY_V1_MAX, EHLO_CURSOR_NO_LEADING_ZERO);

    if (take_line(&cursor, proxy) != 0) {
        memset(proxy, 0, sizeof *proxy);
        if (cursor.at == size && size < EHLO_PROXY_V1_MAX)
            return 0;
        *used = cursor.at;
        return cursor.at == EHLO_PROXY_V1_MAX ? EHLO_E_LINE_LONG : EHLO_E_PROXY;
    }
    *used = cursor.at;
    return 1;
}

static unsigned octet_at(const char *in, size_t at)
{
    return (unsigned char)in[at];
}

static unsigned pair_at(const char *in, size_t at)
{
    return octet_at(in, at) << 8 | octet_at(in, at + 1);
}

/* The family of a fixed part; FAMILY_COUNT when there is none like it. LOCAL leaves its octet without a meaning. */
static uint32_t family_of(const char *in)
{
    uint32_t family = EHLO_PROXY_UNKNOWN;

    if (octet_at(in, COMMAND_AT) == COMMAND_LOCAL)
        return EHLO_PROXY_LOCAL;
    while (family < FAMILY_COUNT && families[family].octet != octet_at(in, FAMILY_AT))
        family++;
    return family;
}

/* Whether what is there can be a fixed part, or the beginning of one; if not, `*used` is the octet that cannot be. */
static int check_fixed(const char *in, size_t size, size_t *used)
{
    for (*used = 0; *used < size && *used < sizeof signature; ++*used)
        if (in[*used] != signature[*used])
            return EHLO_E_PROXY;
    *used = COMMAND_AT;
    if (size > COMMAND_AT && octet_at(in, COMMAND_AT) != COMMAND_LOCAL && octet_at(in, COMMAND_AT) != COMMAND_PROXY)
        return EHLO_E_PROXY;
    *used = FAMILY_AT;
    return size > FAMILY_AT && family_of(in) == FAMILY_COUNT ? EHLO_E_PROXY : 0;
}

/* TLVs fill what the addresses leave to the end; `*used` is the first that does not fit. */
static int check_tlvs(const char *in, size_t end, size_t *used)
{
    while (*used < end) {
        if (end - *used < TLV_OCTETS || end - *used - TLV_OCTETS < pair_at(in, *used + 1))
            return EHLO_E_PROXY;
        *used += TLV_OCTETS + pair_at(in, *used + 1);
    }
    return 0;
}

static void read_addresses(struct ehlo_proxy *proxy, const char *in)
{
    const struct family *family = &families[proxy->family];

    memcpy(proxy->source, in, family->address);
    memcpy(proxy->destination, in + family->address, family->address);
    if (family->port > 0) {
        proxy->source_port = (uint16_t)pair_at(in, 2u * family->address);
        proxy->destination_port = (uint16_t)pair_at(in, 2u * family->address + family->port);
    }
}

/* The TLVs are looked at only when all of them are there, once, so that the work stays linear. */
static int parse_v2(struct ehlo_proxy *proxy, const char *in, size_t size, size_t *used)
{
    uint32_t family;
    size_t end, addresses_end;

    if (check_fixed(in, size, used) != 0)
        return EHLO_E_PROXY;
    *used = 0;
    if (size < FIXED_OCTETS)
        return 0;
    family = family_of(in);
    addresses_end = FIXED_OCTETS + addresses_octets(family);
    end = FIXED_OCTETS + pair_at(in, LENGTH_AT);
    if (end < addresses_end) {
        *used = LENGTH_AT;
        return EHLO_E_PROXY;
    }
    if (size < end) {
        proxy->need = (uint32_t)end;
        return 0;
    }
    *used = addresses_end;
    if (family >= EHLO_PROXY_IPV4 && check_tlvs(in, end, used) != 0)
        return EHLO_E_PROXY;
    *used = end;
    proxy->version = 2;
    proxy->family = family;
    read_addresses(proxy, in + FIXED_OCTETS);
    return 1;
}

int ehlo_proxy_parse(struct ehlo_proxy *proxy, const void *in, size_t size, size_t *used)
{
    const char *octets = (const char *)in;
    struct ehlo_proxy found;
    int result = 0;

    *used = 0;
    if (proxy->size < sizeof *proxy)
        return EHLO_E_ARGUMENT;
    memset(&found, 0, sizeof found);
    if (size > 0)
        result =
            octets[0] == signature[0] ? parse_v2(&found, octets, size, used) : parse_v1(&found, octets, size, used);
    found.size = proxy->size;
    memcpy(proxy, &found, sizeof found);
    return result;
}

static void put_v1(struct ehlo_writer *writer, const struct ehlo_proxy *proxy)
{
    const size_t size = families[proxy->family].address;

    if (size == 0) {
        ehlo_put_string(writer, "PROXY UNKNOWN\r\n");
        return;
    }
    ehlo_put_string(writer, size == 4 ? "PROXY TCP4 " : "PROXY TCP6 ");
    ehlo_ip_put(writer, proxy->source, size);
    ehlo_put_octet(writer, ' ');
    ehlo_ip_put(writer, proxy->destination, size);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, proxy->source_port, 0);
    ehlo_put_octet(writer, ' ');
    ehlo_put_number(writer, proxy->destination_port, 0);
    ehlo_put_string(writer, "\r\n");
}

static void put_binary(struct ehlo_writer *writer, unsigned octet)
{
    ehlo_put_octet(writer, (char)(unsigned char)octet);
}

static void put_pair(struct ehlo_writer *writer, size_t number)
{
    put_binary(writer, (unsigned)(number >> 8 & 255));
    put_binary(writer, (unsigned)(number & 255));
}

static void put_octets(struct ehlo_writer *writer, const uint8_t *octets, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++)
        put_binary(writer, octets[i]);
}

static void put_v2(struct ehlo_writer *writer, const struct ehlo_proxy *proxy)
{
    const struct family *family = &families[proxy->family];

    ehlo_put(writer, signature, sizeof signature);
    put_binary(writer, proxy->family == EHLO_PROXY_LOCAL ? COMMAND_LOCAL : COMMAND_PROXY);
    put_binary(writer, family->octet);
    put_pair(writer, addresses_octets(proxy->family));
    put_octets(writer, proxy->source, family->address);
    put_octets(writer, proxy->destination, family->address);
    if (family->port > 0) {
        put_pair(writer, proxy->source_port);
        put_pair(writer, proxy->destination_port);
    }
}

static void put_proxy(struct ehlo_writer *writer, const struct ehlo_proxy *proxy)
{
    if (proxy->version == 1)
        put_v1(writer, proxy);
    else
        put_v2(writer, proxy);
}

int ehlo_proxy_format(void *out, size_t capacity, size_t *length, const struct ehlo_proxy *proxy)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (proxy->size < sizeof *proxy || (proxy->version != 1 && proxy->version != 2) || proxy->family >= FAMILY_COUNT ||
        (proxy->version == 1 && proxy->family == EHLO_PROXY_UNIX))
        return EHLO_E_ARGUMENT;
    ehlo_writer_count(&writer);
    put_proxy(&writer, proxy);
    error = ehlo_writer_room(&writer, (char *)out, capacity, length);
    if (error == 0)
        put_proxy(&writer, proxy);
    return error;
}
