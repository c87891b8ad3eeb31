/* SPDX-License-Identifier: ISC
 *
 * What the program's digest and random are used for: the only calls to them, and HMAC and PBKDF2 above them.
 */
#ifndef EHLO_SASL_CRYPTO_H
#define EHLO_SASL_CRYPTO_H

#include <ehlo/sasl.h>

/* Octets of the longest digest, and of the block that all three digests work on. */
#define EHLO_HASH_MAX 32
#define EHLO_HASH_BLOCK 64

/* Parts of a text that ehlo_hmac takes at most. */
#define EHLO_HMAC_PARTS 5

/* 1 when there is one, and it can do both. */
int ehlo_crypto_usable(const struct ehlo_crypto *crypto);

/* Fills `out`. EHLO_E_CRYPTO. */
int ehlo_crypto_random(const struct ehlo_crypto *crypto, void *out, size_t size);

/* The digest of some parts; `out` holds ehlo_hash_size octets. EHLO_E_CRYPTO. */
int ehlo_digest(const struct ehlo_crypto *crypto, uint32_t hash, const struct ehlo_span *parts, size_t count,
                uint8_t *out);

/* Octets of a digest; 0 for no EHLO_HASH_. */
size_t ehlo_hash_size(uint32_t hash);

static inline struct ehlo_span ehlo_octets(const void *data, size_t size)
{
    struct ehlo_span span = {data, size};

    return span;
}

/* A key, made ready once for many texts. Wipe it after use. */
struct ehlo_hmac {
    const struct ehlo_crypto *crypto;
    uint32_t hash;
    uint8_t inner[EHLO_HASH_BLOCK];
    uint8_t outer[EHLO_HASH_BLOCK];
};

/* Takes a key of any length. EHLO_E_CRYPTO. RFC 2104. */
int ehlo_hmac_init(struct ehlo_hmac *hmac, const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span key);

/* The HMAC of up to EHLO_HMAC_PARTS parts; `out` may be where a part stands. EHLO_E_CRYPTO. RFC 2104. */
int ehlo_hmac_run(const struct ehlo_hmac *hmac, const struct ehlo_span *parts, size_t count, uint8_t *out);

/* Both in one, for a key that is used once. */
int ehlo_hmac(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span key, const struct ehlo_span *parts,
              size_t count, uint8_t *out);

/* PBKDF2 with that HMAC, one block long: Hi() of RFC 5802, section 2.2. EHLO_E_CRYPTO. RFC 8018, section 5.2. */
int ehlo_pbkdf2(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span password, struct ehlo_span salt,
                uint32_t iterations, uint8_t *out);

#endif
