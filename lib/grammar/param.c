/* SPDX-License-Identifier: ISC
 *
 * Parameters of MAIL and RCPT (RFC 5321, section 4.1.2).
 */
#include <ehlo/param.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

int ehlo_keyword_scan(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int octet;

    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))) || (octet == '-' && cursor->at > start))
        cursor->at++;
    return cursor->at > start ? 0 : EHLO_E_KEYWORD;
}

int ehlo_param_value_scan(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int octet, error;

    for (;;) {
        octet = ehlo_cursor_peek(cursor);
        if (octet > 127) {
            if ((error = ehlo_utf8_scan(cursor)) != 0)
                return error;
        } else if (octet > 32 && octet < 127 && octet != '=') {
            cursor->at++;
        } else {
            return cursor->at > start ? 0 : EHLO_E_VALUE;
        }
    }
}

static int take_param(struct ehlo_cursor *cursor, struct ehlo_param *param)
{
    size_t start = cursor->at;
    int error;

    if ((error = ehlo_keyword_scan(cursor)) != 0)
        return error;
    param->keyword = ehlo_cursor_span(cursor, start);
    if (!ehlo_cursor_take(cursor, '='))
        return 0;
    start = cursor->at;
    if ((error = ehlo_param_value_scan(cursor)) != 0)
        return error;
    param->value = ehlo_cursor_span(cursor, start);
    return 0;
}

/* The space that parts two parameters; none at the end. */
static int take_separator(struct ehlo_cursor *cursor, const struct ehlo_param *param)
{
    int octet = ehlo_cursor_peek(cursor);

    if (octet < 0)
        return 0;
    if ((cursor->rules & EHLO_ALLOW_SPACE) && ehlo_is_blank(octet)) {
        ehlo_cursor_skip_blanks(cursor);
        return 0;
    }
    if (octet == ' ') {
        cursor->at++;
        return cursor->at < cursor->size ? 0 : EHLO_E_KEYWORD;
    }
    if (param->value.data == NULL)
        return EHLO_E_KEYWORD;
    return octet == '=' ? EHLO_E_VALUE : EHLO_E_CHARACTER;
}

int ehlo_param_next(struct ehlo_span *list, struct ehlo_param *param, uint32_t rules, size_t *at)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(*list, rules);
    int error;

    memset(param, 0, sizeof *param);
    if (rules & EHLO_ALLOW_SPACE)
        ehlo_cursor_skip_blanks(&cursor);
    *at = cursor.at;
    if (cursor.at == cursor.size)
        return 0;
    error = take_param(&cursor, param);
    if (error == 0)
        error = take_separator(&cursor, param);
    if (error != 0) {
        memset(param, 0, sizeof *param);
        *at = cursor.at;
        return error;
    }
    list->data += cursor.at;
    list->size -= cursor.at;
    return 1;
}

int ehlo_param_find(const struct ehlo_span *list, const char *keyword, size_t size, struct ehlo_param *param)
{
    struct ehlo_span rest = *list;
    size_t at;

    while (ehlo_param_next(&rest, param, EHLO_UTF8 | EHLO_ALLOW_SPACE, &at) > 0)
        if (ehlo_span_is(param->keyword, keyword, size))
            return 1;
    memset(param, 0, sizeof *param);
    return 0;
}

static int check_param(const struct ehlo_param *param, uint32_t rules)
{
    struct ehlo_cursor keyword = ehlo_cursor_on_span(param->keyword, rules);
    struct ehlo_cursor value = ehlo_cursor_on_span(param->value, rules);

    if (ehlo_keyword_scan(&keyword) != 0 || keyword.at < keyword.size)
        return EHLO_E_KEYWORD;
    if (param->value.data != NULL && (ehlo_param_value_scan(&value) != 0 || value.at < value.size))
        return EHLO_E_VALUE;
    return 0;
}

static void put_param(struct ehlo_writer *writer, const struct ehlo_param *param)
{
    ehlo_put_octet(writer, ' ');
    ehlo_put_span(writer, param->keyword);
    if (param->value.data != NULL) {
        ehlo_put_octet(writer, '=');
        ehlo_put_span(writer, param->value);
    }
}

int ehlo_param_format(char *out, size_t capacity, size_t *length, const struct ehlo_param *param, uint32_t rules)
{
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = check_param(param, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_param(&writer, param);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_param(&writer, param);
    return error;
}

int ehlo_number_parse(const char *digits, size_t size, uint64_t *number)
{
    uint64_t value = 0;
    unsigned digit;
    size_t i;

    if (size < 1 || size > 20)
        return EHLO_E_VALUE;
    for (i = 0; i < size; i++) {
        if (!ehlo_is_digit(digits[i]))
            return EHLO_E_VALUE;
        digit = (unsigned)(digits[i] - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *number = value;
    return 0;
}
