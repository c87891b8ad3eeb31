/* SPDX-License-Identifier: ISC
 *
 * The command line of serve.
 */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "common/arguments.h"

#define FIELD(name) offsetof(struct options, name)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char newlines[][12] = {"reject", "normalize", "keep"}; /* by EHLO_NEWLINE_ */

static const char *take_listen(void *options, const char *value)
{
    struct options *all = options;

    all->listen[all->listens++] = value;
    return NULL;
}

static const char *take_reply(void *options, const char *value)
{
    struct options *all = options;

    return verdict_add(&all->verdicts, value) == 0 ? NULL : "not STAGE[:ADDR]=REPLY";
}

static const char *take_allow(void *options, const char *value)
{
    struct options *all = options;

    return arguments_allow(&all->rules, value);
}

static const char *take_newline(void *options, const char *value)
{
    struct options *all = options;
    uint32_t i;

    for (i = 0; i < COUNT(newlines); i++)
        if (strcmp(newlines[i], value) == 0) {
            all->newline = i;
            return NULL;
        }
    return "not reject, normalize or keep";
}

static const char *take_without(void *options, const char *value)
{
    struct options *all = options;
    uint32_t extension = ehlo_extension_find(value, strlen(value));
    uint64_t extensions = EHLO_SERVER_EXTENSIONS;

    if (extension >= EHLO_EXTENSION_COUNT)
        return "no such extension";
    /* what this build does not have is not offered anyway */
    all->withhold |= UINT64_C(1) << extension & extensions;
    return NULL;
}

static const char *take_max_size(void *options, const char *value)
{
    struct options *all = options;

    if (ehlo_number_parse(value, strlen(value), &all->message_max) != 0)
        return "not a number";
    if (all->message_max == 0)
        all->message_max = UINT64_MAX;
    return NULL;
}

static void more_help(void)
{
    uint64_t extensions = EHLO_SERVER_EXTENSIONS;
    uint32_t extension;

    printf("KEYWORD:");
    for (extension = 0; extension < EHLO_EXTENSION_COUNT; extension++)
        if (extensions >> extension & 1)
            printf(" %s", ehlo_extension_name(extension));
    printf("\n");
    arguments_print_rules();
    printf("REPLY: as on the wire, \"550 5.1.1 no such user\"; ADDR: the client's address (connect) or name (helo),\n"
           "the reverse-path (mail), the forward-path (rcpt), or one of the recipients (data, end)\n");
}

static const struct argument table[] = {
    {"listen", "ADDR:PORT", ARGUMENT_CALL, 0, 0, take_listen, "take connections here; port 0 picks one; repeatable"},
    {"stdio", "", ARGUMENT_FLAG, FIELD(stdio), 0, NULL, "one session on stdin and stdout"},
    {"maildir", "DIR", ARGUMENT_TEXT, FIELD(maildir), 0, NULL, "store messages in this maildir"},
    {"mbox", "FILE", ARGUMENT_TEXT, FIELD(mbox), 0, NULL, "store messages in this mbox"},
    {"discard", "", ARGUMENT_FLAG, FIELD(discard), 0, NULL, "take messages and throw them away"},
    {"raw", "", ARGUMENT_FLAG, FIELD(raw), 0, NULL, "store CRLF line ends, and add no header; not in an mbox"},
    {"hostname", "NAME", ARGUMENT_TEXT, FIELD(hostname), 0, NULL, "this host's domain or address literal"},
    {"max-size", "N", ARGUMENT_CALL, 0, 0, take_max_size, "octets of a message; 0: no bound (default 67108864)"},
    {"max-rcpt", "N", ARGUMENT_NUMBER, FIELD(recipient_max), 100, NULL, "recipients of a message (default 1000)"},
    {"max-errors", "N", ARGUMENT_NUMBER, FIELD(error_max), 1, NULL, "refused commands in a session (default 100)"},
    {"timeout", "SECONDS", ARGUMENT_NUMBER, FIELD(timeout), 1, NULL, "longest silence of a client (default 300)"},
    {"greet-delay", "SECONDS", ARGUMENT_NUMBER, FIELD(greet_delay), 0, NULL, "wait before the greeting"},
    {"bare-newline", "reject|normalize|keep", ARGUMENT_CALL, 0, 0, take_newline,
     "what to do about a CR or LF that is no CRLF"},
    {"without", "KEYWORD", ARGUMENT_CALL, 0, 0, take_without, "do not offer this extension; repeatable"},
    {"allow", "RULE", ARGUMENT_CALL, 0, 0, take_allow, "lift a rule of the grammar; repeatable"},
    {"reply", "STAGE[:ADDR]=REPLY", ARGUMENT_CALL, 0, 0, take_reply,
     "answer so at connect, helo, mail, rcpt, data or end; repeatable"},
    {"trace", "", ARGUMENT_FLAG, FIELD(trace), 0, NULL, "print the dialogues to stderr"},
    {"help", "", ARGUMENT_HELP, 0, 0, NULL, "print this"},
    {"lmtp", "", ARGUMENT_ABSENT, 0, 0, NULL, "LMTP"},
    {"users", "FILE", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"auth-in-clear", "", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"require-auth", "", ARGUMENT_ABSENT, 0, 0, NULL, "AUTH"},
    {"require-tls", "", ARGUMENT_ABSENT, 0, 0, NULL, "STARTTLS"},
    {"tls-cert", "FILE", ARGUMENT_ABSENT, 0, 0, NULL, "STARTTLS"},
    {"tls-key", "FILE", ARGUMENT_ABSENT, 0, 0, NULL, "STARTTLS"},
    {"tls-implicit", "", ARGUMENT_ABSENT, 0, 0, NULL, "TLS"},
    {"proxy-protocol", "", ARGUMENT_ABSENT, 0, 0, NULL, "the PROXY protocol"},
    {"xclient", "ADDR", ARGUMENT_ABSENT, 0, 0, NULL, "XCLIENT"},
};

