/* SPDX-License-Identifier: ISC
 *
 * SASL: the table of mechanisms, the choice, each mechanism client against server and by the RFCs' examples.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ehlo/reply.h>

#include "sasl.h"

#define MECHANISMS 11

/* --- the table */

static const struct {
    const char *name;
    uint32_t mechanism;
    uint32_t facts;
} mechanisms[MECHANISMS] = {
    {"SCRAM-SHA-256-PLUS", EHLO_SASL_SCRAM_SHA_256_PLUS, 2 + 4 + 8 + 32 + 64 + 128},
    {"SCRAM-SHA-1-PLUS", EHLO_SASL_SCRAM_SHA_1_PLUS, 2 + 4 + 8 + 32 + 64 + 128},
    {"SCRAM-SHA-256", EHLO_SASL_SCRAM_SHA_256, 2 + 8 + 32 + 64 + 128},
    {"SCRAM-SHA-1", EHLO_SASL_SCRAM_SHA_1, 2 + 8 + 32 + 64 + 128},
    {"CRAM-MD5", EHLO_SASL_CRAM_MD5, 2 + 8},
    {"OAUTHBEARER", EHLO_SASL_OAUTHBEARER, 1 + 16 + 32 + 64},
    {"XOAUTH2", EHLO_SASL_XOAUTH2, 1 + 16 + 32 + 64},
    {"PLAIN", EHLO_SASL_PLAIN, 1 + 8 + 32 + 64},
    {"LOGIN", EHLO_SASL_LOGIN, 1 + 8},
    {"EXTERNAL", EHLO_SASL_EXTERNAL, 32 + 64},
    {"ANONYMOUS", EHLO_SASL_ANONYMOUS, 64},
};

static void test_table(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < MECHANISMS; i++) {
        assert_int_equal(mechanisms[i].mechanism, i + 1);
        assert_int_equal(ehlo_sasl_find(mechanisms[i].name, strlen(mechanisms[i].name)), i + 1);
        assert_string_equal(ehlo_sasl_name(mechanisms[i].mechanism), mechanisms[i].name);
        assert_int_equal(ehlo_sasl_facts(mechanisms[i].mechanism), mechanisms[i].facts);
        assert_int_equal(ehlo_sasl_find(mechanisms[i].name, strlen(mechanisms[i].name) - 1), EHLO_E_MECHANISM);
    }
    assert_int_equal(ehlo_sasl_find("scram-SHA-1", 11), EHLO_SASL_SCRAM_SHA_1);
    assert_int_equal(ehlo_sasl_find("PLAINS", 6), EHLO_E_MECHANISM);
    assert_int_equal(ehlo_sasl_find("", 0), EHLO_E_MECHANISM);
    assert_int_equal(ehlo_sasl_find(NULL, 0), EHLO_E_ARGUMENT);
    assert_null(ehlo_sasl_name(0));
    assert_null(ehlo_sasl_name(MECHANISMS + 1));
    assert_int_equal(ehlo_sasl_facts(0), 0);
    assert_int_equal(ehlo_sasl_facts(UINT32_MAX), 0);
}

#define ALL                                                                                                   \
    "ANONYMOUS EXTERNAL LOGIN PLAIN XOAUTH2 OAUTHBEARER CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS " \
    "SCRAM-SHA-256-PLUS"

/* What a client has: a letter each. */
static void have(struct sides *sides, const char *what)
{
    sides_init(sides, strchr(what, 'z') != NULL);
    if (strchr(what, 'p') == NULL)
        sides->credentials.password = span(NULL);
    if (strchr(what, 't') == NULL)
        sides->credentials.token = span(NULL);
    if (strchr(what, 'c') == NULL)
        sides->credentials.crypto = NULL;
    if (strchr(what, 'b') == NULL)
        sides->credentials.binding.data = span(NULL);
}

