/* SPDX-License-Identifier: ISC
 *
 * A client session in each of its phases: what each function answers there, what is waited for and for how long, and
 * what becomes of the recipients when it ends there.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "talk_client.h"
#include "say.h"

enum {
    I = EHLO_WANT_INPUT,
    O = EHLO_WANT_OUTPUT,
    B = EHLO_WANT_BODY,
    C = EHLO_WANT_CLOSE,
    COMMAND_TIME = 11, /* of the configuration, so that they can be told apart */
    DATA_TIME = 12,
    BODY_TIME = 13,
    END_TIME = 14
};

/* How a phase is reached: what the server says, or what the program does, in turn. */
struct way {
    const char *name;
    const char *steps[14];
    uint32_t want; /* once next has been called */
    uint32_t time;
    const char *answers; /* of each function in functions[]: a dot for 0, F for EHLO_E_FULL, S for EHLO_E_STATE */
};

#define HELLO "220 x\r\n", "!", "250 x\r\n"
#define PIPED "220 x\r\n", "!", "250-x\r\n250 PIPELINING\r\n"
#define YES "!", "250 OK\r\n"
#define BEGUN PIPED, "m", "r", "d", "!", "250 x\r\n250 x\r\n354 x\r\n"

static const struct way ways[] = {
    {"new", {NULL}, I, COMMAND_TIME, "SSSSSSSS"},
    {"part of a greeting", {"220-x\r\n220"}, I, COMMAND_TIME, "SSSSSSSS"},
    {"greeted", {"220 x\r\n"}, I | O, COMMAND_TIME, "SSSSSSSS"},
    {"EHLO", {"220 x\r\n", "!"}, I, COMMAND_TIME, "SSSSSSSS"},
    {"HELO", {"220 x\r\n", "!", "500 x\r\n"}, I | O, COMMAND_TIME, "SSSSSSSS"},
    {"ready", {HELLO}, I, 0, "..SS...S"},
    {"MAIL", {HELLO, "m"}, I | O, COMMAND_TIME, "FSFSFFFS"},
    {"MAIL piped", {PIPED, "m", "!"}, I, COMMAND_TIME, "FS.S...S"},
    {"MAIL accepted", {HELLO, "m", YES}, I, 0, ".S.S...S"},
    {"MAIL refused", {HELLO, "m", "!", "550 x\r\n"}, I, 0, "..SS...S"},
    {"RCPT", {HELLO, "m", YES, "r", "!"}, I, COMMAND_TIME, "FSFFFFFS"},
    {"RCPT piped", {PIPED, "m", "r", "!"}, I, COMMAND_TIME, "FS.....S"},
    {"RCPT accepted", {HELLO, "m", YES, "r", YES}, I, 0, ".S.....S"},
    {"RCPT refused", {HELLO, "m", YES, "r", "!", "450 x\r\n"}, I, 0, ".S.S...S"},
    {"RSET", {PIPED, "m", YES, "s", "!"}, I, COMMAND_TIME, "F.SS...S"},
    {"RSET accepted", {HELLO, "m", YES, "s", YES}, I, 0, "..SS...S"},
    {"DATA", {PIPED, "m", "r", "d", "!", "250 x\r\n250 x\r\n"}, I, DATA_TIME, "FFSSFFFS"},
    {"DATA refused", {PIPED, "m", "r", "d", "!", "250 x\r\n250 x\r\n450 x\r\n"}, I, 0, ".S.....S"},
    {"lone dot", {PIPED, "m", "r", "d", "!", "250 x\r\n550 x\r\n354 x\r\n", "!"}, I, END_TIME, "F.SS...S"},
    {"message", {BEGUN}, I | B, 0, "FSSSSSS."},
    {"piece", {BEGUN, "p"}, I | O, BODY_TIME, "FSSSSSSS"},
    {"piece sent", {BEGUN, "p", "!"}, I | B, 0, "FSSSSSS."},
    {"last piece", {BEGUN, "l"}, I | O, BODY_TIME, "F.SS...S"},
    {"part of the dot", {BEGUN, "l", "1"}, I | O, BODY_TIME, "F.SS...S"},
    {"dot", {BEGUN, "l", "!"}, I, END_TIME, "F.SS...S"},
    {"part of the reply", {BEGUN, "l", "!", "250-x\r\n"}, I, END_TIME, "F.SS...S"},
    {"done", {BEGUN, "l", YES}, I, 0, "..SS...S"},
    {"dot and MAIL", {BEGUN, "l", "m", "!"}, I, END_TIME, "FS.S...S"},
    {"command", {PIPED, "c", "!"}, I, COMMAND_TIME, "FFSSFFFS"},
    {"plan", {PIPED, "S", "!"}, I, COMMAND_TIME, "FFFFFFFS"},
    {"plan, message", {PIPED, "S", "!", "250 x\r\n250 x\r\n354 x\r\n"}, I | B, 0, "FFFFFFF."},
    {"plan, dot", {PIPED, "S", "!", "250 x\r\n250 x\r\n354 x\r\n", "l", "!"}, I, END_TIME, "FFFFFFFS"},
    {"QUIT", {PIPED, "q"}, I | O, COMMAND_TIME, "SSSSSSSS"},
    {"QUIT answered", {PIPED, "q", "!", "221 x\r\n"}, C, 0, "SSSSSSSS"},
    {"greeting refused", {"554 x\r\n", "!"}, I, COMMAND_TIME, "SSSSSSSS"},
    {"421", {PIPED, "421 x\r\n"}, C, 0, "SSSSSSSS"},
    {"ended", {PIPED, "e"}, C, 0, "SSSSSSSS"},
};

