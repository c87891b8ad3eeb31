/* SPDX-License-Identifier: ISC
 *
 * The event loop: epoll where there is epoll, poll elsewhere and for files; timers on a hashed wheel.
 */
#define _POSIX_C_SOURCE 200809L
#include "loop.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

/* What a back end does. `set` also takes a watch that it has not seen. `wait` tells each watch by `tell`. */
struct back_end {
    int (*open)(struct loop *loop);
    int (*set)(struct loop *loop, struct watch *watch);
    void (*forget)(struct loop *loop, struct watch *watch);
    int (*wait)(struct loop *loop, int milliseconds);
};

/* A loss is told as what was asked for, so that a read or a write finds it, behind the octets that came before it. */
static void tell(struct watch *watch, uint32_t what)
{
    if (watch->place == 0)
        return; /* forgotten since the kernel was asked */
    if (what & LOOP_LOST)
        what = watch->interest != 0 ? watch->interest : LOOP_LOST;
    what &= watch->interest | LOOP_LOST;
    if (what != 0)
        watch->ready(watch->owner, what);
}

/* --- poll */

static int poll_open(struct loop *loop)
{
    (void)loop;
    return 0;
}

static int poll_grow(struct loop *loop)
{
    size_t capacity = loop->capacity == 0 ? 64 : loop->capacity * 2;
    struct pollfd *polled = realloc(loop->polled, capacity * sizeof *polled);
    struct watch **watches;

    if (polled == NULL)
        return -1;
    loop->polled = polled;
    watches = realloc(loop->watches, capacity * sizeof *watches);
    if (watches == NULL)
        return -1;
    loop->watches = watches;
    loop->capacity = capacity;
    return 0;
}

static int poll_set(struct loop *loop, struct watch *watch)
{
    struct pollfd *polled;

    if (watch->place == 0) {
        if (loop->count == loop->capacity && poll_grow(loop) != 0)
            return -1;
        loop->watches[loop->count] = watch;
        loop->polled[loop->count].revents = 0;
        watch->place = ++loop->count;
    }
    polled = &loop->polled[watch->place - 1];
    /* poll tells of a hangup without end; a negative descriptor is passed over */
    polled->fd = watch->file && watch->interest == 0 ? -1 : watch->fd;
    polled->events = (short)((watch->interest & LOOP_READ ? POLLIN : 0) | (watch->interest & LOOP_WRITE ? POLLOUT : 0));
    return 0;
}

/* The last one takes its place. If that one was ready it is told in the next round: poll is level-triggered. */
static void poll_forget(struct loop *loop, struct watch *watch)
{
    size_t place = watch->place - 1;

    loop->count--;
    loop->polled[place] = loop->polled[loop->count];
    loop->watches[place] = loop->watches[loop->count];
    loop->watches[place]->place = place + 1;
}

static int poll_wait(struct loop *loop, int milliseconds)
{
    int ready = poll(loop->polled, (nfds_t)loop->count, milliseconds);
    size_t i;

    for (i = 0; ready > 0 && i < loop->count; i++) {
        short got = loop->polled[i].revents;

        loop->polled[i].revents = 0;
        tell(loop->watches[i], (got & POLLIN ? (uint32_t)LOOP_READ : 0) | (got & POLLOUT ? (uint32_t)LOOP_WRITE : 0) |
                                   (got & (POLLERR | POLLHUP | POLLNVAL) ? (uint32_t)LOOP_LOST : 0));
    }
    return ready < 0 ? -1 : 0;
}

static const struct back_end with_poll = {poll_open, poll_set, poll_forget, poll_wait};

/* --- epoll */

#ifdef __linux__
static int epoll_open(struct loop *loop)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? -1 : 0;
}

static int epoll_set(struct loop *loop, struct watch *watch)
{
    struct epoll_event event;

    memset(&event, 0, sizeof event);
    event.events =
        (watch->interest & LOOP_READ ? (uint32_t)EPOLLIN : 0) | (watch->interest & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
    event.data.ptr = watch;
    if (epoll_ctl(loop->epoll, watch->place == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watch->fd, &event) != 0)
        return -1;
    watch->place = 1;
    return 0;
}

static void epoll_forget(struct loop *loop, struct watch *watch)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}

