/* SPDX-License-Identifier: ISC
 *
 * Copies that end exactly at an unreadable page, so that a parser that reads one octet too many is caught at once.
 */
#ifndef TESTS_FLUSH_H
#define TESTS_FLUSH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The octets that flush_copy maps for a copy of `size` octets, without the unreadable page. */
static inline size_t flush_room(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return size / page * page + (size % page != 0 ? page : 0);
}

/*
 * A copy of `size` octets at `data`; the octet behind it cannot be read, even when `size` is 0. Never NULL: without
 * memory the test program ends.
 */
static inline char *flush_copy(const void *data, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = flush_room(size);
    char *map = (char *)mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == (char *)MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
        perror("flush_copy");
        exit(99);
    }
    if (size > 0)
        memcpy(map + room - size, data, size);
    return map + room - size;
}

/* Gives a copy back; `size` is what it was made with. */
static inline void flush_free(char *copy, size_t size)
{
    munmap(copy + size - flush_room(size), flush_room(size) + (size_t)sysconf(_SC_PAGESIZE));
}

#endif