/* What take() says, and lends. */
static struct ehlo_mail the_mail;
static struct ehlo_rcpt the_rcpt;

static void take(struct ehlo_client *client, const char *step)
{
    char out[1000];
    int error = 0;

    switch (*step) {
    case '!':
        assert_true(ehlo_client_read(client, out, sizeof out) > 0);
        break;
    case '1':
        assert_int_equal(ehlo_client_read(client, out, 1), 1);
        break;
    case 'm':
        error = ehlo_client_mail(client, &the_mail);
        break;
    case 'r':
        error = ehlo_client_rcpt(client, &the_rcpt);
        break;
    case 'd':
        error = ehlo_client_data(client);
        break;
    case 's':
        error = ehlo_client_reset(client);
        break;
    case 'c':
        error = say_command(client, span("NOOP"));
        break;
    case 'p':
    case 'l':
        error = ehlo_client_body(client, "x", 1, *step == 'l');
        break;
    case 'q':
        error = ehlo_client_quit(client);
        break;
    case 'e':
        error = ehlo_client_end(client, EHLO_E_LOST);
        break;
    case 'S':
        error = ehlo_client_send(client, &the_mail, &the_rcpt, 1);
        break;
    default:
        hear(client, step);
        return;
    }
    assert_int_equal(error, 0);
}

/* Goes to a phase. */
static struct ehlo_client *go(const struct way *way)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client;
    struct ehlo_event event = {.size = sizeof event};
    const char *last = "";
    size_t i, used, part;

    c.command_timeout = COMMAND_TIME;
    c.data_timeout = DATA_TIME;
    c.body_timeout = BODY_TIME;
    c.end_timeout = END_TIME;
    client = start(&c);
    the_mail = mail_from("a", "b");
    the_rcpt = rcpt_to("c", "d");
    for (i = 0; way->steps[i] != NULL; i++) {
        last = way->steps[i];
        /* an incomplete line is not used up */
        part = strlen(last) > 2 && last[strlen(last) - 1] != '\n' ? 3 : 0;
        if (part > 0) {
            assert_int_equal(ehlo_client_next(client, last, strlen(last), &used, &event), EHLO_EVENT_REPLY);
            assert_int_equal(ehlo_client_next(client, last + used, part, &used, &event), 0);
            return client;
        }
        take(client, last);
    }
    (void)ehlo_client_next(client, "", 0, &used, &event);
    return client;
}

static const char *const functions[] = {"send", "mail", "rcpt", "data", "reset", "command", "quit", "body"};

/* What a function answers. */
static int call(struct ehlo_client *client, size_t function)
{
    struct ehlo_rcpt rcpt = rcpt_to("e", "f");

    switch (function) {
    case 0:
        return ehlo_client_send(client, &the_mail, &rcpt, 1);
    case 1:
        return ehlo_client_mail(client, &the_mail);
    case 2:
        return ehlo_client_rcpt(client, &rcpt);
    case 3:
        return ehlo_client_data(client);
    case 4:
        return ehlo_client_reset(client);
    case 5:
        return say_command(client, span("VRFY x"));
    case 6:
        return ehlo_client_quit(client);
    default:
        return ehlo_client_body(client, "y", 1, 0);
    }
}

