/* SPDX-License-Identifier: ISC
 *
 * An exchange: which mechanism, and what it has to say.
 */
#define _POSIX_C_SOURCE 200809L
#include "auth.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    COMMAND = 512 /* octets of AUTH with its initial response at most (RFC 4954, section 4) */
};

static struct ehlo_span span(const char *text)
{
    struct ehlo_span all = {text, text == NULL ? 0 : strlen(text)};

    return all;
}

void auth_learn(struct auth *auth, const struct ehlo_event *event)
{
    struct ehlo_span mechanisms;

    if (event->answers == EHLO_EVENT_HELLO && event->reply.last && event->reply.code >= 400)
        auth->offered_size = 0;
    if (!ehlo_client_mechanisms(event, &mechanisms) || mechanisms.size == 0 ||
        mechanisms.size + 1 > sizeof auth->offered - auth->offered_size)
        return;
    if (auth->offered_size > 0)
        auth->offered[auth->offered_size++] = ' ';
    memcpy(auth->offered + auth->offered_size, mechanisms.data, mechanisms.size);
    auth->offered_size += mechanisms.size;
}

static int is_offered(struct ehlo_span offered, const char *mechanism)
{
    struct ehlo_span word;

    while (ehlo_capability_word(&offered, &word))
        if (word.size == strlen(mechanism) && strncasecmp(word.data, mechanism, word.size) == 0)
            return 1;
    return 0;
}

static struct ehlo_sasl_credentials collect(struct auth *auth, const struct options *options, const struct tls *tls)
{
    struct ehlo_sasl_credentials credentials = {.size = sizeof credentials};
    const int mechanism = ehlo_sasl_find(options->mechanism, strlen(options->mechanism));
    const uint32_t facts = mechanism < 0 ? 0 : ehlo_sasl_facts((uint32_t)mechanism);

    if (mechanism == EHLO_SASL_EXTERNAL)
        credentials.authzid = span(options->user);
    else
        credentials.authcid = span(options->user);
    if (facts & EHLO_SASL_USES_TOKEN)
        credentials.token = span(options->password);
    else
        credentials.password = span(options->password);
    credentials.host = span(options->host);
    credentials.port = (uint32_t)strtoul(options->port, NULL, 10);
    credentials.offered.data = auth->offered;
    credentials.offered.size = auth->offered_size;
    credentials.crypto = tls_crypto();
    if (tls != NULL) {
        credentials.binding.type = tls_binding_type(tls);
        credentials.binding.data.data = (const char *)auth->binding;
        credentials.binding.data.size = tls_binding(tls, credentials.binding.type, auth->binding);
    }
    if (credentials.binding.data.size == 0)
        memset(&credentials.binding, 0, sizeof credentials.binding);
    return credentials;
}

/* Returns a mechanism, or an error. */
static int pick(const struct options *options, const struct ehlo_sasl_credentials *credentials, const struct tls *tls)
{
    uint32_t flags = 0;

    if (options->mechanism[0] != '\0')
        return is_offered(credentials->offered, options->mechanism)
                   ? ehlo_sasl_find(options->mechanism, strlen(options->mechanism))
                   : EHLO_E_OFFER;
    if (tls != NULL)
        flags |= EHLO_SASL_SECURED;
    if (options->auth_in_clear)
        flags |= EHLO_SASL_SECRET_IN_CLEAR;
    return ehlo_sasl_choose(credentials, flags);
}

/* An initial response that is too long for the command is the response to an empty challenge. */
static int say(struct auth *auth, struct ehlo_client *client, const char *mechanism, struct ehlo_span initial)
{
    static const struct ehlo_span none = {NULL, 0};

    auth->late.data = NULL;
    if (strlen("AUTH ") + strlen(mechanism) + 1 + initial.size + 2 > COMMAND) {
        auth->late = initial;
        initial = none;
    }
    return ehlo_client_auth(client, mechanism, strlen(mechanism), initial.data, initial.size);
}

const char *auth_begin(struct auth *auth, struct ehlo_client *client, const struct options *options,
                       const struct tls *tls)
{
    struct ehlo_sasl_credentials credentials;
    struct ehlo_span initial;
    int mechanism, error;

    /* nobody has looked at the certificate of a server that was only tried */
    if ((tls == NULL || options->security == SECURITY_OPPORTUNISTIC) && !options->auth_in_clear)
        return ehlo_error_text(EHLO_E_CLEAR);
    credentials = collect(auth, options, tls);
    mechanism = pick(options, &credentials, tls);
    if (mechanism == EHLO_E_OFFER)
        return "the server does not offer this mechanism";
    if (mechanism < 0)
        return "no mechanism that both sides have";
    auth->error = 0;
    error = ehlo_sasl_client_init(&auth->sasl, auth->block, sizeof auth->block, (uint32_t)mechanism, &credentials);
    if (error == 0)
        error = ehlo_sasl_client_step(auth->sasl, NULL, 0, &initial);
    if (error == 0)
        error = say(auth, client, ehlo_sasl_name((uint32_t)mechanism), initial);
    if (error == 0)
        return NULL;
    (void)auth_finish(auth, 0);
    return ehlo_error_text(error);
}

void auth_respond(struct auth *auth, struct ehlo_client *client, const struct ehlo_event *event)
{
    struct ehlo_span response = auth->late;

    auth->late.data = NULL;
    if (response.data != NULL)
        auth->error = event->data.size == 0 ? 0 : EHLO_E_EXCHANGE;
    else if (auth->error == 0)
        auth->error = ehlo_sasl_client_step(auth->sasl, event->data.size == 0 ? "" : event->data.data, event->data.size,
                                            &response);
    if (auth->error == 0)
        auth->error = ehlo_client_respond(client, response.data, response.size);
    if (auth->error != 0)
        (void)ehlo_client_cancel(client);
}

const char *auth_finish(struct auth *auth, int accepted)
{
    int error = auth->error;

    if (error == 0 && accepted)
        error = ehlo_sasl_client_finish(auth->sasl);
    if (auth->sasl != NULL)
        ehlo_sasl_end(auth->sasl);
    auth->sasl = NULL;
    return error == 0 ? NULL : ehlo_error_text(error);
}
