/* SPDX-License-Identifier: ISC
 *
 * The command line of send.
 */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "common/arguments.h"

#define FIELD(name) offsetof(struct options, name)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *take_to(void *options, const char *value)
{
    struct options *all = options;

    all->to[all->recipients++] = value;
    return NULL;
}

static const char *take_file(void *options, const char *value)
{
    struct options *all = options;

    all->files[all->messages++] = value;
    return NULL;
}

static const char *take_allow(void *options, const char *value)
{
    struct options *all = options;

    return arguments_allow(&all->rules, value);
}

static const char *take_port(void *options, const char *value)
{
    struct options *all = options;
    uint64_t number;

    if (ehlo_number_parse(value, strlen(value), &number) != 0 || number == 0 || number > 65535)
        return "not a port";
    all->port = value;
    return NULL;
}

static void more_help(void)
{
    arguments_print_rules();
    printf("\nPrints a line a recipient, and for each FILE: ADDRESS CODE ENHANCED TEXT; \"-\" where there is none.\n"
           "Exit code, the first that applies: 64 usage, 65 a message or an address cannot be sent as it is,\n"
           "76 the server broke the protocol, 75 a recipient may be tried again or the connection failed,\n"
           "69 a recipient was refused for good, 74 this report could not be written, else 0.\n");
}

static const struct argument table[] = {
    {"host", "HOST", ARGUMENT_TEXT, FIELD(host), 0, NULL, "the server's name or address (default localhost)"},
    {"port", "PORT", ARGUMENT_CALL, 0, 0, take_port, "the server's port (default 25)"},
    {"from", "ADDRESS", ARGUMENT_TEXT, FIELD(from), 0, NULL, "the reverse-path; \"<>\" or \"\" for none"},
    {"to", "ADDRESS", ARGUMENT_CALL, 0, 0, take_to, "a recipient; repeatable"},
    {"helo", "NAME", ARGUMENT_TEXT, FIELD(hello), 0, NULL, "this host's domain or address literal"},
    {"timeout", "SECONDS", ARGUMENT_NUMBER, FIELD(timeout), 1, NULL, "longest wait for anything (default RFC 5321's)"},
    {"no-pipelining", "", ARGUMENT_FLAG, FIELD(no_pipelining), 0, NULL, "wait for the reply to each command"},
    {"8bitmime", "", ARGUMENT_FLAG, FIELD(eightbitmime), 0, NULL, "declare BODY=8BITMIME whatever the message has"},
    {"8bit-anyway", "", ARGUMENT_FLAG, FIELD(eightbit_anyway), 0, NULL,
     "send 8-bit mail to whom does not offer 8BITMIME"},
    {"allow", "RULE", ARGUMENT_CALL, 0, 0, take_allow, "lift a rule of the grammar for addresses; repeatable"},
    {"trace", "", ARGUMENT_FLAG, FIELD(trace), 0, NULL, "print the dialogue to stderr"},
    {"help", "", ARGUMENT_HELP, 0, 0, NULL, "print this"},
    {"lmtp", "", ARGUMENT_ABSENT, 0, 0, NULL, "LMTP"},
    {"tls", "starttls|implicit|...", ARGUMENT_ABSENT, 0, 0, NULL, "TLS"},
    {"ca", "FILE", ARGUMENT_ABSENT, 0, 0, NULL, "TLS"},
    {"auth", "MECHANISM", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"user", "NAME", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"password-file", "FILE", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"auth-in-clear", "", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"bdat", "", ARGUMENT_ABSENT, 0, 0, NULL, "CHUNKING"},
    {"smtputf8", "", ARGUMENT_ABSENT, 0, 0, NULL, "SMTPUTF8"},
    {"ret", "FULL|HDRS", ARGUMENT_ABSENT, 0, 0, NULL, "DSN"},
    {"envid", "ID", ARGUMENT_ABSENT, 0, 0, NULL, "DSN"},
    {"notify", "WHEN", ARGUMENT_ABSENT, 0, 0, NULL, "DSN"},
    {"orcpt", "ADDRESS", ARGUMENT_ABSENT, 0, 0, NULL, "DSN"},
};

static const struct arguments arguments = {
    "send",
    "usage: send --from ADDRESS --to ADDRESS [OPTION]... [FILE]...\n"
    "Sends each FILE, or stdin, as a message by SMTP, all on one connection.\n",
    table,
    COUNT(table),
    take_file,
    more_help,
};

int options_read(struct options *options, int argc, char **argv)
{
    struct ehlo_command hello = {.verb = EHLO_VERB_EHLO};
    size_t length;
    int code;

    memset(options, 0, sizeof *options);
    options->host = "localhost";
    options->port = "25";
    options->to = calloc((size_t)argc + 1, sizeof *options->to);
    options->files = calloc((size_t)argc + 1, sizeof *options->files);
    if (options->to == NULL || options->files == NULL)
        return EX_OSERR;
    code = arguments_read(&arguments, options, argc, argv);
    if (code >= 0)
        return code;
    if (options->from == NULL || options->recipients == 0)
        return arguments_wrong(&arguments, "needs --from and --to", NULL);
    hello.argument.data = options->hello;
    hello.argument.size = options->hello == NULL ? 0 : strlen(options->hello);
    if (options->hello != NULL && ehlo_command_format(NULL, 0, &length, &hello, options->rules) != EHLO_E_SPACE)
        return arguments_wrong(&arguments, "--helo: not a domain or address literal", options->hello);
    if (options->timeout > INT_MAX / 1000)
        options->timeout = INT_MAX / 1000;
    if (options->messages == 0)
        (void)take_file(options, "-");
    return -1;
}

void options_free(struct options *options)
{
    free(options->to);
    free(options->files);
}
