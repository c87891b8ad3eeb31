/* SPDX-License-Identifier: ISC
 *
 * Attributes of XCLIENT and XFORWARD (Postfix's XCLIENT_README and XFORWARD_README).
 */
#include <ehlo/attribute.h>

#include <ehlo/codec.h>
#include <ehlo/command.h>
#include <ehlo/param.h>
#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define NAME_SIZE 9 /* "DESTADDR" and its NUL */
#define TEXT_MAX 255
#define PROTOCOL_MAX 64

/* What an attribute's value is. */
enum {
    NOT_HERE = 0, /* the command does not have it */
    ANY = 1,      /* text */
    HOST = 2,     /* a name that may stand in a trace field */
    ADDRESS = 3,
    PORT = 4,
    SMTP_OR_ESMTP = 5, /* always known */
    PROTOCOL = 6,
    LOCAL_OR_REMOTE = 7
};

struct row {
    char name[NAME_SIZE];
    uint8_t xclient, xforward; /* what its value is in each */
};

static const struct row rows[EHLO_ATTRIBUTE_COUNT] = {
    [EHLO_ATTRIBUTE_OTHER] = {"", ANY, ANY},
    [EHLO_ATTRIBUTE_NAME] = {"NAME", HOST, HOST},
    [EHLO_ATTRIBUTE_ADDR] = {"ADDR", ADDRESS, ADDRESS},
    [EHLO_ATTRIBUTE_PORT] = {"PORT", PORT, PORT},
    [EHLO_ATTRIBUTE_PROTO] = {"PROTO", SMTP_OR_ESMTP, PROTOCOL},
    [EHLO_ATTRIBUTE_HELO] = {"HELO", HOST, HOST},
    [EHLO_ATTRIBUTE_LOGIN] = {"LOGIN", ANY, NOT_HERE},
    [EHLO_ATTRIBUTE_DESTADDR] = {"DESTADDR", ADDRESS, NOT_HERE},
    [EHLO_ATTRIBUTE_DESTPORT] = {"DESTPORT", PORT, NOT_HERE},
    [EHLO_ATTRIBUTE_IDENT] = {"IDENT", NOT_HERE, HOST},
    [EHLO_ATTRIBUTE_SOURCE] = {"SOURCE", NOT_HERE, LOCAL_OR_REMOTE},
};

static const char ipv6_prefix[] = "IPV6:";
static const char unavailable[] = "[UNAVAILABLE]";
static const char tempunavail[] = "[TEMPUNAVAIL]";

uint32_t ehlo_attribute_find(const char *name, size_t size)
{
    struct ehlo_span span;
    uint32_t attribute;

    span.data = name;
    span.size = size;
    for (attribute = 1; size < NAME_SIZE && attribute < EHLO_ATTRIBUTE_COUNT; attribute++)
        if (ehlo_is_length(rows[attribute].name, size) && ehlo_span_is(span, rows[attribute].name, size))
            return attribute;
    return EHLO_ATTRIBUTE_OTHER;
}

const char *ehlo_attribute_name(uint32_t attribute)
{
    return rows[attribute < EHLO_ATTRIBUTE_COUNT ? attribute : EHLO_ATTRIBUTE_OTHER].name;
}

static unsigned kind_of(uint32_t attribute, uint32_t verb)
{
    if (attribute >= EHLO_ATTRIBUTE_COUNT)
        return NOT_HERE;
    return verb == EHLO_VERB_XCLIENT ? rows[attribute].xclient : rows[attribute].xforward;
}

/* The attribute of this name that the command has. */
static uint32_t find_in(struct ehlo_span keyword, uint32_t verb)
{
    uint32_t attribute = ehlo_attribute_find(keyword.data, keyword.size);

    return kind_of(attribute, verb) == NOT_HERE ? EHLO_ATTRIBUTE_OTHER : attribute;
}

static int is_word(struct ehlo_span text, const char *word)
{
    return ehlo_span_is(text, word, ehlo_span_of(word).size);
}

