/* SPDX-License-Identifier: ISC
 *
 * SCRAM: the RFC's example, channel bindings, what is not well-formed, users that are not there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sasl.h"

#define PLUS EHLO_SASL_SCRAM_SHA_256_PLUS
#define SCRAM EHLO_SASL_SCRAM_SHA_1

/* The client's nonce in the example of RFC 5802, section 5, decoded. */
#define EXAMPLE_RANDOM "\x7f\x29\x28\xf9\xdd\xa5\x6d\xb1\x60\x38\xd4\x6f\xf6\xa9\x31\x75\xac\x0b"

static void begin_example(struct sides *sides)
{
    sides_init(sides, 0);
    sides->credentials.authcid = span("user");
    sides->credentials.password = span("pencil");
    sides->credentials.iterations_min = sides->credentials.iterations_max = 0;
    sides->random[0].random = EXAMPLE_RANDOM;
    sides->random[0].size = 18;
    assert_int_equal(begin_client(sides, SCRAM), 0);
    assert_int_equal(client_says(sides, NULL), 0);
    assert_encoded(sides->said, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
}

#define FIRST "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92"

static void test_example(void **state)
{
    static struct sides sides;

    (void)state;
    begin_example(&sides);
    assert_int_equal(client_says(&sides, FIRST ",i=4096"), 0);
    assert_encoded(sides.said, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    assert_int_equal(client_says(&sides, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), 0);
    assert_non_null(sides.said.data);
    assert_int_equal(sides.said.size, 0);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), 0);
}

/* 235 from a server that has shown nothing yet. */
static void test_unproven(void **state)
{
    static struct sides sides;

    (void)state;
    begin_example(&sides);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_AUTH_SERVER);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_AUTH_SERVER);
    begin_example(&sides);
    assert_int_equal(client_says(&sides, FIRST ",i=4096"), 0);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_AUTH_SERVER);
    begin_example(&sides);
    assert_int_equal(client_says(&sides, FIRST ",i=4096"), 0);
    assert_int_equal(client_says(&sides, "v=rmF9pqV8S7suAoZWja4dJRkFsKU="), EHLO_E_AUTH_SERVER);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_AUTH_SERVER);
    begin_example(&sides);
    assert_int_equal(client_says(&sides, FIRST ",i=4096"), 0);
    assert_int_equal(client_says(&sides, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), 0);
    assert_int_equal(client_says(&sides, ""), EHLO_E_EXCHANGE);
}

static const struct {
    const char *challenge;
    int error;
} firsts[] = {
    {FIRST ",i=4096,x=new", 0},
    {FIRST ",i=4095", EHLO_E_ITERATIONS},
    {FIRST ",i=1", EHLO_E_ITERATIONS},
    {FIRST ",i=1000001", EHLO_E_ITERATIONS},
    {FIRST ",i=999999999", EHLO_E_ITERATIONS},
    {FIRST ",i=4294967296", EHLO_E_EXCHANGE},
    {FIRST ",i=0", EHLO_E_EXCHANGE},
    {FIRST ",i=04096", EHLO_E_EXCHANGE},
    {FIRST ",i=-1", EHLO_E_EXCHANGE},
    {FIRST ",i=4096 ", EHLO_E_EXCHANGE},
    {FIRST ",i=", EHLO_E_EXCHANGE},
    {FIRST, EHLO_E_EXCHANGE},
    {"m=new," FIRST ",i=4096", EHLO_E_EXCHANGE},
    {"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096", EHLO_E_EXCHANGE},
    {"r=fyko+d2lbbFgONRv9qkxdawl3rfc,s=QSXCR+Q6sek8bf92,i=4096", EHLO_E_EXCHANGE},
    {"r=fyko+d2lbbFgONRv9qkxdawL 3rfc,s=QSXCR+Q6sek8bf92,i=4096", EHLO_E_EXCHANGE},
    {"r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf9,i=4096", EHLO_E_EXCHANGE},
    {"r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=,i=4096", EHLO_E_EXCHANGE},
    {"r=,s=QSXCR+Q6sek8bf92,i=4096", EHLO_E_EXCHANGE},
    {"r=3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", EHLO_E_EXCHANGE},
    {"s=QSXCR+Q6sek8bf92,r=fyko+d2lbbFgONRv9qkxdawL3rfc,i=4096", EHLO_E_EXCHANGE},
    {"e=other-error", EHLO_E_EXCHANGE},
    {"", EHLO_E_EXCHANGE},
};

