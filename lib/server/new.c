/* SPDX-License-Identifier: ISC
 *
 * Sessions on a heap.
 */
#include "server/server.h"
#include "session/memory.h"

int ehlo_server_new(struct ehlo_server **server, const struct ehlo_server_config *config,
                    const struct ehlo_allocator *allocator)
{
    struct ehlo_server_config filled;
    size_t size;
    void *block;
    int error = server == NULL ? EHLO_E_ARGUMENT : ehlo_server_config_fill(&filled, config);

    if (error != 0)
        return error;
    size = sizeof **server + filled.output_size;
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
