/* SPDX-License-Identifier: ISC
 *
 * The event loop: calls back when a descriptor is ready or a timer has run out. One thread, level-triggered.
 */
#ifndef SERVE_LOOP_H
#define SERVE_LOOP_H

#include <stddef.h>
#include <stdint.h>

/* What a watch asks for, and what its `ready` is told. */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_LOST = 4 /* told, though not asked for: the peer is gone, and nothing else was asked for */
};

/*
 * A descriptor that is watched. Fill `fd`, `owner` and `ready`, zero the rest, and then leave it alone. The memory must
 * last until loop_wait has returned, also when the watch is forgotten meanwhile.
 */
struct watch {
    int fd;
    int file;          /* may be a pipe or a file: its loss shows only when it is read or written */
    uint32_t interest; /* private */
    size_t place;      /* private: 0 when it is not watched, else 1 more than the back end's place for it */
    void *owner;
    void (*ready)(void *owner, uint32_t what);
};

/* Fill `owner` and `expired`, and zero the rest. */
struct timer {
    struct timer *next, **link; /* private: `link` is NULL when it does not run */
    uint64_t due;               /* private: in ticks */
    void *owner;
    void (*expired)(void *owner);
};

enum {
    LOOP_TICK = 100,  /* milliseconds */
    LOOP_SLOTS = 1024 /* of the timers' wheel: one a tick; a later round's timers wait in the same slots */
};

struct back_end;
struct pollfd;

struct loop {
    const struct back_end *back_end;
    int epoll;
    struct pollfd *polled; /* poll: these two run in parallel */
    struct watch **watches;
    size_t count, capacity;
    uint64_t tick; /* now */
    size_t timers;
    struct timer *wheel[LOOP_SLOTS];
};

/* `files`: watches may be of pipes and regular files, which only poll() takes. Returns 0, or -1 with errno set. */
int loop_open(struct loop *loop, int files);
void loop_close(struct loop *loop);

/* Asks for LOOP_READ, LOOP_WRITE, both, or 0: to be told of a loss only. Returns 0, or -1 with errno set. */
int loop_watch(struct loop *loop, struct watch *watch, uint32_t interest);

/* Does not close the descriptor; call it before you do. */
void loop_forget(struct loop *loop, struct watch *watch);

/* Waits until something has happened, and calls those concerned. Returns 0, or -1 with errno set. */
int loop_wait(struct loop *loop);

/* Starts a timer, or starts it again. It expires after `seconds` or up to 200 ms later. */
void timer_start(struct loop *loop, struct timer *timer, uint32_t seconds);
void timer_stop(struct loop *loop, struct timer *timer);

#endif
