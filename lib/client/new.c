/* SPDX-License-Identifier: ISC
 *
 * Sessions on a heap.
 */
#include "client/client.h"
#include "session/memory.h"

int ehlo_client_new(struct ehlo_client **client, const struct ehlo_client_config *config,
                    const struct ehlo_allocator *allocator)
{
    size_t size = ehlo_client_size(config);
    void *block;
    int error;

    if (client == NULL || config == NULL)
        return EHLO_E_ARGUMENT;
    if (size == 0)
        return EHLO_E_CONFIG;
    block = ehlo_memory_get(allocator, size);
    if (block == NULL)
        return EHLO_E_MEMORY;
    error = ehlo_client_init(client, block, size, config);
    if (error != 0)
        ehlo_memory_put(allocator, block, size);
    return error;
}

void ehlo_client_free(struct ehlo_client *client, const struct ehlo_allocator *allocator)
{
    if (client != NULL)
        ehlo_memory_put(allocator, client, sizeof *client + client->config.output_size);
}
