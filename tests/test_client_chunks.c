/* SPDX-License-Identifier: ISC
 *
 * Messages in chunks (RFC 3030): what is announced is what is sent, however pieces are cut and output is taken; and
 * what becomes of them when the server refuses one, or the connection is lost. The dialogues are in the transcripts.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk_client.h"

enum {
    ROOM = 1 << 15,
    PIECES = 12
};

static struct ehlo_mail the_mail;
static struct ehlo_rcpt the_rcpts[3];

/* A plan whose recipients, `count` of them, were accepted by a server that offers this. */
static struct ehlo_client *begin(const struct ehlo_client_config *config, const char *offered, uint32_t body,
                                 size_t count)
{
    const int lmtp = (config->flags & EHLO_CLIENT_LMTP) != 0;
    struct ehlo_client *client = start(config);
    char out[200];
    size_t i;

    hear(client, "220 mx\r\n");
    expect(client, lmtp ? "LHLO c.example\r\n" : "EHLO c.example\r\n");
    hear(client, "250-mx\r\n");
    assert_int_equal(hear(client, offered).type, EHLO_EVENT_READY);
    the_mail = mail_from("a", "b");
    the_mail.body = body;
    for (i = 0; i < count; i++)
        the_rcpts[i] = rcpt_to("c", "d");
    assert_int_equal(ehlo_client_send(client, &the_mail, the_rcpts, count), 0);
    for (i = 0; i <= count;) { /* with or without PIPELINING */
        assert_true(ehlo_client_read(client, out, sizeof out) > 0);
        for (; i <= count && (ehlo_client_want(client) & EHLO_WANT_OUTPUT) == 0; i++) {
            hear(client, "250 OK\r\n");
            if (strstr(offered, "PIPELINING") == NULL) {
                i++;
                break;
            }
        }
    }
    assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT | EHLO_WANT_BODY);
    return client;
}

static struct ehlo_client_config chunking(void)
{
    struct ehlo_client_config config = plain();

    config.flags = EHLO_CLIENT_CHUNKING;
    return config;
}

#define PIPED "250-BINARYMIME\r\n250-CHUNKING\r\n250 PIPELINING\r\n"
#define LOCKSTEP "250-BINARYMIME\r\n250-8BITMIME\r\n250 CHUNKING\r\n"

static uint32_t random_number(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed >> 3;
}

/* A wire that is read as a server does: chunks of so many octets as their lines say. */
struct wire {
    char data[ROOM];
    size_t size, at;
    size_t chunk; /* octets that are left of it */
    int last, whole;
    char message[ROOM];
    size_t message_size;
    uint32_t chunks, answered;
};

static void read_wire(struct wire *wire)
{
    const char *end;
    char line[40], word[8];
    unsigned long octets;
    size_t part;

    while (wire->at < wire->size) {
        if (wire->chunk > 0) {
            part = wire->size - wire->at < wire->chunk ? wire->size - wire->at : wire->chunk;
            memcpy(wire->message + wire->message_size, wire->data + wire->at, part);
            wire->message_size += part;
            wire->at += part;
            wire->chunk -= part;
            wire->whole = wire->last && wire->chunk == 0;
            continue;
        }
        assert_false(wire->whole);
        end = memchr(wire->data + wire->at, '\n', wire->size - wire->at);
        if (end == NULL)
            return;
        part = (size_t)(end - wire->data) - wire->at;
        assert_true(part < sizeof line);
        memcpy(line, wire->data + wire->at, part);
        line[part] = word[0] = '\0';
        assert_true(line[part - 1] == '\r' && sscanf(line, "BDAT %lu %7s", &octets, word) >= 1);
        wire->last = strcmp(word, "LAST") == 0;
        assert_true(wire->last || (word[0] == '\0' && octets > 0));
        wire->chunk = octets;
        wire->whole = wire->last && octets == 0;
        wire->chunks++;
        wire->at = (size_t)(end + 1 - wire->data);
    }
}

/* What chunks must make of a message. */
static size_t canonical(char *out, const char *in, size_t size, int binary)
{
    size_t i, length = 0;

    for (i = 0; i < size; i++) {
        if (!binary && in[i] == '\n' && (i == 0 || in[i - 1] != '\r'))
            out[length++] = '\r';
        out[length++] = in[i];
        if (!binary && in[i] == '\r' && (i + 1 == size || in[i + 1] != '\n'))
            out[length++] = '\n';
    }
    if (!binary && length > 0 && out[length - 1] != '\n') {
        out[length++] = '\r';
        out[length++] = '\n';
    }
    return length;
}

