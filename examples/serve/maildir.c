/* SPDX-License-Identifier: ISC
 *
 * Maildir: a message is written to tmp and renamed into new, where a reader sees all of it or nothing.
 */
#define _POSIX_C_SOURCE 200809L
#include "writer.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    STALE = 36 * 60 * 60
}; /* seconds after which a file in tmp is nobody's any more */

static void remove_stale(int directory)
{
    DIR *list = fdopendir(dup(directory));
    struct dirent *entry;
    struct stat about;

    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL)
        if (fstatat(directory, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) &&
            about.st_mtime < time(NULL) - STALE)
            unlinkat(directory, entry->d_name, 0);
    closedir(list);
}

/* Opens a directory of the maildir, made if it is missing. */
static int open_directory(int parent, const char *name)
{
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The maildir itself may be new, and is as safe as the entry in the directory above. */
static void sync_above(int top)
{
    int above = openat(top, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (above >= 0) {
        fsync(above);
        close(above);
    }
}

static int maildir_open(struct store *store)
{
    int top = open_directory(AT_FDCWD, store->path), current = -1;

    store->pending = store->ready = -1;
    if (top >= 0) {
        store->pending = open_directory(top, "tmp");
        store->ready = open_directory(top, "new");
        current = open_directory(top, "cur");
    }
    if (current < 0 || store->pending < 0 || store->ready < 0 || faccessat(store->pending, ".", W_OK, 0) != 0 ||
        faccessat(store->ready, ".", W_OK, 0) != 0) {
        fprintf(stderr, "serve: %s: %s\n", store->path, strerror(errno));
        return -1;
    }
    fsync(top);
    sync_above(top);
    close(top);
    close(current);
    remove_stale(store->pending);
    return 0;
}

static void maildir_close(struct store *store)
{
    close(store->pending);
    close(store->ready);
}

static int maildir_append(struct message *message, const char *data, size_t size)
{
    if (!message->begun) {
        message->fd = openat(message->store->pending, message->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (message->fd < 0)
            return errno;
        message->begun = 1;
    }
    return write_lines(message, data, size);
}

static int maildir_prepare(struct message *message)
{
    int error = maildir_append(message, "", 0);

    return error == 0 && fsync(message->fd) != 0 ? errno : error;
}

static int maildir_publish(struct message *message)
{
    struct store *store = message->store;
    int fd = message->fd;

    message->fd = -1;
    /* close tells what a network file system could not write */
    if (close(fd) != 0 || renameat(store->pending, message->name, store->ready, message->name) != 0 ||
        fsync(store->ready) != 0)
        return errno;
    return 0;
}

/* A failure may have come behind the rename: then nobody may find the message, for the client will send it again. */
static void maildir_abandon(struct message *message)
{
    if (!message->begun)
        return;
    if (message->fd >= 0)
        close(message->fd);
    message->fd = -1;
    message->begun = 0;
    unlinkat(message->store->pending, message->name, 0);
    unlinkat(message->store->ready, message->name, 0);
}

const struct store_kind maildir_kind = {maildir_open,    maildir_close,   maildir_append,
                                        maildir_prepare, maildir_publish, maildir_abandon};
