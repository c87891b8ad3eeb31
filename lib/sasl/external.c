/* SPDX-License-Identifier: ISC
 *
 * EXTERNAL (RFC 4422, appendix A): who it is, something outside has shown, such as a certificate.
 */
#include "sasl/exchange.h"

int ehlo_external_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    ehlo_put_span(writer, sasl->with.client.authzid);
    return 0;
}

int ehlo_external_take(struct ehlo_sasl *sasl, struct ehlo_span response)
{
    if (response.size > 0 && !ehlo_prepared(response, EHLO_SASL_NAME_MAX))
        return EHLO_E_EXCHANGE;
    sasl->authzid = ehlo_run_of(sasl, response);
    return EHLO_SASL_VERIFY;
}
