/* SPDX-License-Identifier: ISC
 *
 * ANONYMOUS (RFC 4505): a word about who it is, that proves nothing.
 */
#include "sasl/exchange.h"

int ehlo_anonymous_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    ehlo_put_span(writer, sasl->with.client.authcid);
    return 0;
}

int ehlo_anonymous_take(struct ehlo_sasl *sasl, struct ehlo_span response)
{
    if (response.size > 0 && !ehlo_prepared(response, EHLO_SASL_NAME_MAX))
        return EHLO_E_EXCHANGE;
    sasl->authcid = ehlo_run_of(sasl, response);
    return EHLO_SASL_VERIFY;
}
