/* SPDX-License-Identifier: ISC
 *
 * STARTTLS and AUTH of the client: what crosses a change of transport, where secrets stay, and bounds. The dialogues
 * are in the transcripts.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk_client.h"
#include "say.h"

enum {
    BLOCK = 1 << 15
};

static uint64_t big[BLOCK / sizeof(uint64_t)];
static char text[BLOCK];

/* A session up to READY with a server that offers STARTTLS and AUTH; secrets may be said in the clear. */
static struct ehlo_client *ready(uint32_t output_size, uint32_t flags)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = NULL;

    c.output_size = output_size;
    c.flags = flags;
    assert_true(ehlo_client_size(&c) <= sizeof big);
    memset(big, 0, sizeof big);
    assert_int_equal(ehlo_client_init(&client, big, sizeof big, &c), 0);
    hear(client, "220 mx\r\n");
    expect(client, "EHLO c.example\r\n");
    assert_int_equal(
        hear(client, "250-mx\r\n250-STARTTLS\r\n250-SIZE 9\r\n250-LIMITS RCPTMAX=3\r\n250 AUTH PLAIN\r\n").type,
        EHLO_EVENT_READY);
    return client;
}

/* 1 when the session's memory holds these octets. */
static int holds(const char *octets)
{
    const char *memory = (const char *)big;
    const size_t size = strlen(octets);
    size_t i;

    for (i = 0; i + size <= sizeof big; i++)
        if (memcmp(memory + i, octets, size) == 0)
            return 1;
    return 0;
}

/* Nothing of an exchange is left when it is sent, and nothing when it never will be. */
static void test_wiped(void **state)
{
    struct ehlo_client *client;
    size_t left;
    int way;

    (void)state;
    for (way = 0; way < 4; way++) {
        client = ready(0, EHLO_CLIENT_AUTH_IN_CLEAR);
        assert_int_equal(say_auth(client, span("PLAIN"), span("c2VjcmV0MQ==")), 0);
        assert_true(holds("c2VjcmV0MQ=="));
        if (way == 0) { /* it is gone with its last octet */
            for (left = strlen("AUTH PLAIN c2VjcmV0MQ==\r\n"); left > 0; left--) {
                assert_true(holds("\r\n"));
                assert_int_equal(ehlo_client_read(client, text, 1), 1);
            }
        } else if (way == 1) {
            expect(client, "AUTH PLAIN c2VjcmV0MQ==\r\n");
        } else if (way == 2) {
            assert_int_equal(ehlo_client_end(client, EHLO_E_SHUTDOWN), 0);
        } else {
            hear(client, "421 closing\r\n");
            assert_over(client, EHLO_E_CLOSING);
        }
        assert_false(holds("c2Vj"));
        assert_false(holds("cmV0"));
        assert_false(holds("AUTH PL"));
        if (way > 1)
            continue;
        hear(client, "334 bW9yZQ==\r\n");
        assert_int_equal(say_response(client, span("c2VjcmV0Mg==")), 0);
        assert_true(holds("c2VjcmV0Mg=="));
        if (way == 0)
            expect(client, "c2VjcmV0Mg==\r\n");
        else
            assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
        assert_false(holds("c2Vj"));
        if (way > 0)
            continue;
        /* what comes behind goes on as ever */
        hear(client, "235 hello\r\n");
        assert_int_equal(say_command(client, span("VRFY x")), 0);
        expect(client, "VRFY x\r\n");
    }
}

