/* SPDX-License-Identifier: ISC
 *
 * XOAUTH2: what Google and Microsoft had before there was OAUTHBEARER. No RFC.
 */
#include "sasl/oauth.h"

/* The answer to an error is empty. */
int ehlo_xoauth2_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer)
{
    if (sasl->turn > 0)
        return 0;
    ehlo_put_string(writer, "user=");
    ehlo_put_span(writer, ehlo_oauth_user(sasl));
    ehlo_put_octet(writer, EHLO_OAUTH_SEPARATOR);
    ehlo_bearer_put(writer, sasl->with.client.token);
    return 0;
}

/* Takes "KEY=VALUE" and its separator; 0 when that is not what stands there. */
static int take_pair(struct ehlo_cursor *cursor, const char *key, struct ehlo_span *value)
{
    for (; *key != '\0'; key++)
        if (!ehlo_cursor_take(cursor, *key))
            return 0;
    *value = ehlo_upto(cursor, EHLO_OAUTH_SEPARATOR);
    return ehlo_cursor_take(cursor, EHLO_OAUTH_SEPARATOR);
}

int ehlo_xoauth2_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step)
{
    struct ehlo_cursor cursor = ehlo_cursor_on_span(response, 0);
    struct ehlo_span user, value;

    if (sasl->turn++ > 0)
        return EHLO_SASL_REFUSED;
    if (!take_pair(&cursor, "user=", &user) || !take_pair(&cursor, "auth=", &value) ||
        !ehlo_cursor_take(&cursor, EHLO_OAUTH_SEPARATOR) || cursor.at != cursor.size ||
        !ehlo_prepared(user, EHLO_SASL_NAME_MAX))
        return EHLO_E_EXCHANGE;
    step->token = ehlo_bearer_token(value);
    if (step->token.size == 0)
        return ehlo_oauth_refuse(sasl, step);
    sasl->authzid = ehlo_run_of(sasl, user);
    return EHLO_SASL_VERIFY;
}
