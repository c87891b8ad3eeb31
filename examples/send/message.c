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

static ssize_t read_some(int fd, char *buffer, size_t size)
{
    ssize_t n;

    do
        n = read(fd, buffer, size);
    while (n < 0 && errno == EINTR);
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

    while (copy >= 0 && (n = read_some(fd, piece, sizeof piece)) > 0)
        if (write_all(copy, piece, (size_t)n) != 0)
            n = -1;
    if (copy >= 0 && (n < 0 || lseek(copy, 0, SEEK_SET) < 0)) {
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
    off_t start = lseek(message->fd, 0, SEEK_CUR);

    ehlo_stuff_init(&stuff);
    while ((n = read_some(message->fd, piece, sizeof piece)) > 0) {
        message->size += (uint64_t)n;
        for (at = 0; at < (size_t)n; at += used)
            (void)ehlo_stuff(&stuff, piece + at, (size_t)n - at, &used, runs, RUNS, &filled);
    }
    (void)ehlo_stuff_end(&stuff, runs);
    message->octets = stuff.octets;
    message->facts = stuff.facts;
    return n < 0 || lseek(message->fd, start, SEEK_SET) < 0 ? -1 : 0;
}

int message_open(struct message *message, const char *path)
{
    const int from_stdin = strcmp(path, "-") == 0;
    const char *name = from_stdin ? "stdin" : path;
    struct stat status;
    int fd = from_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

    memset(message, 0, sizeof *message);
    message->fd = fd;
    if (fd < 0 || fstat(fd, &status) != 0)
        return failed(name);
    if (!S_ISREG(status.st_mode)) {
        message->fd = spool(fd);
        close(fd);
    }
    if (message->fd < 0 || examine(message) != 0)
        return failed(name);
    return 0;
}

void message_close(struct message *message)
{
    if (message->fd >= 0)
        close(message->fd);
    message->fd = -1;
}

ptrdiff_t message_read(struct message *message, char *buffer, size_t size)
{
    ssize_t n = read_some(message->fd, buffer, size);

    if (n < 0)
        return failed("reading the message");
    message->read += (uint64_t)n;
    if (message->read > message->size || (n == 0 && message->read < message->size)) {
        fprintf(stderr, "send: the file has changed while it was sent\n");
        return -1;
    }
    return n;
}
