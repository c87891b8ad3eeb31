/* SPDX-License-Identifier: ISC
 *
 * An exchange: lib/sasl knows what is said, this file whom to believe.
 */
#define _POSIX_C_SOURCE 200809L
#include "auth.h"
#include <stdlib.h>
#include <string.h>
#include "policy.h"

enum {
    BINDINGS = 3
};

struct auth {
    struct ehlo_sasl *sasl; /* in `block` */
    char identity[TLS_IDENTITY];
    struct ehlo_sasl_binding bindings[BINDINGS];
    uint8_t data[BINDINGS][TLS_BINDING];
    uint64_t block[EHLO_SASL_SIZE / sizeof(uint64_t)];
};

static const struct ehlo_reply wrong = {sizeof wrong, 535, {5, 7, 8}, 0, {"authentication credentials invalid", 34}};
static const struct ehlo_reply malformed = {sizeof malformed, 501, {5, 5, 2}, 0, {"not what the mechanism says", 27}};
static const struct ehlo_reply unwanted = {sizeof unwanted, 501, {5, 7, 0}, 0, {"the server speaks first here", 28}};
static const struct ehlo_reply too_long = {sizeof too_long, 500, {5, 5, 6}, 0, {"exchange line is too long", 25}};
static const struct ehlo_reply unknown = {sizeof unknown, 504, {5, 5, 4}, 0, {"no such mechanism here", 22}};
static const struct ehlo_reply trouble = {sizeof trouble, 454, {4, 7, 0}, 0, {"authentication failed for now", 29}};
static const struct ehlo_reply clear = {
    sizeof clear, 538, {5, 7, 11}, 0, {"encryption required for requested authentication mechanism", 58}};

/* --- whom to believe */

static int is_same(struct ehlo_span one, struct ehlo_span other)
{
    return one.size == other.size && memcmp(one.data, other.data, one.size) == 0;
}

/* Nobody acts for another. */
static int may_act(const struct ehlo_sasl_step *step, struct ehlo_span name)
{
    return step->authzid.size == 0 || is_same(step->authzid, name);
}

static int find_user(const struct connection *c, const struct ehlo_sasl_step *step, struct ehlo_span *password)
{
    const struct users *users = c->service->options->users;

    return users != NULL && users_find(users, step->authcid, password) && may_act(step, step->authcid);
}

/* PLAIN and LOGIN show a password; EXTERNAL nothing: the certificate has shown it. */
static int is_true(struct connection *c, const struct ehlo_sasl_step *step)
{
    struct ehlo_span password, name;

    if (step->password.data != NULL)
        return find_user(c, step, &password) &&
               ehlo_same(password.data, password.size, step->password.data, step->password.size);
    if (step->token.data != NULL || c->tls == NULL || !tls_identity(c->tls, c->auth->identity))
        return 0;
    name.data = c->auth->identity;
    name.size = strlen(name.data);
    return may_act(step, name);
}

static int look_up(struct connection *c, struct ehlo_sasl_step *step)
{
    struct ehlo_sasl_secret secret = {.size = sizeof secret};
    const int found = find_user(c, step, &secret.password);

    return ehlo_sasl_server_secret(c->auth->sasl, found ? &secret : NULL, step);
}

/* --- the exchange */

/* What binds it to this TLS session, by each of the names that there are for it. */
static uint32_t take_bindings(struct connection *c)
{
    static const char types[BINDINGS][24] = {"tls-exporter", "tls-unique", "tls-server-end-point"};
    struct ehlo_sasl_binding *binding;
    uint32_t i, count = 0;

    for (i = 0; i < BINDINGS && c->tls != NULL; i++) {
        binding = &c->auth->bindings[count];
        binding->type.data = types[i];
        binding->type.size = strlen(types[i]);
        binding->data.data = (const char *)c->auth->data[count];
        binding->data.size = tls_binding(c->tls, binding->type, c->auth->data[count]);
        count += binding->data.size > 0;
    }
    return count;
}

