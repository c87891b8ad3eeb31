/* SPDX-License-Identifier: ISC
 *
 * Talking to a server session in a test: what a client says, and what is expected of the replies. Include it behind
 * cmocka.h.
 */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

#include <ehlo.h>
#include <string.h>

static uint64_t block[EHLO_SERVER_SIZE / sizeof(uint64_t)];

static inline struct ehlo_server_config plain(void)
{
    struct ehlo_server_config config;

    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    config.hostname.data = "mx.example.org";
    config.hostname.size = 14;
    return config;
}

static inline struct ehlo_server *start(const struct ehlo_server_config *config)
{
    struct ehlo_server *server = NULL;

    assert_int_equal(ehlo_server_init(&server, block, sizeof block, config), 0);
    return server;
}

/* Gives input that must be used up, or whose question is answered by a yes; returns the last event. */
static inline struct ehlo_event say(struct ehlo_server *server, const char *text)
{
    struct ehlo_event event, last;
    size_t used, at = 0, size = strlen(text);
    int found;

    memset(&last, 0, sizeof last);
    event.size = sizeof event;
    while ((found = ehlo_server_next(server, text + at, size - at, &used, &event)) > 0 || used > 0) {
        at += used;
        if (found > 0) {
            last = event;
            if (event.ticket != 0)
                assert_int_equal(ehlo_server_answer(server, event.ticket, NULL), 0);
        }
    }
    assert_int_equal(at, size);
    return last;
}

/* The output so far begins with this. Throws it away. */
static inline void expect(struct ehlo_server *server, const char *text)
{
    char out[4096];
    size_t size = ehlo_server_read(server, out, sizeof out - 1);

    out[size] = '\0';
    if (strncmp(out, text, strlen(text)) != 0)
        fail_msg("got: %s\nwant: %s", out, text);
}

/* The output so far is this and no more. */
static inline void expect_only(struct ehlo_server *server, const char *text)
{
    char out[4096];
    size_t size = ehlo_server_read(server, out, sizeof out);

    assert_int_equal(size, strlen(text));
    assert_memory_equal(out, text, size);
}

static inline void begin_message(struct ehlo_server *server)
{
    say(server, "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    expect(server, "220");
}

static inline struct ehlo_event open_question(struct ehlo_server *server, const char *text)
{
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    assert_true(ehlo_server_next(server, text, strlen(text), &used, &event) > 0);
    assert_true(event.ticket != 0);
    return event;
}

static inline struct ehlo_reply reply(uint16_t code, uint16_t class_, const char *text)
{
    struct ehlo_reply r = {.size = sizeof r, .code = code};

    r.status[0] = class_;
    r.text.data = text;
    r.text.size = strlen(text);
    return r;
}

#endif
