/* SPDX-License-Identifier: ISC
 *
 * The bounds of a client session: each at its last good value and at the first bad one, and many of a thing.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flush.h"
#include "talk_client.h"
#include "say.h"

/* A reply line of so many octets, CRLF included. */
static const char *reply_line(const char *begin, size_t size)
{
    static char line[5000];

    memset(line, 'x', size);
    memcpy(line, begin, strlen(begin));
    memcpy(line + size - 2, "\r\n", 3);
    return line;
}

static void test_line_max(void **state)
{
    static const uint32_t bounds[] = {512, 0, 2000};
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_event event;
    size_t i, max;

    (void)state;
    for (i = 0; i < 3; i++) {
        c.line_max = bounds[i];
        max = ehlo_client_line_max(&c);
        assert_int_equal(max, bounds[i] == 0 ? EHLO_CLIENT_LINE_MAX : bounds[i]);
        client = start(&c);
        event = hear(client, reply_line("220 ", max));
        assert_int_equal(event.line.size, max - 2);
        expect(client, "EHLO c.example\r\n");
        client = start(&c);
        hear(client, reply_line("220 ", max + 1));
        assert_over(client, EHLO_E_PROTOCOL);
    }
}

/* A line that never ends is not waited for: nor is one that has a bare newline or a NUL. */
static void test_line_at_once(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_client *client;
    char *line = flush_copy(reply_line("220 ", 1100), 1100);
    size_t size, used;
    int found;

    (void)state;
    client = start(&c);
    for (size = 0; size < 1100; size++) {
        /* the buffer that the library asks for is enough */
        assert_true(size <= EHLO_CLIENT_LINE_MAX);
        found =
            ehlo_client_next(client, memcpy(line + 1100 - size, reply_line("220 ", 1100), size), size, &used, &event);
        if (found != 0)
            break;
        assert_int_equal(used, 0);
        assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
    }
    assert_int_equal(found, EHLO_E_PROTOCOL);
    assert_int_equal(size, EHLO_CLIENT_LINE_MAX - 1);
    flush_free(line, 1100);

    assert_int_equal(ehlo_client_next(start(&c), "220 x\ny", 7, &used, &event), EHLO_E_PROTOCOL);
    assert_int_equal(ehlo_client_next(start(&c), "220 x\ry", 7, &used, &event), EHLO_E_PROTOCOL);
    assert_int_equal(ehlo_client_next(start(&c), "220 x\r", 6, &used, &event), 0);
    assert_int_equal(ehlo_client_next(start(&c), "220\0x", 5, &used, &event), EHLO_E_PROTOCOL);
    assert_int_equal(ehlo_client_next(start(&c), "\n", 1, &used, &event), EHLO_E_PROTOCOL);
}

static void test_reply_max(void **state)
{
    static const uint32_t bounds[] = {1, 2, 0, 1000};
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    uint32_t i, j, max;
    int extra;

    (void)state;
    for (i = 0; i < 4; i++) {
        c.reply_max = bounds[i];
        max = bounds[i] == 0 ? 100 : bounds[i];
        for (extra = 0; extra < 2; extra++) {
            client = start(&c);
            hear(client, "220 x\r\n");
            expect(client, "EHLO c.example\r\n");
            for (j = 1; j < max; j++)
                assert_int_equal(hear(client, "250-AUTH X\r\n").type, EHLO_EVENT_REPLY);
            if (extra)
                assert_int_equal(hear(client, "250-DSN\r\n").type, EHLO_EVENT_REPLY);
            hear(client, "250 PIPELINING\r\n");
            if (extra)
                assert_over(client, EHLO_E_PROTOCOL);
            else
                assert_int_equal(ehlo_client_extensions(client),
                                 (max > 1) << EHLO_EXTENSION_PIPELINING | (max > 2) << EHLO_EXTENSION_AUTH);
        }
    }
}

