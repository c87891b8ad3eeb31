/* SPDX-License-Identifier: ISC
 *
 * The GS2 header that SCRAM and OAUTHBEARER begin with (RFC 5801, section 4).
 */
#ifndef EHLO_SASL_GS2_H
#define EHLO_SASL_GS2_H

#include "grammar/cursor.h"
#include "sasl/exchange.h"

/* Puts a name with "," and "=" escaped. */
void ehlo_saslname_put(struct ehlo_writer *writer, struct ehlo_span name);

/* Puts "a=NAME," or ",": what stands behind the flag about channel binding and its comma. */
void ehlo_gs2_authzid_put(struct ehlo_writer *writer, struct ehlo_span authzid);

/* Takes a name up to a comma or the end, undoes its escapes, and keeps it; EHLO_E_EXCHANGE, EHLO_E_SPACE. */
int ehlo_saslname_take(struct ehlo_sasl *sasl, struct ehlo_cursor *cursor, struct ehlo_run *name);

/*
 * Takes a header with both of its commas. `*binding` is the type of "p=TYPE", or absent, with `data` NULL, for "n" and
 * "y"; `*flag` that letter. The authzid becomes that of the exchange. EHLO_E_EXCHANGE, EHLO_E_SPACE.
 */
int ehlo_gs2_take(struct ehlo_sasl *sasl, struct ehlo_cursor *cursor, char *flag, struct ehlo_span *binding);

/* Takes what stands before the next `end`, or before the end of all. */
struct ehlo_span ehlo_upto(struct ehlo_cursor *cursor, char end);

#endif