/* Takes some output, in one of the ways there are. */
static void take_some(struct ehlo_client *client, struct wire *wire, uint32_t *seed)
{
    const size_t room = 1 + random_number(seed) % (random_number(seed) % 4 == 0 ? 300 : 9);
    struct ehlo_span spans[4];
    size_t count, i, part, size = 0;

    switch (random_number(seed) % 3) {
    case 0:
        wire->size += ehlo_client_read(client, wire->data + wire->size, room);
        break;
    case 1:
        size = ehlo_client_copy(client, wire->data + wire->size, room);
        size = size == 0 ? 0 : random_number(seed) % (size + 1);
        break;
    default:
        count = ehlo_client_output(client, spans, 1 + random_number(seed) % 4);
        for (i = 0; i < count && size < room; i++) {
            part = spans[i].size < room - size ? spans[i].size : room - size;
            memcpy(wire->data + wire->size + size, spans[i].data, part);
            size += part;
        }
        break;
    }
    assert_int_equal(ehlo_client_sent(client, size), 0);
    wire->size += size;
    read_wire(wire);
}

/* One message at random. The server answers when it likes, and never a chunk that it has not got. */
static void send_random(uint32_t number, uint32_t body, int piped)
{
    static struct wire wire;
    static char in[600], want[2 * sizeof in];
    static char *piece;
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client = begin(&c, piped ? PIPED : LOCKSTEP, body, 1);
    uint32_t seed = number * 2654435761u | 1, waiting;
    size_t size = random_number(&seed) % sizeof in, given = 0, part, length, i;
    int last = 0, idle = 0;

    wire.size = wire.at = wire.chunk = wire.message_size = 0;
    wire.last = wire.whole = 0;
    wire.chunks = wire.answered = 0;
    for (i = 0; i < size; i++)
        in[i] = "\r\n.x"[random_number(&seed) % (number % 2 == 0 ? 4 : 3)];
    while (!(wire.whole && wire.answered == wire.chunks) && idle++ < 100000) {
        if (ehlo_client_want(client) & EHLO_WANT_BODY) {
            assert_false(last);
            part = random_number(&seed) % 60;
            part = part < size - given ? part : size - given;
            last = given + part == size && random_number(&seed) % 2 == 0;
            free(piece);
            piece = malloc(part + 1);
            assert_non_null(piece);
            memcpy(piece, in + given, part);
            assert_int_equal(ehlo_client_body(client, piece, part, last), 0);
            given += part;
        }
        if (ehlo_client_want(client) & EHLO_WANT_OUTPUT && random_number(&seed) % 3 > 0)
            take_some(client, &wire, &seed);
        waiting = wire.chunks - (wire.chunk > 0) - wire.answered;
        assert_true(piped || waiting <= 1);
        if (waiting > 0 && random_number(&seed) % 4 == 0) {
            struct ehlo_event event = {.size = sizeof event};
            size_t used;

            assert_int_equal(ehlo_client_next(client, "250 OK\r\n", 8, &used, &event), EHLO_EVENT_REPLY);
            wire.answered++;
            assert_int_equal(event.answers,
                             wire.last && wire.answered == wire.chunks ? EHLO_EVENT_END : EHLO_EVENT_BODY);
            assert_int_equal(event.command.verb, EHLO_VERB_BDAT);
        }
    }
    assert_true(wire.whole && wire.answered == wire.chunks && wire.at == wire.size);
    assert_int_equal(hear(client, "").type, EHLO_EVENT_RESULT);
    assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_DELIVERED);
    length = canonical(want, in, size, body == EHLO_BODY_BINARYMIME);
    assert_int_equal(wire.message_size, length);
    assert_memory_equal(wire.message, want, length);
}

static void test_announced(void **state)
{
    uint32_t number;

    (void)state;
    for (number = 1; number <= 3000; number++)
        send_random(number, number % 3 == 0 ? EHLO_BODY_BINARYMIME : EHLO_BODY_7BIT, number % 2);
}

