/* SPDX-License-Identifier: ISC
 *
 * What the configurations of both facades have in common: a size in front, and 0 for the default.
 */
#ifndef EHLO_SESSION_CONFIG_H
#define EHLO_SESSION_CONFIG_H

#include <ehlo/base.h>

/*
 * Copies a configuration of `given` octets into one of `size` octets. A configuration of a newer library may be longer;
 * what this one does not know must then be at its default: else EHLO_E_CONFIG. EHLO_E_ARGUMENT for a shorter one.
 */
int ehlo_config_copy(void *filled, size_t size, const void *config, size_t given);

/* Sets a field that is 0. */
void ehlo_config_default(uint32_t *field, uint32_t value);

#endif
