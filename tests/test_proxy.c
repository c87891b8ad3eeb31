/* SPDX-License-Identifier: ISC
 *
 * A proxy of both facades between a client and a server: what each side decides reaches the other, and a message passes
 * in pieces that are never copied. `test_proxy NUMBER` repeats a run.
 */
#include <ehlo.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "loop.h"

/* --- the proxy: all of it but the transport */

struct proxy {
    struct ehlo_server *server; /* downstream: it is what the client talks to */
    struct ehlo_client *client; /* upstream */
    uint32_t ticket;            /* of the question that was passed on, or 0 */
    uint32_t asked;             /* its EHLO_EVENT_ */
    int ready, in_message;      /* upstream */
    int gone;                   /* why upstream is over, or 0 */
};

static void answer(struct proxy *proxy, uint32_t ticket, uint16_t code, struct ehlo_span text)
{
    struct ehlo_reply reply = {.size = sizeof reply, .code = code, .text = text};

    if (code == 354 || ehlo_server_answer(proxy->server, ticket, &reply) != 0) /* worded as it cannot be here */
        (void)ehlo_server_answer(proxy->server, ticket, NULL);
    proxy->ticket = 0;
}

static int pass_on(struct proxy *proxy, const struct ehlo_event *event)
{
    const struct ehlo_path path = event->command.path;
    const struct ehlo_mail mail = {.size = sizeof mail, .body = event->body, .octets = event->octets, .path = path};
    const struct ehlo_rcpt rcpt = {.size = sizeof rcpt, .path = path};

    switch (event->type) {
    case EHLO_EVENT_MAIL:
        return ehlo_client_mail(proxy->client, &mail);
    case EHLO_EVENT_RCPT:
        return ehlo_client_rcpt(proxy->client, &rcpt);
    case EHLO_EVENT_DATA:
        return ehlo_client_data(proxy->client);
    default: /* BODY, END: the piece is lent, so nothing is taken downstream until upstream wants another */
        return ehlo_client_body(proxy->client, event->data.data, event->data.size, event->type == EHLO_EVENT_END);
    }
}

static void take_downstream(struct proxy *proxy, const struct ehlo_event *event)
{
    const uint16_t code = proxy->gone != 0 && event->type != EHLO_EVENT_END ? 421 : 451;
    const struct ehlo_span text = {"upstream has failed", 19};
    int error = proxy->gone;

    if (event->type == EHLO_EVENT_HELLO || event->type == EHLO_EVENT_COMMAND) {
        (void)ehlo_server_answer(proxy->server, event->ticket, NULL);
    } else if (event->type == EHLO_EVENT_CONNECT) { /* is asked again and again until upstream is ready or gone */
        if (proxy->ready || proxy->gone != 0)
            answer(proxy, event->ticket, proxy->gone != 0 ? 554 : 220, text);
    } else if (event->type == EHLO_EVENT_ABORT) {
        if (event->reason != EHLO_E_RESET || (error == 0 && ehlo_client_reset(proxy->client) != 0))
            (void)ehlo_client_end(proxy->client, EHLO_E_SHUTDOWN);
    } else if (event->ticket == 0 || event->ticket != proxy->ticket) {
        error = error != 0 ? error : pass_on(proxy, event);
        if (event->ticket == 0 && error != 0) {
            (void)ehlo_client_end(proxy->client, EHLO_E_SHUTDOWN);
        } else if (error == 0) {
            proxy->ticket = event->ticket;
            proxy->asked = event->type;
        } else if (error != EHLO_E_FULL) {
            answer(proxy, event->ticket, code, text);
        }
    }
}

static void take_upstream(struct proxy *proxy, const struct ehlo_event *event)
{
    proxy->ready |= event->type == EHLO_EVENT_READY;
    if (event->type != EHLO_EVENT_REPLY || !event->reply.last || proxy->ticket == 0 || event->answers != proxy->asked)
        return;
    proxy->in_message = event->reply.code == 354;
    answer(proxy, proxy->ticket, event->reply.code, event->reply.text);
}

/* Whether downstream may be asked for an event: not as long as a piece of a message is lent. */
static int may_take(const struct proxy *proxy)
{
    return !proxy->in_message || proxy->gone != 0 || (ehlo_client_want(proxy->client) & EHLO_WANT_BODY) != 0;
}

/* An event of each side. What downstream has used stays in place until it may be asked again. */
static int proxy_upstream(struct proxy *proxy, const char *in, size_t size, size_t *used)
{
    struct ehlo_event event = {.size = sizeof event};
    const struct ehlo_span text = {"upstream has gone", 17};
    int found = ehlo_client_next(proxy->client, in, size, used, &event);

    if (found > 0)
        take_upstream(proxy, &event);
    if (found < 0 && proxy->gone == 0) {
        proxy->gone = found;
        if (proxy->ticket != 0)
            answer(proxy, proxy->ticket, 451, text);
    }
    return found;
}

static int proxy_downstream(struct proxy *proxy, const char *in, size_t size, size_t *used)
{
    struct ehlo_event event = {.size = sizeof event};
    int found = ehlo_server_next(proxy->server, in, size, used, &event);

    if (found > 0)
        take_downstream(proxy, &event);
    if (found < 0 && proxy->gone == 0 && ehlo_client_quit(proxy->client) == EHLO_E_STATE)
        (void)ehlo_client_end(proxy->client, EHLO_E_SHUTDOWN);
    return found;
}

/* --- its transport */

enum {
    RUNS = 2000
};

struct between {
    struct proxy proxy;
    uint64_t server[EHLO_SERVER_SIZE / 8];
    uint64_t client[EHLO_CLIENT_SIZE / 8];
    struct loop_input from_client, from_server;
    size_t held; /* octets that downstream has used, and that may still be lent */
    int over;    /* downstream is */
};

