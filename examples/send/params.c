/* SPDX-License-Identifier: ISC
 *
 * Parameters, made of what the command line says.
 */
#define _POSIX_C_SOURCE 200809L
#include "params.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char too_long[] = "too long";

static const char *add(struct params *params, const struct ehlo_param *param)
{
    char text[sizeof params->text];
    size_t length, space = params->size == 0; /* none before the first one */
    int error = ehlo_param_format(text, sizeof text, &length, param, EHLO_UTF8);

    if (error == EHLO_E_SPACE || (error == 0 && length - space > sizeof params->text - params->size))
        return too_long;
    if (error != 0)
        return ehlo_error_text(error);
    memcpy(params->text + params->size, text + space, length - space);
    params->size += length - space;
    return NULL;
}

static struct ehlo_span span(const char *text)
{
    struct ehlo_span all = {text, text == NULL ? 0 : strlen(text)};

    return all;
}

const char *params_add(struct params *params, const char *keyword, const char *value)
{
    struct ehlo_param param;

    param.keyword = span(keyword);
    param.value = span(value);
    return add(params, &param);
}

const char *params_take(struct params *params, const char *text)
{
    const char *sign = strchr(text, '=');
    struct ehlo_param param;

    param.keyword = span(text);
    param.value = span(sign == NULL ? NULL : sign + 1);
    if (sign != NULL)
        param.keyword.size = (size_t)(sign - text);
    return add(params, &param);
}

const char *params_join(struct params *params, const struct params *more)
{
    const size_t space = params->size > 0 && more->size > 0;

    if (more->size + space > sizeof params->text - params->size)
        return too_long;
    if (space)
        params->text[params->size++] = ' ';
    memcpy(params->text + params->size, more->text, more->size);
    params->size += more->size;
    return NULL;
}

const char *params_ret(struct params *params, const char *value)
{
    if (strcasecmp(value, "FULL") == 0 || strcasecmp(value, "HDRS") == 0)
        return params_add(params, "RET", value);
    return "not FULL or HDRS";
}

/* Which of them the next word is, and steps over it and the comma behind it; -1: none. */
static int next_word(const char **text)
{
    static const char words[][8] = {"SUCCESS", "FAILURE", "DELAY"};
    const size_t size = strcspn(*text, ",");
    int i;

    for (i = 0; i < 3; i++)
        if (strlen(words[i]) == size && strncasecmp(words[i], *text, size) == 0) {
            *text += size;
            return i;
        }
    return -1;
}

const char *params_notify(struct params *params, const char *value)
{
    const char *text = value;
    int seen = 0, word;

    if (strcasecmp(value, "NEVER") == 0)
        return params_add(params, "NOTIFY", value);
    do {
        word = next_word(&text);
        if (word < 0 || (seen >> word & 1))
            return "not NEVER, nor some of SUCCESS,FAILURE,DELAY";
        seen |= 1 << word;
    } while (*text++ == ',');
    return params_add(params, "NOTIFY", value);
}

enum {
    ENVID = 100,
    ORCPT = 500
};

/* Writes `prefix` and then the rest in xtext, up to `most` octets of both. */
static const char *add_xtext(struct params *params, const char *keyword, struct ehlo_span prefix, const char *rest,
                             size_t most)
{
    char value[ORCPT + 1];
    size_t length;

    if (prefix.size > most)
        return too_long;
    memcpy(value, prefix.data, prefix.size);
    if (ehlo_xtext_encode(value + prefix.size, most - prefix.size, &length, rest, strlen(rest)) != 0)
        return too_long;
    value[prefix.size + length] = '\0';
    return params_add(params, keyword, value);
}

const char *params_envid(struct params *params, const char *value)
{
    if (value[0] == '\0')
        return "empty";
    return add_xtext(params, "ENVID", span(""), value, ENVID);
}

static int is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text > 127)
            return 0;
    return 1;
}

/* utf-8-addr-unitext: UTF-8 as it is, and by its number what would mean something else (RFC 6533, section 3). */
static const char *add_unitext(struct params *params, const char *rest)
{
    char value[ORCPT + 1] = "utf-8;";
    size_t length = strlen(value);
    int escaped;

    for (; *rest != '\0'; rest++) {
        escaped = strchr("\\+= \177", *rest) != NULL || (unsigned char)*rest < ' ';
        length += (size_t)snprintf(value + length, sizeof value - length, escaped ? "\\x{%02X}" : "%c",
                                   escaped ? (unsigned char)*rest : *rest);
        if (length >= sizeof value)
            return too_long;
    }
    return params_add(params, "ORCPT", value);
}

const char *params_orcpt(struct params *params, const char *value)
{
    struct ehlo_span type = {value, strcspn(value, ";\"@< ") + 1};

    if (value[type.size - 1] == ';' && type.size > 1)
        value += type.size;
    else
        type = span(is_ascii(value) ? "rfc822;" : "utf-8;");
    if (value[0] == '\0')
        return "empty";
    return strncasecmp(type.data, "utf-8;", type.size) == 0 ? add_unitext(params, value)
                                                            : add_xtext(params, "ORCPT", type, value, ORCPT);
}
