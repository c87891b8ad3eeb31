/* SPDX-License-Identifier: ISC
 *
 * The loop over ehlo_client_next that calls a handler.
 */
#include "client/client.h"

int ehlo_client_feed(struct ehlo_client *client, const void *in, size_t size, size_t *used, ehlo_handler *handler,
                     void *user)
{
    const char *octets = in == NULL ? "" : in;
    struct ehlo_event event;
    size_t taken;
    int found;

    if (client == NULL || used == NULL || handler == NULL || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    event.size = sizeof event;
    do {
        found = ehlo_client_next(client, octets + *used, size - *used, &taken, &event);
        *used += taken;
        if (found > 0)
            (void)handler(user, &event);
    } while (found > 0);
    return found;
}
