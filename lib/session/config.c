/* SPDX-License-Identifier: ISC
 *
 * Configurations: how they are read.
 */
#include "session/config.h"

#include <string.h>

int ehlo_config_copy(void *filled, size_t size, const void *config, size_t given)
{
    const char *octets = config;
    size_t i;

    if (given < size)
        return EHLO_E_ARGUMENT;
    for (i = size; i < given; i++)
        if (octets[i] != 0)
            return EHLO_E_CONFIG;
    memcpy(filled, config, size);
    return 0;
}

void ehlo_config_default(uint32_t *field, uint32_t value)
{
    if (*field == 0)
        *field = value;
}
