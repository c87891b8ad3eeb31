/* SPDX-License-Identifier: ISC
 *
 * SCRAM as the server has it (RFC 5802; RFC 7677). For a user that is not there the same is done as for one that is,
 * with a salt that is the same each time.
 */
#include <ehlo/codec.h>
#include <string.h>

#include "sasl/scram.h"

#define MADE_UP_SALT 16

/* The flag and the type must be those of the mechanism. RFC 5802, section 6. */
static int check_binding(struct ehlo_sasl *sasl, char flag, struct ehlo_span type)
{
    const struct ehlo_sasl_config *config = &sasl->with.server;
    int plus = (sasl->row->facts & EHLO_SASL_USES_BINDING) != 0;
    uint32_t i;

    if (plus != (flag == 'p'))
        return EHLO_E_EXCHANGE;
    if (flag == 'y' && config->binding_count > 0)
        return EHLO_SASL_REFUSED;
    for (i = 0; plus && i < config->binding_count; i++)
        if (ehlo_same(type.data, type.size, config->bindings[i].type.data, config->bindings[i].type.size)) {
            sasl->scram.binding = i;
            return 0;
        }
    return plus ? EHLO_SASL_REFUSED : 0;
}

/* Takes ",LETTER=VALUE" as often as it comes; 0 when something else does. What they say is not known here. */
static int skip_extensions(struct ehlo_cursor *cursor)
{
    struct ehlo_span value;
    int letter;

    while (ehlo_cursor_take(cursor, ',')) {
        letter = ehlo_cursor_peek(cursor);
        if (letter < 0 || !ehlo_is_alpha((char)letter) || !ehlo_attribute_take(cursor, (char)letter, &value))
            return 0;
    }
    return cursor->at == cursor->size;
}

/* client-first-message-bare; an "m=" that it begins with would have to be understood. */
static int take_bare(struct ehlo_sasl *sasl, struct ehlo_cursor *cursor)
{
    struct ehlo_span nonce;
    int error;

    if (!ehlo_cursor_take(cursor, 'n') || !ehlo_cursor_take(cursor, '='))
        return EHLO_E_EXCHANGE;
    error = ehlo_saslname_take(sasl, cursor, &sasl->authcid);
    if (error != 0)
        return error;
    if (!ehlo_cursor_take(cursor, ',') || !ehlo_attribute_take(cursor, 'r', &nonce) || !ehlo_is_nonce(nonce))
        return EHLO_E_EXCHANGE;
    sasl->scram.whole_nonce = ehlo_run_of(sasl, nonce);
    return skip_extensions(cursor) ? 0 : EHLO_E_EXCHANGE;
}

static int take_first(struct ehlo_sasl *sasl, struct ehlo_span response)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(response, 0);
    struct ehlo_span type;
    size_t bare;
    char flag;
    int error = ehlo_gs2_take(sasl, &cursor, &flag, &type);

    if (error == 0)
        error = check_binding(sasl, flag, type);
    if (error != 0)
        return error;
    bare = cursor.at;
    error = take_bare(sasl, &cursor);
    sasl->scram.header = ehlo_run_of(sasl, ehlo_octets(response.data, bare));
    sasl->scram.bare = ehlo_run_of(sasl, ehlo_octets(response.data + bare, response.size - bare));
    sasl->kept = sasl->used;
    return error == 0 ? EHLO_SASL_LOOKUP : error;
}

static int is_secret(const struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret)
{
    size_t size = ehlo_hash_size(sasl->row->hash);

    if (secret->password.data != NULL)
        return ehlo_prepared(secret->password, EHLO_SASL_PASSWORD_MAX);
    return secret->iterations > 0 && secret->salt.data != NULL && secret->salt.size > 0 &&
           secret->salt.size <= EHLO_SALT_MAX && secret->stored_key.data != NULL && secret->stored_key.size == size &&
           secret->server_key.data != NULL && secret->server_key.size == size;
}

