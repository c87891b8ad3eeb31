/* SPDX-License-Identifier: ISC
 *
 * The envelope of a transaction, and the header lines that are made of it.
 */
#define _POSIX_C_SOURCE 200809L
#include "envelope.h"
#include "verdict.h"
#include <stdlib.h>
#include <string.h>

static int reserve(struct envelope *envelope, size_t more)
{
    size_t capacity = envelope->capacity == 0 ? 128 : envelope->capacity;
    char *text;

    while (capacity - envelope->size < more)
        capacity *= 2;
    if (capacity == envelope->capacity)
        return 0;
    text = realloc(envelope->text, capacity);
    if (text == NULL)
        return -1;
    envelope->text = text;
    envelope->capacity = capacity;
    return 0;
}

const char *envelope_add(struct envelope *envelope, const struct ehlo_path *path, uint32_t rules)
{
    size_t length = 0;
    char *at;

    ehlo_path_format(NULL, 0, &length, path, rules);
    if (reserve(envelope, length + 1) != 0)
        return NULL;
    at = envelope->text + envelope->size;
    if (ehlo_path_format(at, length, &length, path, rules) != 0)
        return NULL;
    at[length] = '\0';
    if (envelope->size > 0)
        envelope->recipients++;
    envelope->size += length + 1;
    return at;
}

void envelope_drop(struct envelope *envelope)
{
    envelope->size--;
    while (envelope->text[envelope->size - 1] != '\0')
        envelope->size--;
    envelope->recipients--;
}

void envelope_clear(struct envelope *envelope)
{
    free(envelope->text);
    memset(envelope, 0, sizeof *envelope);
}

const char *envelope_recipients(const struct envelope *envelope, size_t *size)
{
    size_t sender = strlen(envelope->text) + 1;

    *size = envelope->size - sender;
    return envelope->text + sender;
}

static void write_text(struct message *message, const char *text)
{
    store_write(message, text, strlen(text));
}

/* A path without its brackets, as RFC 9228 has it. */
static void write_mailbox(struct message *message, const char *path)
{
    size_t size = strlen(path);
    int brackets = size >= 2 && path[0] == '<';

    store_write(message, path + brackets, size - 2 * (size_t)brackets);
}

/* The library writes only what the RFC allows; a path that --allow let in stands there as it came. */
static void trace_sender(const char *sender, struct message *message)
{
    struct ehlo_path path;
    char line[1200];
    size_t length;

    if (ehlo_path_parse(&path, sender, strlen(sender), VERDICT_RULES, &length) == 0 &&
        ehlo_return_path_format(line, sizeof line, &length, &path) == 0) {
        store_write(message, line, length);
        return;
    }
    write_text(message, "Return-Path: ");
    write_text(message, sender);
    write_text(message, "\r\n");
}

/* With more than one recipient none is named: a Received field travels on with the message (RFC 5321, 7.2). */
static void trace_received(const struct envelope *envelope, struct ehlo_received *received, struct message *message)
{
    struct ehlo_path recipient;
    const char *text;
    char field[4096];
    size_t size, length;
    int error;

    text = envelope_recipients(envelope, &size);
    if (envelope->recipients == 1 && ehlo_path_parse(&recipient, text, size - 1, VERDICT_RULES, &length) == 0)
        received->recipient = &recipient;
    error = ehlo_received_format(field, sizeof field, &length, received);
    if (error == EHLO_E_VALUE && received->client.size > 0) { /* a claim may be anything */
        received->client.size = 0;
        error = ehlo_received_format(field, sizeof field, &length, received);
    }
    if (error == EHLO_E_VALUE) { /* --allow hello: the client's name may be anything */
        received->hello = received->address;
        error = ehlo_received_format(field, sizeof field, &length, received);
    }
    if (error != 0) {
        received->recipient = NULL;
        error = ehlo_received_format(field, sizeof field, &length, received);
    }
    if (error == 0)
        store_write(message, field, length);
    received->recipient = NULL;
}

void envelope_trace(const struct envelope *envelope, struct ehlo_received *received, struct message *message)
{
    const char *recipient, *end;
    size_t size;

    trace_sender(envelope->text, message);
    recipient = envelope_recipients(envelope, &size);
    for (end = recipient + size; recipient < end; recipient += strlen(recipient) + 1) {
        write_text(message, "Delivered-To: ");
        write_mailbox(message, recipient);
        write_text(message, "\r\n");
    }
    trace_received(envelope, received, message);
}
