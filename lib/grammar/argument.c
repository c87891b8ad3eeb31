/* SPDX-License-Identifier: ISC
 *
 * What commands other than MAIL and RCPT take behind their verb, form by form.
 */
#include <ehlo/command.h>

#include <string.h>

#include <ehlo/codec.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

enum {
    HELLO_OCTETS = 255,   /* a word that EHLO_ALLOW_HELLO lets in is bounded as the domain that it stands for */
    MECHANISM_OCTETS = 20 /* RFC 4422, section 3.1 */
};

static const char last_word[] = "LAST";
static const char utf8_word[] = "SMTPUTF8";

static int take_hello_word(struct ehlo_cursor *cursor)
{
    size_t start = cursor->at;
    int octet;

    while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127)
        cursor->at++;
    return ehlo_cursor_bound(cursor, start, HELLO_OCTETS,
                             cursor->at > start ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER), EHLO_E_DOMAIN_LONG);
}

/* The end of the input, but for blanks. */
static int finish(struct ehlo_cursor *cursor)
{
    if (cursor->at == cursor->size)
        return 0;
    if (!ehlo_is_blank(ehlo_cursor_peek(cursor)))
        return ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
    ehlo_cursor_skip_blanks(cursor);
    return EHLO_E_UNWANTED;
}

/* Nobody has offered SMTPUTF8 yet when a client greets: its name is ASCII (RFC 6531, section 3.7.1). */
static int take_hello(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int error;

    cursor->rules &= ~(uint32_t)EHLO_UTF8;
    error = cursor->rules & EHLO_ALLOW_HELLO ? take_hello_word(cursor) : ehlo_domain_scan(cursor);
    command->argument = ehlo_cursor_span(cursor, start);
    return error != 0 ? error : finish(cursor);
}

static int take_text(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int error;

    cursor->rules &= ~(uint32_t)EHLO_ALLOW_8BIT;
    error = ehlo_text_scan(cursor);
    command->argument = ehlo_cursor_span(cursor, start);
    return error != 0 ? error : ehlo_cursor_finish(cursor, EHLO_E_CHARACTER);
}

/* UTF-8 may stand only before the word that announces it (RFC 6531, section 3.7.4.2). */
static int take_string(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t word = sizeof utf8_word - 1;
    const size_t start = cursor->at;
    struct ehlo_span tail;
    int error;

    if ((cursor->rules & EHLO_UTF8) && cursor->size - start > word + 1 && cursor->in[cursor->size - word - 1] == ' ') {
        tail.data = cursor->in + cursor->size - word;
        tail.size = word;
        if (ehlo_span_is(tail, utf8_word, word))
            command->params = tail;
    }
    if (command->params.size == 0)
        cursor->rules &= ~(uint32_t)EHLO_UTF8;
    error = take_text(cursor, command);
    if (error != 0 || command->params.size == 0)
        return error;
    command->argument.size -= word + 1;
    while (command->argument.size > 0 && ehlo_is_blank(command->argument.data[command->argument.size - 1]))
        command->argument.size--;
    if (command->argument.size > 0)
        return 0;
    cursor->at = start;
    return EHLO_E_MISSING;
}

/* A further word behind a space; `*word` is empty when there is none. */
static int take_word(struct ehlo_cursor *cursor, struct ehlo_span *word)
{
    size_t start;
    int octet;

    *word = ehlo_cursor_span(cursor, cursor->at);
    if (!ehlo_cursor_take(cursor, ' '))
        return cursor->at == cursor->size ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
    if (cursor->rules & EHLO_ALLOW_SPACE)
        ehlo_cursor_skip_blanks(cursor);
    start = cursor->at;
    while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127)
        cursor->at++;
    *word = ehlo_cursor_span(cursor, start);
    return word->size > 0 ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
}

static int take_last(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    struct ehlo_span word;
    int error = take_word(cursor, &word);

    if (error != 0 || word.size == 0)
        return error;
    if (!ehlo_span_is(word, last_word, sizeof last_word - 1)) {
        cursor->at -= word.size;
        return EHLO_E_UNWANTED;
    }
    command->last = 1;
    return finish(cursor);
}

/* `1*DIGIT` (RFC 3030, section 2): as many leading zeros as one likes. */
static int take_chunk(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    uint64_t octets = 0, digit;

    while (ehlo_is_digit((char)ehlo_cursor_peek(cursor))) {
        digit = (uint64_t)(cursor->in[cursor->at++] - '0');
        octets = octets > (UINT64_MAX - digit) / 10 ? UINT64_MAX : octets * 10 + digit;
    }
    if (cursor->at == start)
        return ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
    command->octets = octets;
    return take_last(cursor, command);
}

static int take_url(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int octet;

    while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127)
        cursor->at++;
    command->argument = ehlo_cursor_span(cursor, start);
    return cursor->at == start ? ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER) : take_last(cursor, command);
}

