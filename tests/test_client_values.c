/* SPDX-License-Identifier: ISC
 *
 * Nothing is injected: every octet at every position of every value that a program gives, and what then goes out.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "talk_client.h"
#include "say.h"

static uint64_t ready[sizeof block / sizeof block[0]];
static size_t taken; /* values that passed */

/* Each value begins as this, and has one octet changed. */
static char value[16];

/* One line went out and no more, and the octet in it is the one that was given; or nothing at all was said. */
static void check_line(struct ehlo_client *client, int error, const char *begin, char octet)
{
    char out[600];
    size_t i, ends = 0, size = ehlo_client_read(client, out, sizeof out);

    if (error != 0) {
        assert_int_equal(size, 0);
        assert_memory_equal(block, ready, ehlo_client_size(NULL));
        return;
    }
    taken++;
    assert_true(octet != '\r' && octet != '\n' && octet != '\0');
    assert_true(size > strlen(begin) && memcmp(out, begin, strlen(begin)) == 0);
    for (i = 0; i < size; i++)
        ends += out[i] == '\r' || out[i] == '\n' || out[i] == '\0';
    assert_int_equal(ends, 2);
    assert_memory_equal(out + size - 2, "\r\n", 2);
}

static struct ehlo_client *again(void)
{
    memcpy(block, ready, sizeof block);
    return (struct ehlo_client *)block;
}

enum {
    LOCAL,
    DOMAIN,
    PARAMS,
    PARTS
};

static struct ehlo_path path_of(struct ehlo_span changed, int part)
{
    struct ehlo_path path = {.local = span("local"), .domain = span("domain.example")};

    if (part == LOCAL)
        path.local = changed;
    if (part == DOMAIN)
        path.domain = changed;
    return path;
}

static void try_mail(struct ehlo_span changed, int part, char octet)
{
    struct ehlo_client *client = again();
    struct ehlo_mail mail = {.size = sizeof mail};

    mail.path = path_of(changed, part);
    if (part == PARAMS)
        mail.params = changed;
    check_line(client, ehlo_client_mail(client, &mail), "MAIL FROM:<", octet);
}

static void try_rcpt(struct ehlo_span changed, int part, char octet)
{
    struct ehlo_client *client = again();
    struct ehlo_rcpt rcpt = {.size = sizeof rcpt};

    rcpt.path = path_of(changed, part);
    if (part == PARAMS)
        rcpt.params = changed;
    check_line(client, ehlo_client_rcpt(client, &rcpt), "RCPT TO:<", octet);
}

/* A sender and a recipient of a plan: all is checked before. */
static void try_send(struct ehlo_span changed, int part, int sender, char octet)
{
    struct ehlo_client *client = again();
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpts[2];
    int error;

    rcpts[0] = rcpts[1] = rcpt_to("c", "d");
    *(sender ? &mail.path : &rcpts[1].path) = path_of(changed, part);
    if (part == PARAMS)
        *(sender ? &mail.params : &rcpts[1].params) = changed;
    error = ehlo_client_send(client, &mail, rcpts, 2);
    if (error != 0)
        check_line(client, error, "", octet);
    else
        assert_true(octet != '\r' && octet != '\n' && octet != '\0');
}

/* Calls `try` with each octet in each place of a value. */
static void every_octet(const char *text, int part, void (*try)(struct ehlo_span, int, char))
{
    struct ehlo_span changed = {value, strlen(text)};
    size_t at;
    int octet;

    for (at = 0; at < changed.size; at++) {
        for (octet = 0; octet < 256; octet++) {
            memcpy(value, text, changed.size);
            value[at] = (char)octet;
            try(changed, part, (char)octet);
        }
    }
}

static void try_sender(struct ehlo_span changed, int part, char octet)
{
    try_send(changed, part, 1, octet);
}

static void try_recipient(struct ehlo_span changed, int part, char octet)
{
    try_send(changed, part, 0, octet);
}

static const char *const texts[][3] = {
    {"local", "lo.cal", "\"lo \\cal\""},
    {"do-main.exa", "[10.1.2.3]", "[IPv6:1::2]"},
    {"KEY=value", "A=1 B C=2", "A B=3"},
};