/* The longest line that fits in the buffer, and one octet more. */
static void test_line_of_command(void **state)
{
    static char value[600];
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt = rcpt_to("c", "d");
    size_t own, fits;
    char line[600];
    int i;

    (void)state;
    memset(value, 'v', sizeof value);
    memcpy(value, "X=", 2);
    c.output_size = 512;
    for (i = 0; i < 2; i++) {
        mail.octets = i == 0 ? 0 : UINT64_MAX;
        mail.body = i == 0 ? EHLO_BODY_7BIT : EHLO_BODY_8BITMIME;
        own = i == 0 ? 0 : strlen(" SIZE=18446744073709551615 BODY=8BITMIME");
        mail.params.data = value;
        fits = 512 - strlen("MAIL FROM:<a@b> \r\n") - own;
        client = greet(&c, "250-SIZE\r\n250 8BITMIME\r\n");
        mail.params.size = fits + 1;
        assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_SPACE);
        assert_int_equal(ehlo_client_send(client, &mail, &rcpt, 1), EHLO_E_SPACE);
        expect(client, "");
        mail.params.size = fits;
        assert_int_equal(ehlo_client_mail(client, &mail), 0);
        assert_int_equal(ehlo_client_read(client, line, sizeof line), 512);
        hear(client, "250 OK\r\n");
        mail.params.size = fits + 1; /* nor is RSET said, for a line that cannot follow it */
        assert_int_equal(ehlo_client_send(client, &mail, &rcpt, 1), EHLO_E_SPACE);
        expect(client, "");
        mail.params.size = fits;
    }
    rcpt.params.data = value;
    rcpt.params.size = 512 - strlen("RCPT TO:<c@d> \r\n") + 1;
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), EHLO_E_SPACE);
    assert_int_equal(ehlo_client_send(client, &mail, &rcpt, 1), EHLO_E_SPACE);
    assert_int_equal(rcpt.outcome, EHLO_OUTCOME_PERMANENT);
    rcpt.params.size--;
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), 0);
    assert_int_equal(ehlo_client_read(client, line, sizeof line), 512);
    hear(client, "250 OK\r\n");
    memcpy(value, "NOOP ", 5);
    assert_int_equal(say_command(client, (struct ehlo_span){value, 511}), EHLO_E_LINE_LONG);
    assert_int_equal(say_command(client, (struct ehlo_span){value, 510}), 0);
    assert_int_equal(ehlo_client_read(client, line, sizeof line), 512);
}

/* Without room in the buffer it is "not now", and nothing of the line is queued. */
static void test_output_size(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt = rcpt_to("recipient", "d.example");
    char out[700];
    size_t count = 0, size, at;
    int error;

    (void)state;
    c.output_size = 512;
    client = greet(&c, "250 PIPELINING\r\n");
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    while ((error = ehlo_client_rcpt(client, &rcpt)) == 0)
        count++;
    assert_int_equal(error, EHLO_E_FULL);
    assert_int_equal(count, (512 - 17) / 31);
    size = ehlo_client_read(client, out, 5);
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), EHLO_E_FULL); /* until all of it is gone */
    size += ehlo_client_read(client, out + size, sizeof out - size);
    assert_int_equal(size, 17 + 31 * count);
    for (at = 17; at < size; at += 31)
        assert_memory_equal(out + at, "RCPT TO:<recipient@d.example>\r\n", 31);
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), 0);
    expect(client, "RCPT TO:<recipient@d.example>\r\n");
}

/* EHLO was refused before it was gone, and HELO finds no room behind it: nobody asked for that reply. */
static void test_no_room_for_helo(void **state)
{
    static char name[250];
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_span out;

    (void)state;
    memset(name, 'a', sizeof name);
    name[60] = name[120] = name[180] = name[240] = '.';
    c.hello.data = name;
    c.hello.size = sizeof name;
    c.output_size = 512;
    client = start(&c);
    hear(client, "220 x\r\n");
    assert_int_equal(ehlo_client_output(client, &out, 1), 1);
    assert_int_equal(out.size, sizeof name + 7);
    assert_int_equal(hear(client, "500 x\r\n").answers, EHLO_EVENT_HELLO);
    assert_over(client, EHLO_E_PROTOCOL);
}

static uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

enum {
    MANY = 300
};

/*
 * What the server has not answered is never more than the bound while it is more than one command. `sizes` are those of
 * the commands in flight.
 */
static size_t check_outstanding(const char *out, size_t size, uint32_t *sizes, size_t first, size_t last,
                                uint32_t bound)
{
    static uint32_t part;
    uint32_t octets = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        part++;
        if (out[i] == '\n') {
            sizes[last++] = part;
            part = 0;
        }
    }
    for (i = first; i < last; i++)
        octets += sizes[i];
    if (last + (part > 0) - first > 1 && octets + part > bound)
        fail_msg("%u octets outstanding of %zu commands", (unsigned)(octets + part), last - first);
    return last;
}