static int check_any(struct ehlo_span text)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, EHLO_UTF8);
    size_t i;

    for (i = 0; i < text.size; i++)
        if (text.data[i] == '\t')
            return EHLO_E_VALUE;
    return text.size > 0 && ehlo_text_scan(&cursor) == 0 && cursor.at == cursor.size ? 0 : EHLO_E_VALUE;
}

/* What the value of a kind that is kept as text must be like. */
static int check_text(struct ehlo_span text, unsigned kind)
{
    switch (kind) {
    case HOST:
        return ehlo_name_check(text);
    case SMTP_OR_ESMTP:
        return is_word(text, "SMTP") || is_word(text, "ESMTP") ? 0 : EHLO_E_VALUE;
    case PROTOCOL:
        return text.size <= PROTOCOL_MAX ? ehlo_name_check(text) : EHLO_E_VALUE;
    case LOCAL_OR_REMOTE:
        return is_word(text, "LOCAL") || is_word(text, "REMOTE") ? 0 : EHLO_E_VALUE;
    default:
        return check_any(text);
    }
}

static int read_address(struct ehlo_attribute *attribute, struct ehlo_span text)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, EHLO_CURSOR_NO_LEADING_ZERO);
    const size_t prefix = sizeof ipv6_prefix - 1;
    struct ehlo_span head = text;
    int error;

    head.size = prefix;
    if (text.size >= prefix && is_word(head, ipv6_prefix)) {
        cursor.at = prefix;
        attribute->address_size = 16;
        error = ehlo_ipv6_scan(&cursor, attribute->address);
    } else {
        attribute->address_size = 4;
        error = ehlo_ipv4_scan(&cursor, attribute->address);
    }
    return error == 0 && cursor.at == cursor.size ? 0 : EHLO_E_VALUE;
}

static int read_port(struct ehlo_attribute *attribute, struct ehlo_span text)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, 0);

    return ehlo_port_scan(&cursor, &attribute->port) == 0 && cursor.at == cursor.size ? 0 : EHLO_E_VALUE;
}

static int read_text(struct ehlo_attribute *attribute, unsigned kind)
{
    struct ehlo_span text;

    text.data = attribute->text;
    text.size = attribute->text_size;
    if (kind != SMTP_OR_ESMTP && is_word(text, unavailable))
        attribute->state = EHLO_ATTRIBUTE_UNAVAILABLE;
    else if (kind != SMTP_OR_ESMTP && is_word(text, tempunavail))
        attribute->state = EHLO_ATTRIBUTE_TEMPUNAVAIL;
    else if (kind == ADDRESS)
        return read_address(attribute, text);
    else if (kind == PORT)
        return read_port(attribute, text);
    else
        return check_text(text, kind);
    return 0;
}

/* `*at` is the offset of what is wrong in the value. */
static int read_param(struct ehlo_attribute *attribute, const struct ehlo_param *param, uint32_t verb, size_t *at)
{
    size_t length;
    int error;

    *at = 0;
    attribute->keyword = param->keyword;
    attribute->attribute = find_in(param->keyword, verb);
    if (param->value.data == NULL)
        return EHLO_E_VALUE;
    error = ehlo_xtext_decode(attribute->text, TEXT_MAX, &length, param->value.data, param->value.size);
    if (error == EHLO_E_XTEXT)
        *at = length;
    if (error != 0)
        return error == EHLO_E_XTEXT ? error : EHLO_E_VALUE;
    attribute->text_size = (uint16_t)length;
    return read_text(attribute, kind_of(attribute->attribute, verb));
}

