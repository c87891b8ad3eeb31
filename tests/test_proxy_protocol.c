/* SPDX-License-Identifier: ISC
 *
 * Tests of headers of the PROXY protocol.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/proxy.h>
#include <stdlib.h>
#include <string.h>

#include "flush.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define OCTETS(text) (text), sizeof(text) - 1
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* Parses a copy that ends at an unreadable page. The struct is filled when there is a header, and else zero. */
static int parse(struct ehlo_proxy *proxy, const char *in, size_t size, size_t *used)
{
    static const struct ehlo_proxy nothing;
    struct ehlo_proxy rest;
    char *copy = flush_copy(in, size);
    int result;

    memset(proxy, 0xA5, sizeof *proxy);
    proxy->size = sizeof *proxy;
    result = ehlo_proxy_parse(proxy, copy, size, used);
    flush_free(copy, size);
    assert_int_equal(proxy->size, sizeof *proxy);
    assert_true(result == 0 || proxy->need == 0);
    if (result != 1) {
        rest = *proxy;
        rest.size = rest.need = 0;
        assert_memory_equal(&rest, &nothing, sizeof rest);
    }
    return result;
}

/* Each shorter part asks for more; what follows the header is let alone. */
static void assert_header(struct ehlo_proxy *proxy, const char *in, size_t size)
{
    char more[400];
    size_t part, used;

    assert_true(size + 3 <= sizeof more);
    for (part = 0; part < size; part++) {
        assert_int_equal(parse(proxy, in, part, &used), 0);
        assert_int_equal(used, 0);
        assert_int_equal(proxy->need, in[0] == '\r' && part >= 16 ? size : 0);
    }
    memcpy(more, in, size);
    memcpy(more + size, "\r\nE", 3);
    assert_int_equal(parse(proxy, more, size + 3, &used), 1);
    assert_int_equal(used, size);
    assert_int_equal(parse(proxy, in, size, &used), 1);
    assert_int_equal(used, size);
}

/* Wrong at `at`: as soon as that octet is there, and whatever follows, but not before. */
static void assert_none(const char *in, size_t size, int error, size_t at, size_t seen)
{
    struct ehlo_proxy proxy;
    size_t part, used;

    for (part = 0; part <= size; part++) {
        assert_int_equal(parse(&proxy, in, part, &used), part < seen ? 0 : error);
        assert_int_equal(used, part < seen ? 0 : at);
    }
}