static const struct arguments arguments = {
    "serve",
    "usage: serve (--listen ADDR:PORT | --stdio) (--maildir DIR | --mbox FILE | --discard) [OPTION]...\n"
    "Receives mail by SMTP.\n",
    table,
    COUNT(table),
    NULL,
    more_help,
};

/* The host's own name when it can be one in SMTP. */
static const char *own_name(void)
{
    static char name[256];
    uint32_t kind;
    size_t used;

    if (gethostname(name, sizeof name - 1) == 0 && ehlo_domain_parse(name, strlen(name), 0, &kind, &used) == 0)
        return name;
    return "localhost";
}

static uint32_t narrow(uint64_t number)
{
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static int configure(struct options *options)
{
    struct ehlo_server_config *config = &options->config;
    uint32_t kind;
    size_t used;

    if (options->hostname == NULL)
        options->hostname = own_name();
    if (ehlo_domain_parse(options->hostname, strlen(options->hostname), 0, &kind, &used) != 0)
        return arguments_wrong(&arguments, "--hostname: not a domain or address literal", options->hostname);
    config->size = sizeof *config;
    config->output_size = 512;
    config->hostname.data = options->hostname;
    config->hostname.size = strlen(options->hostname);
    config->withhold = options->withhold;
    config->message_max = options->message_max;
    config->recipient_max = narrow(options->recipient_max);
    config->error_max = narrow(options->error_max);
    config->newline = options->newline;
    config->rules = options->rules;
    config->command_timeout = config->body_timeout = narrow(options->timeout);
    options->greet_delay = narrow(options->greet_delay);
    return ehlo_server_size(config) != 0 ? -1 : arguments_wrong(&arguments, "these options do not fit together", NULL);
}

int options_read(struct options *options, int argc, char **argv)
{
    int code;

    memset(options, 0, sizeof *options);
    options->listen = calloc((size_t)argc + 1, sizeof *options->listen);
    if (options->listen == NULL)
        return EX_OSERR;
    code = arguments_read(&arguments, options, argc, argv);
    if (code >= 0)
        return code;
    if (options->stdio ? options->listens != 0 : options->listens == 0)
        return arguments_wrong(&arguments, "needs --listen or --stdio, and not both", NULL);
    if ((options->maildir != NULL) + (options->mbox != NULL) + (int)options->discard != 1)
        return arguments_wrong(&arguments, "needs one of --maildir, --mbox and --discard", NULL);
    if (options->raw && options->mbox != NULL)
        return arguments_wrong(&arguments, "an mbox cannot be --raw", NULL);
    return configure(options);
}

void options_free(struct options *options)
{
    verdict_free(options->verdicts);
    free(options->listen);
}
