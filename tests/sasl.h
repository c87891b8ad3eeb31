/* SPDX-License-Identifier: ISC
 *
 * Both sides of a SASL exchange, and the program on each. Include it behind cmocka.h.
 */
#ifndef TESTS_SASL_H
#define TESTS_SASL_H

#include <ehlo/codec.h>
#include <ehlo/sasl.h>
#include <string.h>

#include "digest.h"
#include "flush.h"
#include "span.h"

#define USER "Kurt"
#define ADMIN "Ursel,=2"
#define PASSWORD "xipj3plmq-tanstaaf"
#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
#define HOST "server.example.com"
#define SEED "0123456789abcdef-seed"

#define BLOCK ((EHLO_SASL_SIZE + 7) / 8)

struct sides {
    uint64_t memory[2][2][BLOCK]; /* side, place */
    int place[2];
    struct ehlo_sasl *client, *server;
    struct ehlo_sasl_credentials credentials;
    struct ehlo_sasl_config config;
    struct ehlo_sasl_binding bindings[2];
    struct digest_source random[2];
    struct ehlo_crypto crypto[2];
    struct ehlo_sasl_secret secret;
    struct ehlo_sasl_step step;
    struct ehlo_span said; /* by the client */
    int initial;           /* the initial response goes with AUTH */
    int absent;            /* LOOKUP finds nobody */
    int messages;          /* so far */
    int mutated;           /* the message that is changed, or -1 */
    size_t at;             /* where */
    unsigned change;       /* what is done to the octet; 0: the message ends there */
    int changed;           /* that was done */
    size_t longest;        /* octets of the longest message, decoded */
};

/* Good for every mechanism that can take an authzid or none, as `authzid` says. */
static inline void sides_init(struct sides *sides, int authzid)
{
    memset(sides, 0, sizeof *sides);
    sides->initial = 1;
    sides->mutated = -1;
    sides->random[0].random = "the client's random octets, as many as there are";
    sides->random[0].size = strlen(sides->random[0].random);
    sides->random[1].random = "what the server says that nobody can guess";
    sides->random[1].size = strlen(sides->random[1].random);
    sides->crypto[0] = digest_crypto(&sides->random[0]);
    sides->crypto[1] = digest_crypto(&sides->random[1]);
    sides->bindings[0].type = span("tls-unique");
    sides->bindings[0].data = span("not this one");
    sides->bindings[1].type = span("tls-exporter");
    sides->bindings[1].data = span("what the channel is");
    sides->credentials.size = sizeof sides->credentials;
    sides->credentials.authcid = span(USER);
    sides->credentials.authzid = span(authzid ? ADMIN : NULL);
    sides->credentials.password = span(PASSWORD);
    sides->credentials.token = span(TOKEN);
    sides->credentials.host = span(HOST);
    sides->credentials.port = 587;
    sides->credentials.iterations_min = 1;
    sides->credentials.iterations_max = 99;
    sides->credentials.binding = sides->bindings[1];
    sides->credentials.crypto = &sides->crypto[0];
    sides->config.size = sizeof sides->config;
    sides->config.iterations = 7;
    sides->config.bindings = sides->bindings;
    sides->config.binding_count = 2;
    sides->config.host = span("mx.example.org");
    sides->config.seed = span(SEED);
    sides->config.crypto = &sides->crypto[1];
    sides->secret.size = sizeof sides->secret;
    sides->secret.password = span(PASSWORD);
    sides->step.size = sizeof sides->step;
}

static inline int begin_client(struct sides *sides, uint32_t mechanism)
{
    return ehlo_sasl_client_init(&sides->client, sides->memory[0][sides->place[0]], sizeof sides->memory[0][0],
                                 mechanism, &sides->credentials);
}

static inline int begin_server(struct sides *sides, uint32_t mechanism)
{
    return ehlo_sasl_server_init(&sides->server, sides->memory[1][sides->place[1]], sizeof sides->memory[1][0],
                                 mechanism, &sides->config);
}

/* Moves an exchange to its other place, and leaves nothing behind. */
static inline void move(struct sides *sides, int side)
{
    int from = sides->place[side], to = sides->place[side] = 1 - from;

    memcpy(sides->memory[side][to], sides->memory[side][from], sizeof sides->memory[side][to]);
    memset(sides->memory[side][from], 0xA5, sizeof sides->memory[side][from]);
    if (side == 0)
        sides->client = (struct ehlo_sasl *)(void *)sides->memory[0][to];
    else
        sides->server = (struct ehlo_sasl *)(void *)sides->memory[1][to];
}

/* 1 when these octets stand anywhere in the memory of a side. */
static inline int holds(const struct sides *sides, int side, const char *octets)
{
    const char *memory = (const char *)sides->memory[side];
    size_t size = strlen(octets), at;

    for (at = 0; at + size <= sizeof sides->memory[side]; at++)
        if (memcmp(memory + at, octets, size) == 0)
            return 1;
    return 0;
}

/* A message on the wire, flush against an unreadable page. Free it with put_away. */
struct wire {
    char *data;
    size_t size;
};

static inline struct wire wire_of(const void *octets, size_t size)
{
    static char text[2 * EHLO_SASL_SIZE];
    struct wire wire;

    assert_int_equal(ehlo_base64_encode(text, sizeof text, &wire.size, octets, size), 0);
    wire.data = flush_copy(text, wire.size);
    return wire;
}

