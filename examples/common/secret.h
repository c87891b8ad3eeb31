/* SPDX-License-Identifier: ISC
 *
 * Files that hold secrets.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stddef.h>

/* Reads a whole file of up to a megabyte, with a NUL behind it. Returns NULL with errno set. */
char *secret_read(const char *file, size_t *size);

/* Wipes and frees what secret_read gave. NULL is allowed. */
void secret_free(char *secret, size_t size);

#endif
