/* SPDX-License-Identifier: ISC
 *
 * The message store: chunks in memory, a queue of messages that have some, and threads that write them. A message is
 * in the queue or with one thread, never both, so that its octets keep their order.
 */
#define _POSIX_C_SOURCE 200809L
#include "store.h"
#include "writer.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK_FIRST = 4096, /* most messages are small */
    CHUNK = 65536,
    FULL = 262144
};

static void free_chunks(struct chunk *chunk)
{
    struct chunk *next;

    for (; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
}

static void free_message(struct message *message)
{
    free_chunks(message->chunks);
    free(message->filling);
    free(message->sender);
    free(message);
}

/* --- under the lock */

/* Puts it before a thread, if it is not there yet. */
static void enqueue(struct message *message)
{
    struct store *store = message->store;

    if (message->queued)
        return;
    message->queued = 1;
    message->next_queued = NULL;
    *store->queue_end = message;
    store->queue_end = &message->next_queued;
    pthread_cond_signal(&store->work);
}

/* Puts it before the loop. The octet in the pipe wakes it; a full pipe has woken it already. */
static void announce(struct message *message)
{
    struct store *store = message->store;

    if (message->told)
        return;
    message->told = 1;
    message->next_news = store->news;
    store->news = message;
    if (message->next_news == NULL)
        while (write(store->news_write, "", 1) < 0 && errno == EINTR)
            ;
}

/* --- the threads' side */

static int write_chunks(struct message *message, const struct chunk *chunk, size_t *size)
{
    int error = 0;

    for (*size = 0; chunk != NULL; chunk = chunk->next) {
        if (error == 0)
            error = message->store->kind->append(message, chunk->data, chunk->size);
        *size += chunk->size;
    }
    return error;
}

/*
 * Does what there is to do for a message. Comes with the lock and leaves with it, and lets go of it while it works. The
 * last moment to cancel a message is when all of it is on the disk and none of it in sight.
 */
static void work_on(struct message *message)
{
    const struct store_kind *kind = message->store->kind;
    pthread_mutex_t *lock = &message->store->lock;
    struct chunk *chunks = message->chunks;
    int commit = message->commit, cancel = message->cancel, error = message->error;
    size_t size;

    message->chunks = NULL;
    message->chunks_end = &message->chunks;
    pthread_mutex_unlock(lock);
    size = 0;
    if (!cancel && error == 0)
        error = write_chunks(message, chunks, &size);
    free_chunks(chunks);
    if (!cancel && error == 0 && commit)
        error = kind->prepare(message);
    if (error != 0)
        kind->abandon(message); /* at once: the disk may be full */
    pthread_mutex_lock(lock);

    cancel = message->cancel;
    if (error == 0)
        error = message->error; /* the loop's: no memory for a chunk */
    message->error = error;
    message->written += size;
    if (cancel || commit) {
        pthread_mutex_unlock(lock);
        if (!cancel && error == 0)
            error = kind->publish(message);
        if (cancel || error != 0)
            kind->abandon(message);
        pthread_mutex_lock(lock);
        message->error = error;
        message->done = 1;
        message->waiting = 0; /* one whose message is done may ask for it once more: LMTP does for each recipient */
        announce(message);
    } else if (message->waiting && (error != 0 || message->given - message->written <= FULL / 2)) {
        message->waiting = 0;
        announce(message);
    }
    message->queued = 0;
    if (!message->done && (message->chunks != NULL || message->commit || message->cancel))
        enqueue(message);
}

static void *serve_queue(void *argument)
{
    struct store *store = argument;
    struct message *message;

    pthread_mutex_lock(&store->lock);
    for (;;) {
        while ((message = store->queue) == NULL && !store->closing) {
            store->idle++;
            pthread_cond_signal(&store->rest);
            pthread_cond_wait(&store->work, &store->lock);
            store->idle--;
        }
        if (message == NULL)
            break;
        store->queue = message->next_queued;
        if (store->queue == NULL)
            store->queue_end = &store->queue;
        work_on(message);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* --- the loop's side: messages */

struct message *store_begin(struct store *store, void *owner, const char *sender)
{
    struct message *message = calloc(1, sizeof *message);
    struct timespec now;
    int length;
    char *at;

    if (message == NULL)
        return NULL;
    message->sender = strdup(sender);
    if (message->sender == NULL) {
        free(message);
        return NULL;
    }
    message->store = store;
    message->owner = owner;
    message->fd = -1;
    message->chunks_end = &message->chunks;
    clock_gettime(CLOCK_REALTIME, &now);
    length = snprintf(message->name, sizeof message->name, "%lld.M%06ldP%ldQ%lu.", (long long)now.tv_sec,
                      now.tv_nsec / 1000, (long)getpid(), ++store->named);
    at = message->name + length;
    snprintf(at, sizeof message->name - (size_t)length, "%s", store->host);
    for (; *at != '\0'; at++)
        if (*at == '/' || *at == ':')
            *at = '_'; /* neither may stand in a maildir's names */
    return message;
}

const char *store_name(const struct message *message)
{
    return message->name;
}

/* Gives the chunk that was being filled to the threads. */
static void hand_over(struct message *message)
{
    struct chunk *chunk = message->filling;

    if (chunk == NULL)
        return;
    message->filling = NULL;
    pthread_mutex_lock(&message->store->lock);
    if (message->error != 0)
        message->failed = 1;
    message->given += chunk->size;
    *message->chunks_end = chunk;
    message->chunks_end = &chunk->next;
    enqueue(message);
    pthread_mutex_unlock(&message->store->lock);
}

static struct chunk *new_chunk(struct message *message)
{
    size_t capacity = message->given == 0 ? CHUNK_FIRST : CHUNK;
    struct chunk *chunk = malloc(sizeof *chunk + capacity);

    if (chunk == NULL) {
        pthread_mutex_lock(&message->store->lock);
        message->error = ENOMEM;
        pthread_mutex_unlock(&message->store->lock);
        message->failed = 1;
        return NULL;
    }
    chunk->next = NULL;
    chunk->size = 0;
    chunk->capacity = capacity;
    return chunk;
}

void store_write(struct message *message, const char *data, size_t size)
{
    struct chunk *chunk;
    size_t part;

    if (message->store->kind == NULL)
        return;
    while (size > 0 && !message->failed) {
        chunk = message->filling;
        if (chunk == NULL && (chunk = message->filling = new_chunk(message)) == NULL)
            return;
        part = chunk->capacity - chunk->size;
        if (part > size)
            part = size;
        memcpy(chunk->data + chunk->size, data, part);
        chunk->size += part;
        data += part;
        size -= part;
        if (chunk->size == chunk->capacity)
            hand_over(message);
    }
}

int store_full(struct message *message)
{
    if (message->failed || (!message->full && message->given - message->seen <= FULL))
        return 0;
    pthread_mutex_lock(&message->store->lock);
    message->seen = message->written;
    if (!message->full)
        message->waiting = message->given - message->seen > FULL && message->error == 0;
    message->full = message->waiting; /* once it is, only the writer's news end it: none may get lost */
    pthread_mutex_unlock(&message->store->lock);
    return message->full;
}

int store_commit(struct message *message)
{
    struct store *store = message->store;

    if (store->kind == NULL) {
        message->done = 1;
        return 1;
    }
    hand_over(message);
    pthread_mutex_lock(&store->lock);
    message->commit = 1;
    enqueue(message);
    pthread_mutex_unlock(&store->lock);
    return 0;
}

int store_result(struct message *message)
{
    int result;

    pthread_mutex_lock(&message->store->lock);
    result = message->done ? message->error : -1;
    pthread_mutex_unlock(&message->store->lock);
    return result;
}

/* If it is in the news once more, store_news will free it. */
void store_release(struct message *message)
{
    int told;

    pthread_mutex_lock(&message->store->lock);
    told = message->told;
    message->owner = NULL;
    pthread_mutex_unlock(&message->store->lock);
    if (!told)
        free_message(message);
}

void store_cancel(struct message *message)
{
    struct store *store = message->store;

    if (store->kind == NULL) {
        free_message(message);
        return;
    }
    pthread_mutex_lock(&store->lock);
    message->owner = NULL;
    message->cancel = 1;
    if (!message->done)
        enqueue(message);
    pthread_mutex_unlock(&store->lock);
}

/* A message without an owner lives until it is done; one with an owner is the owner's to release. */
void store_news(struct store *store, void (*tell)(void *owner))
{
    struct message *news, *message;
    char octets[64];

    while (read(store->news_read, octets, sizeof octets) > 0)
        ;
    pthread_mutex_lock(&store->lock);
    news = store->news;
    store->news = NULL;
    while ((message = news) != NULL) {
        void *owner = message->owner;
        int done = message->done;

        news = message->next_news;
        message->told = 0;
        pthread_mutex_unlock(&store->lock);
        if (owner != NULL)
            tell(owner);
        else if (done)
            free_message(message);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
}

/* --- the loop's side: the store */

static int start_threads(struct store *store)
{
    int i, error;

    for (i = 0; i < STORE_THREADS; i++) {
        error = pthread_create(&store->threads[i], NULL, serve_queue, store);
        if (error != 0) {
            fprintf(stderr, "serve: cannot start a thread: %s\n", strerror(error));
            return -1;
        }
    }
    return 0;
}

int store_open(struct store **opened, enum store_where where, const char *path, const char *host, int raw)
{
    struct store *store = calloc(1, sizeof *store);
    int ends[2];

    if (store == NULL || pipe(ends) != 0) {
        perror("serve: the store");
        free(store);
        return -1;
    }
    *opened = store;
    store->news_read = ends[0];
    store->news_write = ends[1];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    store->kind = where == STORE_MAILDIR ? &maildir_kind : where == STORE_MBOX ? &mbox_kind : NULL;
    store->path = path;
    store->host = host;
    store->raw = raw;
    store->queue_end = &store->queue;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->work, NULL);
    pthread_cond_init(&store->rest, NULL);
    if (store->kind == NULL)
        return 0;
    return store->kind->open(store) == 0 ? start_threads(store) : -1;
}

/* Cancelled messages have no owner: nobody is told anything any more. */
static void ignore(void *owner)
{
    (void)owner;
}

int store_close(struct store *store, unsigned int seconds)
{
    struct timespec until;
    int i, late = 0;

    if (store->kind != NULL) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (time_t)seconds;
        pthread_mutex_lock(&store->lock);
        while (!late && (store->queue != NULL || store->idle < STORE_THREADS))
            late = pthread_cond_timedwait(&store->rest, &store->lock, &until) != 0;
        store->closing = 1;
        pthread_cond_broadcast(&store->work);
        pthread_mutex_unlock(&store->lock);
        if (late)
            return -1;
        for (i = 0; i < STORE_THREADS; i++)
            pthread_join(store->threads[i], NULL);
        store_news(store, ignore);
        store->kind->close(store);
    }
    close(store->news_read);
    close(store->news_write);
    pthread_cond_destroy(&store->rest);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->lock);
    free(store);
    return 0;
}

int store_descriptor(const struct store *store)
{
    return store->news_read;
}
