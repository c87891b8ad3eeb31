/* SPDX-License-Identifier: ISC
 *
 * Values of the parameters that the registry knows: from text to fields, and back.
 */
#include <ehlo/param.h>

#include <string.h>

#include "codec/ascii.h"
#include "grammar/calendar.h"
#include "grammar/grammar.h"
#include "grammar/registry.h"
#include "grammar/value.h"

enum {
    SECONDS_MAX = 999999999, /* nine digits: RFC 2852, section 4; RFC 4865, section 3; RFC 3885, section 3.1 */
    PRIORITY_MAX = 9,        /* RFC 6710, section 3 */
    ORCPT_OCTETS = 500       /* RFC 3461, sections 4.2 and 5.4 */
};

/* Numbers and choices, wherever they come from: 0, or EHLO_E_VALUE. */
static int check(const struct ehlo_value *value)
{
    const uint32_t notify = EHLO_NOTIFY_SUCCESS | EHLO_NOTIFY_FAILURE | EHLO_NOTIFY_DELAY;
    const int chosen = ehlo_choice_name(value->form, value->choice)[0] != '\0';
    int64_t min = INT64_MIN, max = INT64_MAX;
    int right = 1;

    switch (value->form) {
    case EHLO_VALUE_BODY:
    case EHLO_VALUE_RET:
        right = chosen;
        break;
    case EHLO_VALUE_NOTIFY:
        right = value->choice == EHLO_NOTIFY_NEVER || (value->choice != 0 && (value->choice & ~notify) == 0);
        break;
    case EHLO_VALUE_BY:
        right = chosen;
        min = value->choice & EHLO_BY_RETURN ? 1 : -SECONDS_MAX;
        max = SECONDS_MAX;
        break;
    case EHLO_VALUE_HOLDFOR:
        min = 1;
        max = SECONDS_MAX;
        break;
    case EHLO_VALUE_PRIORITY:
        min = -PRIORITY_MAX;
        max = PRIORITY_MAX;
        break;
    case EHLO_VALUE_RRVS:
        right = chosen || value->choice == 0;
        break;
    case EHLO_VALUE_MTRK:
        min = -1;
        max = SECONDS_MAX;
        break;
    default:
        break;
    }
    return right && value->number >= min && value->number <= max ? 0 : EHLO_E_VALUE;
}

static int take_text(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const size_t start = cursor->at;
    const int error = ehlo_value_text_scan(cursor, value);

    value->text = ehlo_cursor_span(cursor, start);
    return error;
}

/* A choice, or one more, which must do with what was taken before. */
static int take_choice(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const size_t start = cursor->at;
    uint32_t choice;
    int error = ehlo_choice_scan(cursor, value->form, &choice);

    if (error != 0)
        return error;
    value->choice |= choice;
    error = check(value);
    if (error != 0)
        cursor->at = start;
    return error;
}

static int take_notify(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    int error;

    do
        error = take_choice(cursor, value);
    while (error == 0 && ehlo_cursor_take(cursor, ','));
    return error;
}

/* A zero or negative time is no time to return anything at (RFC 2852, section 4): then the choice is what is wrong. */
static int take_by(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const int negative = ehlo_cursor_take(cursor, '-');
    int error;

    if (!negative)
        ehlo_cursor_take(cursor, '+');
    if ((error = ehlo_nine_digits_scan(cursor, &value->number)) != 0)
        return error;
    if (negative)
        value->number = -value->number;
    return ehlo_cursor_take(cursor, ';') ? take_choice(cursor, value) : EHLO_E_VALUE;
}

/* Digits that begin with no needless "0"; `sign` says whether a "-" may stand before any but "0". */
static int take_number(struct ehlo_cursor *cursor, struct ehlo_value *value, int sign)
{
    const size_t start = cursor->at;
    const int negative = sign && ehlo_cursor_take(cursor, '-');
    const size_t first = cursor->at;
    int error = ehlo_nine_digits_scan(cursor, &value->number);

    if (error != 0)
        return error;
    if (cursor->in[first] == '0' && (negative || cursor->at - first > 1)) {
        cursor->at = first;
        return EHLO_E_VALUE;
    }
    if (negative)
        value->number = -value->number;
    error = check(value);
    if (error != 0)
        cursor->at = start;
    return error;
}

