/* SPDX-License-Identifier: ISC
 *
 * The table of mechanisms, and the choice among those that a server offers.
 */
#include "sasl/mechanism.h"

#include "codec/ascii.h"
#include "grammar/cursor.h"

#define SHOWS EHLO_SASL_SHOWS_SECRET
#define CRYPTO EHLO_SASL_USES_CRYPTO
#define BINDING EHLO_SASL_USES_BINDING
#define PASSWORD EHLO_SASL_USES_PASSWORD
#define TOKEN EHLO_SASL_USES_TOKEN
#define AUTHZID EHLO_SASL_HAS_AUTHZID
#define FIRST EHLO_SASL_CLIENT_FIRST
#define MUTUAL EHLO_SASL_MUTUAL

#define SCRAM (CRYPTO | PASSWORD | AUTHZID | FIRST | MUTUAL)

/* In the order in which a client prefers them, which is that of their numbers. */
static const struct ehlo_mechanism rows[] = {
    {"SCRAM-SHA-256-PLUS", SCRAM | BINDING, EHLO_HASH_SHA_256, 3},
    {"SCRAM-SHA-1-PLUS", SCRAM | BINDING, EHLO_HASH_SHA_1, 3},
    {"SCRAM-SHA-256", SCRAM, EHLO_HASH_SHA_256, 3},
    {"SCRAM-SHA-1", SCRAM, EHLO_HASH_SHA_1, 3},
    {"CRAM-MD5", CRYPTO | PASSWORD, EHLO_HASH_MD5, 1},
    {"OAUTHBEARER", SHOWS | TOKEN | AUTHZID | FIRST, 0, 1},
    {"XOAUTH2", SHOWS | TOKEN | AUTHZID | FIRST, 0, 1},
    {"PLAIN", SHOWS | PASSWORD | AUTHZID | FIRST, 0, 1},
    {"LOGIN", SHOWS | PASSWORD, 0, 2},
    {"EXTERNAL", AUTHZID | FIRST, 0, 1},
    {"ANONYMOUS", FIRST, 0, 1},
};

#define ROWS (sizeof rows / sizeof rows[0])

const struct ehlo_mechanism *ehlo_mechanism(uint32_t mechanism)
{
    return mechanism >= 1 && mechanism <= ROWS ? &rows[mechanism - 1] : NULL;
}

static int is_named(const struct ehlo_mechanism *row, struct ehlo_span name)
{
    return ehlo_span_is(name, row->name, ehlo_span_of(row->name).size);
}

int ehlo_sasl_find(const char *name, size_t size)
{
    struct ehlo_span span = {name, size};
    int mechanism;

    if (name == NULL)
        return EHLO_E_ARGUMENT;
    for (mechanism = 1; mechanism <= (int)ROWS; mechanism++)
        if (is_named(&rows[mechanism - 1], span))
            return mechanism;
    return EHLO_E_MECHANISM;
}

const char *ehlo_sasl_name(uint32_t mechanism)
{
    const struct ehlo_mechanism *row = ehlo_mechanism(mechanism);

    return row == NULL ? NULL : row->name;
}

uint32_t ehlo_sasl_facts(uint32_t mechanism)
{
    const struct ehlo_mechanism *row = ehlo_mechanism(mechanism);

    return row == NULL ? 0 : row->facts;
}

/* Takes the next word of a list; 0 when there is none. */
static int next_word(struct ehlo_cursor *cursor, struct ehlo_span *word)
{
    size_t from;

    ehlo_cursor_skip_blanks(cursor);
    from = cursor->at;
    while (ehlo_cursor_peek(cursor) >= 0 && !ehlo_is_blank(ehlo_cursor_peek(cursor)))
        cursor->at++;
    *word = ehlo_cursor_span(cursor, from);
    return word->size > 0;
}

static int is_listed(const struct ehlo_mechanism *row, struct ehlo_span list)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(list, 0);
    struct ehlo_span word;

    while (next_word(&cursor, &word))
        if (is_named(row, word))
            return 1;
    return 0;
}

int ehlo_offers(struct ehlo_span list, uint32_t facts)
{
    size_t i;

    for (i = 0; i < ROWS; i++)
        if ((rows[i].facts & facts) != 0 && is_listed(&rows[i], list))
            return 1;
    return 0;
}

/* Whether the transport is good enough for a mechanism. */
static int is_safe(uint32_t mechanism, uint32_t flags)
{
    uint32_t facts = ehlo_sasl_facts(mechanism);

    if (flags & EHLO_SASL_SECURED)
        return 1;
    if (facts & EHLO_SASL_SHOWS_SECRET)
        return (flags & EHLO_SASL_SECRET_IN_CLEAR) != 0;
    return (facts & EHLO_SASL_USES_BINDING) == 0 && mechanism != EHLO_SASL_EXTERNAL;
}

/* What nobody has chosen by accident: who has a secret means to use it. */
static int is_meant(uint32_t mechanism, const struct ehlo_sasl_credentials *credentials)
{
    if (mechanism == EHLO_SASL_EXTERNAL)
        return credentials->password.data == NULL && credentials->token.data == NULL;
    return mechanism != EHLO_SASL_ANONYMOUS;
}

int ehlo_sasl_choose(const struct ehlo_sasl_credentials *credentials, uint32_t flags)
{
    uint32_t mechanism;

    if (credentials == NULL || credentials->size < sizeof *credentials)
        return EHLO_E_ARGUMENT;
    for (mechanism = 1; mechanism <= ROWS; mechanism++)
        if (is_safe(mechanism, flags) && is_meant(mechanism, credentials) &&
            is_listed(&rows[mechanism - 1], credentials->offered) &&
            ehlo_credentials_check(&rows[mechanism - 1], credentials) == 0)
            return (int)mechanism;
    return EHLO_E_MECHANISM;
}
