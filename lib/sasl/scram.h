/* SPDX-License-Identifier: ISC
 *
 * What both sides of SCRAM compute (RFC 5802, section 3), and take apart.
 */
#ifndef EHLO_SASL_SCRAM_H
#define EHLO_SASL_SCRAM_H

#include "sasl/gs2.h"

#define EHLO_SALT_MAX 64
#define EHLO_NONCE_MAX 512

/* The parts of AuthMessage: its three messages, and the commas between them. */
#define EHLO_AUTH_PARTS 5

/* The keys of a password; ehlo_hash_size octets of each. Wipe them after use. */
struct ehlo_scram_keys {
    uint8_t client_key[EHLO_HASH_MAX];
    uint8_t stored_key[EHLO_HASH_MAX];
    uint8_t server_key[EHLO_HASH_MAX];
};

/* EHLO_E_CRYPTO. */
int ehlo_scram_derive(const struct ehlo_crypto *crypto, uint32_t hash, struct ehlo_span password, struct ehlo_span salt,
                      uint32_t iterations, struct ehlo_scram_keys *keys);

/*
 * The HMAC of AuthMessage with `key`: ClientSignature with StoredKey, ServerSignature with ServerKey. `parts`
 * are client-first-message-bare, server-first-message and client-final-message-without-proof. EHLO_E_CRYPTO.
 */
int ehlo_scram_sign(const struct ehlo_crypto *crypto, uint32_t hash, const uint8_t *key,
                    const struct ehlo_span parts[3], uint8_t *out);

/* Takes "LETTER=VALUE" up to a comma or the end; 0 when it is not there, or the value is empty. */
int ehlo_attribute_take(struct ehlo_cursor *cursor, char letter, struct ehlo_span *value);

/* 1 when this can be a nonce: printable, without a comma. */
int ehlo_is_nonce(struct ehlo_span nonce);

/*
 * Makes what client-final-message begins with: "c=", base64 of the header and of the data that the channel gives, and
 * ",r=NONCE". `*text` points to it until the next turn. EHLO_E_SPACE.
 */
int ehlo_scram_final(struct ehlo_sasl *sasl, struct ehlo_span header, struct ehlo_span data, struct ehlo_span nonce,
                     struct ehlo_span *text);

#endif
