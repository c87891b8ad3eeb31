/* SPDX-License-Identifier: ISC
 *
 * The command line of send.
 */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "common/arguments.h"
#include "common/secret.h"

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

static const char *take_tls(void *options, const char *value)
{
    struct options *all = options;

    if (strcmp(value, "implicit") == 0)
        all->security = SECURITY_IMPLICIT;
    else if (strcmp(value, "starttls") == 0)
        all->security = SECURITY_STARTTLS;
    else if (strcmp(value, "opportunistic") == 0)
        all->security = SECURITY_OPPORTUNISTIC;
    else
        return "not starttls, implicit or opportunistic";
    return NULL;
}

static const char *take_auth(void *options, const char *value)
{
    struct options *all = options;

    all->mechanism = value;
    return value[0] == '\0' || ehlo_sasl_find(value, strlen(value)) > 0 ? NULL : "no such mechanism";
}

static const char *take_command(void *options, const char *value)
{
    struct options *all = options;

    all->command[all->commands++] = value;
    return NULL;
}

/* The first line of the file, without its end. */
static const char *take_password_file(void *options, const char *value)
{
    struct options *all = options;
    size_t length;

    if (all->secret != NULL)
        return "a second file";
    all->secret = all->password = secret_read(value, &all->secret_size);
    if (all->secret == NULL)
        return strerror(errno);
    length = strcspn(all->password, "\r\n");
    if (length == strlen(all->password) && length < all->secret_size)
        return "a NUL in it";
    all->password[length] = '\0';
    return length == 0 ? "no password in its first line" : NULL;
}

static const char *take_mail_param(void *options, const char *value)
{
    return params_take(&((struct options *)options)->mail_params, value);
}

static const char *take_rcpt_param(void *options, const char *value)
{
    return params_take(&((struct options *)options)->rcpt_params, value);
}

static const char *take_ret(void *options, const char *value)
{
    return params_ret(&((struct options *)options)->mail_params, value);
}

static const char *take_envid(void *options, const char *value)
{
    return params_envid(&((struct options *)options)->mail_params, value);
}

static const char *take_notify(void *options, const char *value)
{
    return params_notify(&((struct options *)options)->rcpt_params, value);
}

/* Of the recipient before it; when there is none yet, of each. */
static const char *take_orcpt(void *options, const char *value)
{
    struct options *all = options;
    const char **of = all->recipients == 0 ? &all->orcpt_of_all : &all->orcpt[all->recipients - 1];
    struct params trial = {0};

    if (*of != NULL || (all->recipients > 0 && all->orcpt_of_all != NULL))
        return "a second one for the same recipient";
    *of = value;
    return params_orcpt(&trial, value);
}

static void more_help(void)
{
    arguments_print_rules();
    printf("\nPrints a line a recipient, and for each FILE: ADDRESS CODE ENHANCED TEXT; \"-\" where there is none.\n"
           "Before these a line a --command: LINE CODE ENHANCED TEXT. With --command there need not be a message.\n"
           "Exit code, the first that applies: 64 usage, 65 a message or an address cannot be sent as it is,\n"
           "76 the server broke the protocol, 77 not authenticated, 75 a recipient may be tried again or the "
           "connection failed,\n"
           "69 a recipient was refused for good, 74 this report could not be written, else 0.\n");
}

