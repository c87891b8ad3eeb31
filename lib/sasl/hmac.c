/* SPDX-License-Identifier: ISC
 *
 * HMAC (RFC 2104) and PBKDF2 (RFC 8018) over the program's digest.
 */
#include "sasl/crypto.h"

#include <ehlo/codec.h>
#include <string.h>

size_t ehlo_hash_size(uint32_t hash)
{
    static const uint8_t sizes[] = {0, 16, 20, 32};

    return hash < sizeof sizes ? sizes[hash] : 0;
}

int ehlo_hmac_init(struct ehlo_hmac *hmac, const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span key)
{
    size_t i;
    int error = 0;

    memset(hmac, 0, sizeof *hmac);
    hmac->crypto = crypto;
    hmac->hash = hash;
    if (key.size > EHLO_HASH_BLOCK)
        error = ehlo_digest(crypto, hash, &key, 1, hmac->inner);
    else if (key.size > 0)
        memcpy(hmac->inner, key.data, key.size);
    for (i = 0; i < EHLO_HASH_BLOCK; i++) {
        hmac->outer[i] = hmac->inner[i] ^ 0x5c;
        hmac->inner[i] ^= 0x36;
    }
    return error;
}

int ehlo_hmac_run(const struct ehlo_hmac *hmac, const struct ehlo_span *parts, size_t count, uint8_t *out)
{
    struct ehlo_span all[1 + EHLO_HMAC_PARTS];
    uint8_t digest[EHLO_HASH_MAX];
    size_t i;
    int error;

    all[0] = ehlo_octets(hmac->inner, EHLO_HASH_BLOCK);
    for (i = 0; i < count; i++)
        all[1 + i] = parts[i];
    error = ehlo_digest(hmac->crypto, hmac->hash, all, 1 + count, digest);
    if (error == 0) {
        all[0] = ehlo_octets(hmac->outer, EHLO_HASH_BLOCK);
        all[1] = ehlo_octets(digest, ehlo_hash_size(hmac->hash));
        error = ehlo_digest(hmac->crypto, hmac->hash, all, 2, out);
    }
    ehlo_wipe(digest, sizeof digest);
    return error;
}

int ehlo_hmac(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span key, const struct ehlo_span *parts,
              size_t count, uint8_t *out)
{
    struct ehlo_hmac hmac;
    int error = ehlo_hmac_init(&hmac, crypto, hash, key);

    if (error == 0)
        error = ehlo_hmac_run(&hmac, parts, count, out);
    ehlo_wipe(&hmac, sizeof hmac);
    return error;
}

int ehlo_pbkdf2(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span password, struct ehlo_span salt,
                uint32_t iterations, uint8_t *out)
{
    static const uint8_t first[] = {0, 0, 0, 1};
    size_t size = ehlo_hash_size(hash), i;
    struct ehlo_span parts[2];
    struct ehlo_hmac hmac;
    uint8_t link[EHLO_HASH_MAX] = {0};
    int error = ehlo_hmac_init(&hmac, crypto, hash, password);

    parts[0] = salt;
    parts[1] = ehlo_octets(first, sizeof first);
    if (error == 0)
        error = ehlo_hmac_run(&hmac, parts, 2, link);
    memcpy(out, link, size);
    parts[0] = ehlo_octets(link, size);
    for (; error == 0 && iterations > 1; iterations--) {
        error = ehlo_hmac_run(&hmac, parts, 1, link);
        for (i = 0; i < size; i++)
            out[i] ^= link[i];
    }
    ehlo_wipe(link, sizeof link);
    ehlo_wipe(&hmac, sizeof hmac);
    return error;
}