static void version_1(void **state)
{
    static const struct {
        const char *in;
        uint32_t family;
        uint8_t source[16], destination[16];
        uint16_t source_port, destination_port;
    } rows[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n",
         EHLO_PROXY_IPV4,
         {192, 0, 2, 1},
         {198, 51, 100, 2},
         56324,
         25},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
         EHLO_PROXY_IPV4,
         {255, 255, 255, 255},
         {255, 255, 255, 255},
         65535,
         65535},
        {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", EHLO_PROXY_IPV4, {0}, {0}, 0, 0},
        {"PROXY TCP6 2001:DB8::1 ::1 1 2\r\n",
         EHLO_PROXY_IPV6,
         {0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         1,
         2},
        {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         EHLO_PROXY_IPV6,
         {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
         {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
         65535,
         65535},
        {"PROXY TCP6 ::ffff:192.0.2.1 0001:: 10 20\r\n",
         EHLO_PROXY_IPV6,
         {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1},
         {0, 1},
         10,
         20},
        {"PROXY UNKNOWN\r\n", EHLO_PROXY_UNKNOWN, {0}, {0}, 0, 0},
        {"PROXY UNKNOWN \r\n", EHLO_PROXY_UNKNOWN, {0}, {0}, 0, 0},
        {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
         "65535\r\n",
         EHLO_PROXY_UNKNOWN,
         {0},
         {0},
         0,
         0},
        {"PROXY UNKNOWN any \x01thing\xFF\r\n", EHLO_PROXY_UNKNOWN, {0}, {0}, 0, 0},
    };
    struct ehlo_proxy proxy;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_header(&proxy, rows[i].in, strlen(rows[i].in));
        assert_int_equal(proxy.version, 1);
        assert_int_equal(proxy.family, rows[i].family);
        assert_memory_equal(proxy.source, rows[i].source, 16);
        assert_memory_equal(proxy.destination, rows[i].destination, 16);
        assert_int_equal(proxy.source_port, rows[i].source_port);
        assert_int_equal(proxy.destination_port, rows[i].destination_port);
    }
}

/* What is in front of the bar may begin a header; with the octet behind it it cannot. */
static void version_1_refused(void **state)
{
    static const char *const rows[] = {
        "|EHLO x",
        "|\nPROXY TCP4",
        "PRO|xY",
        "|proxy TCP4",
        "PROXY |\tTCP4",
        "PROXY | TCP4",
        "PROXY TCP|5 ",
        "PROXY T|P4",
        "PROXY U|DP4",
        "PROXY UNKNOWN|X",
        "PROXY UNKNOWN|\n",
        "PROXY UNKNOWN\r|\r\n",
        "PROXY UNKNOWN a|\nb\r\n",
        "PROXY UNKNOWN a\r|b\r\n",
        "PROXY TCP4|\r\n",
        "PROXY TCP4 | 192.0.2.1",
        "PROXY TCP4 0|1.0.2.1 ",
        "PROXY TCP4 192.0.0|2.1 ",
        "PROXY TCP4 192.0.2.0|0 ",
        "PROXY TCP4 25|6.0.2.1 ",
        "PROXY TCP4 192|a.0.2.1 ",
        "PROXY TCP4 192.0.2| ",
        "PROXY TCP4 192.0.2.1|.1 ",
        "PROXY TCP4 |::1 ",
        "PROXY TCP4 |[192.0.2.1] ",
        "PROXY TCP4 192.0.2.1 | 192.0.2.2",
        "PROXY TCP4 192.0.2.1|\t192.0.2.2",
        "PROXY TCP4 192.0.2.1 192.0.2.2 | 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 |+1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 |-1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 0|1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 0|0 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 6553|6 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 65535|5 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 |\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1|\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2| \r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2|\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r|\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r| \n",
        "PROXY TCP6 192|.0.2.1 ",
        "PROXY TCP6 |IPv6:::1 ",
        "PROXY TCP6 :|1 ",
        "PROXY TCP6 ::1:|:1 ",
        "PROXY TCP6 1:2:3:4:5:6:7| ",
        "PROXY TCP6 1:2:3:4:5:6:7:8|: ",
        "PROXY TCP6 1:2:3:4:5:6:7:|: ",
        "PROXY TCP6 0000|0::1 ",
        "PROXY TCP6 ::ffff:192.0|2.2.1 ",
        "PROXY TCP6 ::ffff:192.0.0|2.1 ",
        "PROXY TCP6 ::1|%eth0 ",
        "PROXY TCP6 ::|g ",
        "PROXY TCP6 ::ffff:01|.2.3.4 ",
    };
    char in[120];
    size_t i, at;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        at = (size_t)(strchr(rows[i], '|') - rows[i]);
        memcpy(in, rows[i], at);
        strcpy(in + at, rows[i] + at + 1);
        assert_none(in, strlen(in), EHLO_E_PROXY, at, at + 1);
    }
}

/* 107 octets are a line at the most; the last of them must be its LF. */
static void version_1_long(void **state)
{
    struct ehlo_proxy proxy;
    char in[120];

    (void)state;
    assert_int_equal(EHLO_PROXY_V1_MAX, 107);
    memset(in, 'x', sizeof in);
    memcpy(in, "PROXY UNKNOWN ", 14);
    assert_none(in, sizeof in, EHLO_E_LINE_LONG, EHLO_PROXY_V1_MAX, EHLO_PROXY_V1_MAX);
    memcpy(in + EHLO_PROXY_V1_MAX - 1, "\r\n", 2);
    assert_none(in, sizeof in, EHLO_E_LINE_LONG, EHLO_PROXY_V1_MAX, EHLO_PROXY_V1_MAX);
    memcpy(in + EHLO_PROXY_V1_MAX - 2, "\r\n", 2);
    assert_header(&proxy, in, EHLO_PROXY_V1_MAX);
}

