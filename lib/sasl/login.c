/* SPDX-License-Identifier: ISC
 *
 * LOGIN (draft-murchison-sasl-login): a name and a password, each asked for. What the server asks is not looked at, for
 * each server asks in words of its own.
 */
#include "sasl/exchange.h"

int ehlo_login_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    ehlo_put_span(writer, sasl->turn == 0 ? sasl->with.client.authcid : sasl->with.client.password);
    return 0;
}

static int ask(struct ehlo_sasl *sasl, const char *prompt, struct ehlo_sasl_step *step)
{
    struct ehlo_writer writer = ehlo_exchange_writer(sasl);

    ehlo_put_string(&writer, prompt);
    return ehlo_exchange_challenge(sasl, &writer, step);
}

int ehlo_login_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    if (response.data == NULL)
        return ask(sasl, "Username:", step);
    if (sasl->turn++ == 0) {
        if (!ehlo_prepared(response, EHLO_SASL_NAME_MAX))
            return EHLO_E_EXCHANGE;
        sasl->authcid = ehlo_run_of(sasl, response);
        sasl->kept = sasl->used;
        return ask(sasl, "Password:", step);
    }
    if (!ehlo_prepared(response, EHLO_SASL_PASSWORD_MAX))
        return EHLO_E_EXCHANGE;
    step->password = response;
    return EHLO_SASL_VERIFY;
}