/* The salt of a name that has no salt. */
static int make_salt(const struct ehlo_sasl *sasl, uint8_t salt[EHLO_HASH_MAX])
{
    const struct ehlo_sasl_config *config = &sasl->with.server;
    struct ehlo_span name = ehlo_run_span(sasl, sasl->authcid);

    return ehlo_hmac(config->crypto, sasl->row->hash, config->seed, &name, 1, salt);
}

static int keys_of_password(struct ehlo_sasl *sasl, struct ehlo_span password, const uint8_t *salt)
{
    const struct ehlo_sasl_config *config = &sasl->with.server;
    struct ehlo_scram_keys keys;
    int error = ehlo_scram_derive(config->crypto, sasl->row->hash, password, ehlo_octets(salt, MADE_UP_SALT),
                                  config->iterations, &keys);

    if (error == 0) {
        memcpy(sasl->scram.stored_key, keys.stored_key, sizeof keys.stored_key);
        memcpy(sasl->scram.server_key, keys.server_key, sizeof keys.server_key);
    }
    ehlo_wipe(&keys, sizeof keys);
    return error;
}

/* server-first-message, which is kept, and said. */
static int say_first(struct ehlo_sasl *sasl, struct ehlo_span salt, uint32_t iterations, struct ehlo_sasl_step *step)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    uint8_t nonce[EHLO_NONCE_SIZE];
    struct ehlo_span text;
    size_t end;
    int error = ehlo_crypto_random(sasl->with.server.crypto, nonce, sizeof nonce);

    if (error != 0)
        return error;
    ehlo_put_string(&writer, "r=");
    ehlo_put_span(&writer, ehlo_run_span(sasl, sasl->scram.whole_nonce));
    ehlo_put_base64(&writer, nonce, sizeof nonce);
    end = writer.length;
    ehlo_put_string(&writer, ",s=");
    ehlo_put_base64(&writer, salt.data, salt.size);
    ehlo_put_string(&writer, ",i=");
    ehlo_put_number(&writer, iterations, 1);
    error = ehlo_exchange_hold(sasl, &writer, &text);
    if (error != 0)
        return error;
    sasl->scram.whole_nonce = ehlo_run_of(sasl, ehlo_octets(text.data + 2, end - 2));
    sasl->scram.first = ehlo_run_of(sasl, text);
    sasl->kept = sasl->used;
    writer = ehlo_exchange_writer(sasl);
    ehlo_put_span(&writer, text);
    return ehlo_exchange_challenge(sasl, &writer, step);
}

int ehlo_scram_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret, struct ehlo_sasl_step *step)
{
    const struct ehlo_sasl_config *config = &sasl->with.server;
    size_t size = ehlo_hash_size(sasl->row->hash);
    uint8_t salt[EHLO_HASH_MAX];
    int error;

    if (secret != NULL && !is_secret(sasl, secret))
        return EHLO_E_ARGUMENT;
    sasl->scram.known = secret != NULL;
    if (secret != NULL && secret->password.data == NULL) {
        memcpy(sasl->scram.stored_key, secret->stored_key.data, size);
        memcpy(sasl->scram.server_key, secret->server_key.data, size);
        return say_first(sasl, secret->salt, secret->iterations, step);
    }
    error = make_salt(sasl, salt);
    if (error == 0 && (secret != NULL || (config->flags & EHLO_SASL_STORES_PASSWORDS) != 0))
        error = keys_of_password(sasl, secret != NULL ? secret->password : config->seed, salt);
    return error != 0 ? error : say_first(sasl, ehlo_octets(salt, MADE_UP_SALT), config->iterations, step);
}

/* client-final-message taken apart. */
struct final {
    struct ehlo_span without_proof, proof;
};

