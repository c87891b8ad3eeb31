/* SPDX-License-Identifier: ISC
 *
 * The message store: the event loop hands octets over and never waits; writer threads put them on the disk, and tell
 * the loop when a message is safe.
 *
 *     store_begin -> store_write ... -> store_commit -> (told) -> store_result -> store_release
 *                                  or -> store_cancel, at any time
 */
#ifndef SERVE_STORE_H
#define SERVE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store;
struct message;

enum store_where {
    STORE_DISCARD = 1,
    STORE_MAILDIR = 2,
    STORE_MBOX = 3
};

/* `host` is lent. `raw`: octets are stored as they come. Returns 0, or -1 after a message on stderr. */
int store_open(struct store **store, enum store_where where, const char *path, const char *host, int raw);

/* Waits up to `seconds` until all is written or unlinked. Returns 0, or -1 when a disk hangs: then memory is left. */
int store_close(struct store *store, unsigned int seconds);

/* A descriptor that becomes readable when store_news has something to tell. */
int store_descriptor(const struct store *store);

/* Calls `tell` with the owner of each message that is safe, has failed, or can take more octets again. */
void store_news(struct store *store, void (*tell)(void *owner));

/* A new message, or NULL for want of memory. `sender` is a reverse-path, for an mbox's From line. */
struct message *store_begin(struct store *store, void *owner, const char *sender);

/* The message's name, unique for ever: TIME.MusecPpidQn.HOST; its first `id` characters, an atom but for the dot. */
const char *store_name(const struct message *message);

/* Takes octets; copies them. What goes wrong is told by store_result. */
void store_write(struct message *message, const char *data, size_t size);

/* 1 when so much waits for the disk that the loop should stop feeding it; the owner is told when that is over. */
int store_full(struct message *message);

/* No octets follow: make it safe. The owner is told; returns 1 when it is done already. */
int store_commit(struct message *message);

/* -1 when the message is not done yet; 0 when it is safe; or the errno of its failure. */
int store_result(struct message *message);

/* Forgets a message that is done. */
void store_release(struct message *message);

/* Forgets a message and whatever of it is on the disk, unless it is too late to stop it. The owner is told no more. */
void store_cancel(struct message *message);

#endif
