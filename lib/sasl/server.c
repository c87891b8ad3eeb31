/* SPDX-License-Identifier: ISC
 *
 * The server's side of an exchange.
 */
#include <ehlo/codec.h>
#include <string.h>

#include "sasl/exchange.h"

#define ITERATIONS 4096
#define SEED_MIN 16
#define FAILURE_MAX 1024

static int is_bindings(const struct ehlo_sasl_config *config)
{
    uint32_t i;

    if (config->binding_count > 0 && config->bindings == NULL)
        return 0;
    for (i = 0; i < config->binding_count; i++)
        if (!ehlo_bound(&config->bindings[i]))
            return 0;
    return 1;
}

static int check_config(const struct ehlo_mechanism *row, const struct ehlo_sasl_config *config)
{
    uint32_t facts = row->facts;
    int good = 1;

    if (facts & EHLO_SASL_USES_CRYPTO)
        good = ehlo_crypto_usable(config->crypto);
    if (row->hash == EHLO_HASH_MD5)
        good = good && ehlo_visible(config->host, EHLO_SASL_NAME_MAX, "<>@");
    if (facts & EHLO_SASL_MUTUAL)
        good = good && config->seed.data != NULL && config->seed.size >= SEED_MIN && is_bindings(config);
    if (facts & EHLO_SASL_USES_BINDING)
        good = good && config->binding_count > 0;
    if (config->failure.size > 0)
        good = good && ehlo_prepared(config->failure, FAILURE_MAX);
    return good ? 0 : EHLO_E_CONFIG;
}

int ehlo_sasl_server_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism,
                          const struct ehlo_sasl_config *config)
{
    struct ehlo_sasl *fresh;
    int error;

    if (sasl == NULL || config == NULL || config->size < sizeof *config)
        return EHLO_E_ARGUMENT;
    error = ehlo_exchange_init(&fresh, block, size, mechanism, EHLO_SIDE_SERVER);
    if (error == 0)
        error = check_config(fresh->row, config);
    if (error != 0)
        return error;
    fresh->with.server = *config;
    if (fresh->with.server.iterations == 0)
        fresh->with.server.iterations = ITERATIONS;
    *sasl = fresh;
    return 0;
}

static int take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    switch (sasl->mechanism) {
    case EHLO_SASL_PLAIN:
        return ehlo_plain_take(sasl, response, step);
    case EHLO_SASL_LOGIN:
        return ehlo_login_take(sasl, response, step);
    case EHLO_SASL_EXTERNAL:
        return ehlo_external_take(sasl, response);
    case EHLO_SASL_ANONYMOUS:
        return ehlo_anonymous_take(sasl, response);
    case EHLO_SASL_XOAUTH2:
        return ehlo_xoauth2_take(sasl, response, step);
    case EHLO_SASL_OAUTHBEARER:
        return ehlo_oauthbearer_take(sasl, response, step);
    case EHLO_SASL_CRAM_MD5:
        return ehlo_cram_take(sasl, response, step);
    default:
        return ehlo_scram_take(sasl, response, step);
    }
}

/* All that is in the text but the names. */
static void strip(struct ehlo_sasl *sasl)
{
    struct ehlo_run authcid = sasl->authcid, authzid = sasl->authzid;
    uint32_t at;

    for (at = 0; at < sasl->room; at++)
        if (at - authcid.at >= authcid.size && at - authzid.at >= authzid.size)
            ehlo_wipe(sasl->text + at, 1);
    ehlo_wipe(&sasl->scram, sizeof sasl->scram);
}

static void clear(struct ehlo_sasl_step *step)
{
    uint32_t size = step->size;

    memset(step, 0, sizeof *step);
    step->size = size;
}

/* What follows from a step of the mechanism. */
static int settle(struct ehlo_sasl *sasl, int result, struct ehlo_sasl_step *step)
{
    sasl->due = 0;
    if (result < 0 || result == EHLO_SASL_REFUSED) {
        clear(step);
        ehlo_exchange_over(sasl, result < 0 ? result : 1);
        return result;
    }
    if (result == EHLO_SASL_ACCEPTED) {
        strip(sasl);
        sasl->over = 1;
    }
    if (result != EHLO_SASL_CHALLENGE) {
        step->authcid = ehlo_run_span(sasl, sasl->authcid);
        step->authzid = ehlo_run_span(sasl, sasl->authzid);
    }
    if (result == EHLO_SASL_VERIFY || result == EHLO_SASL_LOOKUP)
        sasl->due = result;
    return result;
}

/* What is the same for each call: 0, or the error; `*step` is then empty. */
static int begin(const struct ehlo_sasl *sasl, int due, struct ehlo_sasl_step *step)
{
    if (sasl == NULL || step == NULL || step->size < sizeof *step)
        return EHLO_E_ARGUMENT;
    if (sasl->side != EHLO_SIDE_SERVER || sasl->over > 0)
        return EHLO_E_STATE;
    if (sasl->over < 0)
        return sasl->over;
    if (sasl->due != due)
        return EHLO_E_STATE;
    clear(step);
    return 0;
}

/* The empty challenge by which a client that speaks first is told to. */
static int ask_to_begin(struct ehlo_sasl *sasl, struct ehlo_sasl_step *step)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);

    return ehlo_exchange_challenge(sasl, &writer, step);
}

int ehlo_sasl_server_step(struct ehlo_sasl *sasl, const char *response, size_t size, struct ehlo_sasl_step *step)
{
    struct ehlo_span message = {NULL, 0};
    int result = begin(sasl, 0, step);

    if (result != 0)
        return result;
    if (response == NULL && (size != 0 || sasl->begun))
        return EHLO_E_ARGUMENT;
    sasl->begun = 1;
    ehlo_exchange_turn(sasl);
    if (response != NULL)
        result = ehlo_exchange_decode(sasl, ehlo_octets(response, size), &message);
    else if (sasl->row->facts & EHLO_SASL_CLIENT_FIRST)
        return settle(sasl, ask_to_begin(sasl, step), step);
    if (result == 0)
        result = take(sasl, message, step);
    return settle(sasl, result, step);
}

int ehlo_sasl_server_verdict(struct ehlo_sasl *sasl, int accept, struct ehlo_sasl_step *step)
{
    int error = begin(sasl, EHLO_SASL_VERIFY, step);

    if (error != 0)
        return error;
    if (accept)
        return settle(sasl, EHLO_SASL_ACCEPTED, step);
    if (sasl->row->facts & EHLO_SASL_USES_TOKEN)
        return settle(sasl, ehlo_oauth_refuse(sasl, step), step);
    return settle(sasl, EHLO_SASL_REFUSED, step);
}

int ehlo_sasl_server_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret, struct ehlo_sasl_step *step)
{
    int result = begin(sasl, EHLO_SASL_LOOKUP, step);

    if (result != 0)
        return result;
    if (secret != NULL && secret->size < sizeof *secret)
        return EHLO_E_ARGUMENT;
    result =
        sasl->mechanism == EHLO_SASL_CRAM_MD5 ? ehlo_cram_secret(sasl, secret) : ehlo_scram_secret(sasl, secret, step);
    return result == EHLO_E_ARGUMENT ? result : settle(sasl, result, step);
}

void ehlo_sasl_end(struct ehlo_sasl *sasl)
{
    if (sasl != NULL)
        ehlo_exchange_over(sasl, 1);
}