/* The longest line of an exchange that a server takes, and what the buffer takes. */
static void test_long(void **state)
{
    struct ehlo_client *client = ready(0, EHLO_CLIENT_AUTH_IN_CLEAR);
    struct ehlo_span long_one = {text, 0};
    char *big_text = malloc(BLOCK);

    (void)state;
    assert_non_null(big_text);
    memset(big_text, 'A', BLOCK);
    long_one.data = big_text;
    long_one.size = 1024;
    assert_int_equal(say_auth(client, span("PLAIN"), long_one), EHLO_E_SPACE);
    long_one.size = 500; /* AUTH, a space, PLAIN, a space, CRLF: 13 */
    assert_int_equal(say_auth(client, span("PLAIN"), long_one), EHLO_E_LINE_LONG);
    expect(client, "");
    long_one.size = 496;
    assert_int_equal(say_auth(client, span("PLAIN"), long_one), 0);
    assert_int_equal(ehlo_client_read(client, text, sizeof text), 496 + 13);
    hear(client, "334 \r\n");
    long_one.size = 1024;
    assert_int_equal(say_response(client, long_one), EHLO_E_SPACE);
    long_one.size = 1020;
    assert_int_equal(say_response(client, long_one), 0);
    assert_int_equal(ehlo_client_read(client, text, sizeof text), 1022);

    client = ready(16384, EHLO_CLIENT_AUTH_IN_CLEAR);
    assert_int_equal(say_auth(client, span("PLAIN"), span(NULL)), 0);
    expect(client, "AUTH PLAIN\r\n");
    hear(client, "334 \r\n");
    long_one.size = 12288;
    assert_int_equal(say_response(client, long_one), EHLO_E_LINE_LONG);
    long_one.size = 12284;
    assert_int_equal(say_response(client, long_one), 0);
    assert_int_equal(ehlo_client_read(client, text, sizeof text), 12286);
    free(big_text);
}

/* While the line before is not gone there may be no room for a response. */
static void test_no_room(void **state)
{
    static char long_text[400];
    struct ehlo_client *client = ready(512, EHLO_CLIENT_AUTH_IN_CLEAR);
    struct ehlo_span long_one = {long_text, sizeof long_text}, out;

    (void)state;
    memset(long_text, 'A', sizeof long_text);
    assert_int_equal(say_auth(client, span("PLAIN"), long_one), 0);
    assert_int_equal(ehlo_client_output(client, &out, 1), 1);
    assert_int_equal(hear(client, "334 \r\n").type, EHLO_EVENT_CHALLENGE);
    assert_int_equal(say_response(client, long_one), EHLO_E_FULL);
    assert_int_equal(ehlo_client_sent(client, out.size), 0);
    assert_int_equal(say_response(client, long_one), 0);
    assert_int_equal(say_response(client, long_one), EHLO_E_STATE);
}

/* A challenge waits for the program, not for the server. */
static void test_challenge(void **state)
{
    struct ehlo_client *client = ready(0, EHLO_CLIENT_AUTH_IN_CLEAR);
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    assert_int_equal(say_auth(client, span("PLAIN"), span(NULL)), 0);
    assert_int_equal(ehlo_client_timeout(client), 300);
    expect(client, "AUTH PLAIN\r\n");
    assert_int_equal(ehlo_client_next(client, "334 YQ==\r\n", 10, &used, &event), EHLO_EVENT_CHALLENGE);
    assert_span(event.data, "YQ==");
    assert_span(event.line, "334 YQ==");
    assert_int_equal(event.flags, EHLO_EVENT_SECRET);
    assert_int_equal(event.ticket, 0);
    assert_int_equal(event.answers, EHLO_EVENT_AUTH);
    assert_int_equal(ehlo_client_timeout(client), 0);
    assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), 0);
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
    assert_int_equal(say_response(client, span("Yg==")), 0);
    assert_int_equal(ehlo_client_timeout(client), 300);
    /* before it was shown it has no answer */
    assert_int_equal(ehlo_client_next(client, "235 hello\r\n", 11, &used, &event), EHLO_E_PROTOCOL);
}

