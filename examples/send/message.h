/* SPDX-License-Identifier: ISC
 *
 * A message as it lies in a file. It is read twice: once for what must be known before MAIL, once to be sent.
 */
#ifndef SEND_MESSAGE_H
#define SEND_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct message {
    const char *path; /* "-": stdin */
    int fd;           /* -1: it is not open */
    int spooled;      /* `fd` is the only way to it */
    off_t start;      /* where in the file it begins */
    uint64_t size;    /* octets of the file */
    uint64_t octets;  /* octets on the wire as RFC 1870 counts them */
    uint32_t facts;   /* EHLO_FACT_ */
    uint64_t read;    /* octets of the file that message_read has given */
};

/*
 * Reads a file to learn its size and facts; what cannot be read twice is copied to a temporary file without a name.
 * Returns 0, or -1 after a message on stderr.
 */
int message_examine(struct message *message, const char *path);

/* Opens it to be sent, from its beginning; it may be sent more than once. Returns as above. */
int message_open(struct message *message);
void message_close(struct message *message);

/* It will not be sent any more. */
void message_forget(struct message *message);

/*
 * Reads up to `size` octets, 0 of them only at the end. Returns -1, after a message on stderr, when they cannot be read
 * or the file is not as long as it was: such a message must not be completed.
 */
ptrdiff_t message_read(struct message *message, char *buffer, size_t size);

#endif
