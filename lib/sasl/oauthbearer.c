/* SPDX-License-Identifier: ISC
 *
 * OAUTHBEARER (RFC 7628).
 */
#include "sasl/oauth.h"

#define PORT_MAX 65535

/* "KEY=VALUE" and a separator, where there is a value. */
static void put_pair(struct ehlo_writer *writer, const char *key, struct ehlo_span value)
{
    if (value.size > 0) {
        ehlo_put_string(writer, key);
        ehlo_put_span(writer, value);
        ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
    }
}

/* The answer to an error is one separator (section 3.2.3). */
int ehlo_oauthbearer_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;

    if (sasl->turn == 0) {
        ehlo_put_string(writer, "n,");
        ehlo_gs2_authzid_put(writer, ehlo_oauth_user(sasl));
    }
    ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
    if (sasl->turn > 0)
        return 0;
    put_pair(writer, "host=", credentials->host);
    if (credentials->port > 0) {
        ehlo_put_string(writer, "port=");
        ehlo_put_number(writer, credentials->port, 1);
        ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
    }
    ehlo_bearer_put(writer, credentials->token);
    return 0;
}

/* What the pairs say; `data` is NULL where there was none. */
struct pairs {
    struct ehlo_span auth, host, port;
};

/* Where the value of a known key goes, or NULL. */
static struct ehlo_span *place(struct pairs *pairs, struct ehlo_span key)
{
    if (ehlo_span_is(key, "auth", 4))
        return &pairs->auth;
    if (ehlo_span_is(key, "host", 4))
        return &pairs->host;
    return ehlo_span_is(key, "port", 4) ? &pairs->port : NULL;
}

/* Takes "KEY=VALUE" and a separator; a known key twice is wrong, an unknown one is ignored. */
static int take_pair(struct ehlo_cursor *cursor, struct pairs *pairs)
{
    struct ehlo_span key, value, *known;
    size_t from = cursor->at;

    while (cursor->at < cursor->size && ehlo_is_alpha(cursor->in[cursor->at]))
        cursor->at++;
    key = ehlo_cursor_span(cursor, from);
    if (key.size == 0 || !ehlo_cursor_take(cursor, '='))
        return EHLO_E_EXCHANGE;
    value = ehlo_upto(cursor, EHLO_OAUTH_SEPARATOR);
    known = place(pairs, key);
    if (!ehlo_cursor_take(cursor, EHLO_OAUTH_SEPARATOR) || (known != NULL && known->data != NULL))
        return EHLO_E_EXCHANGE;
    if (known != NULL)
        *known = value;
    return 0;
}

/* A port in decimal; 0 when it is absent, and UINT32_MAX when it is none. */
static uint32_t port_of(struct ehlo_span text)
{
    uint32_t port = 0;
    size_t i;

    if (text.data != NULL && text.size == 0)
        return UINT32_MAX;
    for (i = 0; i < text.size; i++) {
        if (!ehlo_is_digit(text.data[i]))
            return UINT32_MAX;
        port = port * 10 + (uint32_t)(text.data[i] - '0');
        if (port > PORT_MAX)
            return UINT32_MAX;
    }
    return port;
}

static int take_pairs(struct ehlo_cursor *cursor, struct ehlo_sasl_step *step)
{
    struct pairs pairs = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    int error = 0;

    while (error == 0 && !ehlo_cursor_take(cursor, EHLO_OAUTH_SEPARATOR))
        error = take_pair(cursor, &pairs);
    if (error == 0 && (cursor->at != cursor->size || port_of(pairs.port) > PORT_MAX))
        error = EHLO_E_EXCHANGE;
    if (error == 0 && pairs.host.data != NULL && !ehlo_visible(pairs.host, EHLO_SASL_NAME_MAX, ""))
        error = EHLO_E_EXCHANGE;
    if (error != 0)
        return error;
    step->host = pairs.host;
    step->port = port_of(pairs.port);
    if (pairs.auth.data != NULL)
        step->token = ehlo_bearer_token(pairs.auth);
    return 0;
}

int ehlo_oauthbearer_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(response, 0);
    struct ehlo_span binding;
    char flag;
    int error;

    if (sasl->turn++ > 0)
        return EHLO_SASL_REFUSED;
    error = ehlo_gs2_take(sasl, &cursor, &flag, &binding);
    if (error == 0 && (binding.data != NULL || !ehlo_cursor_take(&cursor, EHLO_OAUTH_SEPARATOR)))
        error = EHLO_E_EXCHANGE;
    if (error == 0)
        error = take_pairs(&cursor, step);
    if (error != 0)
        return error;
    return step->token.size > 0 ? EHLO_SASL_VERIFY : ehlo_oauth_refuse(sasl, step);
}