static const struct {
    const char *challenge;
    int error;
} finals[] = {
    {"e=invalid-proof", EHLO_E_AUTH},
    {"e=", EHLO_E_EXCHANGE},
    {"v=", EHLO_E_EXCHANGE},
    {"v=rmF9pqV8S7suAoZWja4dJRkFsK", EHLO_E_EXCHANGE},
    {"", EHLO_E_EXCHANGE},
    {"x=1", EHLO_E_EXCHANGE},
    {"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=1", 0},
    {"v=rmF9pqV8S7suAoZWja4dJRkF", EHLO_E_AUTH_SERVER},
};

static void test_client_refuses(void **state)
{
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        begin_example(&sides);
        assert_int_equal(client_says(&sides, firsts[i].challenge), firsts[i].error);
    }
    for (i = 0; i < sizeof finals / sizeof *finals; i++) {
        begin_example(&sides);
        assert_int_equal(client_says(&sides, FIRST ",i=4096"), 0);
        assert_int_equal(client_says(&sides, finals[i].challenge), finals[i].error);
    }
}

/* --- the server */

static const struct {
    uint32_t mechanism;
    const char *response;
    int result;
    const char *authcid, *authzid;
} client_firsts[] = {
    {SCRAM, "n,,n=user,r=abc", EHLO_SASL_LOOKUP, "user", NULL},
    {SCRAM, "n,a=b=2Cc=3D,n==3D=2C,r=!~", EHLO_SASL_LOOKUP, "=,", "b,c="},
    {SCRAM, "n,,n=\xC3\xBC,r=abc,x=new,y=z", EHLO_SASL_LOOKUP, "\xC3\xBC", NULL},
    {SCRAM, "y,,n=user,r=abc", EHLO_SASL_REFUSED, NULL, NULL},
    {SCRAM, "p=tls-exporter,,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,m=new,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user,r=", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user,r=a b", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user,r=abc,", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user,r=abc,1=x", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=user,r=abc,x=", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=a=2,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=a\x01,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,n=a\xFF,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,,r=abc,n=user", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,a=,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "n,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {SCRAM, "", EHLO_E_EXCHANGE, NULL, NULL},
    {PLUS, "p=tls-exporter,,n=user,r=abc", EHLO_SASL_LOOKUP, "user", NULL},
    {PLUS, "p=tls-unique,,n=user,r=abc", EHLO_SASL_LOOKUP, "user", NULL},
    {PLUS, "p=tls-server-end-point,,n=user,r=abc", EHLO_SASL_REFUSED, NULL, NULL},
    {PLUS, "p=,,n=user,r=abc", EHLO_SASL_REFUSED, NULL, NULL},
    {PLUS, "n,,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {PLUS, "y,,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
    {PLUS, "p,,n=user,r=abc", EHLO_E_EXCHANGE, NULL, NULL},
};

static void test_server_firsts(void **state)
{
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof client_firsts / sizeof *client_firsts; i++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_server(&sides, client_firsts[i].mechanism), 0);
        assert_int_equal(server_says(&sides, client_firsts[i].response), client_firsts[i].result);
        assert_span(sides.step.authcid, client_firsts[i].authcid);
        assert_span(sides.step.authzid, client_firsts[i].authzid);
    }
    /* a server that cannot bind takes a client at its word that it saw none that can */
    sides_init(&sides, 0);
    sides.config.binding_count = 0;
    assert_int_equal(begin_server(&sides, SCRAM), 0);
    assert_int_equal(server_says(&sides, "y,,n=user,r=abc"), EHLO_SASL_LOOKUP);
}

/* A message of the client with something put in the place of what is marked by "*", or behind it. */
static const struct {
    const char *from, *to;
    int result;
} client_finals[] = {
    {",p=", ",x=new,p=", EHLO_SASL_REFUSED}, /* which the proof is not for */
    {"c=", "c=biws,c=", EHLO_E_EXCHANGE},
    {"c=biws", "c=eSws", EHLO_SASL_REFUSED},
    {"c=biws", "c=", EHLO_E_EXCHANGE},
    {",r=", ",r=x", EHLO_SASL_REFUSED},
    {",p=", "x,p=", EHLO_SASL_REFUSED},
    {",p=", "", EHLO_E_EXCHANGE},
    {",p=", ",q=", EHLO_E_EXCHANGE},
    {",p=", ",p=AAAA,p=", EHLO_SASL_REFUSED},
    {",p=", ",p=*", EHLO_E_EXCHANGE},
    {",p=", ",p=AAAA", EHLO_SASL_REFUSED},
    {"c=", "", EHLO_E_EXCHANGE},
};