static int take_apart(struct ehlo_sasl *sasl, struct ehlo_span response, struct final *final)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(response, 0);
    struct ehlo_span value, nonce;
    size_t end;

    if (!ehlo_attribute_take(&cursor, 'c', &value) || !ehlo_cursor_take(&cursor, ',') ||
        !ehlo_attribute_take(&cursor, 'r', &nonce))
        return EHLO_E_EXCHANGE;
    do {
        end = cursor.at;
        if (!ehlo_cursor_take(&cursor, ',') || ehlo_cursor_peek(&cursor) < 0 ||
            !ehlo_is_alpha((char)ehlo_cursor_peek(&cursor)) ||
            !ehlo_attribute_take(&cursor, (char)ehlo_cursor_peek(&cursor), &value))
            return EHLO_E_EXCHANGE;
    } while (cursor.at < cursor.size);
    if (response.data[end + 1] != 'p' || ehlo_exchange_decode(sasl, value, &final->proof) != 0)
        return EHLO_E_EXCHANGE;
    final->without_proof = ehlo_octets(response.data, end);
    return 0;
}

/* 1 when the message begins as it must: with this channel, and these nonces. */
static int is_bound(const struct final *final, struct ehlo_span expected)
{
    size_t size = expected.size;

    if (final->without_proof.size < size || !ehlo_same(final->without_proof.data, size, expected.data, size))
        return 0;
    return final->without_proof.size == size || final->without_proof.data[size] == ',';
}

/* 1 when the proof gives the key that is stored. */
static int is_proven(const struct ehlo_sasl *sasl, struct ehlo_span proof, const uint8_t *signature)
{
    uint8_t key[EHLO_HASH_MAX], stored[EHLO_HASH_MAX];
    size_t size = ehlo_hash_size(sasl->row->hash), i;
    struct ehlo_span part = ehlo_octets(key, size);
    int proven;

    if (proof.size != size)
        return 0;
    for (i = 0; i < size; i++)
        key[i] = signature[i] ^ (uint8_t)proof.data[i];
    proven = ehlo_digest(sasl->with.server.crypto, sasl->row->hash, &part, 1, stored) == 0 &&
             ehlo_same(stored, size, sasl->scram.stored_key, size);
    ehlo_wipe(key, sizeof key);
    ehlo_wipe(stored, sizeof stored);
    return proven && sasl->scram.known;
}

/* The server's signature, for the client to see that it is the right one. */
static int say_final(struct ehlo_sasl *sasl, const uint8_t *signature, struct ehlo_sasl_step *step)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);

    ehlo_put_string(&writer, "v=");
    ehlo_put_base64(&writer, signature, ehlo_hash_size(sasl->row->hash));
    return ehlo_exchange_challenge(sasl, &writer, step);
}

static int take_final(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    const struct ehlo_sasl_config *config = &sasl->with.server;
    int error, plus = (sasl->row->facts & EHLO_SASL_USES_BINDING) != 0, good;
    struct ehlo_span expected, none = {NULL, 0}, messages[3];
    uint8_t signature[EHLO_HASH_MAX];
    struct final final;

    error = take_apart(sasl, response, &final);
    if (error == 0)
        error = ehlo_scram_final(sasl, ehlo_run_span(sasl, sasl->scram.header),
                                 plus ? config->bindings[sasl->scram.binding].data : none,
                                 ehlo_run_span(sasl, sasl->scram.whole_nonce), &expected);
    if (error != 0)
        return error;
    messages[0] = ehlo_run_span(sasl, sasl->scram.bare);
    messages[1] = ehlo_run_span(sasl, sasl->scram.first);
    messages[2] = final.without_proof;
    error = ehlo_scram_sign(config->crypto, sasl->row->hash, sasl->scram.stored_key, messages, signature);
    good = error == 0 && is_bound(&final, expected) && is_proven(sasl, final.proof, signature);
    if (good)
        error = ehlo_scram_sign(config->crypto, sasl->row->hash, sasl->scram.server_key, messages, signature);
    if (error == 0 && good)
        error = say_final(sasl, signature, step);
    else if (error == 0)
        error = EHLO_SASL_REFUSED;
    ehlo_wipe(signature, sizeof signature);
    return error;
}

int ehlo_scram_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    switch (sasl->turn++) {
    case 0:
        return take_first(sasl, response);
    case 1:
        return take_final(sasl, response, step);
    default:
        return response.size == 0 ? EHLO_SASL_ACCEPTED : EHLO_E_EXCHANGE;
    }
}
