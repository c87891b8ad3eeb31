/* SPDX-License-Identifier: ISC
 *
 * Command lines (RFC 5321, section 4.1.1). Parsing and formatting check an argument by the same functions.
 */
#include <ehlo/command.h>

#include <string.h>

#include "codec/ascii.h"
#include "codec/writer.h"
#include "grammar/grammar.h"

#define PARAM_MAX 32 /* each is compared with those before it, so their number must be small */

static int take_verb(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    int octet;

    if (!ehlo_is_alpha((char)ehlo_cursor_peek(cursor)))
        return EHLO_E_VERB;
    while (ehlo_is_alnum((char)(octet = ehlo_cursor_peek(cursor))))
        cursor->at++;
    if (octet >= 0 && octet != ' ')
        return EHLO_E_VERB;
    command->name = ehlo_cursor_span(cursor, 0);
    command->verb = ehlo_verb_find(command->name.data, command->name.size);
    return 0;
}

/* The word in front of a path, "FROM:" or "TO:". */
static int take_word(struct ehlo_cursor *cursor, const char *word)
{
    int octet;

    for (; *word != '\0'; word++) {
        octet = ehlo_cursor_peek(cursor);
        if (octet < 0)
            return EHLO_E_MISSING;
        if (ehlo_lower((char)octet) != ehlo_lower(*word))
            return EHLO_E_CHARACTER;
        cursor->at++;
    }
    if (cursor->rules & EHLO_ALLOW_SPACE)
        ehlo_cursor_skip_blanks(cursor);
    return cursor->at < cursor->size ? 0 : EHLO_E_MISSING;
}

/* `<>` is for MAIL alone, a bare Postmaster for RCPT (RFC 5321, sections 4.1.1.2 and 4.1.1.3). */
static int check_kind(uint32_t kind, uint32_t form, uint32_t rules)
{
    if (form == EHLO_FORM_FORWARD && (kind & EHLO_PATH_NULL))
        return EHLO_E_LOCAL_PART;
    if (form == EHLO_FORM_REVERSE && (kind & EHLO_PATH_POSTMASTER) && !(rules & EHLO_ALLOW_NO_DOMAIN))
        return EHLO_E_DOMAIN;
    return 0;
}

/* Whether `list` is well-formed and has none twice; on failure `*at` is the offset in it. */
static int check_params(struct ehlo_span list, uint32_t rules, size_t *at)
{
    struct ehlo_span rest = list, before = {NULL, 0};
    struct ehlo_param param, earlier;
    size_t count, fault;
    int more;

    before.data = list.data;
    for (count = 0; (more = ehlo_param_next(&rest, &param, rules, &fault)) > 0; count++) {
        before.size = (size_t)(param.keyword.data - list.data);
        *at = before.size;
        if (count == PARAM_MAX)
            return EHLO_E_UNWANTED;
        if (ehlo_param_find(&before, param.keyword.data, param.keyword.size, &earlier))
            return EHLO_E_DUPLICATE;
    }
    *at = list.size - rest.size + fault;
    return more;
}

static int take_params(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    size_t start, fault;
    int octet = ehlo_cursor_peek(cursor), error;

    if (octet < 0)
        return 0;
    if (octet != ' ' && !(octet == '\t' && (cursor->rules & EHLO_ALLOW_SPACE)))
        return EHLO_E_UNWANTED;
    cursor->at++;
    if (cursor->rules & EHLO_ALLOW_SPACE)
        ehlo_cursor_skip_blanks(cursor);
    start = cursor->at;
    cursor->at = cursor->size;
    command->params = ehlo_cursor_span(cursor, start);
    error = check_params(command->params, cursor->rules, &fault);
    if (error != 0)
        cursor->at = start + fault;
    return error;
}

static int take_path(struct ehlo_cursor *cursor, struct ehlo_command *command, uint32_t form)
{
    size_t start;
    int error;

    if ((error = take_word(cursor, form == EHLO_FORM_REVERSE ? "FROM:" : "TO:")) != 0)
        return error;
    start = cursor->at;
    if ((error = ehlo_path_scan(cursor, &command->path)) != 0)
        return error;
    if ((error = check_kind(command->path.kind, form, cursor->rules)) != 0) {
        if (cursor->in[cursor->at - 1] == '>')
            cursor->at--;
        return error;
    }
    command->argument = ehlo_cursor_span(cursor, start);
    return take_params(cursor, command);
}