static const struct {
    const char *offered;
    const char *have;
    uint32_t flags;
    int chosen;
} choices[] = {
    {ALL, "ptcb", EHLO_SASL_SECURED, EHLO_SASL_SCRAM_SHA_256_PLUS},
    {ALL, "ptcb", 0, EHLO_SASL_SCRAM_SHA_256},
    {ALL, "ptc", EHLO_SASL_SECURED, EHLO_SASL_SCRAM_SHA_256},
    {"SCRAM-SHA-256 SCRAM-SHA-1-PLUS", "pcb", EHLO_SASL_SECURED, EHLO_SASL_SCRAM_SHA_1_PLUS},
    {"PLAIN CRAM-MD5 SCRAM-SHA-1", "pc", EHLO_SASL_SECURED, EHLO_SASL_SCRAM_SHA_1},
    {"LOGIN PLAIN CRAM-MD5", "pc", EHLO_SASL_SECURED, EHLO_SASL_CRAM_MD5},
    {"LOGIN PLAIN CRAM-MD5", "pcz", EHLO_SASL_SECURED, EHLO_SASL_PLAIN},
    {ALL, "pt", EHLO_SASL_SECURED, EHLO_SASL_OAUTHBEARER},
    {"PLAIN XOAUTH2", "t", EHLO_SASL_SECURED, EHLO_SASL_XOAUTH2},
    {"LOGIN PLAIN", "p", EHLO_SASL_SECURED, EHLO_SASL_PLAIN},
    {"login", "p", EHLO_SASL_SECURED, EHLO_SASL_LOGIN},
    {"LOGIN", "pz", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
    {" \tX-NEW  PLAIN ", "p", EHLO_SASL_SECURED, EHLO_SASL_PLAIN},
    {"PLAINER XPLAIN", "p", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
    {ALL, "p", 0, EHLO_E_MECHANISM},
    {ALL, "pt", EHLO_SASL_SECRET_IN_CLEAR, EHLO_SASL_OAUTHBEARER},
    {ALL, "", EHLO_SASL_SECURED, EHLO_SASL_EXTERNAL},
    {ALL, "", 0, EHLO_E_MECHANISM},
    {"EXTERNAL ANONYMOUS", "pc", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
    {"ANONYMOUS", "", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
    {"", "ptcb", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
    {NULL, "ptcb", EHLO_SASL_SECURED, EHLO_E_MECHANISM},
};

static void test_choices(void **state)
{
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof choices / sizeof *choices; i++) {
        have(&sides, choices[i].have);
        sides.credentials.offered = span(choices[i].offered);
        assert_int_equal(ehlo_sasl_choose(&sides.credentials, choices[i].flags), choices[i].chosen);
    }
    assert_int_equal(ehlo_sasl_choose(NULL, 0), EHLO_E_ARGUMENT);
    sides.credentials.size = 4;
    assert_int_equal(ehlo_sasl_choose(&sides.credentials, 0), EHLO_E_ARGUMENT);
}

/* --- each mechanism, from begin to end */

static int has_fact(uint32_t mechanism, uint32_t fact)
{
    return (ehlo_sasl_facts(mechanism) & fact) != 0;
}

/* With and without an initial response, as oneself and as somebody else. */
static void test_exchanges(void **state)
{
    static struct sides sides;
    uint32_t mechanism;
    int authzid;

    (void)state;
    for (mechanism = 1; mechanism <= MECHANISMS; mechanism++)
        for (authzid = 0; authzid < 4; authzid++) {
            sides_init(&sides, authzid & 1);
            sides.initial = authzid / 2;
            if ((authzid & 1) != 0 && !has_fact(mechanism, EHLO_SASL_HAS_AUTHZID)) {
                assert_int_equal(converse(&sides, mechanism), EHLO_E_CREDENTIALS);
                continue;
            }
            assert_int_equal(converse(&sides, mechanism), 1);
            if (mechanism >= EHLO_SASL_OAUTHBEARER && mechanism != EHLO_SASL_PLAIN && mechanism != EHLO_SASL_LOGIN)
                continue;
            assert_span(sides.step.authcid, USER);
            assert_span(sides.step.authzid, authzid & 1 ? ADMIN : NULL);
        }
}

/* What is there, and empty, differs from what is not: "=" on the wire. */
static void test_initial_responses(void **state)
{
    static struct sides sides;
    uint32_t mechanism;

    (void)state;
    for (mechanism = 1; mechanism <= MECHANISMS; mechanism++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_client(&sides, mechanism), 0);
        assert_int_equal(client_says(&sides, NULL), 0);
        assert_int_equal(sides.said.data != NULL, has_fact(mechanism, EHLO_SASL_CLIENT_FIRST));
        assert_int_equal(client_says(&sides, NULL), EHLO_E_ARGUMENT);
        assert_int_equal(begin_server(&sides, mechanism), 0);
        assert_int_equal(server_says(&sides, NULL), EHLO_SASL_CHALLENGE);
        assert_non_null(sides.step.challenge.data);
        assert_int_equal(sides.step.challenge.size == 0, has_fact(mechanism, EHLO_SASL_CLIENT_FIRST));
        assert_int_equal(server_says(&sides, NULL), EHLO_E_ARGUMENT);
    }
    sides_init(&sides, 0);
    assert_int_equal(begin_client(&sides, EHLO_SASL_EXTERNAL), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_int_equal(sides.said.size, 0);
    assert_int_equal(begin_server(&sides, EHLO_SASL_EXTERNAL), 0);
    assert_int_equal(server_says(&sides, ""), EHLO_SASL_VERIFY);
    assert_null(sides.step.authzid.data);
}

/* One exchange with one octet changed, or a message cut short. Returns 0 when there is no such octet. */
static int spoiled(uint32_t mechanism, int message, size_t at, unsigned change)
{
    static struct sides sides;
    int believed;

    sides_init(&sides, has_fact(mechanism, EHLO_SASL_HAS_AUTHZID));
    sides.mutated = message;
    sides.at = at;
    sides.change = change;
    believed = converse(&sides, mechanism);
    assert_int_equal(believed, !sides.changed);
    return sides.changed;
}

/* Nothing that is not what the other side said is believed: each octet changed, and each message cut short. */
static void test_mutations(void **state)
{
    static struct sides sides;
    uint32_t mechanism;
    size_t at, octets;
    int message;

    (void)state;
    for (mechanism = 1; mechanism <= MECHANISMS; mechanism++) {
        sides_init(&sides, has_fact(mechanism, EHLO_SASL_HAS_AUTHZID));
        assert_int_equal(converse(&sides, mechanism), 1);
        octets = 0;
        for (message = 0; message < sides.messages; message++) {
            /* the prompts of LOGIN are anybody's */
            if (mechanism == EHLO_SASL_LOGIN && message % 2 == 0)
                continue;
            for (at = 0; spoiled(mechanism, message, at, 0); at++, octets++) {
                spoiled(mechanism, message, at, 1);
                spoiled(mechanism, message, at, 0x80);
            }
        }
        assert_true(octets >= strlen(USER));
    }
}

/* --- the RFCs' examples, and what is not well-formed */

static const struct {
    uint32_t mechanism;
    const char *response; /* base64 */
    int result;
    const char *authzid, *authcid, *password, *token, *host;
    uint32_t port;
} responses[] = {
    /* RFC 4616, section 4 */
    {EHLO_SASL_PLAIN, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm", EHLO_SASL_VERIFY, NULL, "tim", "tanstaaftanstaaf", NULL, NULL, 0},
    {EHLO_SASL_PLAIN, "VXJzZWwAS3VydAB4aXBqM3BsbXE=", EHLO_SASL_VERIFY, "Ursel", "Kurt", "xipj3plmq", NULL, NULL, 0},
    /* RFC 4954, section 4.1 */
    {EHLO_SASL_PLAIN, "dGVzdAB0ZXN0ADEyMzQ=", EHLO_SASL_VERIFY, "test", "test", "1234", NULL, NULL, 0},
    {EHLO_SASL_PLAIN, "AMO8AMO8", EHLO_SASL_VERIFY, NULL, "\xC3\xBC", "\xC3\xBC", NULL, NULL, 0}, /* UTF-8 */
    /* RFC 4505, section 3 */
    {EHLO_SASL_ANONYMOUS, "c2lyaGM=", EHLO_SASL_VERIFY, NULL, "sirhc", NULL, NULL, NULL, 0},
    {EHLO_SASL_ANONYMOUS, "", EHLO_SASL_VERIFY, NULL, NULL, NULL, NULL, NULL, 0},
    {EHLO_SASL_EXTERNAL, "ZnJlZEBleGFtcGxlLmNvbQ==", EHLO_SASL_VERIFY, "fred@example.com", NULL, NULL, NULL, NULL, 0},
    /* RFC 7628, section 4.1 */
    {EHLO_SASL_OAUTHBEARER,
     "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52"
     "YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
     EHLO_SASL_VERIFY, "user@example.com", NULL, NULL,
     "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143},
};

static void test_examples(void **state)
{
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof responses / sizeof *responses; i++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_server(&sides, responses[i].mechanism), 0);
        assert_int_equal(
            ehlo_sasl_server_step(sides.server, responses[i].response, strlen(responses[i].response), &sides.step),
            responses[i].result);
        assert_span(sides.step.authzid, responses[i].authzid);
        assert_span(sides.step.authcid, responses[i].authcid);
        assert_span(sides.step.password, responses[i].password);
        assert_span(sides.step.token, responses[i].token);
        assert_span(sides.step.host, responses[i].host);
        assert_int_equal(sides.step.port, responses[i].port);
    }
}

/* The clients of the same examples. */
static void test_client_examples(void **state)
{
    static struct sides sides;

    (void)state;
    sides_init(&sides, 0);
    sides.credentials.authzid = span("Ursel");
    sides.credentials.password = span("xipj3plmq");
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_span(sides.said, "VXJzZWwAS3VydAB4aXBqM3BsbXE=");

    sides_init(&sides, 0);
    sides.credentials.authcid = span("user@example.com");
    sides.credentials.port = 143;
    assert_int_equal(begin_client(&sides, EHLO_SASL_OAUTHBEARER), 0);
    assert_int_equal(client_says(&sides, ""), 0);
    assert_span(sides.said, responses[7].response);
    assert_int_equal(client_says(&sides, "{\"status\":\"invalid_token\"}"), 0);
    assert_span(sides.said, "AQ==");
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_EXCHANGE);

    assert_int_equal(begin_client(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_encoded(sides.said, "user=user@example.com\1auth=Bearer " TOKEN "\1\1");
    assert_int_equal(client_says(&sides, "{\"status\":\"400\"}"), 0);
    assert_span(sides.said, "");
    assert_int_equal(client_says(&sides, "{\"status\":\"400\"}"), EHLO_E_EXCHANGE);

    /* RFC 2195, section 2 */
    sides.credentials.authcid = span("tim");
    sides.credentials.password = span("tanstaaftanstaaf");
    assert_int_equal(begin_client(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_null(sides.said.data);
    assert_int_equal(client_says(&sides, "<1896.697170952@postoffice.reston.mci.net>"), 0);
    assert_span(sides.said, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw");
    assert_int_equal(client_says(&sides, ""), EHLO_E_EXCHANGE);

    assert_int_equal(begin_client(&sides, EHLO_SASL_LOGIN), 0);
    assert_int_equal(client_says(&sides, "User Name"), 0);
    assert_encoded(sides.said, "tim");
    assert_int_equal(client_says(&sides, ""), 0);
    assert_encoded(sides.said, "tanstaaftanstaaf");
    assert_int_equal(ehlo_sasl_client_finish(sides.client), 0);
}

#define OK "auth=Bearer t\1\1"

/* A NUL is written as "|". */
static const struct {
    uint32_t mechanism;
    const char *response;
    int result;
} malformed[] = {
    {EHLO_SASL_PLAIN, "", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "a", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u|", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "||p", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u|p|", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u|p\n", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u\x7f|p", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "\t|u|p", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u\xFC|p", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u|p\xC3", EHLO_E_EXCHANGE},
    {EHLO_SASL_PLAIN, "|u|p ", EHLO_SASL_VERIFY},
    {EHLO_SASL_LOGIN, "", EHLO_E_EXCHANGE},
    {EHLO_SASL_LOGIN, "u\r\n", EHLO_E_EXCHANGE},
    {EHLO_SASL_LOGIN, "u|", EHLO_E_EXCHANGE},
    {EHLO_SASL_LOGIN, "u", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_EXTERNAL, "u|", EHLO_E_EXCHANGE},
    {EHLO_SASL_ANONYMOUS, "\xC0\x80", EHLO_E_EXCHANGE},
    {EHLO_SASL_CRAM_MD5, "", EHLO_E_UNWANTED},
    {EHLO_SASL_CRAM_MD5, "tim b913a602c7eda7a495b4e6e7334d3890", EHLO_E_UNWANTED},
    {EHLO_SASL_XOAUTH2, "", EHLO_E_EXCHANGE},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Bearer t\1\1", EHLO_SASL_VERIFY},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=bearer  t\1\1", EHLO_SASL_VERIFY},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Bearer t\1", EHLO_E_EXCHANGE},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Bearer t\1\1\1", EHLO_E_EXCHANGE},
    {EHLO_SASL_XOAUTH2, "user=\1auth=Bearer t\1\1", EHLO_E_EXCHANGE},
    {EHLO_SASL_XOAUTH2, "auth=Bearer t\1user=u\1\1", EHLO_E_EXCHANGE},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Bearer \1\1", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Basic t\1\1", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_XOAUTH2, "user=u\1auth=Bearer t u\1\1", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_OAUTHBEARER, "", EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n", EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1" OK, EHLO_SASL_VERIFY},
    {EHLO_SASL_OAUTHBEARER, "y,,\1" OK, EHLO_SASL_VERIFY},
    {EHLO_SASL_OAUTHBEARER, "p=tls-exporter,,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "x,,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,", EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,," OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,a=,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,a=b=2Cc=3D,\1" OK, EHLO_SASL_VERIFY},
    {EHLO_SASL_OAUTHBEARER, "n,a=b=2c,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,a=b=3E,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,a=b=,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,a=b|,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,b=c,\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1new=\r\n\1" OK, EHLO_SASL_VERIFY},
    {EHLO_SASL_OAUTHBEARER, "n,,\1=x\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1host\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1host=\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1host=a b\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1host=a\1host=a\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1port=65535\1" OK, EHLO_SASL_VERIFY},
    {EHLO_SASL_OAUTHBEARER, "n,,\1port=65536\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1port=99999999999999999999\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1port=\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1port=-1\1" OK, EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1auth=\1\1", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1\1", EHLO_SASL_CHALLENGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1auth=Bearer t\1", EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1auth=Bearer t", EHLO_E_EXCHANGE},
    {EHLO_SASL_OAUTHBEARER, "n,,\1auth=Bearer t\1\1x", EHLO_E_EXCHANGE},
};

static int say_with_nul(struct sides *sides, const char *text)
{
    char octets[256];
    struct wire wire;
    size_t i, size = strlen(text);
    int result;

    for (i = 0; i < size; i++)
        octets[i] = text[i] == '|' ? '\0' : text[i];
    wire = wire_of(octets, size);
    result = ehlo_sasl_server_step(sides->server, wire.data, wire.size, &sides->step);
    put_away(wire);
    return result;
}

static void test_malformed(void **state)
{
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_server(&sides, malformed[i].mechanism), 0);
        assert_int_equal(say_with_nul(&sides, malformed[i].response), malformed[i].result);
        if (malformed[i].result > 0)
            continue;
        /* sticky, and nothing is told */
        assert_null(sides.step.authcid.data);
        assert_null(sides.step.password.data);
        assert_int_equal(say_with_nul(&sides, "|u|p"), malformed[i].result);
        assert_int_equal(ehlo_sasl_server_verdict(sides.server, 1, &sides.step), malformed[i].result);
    }
}

/* --- refusals */

static void test_refusals(void **state)
{
    static struct sides sides;
    uint32_t mechanism;

    (void)state;
    for (mechanism = 1; mechanism <= MECHANISMS; mechanism++) {
        sides_init(&sides, 0);
        sides.credentials.password = span("wrong");
        sides.credentials.token = span("wrong");
        sides.credentials.authcid = span("nobody");
        if (mechanism == EHLO_SASL_EXTERNAL)
            sides.credentials.authzid = span("nobody");
        assert_int_equal(converse(&sides, mechanism), mechanism == EHLO_SASL_EXTERNAL);
        if (mechanism == EHLO_SASL_EXTERNAL)
            continue;
        assert_int_equal(ehlo_sasl_server_step(sides.server, "", 0, &sides.step), EHLO_E_STATE);
        assert_null(sides.step.authcid.data);
    }
}

/* A token that is not taken: why is told first, and then it is refused whatever the client says. */
static void test_oauth_failure(void **state)
{
    static const uint32_t both[] = {EHLO_SASL_XOAUTH2, EHLO_SASL_OAUTHBEARER};
    static struct sides sides;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        sides_init(&sides, 0);
        assert_int_equal(begin_server(&sides, both[i]), 0);
        assert_int_equal(say_with_nul(&sides, i == 0 ? "user=u\1" OK : "n,,\1" OK), EHLO_SASL_VERIFY);
        assert_int_equal(ehlo_sasl_server_verdict(sides.server, 0, &sides.step), EHLO_SASL_CHALLENGE);
        assert_encoded(sides.step.challenge, "{\"status\":\"invalid_token\"}");
        assert_int_equal(say_with_nul(&sides, i == 0 ? "user=u\1" OK : "n,,\1" OK), EHLO_SASL_REFUSED);

        sides.config.failure = span("{\"status\":\"401\"}");
        assert_int_equal(begin_server(&sides, both[i]), 0);
        assert_int_equal(say_with_nul(&sides, i == 0 ? "user=u\1auth=\1\1" : "n,,\1auth=\1\1"), EHLO_SASL_CHALLENGE);
        assert_encoded(sides.step.challenge, "{\"status\":\"401\"}");
        assert_int_equal(say_with_nul(&sides, ""), EHLO_SASL_REFUSED);
    }
}

/* The challenge of CRAM-MD5 is fresh, and of the form of a message identifier; the name may hold spaces. */
static void test_cram(void **state)
{
    static struct sides sides;

    (void)state;
    sides_init(&sides, 0);
    sides.random[1].random = "\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10";
    sides.random[1].size = 16;
    assert_int_equal(begin_server(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(server_says(&sides, NULL), EHLO_SASL_CHALLENGE);
    assert_encoded(sides.step.challenge, "<0123456789abcdeffedcba9876543210@mx.example.org>");
    assert_int_equal(server_says(&sides, "a b c 0123456789abcdef0123456789ABCDEF"), EHLO_SASL_LOOKUP);
    assert_span(sides.step.authcid, "a b c");
    sides.secret.password = span("");
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_E_ARGUMENT);
    sides.secret.size = 4;
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, NULL, &sides.step), EHLO_SASL_REFUSED);

    assert_int_equal(begin_server(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(server_says(&sides, NULL), EHLO_SASL_CHALLENGE);
    assert_encoded(sides.step.challenge, "<00000000000000000000000000000000@mx.example.org>");
    assert_int_equal(server_says(&sides, "0123456789abcdef0123456789abcdef"), EHLO_E_EXCHANGE);
    assert_int_equal(begin_server(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(server_says(&sides, NULL), EHLO_SASL_CHALLENGE);
    assert_int_equal(server_says(&sides, " 0123456789abcdef0123456789abcdef"), EHLO_E_EXCHANGE);

    /* nobody's password is not the one that is tried instead */
    sides_init(&sides, 0);
    sides.absent = 1;
    sides.credentials.password = span("<77686174207468652073657276657220@mx.example.org>");
    assert_int_equal(converse(&sides, EHLO_SASL_CRAM_MD5), 0);
}

/* --- order, bounds, arguments */

/* What is due must be decided, by that which decides it, once, and now or later. */
static void test_order(void **state)
{
    static struct sides sides;

    (void)state;
    sides_init(&sides, 0);
    assert_int_equal(begin_server(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(ehlo_sasl_server_verdict(sides.server, 1, &sides.step), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_E_STATE);
    assert_int_equal(say_with_nul(&sides, "|" USER "|" PASSWORD), EHLO_SASL_VERIFY);
    assert_int_equal(say_with_nul(&sides, "|" USER "|" PASSWORD), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_E_STATE);
    move(&sides, 1);
    assert_int_equal(ehlo_sasl_server_verdict(sides.server, 1, &sides.step), EHLO_SASL_ACCEPTED);
    assert_span(sides.step.authcid, USER);
    assert_int_equal(ehlo_sasl_server_verdict(sides.server, 1, &sides.step), EHLO_E_STATE);
    assert_int_equal(say_with_nul(&sides, "|" USER "|" PASSWORD), EHLO_E_STATE);

    assert_int_equal(begin_server(&sides, EHLO_SASL_SCRAM_SHA_1), 0);
    assert_int_equal(server_says(&sides, "n,,n=" USER ",r=abc"), EHLO_SASL_LOOKUP);
    assert_int_equal(ehlo_sasl_server_verdict(sides.server, 1, &sides.step), EHLO_E_STATE);
    move(&sides, 1);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_SASL_CHALLENGE);
    assert_int_equal(ehlo_sasl_server_secret(sides.server, &sides.secret, &sides.step), EHLO_E_STATE);

    /* each side's functions are its own */
    assert_int_equal(ehlo_sasl_client_step(sides.server, "", 0, &sides.said), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_client_finish(sides.server), EHLO_E_STATE);
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(ehlo_sasl_server_step(sides.client, "", 0, &sides.step), EHLO_E_STATE);

    /* 235 before the client has said what it has to */
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_EXCHANGE);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_EXCHANGE);
    assert_int_equal(begin_client(&sides, EHLO_SASL_LOGIN), 0);
    assert_int_equal(client_says(&sides, "Username:"), 0);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_EXCHANGE);

    /* a challenge where there may be none */
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(client_says(&sides, "well?"), EHLO_E_EXCHANGE);
    assert_int_equal(client_says(&sides, ""), EHLO_E_EXCHANGE);
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_int_equal(client_says(&sides, ""), EHLO_E_EXCHANGE);
    assert_int_equal(begin_client(&sides, EHLO_SASL_CRAM_MD5), 0);
    assert_int_equal(client_says(&sides, ""), EHLO_E_EXCHANGE);
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), 0);
    assert_int_equal(client_says(&sides, ""), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_STATE);
}

static void test_base64(void **state)
{
    static const char *const wrong[] = {"A", "AA", "AAA", "AAAA=", "AB==", "AAA-", "A A=", "*", "=", "AAAA\r\n"};
    static struct sides sides;
    size_t i;

    (void)state;
    sides_init(&sides, 0);
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(begin_server(&sides, EHLO_SASL_PLAIN), 0);
        assert_int_equal(ehlo_sasl_server_step(sides.server, wrong[i], strlen(wrong[i]), &sides.step), EHLO_E_BASE64);
        assert_int_equal(begin_client(&sides, EHLO_SASL_LOGIN), 0);
        assert_int_equal(ehlo_sasl_client_step(sides.client, wrong[i], strlen(wrong[i]), &sides.said), EHLO_E_BASE64);
        assert_null(sides.said.data);
    }
}

/* Whatever is said in a block of its own has the length that it should, at each length. */
static void test_lengths(void **state)
{
    static struct sides sides;
    char password[EHLO_SASL_PASSWORD_MAX + 1], expected[2048];
    char message[sizeof password + 2 + sizeof USER];
    size_t size, length;

    (void)state;
    memset(password, 'p', sizeof password);
    for (size = 1; size <= EHLO_SASL_PASSWORD_MAX; size += size < 40 ? 1 : 123) {
        sides_init(&sides, 0);
        sides.credentials.password.data = password;
        sides.credentials.password.size = size;
        memcpy(message, "\0" USER, sizeof USER + 1);
        memcpy(message + sizeof USER + 1, password, size);
        assert_int_equal(ehlo_base64_encode(expected, sizeof expected, &length, message, sizeof USER + 1 + size), 0);
        assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
        assert_int_equal(client_says(&sides, NULL), 0);
        assert_int_equal(sides.said.size, length);
        assert_memory_equal(sides.said.data, expected, length);
    }
    sides.credentials.password.size = EHLO_SASL_PASSWORD_MAX + 1;
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), EHLO_E_CREDENTIALS);
}

