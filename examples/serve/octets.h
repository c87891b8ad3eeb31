/* SPDX-License-Identifier: ISC
 *
 * The octets of a connection: in the service's buffers while it is served, else kept until there is room for them, or
 * more of them. Nothing here waits; what goes wrong shows in `finished` and `lost`.
 */
#ifndef SERVE_OCTETS_H
#define SERVE_OCTETS_H

#include "connection.h"

/* Collects what the session says, so that the replies to a batch of commands leave in one segment. */
void octets_speak(struct connection *c);

/* Sends the service's buffer; the rest of it becomes the connection's. And sends of that what can be sent. */
void octets_flush(struct connection *c);
void octets_send_unsent(struct connection *c);

/* What was kept goes to the service's input; returns how many octets. */
size_t octets_load(struct connection *c);

/* Reads behind the `size` octets at the service's input; returns how many there are now. */
size_t octets_take(struct connection *c, size_t size);

/* Keeps input that the session has not used. And throws it away. */
void octets_keep(struct connection *c, const char *in, size_t size);
void octets_forget(struct connection *c);

/* Passwords come as input, and stay nowhere longer than they must; a message is none. */
void octets_wipe(struct connection *c);

#endif