/* A header of version 2: signature, the octets given, a length, and that many octets that count up from 1. */
static size_t binary(char *out, int command, int family, size_t length)
{
    size_t i;

    memcpy(out, SIGNATURE, 12);
    out[12] = (char)command;
    out[13] = (char)family;
    out[14] = (char)(unsigned char)(length >> 8);
    out[15] = (char)(unsigned char)(length & 255);
    for (i = 0; i < length; i++)
        out[16 + i] = (char)(unsigned char)(i + 1);
    return 16 + length;
}

static void version_2(void **state)
{
    static const struct {
        int command, octet;
        size_t length;
        uint32_t family;
        size_t address;
    } rows[] = {
        {0x20, 0x00, 0, EHLO_PROXY_LOCAL, 0},   {0x20, 0x11, 12, EHLO_PROXY_LOCAL, 0},
        {0x20, 0xFF, 5, EHLO_PROXY_LOCAL, 0},   {0x21, 0x00, 0, EHLO_PROXY_UNKNOWN, 0},
        {0x21, 0x00, 7, EHLO_PROXY_UNKNOWN, 0}, {0x21, 0x11, 12, EHLO_PROXY_IPV4, 4},
        {0x21, 0x21, 36, EHLO_PROXY_IPV6, 16},  {0x21, 0x31, 216, EHLO_PROXY_UNIX, 108},
    };
    struct ehlo_proxy proxy;
    char in[300];
    size_t i, k, size;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = binary(in, rows[i].command, rows[i].octet, rows[i].length);
        assert_header(&proxy, in, size);
        assert_int_equal(proxy.version, 2);
        assert_int_equal(proxy.family, rows[i].family);
        for (k = 0; k < sizeof proxy.source; k++) {
            assert_int_equal(proxy.source[k], k < rows[i].address ? k + 1 : 0);
            assert_int_equal(proxy.destination[k], k < rows[i].address ? k + 1 + rows[i].address : 0);
        }
        k = rows[i].address == 4 || rows[i].address == 16 ? 2 * rows[i].address + 1 : 0;
        assert_int_equal(proxy.source_port, k == 0 ? 0 : k << 8 | (k + 1));
        assert_int_equal(proxy.destination_port, k == 0 ? 0 : (k + 2) << 8 | (k + 3));
    }
}

static void version_2_refused(void **state)
{
    static const struct {
        int command, octet;
        size_t length, at, seen;
    } rows[] = {
        {0x10, 0x11, 12, 12, 13}, {0x22, 0x11, 12, 12, 13}, {0x2F, 0x11, 12, 12, 13},    {0x30, 0x11, 12, 12, 13},
        {0x21, 0x12, 12, 13, 14}, {0x21, 0x10, 12, 13, 14}, {0x21, 0x01, 12, 13, 14},    {0x21, 0x22, 36, 13, 14},
        {0x21, 0x32, 99, 13, 14}, {0x21, 0x41, 99, 13, 14}, {0x21, 0x1F, 12, 13, 14},    {0x21, 0x11, 11, 14, 16},
        {0x21, 0x11, 0, 14, 16},  {0x21, 0x21, 35, 14, 16}, {0x21, 0x31, 215, 14, 16},   {0x21, 0x11, 13, 28, 29},
        {0x21, 0x11, 14, 28, 30}, {0x21, 0x21, 37, 52, 53}, {0x21, 0x31, 218, 232, 234},
    };
    char in[300];
    size_t i, k, size;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = binary(in, rows[i].command, rows[i].octet, rows[i].length);
        assert_none(in, size, EHLO_E_PROXY, rows[i].at, rows[i].seen);
    }
    for (k = 1; k < 12; k++) {
        size = binary(in, 0x21, 0x11, 12);
        in[k] = (char)(in[k] + 1);
        assert_none(in, size, EHLO_E_PROXY, k, k + 1);
    }
}