/* However many chunks there are: what is not answered stays under its bound, and nothing stalls. */
static void test_many_chunks(void **state)
{
    static const uint32_t bounds[] = {1, 40, 100, 0};
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client;
    char out[64];
    uint32_t given, answered, most, waiting;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        c.outstanding_max = bounds[i];
        client = begin(&c, PIPED, EHLO_BODY_7BIT, 1);
        most = 0;
        for (given = answered = 0; given < 10000;) {
            if (ehlo_client_want(client) & EHLO_WANT_BODY) {
                assert_int_equal(ehlo_client_body(client, "x\r\n", 3, ++given == 10000), 0);
                assert_int_equal(ehlo_client_read(client, out, sizeof out), given < 10000 ? 11 : 16);
            } else {
                waiting = given - answered;
                most = waiting > most ? waiting : most;
                for (; waiting > 0; waiting--, answered++)
                    assert_int_equal(hear(client, "250 OK\r\n").type, EHLO_EVENT_REPLY);
            }
        }
        for (; answered < given; answered++)
            assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_PENDING), hear(client, "250 OK\r\n");
        assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_DELIVERED);
        if (bounds[i] == 1)
            assert_int_equal(most, 1);
        assert_true(most * 8 <= (bounds[i] == 0 ? 4096 : bounds[i] < 8 ? 8 : bounds[i]));
        assert_true(bounds[i] != 0 || most > 400); /* the bound is used, too */
    }
}

/* A chunk is refused while the next is being sent: that one was promised, and what is behind it is not wanted. */
static void test_refused_behind(void **state)
{
    static const char *const next[] = {"12345.\r\n", "\n\n\n\n", "1\r2\r3\r\r\r45\n6"};
    static const size_t sizes[] = {8, 8, 18};
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client;
    struct ehlo_event event;
    char out[200];
    size_t i, cut, total;
    int way;

    (void)state;
    for (i = 0; i < 3; i++) {
        for (cut = 1; cut < 8 + sizes[i]; cut++) {
            for (way = 0; way < 2; way++) {
                client = begin(&c, PIPED, EHLO_BODY_7BIT, 1);
                assert_int_equal(ehlo_client_body(client, "x\r\n", 3, 0), 0);
                expect(client, "BDAT 3\r\nx\r\n");
                assert_int_equal(ehlo_client_body(client, next[i], strlen(next[i]), 0), 0);
                total = (size_t)snprintf(out, sizeof out, "BDAT %zu\r\n", sizes[i]) + sizes[i];
                if (cut >= total)
                    continue;
                assert_int_equal(ehlo_client_read(client, out, cut), cut);
                event = hear(client, "552 5.3.4 no\r\n");
                assert_int_equal(event.type, EHLO_EVENT_REPLY); /* no RESULT yet */
                assert_int_equal(event.answers, EHLO_EVENT_BODY);
                assert_int_equal(ehlo_client_want(client) & EHLO_WANT_BODY, 0);
                assert_int_equal(ehlo_client_body(client, "y", 1, 1), EHLO_E_STATE);
                assert_int_equal(ehlo_client_reset(client), EHLO_E_FULL);
                if (way == 0)
                    assert_int_equal(ehlo_client_read(client, out, sizeof out), total - cut);
                else
                    for (total -= cut; total > 0; total--)
                        assert_int_equal(ehlo_client_read(client, out, 1), 1);
                assert_int_equal(ehlo_client_want(client), EHLO_WANT_INPUT);
                assert_int_equal(ehlo_client_timeout(client), 600);
                assert_int_equal(hear(client, "503 5.5.1 no\r\n").type, EHLO_EVENT_RESULT);
                assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_PERMANENT);
                assert_int_equal(the_rcpts[0].code, 552);
                assert_int_equal(the_rcpts[0].decided, EHLO_EVENT_BODY);
                assert_int_equal(ehlo_client_send(client, &the_mail, the_rcpts, 1), 0);
                assert_true(ehlo_client_read(client, out, sizeof out) > 0);
                assert_memory_equal(out, "RSET\r\nMAIL", 10);
            }
        }
    }
}

