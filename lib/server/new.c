/* SPDX-License-Identifier: ISC
 *
 * Sessions on a heap, for those who have one: the only file that knows malloc.
 */
#include <stdlib.h>

#include "server/server.h"

int ehlo_server_new(struct ehlo_server **server, const struct ehlo_server_config *config,
                    const struct ehlo_allocator *allocator)
{
    size_t size = ehlo_server_size(config);
    void *block;
    int error;

    if (server == NULL || config == NULL)
        return EHLO_E_ARGUMENT;
    if (size == 0)
        return EHLO_E_CONFIG;
    block = allocator != NULL ? allocator->get(allocator->user, size) : malloc(size);
    if (block == NULL)
        return EHLO_E_MEMORY;
    error = ehlo_server_init(server, block, size, config);
    if (error != 0) {
        if (allocator != NULL)
            allocator->put(allocator->user, block, size);
        else
            free(block);
    }
    return error;
}

void ehlo_server_free(struct ehlo_server *server, const struct ehlo_allocator *allocator)
{
    if (server == NULL)
        return;
    if (allocator != NULL)
        allocator->put(allocator->user, server, sizeof *server + server->config.output_size);
    else
        free(server);
}