static void test_server_finals(void **state)
{
    static struct sides sides;
    char text[512], changed[600], *at;
    size_t i, size;

    (void)state;
    for (i = 0; i < sizeof client_finals / sizeof *client_finals; i++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_client(&sides, SCRAM), 0);
        assert_int_equal(begin_server(&sides, SCRAM), 0);
        assert_int_equal(client_says(&sides, NULL), 0);
        assert_int_equal(serve(&sides, SCRAM, sides.said.data, sides.said.size), EHLO_SASL_CHALLENGE);
        assert_int_equal(
            ehlo_sasl_client_step(sides.client, sides.step.challenge.data, sides.step.challenge.size, &sides.said), 0);
        assert_int_equal(ehlo_base64_decode(text, sizeof text - 1, &size, sides.said.data, sides.said.size), 0);
        text[size] = '\0';
        at = strstr(text, client_finals[i].from);
        assert_non_null(at);
        *at = '\0';
        snprintf(changed, sizeof changed, "%s%s%s", text, client_finals[i].to, at + strlen(client_finals[i].from));
        assert_int_equal(server_says(&sides, changed), client_finals[i].result);
    }
}

/* What a client says about bindings that it has and has not, and has seen offered and has not. */
static void test_flags(void **state)
{
    static const struct {
        const char *offered;
        int bound;
        const char *begins;
    } flags[] = {
        {"PLAIN SCRAM-SHA-1", 1, "y,,n="},
        {"PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS", 1, "n,,n="},
        {"PLAIN SCRAM-SHA-1 scram-sha-256-plus", 1, "n,,n="},
        {"PLAIN SCRAM-SHA-1", 0, "n,,n="},
        {NULL, 1, "n,,n="},
    };
    static struct sides sides;
    char text[256];
    size_t i, size;

    (void)state;
    for (i = 0; i < sizeof flags / sizeof *flags; i++) {
        sides_init(&sides, 0);
        sides.credentials.offered = span(flags[i].offered);
        if (!flags[i].bound)
            sides.credentials.binding.data = span(NULL);
        assert_int_equal(begin_client(&sides, SCRAM), 0);
        assert_int_equal(client_says(&sides, NULL), 0);
        assert_int_equal(ehlo_base64_decode(text, sizeof text, &size, sides.said.data, sides.said.size), 0);
        assert_memory_equal(text, flags[i].begins, strlen(flags[i].begins));
    }
    /* somebody has taken -PLUS out of the offer */
    sides_init(&sides, 0);
    sides.credentials.offered = span("SCRAM-SHA-1");
    assert_int_equal(converse(&sides, SCRAM), 0);
    sides.config.binding_count = 0;
    assert_int_equal(converse(&sides, SCRAM), 1);
}

/* Another channel, or another kind of data about it. */
static void test_bindings(void **state)
{
    static struct sides sides;

    (void)state;
    sides_init(&sides, 0);
    assert_int_equal(converse(&sides, PLUS), 1);
    sides.credentials.binding = sides.bindings[0];
    assert_int_equal(converse(&sides, PLUS), 1);
    sides.credentials.binding.data = span("somebody's channel");
    assert_int_equal(converse(&sides, PLUS), 0);
    sides.credentials.binding = sides.bindings[1];
    sides.credentials.binding.type = span("tls-unique");
    assert_int_equal(converse(&sides, PLUS), 0);
    sides.credentials.binding.type = span("tls-exporte");
    assert_int_equal(converse(&sides, PLUS), 0);
}

