/* SPDX-License-Identifier: ISC
 *
 * SCRAM: keys, signatures, attributes (RFC 5802, sections 3 and 5.1).
 */
#include "sasl/scram.h"

#include <ehlo/codec.h>
#include <string.h>

int ehlo_scram_derive(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span password, struct ehlo_span salt,
                      uint32_t iterations, struct ehlo_scram_keys *keys)
{
    size_t size = ehlo_hash_size(hash);
    uint8_t salted[EHLO_HASH_MAX];
    struct ehlo_span words[2], client_key = ehlo_octets(keys->client_key, size);
    int error = ehlo_pbkdf2(crypto, hash, password, salt, iterations, salted);

    words[0] = ehlo_span_of("Client Key");
    words[1] = ehlo_span_of("Server Key");
    if (error == 0)
        error = ehlo_hmac(crypto, hash, ehlo_octets(salted, size), &words[0], 1, keys->client_key);
    if (error == 0)
        error = ehlo_hmac(crypto, hash, ehlo_octets(salted, size), &words[1], 1, keys->server_key);
    if (error == 0)
        error = ehlo_digest(crypto, hash, &client_key, 1, keys->stored_key);
    ehlo_wipe(salted, sizeof salted);
    return error;
}

int ehlo_scram_sign(const struct ehlo_crypto *crypto, uint32_t hash, const uint8_t *key,
                    const struct ehlo_span parts[3], uint8_t *out)
{
    struct ehlo_span all[EHLO_AUTH_PARTS];

    all[0] = parts[0];
    all[2] = parts[1];
    all[4] = parts[2];
    all[1] = all[3] = ehlo_octets(",", 1);
    return ehlo_hmac(crypto, hash, ehlo_octets(key, ehlo_hash_size(hash)), all, EHLO_AUTH_PARTS, out);
}

int ehlo_attribute_take(struct ehlo_cursor *cursor, char letter, struct ehlo_span *value)
{
    if (!ehlo_cursor_take(cursor, letter) || !ehlo_cursor_take(cursor, '='))
        return 0;
    *value = ehlo_upto(cursor, ',');
    return value->size > 0;
}

int ehlo_is_nonce(struct ehlo_span nonce)
{
    return ehlo_visible(nonce, EHLO_NONCE_MAX, ",");
}

int ehlo_scram_final(struct ehlo_sasl *sasl, struct ehlo_span header, struct ehlo_span data, struct ehlo_span nonce,
                     struct ehlo_span *text)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);
    struct ehlo_span raw;
    int error;

    ehlo_put_span(&writer, header);
    ehlo_put_span(&writer, data);
    error = ehlo_exchange_hold(sasl, &writer, &raw);
    if (error != 0)
        return error;
    writer = ehlo_exchange_writer(sasl);
    ehlo_put_string(&writer, "c=");
    ehlo_put_base64(&writer, raw.data, raw.size);
    ehlo_put_string(&writer, ",r=");
    ehlo_put_span(&writer, nonce);
    return ehlo_exchange_hold(sasl, &writer, text);
}

int ehlo_scram_keys(const struct ehlo_crypto *crypto, uint32_t hash, const char *password, size_t size,
                    const void *salt, size_t salt_size, uint32_t iterations, uint8_t *stored_key, uint8_t *server_key)
{
    struct ehlo_span text = ehlo_octets(password, size);
    struct ehlo_scram_keys keys;
    int error;

    if (!ehlo_crypto_usable(crypto) || (hash != EHLO_HASH_SHA_1 && hash != EHLO_HASH_SHA_256) || salt == NULL ||
        salt_size == 0 || salt_size > EHLO_SALT_MAX || iterations == 0 || stored_key == NULL || server_key == NULL)
        return EHLO_E_ARGUMENT;
    if (!ehlo_prepared(text, EHLO_SASL_PASSWORD_MAX))
        return EHLO_E_CREDENTIALS;
    error = ehlo_scram_derive(crypto, hash, text, ehlo_octets(salt, salt_size), iterations, &keys);
    if (error == 0) {
        memcpy(stored_key, keys.stored_key, ehlo_hash_size(hash));
        memcpy(server_key, keys.server_key, ehlo_hash_size(hash));
    }
    ehlo_wipe(&keys, sizeof keys);
    return error;
}
