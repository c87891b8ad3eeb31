/* SPDX-License-Identifier: ISC
 *
 * The envelope of a transaction: its reverse-path and forward-paths, kept beyond the events that brought them.
 */
#ifndef SERVE_ENVELOPE_H
#define SERVE_ENVELOPE_H

#include <ehlo.h>
#include "store.h"

/* Paths in angle brackets, each ended by a NUL, in one block: the reverse-path first. Zeroed at first. */
struct envelope {
    char *text;
    size_t size, capacity;
    size_t recipients;
};

/* Adds a path; the first is the reverse-path. Returns it as a string, or NULL for want of memory. */
const char *envelope_add(struct envelope *envelope, const struct ehlo_path *path, uint32_t rules);

/* Takes the recipient away that was added last. */
void envelope_drop(struct envelope *envelope);

void envelope_clear(struct envelope *envelope);

/* The forward-paths, one behind the other; `*size` octets. */
const char *envelope_recipients(const struct envelope *envelope, size_t *size);

/* What is put on top of a message: Return-Path, a Delivered-To for each recipient, and Received made of `received`. */
void envelope_trace(const struct envelope *envelope, struct ehlo_received *received, struct message *message);

#endif
