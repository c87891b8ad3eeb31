/* SPDX-License-Identifier: ISC
 *
 * What SCRAM and CRAM-MD5 stand on: digests of the tests' own, HMAC, PBKDF2, and SCRAM-SHA-256 by the RFC's example,
 * whose nonces no exchange of the library would have.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ehlo/codec.h>

#include "../lib/sasl/crypto.h"
#include "digest.h"
#include "span.h"

static struct digest_source source;

/* The text, `times` over. */
static const struct {
    uint32_t hash;
    const char *text;
    size_t times;
    const char *hex;
} digests[] = {
    {EHLO_HASH_MD5, "", 1, "d41d8cd98f00b204e9800998ecf8427e"},
    {EHLO_HASH_MD5, "abc", 1, "900150983cd24fb0d6963f7d28e17f72"},
    {EHLO_HASH_MD5, "1234567890", 8, "57edf4a22be3c955ac49da2e2107b67a"},
    {EHLO_HASH_SHA_1, "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {EHLO_HASH_SHA_1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {EHLO_HASH_SHA_1, "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
    {EHLO_HASH_SHA_1, "0123456701234567012345670123456701234567012345670123456701234567", 10,
     "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {EHLO_HASH_SHA_256, "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {EHLO_HASH_SHA_256, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {EHLO_HASH_SHA_256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void assert_hex(const uint8_t *octets, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; hex[2 * i] != '\0'; i++) {
        assert_int_equal(digits[octets[i] >> 4], hex[2 * i]);
        assert_int_equal(digits[octets[i] & 15], hex[2 * i + 1]);
    }
}

static void test_digests(void **state)
{
    uint8_t out[EHLO_HASH_MAX];
    struct digest digest;
    size_t i, j;

    (void)state;
    for (i = 0; i < sizeof digests / sizeof *digests; i++) {
        digest_begin(&digest, digests[i].hash);
        for (j = 0; j < digests[i].times; j++)
            digest_more(&digest, digests[i].text, strlen(digests[i].text));
        assert_int_equal(digest_end(&digest, out), strlen(digests[i].hex) / 2);
        assert_int_equal(ehlo_hash_size(digests[i].hash), strlen(digests[i].hex) / 2);
        assert_hex(out, digests[i].hex);
    }
    assert_int_equal(ehlo_hash_size(0), 0);
    assert_int_equal(ehlo_hash_size(4), 0);
}

/* RFC 2202 and RFC 4231: a short key, and one longer than a block. */
static void test_hmac(void **state)
{
    struct ehlo_crypto crypto = digest_crypto(&source);
    struct ehlo_span parts[2];
    uint8_t key[131], out[EHLO_HASH_MAX];

    (void)state;
    parts[0] = span("what do ya want ");
    parts[1] = span("for nothing?");
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_MD5, span("Jefe"), parts, 2, out), 0);
    assert_hex(out, "750c783e6ab0b503eaa86e310a5db738");
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_1, span("Jefe"), parts, 2, out), 0);
    assert_hex(out, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_256, span("Jefe"), parts, 2, out), 0);
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    parts[0] = span("Test Using Larger Than Block-Size Key - Hash Key First");
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_1, ehlo_octets(key, 80), parts, 1, out), 0);
    assert_hex(out, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_256, ehlo_octets(key, 131), parts, 1, out), 0);
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 6070. */
static void test_pbkdf2(void **state)
{
    struct ehlo_crypto crypto = digest_crypto(&source);
    uint8_t out[EHLO_HASH_MAX];

    (void)state;
    assert_int_equal(ehlo_pbkdf2(&crypto, EHLO_HASH_SHA_1, span("password"), span("salt"), 1, out), 0);
    assert_hex(out, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert_int_equal(ehlo_pbkdf2(&crypto, EHLO_HASH_SHA_1, span("password"), span("salt"), 2, out), 0);
    assert_hex(out, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    assert_int_equal(ehlo_pbkdf2(&crypto, EHLO_HASH_SHA_1, span("password"), span("salt"), 4096, out), 0);
    assert_hex(out, "4b007901b765489abead49d926f721d065a429c1");
}

/* RFC 7677, section 3: the proof gives the stored key, and the server's key signs as it does there. */
static void test_scram_sha_256(void **state)
{
    struct ehlo_crypto crypto = digest_crypto(&source);
    uint8_t salt[16], stored[EHLO_HASH_MAX], server[EHLO_HASH_MAX], signature[EHLO_HASH_MAX], proof[EHLO_HASH_MAX];
    struct ehlo_span message = span("n=user,r=rOprNGfwEbeRWgbNEkqO,"
                                    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                                    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    struct ehlo_span part = ehlo_octets(proof, sizeof proof);
    char text[44];
    size_t i, size;

    (void)state;
    assert_int_equal(ehlo_base64_decode(salt, sizeof salt, &size, "W22ZaJ0SNY7soEsUEjb6gQ==", 24), 0);
    assert_int_equal(ehlo_scram_keys(&crypto, EHLO_HASH_SHA_256, "pencil", 6, salt, size, 4096, stored, server), 0);
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_256, ehlo_octets(server, sizeof server), &message, 1, signature),
                     0);
    assert_int_equal(ehlo_base64_encode(text, sizeof text, &size, signature, sizeof signature), 0);
    assert_memory_equal(text, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", size);
    assert_int_equal(ehlo_hmac(&crypto, EHLO_HASH_SHA_256, ehlo_octets(stored, sizeof stored), &message, 1, signature),
                     0);
    assert_int_equal(ehlo_base64_decode(proof, sizeof proof, &size, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 44),
                     0);
    for (i = 0; i < sizeof proof; i++)
        proof[i] ^= signature[i];
    assert_int_equal(ehlo_digest(&crypto, EHLO_HASH_SHA_256, &part, 1, signature), 0);
    assert_memory_equal(signature, stored, sizeof stored);
}

/* What a server stores: not of everything. */
static void test_keys(void **state)
{
    struct ehlo_crypto crypto = digest_crypto(&source), broken = crypto;
    uint8_t salt[65] = {1}, stored[EHLO_HASH_MAX], server[EHLO_HASH_MAX];
    uint32_t hash = EHLO_HASH_SHA_1;

    (void)state;
    broken.random = NULL;
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 64, 1, stored, server), 0);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 65, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 0, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, NULL, 1, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 1, 0, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 1, 1, NULL, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p", 1, salt, 1, 1, stored, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(NULL, hash, "p", 1, salt, 1, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&broken, hash, "p", 1, salt, 1, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, EHLO_HASH_MD5, "p", 1, salt, 1, 1, stored, server), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "", 0, salt, 1, 1, stored, server), EHLO_E_CREDENTIALS);
    assert_int_equal(ehlo_scram_keys(&crypto, hash, "p\n", 2, salt, 1, 1, stored, server), EHLO_E_CREDENTIALS);
}