static const struct argument table[] = {
    {"host", "HOST", ARGUMENT_TEXT, FIELD(host), 0, NULL, "the server's name or address (default localhost)"},
    {"port", "PORT", ARGUMENT_CALL, 0, 0, take_port,
     "the server's port (default 25; 465 with --tls implicit; 24 with --lmtp)"},
    {"from", "ADDRESS", ARGUMENT_TEXT, FIELD(from), 0, NULL, "the reverse-path; \"<>\" or \"\" for none"},
    {"to", "ADDRESS", ARGUMENT_CALL, 0, 0, take_to, "a recipient; repeatable"},
    {"helo", "NAME", ARGUMENT_TEXT, FIELD(hello), 0, NULL, "this host's domain or address literal"},
    {"timeout", "SECONDS", ARGUMENT_NUMBER, FIELD(timeout), 1, NULL, "longest wait for anything (default RFC 5321's)"},
    {"no-pipelining", "", ARGUMENT_FLAG, FIELD(no_pipelining), 0, NULL, "wait for the reply to each command"},
    {"8bitmime", "", ARGUMENT_FLAG, FIELD(eightbitmime), 0, NULL, "declare BODY=8BITMIME whatever the message has"},
    {"8bit-anyway", "", ARGUMENT_FLAG, FIELD(eightbit_anyway), 0, NULL,
     "send 8-bit mail to whom does not offer 8BITMIME"},
    {"mail-param", "KEY[=VALUE]", ARGUMENT_CALL, 0, 0, take_mail_param, "say this behind MAIL; repeatable"},
    {"rcpt-param", "KEY[=VALUE]", ARGUMENT_CALL, 0, 0, take_rcpt_param, "say this behind each RCPT; repeatable"},
    {"tls", "starttls|implicit|...", ARGUMENT_CALL, 0, 0, take_tls,
     "TLS by STARTTLS, from the first octet (port 465), or opportunistic", 1},
    {"ca", "FILE", ARGUMENT_TEXT, FIELD(authorities), 0, NULL, "PEM of those who may certify the server", 1},
    {"tls-cert", "FILE", ARGUMENT_TEXT, FIELD(certificate), 0, NULL, "PEM of this side's certificate", 1},
    {"tls-key", "FILE", ARGUMENT_TEXT, FIELD(key), 0, NULL, "its key, PEM (default: in the same file)", 1},
    {"auth", "[MECHANISM]", ARGUMENT_CALL, 0, 0, take_auth, "authenticate (default: by the best that both sides have)"},
    {"user", "NAME", ARGUMENT_TEXT, FIELD(user), 0, NULL, "as this user"},
    {"password-file", "FILE", ARGUMENT_CALL, 0, 0, take_password_file,
     "with the first line of FILE: password, or token"},
    {"auth-in-clear", "", ARGUMENT_FLAG, FIELD(auth_in_clear), 0, NULL, "without TLS, too"},
    {"lmtp", "", ARGUMENT_FLAG, FIELD(lmtp), 0, NULL, "speak LMTP"},
    {"bdat", "", ARGUMENT_FLAG, FIELD(bdat), 0, NULL, "send by BDAT to servers that offer CHUNKING"},
    {"binary", "", ARGUMENT_FLAG, FIELD(binary), 0, NULL, "send the octets as they are, by BODY=BINARYMIME"},
    {"smtputf8", "", ARGUMENT_FLAG, FIELD(smtputf8), 0, NULL, "say SMTPUTF8 though no address needs it"},
    {"ret", "FULL|HDRS", ARGUMENT_CALL, 0, 0, take_ret, "what a report of failure is to bring back"},
    {"envid", "ID", ARGUMENT_CALL, 0, 0, take_envid, "the message's name in reports"},
    {"notify", "NEVER|WHEN[,WHEN]...", ARGUMENT_CALL, 0, 0, take_notify, "report on SUCCESS, FAILURE, DELAY"},
    {"orcpt", "[TYPE;]ADDRESS", ARGUMENT_CALL, 0, 0, take_orcpt, "whom the --to before it was at first"},
    {"command", "LINE", ARGUMENT_CALL, 0, 0, take_command, "say this before the mail, as VRFY or ETRN; repeatable"},
    {"allow", "RULE", ARGUMENT_CALL, 0, 0, take_allow, "lift a rule of the grammar for addresses; repeatable"},
    {"trace", "", ARGUMENT_FLAG, FIELD(trace), 0, NULL, "print the dialogue to stderr"},
    {"help", "", ARGUMENT_HELP, 0, 0, NULL, "print this"},
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

/* Returns as options_read does. */
static int prepare_tls(struct options *options)
{
    struct tls_settings settings = {.server = 0};
    char why[TLS_REASON];

    if (options->security == SECURITY_NONE)
        return options->authorities == NULL && options->certificate == NULL && options->key == NULL
                   ? -1
                   : arguments_wrong(&arguments, "--ca and --tls-cert need --tls", NULL);
    if (options->certificate == NULL && options->key != NULL)
        return arguments_wrong(&arguments, "--tls-key needs --tls-cert", NULL);
    settings.certificate = options->certificate;
    settings.key = options->key;
    settings.verify = options->security != SECURITY_OPPORTUNISTIC;
    settings.authorities = options->authorities;
    options->tls = tls_context_new(&settings, why);
    return options->tls != NULL ? -1 : arguments_wrong(&arguments, "--tls", why);
}

/* What AUTH needs, and what needs AUTH. Returns as options_read does. */
static int check_auth(const struct options *options)
{
    int mechanism;
    uint32_t facts;

    if (options->mechanism == NULL)
        return options->user == NULL && options->password == NULL && !options->auth_in_clear
                   ? -1
                   : arguments_wrong(&arguments, "--user, --password-file and --auth-in-clear need --auth", NULL);
    mechanism = ehlo_sasl_find(options->mechanism, strlen(options->mechanism));
    if (mechanism == EHLO_SASL_ANONYMOUS)
        return -1;
    if (mechanism == EHLO_SASL_EXTERNAL || (mechanism < 0 && options->password == NULL && options->user == NULL))
        return options->certificate != NULL ? -1 : arguments_wrong(&arguments, "--auth: what shall prove it?", NULL);
    facts = mechanism < 0 ? 0 : ehlo_sasl_facts((uint32_t)mechanism);
    if (options->user == NULL || options->password == NULL)
        return arguments_wrong(&arguments, "--auth needs --user and --password-file", NULL);
    if ((facts & EHLO_SASL_USES_CRYPTO) && tls_crypto() == NULL)
        return arguments_wrong(&arguments, "this build has no digests (make TLS=openssl)", options->mechanism);
    return -1;
}

/* A message needs both ends; a command none. Returns as options_read does. */
static int check_ends(struct options *options)
{
    const int none = options->from == NULL && options->recipients == 0;

    if (none && options->commands > 0)
        return options->messages == 0 ? -1 : arguments_wrong(&arguments, "a message needs --from and --to", NULL);
    if (options->from == NULL || options->recipients == 0)
        return arguments_wrong(&arguments, "needs --from and --to", NULL);
    if (options->messages == 0)
        (void)take_file(options, "-");
    return -1;
}

/* REQUIRETLS wants a server whose certificate was verified (RFC 8689, section 4.2.1). */
static int check_requiretls(const struct options *options)
{
    const char name[] = "REQUIRETLS";
    struct ehlo_span list;
    struct ehlo_param param;

    list.data = options->mail_params.text;
    list.size = options->mail_params.size;
    if (options->security == SECURITY_OPPORTUNISTIC && ehlo_param_find(&list, name, sizeof name - 1, &param))
        return arguments_wrong(&arguments, "REQUIRETLS needs --tls starttls or implicit", NULL);
    return -1;
}

int options_read(struct options *options, int argc, char **argv)
{
    struct ehlo_command hello = {.verb = EHLO_VERB_EHLO};
    size_t length;
    int code;

    memset(options, 0, sizeof *options);
    options->host = "localhost";
    options->to = calloc((size_t)argc + 1, sizeof *options->to);
    options->orcpt = calloc((size_t)argc + 1, sizeof *options->orcpt);
    options->files = calloc((size_t)argc + 1, sizeof *options->files);
    options->command = calloc((size_t)argc + 1, sizeof *options->command);
    if (options->to == NULL || options->orcpt == NULL || options->files == NULL || options->command == NULL)
        return EX_OSERR;
    code = arguments_read(&arguments, options, argc, argv);
    if (code >= 0)
        return code;
    code = check_ends(options);
    if (code < 0)
        code = check_auth(options);
    if (code < 0)
        code = check_requiretls(options);
    if (code >= 0)
        return code;
    hello.argument.data = options->hello;
    hello.argument.size = options->hello == NULL ? 0 : strlen(options->hello);
    if (options->hello != NULL && ehlo_command_format(NULL, 0, &length, &hello, options->rules) != EHLO_E_SPACE)
        return arguments_wrong(&arguments, "--helo: not a domain or address literal", options->hello);
    if (options->timeout > INT_MAX / 1000)
        options->timeout = INT_MAX / 1000;
    if (options->port == NULL)
        options->port = options->security == SECURITY_IMPLICIT ? "465" : options->lmtp ? "24" : "25";
    return prepare_tls(options);
}

void options_free(struct options *options)
{
    tls_context_free(options->tls);
    secret_free(options->secret, options->secret_size);
    free(options->to);
    free(options->orcpt);
    free(options->files);
    free(options->command);
}
