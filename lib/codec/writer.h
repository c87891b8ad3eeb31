/* SPDX-License-Identifier: ISC
 *
 * The writer under every formatter that promises "all or nothing, and tells the length".
 *
 * A formatter is a function of its own that puts octets to a writer. It runs twice, and the caller's buffer is first
 * touched by the second run:
 *
 *     struct ehlo_writer writer;
 *     int error;
 *
 *     ehlo_writer_count(&writer);
 *     put_path(&writer, path);
 *     error = ehlo_writer_room(&writer, out, capacity, length);
 *     if (error == 0)
 *         put_path(&writer, path);
 *     return error;
 */
#ifndef EHLO_CODEC_WRITER_H
#define EHLO_CODEC_WRITER_H

#include <ehlo/base.h>

struct ehlo_writer {
    char *next;    /* where the next octet goes */
    size_t room;   /* octets that may still be written; 0 while counting */
    size_t length; /* octets put so far, written or not; stays at SIZE_MAX from there on */
};

/* Begins the first run: whatever is put is counted, and not written. */
void ehlo_writer_count(struct ehlo_writer *writer);

/*
 * Begins the only run of one who owns what is behind `out`: the octets are written at once, and what was put fits when
 * `length` is at most `room`.
 */
void ehlo_writer_over(struct ehlo_writer *writer, char *out, size_t room);

/*
 * Ends the first run. `*length` is set to what it counted; EHLO_E_SPACE when that does not fit in `capacity`. Otherwise
 * begins the second run, which writes to `out`, and returns 0. `out` may be NULL when `capacity` is 0, else that is
 * EHLO_E_ARGUMENT.
 */
int ehlo_writer_room(struct ehlo_writer *writer, char *out, size_t capacity, size_t *length);

/* Puts octets. `data` may be NULL when `size` is 0. */
void ehlo_put(struct ehlo_writer *writer, const char *data, size_t size);

void ehlo_put_octet(struct ehlo_writer *writer, char octet);

void ehlo_put_span(struct ehlo_writer *writer, struct ehlo_span span);

/* Puts a constant that ends with a NUL, without the NUL. */
void ehlo_put_string(struct ehlo_writer *writer, const char *string);

/* Puts a number in decimal, with leading zeros up to `width` digits; 0 and 1 mean none. At most 20 digits. */
void ehlo_put_number(struct ehlo_writer *writer, uint64_t number, size_t width);

#endif
