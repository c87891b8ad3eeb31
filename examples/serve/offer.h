/* SPDX-License-Identifier: ISC
 *
 * What this server offers beside what the library offers by itself.
 */
#ifndef SERVE_OFFER_H
#define SERVE_OFFER_H

#include "options.h"

/* The latest moment that HOLDUNTIL may name, in seconds since 1970. */
#define OFFER_HOLD_MAX INT64_C(4102444799)

/* Whether a line can be offered. Returns NULL, or what is wrong with it. */
const char *offer_check(const char *line);

/*
 * Makes options->offer_text of what this build and the other options have, and of the lines that the user wishes, which
 * go before those of the same keyword. Returns 0, or -1 without memory.
 */
int offer_make(struct options *options);

/* Prints the keywords. */
void offer_print(void);

#endif
