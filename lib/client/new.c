/* SPDX-License-Identifier: ISC
 *
 * Sessions on a heap.
 */
#include "client/client.h"
#include "session/memory.h"

int ehlo_client_new(struct ehlo_client **client, const struct ehlo_client_config *config,
                    const struct ehlo_allocator *allocator)
{
    struct ehlo_client_config filled;
    size_t size;
    void *block;
    int error = client == NULL ? EHLO_E_ARGUMENT : ehlo_client_config_fill(&filled, config);

    if (error != 0)
        return error;
    size = sizeof **client + filled.output_size;
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
