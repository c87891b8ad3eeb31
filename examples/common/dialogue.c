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

static const char hidden[] = "(hidden)";

static int begins(const char *line, size_t size, const char *word)
{
    const size_t length = strlen(word);

    return size >= length && strncasecmp(line, word, length) == 0;
}

/* A line without its CRLF. */
static size_t bare(const char *line, size_t size)
{
    const int lf = size > 0 && line[size - 1] == '\n', crlf = lf && size > 1 && line[size - 2] == '\r';

    return crlf ? size - 2 : size;
}

/* Octets up to the end of a line, or as many as there are. */
static size_t line_size(const char *data, size_t size)
{
    const char *end = memchr(data, '\n', size);

    return end == NULL ? size : (size_t)(end - data) + 1;
}

/* BDAT tells how many octets follow that are no lines, whatever is answered. */
static void note_chunk(struct dialogue *dialogue, const char *line, size_t size)
{
    struct ehlo_command command;
    size_t at;

    if (begins(line, size, "DATA"))
        dialogue->chunked = 0;
    if (!begins(line, size, "BDAT") || ehlo_command_parse(&command, line, size, 0, &at) != 0)
        return;
    dialogue->chunked = 1;
    dialogue->chunk = command.octets;
}

/*
 * An AUTH command's argument is a secret, whether the command is taken or not, and well-formed or not; and so is what
 * is behind it as long as there was no end of a line.
 */
static void client_line(struct dialogue *dialogue, const char *line, size_t size)
{
    const size_t length = bare(line, size);
    const int ends = line[size - 1] == '\n';
    size_t blank = 0;

    while (blank < length && (line[blank] == ' ' || line[blank] == '\t'))
        blank++;

    if (dialogue->secret) {
        if (ends)
            record(dialogue, "C: ", hidden, sizeof hidden - 1);
        dialogue->secret = !ends;
    } else if (length > blank + 4 && begins(line + blank, length - blank, "AUTH")) {
        record(dialogue, "C: ", "AUTH (hidden)", 13);
        dialogue->secret = !ends;
    } else {
        record(dialogue, "C: ", line, length);
        note_chunk(dialogue, line, length);
    }
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

void dialogue_hide(struct dialogue *dialogue)
{
    dialogue->secret = 1;
}

void dialogue_client(struct dialogue *dialogue, const char *data, size_t size, int message)
{
    size_t octets;

    if (dialogue->number == 0)
        return;
    dialogue->receiving &= message;
    for (; size > 0; data += octets, size -= octets) {
        if (dialogue->chunk > 0) {
            octets = dialogue->chunk < size ? (size_t)dialogue->chunk : size;
            dialogue->chunk -= octets;
            dialogue->octets += octets;
        } else if (message && !dialogue->chunked) {
            octets = message_octets(dialogue, data, size);
            dialogue->octets += octets;
            message = 0;
        } else {
            octets = line_size(data, size);
            tell_octets(dialogue);
            client_line(dialogue, data, octets);
        }
    }
}

void dialogue_message(struct dialogue *dialogue, size_t size)
{
    if (dialogue->number != 0)
        dialogue->octets += size;
}

/* 334 is a challenge, and may be nobody else's business. */
void dialogue_server(struct dialogue *dialogue, const char *data, size_t size)
{
    size_t octets;

    if (dialogue->number == 0 || size == 0)
        return;
    tell_octets(dialogue);
    for (; size > 0; data += octets, size -= octets) {
        octets = line_size(data, size);
        if (begins(data, octets, "334"))
            record(dialogue, "S: ", "334 (hidden)", 12);
        else
            record(dialogue, "S: ", data, bare(data, octets));
    }
}
