/* SPDX-License-Identifier: ISC
 *
 * --trace: a line a record, written at once so that records of many programs do not mix.
 */
#define _POSIX_C_SOURCE 200809L
#include "dialogue.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    RECORD = 4096
};

/* Controls escaped. What does not fit is left out, and "..." says so. */
static void record(const struct dialogue *dialogue, const char *side, const char *text, size_t size)
{
    char out[RECORD];
    struct timespec now;
    struct tm local;
    size_t length, i;
    ssize_t ignored;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    length = strftime(out, sizeof out, "%H:%M:%S", &local);
    length += (size_t)snprintf(out + length, sizeof out - length, ".%03ld #%lu %s", now.tv_nsec / 1000000,
                               dialogue->number, side);
    for (i = 0; i < size && length < sizeof out - 8; i++) {
        unsigned char octet = (unsigned char)text[i];

        if (octet < ' ' || octet > '~')
            length += (size_t)snprintf(out + length, sizeof out - length, "\\x%02X", octet);
        else
            out[length++] = text[i];
    }
    if (i < size) {
        memcpy(out + length, "...", 3);
        length += 3;
    }
    out[length++] = '\n';
    ignored = write(STDERR_FILENO, out, length);
    (void)ignored;
}

/* An AUTH command's argument is a secret, whether the command is taken or not, and well-formed or not. */
static void client_line(const struct dialogue *dialogue, const char *line, size_t size)
{
    static const char hidden[] = "AUTH (hidden)";

    if (size > 4 && strncasecmp(line, "AUTH", 4) == 0)
        record(dialogue, "C: ", hidden, sizeof hidden - 1);
    else
        record(dialogue, "C: ", line, size);
}

/* Each line without its CRLF; what is behind the last one counts as a line. */
static void each_line(const struct dialogue *dialogue, const char *data, size_t size,
                      void (*print)(const struct dialogue *, const char *, size_t))
{
    const char *end;
    size_t length;

    while (size > 0) {
        end = memchr(data, '\n', size);
        length = end == NULL ? size : (size_t)(end - data) + 1;
        if (end != NULL && end > data && end[-1] == '\r')
            print(dialogue, data, length - 2);
        else
            print(dialogue, data, length);
        data += length;
        size -= length;
    }
}

static void server_line(const struct dialogue *dialogue, const char *line, size_t size)
{
    record(dialogue, "S: ", line, size);
}

static void tell_octets(struct dialogue *dialogue)
{
    char text[64];
    int length;

    if (dialogue->octets == 0)
        return;
    length = snprintf(text, sizeof text, "(%" PRIu64 " octets of message)", dialogue->octets);
    record(dialogue, "C: ", text, (size_t)length);
    dialogue->octets = 0;
}

void dialogue_note(struct dialogue *dialogue, const char *what, const char *which)
{
    char text[256];
    int length;

    if (dialogue->number == 0)
        return;
    tell_octets(dialogue);
    length = snprintf(text, sizeof text, "%s%s", what, which);
    record(dialogue, "", text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}

/* How many of the octets belong to the message. A session may take its end and the commands behind it in one go. */
static size_t message_octets(struct dialogue *dialogue, const char *data, size_t size)
{
    struct ehlo_span piece;
    size_t used, total = 0;
    int found;

    if (!dialogue->receiving)
        ehlo_unstuff_init(&dialogue->message, EHLO_NEWLINE_KEEP);
    dialogue->receiving = 1;
    do {
        found = ehlo_unstuff(&dialogue->message, data + total, size - total, &used, &piece);
        total += used;
    } while (found == EHLO_UNSTUFF_PIECE);
    dialogue->receiving = found != EHLO_UNSTUFF_END;
    return dialogue->receiving ? size : total;
}

void dialogue_client(struct dialogue *dialogue, const char *data, size_t size, int message)
{
    size_t octets;

    if (dialogue->number == 0 || size == 0)
        return;
    dialogue->receiving &= message;
    octets = message ? message_octets(dialogue, data, size) : 0;
    dialogue->octets += octets;
    if (octets == size)
        return;
    tell_octets(dialogue);
    each_line(dialogue, data + octets, size - octets, client_line);
}

void dialogue_message(struct dialogue *dialogue, size_t size)
{
    if (dialogue->number != 0)
        dialogue->octets += size;
}

void dialogue_server(struct dialogue *dialogue, const char *data, size_t size)
{
    if (dialogue->number == 0 || size == 0)
        return;
    tell_octets(dialogue);
    each_line(dialogue, data, size, server_line);
}
