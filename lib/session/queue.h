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
    uint32_t hold; /* from here on they are not to be taken yet; UINT32_MAX: none */
};

void ehlo_queue_init(struct ehlo_queue *queue, uint32_t capacity);

/* Octets that can be put now. */
size_t ehlo_queue_room(const struct ehlo_queue *queue);

/* Octets that wait and may be taken. */
size_t ehlo_queue_size(const struct ehlo_queue *queue);

/* Says that `size` octets, at most the room, were written at the tail. */
void ehlo_queue_put(struct ehlo_queue *queue, size_t size);

/* Holds back what is put from now on, until it is released. */
void ehlo_queue_hold(struct ehlo_queue *queue);
void ehlo_queue_release(struct ehlo_queue *queue);

/* 1 when something is held back, else 0. */
int ehlo_queue_is_held(const struct ehlo_queue *queue);

/* Takes `size` octets, at most those that wait, off the head. */
void ehlo_queue_take(struct ehlo_queue *queue, size_t size);

#endif