/* The keys that are stored do as well as the password; one of another salt, count or hash does not. */
static void test_stored_keys(void **state)
{
    static struct sides sides;
    uint8_t stored[32], server[32];
    char salt[16] = "sixteen octets.";
    int i;

    (void)state;
    for (i = 0; i < 6; i++) {
        sides_init(&sides, i & 1);
        memset(&sides.secret, 0, sizeof sides.secret);
        sides.secret.size = sizeof sides.secret;
        sides.secret.salt.data = salt;
        sides.secret.salt.size = sizeof salt;
        sides.secret.iterations = 11;
        sides.secret.stored_key = (struct ehlo_span){(const char *)stored, 20};
        sides.secret.server_key = (struct ehlo_span){(const char *)server, 20};
        assert_int_equal(ehlo_scram_keys(&sides.crypto[1], EHLO_HASH_SHA_1, PASSWORD, strlen(PASSWORD), salt,
                                         sizeof salt, i == 2 ? 12 : 11, stored, server),
                         0);
        if (i == 3)
            stored[19] ^= 1;
        if (i == 4)
            server[0] ^= 0x80;
        if (i == 5)
            sides.credentials.password = span(PASSWORD "x");
        assert_int_equal(converse(&sides, SCRAM), i < 2);
        assert_int_equal(ehlo_sasl_client_finish(sides.client), i < 2 ? EHLO_E_STATE : EHLO_E_AUTH_SERVER);
    }
}

/* A secret that is none of this mechanism changes nothing. */
static void test_wrong_secrets(void **state)
{
    static struct sides sides;
    struct ehlo_sasl_secret secret;
    char octets[65] = {1};
    struct ehlo_span twenty = {octets, 20};
    int i;

    (void)state;
    sides_init(&sides, 0);
    assert_int_equal(begin_server(&sides, SCRAM), 0);
    assert_int_equal(server_says(&sides, "n,,n=user,r=abc"), EHLO_SASL_LOOKUP);
    for (i = 0; i <= 9; i++) {
        memset(&secret, 0, sizeof secret);
        secret.size = i == 1 ? 8 : sizeof secret;
        secret.salt = secret.stored_key = secret.server_key = twenty;
        secret.iterations = i == 2 ? 0 : 1;
        secret.salt.size = i == 3 ? 0 : i == 4 ? 65 : 64;
        secret.stored_key.size = i == 5 ? 32 : 20;
        secret.server_key.size = i == 6 ? 19 : 20;
        if (i == 7)
            secret.stored_key.data = NULL;
        if (i == 8)
            secret.password = (struct ehlo_span){octets, 0};
        if (i == 9)
            secret.password = span("a\nb");
        if (i > 0)
            assert_int_equal(ehlo_sasl_server_secret(sides.server, &secret, &sides.step), EHLO_E_ARGUMENT);
    }
    secret.password = span(NULL);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &secret, &sides.step), EHLO_SASL_CHALLENGE);
}

/* --- users that are not there */

/* What a server says to "n,,n=NAME,r=abc", without its nonce. */
static void first_of(struct sides *sides, const char *name, const struct ehlo_sasl_secret *secret, char *text)
{
    char message[64], whole[256];
    size_t size;

    snprintf(message, sizeof message, "n,,n=%s,r=abc", name);
    assert_int_equal(begin_server(sides, SCRAM), 0);
    assert_int_equal(server_says(sides, message), EHLO_SASL_LOOKUP);
    assert_int_equal(ehlo_sasl_server_secret(sides->server, secret, &sides->step), EHLO_SASL_CHALLENGE);
    assert_int_equal(
        ehlo_base64_decode(whole, sizeof whole - 1, &size, sides->step.challenge.data, sides->step.challenge.size), 0);
    whole[size] = '\0';
    assert_memory_equal(whole, "r=abc", 5);
    assert_int_equal(strcspn(whole, ","), 5 + 24);
    strcpy(text, strchr(whole, ','));
}

/* The salt is the same for the same name each time, differs by name and by seed, and looks like that of a password. */
static void test_made_up_salts(void **state)
{
    static struct sides sides;
    char first[256], again[256], other[256], seeded[256], known[256];

    (void)state;
    sides_init(&sides, 0);
    first_of(&sides, "nobody", NULL, first);
    first_of(&sides, "nobody", NULL, again);
    first_of(&sides, "somebody", NULL, other);
    first_of(&sides, "nobody", &sides.secret, known);
    sides.config.seed = span("another seed, which is as long");
    first_of(&sides, "nobody", NULL, seeded);
    assert_string_equal(first, again);
    assert_string_equal(first, known);
    assert_string_not_equal(first, other);
    assert_string_not_equal(first, seeded);
    assert_int_equal(strlen(first), strlen(",s=") + 24 + strlen(",i=7"));
    assert_string_equal(strchr(first + 1, ','), ",i=7");
}

