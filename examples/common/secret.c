/* SPDX-License-Identifier: ISC
 *
 * Reading and wiping secrets.
 */
#define _POSIX_C_SOURCE 200809L
#include "secret.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LARGEST = 1 << 20
};

/* Returns 0, or an errno. */
static int fill(int fd, char *text, size_t *size)
{
    ssize_t n;

    *size = 0;
    do {
        n = read(fd, text + *size, LARGEST + 1 - *size);
        if (n > 0)
            *size += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    text[*size > LARGEST ? LARGEST : *size] = '\0';
    return n < 0 ? errno : *size > LARGEST ? EFBIG : 0;
}

char *secret_read(const char *file, size_t *size)
{
    char *text = malloc(LARGEST + 1);
    int error, fd;

    if (text == NULL)
        return NULL;
    *size = 0;
    fd = open(file, O_RDONLY | O_CLOEXEC);
    error = fd < 0 ? errno : fill(fd, text, size);
    if (fd >= 0)
        close(fd);
    if (error == 0)
        return text;
    secret_free(text, *size);
    errno = error;
    return NULL;
}

/* Stores to volatile objects are made, though nobody reads them. */
void secret_free(char *secret, size_t size)
{
    volatile char *octet = secret;

    while (secret != NULL && size-- > 0)
        *octet++ = '\0';
    free(secret);
}