static struct {
    uint32_t taken, passed, broken, told, given_up;
} seen;

static void begin(struct between *between, const struct loop *loop)
{
    struct ehlo_server_config server = loop->server_config;
    struct ehlo_client_config client = loop->client_config;

    memset(between, 0, sizeof *between);
    server.hostname.data = client.hello.data = "proxy.example";
    server.hostname.size = client.hello.size = 13;
    server.message_max = 0;
    client.flags = EHLO_CLIENT_8BIT_ANYWAY; /* it passes what it gets */
    between->from_client.room = ehlo_server_line_max(&server);
    between->from_server.room = ehlo_client_line_max(&client);
    LOOP_REQUIRE(ehlo_server_init(&between->proxy.server, between->server, sizeof between->server, &server) == 0);
    LOOP_REQUIRE(ehlo_client_init(&between->proxy.client, between->client, sizeof between->client, &client) == 0);
}

static void move_output(struct loop *loop, struct between *between, int up)
{
    struct proxy *proxy = &between->proxy;
    struct loop_wire *wire = up ? &loop->links[1].up : &loop->links[0].down;
    struct ehlo_span span;
    size_t size = 1 + loop_roll(loop, loop->grain);

    if ((up ? ehlo_client_output(proxy->client, &span, 1) : ehlo_server_output(proxy->server, &span, 1)) == 0)
        return;
    size = loop_write(loop, wire, span.data, size < span.size ? size : span.size);
    LOOP_REQUIRE((up ? ehlo_client_sent(proxy->client, size) : ehlo_server_sent(proxy->server, size)) == 0);
    loop->progress += size > 0;
}

static void move_events(struct loop *loop, struct between *between)
{
    struct proxy *proxy = &between->proxy;
    const int gone = proxy->gone, in_message = proxy->in_message;
    size_t used;

    between->from_server.fresh = 0;
    loop->progress += proxy_upstream(proxy, between->from_server.data, between->from_server.have, &used) > 0;
    loop_drop(loop, &between->from_server, used);
    if (!may_take(proxy))
        return;
    loop_drop(loop, &between->from_client, between->held);
    between->from_client.fresh = 0;
    between->over |= proxy_downstream(proxy, between->from_client.data, between->from_client.have, &between->held) < 0;
    loop->progress += gone != proxy->gone;
    /* upstream may be ended by the downstream event alone, and has not said so yet */
    seen.given_up += in_message && proxy->gone == 0 && ehlo_client_want(proxy->client) == EHLO_WANT_CLOSE;
}

static void between_step(struct loop *loop, struct between *between)
{
    struct proxy *proxy = &between->proxy;
    struct loop_link *down = &loop->links[0], *up = &loop->links[1];

    switch (loop_roll(loop, 5)) {
    case 0:
        loop_receive(loop, &down->up, &between->from_client);
        break;
    case 1:
        loop_receive(loop, &up->down, &between->from_server);
        break;
    case 2:
        move_output(loop, between, 0);
        break;
    case 3:
        move_output(loop, between, 1);
        break;
    default:
        move_events(loop, between);
        break;
    }
    if (ehlo_server_want(proxy->server) == EHLO_WANT_CLOSE)
        loop_hang_up(&down->down, &down->up);
    else if (down->up.ended && down->up.used == 0 && !between->from_client.fresh)
        loop->progress += ehlo_server_end(proxy->server, EHLO_E_LOST) == 0;
    if (proxy->gone != 0)
        loop_hang_up(&up->up, &up->down);
    else if (up->down.ended && up->down.used == 0 && !between->from_server.fresh)
        loop->progress += ehlo_client_end(proxy->client, EHLO_E_LOST) == 0;
}

static void count(const struct loop *loop, const struct between *between)
{
    uint32_t k, i;

    seen.broken += between->proxy.gone != EHLO_E_QUIT;
    for (k = 0; k < loop->count; k++) {
        seen.told += loop->messages[k].decided[0] == EHLO_EVENT_END && loop->messages[k].code[0] == 451 &&
                     loop->messages[k].end[0] == 0;
        for (i = 0; i < loop->messages[k].count && loop->messages[k].end[i] / 100 != 2; i++)
            ;
        seen.taken += i < loop->messages[k].count;
        for (i = 0; i < loop->messages[k].count; i++)
            seen.passed += loop->messages[k].rcpt[i] >= 400 && loop->messages[k].code[i] == loop->messages[k].rcpt[i];
    }
}

static void run(uint32_t number)
{
    static struct loop loop;
    static struct between between;
    struct dice dice = {NULL, 0, number * 2654435761u | 1};

    loop_run_number = number;
    loop_begin(&loop, &dice, 2);
    begin(&between, &loop);
    while (loop_goes_on(&loop) || between.proxy.gone == 0 || !between.over) {
        loop_step(&loop);
        between_step(&loop, &between);
    }
    loop_finish(&loop, between.proxy.gone != EHLO_E_QUIT);
    count(&loop, &between);
}

static void test_runs(void **state)
{
    uint32_t number;

    (void)state;
    for (number = 1; number <= RUNS; number++)
        run(number);
    print_message(
        "%u messages taken, %u given up in the middle; %u refusals of recipients passed; upstream broke off %u "
        "times, in a message %u times\n",
        (unsigned)seen.taken, (unsigned)seen.given_up, (unsigned)seen.passed, (unsigned)seen.broken,
        (unsigned)seen.told);
    assert_true(seen.taken > RUNS / 2 && seen.given_up > RUNS / 100 && seen.told > RUNS / 100);
    assert_true(seen.passed > RUNS / 10 && seen.broken > RUNS / 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),
    };

    if (argc > 1) {
        run((uint32_t)strtoul(argv[1], NULL, 10));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