/* Nor is one told by what it costs: as many digests are made, whoever it is. */
static void test_same_cost(void **state)
{
    static struct sides sides;
    uint32_t calls[4];
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        sides_init(&sides, 0);
        sides.credentials.password = span("wrong");
        sides.absent = i == 1 || i == 3;
        sides.config.flags = i == 1 ? EHLO_SASL_STORES_PASSWORDS : 0;
        assert_int_equal(converse(&sides, i == 2 || i == 3 ? EHLO_SASL_CRAM_MD5 : SCRAM), 0);
        calls[i] = sides.random[1].calls;
    }
    assert_int_equal(calls[0], calls[1]);
    assert_int_equal(calls[2], calls[3]);
    /* nobody gets in as somebody who is not there, whatever the keys were filled with */
    for (i = 0; i < 2; i++) {
        sides_init(&sides, 0);
        sides.absent = 1;
        sides.config.flags = i == 0 ? EHLO_SASL_STORES_PASSWORDS : 0;
        sides.credentials.password = sides.config.seed;
        assert_int_equal(converse(&sides, SCRAM), 0);
    }
}

/* --- the program's digest and random */

static void test_failing_crypto(void **state)
{
    static const uint32_t mechanisms[] = {EHLO_SASL_SCRAM_SHA_256_PLUS, SCRAM, EHLO_SASL_CRAM_MD5};
    static struct sides sides;
    uint32_t calls[2], fails_at;
    size_t i;
    int side;

    (void)state;
    for (i = 0; i < 3; i++) {
        sides_init(&sides, 0);
        assert_int_equal(converse(&sides, mechanisms[i]), 1);
        calls[0] = sides.random[0].calls;
        calls[1] = sides.random[1].calls;
        for (side = 0; side < 2; side++)
            for (fails_at = 1; fails_at <= calls[side]; fails_at++) {
                sides_init(&sides, 0);
                sides.random[side].fails_at = fails_at;
                assert_int_equal(converse(&sides, mechanisms[i]), 0);
                assert_true(sides.random[side].calls >= fails_at);
            }
    }
    sides_init(&sides, 0);
    sides.random[0].fails_at = sides.random[1].fails_at = 1;
    assert_int_equal(begin_client(&sides, SCRAM), 0);
    assert_int_equal(client_says(&sides, NULL), EHLO_E_CRYPTO);
    assert_int_equal(begin_server(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(server_says(&sides, NULL), EHLO_E_CRYPTO);
}

/* Both nonces are random, and each is looked at by the other side. */
static void test_nonces(void **state)
{
    static struct sides sides;
    char first[256], again[256];
    size_t size, i;

    (void)state;
    for (i = 0; i < 2; i++) {
        sides_init(&sides, 0);
        sides.random[0].random += i;
        assert_int_equal(begin_client(&sides, SCRAM), 0);
        assert_int_equal(client_says(&sides, NULL), 0);
        assert_int_equal(ehlo_base64_decode(i ? again : first, sizeof first, &size, sides.said.data, sides.said.size),
                         0);
    }
    assert_int_equal(size, strlen("n,,n=" USER ",r=") + 24);
    assert_memory_not_equal(first, again, size);
}

/* A block of the least size is enough for names of any length, though not for all that a peer may say. */
static void test_least_block(void **state)
{
    static struct sides sides;
    char name[EHLO_SASL_NAME_MAX];
    static char message[4000];
    struct wire wire;
    int result;

    (void)state;
    memset(name, '=', sizeof name);
    sides_init(&sides, 0);
    sides.credentials.authcid.data = name;
    sides.credentials.authcid.size = sizeof name;
    assert_int_equal(
        ehlo_sasl_client_init(&sides.client, sides.memory[0][0], EHLO_SASL_SIZE_LEAST, PLUS, &sides.credentials), 0);
    assert_int_equal(
        ehlo_sasl_server_init(&sides.server, sides.memory[1][0], EHLO_SASL_SIZE_LEAST, PLUS, &sides.config), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_int_equal(ehlo_sasl_server_step(sides.server, sides.said.data, sides.said.size, &sides.step),
                     EHLO_SASL_LOOKUP);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_SASL_CHALLENGE);
    assert_int_equal(
        ehlo_sasl_client_step(sides.client, sides.step.challenge.data, sides.step.challenge.size, &sides.said), 0);
    result = ehlo_sasl_server_step(sides.server, sides.said.data, sides.said.size, &sides.step);
    assert_int_equal(result, EHLO_SASL_CHALLENGE);

    /* an extension that leaves no room for what the server would say */
    memset(message, 'x', sizeof message);
    memcpy(message, "n,,n=user,r=abc,x=", strlen("n,,n=user,r=abc,x="));
    assert_int_equal(
        ehlo_sasl_server_init(&sides.server, sides.memory[1][0], EHLO_SASL_SIZE_LEAST, SCRAM, &sides.config), 0);
    wire = wire_of(message, 3200);
    result = ehlo_sasl_server_step(sides.server, wire.data, wire.size, &sides.step);
    if (result == EHLO_SASL_LOOKUP)
        result = ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step);
    put_away(wire);
    assert_int_equal(result, EHLO_SASL_CHALLENGE);
    assert_int_equal(server_says(&sides, "c=biws,r=abc,p=AAAA"), EHLO_SASL_REFUSED);
}

/* Whatever the room, an exchange ends in EHLO_E_SPACE or in success; nothing is cut. */
static void test_every_room(void **state)
{
    static struct sides sides;
    static char message[4000];
    struct wire wire;
    size_t size;
    int result, seen[2] = {0, 0};

    (void)state;
    memset(message, 'x', sizeof message);
    memcpy(message, "n,a=" USER ",n=user,r=abc,x=", strlen("n,a=" USER ",n=user,r=abc,x="));
    for (size = 3000; size < sizeof message; size += 7) {
        sides_init(&sides, 0);
        assert_int_equal(
            ehlo_sasl_server_init(&sides.server, sides.memory[1][0], EHLO_SASL_SIZE_LEAST, SCRAM, &sides.config), 0);
        wire = wire_of(message, size);
        result = ehlo_sasl_server_step(sides.server, wire.data, wire.size, &sides.step);
        if (result == EHLO_SASL_LOOKUP)
            result = ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step);
        put_away(wire);
        assert_true(result == EHLO_SASL_CHALLENGE || result == EHLO_E_SPACE);
        if (result > 0) {
            result = server_says(&sides, "c=biws,r=abc,p=AAAA");
            assert_true(result == EHLO_SASL_REFUSED || result == EHLO_E_SPACE);
        }
        seen[result > 0] = 1;
    }
    assert_true(seen[0] && seen[1]);
}

