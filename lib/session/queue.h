/* SPDX-License-Identifier: ISC
 *
 * The output queue: octets wait in one piece until the transport has taken them. It never moves them, so what
 * the transport was shown stays where it is; its room comes back when all has been sent.
 */
#ifndef EHLO_SESSION_QUEUE_H
#define EHLO_SESSION_QUEUE_H

#include <ehlo/base.h>

/* Offsets into a buffer that the owner keeps beside it: a pointer would tie the session to its place in memory. */
struct ehlo_queue {
    uint32_t capacity;
    uint32_t head; /* the first octet that waits */
    uint32_t tail; /* behind the last one */
};

void ehlo_queue_init(struct ehlo_queue *queue, uint32_t capacity);

/* Octets that can be put now. */
size_t ehlo_queue_room(const struct ehlo_queue *queue);

/* Octets that wait. */
size_t ehlo_queue_size(const struct ehlo_queue *queue);

/* Says that `size` octets, at most the room, were written at the tail. */
void ehlo_queue_put(struct ehlo_queue *queue, size_t size);

/* Takes `size` octets, at most those that wait, off the head. */
void ehlo_queue_take(struct ehlo_queue *queue, size_t size);

#endif
