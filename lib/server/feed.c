/* SPDX-License-Identifier: ISC
 *
 * The loop over ehlo_server_next that calls a handler: the only indirect call of the library.
 */
#include "server/server.h"

int ehlo_server_feed(struct ehlo_server *server, const void *in, size_t size, size_t *used, ehlo_handler *handler,
                     void *user)
{
    const char *octets = in == NULL ? "" : in;
    struct ehlo_event event;
    size_t taken;
    int found;

    if (server == NULL || used == NULL || handler == NULL || (in == NULL && size > 0))
        return EHLO_E_ARGUMENT;
    *used = 0;
    event.size = sizeof event;
    while (server->ticket == 0 || (size > 0 && ehlo_server_looks_for_early(server))) {
        found = ehlo_server_next(server, octets + *used, size - *used, &taken, &event);
        *used += taken;
        if (found <= 0)
            return found;
        if (handler(user, &event) == 0 && event.ticket != 0 && event.ticket == server->ticket)
            ehlo_server_settle(server, ehlo_server_default(server));
    }
    return 0;
}
