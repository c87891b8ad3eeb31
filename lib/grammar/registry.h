/* SPDX-License-Identifier: ISC
 *
 * The registry: one row for each thing that an extension brings. Everything that knows of extensions follows from it.
 */
#ifndef EHLO_GRAMMAR_REGISTRY_H
#define EHLO_GRAMMAR_REGISTRY_H

#include <ehlo/command.h>
#include <ehlo/extension.h>
#include <ehlo/param.h>

/* The largest number that LIMITS can tell: six digits (RFC 9422, section 4). */
#define EHLO_LIMIT_MAX 999999

/* The rows of one extension stand together, and the first of them has its keyword. Names are padded with NULs. */
struct ehlo_registered {
    char keyword[20];
    char param[12];    /* that the verb takes, or "" */
    uint8_t extension; /* EHLO_EXTENSION_ */
    uint8_t verb;      /* EHLO_VERB_ whose lines it is about, or EHLO_VERB_OTHER */
    uint8_t form;      /* EHLO_VALUE_ of `param` */
    uint8_t flags;     /* EHLO_REGISTRY_ */
    uint16_t octets;   /* that it adds to the lines of the verb */
};

/* The row at this index, or NULL behind the last one. */
const struct ehlo_registered *ehlo_registry_row(uint32_t index);

/* The first row with this parameter for a verb, or NULL. The keyword is compared without regard to case. */
const struct ehlo_registered *ehlo_registry_param(uint32_t verb, struct ehlo_span keyword);

/* Extensions that have this flag in a row, as a set. */
uint64_t ehlo_registry_set(uint32_t flag);

#endif
