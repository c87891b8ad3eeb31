/* SPDX-License-Identifier: ISC
 *
 * Messages in files.
 */
#define _POSIX_C_SOURCE 200809L
#include "message.h"
#include <ehlo.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE = 1 << 16,
    RUNS = 64
};

static char piece[PIECE];

static int failed(const char *what)
{
    fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
    return -1;
}

/* Reads what follows the octets that were read of the message. */
static ssize_t read_next(struct message *message, char *buffer, size_t size)
{
    const ssize_t n = pread(message->fd, buffer, size, message->start + (off_t)message->read);

    message->read += n > 0 ? (uint64_t)n : 0;
    return n;
}

static int write_all(int fd, const char *data, size_t size)
{
    ssize_t n;

    for (; size > 0; data += n, size -= (size_t)n)
        if ((n = write(fd, data, size)) < 0) {
            if (errno != EINTR)
                return -1;
            n = 0;
        }
    return 0;
}

/* Copies what can be read only once to a file without a name. Returns its descriptor, or -1. */
static int spool(int fd)
{
    FILE *file = tmpfile();
    int copy = file == NULL ? -1 : dup(fileno(file));
    ssize_t n = 0;

    while (copy >= 0 && (n = read(fd, piece, sizeof piece)) > 0)
        if (write_all(copy, piece, (size_t)n) != 0)
            n = -1;
    if (copy >= 0 && n < 0) {
        close(copy);
        copy = -1;
    }
    if (file != NULL)
        fclose(file);
    return copy;
}

/* What would go out for the file. */
static int examine(struct message *message)
{
    struct ehlo_span runs[RUNS];
    struct ehlo_stuff stuff;
    size_t at, used, filled;
    ssize_t n;

    ehlo_stuff_init(&stuff);
    while ((n = read_next(message, piece, sizeof piece)) > 0)
        for (at = 0; at < (size_t)n; at += used)
            (void)ehlo_stuff(&stuff, piece + at, (size_t)n - at, &used, runs, RUNS, &filled);
    (void)ehlo_stuff_end(&stuff, runs);
    message->octets = stuff.octets;
    message->facts = stuff.facts;
    message->size = message->read;
    message->read = 0;
    return n < 0 ? -1 : 0;
}

static int is_stdin(const struct message *message)
{
    return strcmp(message->path, "-") == 0;
}

static int open_file(struct message *message)
{
    message->fd = is_stdin(message) ? dup(STDIN_FILENO) : open(message->path, O_RDONLY | O_CLOEXEC);
    return message->fd < 0 ? -1 : 0;
}

int message_examine(struct message *message, const char *path)
{
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    struct stat status;
    int fd;

    memset(message, 0, sizeof *message);
    message->path = path;
    if (open_file(message) != 0 || fstat(message->fd, &status) != 0)
        return failed(name);
    if (!S_ISREG(status.st_mode)) {
        fd = message->fd;
        message->fd = spool(fd);
        message->spooled = 1;
        close(fd);
    } else if (is_stdin(message)) {
        message->start = lseek(message->fd, 0, SEEK_CUR);
    }
    if (message->fd < 0 || examine(message) != 0)
        return failed(name);
    if (S_ISREG(status.st_mode))
        message_close(message);
    return 0;
}

int message_open(struct message *message)
{
    return message->fd >= 0 || open_file(message) == 0 ? 0 : failed(message->path);
}

void message_close(struct message *message)
{
    message->read = 0;
    if (!message->spooled)
        message_forget(message);
}

void message_forget(struct message *message)
{
    if (message->path != NULL && message->fd >= 0)
        close(message->fd);
    message->fd = -1;
}

ptrdiff_t message_read(struct message *message, char *buffer, size_t size)
{
    const ssize_t n = read_next(message, buffer, size);

    if (n < 0)
        return failed("reading the message");
    if (message->read > message->size || (n == 0 && message->read < message->size)) {
        fprintf(stderr, "send: the file has changed while it was sent\n");
        return -1;
    }
    return n;
}
