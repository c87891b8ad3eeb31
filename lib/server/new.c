/* SPDX-License-Identifier: ISC
 *
 * Sessions on a heap.
 */
#include "server/server.h"
#include "session/memory.h"

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
    block = ehlo_memory_get(allocator, size);
    if (block == NULL)
        return EHLO_E_MEMORY;
    error = ehlo_server_init(server, block, size, config);
    if (error != 0)
        ehlo_memory_put(allocator, block, size);
    return error;
}

void ehlo_server_free(struct ehlo_server *server, const struct ehlo_allocator *allocator)
{
    if (server != NULL)
        ehlo_memory_put(allocator, server, sizeof *server + server->config.output_size);
}