/* Whichever call fails, it is told, and nothing is stored. */
static void test_failing_digest(void **state)
{
    static const uint8_t nothing[EHLO_HASH_MAX] = {0};
    struct ehlo_crypto crypto = digest_crypto(&source);
    uint8_t stored[EHLO_HASH_MAX], server[EHLO_HASH_MAX];
    char password[65];
    uint32_t calls;

    (void)state;
    memset(password, 'x', sizeof password);
    source.calls = 0;
    assert_int_equal(ehlo_scram_keys(&crypto, EHLO_HASH_SHA_1, password, sizeof password, "s", 1, 2, stored, server),
                     0);
    calls = source.calls;
    assert_int_equal(calls, 1 + 4 + 4 + 1);
    memset(stored, 0, sizeof stored);
    memset(server, 0, sizeof server);
    for (source.fails_at = 1; source.fails_at <= calls; source.fails_at++) {
        source.calls = 0;
        assert_int_equal(
            ehlo_scram_keys(&crypto, EHLO_HASH_SHA_1, password, sizeof password, "s", 1, 2, stored, server),
            EHLO_E_CRYPTO);
        assert_int_equal(source.calls, source.fails_at);
        assert_memory_equal(stored, nothing, sizeof stored);
        assert_memory_equal(server, nothing, sizeof server);
    }
    source.fails_at = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests),       cmocka_unit_test(test_hmac), cmocka_unit_test(test_pbkdf2),
        cmocka_unit_test(test_scram_sha_256), cmocka_unit_test(test_keys), cmocka_unit_test(test_failing_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
