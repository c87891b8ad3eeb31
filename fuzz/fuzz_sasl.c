/* SPDX-License-Identifier: ISC
 *
 * SASL: a server whatever its client says, a client whatever its server says, and both sides with any credentials.
 *
 * The first octet chooses the mechanism, the second which of the three and what the program decides; the rest is
 * messages, an octet 255 between them, or authcid, authzid, password and token.
 */
#include <ehlo/codec.h>
#include <ehlo/sasl.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/digest.h"
#include "require.h"

#define MAX 2048
#define MECHANISMS 11
#define SEPARATOR 0xFF

/* What is behind this is text, and not what an exchange remembers of itself. */
#define HEAD 1024

static uint64_t memory[2][EHLO_SASL_SIZE / 8];

struct input {
    const char *data;
    size_t size;
};

static struct ehlo_span literal(const char *text)
{
    struct ehlo_span span = {text, strlen(text)};

    return span;
}

/* Takes the next message; one that is not there is empty. */
static struct ehlo_span next_message(struct input *input)
{
    struct ehlo_span message = {input->data, 0};

    while (message.size < input->size && (unsigned char)input->data[message.size] != SEPARATOR)
        message.size++;
    input->data += message.size;
    input->size -= message.size;
    if (input->size > 0) {
        input->data++;
        input->size--;
    }
    return message;
}

static void inside_block(int side, struct ehlo_span span)
{
    inside(span, (const char *)memory[side], sizeof memory[side]);
}

static void is_base64(int side, struct ehlo_span text)
{
    static char out[EHLO_SASL_SIZE];
    size_t length;

    inside_block(side, text);
    require(ehlo_base64_decode(out, sizeof out, &length, text.data, text.size) == 0);
}

static void is_name(struct ehlo_span name)
{
    size_t i;

    require(name.size <= EHLO_SASL_NAME_MAX);
    for (i = 0; i < name.size; i++)
        require((unsigned char)name.data[i] >= 32 && name.data[i] != 127);
}

static void is_wiped(int side)
{
    const char *octets = (const char *)memory[side];
    size_t i;

    for (i = HEAD; i < sizeof memory[side]; i++)
        require(octets[i] == 0);
}

/* Base64 of a message in memory of its own, for the sanitizers. */
static char *encode(struct ehlo_span message, size_t *size)
{
    char *text;

    require(ehlo_base64_encode(NULL, 0, size, message.data, message.size) != EHLO_E_ARGUMENT);
    text = malloc(*size + (*size == 0));
    require(text != NULL && ehlo_base64_encode(text, *size, size, message.data, message.size) == 0);
    return text;
}

static void fill(struct ehlo_sasl_credentials *credentials, struct ehlo_sasl_config *config,
                 const struct ehlo_crypto *crypto, const struct ehlo_sasl_binding *binding)
{
    memset(credentials, 0, sizeof *credentials);
    credentials->size = sizeof *credentials;
    credentials->authcid = literal("user");
    credentials->password = literal("pencil");
    credentials->token = literal("token");
    credentials->iterations_min = 1;
    credentials->iterations_max = 20;
    credentials->binding = *binding;
    credentials->crypto = crypto;
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->iterations = 2;
    config->bindings = binding;
    config->binding_count = 1;
    config->host = literal("mx.example.org");
    config->seed = literal("0123456789abcdef");
    config->crypto = crypto;
}

/* What the program decides, and what follows from it. */
static int decide(struct ehlo_sasl *server, int result, uint32_t choice, struct ehlo_sasl_step *step)
{
    static const char keys[32] = {1};
    struct ehlo_sasl_secret secret;

    inside_block(1, step->authcid);
    inside_block(1, step->authzid);
    inside_block(1, step->password);
    inside_block(1, step->token);
    inside_block(1, step->host);
    is_name(step->authcid);
    is_name(step->authzid);
    if (result == EHLO_SASL_VERIFY)
        return ehlo_sasl_server_verdict(server, (choice & 4) != 0, step);
    if (result != EHLO_SASL_LOOKUP)
        return result;
    memset(&secret, 0, sizeof secret);
    secret.size = sizeof secret;
    secret.iterations = 3;
    secret.password = choice & 8 ? literal("a secret that no input knows") : secret.password;
    secret.salt = secret.stored_key = secret.server_key = (struct ehlo_span){keys, choice & 16 ? 20 : 32};
    return ehlo_sasl_server_secret(server, choice & 4 ? &secret : NULL, step);
}