static void test_outstanding(void **state)
{
    static const uint32_t bounds[] = {1, 30, 60, 61, 62, 63, 100, 512, 0};
    static struct ehlo_rcpt rcpts[MANY];
    static uint32_t sizes[MANY + 10];
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_event event = {.size = sizeof event};
    uint32_t seed = 1, bound, most;
    char out[4096];
    size_t i, j, first, last, used;

    (void)state;
    for (i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        c.outstanding_max = bounds[i];
        bound = bounds[i] == 0 ? 4096 : bounds[i];
        client = greet(&c, "250 PIPELINING\r\n");
        for (j = 0; j < MANY; j++)
            rcpts[j] = rcpt_to("recipient", "d.example");
        assert_int_equal(ehlo_client_send(client, &mail, rcpts, MANY), 0);
        most = 0;
        for (first = last = 0; first < MANY + 2;) {
            last = check_outstanding(out, ehlo_client_read(client, out, 1 + random_next(&seed) % sizeof out), sizes,
                                     first, last, bound);
            most = last - first > most ? (uint32_t)(last - first) : most;
            if (ehlo_client_want(client) & EHLO_WANT_OUTPUT || first == last)
                continue;
            for (j = 1 + random_next(&seed) % (last - first); j > 0; j--, first++) {
                const char *reply = first == MANY + 1 ? "354 x\r\n" : "250 x\r\n";

                assert_int_equal(ehlo_client_next(client, reply, 7, &used, &event), EHLO_EVENT_REPLY);
                assert_int_equal(event.answers, first == 0          ? EHLO_EVENT_MAIL
                                                : first == MANY + 1 ? EHLO_EVENT_DATA
                                                                    : EHLO_EVENT_RCPT);
                assert_int_equal(event.index, event.answers == EHLO_EVENT_RCPT ? first - 1 : 0);
            }
        }
        /* the bound is used, too */
        assert_true(most >= (bound < 62 ? 1 : bound / 31));
        assert_true(ehlo_client_want(client) & EHLO_WANT_BODY);
    }
}

/* Far more recipients than a counter of sixteen bits counts. */
static void send_many(const char *offered, uint32_t count, uint32_t outstanding_max)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt *rcpts = calloc(count, sizeof *rcpts);
    struct ehlo_event event = {.size = sizeof event};
    uint32_t i, answered = 0, asked;
    size_t used;
    char out[1024];

    assert_non_null(rcpts);
    for (i = 0; i < count; i++)
        rcpts[i] = rcpt_to("c", "d");
    c.outstanding_max = outstanding_max;
    client = greet(&c, offered);
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, count), 0);
    for (asked = 0; answered < count + 2; asked = 0) {
        while ((used = ehlo_client_read(client, out, sizeof out)) > 0)
            while (used > 0)
                asked += out[--used] == '\n';
        assert_true(asked > 0);
        for (; asked > 0; asked--, answered++) {
            /* every seventh one is refused */
            const char *reply = answered == count + 1 ? "354 x\r\n" : answered % 7 == 3 ? "550 x\r\n" : "250 x\r\n";

            assert_int_equal(ehlo_client_next(client, reply, 7, &used, &event), EHLO_EVENT_REPLY);
            assert_int_equal(event.index, answered > 0 && answered <= count ? answered - 1 : 0);
        }
    }
    assert_int_equal(ehlo_client_body(client, "", 0, 1), 0);
    expect(client, ".\r\n");
    event = hear(client, "250 x\r\n");
    assert_int_equal(event.type, EHLO_EVENT_RESULT);
    assert_int_equal(event.index, count - (count - 3) / 7 - 1);
    for (i = 0; i < count; i++)
        assert_int_equal(rcpts[i].outcome, (i + 1) % 7 == 3 ? EHLO_OUTCOME_PERMANENT : EHLO_OUTCOME_DELIVERED);
    free(rcpts);
}

static void test_many_recipients(void **state)
{
    (void)state;
    send_many("250 DSN\r\n", 70000, 0);
    send_many("250 PIPELINING\r\n", 70000, 0);
    send_many("250 PIPELINING\r\n", 65535, UINT32_MAX);
    send_many("250 PIPELINING\r\n", 65536, UINT32_MAX);
    send_many("250 PIPELINING\r\n", 200000, UINT32_MAX);
}

/* RSET and MAIL take turns, as many as are remembered; then it is "not now", and none is forgotten. */
static void test_many_commands(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = greet(&c, "250 PIPELINING\r\n");
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_event event = {.size = sizeof event};
    char out[1024];
    size_t i, used, count = 0;
    int error = 0, round;

    (void)state;
    for (round = 0; round < 5; round++) {
        while (error == 0) {
            error = count % 2 == 0 ? ehlo_client_mail(client, &mail) : ehlo_client_reset(client);
            count += error == 0;
        }
        assert_int_equal(error, EHLO_E_FULL);
        assert_true(count >= 2);
        ehlo_client_read(client, out, sizeof out);
        for (i = 0; i < 2; i++) {
            assert_int_equal(ehlo_client_next(client, "250 x\r\n", 7, &used, &event), EHLO_EVENT_REPLY);
            assert_int_equal(event.answers, i == 0 ? EHLO_EVENT_MAIL : EHLO_EVENT_COMMAND);
            assert_int_equal(event.command.verb, i == 0 ? EHLO_VERB_MAIL : EHLO_VERB_RSET);
        }
        error = 0;
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_max),         cmocka_unit_test(test_line_at_once),
        cmocka_unit_test(test_reply_max),        cmocka_unit_test(test_line_of_command),
        cmocka_unit_test(test_no_room_for_helo), cmocka_unit_test(test_output_size),
        cmocka_unit_test(test_outstanding),      cmocka_unit_test(test_many_recipients),
        cmocka_unit_test(test_many_commands),
    };

    return cmocka_run_group_tests_name("client limits", tests, NULL, NULL);
}
