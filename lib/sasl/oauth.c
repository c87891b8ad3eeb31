/* SPDX-License-Identifier: ISC
 *
 * Bearer tokens (RFC 6750, section 2.1), and what a server says of one that it does not take (RFC 7628, section 3.2.2).
 */
#include "sasl/oauth.h"

struct ehlo_span ehlo_oauth_user(const struct ehlo_sasl *sasl)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;

    return credentials->authzid.size > 0 ? credentials->authzid : credentials->authcid;
}

void ehlo_bearer_put(struct ehlo_writer *writer, struct ehlo_span token)
{
    ehlo_put_string(writer, "auth=Bearer ");
    ehlo_put_span(writer, token);
    ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
    ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
}

struct ehlo_span ehlo_bearer_token(struct ehlo_span value)
{
    static const char scheme[] = "Bearer";
    struct ehlo_cursor cursor = ehlo_cursor_on_span(value, 0);
    struct ehlo_span token, none = {NULL, 0}, word = ehlo_upto(&cursor, ' ');

    if (!ehlo_span_is(word, scheme, sizeof scheme - 1))
        return none;
    while (ehlo_cursor_take(&cursor, ' '))
        ;
    token = ehlo_octets(value.data + cursor.at, value.size - cursor.at);
    return ehlo_visible(token, EHLO_SASL_LINE_MAX, "") ? token : none;
}

int ehlo_oauth_refuse(struct ehlo_sasl *sasl, struct ehlo_sasl_step *step)
{
    struct ehlo_span failure = sasl->with.server.failure;
    struct ehlo_writer writer;

    /* what came is of no more use: its room is needed, and it held the token */
    ehlo_exchange_turn(sasl);
    writer = ehlo_exchange_writer(sasl);
    if (failure.size > 0)
        ehlo_put_span(&writer, failure);
    else
        ehlo_put_string(&writer, "{\"status\":\"invalid_token\"}");
    return ehlo_exchange_challenge(sasl, &writer, step);
}