/* Whoever does not know the secret is not accepted. */
static void serve(uint32_t mechanism, uint32_t choice, const struct ehlo_sasl_config *config, struct input *input)
{
    uint32_t proves = EHLO_SASL_USES_CRYPTO;
    struct ehlo_sasl_step step = {sizeof step};
    struct ehlo_sasl *server;
    int result = EHLO_SASL_CHALLENGE, round;
    size_t size;
    char *text;

    require(ehlo_sasl_server_init(&server, memory[1], sizeof memory[1], mechanism, config) == 0);
    for (round = 0; round < 6 && result == EHLO_SASL_CHALLENGE; round++) {
        text = encode(next_message(input), &size);
        result = ehlo_sasl_server_step(server, round == 0 && (choice & 32) != 0 ? NULL : text,
                                       round == 0 && (choice & 32) != 0 ? 0 : size, &step);
        free(text);
        result = decide(server, result, choice, &step);
        if (result == EHLO_SASL_CHALLENGE)
            is_base64(1, step.challenge);
    }
    require(result != EHLO_SASL_ACCEPTED || (ehlo_sasl_facts(mechanism) & proves) == 0);
    if (result == EHLO_E_ARGUMENT)
        ehlo_sasl_end(server);
    if (result != EHLO_SASL_ACCEPTED && result != EHLO_SASL_CHALLENGE)
        is_wiped(1);
    ehlo_sasl_end(server);
    is_wiped(1);
}

/* Whoever does not know the secret is not believed. */
static void ask(uint32_t mechanism, const struct ehlo_sasl_credentials *credentials, struct input *input)
{
    struct ehlo_span response;
    struct ehlo_sasl *client;
    int error, round;
    size_t size;
    char *text;

    require(ehlo_sasl_client_init(&client, memory[0], sizeof memory[0], mechanism, credentials) == 0);
    error = ehlo_sasl_client_step(client, NULL, 0, &response);
    for (round = 0; round < 4 && error == 0 && input->size > 0; round++) {
        if (response.data != NULL)
            is_base64(0, response);
        text = encode(next_message(input), &size);
        error = ehlo_sasl_client_step(client, text, size, &response);
        free(text);
    }
    require(ehlo_sasl_client_finish(client) != 0 || (ehlo_sasl_facts(mechanism) & EHLO_SASL_MUTUAL) == 0);
    is_wiped(0);
}

/* Credentials that a client may begin with get it in, and mean the same on the other side. */
static void converse(uint32_t mechanism, struct ehlo_sasl_credentials *credentials,
                     const struct ehlo_sasl_config *config, struct input *input)
{
    struct ehlo_sasl_step step = {sizeof step};
    struct ehlo_sasl_secret secret = {sizeof secret, 0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct ehlo_sasl *client, *server;
    struct ehlo_span response;
    int result;

    credentials->authcid = next_message(input);
    credentials->authzid = next_message(input);
    secret.password = credentials->password = next_message(input);
    credentials->token = next_message(input);
    if (ehlo_sasl_client_init(&client, memory[0], sizeof memory[0], mechanism, credentials) != 0)
        return;
    require(ehlo_sasl_server_init(&server, memory[1], sizeof memory[1], mechanism, config) == 0);
    require(ehlo_sasl_client_step(client, NULL, 0, &response) == 0);
    for (;;) {
        result = ehlo_sasl_server_step(server, response.data, response.size, &step);
        if (result == EHLO_SASL_LOOKUP)
            result = ehlo_sasl_server_secret(server, &secret, &step);
        if (result != EHLO_SASL_CHALLENGE)
            break;
        require(ehlo_sasl_client_step(client, step.challenge.data, step.challenge.size, &response) == 0);
    }
    if (result == EHLO_SASL_VERIFY) {
        require(step.password.size == 0 || same(step.password, credentials->password));
        require(step.token.size == 0 || same(step.token, credentials->token));
        result = ehlo_sasl_server_verdict(server, 1, &step);
    }
    require(result == EHLO_SASL_ACCEPTED && ehlo_sasl_client_finish(client) == 0);
    require(step.authcid.size == 0 || same(step.authcid, credentials->authcid));
    require(step.authzid.size == 0 || same(step.authzid, credentials->authzid) ||
            same(step.authzid, credentials->authcid));
    ehlo_sasl_end(server);
    is_wiped(0);
    is_wiped(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest_source source = {"octets that are not that random", 24, 0, 0, 0};
    struct ehlo_crypto crypto = digest_crypto(&source);
    struct ehlo_sasl_binding binding = {literal("tls-exporter"), literal("the channel")};
    struct ehlo_sasl_credentials credentials;
    struct ehlo_sasl_config config;
    struct input input;
    uint32_t mechanism;

    if (size < 2 || size > MAX)
        return 0;
    mechanism = 1 + data[0] % MECHANISMS;
    input.data = (const char *)data + 2;
    input.size = size - 2;
    fill(&credentials, &config, &crypto, &binding);
    if (data[1] % 4 == 0)
        serve(mechanism, data[1], &config, &input);
    else if (data[1] % 4 == 1)
        ask(mechanism, &credentials, &input);
    else
        converse(mechanism, &credentials, &config, &input);
    return 0;
}
