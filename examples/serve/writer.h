/* SPDX-License-Identifier: ISC
 *
 * What the kinds of store have in common; private to store.c, maildir.c and mbox.c.
 */
#ifndef SERVE_WRITER_H
#define SERVE_WRITER_H

#include <pthread.h>
#include <stddef.h>
#include "store.h"

/*
 * What a kind of store does for a message. All but `open` and `close` run in a writer thread, one at a time for one
 * message, and return 0 or an errno.
 */
struct store_kind {
    int (*open)(struct store *store); /* 0, or -1 after a message on stderr */
    void (*close)(struct store *store);
    int (*append)(struct message *message, const char *data, size_t size);
    int (*prepare)(struct message *message);  /* all octets are there: put them on the disk, but not in sight */
    int (*publish)(struct message *message);  /* and now in sight, for good */
    void (*abandon)(struct message *message); /* nothing of it is left; may come twice */
};

extern const struct store_kind maildir_kind, mbox_kind;

struct chunk {
    struct chunk *next;
    size_t size, capacity;
    char data[];
};

enum {
    STORE_THREADS = 4
};

struct store {
    const struct store_kind *kind; /* NULL: nothing is kept */
    const char *path, *host;
    int raw;
    int pending, ready;        /* maildir: the directories tmp and new; mbox: `ready` is the directory of the file */
    unsigned long named;       /* messages so far; the loop's */
    int news_read, news_write; /* a pipe: an octet in it when `news` is not empty */

    pthread_mutex_t lock; /* for all that follows, and the shared part of each message */
    pthread_cond_t work, rest;
    pthread_t threads[STORE_THREADS];
    unsigned int idle;
    int closing;
    struct message *queue, **queue_end; /* messages that have work for a thread */
    struct message *news;               /* messages that the loop should look at */
};

/* Where lines begin and end, across pieces. Zeroed at first. */
struct lines {
    int behind;     /* not at the beginning of a line */
    int carriage;   /* a CR is held back: a LF may follow */
    size_t matched; /* octets of "From " that are held back */
    int quote;      /* set: put one more > before >*From_ */
};

struct message {
    /* the loop's */
    struct store *store;
    void *owner; /* under the lock as well: NULL when nobody waits for it any more */
    char name[200];
    char *sender;
    struct chunk *filling;
    size_t given, seen; /* octets handed over; and how many of them were written when we last looked */
    int failed;         /* a failure was seen: no use to hand over more */
    int full;           /* what store_full said */

    /* the writer's */
    int fd;    /* -1: none is open */
    int begun; /* something of it is on the disk */
    struct lines lines;

    /* shared, under the lock */
    struct chunk *chunks, **chunks_end;
    size_t written;
    int commit, cancel, done, error;
    int queued, told, waiting; /* in the queue or with a thread; in the news; the loop waits for `written` to rise */
    struct message *next_queued, *next_news;
};

/*
 * CRLF becomes LF, and >*From_ is quoted if `lines->quote`; `out` holds 2 * size + 8 octets. Returns how many were
 * written. With `size` 0: what was held back, at the end of a message.
 */
size_t lines_convert(struct lines *lines, char *out, const char *in, size_t size);

/* Writes octets to message->fd: as they are when the store is raw, else through lines_convert. 0 or an errno. */
int write_lines(struct message *message, const char *data, size_t size);

/* write(2) until all is written. 0 or an errno. */
int write_all(int fd, const char *data, size_t size);

#endif
