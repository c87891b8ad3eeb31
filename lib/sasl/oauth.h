/* SPDX-License-Identifier: ISC
 *
 * What OAUTHBEARER and XOAUTH2 have in common.
 */
#ifndef EHLO_SASL_OAUTH_H
#define EHLO_SASL_OAUTH_H

#include "sasl/gs2.h"

/* What separates their parts. */
#define EHLO_OAUTH_SEPARATOR '\1'

/* Puts "auth=Bearer TOKEN" and both separators that end the message. */
void ehlo_bearer_put(struct ehlo_writer *writer, struct ehlo_span token);

/* Whom the client wants to be. */
struct ehlo_span ehlo_oauth_user(const struct ehlo_sasl *sasl);

/* The token in the value of "auth", or absent when there is no bearer's. */
struct ehlo_span ehlo_bearer_token(struct ehlo_span value);

#endif
