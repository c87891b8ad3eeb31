/* SPDX-License-Identifier: ISC
 *
 * Address literals (RFC 5321, section 4.1.3).
 */
#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define GROUPS 8 /* of 16 bits, in an IPv6 address */
#define NO_GAP GROUPS

/* The groups of an IPv6 address as they are written; "::" stands in front of number `gap`. */
struct groups {
    uint16_t value[GROUPS];
    size_t count;
    size_t gap;
};

static const char tag_ipv6[] = "IPv6:";

static int take_snum(struct ehlo_cursor *cursor, uint8_t *number)
{
    unsigned value = 0;
    size_t start = cursor->at;
    int octet;

    while (cursor->at - start < 3 && ehlo_is_digit((char)(octet = ehlo_cursor_peek(cursor)))) {
        if (value * 10 + (unsigned)(octet - '0') > 255)
            return EHLO_E_LITERAL;
        if ((cursor->rules & EHLO_CURSOR_NO_LEADING_ZERO) && cursor->at > start && value == 0)
            return EHLO_E_LITERAL;
        value = value * 10 + (unsigned)(octet - '0');
        cursor->at++;
    }
    *number = (uint8_t)value;
    return cursor->at > start ? 0 : EHLO_E_LITERAL;
}

int ehlo_ipv4_scan(struct ehlo_cursor *cursor, uint8_t *address)
{
    size_t i;

    for (i = 0; i < 4; i++)
        if ((i > 0 && !ehlo_cursor_take(cursor, '.')) || take_snum(cursor, &address[i]) != 0)
            return EHLO_E_LITERAL;
    return 0;
}

static unsigned hex_value(char digit)
{
    return ehlo_is_digit(digit) ? (unsigned)(digit - '0') : (unsigned)(ehlo_lower(digit) - 'a' + 10);
}

static int take_group(struct ehlo_cursor *cursor, uint16_t *group)
{
    unsigned value = 0;
    size_t start = cursor->at;

    while (cursor->at - start < 4 && ehlo_is_hexdigit((char)ehlo_cursor_peek(cursor)))
        value = value << 4 | hex_value(cursor->in[cursor->at++]);
    *group = (uint16_t)value;
    return cursor->at > start ? 0 : EHLO_E_LITERAL;
}

/* The cursor is on the dot behind what looked like a group, which began at `start`. */
static int take_ipv4_tail(struct ehlo_cursor *cursor, size_t start, struct groups *groups)
{
    const size_t dot = cursor->at;
    uint8_t address[4];

    if (groups->gap == NO_GAP ? groups->count != GROUPS - 2 : groups->count > GROUPS - 4)
        return EHLO_E_LITERAL;
    cursor->at = start;
    if (ehlo_ipv4_scan(cursor, address) != 0) {
        if (cursor->at < dot)
            cursor->at = dot;
        return EHLO_E_LITERAL;
    }
    groups->value[groups->count++] = (uint16_t)(address[0] << 8 | address[1]);
    groups->value[groups->count++] = (uint16_t)(address[2] << 8 | address[3]);
    return 0;
}

/* "::" is two groups at the least, so that it leaves room for six. */
static int take_groups(struct ehlo_cursor *cursor, struct groups *groups)
{
    size_t start;

    while (groups->count < (groups->gap == NO_GAP ? GROUPS : GROUPS - 2)) {
        start = cursor->at;
        if (take_group(cursor, &groups->value[groups->count]) != 0)
            return groups->gap == groups->count ? 0 : EHLO_E_LITERAL;
        if (ehlo_cursor_peek(cursor) == '.')
            return take_ipv4_tail(cursor, start, groups);
        groups->count++;
        if (groups->count == (groups->gap == NO_GAP ? GROUPS : GROUPS - 2) || !ehlo_cursor_take(cursor, ':'))
            break;
        if (groups->gap == NO_GAP && groups->count <= GROUPS - 2 && ehlo_cursor_take(cursor, ':'))
            groups->gap = groups->count;
    }
    return groups->gap == NO_GAP && groups->count < GROUPS ? EHLO_E_LITERAL : 0;
}

static void put_groups(uint8_t *address, const struct groups *groups)
{
    size_t i, to;

    memset(address, 0, 2 * GROUPS);
    for (i = 0; i < groups->count; i++) {
        to = i < groups->gap ? i : GROUPS - groups->count + i;
        address[2 * to] = (uint8_t)(groups->value[i] >> 8);
        address[2 * to + 1] = (uint8_t)(groups->value[i] & 255);
    }
}

static int at_tag_ipv6(const struct ehlo_cursor *cursor)
{
    struct ehlo_span span;

    if (cursor->size - cursor->at < sizeof tag_ipv6 - 1)
        return 0;
    span.data = cursor->in + cursor->at;
    span.size = sizeof tag_ipv6 - 1;
    return ehlo_span_is(span, tag_ipv6, sizeof tag_ipv6 - 1);
}

int ehlo_ipv6_scan(struct ehlo_cursor *cursor, uint8_t *address)
{
    struct groups groups = {{0}, 0, NO_GAP};

    if (ehlo_cursor_take(cursor, ':')) {
        if (!ehlo_cursor_take(cursor, ':'))
            return EHLO_E_LITERAL;
        groups.gap = 0;
    }
    if (take_groups(cursor, &groups) != 0)
        return EHLO_E_LITERAL;
    put_groups(address, &groups);
    return 0;
}