static inline struct wire carry(struct sides *sides, struct ehlo_span base64)
{
    static char octets[EHLO_SASL_SIZE];
    size_t size;

    assert_int_equal(ehlo_base64_decode(octets, sizeof octets, &size, base64.data, base64.size), 0);
    sides->longest = size > sides->longest ? size : sides->longest;
    if (sides->messages++ == sides->mutated && sides->at < size) {
        sides->changed = 1;
        if (sides->change == 0)
            size = sides->at;
        else
            octets[sides->at] = (char)(unsigned char)((unsigned char)octets[sides->at] ^ sides->change);
    }
    return wire_of(octets, size);
}

static inline void put_away(struct wire wire)
{
    flush_free(wire.data, wire.size);
}

static inline int same_text(struct ehlo_span span, const char *text)
{
    return ehlo_same(span.data, span.size, text, text == NULL ? 0 : strlen(text));
}

/* The program on the server: whether it is the user, who may act as the administrator. */
static inline int verify(const struct sides *sides, uint32_t mechanism)
{
    const struct ehlo_sasl_step *step = &sides->step;
    const char *authzid = sides->credentials.authzid.data;

    switch (mechanism) {
    case EHLO_SASL_PLAIN:
    case EHLO_SASL_LOGIN:
        return same_text(step->authcid, USER) && same_text(step->password, PASSWORD) &&
               same_text(step->authzid, authzid);
    case EHLO_SASL_EXTERNAL:
        return same_text(step->authzid, authzid);
    case EHLO_SASL_ANONYMOUS:
        return same_text(step->authcid, USER);
    case EHLO_SASL_OAUTHBEARER:
        if (step->port != 587 || !same_text(step->host, HOST))
            return 0;
        break;
    default:
        break;
    }
    return same_text(step->authzid, authzid != NULL ? authzid : USER) && same_text(step->token, TOKEN);
}

/* One step of the server, with what its program decides. */
static inline int serve(struct sides *sides, uint32_t mechanism, const char *response, size_t size)
{
    int result = ehlo_sasl_server_step(sides->server, response, size, &sides->step);

    if (result == EHLO_SASL_VERIFY)
        return ehlo_sasl_server_verdict(sides->server, verify(sides, mechanism), &sides->step);
    if (result != EHLO_SASL_LOOKUP)
        return result;
    return ehlo_sasl_server_secret(
        sides->server, same_text(sides->step.authcid, USER) && !sides->absent ? &sides->secret : NULL, &sides->step);
}

/*
 * An exchange from begin to end. Returns 1 when the server has accepted and the client believes it; 0 when it was
 * refused or cancelled; an error when one of them cannot begin.
 */
static inline int converse(struct sides *sides, uint32_t mechanism)
{
    struct ehlo_span none = {NULL, 0};
    struct wire wire;
    int result, error = begin_client(sides, mechanism);

    if (error == 0)
        error = begin_server(sides, mechanism);
    if (error != 0)
        return error;
    sides->messages = 0;
    sides->said = none;
    if (sides->initial)
        error = ehlo_sasl_client_step(sides->client, NULL, 0, &sides->said);
    if (sides->said.data != NULL) {
        wire = carry(sides, sides->said);
        result = serve(sides, mechanism, wire.data, wire.size);
        put_away(wire);
    } else {
        result = serve(sides, mechanism, NULL, 0);
    }
    while (error == 0 && result == EHLO_SASL_CHALLENGE && sides->messages < 20) {
        wire = carry(sides, sides->step.challenge);
        move(sides, 0);
        error = ehlo_sasl_client_step(sides->client, wire.data, wire.size, &sides->said);
        put_away(wire);
        if (error != 0)
            break;
        wire = carry(sides, sides->said);
        move(sides, 1);
        result = serve(sides, mechanism, wire.data, wire.size);
        put_away(wire);
    }
    return error == 0 && result == EHLO_SASL_ACCEPTED && ehlo_sasl_client_finish(sides->client) == 0;
}

/* Steps with a message that is not in base64 yet; NULL is the absent one. */
static inline int server_says(struct sides *sides, const char *text)
{
    struct wire wire;
    int result;

    if (text == NULL)
        return ehlo_sasl_server_step(sides->server, NULL, 0, &sides->step);
    wire = wire_of(text, strlen(text));
    result = ehlo_sasl_server_step(sides->server, wire.data, wire.size, &sides->step);
    put_away(wire);
    return result;
}

static inline int client_says(struct sides *sides, const char *text)
{
    struct wire wire;
    int error;

    if (text == NULL)
        return ehlo_sasl_client_step(sides->client, NULL, 0, &sides->said);
    wire = wire_of(text, strlen(text));
    error = ehlo_sasl_client_step(sides->client, wire.data, wire.size, &sides->said);
    put_away(wire);
    return error;
}

/* That base64 stands for this text, which has no NUL. */
static inline void assert_encoded(struct ehlo_span base64, const char *text)
{
    char octets[EHLO_SASL_SIZE];
    size_t size;

    assert_non_null(base64.data);
    assert_int_equal(ehlo_base64_decode(octets, sizeof octets, &size, base64.data, base64.size), 0);
    assert_span((struct ehlo_span){octets, size}, text);
}

#endif