int ehlo_attribute_next(struct ehlo_span *list, uint32_t verb, struct ehlo_attribute *attribute, uint32_t rules,
                        size_t *at)
{
    struct ehlo_span rest = *list;
    struct ehlo_param param;
    const char *value;
    int result;

    *at = 0;
    memset(attribute, 0, sizeof *attribute);
    if (verb != EHLO_VERB_XCLIENT && verb != EHLO_VERB_XFORWARD)
        return EHLO_E_ARGUMENT;
    result = ehlo_param_next(&rest, &param, rules & EHLO_ALLOW_SPACE, at);
    if (result <= 0)
        return result;
    result = read_param(attribute, &param, verb, at);
    if (result != 0) {
        value = param.value.data != NULL ? param.value.data : param.keyword.data + param.keyword.size;
        *at += (size_t)(value - list->data);
        memset(attribute, 0, sizeof *attribute);
        return result;
    }
    *list = rest;
    return 1;
}

static int check_keyword(const struct ehlo_attribute *attribute, uint32_t verb)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(attribute->keyword, 0);

    if (attribute->attribute != EHLO_ATTRIBUTE_OTHER)
        return kind_of(attribute->attribute, verb) == NOT_HERE ? EHLO_E_KEYWORD : 0;
    if (ehlo_keyword_scan(&cursor) != 0 || cursor.at < cursor.size)
        return EHLO_E_KEYWORD;
    return find_in(attribute->keyword, verb) == EHLO_ATTRIBUTE_OTHER ? 0 : EHLO_E_KEYWORD;
}

/* A known value that would be read as another state cannot be said. */
static int check_value(const struct ehlo_attribute *attribute, unsigned kind)
{
    struct ehlo_span text;

    if (attribute->state != EHLO_ATTRIBUTE_KNOWN)
        return kind == SMTP_OR_ESMTP ? EHLO_E_VALUE : 0;
    if (kind == PORT)
        return 0;
    if (kind == ADDRESS)
        return attribute->address_size == 4 || attribute->address_size == 16 ? 0 : EHLO_E_VALUE;
    text.data = attribute->text;
    text.size = attribute->text_size;
    if (text.size > TEXT_MAX || is_word(text, unavailable) || is_word(text, tempunavail))
        return EHLO_E_VALUE;
    return check_text(text, kind);
}

/* The value as it is before it is encoded, of a checked attribute. */
static void put_value(struct ehlo_writer *writer, const struct ehlo_attribute *attribute, unsigned kind)
{
    if (attribute->state != EHLO_ATTRIBUTE_KNOWN) {
        ehlo_put_string(writer, attribute->state == EHLO_ATTRIBUTE_UNAVAILABLE ? unavailable : tempunavail);
    } else if (kind == PORT) {
        ehlo_put_number(writer, attribute->port, 0);
    } else if (kind == ADDRESS) {
        if (attribute->address_size == 16)
            ehlo_put_string(writer, ipv6_prefix);
        ehlo_ip_put(writer, attribute->address, attribute->address_size);
    } else {
        ehlo_put(writer, attribute->text, attribute->text_size);
    }
}

int ehlo_attribute_format(char *out, size_t capacity, size_t *length, uint32_t verb,
                          const struct ehlo_attribute *attribute)
{
    const unsigned kind = kind_of(attribute->attribute, verb);
    char value[TEXT_MAX], encoded[3 * TEXT_MAX];
    struct ehlo_writer writer;
    struct ehlo_param param;
    int error;

    *length = 0;
    if ((verb != EHLO_VERB_XCLIENT && verb != EHLO_VERB_XFORWARD) || attribute->state > EHLO_ATTRIBUTE_TEMPUNAVAIL)
        return EHLO_E_ARGUMENT;
    if ((error = check_keyword(attribute, verb)) != 0 || (error = check_value(attribute, kind)) != 0)
        return error;
    ehlo_writer_over(&writer, value, sizeof value);
    put_value(&writer, attribute, kind);
    param.keyword = attribute->attribute == EHLO_ATTRIBUTE_OTHER ? attribute->keyword
                                                                 : ehlo_span_of(rows[attribute->attribute].name);
    param.value.data = encoded;
    ehlo_xtext_encode(encoded, sizeof encoded, &param.value.size, value, writer.length);
    return ehlo_param_format(out, capacity, length, &param, 0);
}