/* TLVs are skipped, but must end where the header does. */
static void tlvs(void **state)
{
    static const struct {
        const char *octets;
        size_t size;
        size_t wrong; /* offset behind the addresses, or the size when nothing is */
    } rows[] = {
        {OCTETS("\x04\0\0"), 3},
        {OCTETS("\x04\0\0\x04\0\0"), 6},
        {OCTETS("\x02\0\x05host."), 8},
        {OCTETS("\x03\0\x04\x01\x02\x03\x04\x20\0\x05\x01\0\0\0\0"), 15},
        {OCTETS("\xEE\0\x01x\xFF\0\x02yz"), 9},
        {OCTETS("\x02\0\x06host."), 0},
        {OCTETS("\x02\x01\x05host."), 0},
        {OCTETS("\x02\0\x04host."), 7},
        {OCTETS("\x04\0\0\x02\0\x01"), 3},
        {OCTETS("\x04\0\0\x02\0"), 3},
        {OCTETS("\x04\0\0\x02"), 3},
    };
    struct ehlo_proxy proxy;
    char in[100];
    size_t i, size;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        size = binary(in, 0x21, 0x11, 12 + rows[i].size);
        memcpy(in + 28, rows[i].octets, rows[i].size);
        if (rows[i].wrong == rows[i].size) {
            assert_header(&proxy, in, size);
            assert_int_equal(proxy.family, EHLO_PROXY_IPV4);
        } else {
            assert_none(in, size, EHLO_E_PROXY, 28 + rows[i].wrong, size);
        }
    }
}

static void longest(void **state)
{
    char *in = malloc(EHLO_PROXY_MAX);
    struct ehlo_proxy proxy;
    size_t used;

    (void)state;
    assert_non_null(in);
    memset(in, 0, EHLO_PROXY_MAX);
    binary(in, 0x21, 0x11, 65535);
    memset(in + 28, 0, EHLO_PROXY_MAX - 28);
    in[29] = '\xFF';
    in[30] = (char)(unsigned char)(65535 - 12 - 3 - 0xFF00);
    assert_int_equal(parse(&proxy, in, EHLO_PROXY_MAX - 1, &used), 0);
    assert_int_equal(proxy.need, EHLO_PROXY_MAX);
    assert_int_equal(parse(&proxy, in, EHLO_PROXY_MAX, &used), 1);
    assert_int_equal(used, EHLO_PROXY_MAX);
    in[30] = (char)(in[30] + 1);
    assert_int_equal(parse(&proxy, in, EHLO_PROXY_MAX, &used), EHLO_E_PROXY);
    assert_int_equal(used, 28);
    free(in);
}