/* The parameter takes no value (RFC 6531, section 3.1): with one it says nothing. */
static int has_smtputf8(struct ehlo_span params)
{
    struct ehlo_param param;

    return ehlo_param_find(&params, "SMTPUTF8", 8, &param) && param.value.data == NULL;
}

static int has_path(uint32_t form)
{
    return form == EHLO_FORM_REVERSE || form == EHLO_FORM_FORWARD;
}

/* Whether MAIL speaks SMTPUTF8 is told behind the path: it is read again without, when the parameter is not there. */
static int take_reverse_path(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const size_t start = cursor->at;
    int error = take_path(cursor, command, EHLO_FORM_REVERSE);

    if (error != 0 || !(cursor->rules & EHLO_UTF8) || has_smtputf8(command->params))
        return error;
    cursor->at = start;
    cursor->rules &= ~(uint32_t)EHLO_UTF8;
    memset(&command->argument, 0, sizeof command->argument);
    return take_path(cursor, command, EHLO_FORM_REVERSE);
}

static int take_argument(struct ehlo_cursor *cursor, struct ehlo_command *command)
{
    const uint32_t form = ehlo_verb_form(command->verb);

    if (cursor->at < cursor->size)
        cursor->at++;
    if (form == EHLO_FORM_REVERSE)
        return take_reverse_path(cursor, command);
    if (form == EHLO_FORM_FORWARD)
        return take_path(cursor, command, form);
    return ehlo_argument_scan(cursor, form, command);
}

int ehlo_command_parse(struct ehlo_command *command, const char *line, size_t size, uint32_t rules, size_t *at)
{
    struct ehlo_cursor cursor;
    int error;

    while (size > 0 && ehlo_is_blank(line[size - 1]))
        size--;
    cursor = ehlo_cursor_on(line, size, rules);
    memset(command, 0, sizeof *command);
    error = take_verb(&cursor, command);
    if (error == 0)
        error = take_argument(&cursor, command);
    if (error != 0) {
        if (!has_path(ehlo_verb_form(command->verb)))
            memset(&command->argument, 0, sizeof command->argument);
        memset(&command->path, 0, sizeof command->path);
        memset(&command->params, 0, sizeof command->params);
        command->last = 0;
        command->octets = 0;
    }
    *at = cursor.at;
    return error;
}

static struct ehlo_span command_name(const struct ehlo_command *command)
{
    return command->verb == EHLO_VERB_OTHER ? command->name : ehlo_span_of(ehlo_verb_name(command->verb));
}

static int check_name(const struct ehlo_command *command)
{
    struct ehlo_command read;
    struct ehlo_cursor cursor = ehlo_cursor_on_span(command_name(command), 0);

    if (take_verb(&cursor, &read) != 0 || cursor.at < cursor.size || read.verb != command->verb)
        return EHLO_E_VERB;
    return 0;
}

static int check_path(const struct ehlo_command *command, uint32_t form, uint32_t rules)
{
    size_t at;
    int error;

    if (form == EHLO_FORM_REVERSE && !has_smtputf8(command->params))
        rules &= ~(uint32_t)EHLO_UTF8;
    if ((error = check_kind(command->path.kind, form, rules)) != 0 ||
        (error = ehlo_path_check(&command->path, rules)) != 0)
        return error;
    return check_params(command->params, rules, &at);
}

static void put_command(struct ehlo_writer *writer, const struct ehlo_command *command, uint32_t form)
{
    ehlo_put_span(writer, command_name(command));
    if (has_path(form)) {
        ehlo_put_string(writer, form == EHLO_FORM_REVERSE ? " FROM:" : " TO:");
        ehlo_path_put(writer, &command->path);
        if (command->params.size > 0)
            ehlo_put_octet(writer, ' ');
        ehlo_put_span(writer, command->params);
    } else {
        ehlo_argument_put(writer, command, form);
    }
    ehlo_put_string(writer, "\r\n");
}

int ehlo_command_format(char *out, size_t capacity, size_t *length, const struct ehlo_command *command, uint32_t rules)
{
    const uint32_t form = ehlo_verb_form(command->verb);
    struct ehlo_writer writer;
    int error;

    *length = 0;
    if ((error = check_name(command)) != 0)
        return error;
    error = has_path(form) ? check_path(command, form, rules) : ehlo_argument_check(command, form, rules);
    if (error != 0)
        return error;
    ehlo_writer_count(&writer);
    put_command(&writer, command, form);
    error = ehlo_writer_room(&writer, out, capacity, length);
    if (error == 0)
        put_command(&writer, command, form);
    return error;
}