/* What is wanted around the handshake, and what is known. */
static void test_tls(void **state)
{
    struct ehlo_client *client = ready(0, 0);
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_limits limits;
    size_t used;

    (void)state;
    ehlo_client_limits(client, &limits);
    assert_int_equal(limits.rcpt_max, 3);
    assert_int_equal(ehlo_client_starttls(client), 0);
    assert_int_equal(ehlo_client_secured(client, 0), EHLO_E_STATE);
    expect(client, "STARTTLS\r\n");
    assert_int_equal(ehlo_client_secured(client, 0), EHLO_E_STATE);
    assert_int_equal(ehlo_client_next(client, "220 go\r\n", 8, &used, &event), EHLO_EVENT_REPLY);
    assert_int_equal(ehlo_client_want(client), 0); /* call again: there may be octets behind it */
    assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), 0);
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_TLS);
    assert_int_equal(ehlo_client_timeout(client), 0);
    assert_int_equal(ehlo_client_extensions(client), 0);
    assert_int_equal(ehlo_client_message_max(client), 0);
    ehlo_client_limits(client, &limits);
    assert_int_equal(limits.rcpt_max, 0);
    assert_int_equal(ehlo_client_read(client, text, sizeof text), 0);
    assert_int_equal(ehlo_client_secured(client, 0), 0);
    assert_int_equal(ehlo_client_secured(client, 0), EHLO_E_STATE);
    assert_int_equal(ehlo_client_want(client) & ~(uint32_t)EHLO_WANT_INPUT, EHLO_WANT_OUTPUT);
    expect(client, "EHLO c.example\r\n");
    event = hear(client, "250-mx\r\n250 DSN\r\n");
    assert_int_equal(event.type, EHLO_EVENT_READY);
    assert_int_equal(event.flags, EHLO_EVENT_ESMTP | EHLO_EVENT_SECURED);
    assert_int_equal(event.octets, 0);
    assert_int_equal(ehlo_client_extensions(client), 1 << EHLO_EXTENSION_DSN);
    ehlo_client_limits(client, &limits);
    assert_int_equal(limits.rcpt_max, 0);
}

/* A server that says yes before it has got all of STARTTLS. */
static void test_tls_too_early(void **state)
{
    struct ehlo_client *client;
    size_t sent;

    (void)state;
    for (sent = 0; sent <= strlen("STARTTLS\r\n"); sent++) {
        client = ready(0, 0);
        assert_int_equal(ehlo_client_starttls(client), 0);
        assert_int_equal(ehlo_client_copy(client, text, sizeof text), 10);
        assert_int_equal(ehlo_client_sent(client, sent), 0);
        hear(client, "220 go\r\n");
        if (sent < 10)
            assert_over(client, EHLO_E_PROTOCOL);
        else
            assert_int_equal(ehlo_client_secured(client, 0), 0);
    }
}

/* Octets behind the 220, wherever they are cut: none of them is read. */
static void test_injected(void **state)
{
    static const char behind[] = "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n";
    struct ehlo_client *client;
    struct ehlo_event event = {.size = sizeof event};
    size_t cut, used;

    (void)state;
    for (cut = 1; cut < sizeof behind; cut++) {
        client = ready(0, 0);
        assert_int_equal(ehlo_client_starttls(client), 0);
        expect(client, "STARTTLS\r\n");
        assert_int_equal(ehlo_client_next(client, behind, cut, &used, &event), cut < 8 ? 0 : EHLO_EVENT_REPLY);
        assert_int_equal(used, cut < 8 ? 0 : 8);
        if (cut < 8)
            continue;
        assert_int_equal(ehlo_client_next(client, behind + 8, cut - 8, &used, &event), cut > 8 ? EHLO_E_INJECTED : 0);
        assert_int_equal(used, 0);
        if (cut > 8)
            assert_int_equal(ehlo_client_secured(client, 0), EHLO_E_STATE);
        else
            assert_int_equal(ehlo_client_secured(client, 1), EHLO_E_INJECTED);
        assert_over(client, EHLO_E_INJECTED);
        assert_int_equal(ehlo_client_read(client, text, sizeof text), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wiped),     cmocka_unit_test(test_long), cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_challenge), cmocka_unit_test(test_tls),  cmocka_unit_test(test_tls_too_early),
        cmocka_unit_test(test_injected),
    };

    return cmocka_run_group_tests_name("client auth", tests, NULL, NULL);
}