/* The same on the client, by what the server says beside what must be said. */
static void test_every_room_of_a_client(void **state)
{
    static struct sides sides;
    static char message[4000];
    struct wire wire;
    size_t size, begins;
    int error, seen[2] = {0, 0};

    (void)state;
    memset(message, 'x', sizeof message);
    begins = strlen(FIRST ",i=7,x=");
    memcpy(message, FIRST ",i=7,x=", begins);
    for (size = begins + 1; size < sizeof message; size += size < 2900 ? 97 : 3) {
        sides_init(&sides, 1);
        sides.random[0].random = EXAMPLE_RANDOM;
        sides.random[0].size = 18;
        assert_int_equal(
            ehlo_sasl_client_init(&sides.client, sides.memory[0][0], EHLO_SASL_SIZE_LEAST, PLUS, &sides.credentials),
            0);
        assert_int_equal(client_says(&sides, NULL), 0);
        wire = wire_of(message, size);
        error = ehlo_sasl_client_step(sides.client, wire.data, wire.size, &sides.said);
        put_away(wire);
        assert_true(error == 0 || error == EHLO_E_SPACE || error == EHLO_E_EXCHANGE);
        seen[error == 0] = 1;
        assert_true(error == 0 || size > 2000);
    }
    assert_true(seen[0] && seen[1]);
}

/* What is not said of iterations is 4096 of them. */
static void test_default_iterations(void **state)
{
    static struct sides sides;
    char first[256];

    (void)state;
    sides_init(&sides, 0);
    sides.config.iterations = 0;
    first_of(&sides, "nobody", NULL, first);
    assert_string_equal(strchr(first + 1, ','), ",i=4096");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_unproven),
        cmocka_unit_test(test_client_refuses),
        cmocka_unit_test(test_server_firsts),
        cmocka_unit_test(test_server_finals),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_bindings),
        cmocka_unit_test(test_stored_keys),
        cmocka_unit_test(test_wrong_secrets),
        cmocka_unit_test(test_made_up_salts),
        cmocka_unit_test(test_same_cost),
        cmocka_unit_test(test_failing_crypto),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_least_block),
        cmocka_unit_test(test_every_room),
        cmocka_unit_test(test_every_room_of_a_client),
        cmocka_unit_test(test_default_iterations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