/* The chunk that is being sent is refused: what is left of it cannot be called back. */
static void test_refused_early(void **state)
{
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client;
    struct ehlo_event event = {.size = sizeof event};
    char out[100];
    size_t cut, used;
    int last;

    (void)state;
    for (last = 0; last < 2; last++) {
        for (cut = 0; cut < (last ? 15u : 10u); cut++) {
            client = begin(&c, PIPED, EHLO_BODY_7BIT, 1);
            assert_int_equal(ehlo_client_body(client, "xy", 2, last), 0);
            if (cut > 0)
                assert_int_equal(ehlo_client_read(client, out, cut), cut);
            assert_int_equal(ehlo_client_timeout(client), 180);
            /* before it was shown nobody can have refused it */
            assert_int_equal(ehlo_client_next(client, "554 no\r\n", 8, &used, &event),
                             cut > 0 ? EHLO_EVENT_REPLY : EHLO_EVENT_RESULT);
            assert_int_equal(event.answers, cut == 0 ? EHLO_EVENT_NONE : last ? EHLO_EVENT_END : EHLO_EVENT_BODY);
            if (cut > 0)
                assert_int_equal(ehlo_client_next(client, "", 0, &used, &event), EHLO_EVENT_RESULT);
            assert_int_equal(the_rcpts[0].outcome, cut > 0 ? EHLO_OUTCOME_PERMANENT : EHLO_OUTCOME_TRANSIENT);
            assert_over(client, cut > 0 ? EHLO_E_REFUSED : EHLO_E_PROTOCOL);
            assert_int_equal(ehlo_client_read(client, out, sizeof out), 0);
            /* a yes to it is out of the question */
            client = begin(&c, PIPED, EHLO_BODY_7BIT, 1);
            assert_int_equal(ehlo_client_body(client, "xy", 2, last), 0);
            ehlo_client_read(client, out, cut);
            assert_int_equal(hear(client, "250 OK\r\n").type, EHLO_EVENT_RESULT);
            assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_TRANSIENT);
            assert_over(client, EHLO_E_PROTOCOL);
        }
    }
}

/* Where the connection is lost. Only a message that was sent whole can have been taken. */
static void test_lost(void **state)
{
    static const char *const pieces[] = {"one\r\n", "two", ""};
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client;
    char out[100];
    size_t cut, total, i, j;
    int whole;

    (void)state;
    for (i = 0; i < 3; i++) { /* the last piece */
        for (cut = 0; cut < 60; cut++) {
            client = begin(&c, PIPED, EHLO_BODY_7BIT, 2);
            total = 0;
            for (j = 0; j < 2; j++) {
                assert_int_equal(
                    ehlo_client_body(client, pieces[j == 0 ? 0 : i], strlen(pieces[j == 0 ? 0 : i]), j == 1), 0);
                total += ehlo_client_read(client, out, cut - total);
                if ((ehlo_client_want(client) & EHLO_WANT_BODY) == 0)
                    break;
            }
            whole = j == 2 || (j == 1 && (ehlo_client_want(client) & EHLO_WANT_OUTPUT) == 0);
            assert_int_equal(ehlo_client_end(client, EHLO_E_LOST), 0);
            assert_int_equal(hear(client, "").type, EHLO_EVENT_RESULT);
            assert_int_equal(the_rcpts[0].outcome, whole ? EHLO_OUTCOME_UNKNOWN : EHLO_OUTCOME_TRANSIENT);
            assert_int_equal(the_rcpts[1].outcome, the_rcpts[0].outcome);
            assert_true(!whole || total >= 13 + 13);
            if (whole)
                break;
        }
        assert_true(whole);
    }
}

/* A message goes on in the way that it began, whatever is asked behind it. */
static void test_carrier_changes(void **state)
{
    struct ehlo_client_config c = plain();
    struct ehlo_client *client = begin_message(&c, PIPED, EHLO_BODY_7BIT);
    struct ehlo_mail mail = mail_from("e", "f");
    struct ehlo_rcpt rcpt = rcpt_to("g", "h");

    (void)state;
    mail.body = EHLO_BODY_BINARYMIME;
    assert_int_equal(ehlo_client_body(client, "x\n.y", 4, 1), 0);
    assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_FULL);
    expect(client, "x\r\n..y\r\n.\r\n");
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    assert_int_equal(ehlo_client_rcpt(client, &rcpt), 0);
    expect(client, "MAIL FROM:<e@f> BODY=BINARYMIME\r\nRCPT TO:<g@h>\r\n");
    assert_int_equal(ehlo_client_data(client), EHLO_E_FULL);
    hear(client, "250 OK\r\n250 OK\r\n250 OK\r\n");
    assert_int_equal(ehlo_client_data(client), 0);
    assert_int_equal(ehlo_client_data(client), EHLO_E_STATE);
    assert_int_equal(ehlo_client_body(client, "\n", 1, 0), 0);
    expect(client, "BDAT 1\r\n\n");
    assert_int_equal(ehlo_client_body(client, "", 0, 1), 0);
    mail.body = EHLO_BODY_7BIT;
    assert_int_equal(ehlo_client_mail(client, &mail), EHLO_E_FULL);
    expect(client, "BDAT 0 LAST\r\n");
    assert_int_equal(ehlo_client_mail(client, &mail), 0);
    expect(client, "MAIL FROM:<e@f>\r\n");
    assert_int_equal(hear(client, "250 OK\r\n").answers, EHLO_EVENT_BODY);
    assert_int_equal(hear(client, "250 OK\r\n").answers, EHLO_EVENT_END);
    assert_int_equal(hear(client, "250 OK\r\n").answers, EHLO_EVENT_MAIL);
}

