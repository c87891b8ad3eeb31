/* SPDX-License-Identifier: ISC
 *
 * The command line, read and explained from one table.
 */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum kind {
    FLAG,
    TEXT,
    NUMBER,
    ABSENT, /* `help` names what the build would need for it */
    LISTEN,
    REPLY,
    WITHOUT,
    ALLOW,
    NEWLINE,
    HELP
};

struct option {
    char name[16], argument[24];
    enum kind kind;
    size_t field; /* of struct options: a uint32_t, const char * or uint64_t, by its kind */
    uint64_t least;
    char help[88];
};

#define FIELD(name) offsetof(struct options, name)

static const struct option table[] = {
    {"listen", "ADDR:PORT", LISTEN, 0, 0, "take connections here; port 0 picks one; repeatable"},
    {"stdio", "", FLAG, FIELD(stdio), 0, "one session on stdin and stdout"},
    {"maildir", "DIR", TEXT, FIELD(maildir), 0, "store messages in this maildir"},
    {"mbox", "FILE", TEXT, FIELD(mbox), 0, "store messages in this mbox"},
    {"discard", "", FLAG, FIELD(discard), 0, "take messages and throw them away"},
    {"raw", "", FLAG, FIELD(raw), 0, "store CRLF line ends, and add no header; not in an mbox"},
    {"hostname", "NAME", TEXT, FIELD(hostname), 0, "this host's domain or address literal"},
    {"max-size", "N", NUMBER, FIELD(message_max), 0, "octets of a message; 0: no bound (default 67108864)"},
    {"max-rcpt", "N", NUMBER, FIELD(recipient_max), 100, "recipients of a message (default 1000)"},
    {"max-errors", "N", NUMBER, FIELD(error_max), 1, "refused commands in a session (default 100)"},
    {"timeout", "SECONDS", NUMBER, FIELD(timeout), 1, "longest silence of a client (default 300)"},
    {"greet-delay", "SECONDS", NUMBER, FIELD(greet_delay), 0, "wait before the greeting"},
    {"bare-newline", "reject|normalize|keep", NEWLINE, 0, 0, "what to do about a CR or LF that is no CRLF"},
    {"without", "KEYWORD", WITHOUT, 0, 0, "do not offer this extension; repeatable"},
    {"allow", "RULE", ALLOW, 0, 0, "lift a rule of the grammar; repeatable"},
    {"reply", "STAGE[:ADDR]=REPLY", REPLY, 0, 0, "answer so at connect, helo, mail, rcpt, data or end; repeatable"},
    {"trace", "", FLAG, FIELD(trace), 0, "print the dialogues to stderr"},
    {"help", "", HELP, 0, 0, "print this"},
    {"lmtp", "", ABSENT, 0, 0, "LMTP"},
    {"users", "FILE", ABSENT, 0, 0, "AUTH"},
    {"auth-in-clear", "", ABSENT, 0, 0, "AUTH"},
    {"require-auth", "", ABSENT, 0, 0, "AUTH"},
    {"require-tls", "", ABSENT, 0, 0, "STARTTLS"},
    {"tls-cert", "FILE", ABSENT, 0, 0, "STARTTLS"},
    {"tls-key", "FILE", ABSENT, 0, 0, "STARTTLS"},
    {"tls-implicit", "", ABSENT, 0, 0, "TLS"},
    {"proxy-protocol", "", ABSENT, 0, 0, "the PROXY protocol"},
    {"xclient", "ADDR", ABSENT, 0, 0, "XCLIENT"},
};

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

static const char newlines[][12] = {"reject", "normalize", "keep"}; /* by EHLO_NEWLINE_ */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "serve: %s%s%s; try --help\n", what, which == NULL ? "" : ": ", which == NULL ? "" : which);
    return EX_USAGE;
}

