/* SPDX-License-Identifier: ISC
 *
 * What the drivers of both sides write down, and how they offer input: the octets flush against an unreadable page.
 */
#ifndef TESTS_DRIVE_TEXT_H
#define TESTS_DRIVE_TEXT_H

#include <ehlo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    DRIVE_TEXT = 1 << 18,
    DRIVE_PAGE = 1 << 17
};

struct drive_text {
    char data[DRIVE_TEXT];
    size_t size;
};

static inline void drive_fail(const char *what)
{
    fprintf(stderr, "drive: %s\n", what);
    abort();
}

static inline void drive_put(struct drive_text *text, const char *data, size_t size)
{
    if (size > sizeof text->data - text->size)
        drive_fail("too much text");
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
}

static inline void drive_say(struct drive_text *text, const char *string)
{
    drive_put(text, string, strlen(string));
}

/* Escapes as the transcripts do, so that each event is one line. */
static inline void drive_escape(struct drive_text *text, struct ehlo_span span)
{
    char hex[8];
    size_t i;

    for (i = 0; i < span.size; i++) {
        unsigned char c = (unsigned char)span.data[i];

        if (c == '\r' || c == '\n' || c == '\\') {
            drive_say(text, c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\\\");
        } else if (c < 32 || c > 126) {
            snprintf(hex, sizeof hex, "\\x%02X", c);
            drive_say(text, hex);
        } else {
            drive_put(text, span.data + i, 1);
        }
    }
}

/* The inverse; returns how many octets it made. */
static inline size_t drive_unescape(char *out, const char *in)
{
    size_t size = 0;
    unsigned value;

    while (*in != '\0') {
        if (in[0] == '\\' && (in[1] == 'r' || in[1] == 'n' || in[1] == '\\')) {
            out[size++] = (char)(in[1] == 'r' ? '\r' : in[1] == 'n' ? '\n' : '\\');
            in += 2;
        } else if (in[0] == '\\' && in[1] == 'x' && sscanf(in + 2, "%2x", &value) == 1) {
            out[size++] = (char)value;
            in += 4;
        } else {
            out[size++] = *in++;
        }
    }
    return size;
}

static inline uint32_t drive_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* The end of a page of which the next one is unreadable. */
static inline char *drive_page(void)
{
    char *page = mmap(NULL, 2 * DRIVE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED || mprotect(page + DRIVE_PAGE, DRIVE_PAGE, PROT_NONE) != 0)
        drive_fail("mmap");
    return page + DRIVE_PAGE;
}

/* These octets as the last ones before the end of such a page. */
static inline char *drive_flush(char *end, const char *data, size_t size)
{
    if (size > DRIVE_PAGE)
        drive_fail("too much at once");
    if (size > 0)
        memcpy(end - size, data, size);
    return end - size;
}

/* How many positions of a text are cut in pairs: their square takes time, and ten times as much under sanitizers. */
#if defined(__SANITIZE_ADDRESS__)
#define DRIVE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRIVE_SANITIZED 1
#endif
#endif
#if defined(DRIVE_SANITIZED)
#define DRIVE_PAIRS 40
#else
#define DRIVE_PAIRS 100
#endif

#endif