static int take_orcpt(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const size_t start = cursor->at;
    int error;

    if ((error = ehlo_type_scan(cursor)) != 0)
        return error;
    value->type = ehlo_cursor_span(cursor, start);
    if (!ehlo_cursor_take(cursor, ';'))
        return EHLO_E_VALUE;
    error = take_text(cursor, value);
    return ehlo_cursor_bound(cursor, start, ORCPT_OCTETS, error, EHLO_E_VALUE);
}

static int take_rrvs(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const int error = take_text(cursor, value);

    return error == 0 && ehlo_cursor_take(cursor, ';') ? take_choice(cursor, value) : error;
}

static int take_mtrk(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    const int error = take_text(cursor, value);

    value->number = -1;
    return error == 0 && ehlo_cursor_take(cursor, ':') ? ehlo_nine_digits_scan(cursor, &value->number) : error;
}

static int take_value(struct ehlo_cursor *cursor, struct ehlo_value *value)
{
    switch (value->form) {
    case EHLO_VALUE_BODY:
    case EHLO_VALUE_RET:
        return take_choice(cursor, value);
    case EHLO_VALUE_NOTIFY:
        return take_notify(cursor, value);
    case EHLO_VALUE_BY:
        return take_by(cursor, value);
    case EHLO_VALUE_HOLDFOR:
        return take_number(cursor, value, 0);
    case EHLO_VALUE_PRIORITY:
        return take_number(cursor, value, 1);
    case EHLO_VALUE_ORCPT:
        return take_orcpt(cursor, value);
    case EHLO_VALUE_RRVS:
        return take_rrvs(cursor, value);
    case EHLO_VALUE_MTRK:
        return take_mtrk(cursor, value);
    default:
        return take_text(cursor, value);
    }
}

int ehlo_value_parse(struct ehlo_value *value, uint32_t verb, const struct ehlo_param *param, uint32_t rules,
                     size_t *at)
{
    const struct ehlo_registered *row = ehlo_registry_param(verb, param->keyword);
    struct ehlo_cursor cursor = ehlo_cursor_on_span(param->value, rules);
    int wrong;

    memset(value, 0, sizeof *value);
    *at = 0;
    if (row == NULL)
        return EHLO_E_KEYWORD;
    value->form = row->form;
    value->extension = row->extension;
    if (row->form == EHLO_VALUE_NONE)
        wrong = param->value.data != NULL;
    else
        wrong = param->value.data == NULL || take_value(&cursor, value) != 0 || cursor.at < cursor.size;
    if (!wrong) {
        if (value->form == EHLO_VALUE_BODY && value->choice == EHLO_BODY_BINARYMIME)
            value->extension = EHLO_EXTENSION_BINARYMIME; /* which adds a choice to a parameter of another */
        return 0;
    }
    memset(value, 0, sizeof *value);
    value->form = row->form;
    value->extension = row->extension;
    *at = cursor.at;
    return EHLO_E_VALUE;
}

int ehlo_value_find(const struct ehlo_span *list, uint32_t verb, const char *keyword, size_t size,
                    struct ehlo_value *value)
{
    struct ehlo_param param;
    size_t at;
    int error;

    memset(value, 0, sizeof *value);
    if (!ehlo_param_find(list, keyword, size, &param))
        return 0;
    error = ehlo_value_parse(value, verb, &param, EHLO_UTF8, &at);
    return error != 0 ? error : 1;
}

/* Whether the text can stand where it will. */
static int check_text(struct ehlo_value value, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(value.text, rules);
    int error;

    if (value.form == EHLO_VALUE_ORCPT) {
        struct ehlo_cursor type = ehlo_cursor_on_span(value.type, 0);

        if (ehlo_type_scan(&type) != 0 || type.at < type.size || value.text.size > ORCPT_OCTETS ||
            value.type.size + 1 + value.text.size > ORCPT_OCTETS)
            return EHLO_E_VALUE;
    }
    error = ehlo_value_text_scan(&cursor, &value);
    return error == 0 && cursor.at == cursor.size ? 0 : EHLO_E_VALUE;
}

/* What of a value is made of its number when there is no text. */
static int has_number_for_text(const struct ehlo_value *value)
{
    return value->text.size == 0 &&
           (value->form == EHLO_VALUE_SIZE || value->form == EHLO_VALUE_HOLDUNTIL || value->form == EHLO_VALUE_RRVS);
}

