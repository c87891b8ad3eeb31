/* SPDX-License-Identifier: ISC
 *
 * The command line.
 */
#include "arguments.h"
#include "tls.h"
#include <ehlo.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    char name[16];
    uint32_t rule;
} rules[] = {
    {"long-local", EHLO_ALLOW_LONG_LOCAL},
    {"long-path", EHLO_ALLOW_LONG_PATH},
    {"dots", EHLO_ALLOW_DOTS},
    {"underscore", EHLO_ALLOW_UNDERSCORE},
    {"hyphen", EHLO_ALLOW_HYPHEN},
    {"trailing-dot", EHLO_ALLOW_TRAILING_DOT},
    {"no-domain", EHLO_ALLOW_NO_DOMAIN},
    {"no-brackets", EHLO_ALLOW_NO_BRACKETS},
    {"8bit", EHLO_ALLOW_8BIT},
    {"literal", EHLO_ALLOW_LITERAL},
    {"space", EHLO_ALLOW_SPACE},
    {"hello", EHLO_ALLOW_HELLO},
};

const char *arguments_allow(uint32_t *flags, const char *rule)
{
    size_t i;

    for (i = 0; i < COUNT(rules); i++)
        if (strcmp(rules[i].name, rule) == 0) {
            *flags |= rules[i].rule;
            return NULL;
        }
    return "no such rule";
}

void arguments_print_rules(void)
{
    size_t i;

    printf("RULE:");
    for (i = 0; i < COUNT(rules); i++)
        printf(" %s", rules[i].name);
    printf("\n");
}

int arguments_wrong(const struct arguments *arguments, const char *what, const char *which)
{
    fprintf(stderr, "%s: %s%s%s; try --help\n", arguments->program, what, which == NULL ? "" : ": ",
            which == NULL ? "" : which);
    return EX_USAGE;
}

/* A value that an option does not take. */
static int wrong_value(const struct arguments *arguments, const struct argument *row, const char *what,
                       const char *value)
{
    fprintf(stderr, "%s: --%s: %s: %s; try --help\n", arguments->program, row->name, what, value);
    return EX_USAGE;
}

static int is_absent(const struct argument *row)
{
    return row->kind == ARGUMENT_ABSENT || (row->with_tls && !tls_built());
}

static void print_absent(const struct arguments *arguments)
{
    size_t i, column = 0;

    printf("\nNot in this build:");
    for (i = 0; i < arguments->count; i++)
        if (is_absent(&arguments->table[i])) {
            printf("%s--%s", column++ % 6 == 0 ? "\n  " : " ", arguments->table[i].name);
        }
    printf("%s\n\n", column == 0 ? " nothing" : "");
}

static int help(const struct arguments *arguments)
{
    const struct argument *row;
    char head[48];
    size_t i;

    printf("%s\n", arguments->usage);
    for (i = 0; i < arguments->count; i++) {
        row = &arguments->table[i];
        snprintf(head, sizeof head, "%s%s%s", row->name, row->value[0] != '\0' ? " " : "", row->value);
        if (!is_absent(row))
            printf("  --%-35s%s\n", head, row->help);
    }
    print_absent(arguments);
    arguments->more_help();
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Takes one option. Returns -1 to go on, or an exit code. */
static int take(const struct arguments *arguments, const struct argument *row, void *options, const char *value)
{
    char *field = (char *)options + row->field;
    const char *wrong;
    uint64_t number;
    uint32_t set = 1;

    if (is_absent(row)) {
        fprintf(stderr, "%s: --%s needs %s, which this build does not have\n", arguments->program, row->name,
                row->with_tls ? "TLS (make TLS=openssl)" : row->help);
        return EX_USAGE;
    }
    switch (row->kind) {
    case ARGUMENT_FLAG:
        memcpy(field, &set, sizeof set);
        return -1;
    case ARGUMENT_TEXT:
        memcpy(field, &value, sizeof value);
        return -1;
    case ARGUMENT_NUMBER:
        if (ehlo_number_parse(value, strlen(value), &number) != 0 || number < row->least)
            return wrong_value(arguments, row, "not a number that it takes", value);
        memcpy(field, &number, sizeof number);
        return -1;
    case ARGUMENT_CALL:
        wrong = row->take(options, value);
        return wrong == NULL ? -1 : wrong_value(arguments, row, wrong, value);
    case ARGUMENT_HELP:
    case ARGUMENT_ABSENT:
    default:
        return help(arguments);
    }
}

static const struct argument *find(const struct arguments *arguments, const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < arguments->count; i++)
        if (strlen(arguments->table[i].name) == length && memcmp(arguments->table[i].name, name, length) == 0)
            return &arguments->table[i];
    return NULL;
}

/* Whether the argument behind an option is its value. One that may be left out is no option. */
static int takes_next(const struct argument *row, int i, int argc, char **argv)
{
    if (row->value[0] == '\0' || is_absent(row))
        return 0;
    return row->value[0] != '[' || (i + 1 < argc && argv[i + 1][0] != '-');
}

/* Takes an option, and the argument behind it when that is its value. */
static int take_option(const struct arguments *arguments, void *options, char **argv, int *i, int argc)
{
    const char *name = argv[*i] + 2, *value;
    const size_t length = argv[*i][1] == '-' ? strcspn(name, "=") : 0;
    const struct argument *row = find(arguments, name, length);

    if (row == NULL)
        return arguments_wrong(arguments, "no such option", argv[*i]);
    value = name[length] == '=' ? name + length + 1 : NULL;
    if (row->value[0] == '\0' && value != NULL)
        return arguments_wrong(arguments, "this option takes no value", argv[*i]);
    if (value == NULL && takes_next(row, *i, argc, argv)) {
        if (++*i == argc)
            return arguments_wrong(arguments, "this option takes a value", argv[argc - 1]);
        value = argv[*i];
    }
    return take(arguments, row, options, value == NULL ? "" : value);
}

/* What is no option. Returns as take_option does. */
static int take_operand(const struct arguments *arguments, void *options, const char *operand)
{
    const char *wrong = arguments->operand == NULL ? "not an option" : arguments->operand(options, operand);

    return wrong == NULL ? -1 : arguments_wrong(arguments, wrong, operand);
}

int arguments_read(const struct arguments *arguments, void *options, int argc, char **argv)
{
    int i, code = -1, only_operands = 0;

    for (i = 1; i < argc && code < 0; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0)
            only_operands = 1;
        else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0')
            code = take_option(arguments, options, argv, &i, argc);
        else
            code = take_operand(arguments, options, argv[i]);
    }
    return code;
}
