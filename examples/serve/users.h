/* SPDX-License-Identifier: ISC
 *
 * Who may log in: a file of user:password lines, read once.
 */
#ifndef SERVE_USERS_H
#define SERVE_USERS_H

#include <ehlo.h>

struct users;

enum {
    USERS_REASON = 128
};

/*
 * Reads a file. Lines without any octet are passed over; the first colon of a line ends the name, so that a password
 * may have colons; of two lines with the same name the first counts. Returns NULL with the reason in `why`, which names
 * the line if it is one.
 */
struct users *users_read(const char *file, char why[USERS_REASON]);

/* Returns 1 with the password of this user, which lives as long as `users`, or 0. */
int users_find(const struct users *users, struct ehlo_span name, struct ehlo_span *password);

/* Wipes the passwords. NULL is allowed. */
void users_free(struct users *users);

#endif
