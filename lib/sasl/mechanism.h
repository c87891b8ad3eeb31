/* SPDX-License-Identifier: ISC
 *
 * The table of mechanisms, and what may be said in them.
 */
#ifndef EHLO_SASL_MECHANISM_H
#define EHLO_SASL_MECHANISM_H

#include <ehlo/sasl.h>

struct ehlo_mechanism {
    char name[20];
    uint8_t facts; /* EHLO_SASL_ */
    uint8_t hash;  /* EHLO_HASH_, or 0 */
    uint8_t turns; /* responses that a client gives until it is accepted */
};

/* The row of a mechanism, or NULL. */
const struct ehlo_mechanism *ehlo_mechanism(uint32_t mechanism);

/* 1 when `list`, as an EHLO response has it behind AUTH, names a mechanism with one of these facts. */
int ehlo_offers(struct ehlo_span list, uint32_t facts);

/* 1 when this is a name or password of 1 to `max` octets: UTF-8 without controls. */
int ehlo_prepared(struct ehlo_span text, size_t max);

/* 1 when this is one word or more of visible ASCII without any of `but`, of 1 to `max` octets. */
int ehlo_visible(struct ehlo_span text, size_t max, const char *but);

/* 1 when this can bind a SCRAM exchange: a type that is a cb-name, and data (RFC 5802, section 7). */
int ehlo_bound(const struct ehlo_sasl_binding *binding);

/* Whether a mechanism can be used with these: 0 or EHLO_E_CREDENTIALS. */
int ehlo_credentials_check(const struct ehlo_mechanism *mechanism, const struct ehlo_sasl_credentials *credentials);

#endif
