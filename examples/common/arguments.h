/* SPDX-License-Identifier: ISC
 *
 * A program's command line, read and explained from one table.
 */
#ifndef COMMON_ARGUMENTS_H
#define COMMON_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

enum argument_kind {
    ARGUMENT_FLAG,   /* sets a uint32_t to 1 */
    ARGUMENT_TEXT,   /* sets a const char * */
    ARGUMENT_NUMBER, /* sets a uint64_t */
    ARGUMENT_CALL,   /* calls `take` */
    ARGUMENT_ABSENT, /* `help` names what the build would need for it */
    ARGUMENT_HELP
};

/* Takes a value; "" when it may be left out and is. Returns NULL, or what is wrong with it. */
typedef const char *argument_take(void *options, const char *value);

struct argument {
    char name[16], value[24]; /* without value: ""; "[...]": the value may be left out */
    enum argument_kind kind;
    size_t field;        /* offset in the program's struct of options */
    uint64_t least;      /* of a number */
    argument_take *take; /* of a call */
    char help[88];
    int with_tls; /* only a build with TLS has it */
};

struct arguments {
    const char *program;
    const char *usage; /* the first lines of --help */
    const struct argument *table;
    size_t count;
    argument_take *operand;  /* what is no option; NULL: there are none */
    void (*more_help)(void); /* behind the table */
};

/* Returns -1 when the program should run, or the code that it should exit with, after having said why. */
int arguments_read(const struct arguments *arguments, void *options, int argc, char **argv);

/* Says what is wrong, with `which` behind a colon unless it is NULL, and returns EX_USAGE. */
int arguments_wrong(const struct arguments *arguments, const char *what, const char *which);

/* --allow RULE: a bit more of `*rules`, which are EHLO_ALLOW_ flags. Returns NULL, or what is wrong. */
const char *arguments_allow(uint32_t *rules, const char *rule);

/* Prints a line with the rules. */
void arguments_print_rules(void);

#endif
