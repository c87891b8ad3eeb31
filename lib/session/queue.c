/* SPDX-License-Identifier: ISC
 *
 * The output queue.
 */
#include "session/queue.h"

void ehlo_queue_init(struct ehlo_queue *queue, uint32_t capacity)
{
    queue->capacity = capacity;
    queue->head = 0;
    queue->tail = 0;
    queue->hold = UINT32_MAX;
}

size_t ehlo_queue_room(const struct ehlo_queue *queue)
{
    return queue->capacity - queue->tail;
}

size_t ehlo_queue_size(const struct ehlo_queue *queue)
{
    return (queue->hold < queue->tail ? queue->hold : queue->tail) - queue->head;
}

void ehlo_queue_put(struct ehlo_queue *queue, size_t size)
{
    queue->tail += (uint32_t)size;
}

void ehlo_queue_hold(struct ehlo_queue *queue)
{
    queue->hold = queue->tail;
}

void ehlo_queue_release(struct ehlo_queue *queue)
{
    queue->hold = UINT32_MAX;
}

int ehlo_queue_is_held(const struct ehlo_queue *queue)
{
    return queue->hold != UINT32_MAX;
}

void ehlo_queue_take(struct ehlo_queue *queue, size_t size)
{
    queue->head += (uint32_t)size;
    if (queue->head == queue->tail) {
        queue->head = 0;
        queue->tail = 0;
    }
}