static int check_fields(const struct ehlo_value *value, uint32_t rules)
{
    int error;

    if ((error = check(value)) != 0)
        return error;
    switch (value->form) {
    case EHLO_VALUE_NONE:
    case EHLO_VALUE_BODY:
    case EHLO_VALUE_RET:
    case EHLO_VALUE_NOTIFY:
    case EHLO_VALUE_BY:
    case EHLO_VALUE_HOLDFOR:
    case EHLO_VALUE_PRIORITY:
        return 0;
    default:
        break;
    }
    if (!has_number_for_text(value))
        return check_text(*value, rules);
    if (value->form == EHLO_VALUE_SIZE)
        return value->number < 0 ? EHLO_E_VALUE : 0;
    return ehlo_timestamp_check(value->number);
}

static void put_number(struct ehlo_writer *writer, int64_t number)
{
    if (number < 0)
        ehlo_put_octet(writer, '-');
    ehlo_put_number(writer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 0);
}

static void put_notify(struct ehlo_writer *writer, uint32_t choice)
{
    const char *separator = "";
    uint32_t flag;

    for (flag = 1; flag <= choice; flag <<= 1)
        if (choice & flag) {
            ehlo_put_string(writer, separator);
            ehlo_put_string(writer, ehlo_choice_name(EHLO_VALUE_NOTIFY, flag));
            separator = ",";
        }
}

static void put_text(struct ehlo_writer *writer, const struct ehlo_value *value)
{
    if (!has_number_for_text(value))
        ehlo_put_span(writer, value->text);
    else if (value->form == EHLO_VALUE_SIZE)
        put_number(writer, value->number);
    else
        ehlo_timestamp_put(writer, value->number);
}

static void put_value(struct ehlo_writer *writer, const struct ehlo_value *value)
{
    const char *choice = ehlo_choice_name(value->form, value->choice);

    switch (value->form) {
    case EHLO_VALUE_BODY:
    case EHLO_VALUE_RET:
        ehlo_put_string(writer, choice);
        break;
    case EHLO_VALUE_NOTIFY:
        put_notify(writer, value->choice);
        break;
    case EHLO_VALUE_BY:
        put_number(writer, value->number);
        ehlo_put_octet(writer, ';');
        ehlo_put_string(writer, choice);
        break;
    case EHLO_VALUE_HOLDFOR:
    case EHLO_VALUE_PRIORITY:
        put_number(writer, value->number);
        break;
    case EHLO_VALUE_ORCPT:
        ehlo_put_span(writer, value->type);
        ehlo_put_octet(writer, ';');
        put_text(writer, value);
        break;
    case EHLO_VALUE_RRVS:
        put_text(writer, value);
        if (choice[0] != '\0')
            ehlo_put_octet(writer, ';');
        ehlo_put_string(writer, choice);
        break;
    case EHLO_VALUE_MTRK:
        put_text(writer, value);
        if (value->number >= 0) {
            ehlo_put_octet(writer, ':');
            put_number(writer, value->number);
        }
        break;
    default:
        put_text(writer, value);
        break;
    }
}

static void put_param(struct ehlo_writer *writer, const char *keyword, const struct ehlo_value *value)
{
    ehlo_put_octet(writer, ' ');
    ehlo_put_string(writer, keyword);
    if (value->form == EHLO_VALUE_NONE)
        return;
    ehlo_put_octet(writer, '=');
    put_value(writer, value);
}

/* The row of a parameter by what a value says of it, or NULL. */
static const struct ehlo_registered *find_row(uint32_t verb, const struct ehlo_value *value)
{
    const struct ehlo_registered *row;
    uint32_t i;

    for (i = 0; (row = ehlo_registry_row(i)) != NULL; i++)
        if ((row->flags & EHLO_REGISTRY_PARAM) && row->verb == verb && row->extension == value->extension &&
            row->form == value->form)
            return row;
    return NULL;
}

int ehlo_value_format(char *out, size_t capacity, size_t *length, uint32_t verb, const struct ehlo_value *value,
                      uint32_t rules)
{
    const struct ehlo_registered *row = find_row(verb, value);
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if (row == NULL)
        return EHLO_E_KEYWORD;
    if ((error = check_fields(value, rules)) != 0)
        return error;
    ehlo_writer_count(&writer);
    put_param(&writer, row->param, value);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_param(&writer, row->param, value);
    return error;
}
