/* SPDX-License-Identifier: ISC
 *
 * The client's side of an exchange.
 */
#include <ehlo/codec.h>

#include "sasl/exchange.h"

#define ITERATIONS_MIN 4096
#define ITERATIONS_MAX 1000000

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

int ehlo_sasl_client_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism,
                          const struct ehlo_sasl_credentials *credentials)
{
    struct ehlo_sasl *fresh;
    struct ehlo_sasl_credentials *own;
    int error;

    if (sasl == NULL || credentials == NULL || credentials->size < sizeof *credentials)
        return EHLO_E_ARGUMENT;
    error = ehlo_exchange_init(&fresh, block, size, mechanism, EHLO_SIDE_CLIENT);
    if (error == 0)
        error = ehlo_credentials_check(fresh->row, credentials);
    if (error != 0)
        return error;
    own = &fresh->with.client;
    *own = *credentials;
    own->iterations_min = or_default(own->iterations_min, ITERATIONS_MIN);
    own->iterations_max = or_default(own->iterations_max, ITERATIONS_MAX);
    *sasl = fresh;
    return 0;
}

static int respond(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer)
{
    switch (sasl->mechanism) {
    case EHLO_SASL_PLAIN:
        return ehlo_plain_respond(sasl, writer);
    case EHLO_SASL_LOGIN:
        return ehlo_login_respond(sasl, writer);
    case EHLO_SASL_EXTERNAL:
        return ehlo_external_respond(sasl, writer);
    case EHLO_SASL_ANONYMOUS:
        return ehlo_anonymous_respond(sasl, writer);
    case EHLO_SASL_XOAUTH2:
        return ehlo_xoauth2_respond(sasl, writer);
    case EHLO_SASL_OAUTHBEARER:
        return ehlo_oauthbearer_respond(sasl, writer);
    case EHLO_SASL_CRAM_MD5:
        return ehlo_cram_respond(sasl, challenge, writer);
    default:
        return ehlo_scram_respond(sasl, challenge, writer);
    }
}

/* A challenge out of its place: not empty where it asks a client to speak first, or behind the last one. */
static int check_turn(const struct ehlo_sasl *sasl, struct ehlo_span challenge)
{
    uint32_t failure = sasl->row->facts & EHLO_SASL_USES_TOKEN ? 1 : 0;

    if (sasl->turn == 0 && (sasl->row->facts & EHLO_SASL_CLIENT_FIRST) != 0 && challenge.size > 0)
        return EHLO_E_EXCHANGE;
    return sasl->turn < sasl->row->turns + failure ? 0 : EHLO_E_EXCHANGE;
}

static int step(struct ehlo_sasl *sasl, struct ehlo_span base64, struct ehlo_span *response)
{
    struct ehlo_span challenge;
    struct ehlo_writer writer;
    int error;

    ehlo_exchange_turn(sasl);
    error = ehlo_exchange_decode(sasl, base64, &challenge);
    if (error == 0)
        error = check_turn(sasl, challenge);
    writer = ehlo_exchange_writer(sasl);
    if (error == 0)
        error = respond(sasl, challenge, &writer);
    if (error == 0)
        error = ehlo_exchange_encode(sasl, &writer, response);
    sasl->turn++;
    return error;
}

int ehlo_sasl_client_step(struct ehlo_sasl *sasl, const char *challenge, size_t size, struct ehlo_span *response)
{
    struct ehlo_span fresh = {NULL, 0};
    int error = 0;

    if (sasl == NULL || response == NULL || (challenge == NULL && size != 0))
        return EHLO_E_ARGUMENT;
    if (sasl->side != EHLO_SIDE_CLIENT || sasl->over > 0)
        return EHLO_E_STATE;
    if (sasl->over < 0)
        return sasl->over;
    if (challenge == NULL && sasl->begun)
        return EHLO_E_ARGUMENT;
    sasl->begun = 1;
    *response = fresh;
    if (challenge != NULL || (sasl->row->facts & EHLO_SASL_CLIENT_FIRST) != 0)
        error = step(sasl, ehlo_octets(challenge, size), &fresh);
    if (error != 0)
        return ehlo_exchange_over(sasl, error);
    *response = fresh;
    return 0;
}

int ehlo_sasl_client_finish(struct ehlo_sasl *sasl)
{
    int error = 0;

    if (sasl == NULL)
        return EHLO_E_ARGUMENT;
    if (sasl->side != EHLO_SIDE_CLIENT || sasl->over > 0)
        return EHLO_E_STATE;
    if (sasl->over < 0)
        return sasl->over;
    if (sasl->turn != sasl->row->turns)
        error = sasl->row->facts & EHLO_SASL_MUTUAL ? EHLO_E_AUTH_SERVER : EHLO_E_EXCHANGE;
    ehlo_exchange_over(sasl, error == 0 ? 1 : error);
    return error;
}
