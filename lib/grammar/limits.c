/* SPDX-License-Identifier: ISC
 *
 * What LIMITS says (RFC 9422).
 */
#include <ehlo/extension.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/cursor.h"
#include "grammar/registry.h"

static const char names[3][14] = {"MAILMAX", "RCPTMAX", "RCPTDOMAINMAX"};

#define NAME_COUNT (sizeof names / sizeof *names)

static uint32_t *field(struct ehlo_limits *limits, size_t i)
{
    return i == 0 ? &limits->mail_max : i == 1 ? &limits->rcpt_max : &limits->rcpt_domain_max;
}

/* limit-name, and behind "=" a limit-value: 1 when the word is that. `value` is empty when there is none. */
static int split(struct ehlo_span word, struct ehlo_span *name, struct ehlo_span *value)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(word, 0);
    size_t start;
    int octet;

    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(&cursor))) || octet == '-' || octet == '_')
        cursor.at++;
    *name = ehlo_cursor_span(&cursor, 0);
    *value = ehlo_cursor_span(&cursor, cursor.at);
    if (ehlo_cursor_take(&cursor, '=')) {
        start = cursor.at;
        while ((octet = ehlo_cursor_peek(&cursor)) > 32 && octet < 127 && octet != ';')
            cursor.at++;
        *value = ehlo_cursor_span(&cursor, start);
        if (value->size == 0)
            return 0;
    }
    return name->size > 0 && cursor.at == cursor.size;
}

/* The number that 1 to 6 digits are, the first no "0"; 0 when it is none. */
static uint32_t number_of(struct ehlo_span digits)
{
    uint32_t number = 0;
    size_t i;

    if (digits.size < 1 || digits.size > 6 || digits.data[0] == '0')
        return 0;
    for (i = 0; i < digits.size; i++) {
        if (!ehlo_is_digit(digits.data[i]))
            return 0;
        number = number * 10 + (uint32_t)(digits.data[i] - '0');
    }
    return number;
}

void ehlo_limits_parse(struct ehlo_limits *limits, const char *argument, size_t size)
{
    struct ehlo_span rest, word, name, value, known;
    size_t i;

    rest.data = argument;
    rest.size = size;
    memset(limits, 0, sizeof *limits);
    while (ehlo_capability_word(&rest, &word)) {
        if (!split(word, &name, &value)) {
            memset(limits, 0, sizeof *limits);
            return;
        }
        for (i = 0; i < NAME_COUNT; i++) {
            known = ehlo_span_of(names[i]);
            if (ehlo_span_is(name, known.data, known.size))
                *field(limits, i) = number_of(value);
        }
    }
}

static void put_limits(struct ehlo_writer *writer, struct ehlo_limits *limits)
{
    const char *separator = "";
    size_t i;

    for (i = 0; i < NAME_COUNT; i++) {
        if (*field(limits, i) == 0)
            continue;
        ehlo_put_string(writer, separator);
        ehlo_put_string(writer, names[i]);
        ehlo_put_octet(writer, '=');
        ehlo_put_number(writer, *field(limits, i), 0);
        separator = " ";
    }
}

int ehlo_limits_format(char *out, size_t capacity, size_t *length, const struct ehlo_limits *limits)
{
    struct ehlo_limits copy = *limits;
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (copy.mail_max > EHLO_LIMIT_MAX || copy.rcpt_max > EHLO_LIMIT_MAX || copy.rcpt_domain_max > EHLO_LIMIT_MAX ||
        (copy.mail_max | copy.rcpt_max | copy.rcpt_domain_max) == 0)
        return EHLO_E_VALUE;
    ehlo_writer_count(&writer);
    put_limits(&writer, &copy);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_limits(&writer, &copy);
    return error;
}
