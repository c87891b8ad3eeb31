/* SPDX-License-Identifier: ISC
 *
 * The command line of serve.
 */
#define _POSIX_C_SOURCE 200809L
#include "options.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "common/arguments.h"
#include "offer.h"

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

    if (extension >= EHLO_EXTENSION_COUNT)
        return "no such extension";
    all->withhold |= UINT64_C(1) << extension;
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

static const char *take_users(void *options, const char *value)
{
    static char why[USERS_REASON];
    struct options *all = options;

    if (all->users != NULL)
        return "a second file";
    all->users = users_read(value, why);
    return all->users != NULL ? NULL : why;
}

static const char *take_offer(void *options, const char *value)
{
    struct options *all = options;

    all->offer[all->offers++] = value;
    return offer_check(value);
}

static const char *take_xclient(void *options, const char *value)
{
    struct options *all = options;
    struct address *address = &all->trusted[all->trusts++];

    if (inet_pton(AF_INET, value, address->octets) == 1)
        address->family = AF_INET;
    else if (inet_pton(AF_INET6, value, address->octets) == 1)
        address->family = AF_INET6;
    else
        return "not an IP address";
    return NULL;
}

static void more_help(void)
{
    offer_print();
    arguments_print_rules();
    printf(
        "REPLY: as on the wire, \"550 5.1.1 no such user\"; ADDR: the client's address (connect\n"
        "and starttls) or name (helo), the user (auth), the reverse-path (mail), the forward-path (rcpt), or one of\n"
        "the recipients (data, end)\n"
        "Messages are stored at once, whatever their parameters ask for: this is no relay, and has no queue.\n");
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
    {"greet-delay", "SECONDS", ARGUMENT_NUMBER, FIELD(greet_delay), 0, NULL,
     "wait before the greeting, and refuse who does not"},
    {"bare-newline", "reject|normalize|keep", ARGUMENT_CALL, 0, 0, take_newline,
     "what to do about a CR or LF that is no CRLF"},
    {"without", "KEYWORD", ARGUMENT_CALL, 0, 0, take_without, "do not offer this extension; repeatable"},
    {"allow", "RULE", ARGUMENT_CALL, 0, 0, take_allow, "lift a rule of the grammar; repeatable"},
    {"reply", "STAGE[:ADDR]=REPLY", ARGUMENT_CALL, 0, 0, take_reply,
     "answer so at connect, starttls, helo, auth, mail, rcpt, data or end"},
    {"tls-cert", "FILE", ARGUMENT_TEXT, FIELD(tls_cert), 0, NULL, "certificate, and its authorities', PEM", 1},
    {"tls-key", "FILE", ARGUMENT_TEXT, FIELD(tls_key), 0, NULL, "its key, PEM (default: in the same file)", 1},
    {"tls-implicit", "", ARGUMENT_FLAG, FIELD(tls_implicit), 0, NULL, "TLS from the first octet, as on port 465", 1},
    {"tls-ca", "FILE", ARGUMENT_TEXT, FIELD(tls_ca), 0, NULL, "PEM of those who certify clients, for AUTH EXTERNAL", 1},
    {"require-tls", "", ARGUMENT_FLAG, FIELD(require_tls), 0, NULL, "take nothing before STARTTLS", 1},
    {"users", "FILE", ARGUMENT_CALL, 0, 0, take_users, "user:password lines of those who may AUTH"},
    {"auth-in-clear", "", ARGUMENT_FLAG, FIELD(auth_in_clear), 0, NULL, "take passwords without TLS, too"},
    {"require-auth", "", ARGUMENT_FLAG, FIELD(require_auth), 0, NULL, "take no mail before AUTH"},
    {"offer", "KEYWORD [ARGUMENT]...", ARGUMENT_CALL, 0, 0, take_offer,
     "say this in the EHLO response, instead of the line for KEYWORD"},
    {"lmtp", "", ARGUMENT_FLAG, FIELD(lmtp), 0, NULL, "speak LMTP: a reply to the message for each recipient"},
    {"proxy-protocol", "", ARGUMENT_FLAG, FIELD(proxy_protocol), 0, NULL, "each connection begins with a PROXY header"},
    {"xclient", "ADDR", ARGUMENT_CALL, 0, 0, take_xclient, "take XCLIENT and XFORWARD from this address; repeatable"},
    {"trace", "", ARGUMENT_FLAG, FIELD(trace), 0, NULL, "print the dialogues to stderr"},
    {"help", "", ARGUMENT_HELP, 0, 0, NULL, "print this"},
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

/* What TLS needs, and what needs TLS. Returns as options_read does. */
static int prepare_tls(struct options *options)
{
    struct tls_settings settings = {.server = 1};
    char why[TLS_REASON];

    if (options->tls_cert == NULL &&
        (options->tls_key != NULL || options->tls_ca != NULL || options->tls_implicit || options->require_tls))
        return arguments_wrong(&arguments, "TLS needs --tls-cert", NULL);
    if (options->tls_cert == NULL)
        return -1;
    if (options->stdio)
        return arguments_wrong(&arguments, "--stdio has no TLS", NULL);
    settings.certificate = options->tls_cert;
    settings.key = options->tls_key;
    settings.authorities = options->tls_ca;
    options->tls = tls_context_new(&settings, why);
    return options->tls != NULL ? -1 : arguments_wrong(&arguments, "--tls-cert", why);
}

static uint32_t narrow(uint64_t number)
{
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static uint32_t flags_of(const struct options *options)
{
    uint32_t flags = 0;

    if (options->lmtp)
        flags |= EHLO_SERVER_LMTP;
    if (options->tls_implicit)
        flags |= EHLO_SERVER_SECURED;
    if (options->require_tls)
        flags |= EHLO_SERVER_REQUIRE_TLS;
    if (options->require_auth)
        flags |= EHLO_SERVER_REQUIRE_AUTH;
    if (options->auth_in_clear)
        flags |= EHLO_SERVER_AUTH_IN_CLEAR;
    if (options->greet_delay > 0)
        flags |= EHLO_SERVER_REFUSE_EARLY;
    return flags;
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
    config->output_size = options->offers_auth ? OPTIONS_OUTPUT_AUTH : OPTIONS_OUTPUT;
    config->reply_max = config->output_size;
    config->hostname.data = options->hostname;
    config->hostname.size = strlen(options->hostname);
    config->withhold = options->withhold;
    config->message_max = options->message_max;
    config->recipient_max = narrow(options->recipient_max);
    config->error_max = narrow(options->error_max);
    config->newline = options->newline;
    config->rules = options->rules;
    config->command_timeout = config->body_timeout = narrow(options->timeout);
    config->flags = flags_of(options);
    config->offer.data = options->offer_text;
    config->offer.size = options->offer_size;
    options->greet_delay = narrow(options->greet_delay);
    options->config_trusted = *config;
    options->config_trusted.offer.size = options->offer_size_trusted;
    return ehlo_server_size(&options->config_trusted) != 0
               ? -1
               : arguments_wrong(&arguments, "these options do not fit together", NULL);
}

int options_read(struct options *options, int argc, char **argv)
{
    int code;

    memset(options, 0, sizeof *options);
    options->listen = calloc((size_t)argc + 1, sizeof *options->listen);
    options->offer = calloc((size_t)argc + 1, sizeof *options->offer);
    options->trusted = calloc((size_t)argc + 1, sizeof *options->trusted);
    if (options->listen == NULL || options->offer == NULL || options->trusted == NULL)
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
    if (options->require_auth && options->users == NULL && options->tls_ca == NULL)
        return arguments_wrong(&arguments, "--require-auth needs --users", NULL);
    if (options->require_tls && options->tls_implicit)
        options->require_tls = 0; /* nothing comes before it */
    code = prepare_tls(options);
    if (code < 0 && tls_crypto() != NULL && tls_crypto()->random(tls_crypto()->user, options->seed, OPTIONS_SEED) != 0)
        code = EX_OSERR;
    if (code < 0 && offer_make(options) != 0)
        code = EX_OSERR;
    return code >= 0 ? code : configure(options);
}

void options_free(struct options *options)
{
    verdict_free(options->verdicts);
    tls_context_free(options->tls);
    users_free(options->users);
    free(options->listen);
    free(options->offer);
    free(options->offer_text);
    ehlo_wipe(options->seed, sizeof options->seed);
    free(options->trusted);
}
