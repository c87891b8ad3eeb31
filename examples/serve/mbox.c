/* SPDX-License-Identifier: ISC
 *
 * An mbox in the mboxrd format. A message is gathered in a nameless file beside the mbox, and copied to the mbox's end
 * under a lock when it is complete: the lock is short, and a slow client holds nobody up.
 */
#define _POSIX_C_SOURCE 200809L
#include "writer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LOCK_TRIES = 100, /* a tenth of a second each */
    COPY = 65536
};

/* fcntl's locks are the process's, and the first close of the file lets go of them: one thread at a time. */
static pthread_mutex_t appending = PTHREAD_MUTEX_INITIALIZER;

/* What stands before the file's own name: its directory. Writes to `name`, which holds `size`. */
static int name_beside(const char *path, const char *tail, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    int directory = slash == NULL ? 0 : (int)(slash - path) + 1;

    return (size_t)snprintf(name, size, "%.*s%s", directory, path, tail) < size ? 0 : -1;
}

static int mbox_open(struct store *store)
{
    char name[4096];
    int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat about;

    store->ready = -1;
    if (fd >= 0 && fstat(fd, &about) == 0 && !S_ISREG(about.st_mode))
        errno = EINVAL;
    else if (fd >= 0 && name_beside(store->path, ".", name, sizeof name) == 0)
        store->ready = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->ready < 0) {
        fprintf(stderr, "serve: %s: %s\n", store->path, strerror(errno));
        return -1;
    }
    close(fd);
    fsync(store->ready);
    return 0;
}

static void mbox_close(struct store *store)
{
    close(store->ready);
}

/* `From sender date`, in the form of asctime(). A space in the sender would look like the end of it. */
static int write_from(struct message *message)
{
    char line[1200], date[32];
    time_t now = time(NULL);
    struct tm utc;
    size_t length = strlen(message->sender);
    char *at;

    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &utc);
    if (length > 2 && length < 1024)
        snprintf(line, sizeof line, "From %.*s", (int)length - 2, message->sender + 1);
    else
        snprintf(line, sizeof line, "From MAILER-DAEMON");
    for (at = line + 5; *at != '\0'; at++)
        if (*at == ' ')
            *at = '-';
    snprintf(at, sizeof line - (size_t)(at - line), " %s\n", date);
    return write_all(message->fd, line, strlen(line));
}

static int mbox_begin(struct message *message)
{
    char name[4096];

    if (name_beside(message->store->path, ".mbox-XXXXXX", name, sizeof name) != 0)
        return ENAMETOOLONG;
    message->fd = mkstemp(name);
    if (message->fd < 0)
        return errno;
    unlink(name);
    message->begun = 1;
    message->lines.quote = 1;
    return write_from(message);
}

static int mbox_append(struct message *message, const char *data, size_t size)
{
    int error = message->begun ? 0 : mbox_begin(message);

    return error == 0 ? write_lines(message, data, size) : error;
}

static int mbox_prepare(struct message *message)
{
    int error = mbox_append(message, "", 0);

    return error == 0 ? write_all(message->fd, "\n", 1) : error;
}

static int is_cancelled(struct message *message)
{
    int cancel;

    pthread_mutex_lock(&message->store->lock);
    cancel = message->cancel;
    pthread_mutex_unlock(&message->store->lock);
    return cancel;
}

/* 1 when the descriptor is still the file of that name: a reader may have moved it away before we had the lock. */
static int is_file(int fd, const char *path)
{
    struct stat held, named;

    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

static int try_lock(int fd)
{
    struct flock all;

    memset(&all, 0, sizeof all);
    all.l_type = F_WRLCK;
    all.l_whence = SEEK_SET;
    if (fcntl(fd, F_SETLK, &all) == 0)
        return 0;
    return errno == EACCES || errno == EINTR ? EAGAIN : errno;
}

/* Opens and locks the file. Another program may hold the lock, but not for ever: that would hold up all the threads. */
static int open_locked(struct message *message, int *fd)
{
    const char *path = message->store->path;
    struct timespec tenth = {0, 100000000};
    int tries, error;

    for (tries = 0; !is_cancelled(message); tries++) {
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        error = *fd < 0 ? errno : try_lock(*fd);
        if (error == 0 && is_file(*fd, path))
            return 0;
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        if ((error != 0 && error != EAGAIN) || tries == LOCK_TRIES)
            return error != 0 ? error : EAGAIN;
        nanosleep(&tenth, NULL);
    }
    return ECANCELED;
}

/* A file that its last writer left in the middle of a line, or without the blank line, gets what is missing. */
static int mend_end(int fd, off_t size)
{
    char end[2] = {'\n', '\n'};
    size_t known = size < 2 ? (size_t)size : 2;

    if (pread(fd, end + 2 - known, known, size - (off_t)known) != (ssize_t)known)
        return EIO;
    if (end[0] == '\n' && end[1] == '\n')
        return 0;
    return write_all(fd, "\n\n", end[1] == '\n' ? 1 : 2);
}

static int copy(int to, int from)
{
    char *buffer = malloc(COPY);
    off_t at = 0;
    ssize_t n = 0;
    int error = buffer == NULL ? ENOMEM : 0;

    while (error == 0 && (n = pread(from, buffer, COPY, at)) > 0) {
        error = write_all(to, buffer, (size_t)n);
        at += n;
    }
    if (error == 0 && n < 0)
        error = errno;
    free(buffer);
    return error;
}

/* The directory comes first: when all octets are safe, nothing may fail any more. */
static int append(int fd, int directory, int from)
{
    off_t size = lseek(fd, 0, SEEK_END);
    int error;

    if (size < 0 || fsync(directory) != 0)
        return errno;
    error = mend_end(fd, size);
    if (error == 0)
        error = copy(fd, from);
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    if (error != 0 && ftruncate(fd, size) == 0)
        fsync(fd);
    return error;
}

/* The file is opened anew for each message: a reader may have moved the old one away. */
static int mbox_publish(struct message *message)
{
    int fd, error;

    pthread_mutex_lock(&appending);
    error = open_locked(message, &fd);
    if (error == 0) {
        error = append(fd, message->store->ready, message->fd);
        close(fd);
    }
    pthread_mutex_unlock(&appending);
    if (error != 0)
        return error;
    close(message->fd);
    message->fd = -1;
    return 0;
}

static void mbox_abandon(struct message *message)
{
    if (message->fd < 0)
        return;
    close(message->fd);
    message->fd = -1;
}

const struct store_kind mbox_kind = {mbox_open, mbox_close, mbox_append, mbox_prepare, mbox_publish, mbox_abandon};