/* Each function on a copy of the session; where it answers by an error, nothing has changed. */
static void test_states(void **state)
{
    static uint64_t copy[sizeof block / sizeof block[0]];
    struct ehlo_client *client = (struct ehlo_client *)copy;
    size_t i, j;
    int got;

    (void)state;
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const struct way *way = &ways[i];

        go(way);
        memcpy(copy, block, sizeof copy);
        if (ehlo_client_want(client) != way->want)
            fail_msg("%s: wants %u", way->name, (unsigned)ehlo_client_want(client));
        if (ehlo_client_timeout(client) != way->time)
            fail_msg("%s: waits for %u s", way->name, (unsigned)ehlo_client_timeout(client));
        for (j = 0; j < sizeof functions / sizeof functions[0]; j++) {
            memcpy(copy, block, sizeof copy);
            got = call(client, j);
            if (got != (way->answers[j] == '.' ? 0 : way->answers[j] == 'F' ? EHLO_E_FULL : EHLO_E_STATE))
                fail_msg("%s: %s is %s", way->name, functions[j], ehlo_error_name(got));
            if (got != 0 && memcmp(copy, block, ehlo_client_size(NULL)) != 0)
                fail_msg("%s: %s has changed something", way->name, functions[j]);
        }
    }
}

static void test_default_timeouts(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = start(&c);
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_rcpt rcpt = rcpt_to("c", "d");

    (void)state;
    assert_int_equal(ehlo_client_timeout(client), 300);
    client = greet(&c, "250 PIPELINING\r\n");
    assert_int_equal(ehlo_client_timeout(client), 0);
    assert_int_equal(ehlo_client_send(client, &mail, &rcpt, 1), 0);
    expect(client, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    assert_int_equal(ehlo_client_timeout(client), 300);
    hear(client, "250 OK\r\n250 OK\r\n");
    assert_int_equal(ehlo_client_timeout(client), 120);
    hear(client, "354 go on\r\n");
    assert_int_equal(ehlo_client_body(client, "x", 1, 1), 0);
    assert_int_equal(ehlo_client_timeout(client), 180);
    expect(client, "x\r\n.\r\n");
    assert_int_equal(ehlo_client_timeout(client), 600);
}

#define MESSAGE PIPED, "S", "!", "250 x\r\n250 x\r\n354 x\r\n"

/* What becomes of a recipient when the session ends here. */
static const struct {
    struct way way;
    uint32_t outcome;
    uint16_t code;
} last_steps[] = {
    {{"not sent", {PIPED, "S"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"sent", {PIPED, "S", "!"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"RCPT accepted", {PIPED, "S", "!", "250 x\r\n250 x\r\n"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"RCPT refused", {PIPED, "S", "!", "250 x\r\n550 x\r\n"}}, EHLO_OUTCOME_PERMANENT, 550},
    {{"MAIL refused", {PIPED, "S", "!", "450 x\r\n"}}, EHLO_OUTCOME_TRANSIENT, 450},
    {{"message", {MESSAGE}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"piece", {MESSAGE, "p"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"piece sent", {MESSAGE, "p", "!"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"last piece", {MESSAGE, "l"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"x", {MESSAGE, "l", "1"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"x CR", {MESSAGE, "l", "1", "1"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"x CRLF dot", {MESSAGE, "l", "1", "1", "1", "1"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"x CRLF dot CR", {MESSAGE, "l", "1", "1", "1", "1", "1"}}, EHLO_OUTCOME_TRANSIENT, 0},
    {{"dot", {MESSAGE, "l", "!"}}, EHLO_OUTCOME_UNKNOWN, 0},
    {{"part of the reply", {MESSAGE, "l", "!", "250-x\r\n"}}, EHLO_OUTCOME_UNKNOWN, 0},
};

static void test_ends(void **state)
{
    static const int whys[] = {EHLO_E_LOST, EHLO_E_TIMEOUT, EHLO_E_SHUTDOWN};
    struct ehlo_client *client;
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_span out;
    size_t i, j, used;

    (void)state;
    for (i = 0; i < sizeof last_steps / sizeof last_steps[0]; i++) {
        for (j = 0; j < 3; j++) {
            client = go(&last_steps[i].way);
            assert_int_equal(ehlo_client_end(client, whys[j]), 0);
            assert_int_equal(ehlo_client_end(client, whys[j]), EHLO_E_STATE);
            assert_int_equal(ehlo_client_want(client), 0); /* there is an event to fetch */
            assert_int_equal(ehlo_client_output(client, &out, 1), 0);
            assert_int_equal(ehlo_client_body(client, "y", 1, 1), EHLO_E_STATE);
            assert_int_equal(ehlo_client_next(client, "250 x\r\n", 7, &used, &event), EHLO_EVENT_RESULT);
            assert_int_equal(used, 0);
            assert_int_equal(event.index, 0);
            assert_int_equal(event.reason, last_steps[i].code != 0 ? 0 : whys[j]); /* why no reply decided */
            if (the_rcpt.outcome != last_steps[i].outcome || the_rcpt.code != last_steps[i].code)
                fail_msg("%s: %u, %u", last_steps[i].way.name, (unsigned)the_rcpt.outcome, (unsigned)the_rcpt.code);
            assert_over(client, whys[j]);
        }
    }
}

/* Until the program has heard of the result of one plan there is no other. */
static void test_result_pending(void **state)
{
    static const struct way dot = {"dot", {MESSAGE, "l", "!"}};
    struct ehlo_client *client = go(&dot);
    struct ehlo_event event = {.size = sizeof event};
    size_t used;

    (void)state;
    assert_int_equal(ehlo_client_next(client, "250 x\r\n", 7, &used, &event), EHLO_EVENT_REPLY);
    assert_int_equal(the_rcpt.outcome, EHLO_OUTCOME_DELIVERED);
    assert_int_equal(ehlo_client_want(client), 0);
    assert_int_equal(ehlo_client_send(client, &the_mail, &the_rcpt, 1), EHLO_E_FULL);
    assert_int_equal(ehlo_client_quit(client), EHLO_E_FULL);
    assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), EHLO_EVENT_RESULT);
    assert_int_equal(event.index, 1);
    assert_int_equal(event.reason, 0);
    assert_int_equal(ehlo_client_send(client, &the_mail, &the_rcpt, 1), 0);
}

/* Behind QUIT it does not matter how the channel ends. */
static void test_ends_parting(void **state)
{
    static const struct way quit = {"QUIT", {PIPED, "q", "!"}}, refused = {"refused", {"554 x\r\n", "!"}},
                            idle = {"idle", {PIPED}};
    struct ehlo_client *client;

    (void)state;
    client = go(&quit);
    assert_int_equal(ehlo_client_end(client, EHLO_E_TIMEOUT), 0);
    assert_over(client, EHLO_E_QUIT);
    client = go(&refused);
    assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
    assert_over(client, EHLO_E_REFUSED);
    client = go(&idle);
    assert_int_equal(ehlo_client_end(client, EHLO_E_SHUTDOWN), 0);
    assert_over(client, EHLO_E_SHUTDOWN);
}

/* The rest of a piece is not looked at any more: it may be gone. */
static void test_ends_inside_a_piece(void **state)
{
    static const struct way message = {"message", {BEGUN}};
    static char piece[400];
    struct ehlo_client *client = go(&message);
    struct ehlo_span out;

    (void)state;
    memset(piece, '\n', sizeof piece);
    assert_int_equal(ehlo_client_body(client, piece, sizeof piece, 0), 0);
    assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
    assert_int_equal(ehlo_client_sent(client, 1), EHLO_E_ARGUMENT);
    assert_int_equal(ehlo_client_sent(client, 0), 0);
    assert_int_equal(ehlo_client_output(client, &out, 1), 0);
    assert_over(client, EHLO_E_LOST);
}

/* A reply to what was not shown to the transport, or to a DATA or a final dot that is not gone, answers nothing. */
static void test_too_early(void **state)
{
    static const struct {
        struct way way;
        size_t sent; /* octets */
        const char *reply;
    } rows[] = {
        {{"EHLO", {"220 x\r\n"}}, 0, "250 x\r\n"},
        {{"MAIL", {PIPED, "m"}}, 0, "250 x\r\n"},
        {{"RCPT", {PIPED, "m", "!", "r"}}, 0, "250 x\r\n250 x\r\n"},
        {{"DATA", {PIPED, "m", "r", "!", "250 x\r\n250 x\r\n", "d"}}, 5, "354 x\r\n"},
        {{"DATA, refused", {PIPED, "m", "r", "!", "250 x\r\n250 x\r\n", "d"}}, 5, "554 x\r\n"},
        {{"dot", {BEGUN, "l"}}, 5, "250 x\r\n"},
        {{"command", {PIPED, "c"}}, 0, "250 x\r\n"},
        {{"lone dot", {PIPED, "m", "r", "d", "!", "250 x\r\n550 x\r\n354 x\r\n"}}, 0, "554 x\r\n"},
    };
    struct ehlo_client *client;
    char out[10];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client = go(&rows[i].way);
        assert_int_equal(ehlo_client_read(client, out, rows[i].sent), rows[i].sent);
        hear(client, rows[i].reply);
        assert_over(client, EHLO_E_PROTOCOL);
    }
}

/* A refusal counts as early by its first line: the final dot that goes out between its lines makes no difference. */
static void test_refused_around_the_dot(void **state)
{
    static const struct way begun = {"begun", {MESSAGE, "l", "552-too\r\n"}};
    static const struct {
        size_t sent; /* octets, before the rest comes */
        const char *rest;
        uint32_t outcome;
        uint16_t code;
        int error;
    } rows[] = {
        {0, "552-much\r\n552 of it\r\n", EHLO_OUTCOME_PERMANENT, 552, EHLO_E_REFUSED},
        {5, "552 much\r\n", EHLO_OUTCOME_PERMANENT, 552, EHLO_E_REFUSED},
        {6, "552 much\r\n", EHLO_OUTCOME_PERMANENT, 552, EHLO_E_REFUSED},
        {6, "552-much\r\n552 of it\r\n", EHLO_OUTCOME_PERMANENT, 552, EHLO_E_REFUSED},
        {5, "250 OK\r\n", EHLO_OUTCOME_TRANSIENT, 0, EHLO_E_PROTOCOL},
        {6, "250 OK\r\n", EHLO_OUTCOME_UNKNOWN, 0, EHLO_E_PROTOCOL},
        {6, "421 bye\r\n", EHLO_OUTCOME_UNKNOWN, 0, EHLO_E_PROTOCOL},
    };
    struct ehlo_client *client;
    char out[10];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client = go(&begun);
        assert_int_equal(ehlo_client_read(client, out, rows[i].sent), rows[i].sent);
        assert_int_equal(hear(client, rows[i].rest).type, EHLO_EVENT_RESULT);
        assert_int_equal(the_rcpt.outcome, rows[i].outcome);
        assert_int_equal(the_rcpt.code, rows[i].code);
        assert_over(client, rows[i].error);
    }
    /* one that begins behind the dot is an answer like any other */
    client = go(&(struct way){"dot", {MESSAGE, "l", "!", "552-too\r\n"}});
    assert_int_equal(hear(client, "552 much\r\n").type, EHLO_EVENT_RESULT);
    assert_int_equal(the_rcpt.outcome, EHLO_OUTCOME_PERMANENT);
    assert_int_equal(ehlo_client_quit(client), 0);
}

/* What is lent must stay as it is. If it does not, the program hears so, and the session does not hang. */
static void test_lent_is_changed(void **state)
{
    static const struct way open = {"open", {HELLO, "m", YES, "S", "!"}}, mail = {"MAIL", {HELLO, "S", "!"}};
    struct ehlo_client *client;
    struct ehlo_event event;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        client = go(i == 0 ? &open : &mail);
        if (i == 0)
            the_mail.path.domain = span("d\r\nQUIT"); /* RSET goes before it */
        else
            the_rcpt.path.domain = span("d\r\nQUIT");
        event = hear(client, "250 OK\r\n");
        assert_int_equal(event.type, EHLO_EVENT_RESULT);
        assert_int_equal(event.index, 0);
        assert_int_equal(event.reason, EHLO_E_CHARACTER);
        assert_int_equal(the_rcpt.outcome, EHLO_OUTCOME_TRANSIENT);
        assert_int_equal(the_rcpt.code, 0);
        expect(client, "");
        assert_over(client, EHLO_E_CHARACTER);
    }
}

/* What was shown when the session ended is thrown away: it cannot be sent any more, and nothing comes of saying so. */
static void test_shown_is_thrown_away(void **state)
{
    static const struct way ways_to_show[] = {{"MAIL", {PIPED, "m"}}, {"last piece", {BEGUN, "l"}}};
    struct ehlo_client *client;
    struct ehlo_span out;
    size_t i, j;

    (void)state;
    for (i = 0; i < 2; i++) {
        for (j = 0; j < 2; j++) {
            client = go(&ways_to_show[i]);
            assert_int_equal(ehlo_client_output(client, &out, 1), 1);
            if (j == 0)
                hear(client, "421 x\r\n");
            else
                assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
            assert_int_equal(ehlo_client_sent(client, 1), EHLO_E_ARGUMENT);
            assert_int_equal(ehlo_client_output(client, &out, 1), 0);
            assert_over(client, j == 0 ? EHLO_E_CLOSING : EHLO_E_LOST);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_default_timeouts),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_result_pending),
        cmocka_unit_test(test_ends_parting),
        cmocka_unit_test(test_ends_inside_a_piece),
        cmocka_unit_test(test_too_early),
        cmocka_unit_test(test_refused_around_the_dot),
        cmocka_unit_test(test_lent_is_changed),
        cmocka_unit_test(test_shown_is_thrown_away),
    };

    return cmocka_run_group_tests_name("client states", tests, NULL, NULL);
}