/* In LMTP no recipient has a reply to a chunk that was not shown, the last one of no octets neither. */
static void test_lmtp_not_shown(void **state)
{
    struct ehlo_client_config c = chunking();
    struct ehlo_client *client;
    struct ehlo_event event = {.size = sizeof event};
    size_t used, size;

    (void)state;
    c.flags |= EHLO_CLIENT_LMTP;
    for (size = 0; size < 2; size++) {
        client = begin(&c, PIPED, EHLO_BODY_7BIT, 3);
        assert_int_equal(ehlo_client_body(client, "x", size, 1), 0);
        assert_int_equal(ehlo_client_next(client, "250 OK\r\n", 8, &used, &event), EHLO_EVENT_RESULT);
        assert_int_equal(event.reason, EHLO_E_PROTOCOL);
        assert_int_equal(event.index, 0);
    }
    client = begin(&c, PIPED, EHLO_BODY_7BIT, 3);
    assert_int_equal(ehlo_client_body(client, "x", 1, 1), 0);
    expect(client, "BDAT 3 LAST\r\nx\r\n");
    assert_int_equal(hear(client, "250 OK\r\n").index, 0);
    assert_int_equal(hear(client, "450 OK\r\n").index, 1);
    assert_int_equal(hear(client, "250 OK\r\n").index, 2);
    assert_int_equal(the_rcpts[0].outcome, EHLO_OUTCOME_DELIVERED);
    assert_int_equal(the_rcpts[1].outcome, EHLO_OUTCOME_TRANSIENT);
    assert_int_equal(the_rcpts[2].outcome, EHLO_OUTCOME_DELIVERED);
}

/* More recipients than many a counter counts, each with its reply. */
static void test_lmtp_many(void **state)
{
    const uint32_t count = 150000;
    struct ehlo_client_config c = plain();
    struct ehlo_rcpt *rcpts = calloc(count, sizeof *rcpts);
    struct ehlo_mail mail = mail_from("a", "b");
    struct ehlo_event event = {.size = sizeof event};
    struct ehlo_client *client;
    static char out[4096];
    uint32_t i, asked, answered = 0;
    size_t used;

    (void)state;
    assert_non_null(rcpts);
    for (i = 0; i < count; i++)
        rcpts[i] = rcpt_to("c", "d");
    c.flags = EHLO_CLIENT_LMTP;
    client = start(&c);
    hear(client, "220 mx\r\n");
    expect(client, "LHLO c.example\r\n");
    hear(client, "250-mx\r\n250 PIPELINING\r\n");
    assert_int_equal(ehlo_client_send(client, &mail, rcpts, count), 0);
    while (answered < count + 2) {
        asked = 0;
        while ((used = ehlo_client_read(client, out, sizeof out)) > 0)
            while (used > 0)
                asked += out[--used] == '\n';
        assert_true(asked > 0);
        for (; asked > 0; asked--, answered++)
            assert_int_equal(
                ehlo_client_next(client, answered == count + 1 ? "354 x\r\n" : "250 x\r\n", 7, &used, &event),
                EHLO_EVENT_REPLY);
    }
    assert_int_equal(ehlo_client_body(client, "", 0, 1), 0);
    expect(client, ".\r\n");
    for (i = 0; i < count; i++) {
        assert_int_equal(ehlo_client_next(client, i % 3 == 1 ? "550 x\r\n" : "250 x\r\n", 7, &used, &event),
                         EHLO_EVENT_REPLY);
        assert_int_equal(event.index, i);
    }
    assert_int_equal(hear(client, "").index, count - count / 3);
    for (i = 0; i < count; i++)
        assert_int_equal(rcpts[i].outcome, i % 3 == 1 ? EHLO_OUTCOME_PERMANENT : EHLO_OUTCOME_DELIVERED);
    free(rcpts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_announced),      cmocka_unit_test(test_many_chunks),
        cmocka_unit_test(test_refused_behind), cmocka_unit_test(test_refused_early),
        cmocka_unit_test(test_lost),           cmocka_unit_test(test_carrier_changes),
        cmocka_unit_test(test_lmtp_not_shown), cmocka_unit_test(test_lmtp_many),
    };

    return cmocka_run_group_tests_name("client chunks", tests, NULL, NULL);
}
