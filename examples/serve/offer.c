/* SPDX-License-Identifier: ISC
 *
 * The offer: a line of the EHLO response each.
 */
#define _POSIX_C_SOURCE 200809L
#include "offer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum condition {
    ALWAYS,
    WITH_TLS,
    WITH_AUTH,
    TO_TRUSTED /* only to those whose claims are taken */
};

/* AUTH's argument is made of the mechanisms. Those to trusted peers come last. */
static const struct {
    uint32_t extension;
    enum condition condition;
    const char *argument;
} rows[] = {
    {EHLO_EXTENSION_STARTTLS, WITH_TLS, ""},
    {EHLO_EXTENSION_AUTH, WITH_AUTH, ""},
    {EHLO_EXTENSION_BINARYMIME, ALWAYS, ""},
    {EHLO_EXTENSION_SMTPUTF8, ALWAYS, ""},
    {EHLO_EXTENSION_DSN, ALWAYS, ""},
    {EHLO_EXTENSION_DELIVERBY, ALWAYS, ""},
    {EHLO_EXTENSION_FUTURERELEASE, ALWAYS, " 999999999 2099-12-31T23:59:59Z"}, /* OFFER_HOLD_MAX */
    {EHLO_EXTENSION_MT_PRIORITY, ALWAYS, ""},
    {EHLO_EXTENSION_RRVS, ALWAYS, ""},
    {EHLO_EXTENSION_REQUIRETLS, ALWAYS, ""},
    {EHLO_EXTENSION_NO_SOLICITING, ALWAYS, ""},
    {EHLO_EXTENSION_MTRK, ALWAYS, ""},
    {EHLO_EXTENSION_SUBMITTER, ALWAYS, ""},
    {EHLO_EXTENSION_BURL, ALWAYS, ""},
    {EHLO_EXTENSION_ETRN, ALWAYS, ""},
    {EHLO_EXTENSION_ATRN, WITH_AUTH, ""},
    {EHLO_EXTENSION_CHECKPOINT, ALWAYS, ""},
    {EHLO_EXTENSION_CONPERM, ALWAYS, ""},
    {EHLO_EXTENSION_CONNEG, ALWAYS, ""},
    {EHLO_EXTENSION_LIMITS, ALWAYS, ""},
    {EHLO_EXTENSION_XCLIENT, TO_TRUSTED, " NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"},
    {EHLO_EXTENSION_XFORWARD, TO_TRUSTED, " NAME ADDR PORT PROTO HELO IDENT SOURCE"},
};

enum {
    LINE = 256 /* octets of a line that is made here, at most */
};

const char *offer_check(const char *line)
{
    struct ehlo_server_config config = {.size = sizeof config};

    config.hostname.data = "localhost";
    config.hostname.size = strlen(config.hostname.data);
    config.output_size = OPTIONS_OUTPUT;
    config.offer.data = line;
    config.offer.size = strlen(line);
    return strchr(line, '\n') == NULL && ehlo_server_size(&config) != 0 ? NULL : "not a line that can be offered";
}

/* --- mechanisms */

static int has_mechanism(const struct options *options, uint32_t mechanism)
{
    const uint32_t facts = ehlo_sasl_facts(mechanism);

    if (mechanism == EHLO_SASL_EXTERNAL)
        return options->tls_ca != NULL;
    return (facts & EHLO_SASL_USES_PASSWORD) && options->users != NULL &&
           (!(facts & EHLO_SASL_USES_CRYPTO) || tls_crypto() != NULL) &&
           (!(facts & EHLO_SASL_USES_BINDING) || options->tls != NULL);
}

static size_t add_mechanisms(const struct options *options, char *line, size_t size)
{
    uint32_t mechanism;

    for (mechanism = 1; ehlo_sasl_name(mechanism) != NULL; mechanism++)
        if (has_mechanism(options, mechanism))
            size += (size_t)snprintf(line + size, LINE - size, " %s", ehlo_sasl_name(mechanism));
    return size;
}

/* --- lines */

static uint32_t extension_of(const char *line)
{
    return ehlo_extension_find(line, strcspn(line, " "));
}

/* The user's own line for it takes the place of ours. */
static int is_named(const struct options *options, uint32_t extension)
{
    size_t i;

    for (i = 0; i < options->offers; i++)
        if (extension_of(options->offer[i]) == extension)
            return 1;
    return 0;
}

static int applies(const struct options *options, enum condition condition)
{
    switch (condition) {
    case WITH_TLS:
        return options->tls != NULL && !options->tls_implicit;
    case WITH_AUTH:
        return options->users != NULL || options->tls_ca != NULL;
    case TO_TRUSTED:
        return options->trusts > 0;
    case ALWAYS:
    default:
        return 1;
    }
}

static void add(char *text, size_t *size, const char *line)
{
    const size_t length = strlen(line);

    if (*size > 0)
        text[(*size)++] = '\n';
    memcpy(text + *size, line, length);
    *size += length;
}

static void add_row(const struct options *options, size_t i, char *text, size_t *size)
{
    char line[LINE];
    size_t length;

    if (!applies(options, rows[i].condition) || is_named(options, rows[i].extension))
        return;
    length = (size_t)snprintf(line, sizeof line, "%s%s", ehlo_extension_name(rows[i].extension), rows[i].argument);
    if (rows[i].extension == EHLO_EXTENSION_AUTH)
        add_mechanisms(options, line, length);
    add(text, size, line);
}

int offer_make(struct options *options)
{
    size_t size = 0, room = COUNT(rows) * LINE + 1, i;

    for (i = 0; i < options->offers; i++)
        room += strlen(options->offer[i]) + 1;
    options->offer_text = malloc(room);
    if (options->offer_text == NULL)
        return -1;
    for (i = 0; i < COUNT(rows) && rows[i].condition != TO_TRUSTED; i++)
        add_row(options, i, options->offer_text, &size);
    options->offers_auth = applies(options, WITH_AUTH) || is_named(options, EHLO_EXTENSION_AUTH);
    for (i = 0; i < options->offers; i++)
        add(options->offer_text, &size, options->offer[i]);
    options->offer_size = size;
    for (i = 0; i < COUNT(rows); i++)
        if (rows[i].condition == TO_TRUSTED)
            add_row(options, i, options->offer_text, &size);
    options->offer_size_trusted = size;
    options->offer_text[size] = '\0';
    options->offers_binding = strstr(options->offer_text, "-PLUS") != NULL;
    return 0;
}

void offer_print(void)
{
    struct ehlo_registration registration;
    uint32_t index;
    size_t i;

    printf("KEYWORD:");
    for (index = 0; ehlo_extension_registered(&registration, index); index++)
        if (registration.flags & EHLO_REGISTRY_OFFERED)
            printf(" %s", ehlo_extension_name(registration.extension));
    for (i = 0; i < COUNT(rows); i++)
        printf(" %s", ehlo_extension_name(rows[i].extension));
    printf("\n");
}
