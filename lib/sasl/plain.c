/* SPDX-License-Identifier: ISC
 *
 * PLAIN (RFC 4616).
 */
#include "sasl/exchange.h"

int ehlo_plain_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    const struct ehlo_sasl_credentials *credentials = &sasl->with.client;

    ehlo_put_span(writer, credentials->authzid);
    ehlo_put_octet(writer, '\0');
    ehlo_put_span(writer, credentials->authcid);
    ehlo_put_octet(writer, '\0');
    ehlo_put_span(writer, credentials->password);
    return 0;
}

/* Takes what stands before the next NUL, and the NUL; 0 when there is none. */
static int next_part(struct ehlo_span *rest, struct ehlo_span *part)
{
    size_t at = 0;

    while (at < rest->size && rest->data[at] != '\0')
        at++;
    if (at == rest->size)
        return 0;
    *part = ehlo_octets(rest->data, at);
    *rest = ehlo_octets(rest->data + at + 1, rest->size - at - 1);
    return 1;
}

int ehlo_plain_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    struct ehlo_span authzid, authcid;

    if (!next_part(&response, &authzid) || !next_part(&response, &authcid))
        return EHLO_E_EXCHANGE;
    if ((authzid.size > 0 && !ehlo_prepared(authzid, EHLO_SASL_NAME_MAX)) ||
        !ehlo_prepared(authcid, EHLO_SASL_NAME_MAX) || !ehlo_prepared(response, EHLO_SASL_PASSWORD_MAX))
        return EHLO_E_EXCHANGE;
    sasl->authzid = ehlo_run_of(sasl, authzid);
    sasl->authcid = ehlo_run_of(sasl, authcid);
    step->password = response;
    return EHLO_SASL_VERIFY;
}