/* An initial response that is empty is said as "=" (RFC 4954, section 4). */
static int check_response(struct ehlo_cursor *cursor, struct ehlo_span response)
{
    size_t length;

    if (response.size == 0 || (response.size == 1 && response.data[0] == '='))
        return 0;
    if (ehlo_base64_decode(NULL, 0, &length, response.data, response.size) != EHLO_E_BASE64)
        return 0;
    cursor->at = cursor->at - response.size + length;
    return EHLO_E_BASE64;
}

static int take_auth(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int octet, error;

    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))) || octet == '-' || octet == '_')
        cursor->at++;
    command->argument = ehlo_cursor_span(cursor, start);
    error = ehlo_cursor_bound(cursor, start, MECHANISM_OCTETS,
                              cursor->at > start ? 0 : ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER), EHLO_E_CHARACTER);
    if (error == 0)
        error = take_word(cursor, &command->params);
    if (error == 0)
        error = check_response(cursor, command->params);
    return error != 0 ? error : finish(cursor);
}

static int take_node(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int octet, error = 0;

    if (ehlo_cursor_take(cursor, '#')) {
        while ((octet = ehlo_cursor_peek(cursor)) > 32 && octet < 127)
            cursor->at++;
        if (cursor->at == start + 1)
            error = ehlo_cursor_refuse(cursor, EHLO_E_CHARACTER);
    } else {
        (void)ehlo_cursor_take(cursor, '@');
        error = ehlo_domain_scan(cursor);
    }
    command->argument = ehlo_cursor_span(cursor, start);
    return error != 0 ? error : finish(cursor);
}

static int take_domains(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int error;

    if (cursor->at == cursor->size)
        return 0;
    do {
        error = ehlo_domain_scan(cursor);
    } while (error == 0 && ehlo_cursor_take(cursor, ','));
    command->argument = ehlo_cursor_span(cursor, start);
    return error != 0 ? error : finish(cursor);
}

static int is_optional(uint32_t form)
{
    return form == EHLO_FORM_OPTIONAL || form == EHLO_FORM_NONE || form == EHLO_FORM_DOMAINS;
}

int ehlo_argument_scan(struct ehlo_cursor *cursor, uint32_t form, struct ehlo_command *command)
{
    if (cursor->at == cursor->size)
        return is_optional(form) ? 0 : EHLO_E_MISSING;
    switch (form) {
    case EHLO_FORM_HELLO:
        return take_hello(cursor, command);
    case EHLO_FORM_STRING:
        return take_string(cursor, command);
    case EHLO_FORM_CHUNK:
        return take_chunk(cursor, command);
    case EHLO_FORM_URL:
        return take_url(cursor, command);
    case EHLO_FORM_AUTH:
        return take_auth(cursor, command);
    case EHLO_FORM_NODE:
        return take_node(cursor, command);
    case EHLO_FORM_DOMAINS:
        return take_domains(cursor, command);
    case EHLO_FORM_NONE:
        ehlo_cursor_skip_blanks(cursor);
        return EHLO_E_UNWANTED;
    default:
        return take_text(cursor, command);
    }
}

static int is_span(struct ehlo_span span, struct ehlo_span read)
{
    return span.size == read.size && (span.size == 0 || memcmp(span.data, read.data, span.size) == 0);
}

/* Whether this argument alone is read as what it is. A blank at the end would be lost on the way. */
static int check_alone(struct ehlo_span argument, uint32_t form, uint32_t rules)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(argument, rules);
    struct ehlo_command read;
    int error;

    memset(&read, 0, sizeof read);
    error = ehlo_argument_scan(&cursor, form, &read);
    if (error == 0 &&
        (!is_span(argument, read.argument) || (argument.size > 0 && ehlo_is_blank(argument.data[argument.size - 1]))))
        return EHLO_E_CHARACTER;
    return error;
}

int ehlo_argument_check(const struct ehlo_command *command, uint32_t form, uint32_t rules)
{
    struct ehlo_cursor response = ehlo_cursor_on_span(command->params, rules);
    int error;

    if (form == EHLO_FORM_CHUNK)
        return 0;
    if (form == EHLO_FORM_STRING) {
        if (command->params.size == 0)
            rules &= ~(uint32_t)EHLO_UTF8;
        else if (!(rules & EHLO_UTF8) || !ehlo_span_is(command->params, utf8_word, sizeof utf8_word - 1))
            return EHLO_E_VALUE;
        form = EHLO_FORM_TEXT;
    }
    error = check_alone(command->argument, form, rules);
    if (error == 0 && form == EHLO_FORM_AUTH) {
        response.at = response.size;
        error = check_response(&response, command->params);
    }
    return error;
}

void ehlo_argument_put(struct ehlo_writer *writer, const struct ehlo_command *command, uint32_t form)
{
    if (form == EHLO_FORM_CHUNK) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_number(writer, command->octets, 1);
    } else if (command->argument.size > 0) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_span(writer, command->argument);
    }
    if (command->params.size > 0 && (form == EHLO_FORM_AUTH || form == EHLO_FORM_STRING)) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_span(writer, command->params);
    }
    if (command->last && (form == EHLO_FORM_CHUNK || form == EHLO_FORM_URL)) {
        ehlo_put_octet(writer, ' ');
        ehlo_put_string(writer, last_word);
    }
}