static int epoll_wait_all(struct loop *loop, int milliseconds)
{
    struct epoll_event events[256];
    int i, ready = epoll_wait(loop->epoll, events, sizeof events / sizeof events[0], milliseconds);

    for (i = 0; i < ready; i++) {
        uint32_t got = events[i].events;

        tell(events[i].data.ptr, (got & EPOLLIN ? (uint32_t)LOOP_READ : 0) |
                                     (got & EPOLLOUT ? (uint32_t)LOOP_WRITE : 0) |
                                     (got & (EPOLLERR | EPOLLHUP) ? (uint32_t)LOOP_LOST : 0));
    }
    return ready < 0 ? -1 : 0;
}

static const struct back_end with_epoll = {epoll_open, epoll_set, epoll_forget, epoll_wait_all};
#define FOR_SOCKETS &with_epoll
#else
#define FOR_SOCKETS &with_poll
#endif

/* --- timers */

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return ((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000) / LOOP_TICK;
}

static void enlist(struct timer **list, struct timer *timer)
{
    timer->next = *list;
    timer->link = list;
    if (*list != NULL)
        (*list)->link = &timer->next;
    *list = timer;
}

static void delist(struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->link = NULL;
}

void timer_stop(struct loop *loop, struct timer *timer)
{
    if (timer->link == NULL)
        return;
    delist(timer);
    loop->timers--;
}

void timer_start(struct loop *loop, struct timer *timer, uint32_t seconds)
{
    timer_stop(loop, timer);
    timer->due = now() + (uint64_t)seconds * (1000 / LOOP_TICK) + 1;
    enlist(&loop->wheel[timer->due % LOOP_SLOTS], timer);
    loop->timers++;
}

/* Milliseconds to the next tick that has timers in its slot, maybe of a later round; at most a second. */
static int patience(const struct loop *loop)
{
    int ticks;

    if (loop->timers == 0)
        return -1;
    for (ticks = 1; ticks < 1000 / LOOP_TICK; ticks++)
        if (loop->wheel[(loop->tick + (uint64_t)ticks) % LOOP_SLOTS] != NULL)
            break;
    return ticks * LOOP_TICK;
}

/* Those that are due leave the wheel first: one that expires may start or stop any other. */
static void expire(struct loop *loop)
{
    uint64_t present = now(), tick = loop->tick;
    struct timer *due = NULL, *timer, *next;

    if (present - tick > LOOP_SLOTS)
        tick = present - LOOP_SLOTS;
    while (tick < present)
        for (timer = loop->wheel[++tick % LOOP_SLOTS]; timer != NULL; timer = next) {
            next = timer->next;
            if (timer->due <= present) {
                delist(timer);
                enlist(&due, timer);
            }
        }
    loop->tick = present;
    while ((timer = due) != NULL) {
        timer_stop(loop, timer);
        timer->expired(timer->owner);
    }
}

/* --- both */

int loop_open(struct loop *loop, int files)
{
    memset(loop, 0, sizeof *loop);
    loop->epoll = -1;
    loop->back_end = files ? &with_poll : FOR_SOCKETS;
    loop->tick = now();
    return loop->back_end->open(loop);
}

void loop_close(struct loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    free(loop->polled);
    free(loop->watches);
}

int loop_watch(struct loop *loop, struct watch *watch, uint32_t interest)
{
    if (watch->place != 0 && watch->interest == interest)
        return 0;
    watch->interest = interest;
    return loop->back_end->set(loop, watch);
}

void loop_forget(struct loop *loop, struct watch *watch)
{
    if (watch->place == 0)
        return;
    loop->back_end->forget(loop, watch);
    watch->place = 0;
}

int loop_wait(struct loop *loop)
{
    int failed = loop->back_end->wait(loop, patience(loop));

    if (failed && errno != EINTR)
        return -1;
    expire(loop);
    return 0;
}
