/* SPDX-License-Identifier: ISC
 *
 * Values of known parameters: what parses is also written, and read again as the same; fields that are made up are
 * written as something that reads as they are, or not at all. The first octet chooses the parameter, the second the
 * rules and the choice. Also what LIMITS says.
 */
#include <ehlo/command.h>
#include <ehlo/extension.h>
#include <ehlo/param.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

static char out[65536];

/* The `index`th parameter of the registry, begun anew behind the last one. */
static struct ehlo_registration choose(uint32_t index)
{
    struct ehlo_registration row;
    uint32_t i = 0;

    for (;;) {
        if (!ehlo_extension_registered(&row, i++))
            i = 0;
        else if ((row.flags & EHLO_REGISTRY_PARAM) && index-- == 0)
            return row;
    }
}

static int same_value(const struct ehlo_value *a, const struct ehlo_value *b)
{
    return a->form == b->form && a->choice == b->choice && a->number == b->number && same(a->type, b->type) &&
           same(a->text, b->text);
}

/* Whether `value` is written; if so, reads what was written. */
static int write_and_read(const struct ehlo_value *value, struct ehlo_value *again, uint32_t verb, uint32_t rules)
{
    struct ehlo_span list;
    struct ehlo_param param;
    size_t length, needed, at;

    if (ehlo_value_format(out, sizeof out, &length, verb, value, rules) != 0)
        return 0;
    require(length > 1 && out[0] == ' ');
    require(memchr(out, '\n', length) == NULL && memchr(out, '\r', length) == NULL);
    require(ehlo_value_format(NULL, 0, &needed, verb, value, rules) == EHLO_E_SPACE && needed == length);
    list.data = out + 1;
    list.size = length - 1;
    require(ehlo_param_next(&list, &param, rules & EHLO_UTF8, &at) == 1 && list.size == 0);
    require(ehlo_value_parse(again, verb, &param, rules, &at) == 0);
    return 1;
}

static void try_text(const struct ehlo_registration *row, struct ehlo_span text, uint32_t rules)
{
    struct ehlo_value value, again;
    struct ehlo_param param;
    size_t at;
    int error;

    param.keyword = row->param;
    param.value = text;
    error = ehlo_value_parse(&value, row->verb, &param, rules, &at);
    require(error == 0 || error == EHLO_E_VALUE);
    require(at <= text.size);
    if (error != 0)
        return;
    inside(value.type, text.data, text.size);
    inside(value.text, text.data, text.size);
    require(write_and_read(&value, &again, row->verb, rules));
    require(same_value(&value, &again) && value.extension == again.extension);
}

static void try_fields(const struct ehlo_registration *row, struct ehlo_span text, uint32_t rules, uint32_t choice)
{
    struct ehlo_value value, again;
    size_t i;

    memset(&value, 0, sizeof value);
    value.form = row->form;
    value.extension = row->extension;
    value.choice = choice;
    for (i = 0; i < text.size && i < 5; i++)
        value.number = value.number * 256 + (unsigned char)text.data[i];
    value.number -= 65536;
    value.text.data = text.size > 5 ? text.data + 5 : NULL;
    value.text.size = text.size > 5 ? text.size - 5 : 0;
    value.type.data = value.text.data;
    value.type.size = value.text.size / 3;
    if (!write_and_read(&value, &again, row->verb, rules))
        return;
    if (again.text.size > 0 && value.text.size > 0)
        require(same(value.text, again.text));
    if (again.choice != 0)
        require(value.choice == again.choice);
}

static void try_limits(struct ehlo_span text)
{
    struct ehlo_limits limits, again;
    struct ehlo_span argument;

    ehlo_limits_parse(&limits, text.data, text.size);
    argument.data = out;
    if (ehlo_limits_format(out, sizeof out, &argument.size, &limits) != 0)
        return;
    ehlo_limits_parse(&again, argument.data, argument.size);
    require(memcmp(&limits, &again, sizeof limits) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ehlo_registration row;
    struct ehlo_span text;
    uint32_t rules;

    if (size < 2 || size > 4096)
        return 0;
    row = choose(data[0]);
    rules = (data[1] & 1 ? EHLO_UTF8 : 0) | (data[1] & 2 ? EHLO_ALLOW_ALL : 0);
    text.data = (const char *)data + 2;
    text.size = size - 2;
    try_text(&row, text, rules);
    try_fields(&row, text, rules, data[1] >> 4);
    try_limits(text);
    return 0;
}
