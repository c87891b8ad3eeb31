/* SPDX-License-Identifier: ISC
 *
 * SCRAM as the client has it (RFC 5802; RFC 7677).
 */
#include <ehlo/codec.h>

#include "sasl/scram.h"

/* By "y" a server that does offer -PLUS sees that somebody took it out of the offer. */
static void put_header(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;

    if (sasl->row->facts & EHLO_SASL_USES_BINDING) {
        ehlo_put_string(writer, "p=");
        ehlo_put_span(writer, credentials->binding.type);
    } else if (ehlo_bound(&credentials->binding) && credentials->offered.size > 0 &&
               !ehlo_offers(credentials->offered, EHLO_SASL_USES_BINDING)) {
        ehlo_put_octet(writer, 'y');
    } else {
        ehlo_put_octet(writer, 'n');
    }
    ehlo_put_octet(writer, ',');
    ehlo_gs2_authzid_put(writer, credentials->authzid);
}

static void put_bare(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    ehlo_put_string(writer, "n=");
    ehlo_saslname_put(writer, sasl->with.client.authcid);
    ehlo_put_string(writer, ",r=");
    ehlo_put_base64(writer, sasl->scram.nonce, sizeof sasl->scram.nonce);
}

static int begin(struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    int error = ehlo_crypto_random(sasl->with.client.crypto, sasl->scram.nonce, sizeof sasl->scram.nonce);

    if (error != 0)
        return error;
    put_header(sasl, writer);
    put_bare(sasl, writer);
    return 0;
}

/* What the server's first message says. */
struct first {
    struct ehlo_span nonce, salt;
    uint32_t iterations;
};

/* Takes a count without leading zeros; 0 when it is none, or more than any bound. */
static uint32_t count_of(struct ehlo_span text)
{
    uint32_t count = 0;
    size_t i;

    for (i = 0; i < text.size; i++) {
        if (!ehlo_is_digit(text.data[i]) || text.data[0] == '0' || i == 9)
            return 0;
        count = count * 10 + (uint32_t)(text.data[i] - '0');
    }
    return count;
}

static int take_first(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct first *first)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(challenge, 0);
    struct ehlo_span salt, count;

    if (!ehlo_attribute_take(&cursor, 'r', &first->nonce) || !ehlo_cursor_take(&cursor, ',') ||
        !ehlo_attribute_take(&cursor, 's', &salt) || !ehlo_cursor_take(&cursor, ',') ||
        !ehlo_attribute_take(&cursor, 'i', &count) || !ehlo_is_nonce(first->nonce))
        return EHLO_E_EXCHANGE;
    first->iterations = count_of(count);
    if (first->iterations == 0)
        return EHLO_E_EXCHANGE;
    if (first->iterations < sasl->with.client.iterations_min || first->iterations > sasl->with.client.iterations_max)
        return EHLO_E_ITERATIONS;
    return ehlo_exchange_decode(sasl, salt, &first->salt) == 0 ? 0 : EHLO_E_EXCHANGE;
}

/* The whole nonce begins with this client's, and goes on. */
static int check_nonce(struct ehlo_sasl *sasl, struct ehlo_span nonce)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    struct ehlo_span own;
    int error;

    ehlo_put_base64(&writer, sasl->scram.nonce, sizeof sasl->scram.nonce);
    error = ehlo_exchange_hold(sasl, &writer, &own);
    if (error != 0)
        return error;
    return nonce.size > own.size && ehlo_same(nonce.data, own.size, own.data, own.size) ? 0 : EHLO_E_EXCHANGE;
}

/* The three messages that are signed; the server's first stands there already. */
static int make_messages(struct ehlo_sasl *sasl, struct ehlo_span nonce, struct ehlo_span messages[3])
{
    struct ehlo_span header, none = {NULL, 0};
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    int error, bound = (sasl->row->facts & EHLO_SASL_USES_BINDING) != 0;

    put_header(sasl, &writer);
    error = ehlo_exchange_hold(sasl, &writer, &header);
    if (error != 0)
        return error;
    writer = ehlo_exchange_writer(sasl);
    put_bare(sasl, &writer);
    error = ehlo_exchange_hold(sasl, &writer, &messages[0]);
    if (error != 0)
        return error;
    return ehlo_scram_final(sasl, header, bound ? sasl->with.client.binding.data : none, nonce, &messages[2]);
}

/* Puts the proof, and remembers the signature that the server will have to show. */
static int prove(struct ehlo_sasl *sasl, const struct first *first, const struct ehlo_span messages[3],
                 struct ehlo_writer *writer)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;
    uint32_t hash = sasl->row->hash;
    size_t size = ehlo_hash_size(hash), i;
    struct ehlo_scram_keys keys;
    uint8_t proof[EHLO_HASH_MAX];
    int error =
        ehlo_scram_derive(credentials->crypto, hash, credentials->password, first->salt, first->iterations, &keys);

    if (error == 0)
        error = ehlo_scram_sign(credentials->crypto, hash, keys.stored_key, messages, proof);
    if (error == 0)
        error = ehlo_scram_sign(credentials->crypto, hash, keys.server_key, messages, sasl->scram.server_key);
    if (error == 0) {
        for (i = 0; i < size; i++)
            proof[i] ^= keys.client_key[i];
        ehlo_put_span(writer, messages[2]);
        ehlo_put_string(writer, ",p=");
        ehlo_put_base64(writer, proof, size);
    }
    ehlo_wipe(proof, sizeof proof);
    ehlo_wipe(&keys, sizeof keys);
    return error;
}

static int answer(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer)
{
    struct ehlo_span messages[3];
    struct first first;
    int error;

    messages[1] = challenge;
    error = take_first(sasl, challenge, &first);
    if (error == 0)
        error = check_nonce(sasl, first.nonce);
    if (error == 0)
        error = make_messages(sasl, first.nonce, messages);
    if (error != 0)
        return error;
    *writer = ehlo_exchange_writer(sasl);
    return prove(sasl, &first, messages, writer);
}

/* The server's signature; the response to it is empty. */
static int verify(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(challenge, 0);
    struct ehlo_span value, signature;

    if (ehlo_cursor_peek(&cursor) == 'e')
        return ehlo_attribute_take(&cursor, 'e', &value) ? EHLO_E_AUTH : EHLO_E_EXCHANGE;
    if (!ehlo_attribute_take(&cursor, 'v', &value) || ehlo_exchange_decode(sasl, value, &signature) != 0)
        return EHLO_E_EXCHANGE;
    *writer = ehlo_exchange_writer(sasl);
    if (!ehlo_same(signature.data, signature.size, sasl->scram.server_key, ehlo_hash_size(sasl->row->hash)))
        return EHLO_E_AUTH_SERVER;
    return 0;
}

int ehlo_scram_respond(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer)
{
    if (sasl->turn == 0)
        return begin(sasl, writer);
    return sasl->turn == 1 ? answer(sasl, challenge, writer) : verify(sasl, challenge, writer);
}
