/* SPDX-License-Identifier: ISC
 *
 * MD5 (RFC 1321), SHA-1 and SHA-256 (RFC 6234) for tests alone, and the struct ehlo_crypto that is made of them. Its
 * random octets are those that the test says.
 */
#ifndef TESTS_DIGEST_H
#define TESTS_DIGEST_H

#include <ehlo/sasl.h>
#include <string.h>

struct digest {
    uint32_t hash;
    uint32_t state[8];
    uint64_t octets;
    uint8_t block[64];
};

static inline uint32_t digest_left(uint32_t value, uint32_t by)
{
    return value << by | value >> (32 - by);
}

static inline uint32_t digest_right(uint32_t value, uint32_t by)
{
    return digest_left(value, 32 - by);
}

static inline void digest_words(const uint8_t *block, uint32_t *words, int big)
{
    size_t i, j;

    for (i = 0; i < 16; i++) {
        words[i] = 0;
        for (j = 0; j < 4; j++)
            words[i] |= (uint32_t)block[4 * i + j] << (big ? 24 - 8 * j : 8 * j);
    }
}

static inline void digest_md5(uint32_t *state, const uint8_t *block)
{
    /* floor(2^32 * abs(sin(i + 1))) */
    static const uint32_t sines[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
    static const uint8_t turns[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};
    uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3], f, k, t, i;

    digest_words(block, x, 0);
    for (i = 0; i < 64; i++) {
        if (i < 16) {
            f = (b & c) | (~b & d);
            k = i;
        } else if (i < 32) {
            f = (b & d) | (c & ~d);
            k = (5 * i + 1) % 16;
        } else if (i < 48) {
            f = b ^ c ^ d;
            k = (3 * i + 5) % 16;
        } else {
            f = c ^ (b | ~d);
            k = 7 * i % 16;
        }
        t = a + f + x[k] + sines[i];
        a = d;
        d = c;
        c = b;
        b += digest_left(t, turns[i / 16 * 4 + i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static inline void digest_sha1(uint32_t *state, const uint8_t *block)
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f, t, i;

    digest_words(block, w, 1);
    for (i = 16; i < 80; i++)
        w[i] = digest_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (i = 0; i < 80; i++) {
        if (i < 20)
            f = (b & c) | (~b & d);
        else if (i >= 40 && i < 60)
            f = (b & c) | (b & d) | (c & d);
        else
            f = b ^ c ^ d;
        t = digest_left(a, 5) + f + e + w[i] + constants[i / 20];
        e = d;
        d = c;
        c = digest_left(b, 30);
        b = a;
        a = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

static inline void digest_sha256(uint32_t *state, const uint8_t *block)
{
    /* of the cube roots of the first 64 primes */
    static const uint32_t roots[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], s[8], t1, t2, i;

    digest_words(block, w, 1);
    for (i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (digest_right(w[i - 15], 7) ^ digest_right(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (digest_right(w[i - 2], 17) ^ digest_right(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, state, sizeof s);
    for (i = 0; i < 64; i++) {
        t1 = s[7] + (digest_right(s[4], 6) ^ digest_right(s[4], 11) ^ digest_right(s[4], 25)) +
             ((s[4] & s[5]) ^ (~s[4] & s[6])) + roots[i] + w[i];
        t2 = (digest_right(s[0], 2) ^ digest_right(s[0], 13) ^ digest_right(s[0], 22)) +
             ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (i = 0; i < 8; i++)
        state[i] += s[i];
}

static inline void digest_begin(struct digest *digest, uint32_t hash)
{
    static const uint32_t five[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0, 0, 0, 0};
    static const uint32_t eight[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memset(digest, 0, sizeof *digest);
    digest->hash = hash;
    memcpy(digest->state, hash == EHLO_HASH_SHA_256 ? eight : five, sizeof five);
}

static inline void digest_more(struct digest *digest, const void *data, size_t size)
{
    const uint8_t *octets = (const uint8_t *)data;
    size_t i;

    for (i = 0; i < size; i++) {
        digest->block[digest->octets++ % 64] = octets[i];
        if (digest->octets % 64 != 0)
            continue;
        if (digest->hash == EHLO_HASH_MD5)
            digest_md5(digest->state, digest->block);
        else if (digest->hash == EHLO_HASH_SHA_1)
            digest_sha1(digest->state, digest->block);
        else
            digest_sha256(digest->state, digest->block);
    }
}

/* Returns the octets of the digest. */
static inline size_t digest_end(struct digest *digest, uint8_t *out)
{
    static const uint8_t padding[64] = {0x80};
    static const size_t sizes[] = {0, 16, 20, 32};
    uint64_t bits = digest->octets * 8;
    int big = digest->hash != EHLO_HASH_MD5;
    uint8_t length[8];
    size_t i;

    for (i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (big ? 56 - 8 * i : 8 * i));
    digest_more(digest, padding, 1 + (119 - digest->octets % 64) % 64);
    digest_more(digest, length, sizeof length);
    for (i = 0; i < sizes[digest->hash]; i++)
        out[i] = (uint8_t)(digest->state[i / 4] >> (big ? 24 - 8 * (i % 4) : 8 * (i % 4)));
    return sizes[digest->hash];
}

/* Where the random octets come from: `at` is where the next are read; what is behind the end is zeros. */
struct digest_source {
    const char *random;
    size_t size, at;
    uint32_t calls;    /* of digest and random */
    uint32_t fails_at; /* the call that fails; 0: none */
};

static inline int digest_parts(void *user, uint32_t hash, const struct ehlo_span *parts, size_t count, uint8_t *out)
{
    struct digest_source *source = (struct digest_source *)user;
    struct digest digest;
    size_t i;

    if (++source->calls == source->fails_at)
        return 1;
    digest_begin(&digest, hash);
    for (i = 0; i < count; i++)
        digest_more(&digest, parts[i].data, parts[i].size);
    digest_end(&digest, out);
    return 0;
}

static inline int digest_random(void *user, void *out, size_t size)
{
    struct digest_source *source = (struct digest_source *)user;
    uint8_t *octets = (uint8_t *)out;
    size_t i;

    if (++source->calls == source->fails_at)
        return 1;
    for (i = 0; i < size; i++)
        octets[i] = source->at < source->size ? (uint8_t)source->random[source->at++] : 0;
    return 0;
}

static inline struct ehlo_crypto digest_crypto(struct digest_source *source)
{
    struct ehlo_crypto crypto;

    crypto.digest = digest_parts;
    crypto.random = digest_random;
    crypto.user = source;
    return crypto;
}

#endif
