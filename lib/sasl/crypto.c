/* SPDX-License-Identifier: ISC
 *
 * The calls to the program's digest and random: no other file of the room calls through a pointer.
 */
#include "sasl/crypto.h"

int ehlo_crypto_usable(const struct ehlo_crypto *crypto)
{
    return crypto != NULL && crypto->digest != NULL && crypto->random != NULL;
}

int ehlo_crypto_random(const struct ehlo_crypto *crypto, void *out, size_t size)
{
    return crypto->random(crypto->user, out, size) == 0 ? 0 : EHLO_E_CRYPTO;
}

int ehlo_digest(const struct ehlo_crypto *crypto, uint32_t hash, const struct ehlo_span *parts, size_t count,
                uint8_t *out)
{
    return crypto->digest(crypto->user, hash, parts, count, out) == 0 ? 0 : EHLO_E_CRYPTO;
}