static int take_ipv6(struct ehlo_cursor *cursor, uint8_t *address)
{
    if (at_tag_ipv6(cursor))
        cursor->at += sizeof tag_ipv6 - 1;
    else if (!(cursor->rules & EHLO_ALLOW_LITERAL))
        return EHLO_E_LITERAL;
    return ehlo_ipv6_scan(cursor, address);
}

static int take_general(struct ehlo_cursor *cursor, struct ehlo_literal *literal)
{
    size_t start = cursor->at;
    int octet;

    if (at_tag_ipv6(cursor))
        return EHLO_E_LITERAL;
    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))) || octet == '-')
        cursor->at++;
    literal->tag = ehlo_cursor_span(cursor, start);
    if (cursor->at == start || cursor->in[cursor->at - 1] == '-' || !ehlo_cursor_take(cursor, ':'))
        return EHLO_E_LITERAL;
    start = cursor->at;
    while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127 && (octet < '[' || octet > ']'))
        cursor->at++;
    literal->content = ehlo_cursor_span(cursor, start);
    return cursor->at > start ? 0 : EHLO_E_LITERAL;
}

static int take_form(struct ehlo_cursor *cursor, struct ehlo_literal *literal, uint32_t kind)
{
    int error;

    memset(literal, 0, sizeof *literal);
    literal->kind = kind;
    if (kind == EHLO_LITERAL_IPV4)
        error = ehlo_ipv4_scan(cursor, literal->address);
    else if (kind == EHLO_LITERAL_IPV6)
        error = take_ipv6(cursor, literal->address);
    else
        error = take_general(cursor, literal);
    return error == 0 && ehlo_cursor_take(cursor, ']') ? 0 : EHLO_E_LITERAL;
}

/* `[12` may still become any of the three forms: the octet that is wrong is the one where the last of them gives up. */
int ehlo_literal_scan(struct ehlo_cursor *cursor, struct ehlo_literal *literal)
{
    size_t start, furthest;
    uint32_t kind;

    if (!ehlo_cursor_take(cursor, '['))
        return EHLO_E_LITERAL;
    start = furthest = cursor->at;
    for (kind = EHLO_LITERAL_IPV4; kind <= EHLO_LITERAL_GENERAL; kind++) {
        cursor->at = start;
        if (take_form(cursor, literal, kind) == 0)
            return 0;
        if (cursor->at > furthest)
            furthest = cursor->at;
    }
    memset(literal, 0, sizeof *literal);
    cursor->at = furthest;
    return furthest == cursor->size ? EHLO_E_UNCLOSED : EHLO_E_LITERAL;
}

int ehlo_literal_parse(struct ehlo_literal *literal, const char *in, size_t size, uint32_t rules, size_t *used)
{
    struct ehlo_cursor cursor = ehlo_cursor_on(in, size, rules);
    int error = ehlo_literal_scan(&cursor, literal);

    if (error == 0 && cursor.at < size) {
        error = EHLO_E_LITERAL;
        memset(literal, 0, sizeof *literal);
    }
    *used = cursor.at;
    return error;
}

static void put_ipv4(struct ehlo_writer *writer, const uint8_t *address)
{
    size_t i;

    for (i = 0; i < 4; i++) {
        if (i > 0)
            ehlo_put_octet(writer, '.');
        ehlo_put_number(writer, address[i], 0);
    }
}

static unsigned group_at(const uint8_t *address, size_t i)
{
    return (unsigned)address[2 * i] << 8 | address[2 * i + 1];
}

static void put_group(struct ehlo_writer *writer, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 12;

    while (shift > 0 && group >> shift == 0)
        shift -= 4;
    for (;; shift -= 4) {
        ehlo_put_octet(writer, digits[group >> shift & 15]);
        if (shift == 0)
            break;
    }
}

/* The longest run of two zero groups or more, the first of equals; `*length` is 0 when there is none. */
static size_t longest_zeros(const uint8_t *address, size_t *length)
{
    size_t i, run = 0, best = 0;

    *length = 0;
    for (i = 0; i < GROUPS; i++) {
        run = group_at(address, i) == 0 ? run + 1 : 0;
        if (run >= 2 && run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static void put_ipv6(struct ehlo_writer *writer, const uint8_t *address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    size_t i, zeros, gap;

    if (memcmp(address, mapped, sizeof mapped) == 0) {
        ehlo_put_string(writer, "::ffff:");
        put_ipv4(writer, address + sizeof mapped);
        return;
    }
    gap = longest_zeros(address, &zeros);
    for (i = 0; i < GROUPS; i++) {
        if (zeros > 0 && i == gap) {
            ehlo_put_string(writer, "::");
            i += zeros - 1;
            continue;
        }
        if (i > 0 && (zeros == 0 || i != gap + zeros))
            ehlo_put_octet(writer, ':');
        put_group(writer, group_at(address, i));
    }
}

void ehlo_ip_put(struct ehlo_writer *writer, const uint8_t *address, size_t size)
{
    if (size == 4)
        put_ipv4(writer, address);
    else
        put_ipv6(writer, address);
}

static void put_literal(struct ehlo_writer *writer, const uint8_t *address, size_t size)
{
    ehlo_put_octet(writer, '[');
    if (size == 16)
        ehlo_put_string(writer, tag_ipv6);
    ehlo_ip_put(writer, address, size);
    ehlo_put_octet(writer, ']');
}

int ehlo_literal_format(char *out, size_t capacity, size_t *length, const uint8_t *address, size_t size)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (size != 4 && size != 16)
        return EHLO_E_ARGUMENT;
    ehlo_writer_count(&writer);
    put_literal(&writer, address, size);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_literal(&writer, address, size);
    return error;
}
