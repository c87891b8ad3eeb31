/* SPDX-License-Identifier: ISC
 *
 * Talking to a client session in a test: what a server says, and what is expected of the client. Include it behind
 * cmocka.h.
 */
#ifndef TESTS_TALK_CLIENT_H
#define TESTS_TALK_CLIENT_H

#include <ehlo.h>
#include <string.h>

#include "span.h"

static uint64_t block[EHLO_CLIENT_SIZE / sizeof(uint64_t)];

static inline struct ehlo_client_config plain(void)
{
    struct ehlo_client_config config;

    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    config.hello = span("c.example");
    return config;
}

static inline struct ehlo_client *start(const struct ehlo_client_config *config)
{
    struct ehlo_client *client = NULL;

    memset(block, 0xA5, sizeof block);
    assert_int_equal(ehlo_client_init(&client, block, sizeof block, config), 0);
    assert_ptr_equal(client, block);
    return client;
}

/* What the server says is used up; returns the last event. */
static inline struct ehlo_event hear(struct ehlo_client *client, const char *text)
{
    struct ehlo_event event, last;
    size_t used, at = 0, size = strlen(text);
    int found;

    memset(&last, 0, sizeof last);
    event.size = sizeof event;
    while ((found = ehlo_client_next(client, text + at, size - at, &used, &event)) > 0) {
        at += used;
        last = event;
    }
    if (found == 0)
        assert_int_equal(at + used, size);
    return last;
}

/* The session is over, for this reason, however often one asks. */
static inline void assert_over(struct ehlo_client *client, int error)
{
    struct ehlo_event event = {.size = sizeof event};
    size_t used = 1;
    int i;

    for (i = 0; i < 2; i++) {
        assert_int_equal(ehlo_client_next(client, "250 OK\r\n", 8, &used, &event), error);
        assert_int_equal(used, 0);
    }
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_CLOSE);
}

/* The output so far is this and no more. */
static inline void expect(struct ehlo_client *client, const char *text)
{
    static char out[1 << 16];
    size_t size = ehlo_client_read(client, out, sizeof out - 1);

    out[size] = '\0';
    assert_string_equal(out, text);
}

/* Up to READY; `offered` is the last line of the response to EHLO. */
static inline struct ehlo_client *greet(const struct ehlo_client_config *config, const char *offered)
{
    struct ehlo_client *client = start(config);
    struct ehlo_event event;

    hear(client, "220 mx.example.org\r\n");
    expect(client, "EHLO c.example\r\n");
    hear(client, "250-mx.example.org\r\n");
    event = hear(client, offered);
    assert_int_equal(event.type, EHLO_EVENT_READY);
    return client;
}

static inline struct ehlo_mail mail_from(const char *local, const char *domain)
{
    struct ehlo_mail mail = {.size = sizeof mail};

    mail.path.local = span(local);
    mail.path.domain = span(domain);
    return mail;
}

static inline struct ehlo_rcpt rcpt_to(const char *local, const char *domain)
{
    struct ehlo_rcpt rcpt = {.size = sizeof rcpt};

    rcpt.path.local = span(local);
    rcpt.path.domain = span(domain);
    return rcpt;
}

/* A message may be given: MAIL, RCPT and DATA were accepted by a server that offers this. */
static inline struct ehlo_client *begin_message(const struct ehlo_client_config *config, const char *offered,
                                                uint32_t body)
{
    struct ehlo_client *client = greet(config, offered);
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt = rcpt_to("c", "d");
    static char out[100];

    mail.body = body;
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    ehlo_client_read(client, out, sizeof out);
    hear(client, "250 OK\r\n");
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), 0);
    expect(client, "RCPT TO:<c@d>\r\n");
    hear(client, "250 OK\r\n");
    assert_int_equal(ehlo_client_data(client), 0);
    expect(client, "DATA\r\n");
    hear(client, "354 go on\r\n");
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | EHLO_WANT_BODY);
    return client;
}

#endif