static void each_value(void (*try)(struct ehlo_span, int, char))
{
    size_t i;
    int part;

    for (part = 0; part < PARTS; part++)
        for (i = 0; i < 3; i++)
            every_octet(texts[part][i], part, try);
}

static void test_envelope(void **state)
{
    static const uint32_t rules[] = {0, EHLO_ALLOW_ALL};
    struct ehlo_client_config c = plain();
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_client *client;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        c.rules = rules[i];
        greet(&c, "250 PIPELINING\r\n");
        memcpy(ready, block, sizeof block);
        taken = 0;
        each_value(try_mail);
        assert_true(taken > 1000);
        each_value(try_sender);
        each_value(try_recipient);
        client = again();
        assert_int_equal(ehlo_client_mail(client, &mail), 0);
        expect(client, "MAIL FROM:<a@b>\r\n");
        hear(client, "250 OK\r\n");
        memcpy(ready, block, sizeof block);
        taken = 0;
        each_value(try_rcpt);
        assert_true(taken > 1000);
    }
}

static void try_command(struct ehlo_span changed, int part, char octet)
{
    struct ehlo_client *client = again();

    (void)part;
    check_line(client, say_command(client, changed), "", octet);
}

static void test_commands(void **state)
{
    struct ehlo_client_config c = plain();

    (void)state;
    c.rules = EHLO_ALLOW_ALL;
    greet(&c, "250 PIPELINING\r\n");
    memcpy(ready, block, sizeof block);
    taken = 0;
    every_octet("NOOP argument", 0, try_command);
    every_octet("VRFY someone", 0, try_command);
    every_octet("EXPN list", 0, try_command);
    every_octet("XYZZY a b", 0, try_command);
    every_octet("HELP", 0, try_command);
    assert_true(taken > 1000);
}

static void test_hello(void **state)
{
    static const char *const names[] = {"do-main.exa", "[10.1.2.3]", "[IPv6:1::2]", "x"};
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    char out[64];
    size_t i, at, size, j, ends;
    int octet, error;

    (void)state;
    taken = 0;
    c.rules = EHLO_ALLOW_ALL;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (at = 0; at < strlen(names[i]); at++) {
            for (octet = 0; octet < 256; octet++) {
                memcpy(value, names[i], strlen(names[i]));
                value[at] = (char)octet;
                c.hello.data = value;
                c.hello.size = strlen(names[i]);
                error = ehlo_client_init(&client, block, sizeof block, &c);
                assert_true(error == 0 || error == EHLO_E_CONFIG);
                assert_true(error != 0 || (octet != 0 && octet != '\r' && octet != '\n' && octet != ' '));
                if (error != 0)
                    continue;
                taken++;
                hear(client, "220 x\r\n");
                size = ehlo_client_read(client, out, sizeof out);
                assert_int_equal(size, strlen("EHLO \r\n") + c.hello.size);
                for (ends = j = 0; j < size; j++)
                    ends += out[j] == '\r' || out[j] == '\n';
                assert_int_equal(ends, 2);
            }
        }
    }
    assert_true(taken > 500);
}

/* So many commands, so many CRLFs. */
static void test_count(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt = rcpt_to("\"x y\"", "d");
    char out[1024];
    size_t count, size, i, ends;

    (void)state;
    for (count = 0; count < 20; count++) {
        client = greet(&c, "250 PIPELINING\r\n");
        assert_int_equal(ehlo_client_mail(client, &mail), 0);
        for (i = 0; i < count; i++)
            assert_int_equal(ehlo_client_rcpt(client, &rcpt), 0);
        assert_int_equal(ehlo_client_reset(client), 0);
        assert_int_equal(say_command(client, span("NOOP")), 0);
        size = ehlo_client_read(client, out, sizeof out);
        for (ends = i = 0; i < size; i++) {
            ends += out[i] == '\n';
            assert_true((out[i] == '\n') == (i > 0 && out[i - 1] == '\r'));
        }
        assert_int_equal(ends, count + 3);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_count),
    };

    return cmocka_run_group_tests_name("client values", tests, NULL, NULL);
}