/* A name of 255 octets passes, and one of 256 does not. */
static void test_long_names(void **state)
{
    static struct sides sides;
    char name[EHLO_SASL_NAME_MAX + 1], message[sizeof name + 4];
    struct wire wire;
    size_t size;
    int good;

    (void)state;
    memset(name, 'u', sizeof name);
    memset(message, 'u', sizeof message);
    message[0] = '\0';
    for (size = EHLO_SASL_NAME_MAX; size <= EHLO_SASL_NAME_MAX + 1; size++) {
        good = size == EHLO_SASL_NAME_MAX;
        sides_init(&sides, 0);
        sides.credentials.authcid.data = name;
        sides.credentials.authcid.size = size;
        assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), good ? 0 : EHLO_E_CREDENTIALS);
        message[size] = 'u';
        message[size + 1] = '\0';
        assert_int_equal(begin_server(&sides, EHLO_SASL_PLAIN), 0);
        wire = wire_of(message, size + 3);
        assert_int_equal(ehlo_sasl_server_step(sides.server, wire.data, wire.size, &sides.step),
                         good ? EHLO_SASL_VERIFY : EHLO_E_EXCHANGE);
        assert_int_equal(sides.step.authcid.size, good ? size : 0);
        put_away(wire);
    }
}

/* The longest line is taken by a block of the published size, and what is longer by none. */
static void test_long_lines(void **state)
{
    static struct sides sides;
    static char token[EHLO_SASL_LINE_MAX], line[EHLO_SASL_LINE_MAX + 4];
    size_t most = (EHLO_SASL_LINE_MAX - 2) / 4 * 3 - strlen("user=" USER "\1auth=Bearer \1\1");

    (void)state;
    memset(token, 't', sizeof token);
    sides_init(&sides, 0);
    sides.credentials.token.data = token;
    sides.credentials.token.size = most;
    assert_int_equal(begin_client(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    assert_int_equal(sides.said.size, (EHLO_SASL_LINE_MAX - 2) / 4 * 4);
    assert_int_equal(begin_server(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(ehlo_sasl_server_step(sides.server, sides.said.data, sides.said.size, &sides.step),
                     EHLO_SASL_VERIFY);
    assert_int_equal(sides.step.token.size, most);
    sides.credentials.token.size = most + 1;
    assert_int_equal(begin_client(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(client_says(&sides, NULL), EHLO_E_LINE_LONG);

    memset(line, 'A', sizeof line);
    assert_int_equal(begin_server(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(ehlo_sasl_server_step(sides.server, line, sizeof line, &sides.step), EHLO_E_LINE_LONG);
    assert_int_equal(ehlo_sasl_server_init(&sides.server, sides.memory[1][0], EHLO_SASL_SIZE_LEAST, EHLO_SASL_XOAUTH2,
                                           &sides.config),
                     0);
    assert_int_equal(ehlo_sasl_server_step(sides.server, line, 8192, &sides.step), EHLO_E_SPACE);
    assert_int_equal(ehlo_sasl_client_init(&sides.client, sides.memory[0][0], EHLO_SASL_SIZE_LEAST, EHLO_SASL_XOAUTH2,
                                           &sides.credentials),
                     0);
    assert_int_equal(client_says(&sides, NULL), EHLO_E_SPACE);
    sides.credentials.token.size = 3000;
    assert_int_equal(ehlo_sasl_client_init(&sides.client, sides.memory[0][0], EHLO_SASL_SIZE_LEAST, EHLO_SASL_XOAUTH2,
                                           &sides.credentials),
                     0);
    assert_int_equal(client_says(&sides, NULL), EHLO_E_SPACE);
}

static void test_arguments(void **state)
{
    static struct sides sides;
    struct ehlo_sasl *none;
    char *block;

    (void)state;
    sides_init(&sides, 0);
    block = (char *)sides.memory[0][0];
    assert_int_equal(ehlo_sasl_client_init(NULL, block, BLOCK * 8, 1, &sides.credentials), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_init(&none, NULL, BLOCK * 8, 1, &sides.credentials), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_init(&none, block + 1, EHLO_SASL_SIZE, 1, &sides.credentials), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_init(&none, block, BLOCK * 8, 1, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_init(&none, block, BLOCK * 8, 0, &sides.credentials), EHLO_E_MECHANISM);
    assert_int_equal(ehlo_sasl_client_init(&none, block, BLOCK * 8, 12, &sides.credentials), EHLO_E_MECHANISM);
    assert_int_equal(ehlo_sasl_client_init(&none, block, EHLO_SASL_SIZE_LEAST - 1, 1, &sides.credentials),
                     EHLO_E_SPACE);
    assert_int_equal(ehlo_sasl_server_init(NULL, block, BLOCK * 8, 1, &sides.config), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_server_init(&none, block, BLOCK * 8, 1, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_server_init(&none, block, BLOCK * 8, 12, &sides.config), EHLO_E_MECHANISM);
    assert_int_equal(ehlo_sasl_server_init(&none, block, 100, 1, &sides.config), EHLO_E_SPACE);
    sides.credentials.size--;
    sides.config.size--;
    assert_int_equal(begin_client(&sides, 1), EHLO_E_ARGUMENT);
    assert_int_equal(begin_server(&sides, 1), EHLO_E_ARGUMENT);

    sides_init(&sides, 0);
    assert_int_equal(begin_client(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(ehlo_sasl_client_step(NULL, "", 0, &sides.said), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_step(sides.client, "", 0, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_step(sides.client, NULL, 1, &sides.said), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_client_finish(NULL), EHLO_E_ARGUMENT);
    assert_int_equal(begin_server(&sides, EHLO_SASL_PLAIN), 0);
    assert_int_equal(ehlo_sasl_server_step(NULL, "", 0, &sides.step), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_server_step(sides.server, "", 0, NULL), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_server_step(sides.server, NULL, 1, &sides.step), EHLO_E_ARGUMENT);
    sides.step.size--;
    assert_int_equal(ehlo_sasl_server_step(sides.server, "", 0, &sides.step), EHLO_E_ARGUMENT);
    ehlo_sasl_end(NULL);
}

/* What a mechanism needs, missing or wrong: a letter each. */
static void spoil(struct sides *sides, char what)
{
    static struct ehlo_crypto broken;

    sides_init(sides, 0);
    switch (what) {
    case 'n':
        sides->credentials.authcid = span(NULL);
        break;
    case 'N':
        sides->credentials.authcid = span("a\tb");
        break;
    case 'p':
        sides->credentials.password = span(NULL);
        break;
    case 'P':
        sides->credentials.password = span("\xFF");
        break;
    case 'Z':
        sides->credentials.authzid = span("a\nb");
        break;
    case 't':
        sides->credentials.token = span(NULL);
        break;
    case 'T':
        sides->credentials.token = span("a b");
        break;
    case 'h':
        sides->credentials.host = span("a\1b");
        break;
    case 'o':
        sides->credentials.port = 65536;
        break;
    case 'c':
        sides->credentials.crypto = sides->config.crypto = NULL;
        break;
    case 'C':
        broken = sides->crypto[0];
        broken.digest = NULL;
        sides->credentials.crypto = sides->config.crypto = &broken;
        break;
    case 'b':
        sides->credentials.binding.data = span(NULL);
        sides->config.binding_count = 0;
        break;
    case 'B':
        sides->credentials.binding.type = sides->bindings[0].type = span("tls,unique");
        break;
    case 'x':
        sides->config.bindings = NULL;
        break;
    case 's':
        sides->config.seed = span("fifteen octets.");
        break;
    case 'S':
        sides->config.host = span("a@b");
        break;
    case 'f':
        sides->config.failure = span("{\n}");
        break;
    default:
        fail();
    }
}

#define PLUS EHLO_SASL_SCRAM_SHA_1_PLUS
#define SCRAM EHLO_SASL_SCRAM_SHA_256

static const struct {
    uint32_t mechanism;
    const char *client; /* EHLO_E_CREDENTIALS */
    const char *server; /* EHLO_E_CONFIG */
    const char *neither;
} needs[] = {
    {PLUS, "nNpPZcCbB", "cCbBxsf", "tThoS"},
    {SCRAM, "nNpPZcC", "cCBxsf", "tThobS"},
    {EHLO_SASL_CRAM_MD5, "nNpPZcC", "cCSf", "tThobBxs"},
    {EHLO_SASL_OAUTHBEARER, "nNZtTho", "f", "pPcCbBxsS"},
    {EHLO_SASL_XOAUTH2, "nNZtTho", "f", "pPcCbBxsS"},
    {EHLO_SASL_PLAIN, "nNpPZ", "f", "tThocCbBxsS"},
    {EHLO_SASL_LOGIN, "nNpPZ", "f", "tThocCbBxsS"},
    {EHLO_SASL_EXTERNAL, "NZ", "f", "npPtThocCbBxsS"},
    {EHLO_SASL_ANONYMOUS, "NZ", "f", "npPtThocCbBxsS"},
};

static void test_needs(void **state)
{
    static struct sides sides;
    const char *letter;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof needs / sizeof *needs; i++) {
        for (letter = needs[i].client; *letter != '\0'; letter++) {
            spoil(&sides, *letter);
            assert_int_equal(begin_client(&sides, needs[i].mechanism), EHLO_E_CREDENTIALS);
        }
        for (letter = needs[i].server; *letter != '\0'; letter++) {
            spoil(&sides, *letter);
            assert_int_equal(begin_server(&sides, needs[i].mechanism), EHLO_E_CONFIG);
        }
        for (letter = needs[i].neither; *letter != '\0'; letter++) {
            spoil(&sides, *letter);
            assert_int_equal(begin_client(&sides, needs[i].mechanism), 0);
            assert_int_equal(begin_server(&sides, needs[i].mechanism), 0);
        }
    }
}

/* --- replies */

static const struct {
    int result;
    uint16_t code, status[3];
} replies[] = {
    {EHLO_SASL_CHALLENGE, 334, {0, 0, 0}}, {EHLO_SASL_ACCEPTED, 235, {2, 7, 0}}, {EHLO_SASL_REFUSED, 535, {5, 7, 8}},
    {EHLO_E_BASE64, 501, {5, 5, 2}},       {EHLO_E_EXCHANGE, 501, {5, 5, 2}},    {EHLO_E_UNWANTED, 501, {5, 7, 0}},
    {EHLO_E_LINE_LONG, 500, {5, 5, 6}},    {EHLO_E_SPACE, 500, {5, 5, 6}},       {EHLO_E_CRYPTO, 454, {4, 7, 0}},
    {EHLO_E_MECHANISM, 504, {5, 5, 4}},    {EHLO_E_CONFIG, 454, {4, 7, 0}},
};

static void test_replies(void **state)
{
    struct ehlo_sasl_step step = {sizeof step, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct ehlo_reply reply = {sizeof reply, 0, {9, 9, 9}, 9, {NULL, 0}};
    char line[128];
    size_t i, length;

    (void)state;
    step.challenge = span("AAAA");
    for (i = 0; i < sizeof replies / sizeof *replies; i++) {
        assert_int_equal(ehlo_sasl_reply(replies[i].result, &step, &reply), 0);
        assert_int_equal(reply.code, replies[i].code);
        assert_memory_equal(reply.status, replies[i].status, sizeof reply.status);
        assert_true(reply.text.size > 0);
        assert_int_equal(ehlo_reply_format(line, sizeof line, &length, &reply, 0), 0);
        if (replies[i].result == EHLO_SASL_CHALLENGE)
            assert_span(reply.text, "AAAA");
    }
    assert_int_equal(ehlo_sasl_reply(EHLO_SASL_VERIFY, &step, &reply), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_reply(EHLO_SASL_LOOKUP, &step, &reply), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_reply(EHLO_E_ARGUMENT, &step, &reply), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_reply(EHLO_E_STATE, &step, &reply), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_reply(0, &step, &reply), EHLO_E_STATE);
    assert_int_equal(ehlo_sasl_reply(EHLO_SASL_REFUSED, NULL, &reply), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_sasl_reply(EHLO_SASL_REFUSED, &step, NULL), EHLO_E_ARGUMENT);
    reply.size--;
    assert_int_equal(ehlo_sasl_reply(EHLO_SASL_REFUSED, &step, &reply), EHLO_E_ARGUMENT);
}

/* --- secrets */

/* The memory of a side holds neither secret, as it is or in base64 as PLAIN or LOGIN would have it. */
static void assert_clean(const struct sides *sides, int side)
{
    assert_false(holds(sides, side, PASSWORD));
    assert_false(holds(sides, side, TOKEN));
    assert_false(holds(sides, side, "eGlwajNwbG1xLXRhbnN0YWFm"));     /* LOGIN */
    assert_false(holds(sides, side, "AEt1cnQAeGlwajNwbG1xLXRhbnN0")); /* PLAIN */
}

/* Accepted, refused, given up in the middle or at its end: nothing is left of a secret. */
static void test_wiping(void **state)
{
    static struct sides sides;
    uint32_t mechanism;
    int how;

    (void)state;
    for (mechanism = 1; mechanism <= MECHANISMS; mechanism++)
        for (how = 0; how < 4; how++) {
            sides_init(&sides, 0);
            if (how == 1)
                sides.absent = 1;
            if (how == 1 && mechanism != EHLO_SASL_OAUTHBEARER && !has_fact(mechanism, EHLO_SASL_USES_CRYPTO))
                continue;
            if (how == 1 && mechanism == EHLO_SASL_OAUTHBEARER)
                sides.credentials.port = 1;
            if (how == 2) {
                sides.mutated = 2;
                sides.change = 0;
            }
            if (how < 3)
                converse(&sides, mechanism);
            if (how == 3) {
                assert_int_equal(begin_client(&sides, mechanism), 0);
                assert_int_equal(begin_server(&sides, mechanism), 0);
                assert_int_equal(client_says(&sides, NULL), 0);
                if (sides.said.data != NULL)
                    ehlo_sasl_server_step(sides.server, sides.said.data, sides.said.size, &sides.step);
            }
            if (how == 0)
                assert_int_equal(ehlo_sasl_client_finish(sides.client), EHLO_E_STATE);
            else
                ehlo_sasl_end(sides.client);
            if (how > 0)
                ehlo_sasl_end(sides.server);
            assert_clean(&sides, 0);
            assert_clean(&sides, 1);
            ehlo_sasl_end(sides.client);
            ehlo_sasl_end(sides.server);
            assert_int_equal(client_says(&sides, ""), EHLO_E_STATE);
            assert_int_equal(server_says(&sides, ""), EHLO_E_STATE);
            assert_false(holds(&sides, 1, USER));
        }
}

/* Each secret goes when the next message comes, not only at the end; what stands behind that message, too. */
static void test_wiping_between(void **state)
{
    static struct sides sides;
    char last[25] = "";

    (void)state;
    sides_init(&sides, 0);
    assert_int_equal(begin_client(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(client_says(&sides, NULL), 0);
    memcpy(last, sides.said.data + sides.said.size - 24, 24);
    assert_true(holds(&sides, 0, last));
    assert_int_equal(client_says(&sides, "{}"), 0);
    assert_false(holds(&sides, 0, last));
    assert_int_equal(begin_server(&sides, EHLO_SASL_XOAUTH2), 0);
    assert_int_equal(server_says(&sides, "user=u\1auth=Bearer " TOKEN TOKEN "\1\1"), EHLO_SASL_VERIFY);
    assert_true(holds(&sides, 1, TOKEN));
    assert_int_equal(ehlo_sasl_server_verdict(sides.server, 0, &sides.step), EHLO_SASL_CHALLENGE);
    assert_false(holds(&sides, 1, TOKEN));
}

static void test_same_and_wipe(void **state)
{
    char text[] = "secret";

    (void)state;
    assert_true(ehlo_same("abc", 3, "abc", 3));
    assert_true(ehlo_same(NULL, 0, "abc", 0));
    assert_false(ehlo_same("abc", 3, "abcd", 4));
    assert_false(ehlo_same("abc", 3, "abd", 3));
    assert_false(ehlo_same("xbc", 3, "abc", 3));
    assert_false(ehlo_same("\x80", 1, "\0", 1));
    ehlo_wipe(text + 1, 3);
    assert_memory_equal(text, "s\0\0\0et", 7);
    ehlo_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_exchanges),
        cmocka_unit_test(test_initial_responses),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_client_examples),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_oauth_failure),
        cmocka_unit_test(test_cram),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_wiping),
        cmocka_unit_test(test_wiping_between),
        cmocka_unit_test(test_same_and_wipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