static int help(void)
{
    char head[48];
    uint64_t extensions = EHLO_SERVER_EXTENSIONS;
    uint32_t extension;
    size_t i;

    printf("usage: serve (--listen ADDR:PORT | --stdio) (--maildir DIR | --mbox FILE | --discard) [OPTION]...\n"
           "Receives mail by SMTP.\n\n");
    for (i = 0; i < COUNT(table); i++) {
        snprintf(head, sizeof head, "%s%s%s", table[i].name, table[i].argument[0] != '\0' ? " " : "",
                 table[i].argument);
        printf("  --%-35s%s%s\n", head, table[i].kind == ABSENT ? "not in this build: needs " : "", table[i].help);
    }
    printf("\nKEYWORD:");
    for (extension = 0; extension < EHLO_EXTENSION_COUNT; extension++)
        if (extensions >> extension & 1)
            printf(" %s", ehlo_extension_name(extension));
    printf("\nRULE:");
    for (i = 0; i < COUNT(rules); i++)
        printf(" %s", rules[i].name);
    printf("\nREPLY: as on the wire, \"550 5.1.1 no such user\"; ADDR: the client's address (connect) or name (helo),\n"
           "the reverse-path (mail), the forward-path (rcpt), or one of the recipients (data, end)\n");
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int read_number(const char *text, uint64_t *number)
{
    return ehlo_number_parse(text, strlen(text), number);
}

static int allow(struct options *options, const char *name)
{
    size_t i;

    for (i = 0; i < COUNT(rules); i++)
        if (strcmp(rules[i].name, name) == 0) {
            options->rules |= rules[i].rule;
            return -1;
        }
    return usage("--allow knows no such rule", name);
}

static int newline(struct options *options, const char *name)
{
    uint32_t i;

    for (i = 0; i < COUNT(newlines); i++)
        if (strcmp(newlines[i], name) == 0) {
            options->newline = i;
            return -1;
        }
    return usage("--bare-newline takes reject, normalize or keep", name);
}

static int without(struct options *options, const char *keyword)
{
    uint32_t extension = ehlo_extension_find(keyword, strlen(keyword));
    uint64_t extensions = EHLO_SERVER_EXTENSIONS;

    if (extension >= EHLO_EXTENSION_COUNT)
        return usage("--without: no such extension", keyword);
    /* what this build does not have is not offered anyway */
    options->withhold |= UINT64_C(1) << extension & extensions;
    return -1;
}

/* Takes one option. Returns -1 to go on, or an exit code. */
static int take(struct options *options, const struct option *option, const char *value)
{
    char *field = (char *)options + option->field;
    uint64_t number;
    uint32_t set = 1;

    switch (option->kind) {
    case FLAG:
        memcpy(field, &set, sizeof set);
        return -1;
    case TEXT:
        memcpy(field, &value, sizeof value);
        return -1;
    case NUMBER:
        if (read_number(value, &number) != 0 || number < option->least)
            return usage("not a number that this option takes", value);
        if (number == 0 && option->field == FIELD(message_max))
            number = UINT64_MAX;
        memcpy(field, &number, sizeof number);
        return -1;
    case LISTEN:
        options->listen[options->listens++] = value;
        return -1;
    case REPLY:
        return verdict_add(&options->verdicts, value) == 0 ? -1 : usage("--reply: not STAGE[:ADDR]=REPLY", value);
    case WITHOUT:
        return without(options, value);
    case ALLOW:
        return allow(options, value);
    case NEWLINE:
        return newline(options, value);
    case HELP:
        return help();
    case ABSENT:
    default:
        fprintf(stderr, "serve: --%s needs %s, which this build does not have\n", option->name, option->help);
        return EX_USAGE;
    }
}

static int take_all(struct options *options, int argc, char **argv)
{
    int i, code;
    size_t row, length;

    for (i = 1; i < argc; i++) {
        const char *name = argv[i], *value;

        if (name[0] != '-' || name[1] != '-')
            return usage("not an option", name);
        length = strcspn(name += 2, "=");
        for (row = 0; row < COUNT(table); row++)
            if (strlen(table[row].name) == length && memcmp(table[row].name, name, length) == 0)
                break;
        if (row == COUNT(table))
            return usage("no such option", argv[i]);
        value = name[length] == '=' ? name + length + 1 : NULL;
        if (table[row].argument[0] == '\0' && value != NULL)
            return usage("this option takes no value", argv[i]);
        if (table[row].argument[0] != '\0' && value == NULL && table[row].kind != ABSENT) {
            if (++i == argc)
                return usage("this option takes a value", argv[i - 1]);
            value = argv[i];
        }
        code = take(options, &table[row], value);
        if (code >= 0)
            return code;
    }
    return -1;
}

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
        return usage("--hostname: not a domain or address literal", options->hostname);
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
    return ehlo_server_size(config) != 0 ? -1 : usage("these options do not fit together", NULL);
}

int options_read(struct options *options, int argc, char **argv)
{
    int code;

    memset(options, 0, sizeof *options);
    options->listen = calloc((size_t)argc + 1, sizeof *options->listen);
    if (options->listen == NULL)
        return EX_OSERR;
    code = take_all(options, argc, argv);
    if (code >= 0)
        return code;
    if (options->stdio ? options->listens != 0 : options->listens == 0)
        return usage("needs --listen or --stdio, and not both", NULL);
    if ((options->maildir != NULL) + (options->mbox != NULL) + (int)options->discard != 1)
        return usage("needs one of --maildir, --mbox and --discard", NULL);
    if (options->raw && options->mbox != NULL)
        return usage("an mbox cannot be --raw", NULL);
    return configure(options);
}

void options_free(struct options *options)
{
    verdict_free(options->verdicts);
    free(options->listen);
}
