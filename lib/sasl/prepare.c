/* SPDX-License-Identifier: ISC
 *
 * What may be said in an exchange: names, passwords, tokens, channel bindings.
 */
#include "codec/ascii.h"
#include "grammar/grammar.h"
#include "sasl/crypto.h"
#include "sasl/mechanism.h"

#define PORT_MAX 65535

int ehlo_prepared(struct ehlo_span text, size_t max)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(text, EHLO_UTF8);
    int octet;

    if (text.data == NULL || text.size == 0 || text.size > max)
        return 0;
    while ((octet = ehlo_cursor_peek(&cursor)) >= 32 && octet != 127) {
        if (octet < 127)
            cursor.at++;
        else if (ehlo_utf8_scan(&cursor) != 0)
            return 0;
    }
    return octet < 0;
}

static int is_in(char octet, const char *list)
{
    while (*list != '\0' && *list != octet)
        list++;
    return *list != '\0';
}

int ehlo_visible(struct ehlo_span text, size_t max, const char *but)
{
    size_t i;

    if (text.data == NULL || text.size == 0 || text.size > max)
        return 0;
    for (i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~' || is_in(text.data[i], but))
            return 0;
    return 1;
}

int ehlo_bound(const struct ehlo_sasl_binding *binding)
{
    size_t i;

    if (!ehlo_visible(binding->type, EHLO_SASL_NAME_MAX, "") || binding->data.data == NULL || binding->data.size == 0)
        return 0;
    for (i = 0; i < binding->type.size; i++)
        if (!ehlo_is_alnum(binding->type.data[i]) && !is_in(binding->type.data[i], ".-"))
            return 0;
    return 1;
}

/* A name that may be left out. */
static int is_name_or_absent(struct ehlo_span name)
{
    return name.size == 0 || ehlo_prepared(name, EHLO_SASL_NAME_MAX);
}

static int has_token(const struct ehlo_sasl_credentials *credentials)
{
    return ehlo_visible(credentials->token, EHLO_SASL_LINE_MAX, "") &&
           (credentials->host.size == 0 || ehlo_visible(credentials->host, EHLO_SASL_NAME_MAX, "")) &&
           credentials->port <= PORT_MAX && credentials->authcid.size + credentials->authzid.size > 0;
}

static int has_crypto(const struct ehlo_mechanism *mechanism, const struct ehlo_sasl_credentials *credentials)
{
    if (!ehlo_crypto_usable(credentials->crypto))
        return 0;
    return (mechanism->facts & EHLO_SASL_USES_BINDING) == 0 || ehlo_bound(&credentials->binding);
}

int ehlo_credentials_check(const struct ehlo_mechanism *mechanism, const struct ehlo_sasl_credentials *credentials)
{
    uint32_t facts = mechanism->facts;
    int good = is_name_or_absent(credentials->authcid) && is_name_or_absent(credentials->authzid);

    if (facts & EHLO_SASL_USES_PASSWORD)
        good = good && credentials->authcid.size > 0 && ehlo_prepared(credentials->password, EHLO_SASL_PASSWORD_MAX);
    if (facts & EHLO_SASL_USES_TOKEN)
        good = good && has_token(credentials);
    if (facts & EHLO_SASL_USES_CRYPTO)
        good = good && has_crypto(mechanism, credentials);
    if ((facts & EHLO_SASL_HAS_AUTHZID) == 0)
        good = good && credentials->authzid.size == 0;
    return good ? 0 : EHLO_E_CREDENTIALS;
}
