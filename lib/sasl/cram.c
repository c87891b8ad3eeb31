/* SPDX-License-Identifier: ISC
 *
 * CRAM-MD5 (RFC 2195).
 */
#include <ehlo/codec.h>

#include "sasl/exchange.h"

#define RANDOM_SIZE 16
#define DIGEST_SIZE 16
#define HEX_SIZE (2 * DIGEST_SIZE)

static void put_hex(struct ehlo_writer *writer, const uint8_t *octets, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < size; i++) {
        ehlo_put_octet(writer, digits[octets[i] >> 4]);
        ehlo_put_octet(writer, digits[octets[i] & 15]);
    }
}

/* The digest of a challenge as both sides make it, in hexadecimal. */
static int digest(const struct ehlo_crypto *crypto, struct ehlo_span password, struct ehlo_span challenge,
                  struct ehlo_writer *writer)
{
    uint8_t octets[DIGEST_SIZE];
    int error = ehlo_hmac(crypto, EHLO_HASH_MD5, password, &challenge, 1, octets);

    if (error == 0)
        put_hex(writer, octets, sizeof octets);
    ehlo_wipe(octets, sizeof octets);
    return error;
}

int ehlo_cram_respond(const struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;

    if (challenge.size == 0)
        return EHLO_E_EXCHANGE;
    ehlo_put_span(writer, credentials->authcid);
    ehlo_put_octet(writer, ' ');
    return digest(credentials->crypto, credentials->password, challenge, writer);
}

/* The challenge has the form of a message identifier, and is kept until it is answered. */
static int ask(struct ehlo_sasl *sasl, struct ehlo_sasl_step *step)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    uint8_t octets[RANDOM_SIZE];
    struct ehlo_span challenge;
    int error = ehlo_crypto_random(sasl->with.server.crypto, octets, sizeof octets);

    ehlo_put_octet(&writer, '<');
    put_hex(&writer, octets, error == 0 ? sizeof octets : 0);
    ehlo_put_octet(&writer, '@');
    ehlo_put_span(&writer, sasl->with.server.host);
    ehlo_put_octet(&writer, '>');
    if (error == 0)
        error = ehlo_exchange_hold(sasl, &writer, &challenge);
    if (error != 0)
        return error;
    sasl->kept = sasl->used;
    writer = ehlo_exchange_writer(sasl);
    ehlo_put_span(&writer, challenge);
    return ehlo_exchange_challenge(sasl, &writer, step);
}

int ehlo_cram_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    struct ehlo_span name;
    size_t size;

    if (!sasl->turn++)
        return response.data == NULL ? ask(sasl, step) : EHLO_E_UNWANTED;
    if (response.size <= HEX_SIZE || response.data[response.size - HEX_SIZE - 1] != ' ')
        return EHLO_E_EXCHANGE;
    size = response.size - HEX_SIZE;
    name = ehlo_octets(response.data, size - 1);
    if (!ehlo_prepared(name, EHLO_SASL_NAME_MAX))
        return EHLO_E_EXCHANGE;
    sasl->authcid = ehlo_run_of(sasl, name);
    sasl->proof = ehlo_run_of(sasl, ehlo_octets(response.data + size, HEX_SIZE));
    return EHLO_SASL_LOOKUP;
}

/* For a user that is not there the same is done, with a password that is nobody's. */
int ehlo_cram_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret)
{
    struct ehlo_span challenge = ehlo_octets(sasl->text, sasl->kept), proof = ehlo_run_span(sasl, sasl->proof), made;
    struct ehlo_span password = secret != NULL ? secret->password : challenge;
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    int error;

    if (!ehlo_prepared(password, EHLO_SASL_PASSWORD_MAX))
        return EHLO_E_ARGUMENT;
    error = digest(sasl->with.server.crypto, password, challenge, &writer);
    if (error == 0)
        error = ehlo_exchange_hold(sasl, &writer, &made);
    if (error != 0)
        return error;
    if (ehlo_same(made.data, made.size, proof.data, proof.size) && secret != NULL)
        return EHLO_SASL_ACCEPTED;
    return EHLO_SASL_REFUSED;
}