static void formats(void **state)
{
    static const struct {
        uint32_t version, family;
        const char *out;
        size_t size;
    } rows[] = {
        {1, EHLO_PROXY_LOCAL, OCTETS("PROXY UNKNOWN\r\n")},
        {1, EHLO_PROXY_UNKNOWN, OCTETS("PROXY UNKNOWN\r\n")},
        {1, EHLO_PROXY_IPV4, OCTETS("PROXY TCP4 1.2.3.4 101.102.103.104 65534 25\r\n")},
        {1, EHLO_PROXY_IPV6,
         OCTETS("PROXY TCP6 102:304:506:708:90a:b0c:d0e:f10 6566:6768:696a:6b6c:6d6e:6f70:7172:7374 65534 25\r\n")},
        {2, EHLO_PROXY_LOCAL, OCTETS(SIGNATURE "\x20\0\0\0")},
        {2, EHLO_PROXY_UNKNOWN, OCTETS(SIGNATURE "\x21\0\0\0")},
        {2, EHLO_PROXY_IPV4, OCTETS(SIGNATURE "\x21\x11\0\x0C\x01\x02\x03\x04\x65\x66\x67\x68\xFF\xFE\0\x19")},
        {2, EHLO_PROXY_IPV6,
         OCTETS(SIGNATURE "\x21\x21\0\x24\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10"
                          "efghijklmnopqrst\xFF\xFE\0\x19")},
    };
    struct ehlo_proxy proxy, again;
    char out[232];
    size_t i, length, used;

    (void)state;
    memset(&proxy, 0, sizeof proxy);
    proxy.size = sizeof proxy;
    proxy.source_port = 65534;
    proxy.destination_port = 25;
    for (i = 0; i < sizeof proxy.source; i++) {
        proxy.source[i] = (uint8_t)(i + 1);
        proxy.destination[i] = (uint8_t)(i + 101);
    }
    for (i = 0; i < COUNT(rows); i++) {
        proxy.version = rows[i].version;
        proxy.family = rows[i].family;
        memset(out, '#', sizeof out);
        assert_int_equal(ehlo_proxy_format(out, rows[i].size - 1, &length, &proxy), EHLO_E_SPACE);
        assert_int_equal(length, rows[i].size);
        assert_int_equal(out[0], '#');
        assert_int_equal(ehlo_proxy_format(NULL, 0, &length, &proxy), EHLO_E_SPACE);
        assert_int_equal(ehlo_proxy_format(out, length, &length, &proxy), 0);
        assert_memory_equal(out, rows[i].out, rows[i].size);
        assert_int_equal(parse(&again, out, length, &used), 1);
        assert_int_equal(again.family, rows[i].version == 1 && rows[i].family == EHLO_PROXY_LOCAL ? EHLO_PROXY_UNKNOWN
                                                                                                  : rows[i].family);
    }
    proxy.version = 2;
    proxy.family = EHLO_PROXY_UNIX;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), 0);
    assert_int_equal(length, 16 + 216);
    assert_memory_equal(out + 12, "\x21\x31\0\xD8\x01", 5);
    assert_int_equal(parse(&again, out, length, &used), 1);
    assert_memory_equal(again.source, proxy.source, 108);
    assert_memory_equal(again.destination, proxy.destination, 108);
}

static void arguments(void **state)
{
    struct ehlo_proxy proxy;
    char out[300];
    size_t length, used = 7;

    (void)state;
    memset(&proxy, 0, sizeof proxy);
    assert_int_equal(ehlo_proxy_parse(&proxy, "P", 1, &used), EHLO_E_ARGUMENT);
    assert_int_equal(used, 0);
    proxy.size = sizeof proxy - 1;
    assert_int_equal(ehlo_proxy_parse(&proxy, "P", 1, &used), EHLO_E_ARGUMENT);
    proxy.version = 1;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), EHLO_E_ARGUMENT);
    proxy.size = sizeof proxy;
    assert_int_equal(ehlo_proxy_parse(&proxy, NULL, 0, &used), 0);
    proxy.version = 0;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), EHLO_E_ARGUMENT);
    proxy.version = 3;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), EHLO_E_ARGUMENT);
    proxy.version = 1;
    proxy.family = EHLO_PROXY_UNIX;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), EHLO_E_ARGUMENT);
    proxy.version = 2;
    proxy.family = EHLO_PROXY_UNIX + 1;
    assert_int_equal(ehlo_proxy_format(out, sizeof out, &length, &proxy), EHLO_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1), cmocka_unit_test(version_1_refused), cmocka_unit_test(version_1_long),
        cmocka_unit_test(version_2), cmocka_unit_test(version_2_refused), cmocka_unit_test(tlvs),
        cmocka_unit_test(longest),   cmocka_unit_test(formats),           cmocka_unit_test(arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