/* Returns NULL, or the refusal. */
static const struct ehlo_reply *begin(struct connection *c, struct ehlo_span mechanism)
{
    const struct options *options = c->service->options;
    struct ehlo_sasl_config config = {.size = sizeof config};
    const int found = ehlo_sasl_find(mechanism.data, mechanism.size);
    int error;

    if (found < 0)
        return &unknown;
    if (c->tls == NULL && (found == EHLO_SASL_EXTERNAL || (ehlo_sasl_facts((uint32_t)found) & EHLO_SASL_USES_BINDING)))
        return &clear;
    c->auth = calloc(1, sizeof *c->auth);
    if (c->auth == NULL)
        return &trouble;
    config.flags = EHLO_SASL_STORES_PASSWORDS;
    if (options->offers_binding) {
        config.binding_count = take_bindings(c);
        config.bindings = c->auth->bindings;
    }
    config.host = options->config.hostname;
    config.seed.data = (const char *)options->seed;
    config.seed.size = sizeof options->seed;
    config.crypto = tls_crypto();
    error = ehlo_sasl_server_init(&c->auth->sasl, c->auth->block, sizeof c->auth->block, (uint32_t)found, &config);
    return error == 0 ? NULL : &unknown;
}

static const struct ehlo_reply *refusal_of(int result)
{
    switch (result) {
    case EHLO_SASL_REFUSED:
        return &wrong;
    case EHLO_E_BASE64:
    case EHLO_E_EXCHANGE:
        return &malformed;
    case EHLO_E_UNWANTED:
        return &unwanted;
    case EHLO_E_LINE_LONG:
    case EHLO_E_SPACE:
        return &too_long;
    default:
        return &trouble;
    }
}

/* Believes the client, unless a scripted reply has it otherwise. */
static void believe(struct connection *c, uint32_t ticket, struct ehlo_span name)
{
    char *user;

    if (c->auth->identity[0] != '\0') {
        name.data = c->auth->identity;
        name.size = strlen(name.data);
    }
    user = strndup(name.data, name.size);
    if (policy_answer(c, ticket, user == NULL ? &trouble : policy_script(c, VERDICT_AUTH, user)))
        dialogue_note(&c->dialogue, "authenticated as ", user);
    free(user);
    auth_end(c);
}

static void challenge(struct connection *c, uint32_t ticket, struct ehlo_span text)
{
    const struct ehlo_reply reply = {sizeof reply, 334, {0, 0, 0}, 0, text};

    if (ehlo_server_answer(c->session, ticket, &reply) == 0) {
        c->challenged = 1;
        return;
    }
    policy_answer(c, ticket, &too_long);
    auth_end(c);
}

/* A step of the client's, and what it leads to. */
static void proceed(struct connection *c, uint32_t ticket, struct ehlo_span response)
{
    struct ehlo_sasl_step step = {.size = sizeof step};
    int result = ehlo_sasl_server_step(c->auth->sasl, response.data, response.size, &step);

    if (result == EHLO_SASL_VERIFY)
        result = ehlo_sasl_server_verdict(c->auth->sasl, is_true(c, &step), &step);
    else if (result == EHLO_SASL_LOOKUP)
        result = look_up(c, &step);
    if (result == EHLO_SASL_CHALLENGE) {
        challenge(c, ticket, step.challenge);
    } else if (result == EHLO_SASL_ACCEPTED) {
        believe(c, ticket, step.authcid);
    } else {
        policy_answer(c, ticket, refusal_of(result));
        auth_end(c);
    }
}

void auth_event(struct connection *c, const struct ehlo_event *event)
{
    const struct ehlo_reply *refusal = NULL;

    if (event->index == 0) {
        auth_end(c);
        refusal = begin(c, event->command.argument);
    }
    if (refusal == NULL) {
        proceed(c, event->ticket, event->data);
        return;
    }
    policy_answer(c, event->ticket, refusal);
    auth_end(c);
}

void auth_end(struct connection *c)
{
    if (c->auth == NULL)
        return;
    if (c->auth->sasl != NULL)
        ehlo_sasl_end(c->auth->sasl);
    free(c->auth);
    c->auth = NULL;
}
