/* SPDX-License-Identifier: ISC
 *
 * Drives a server session over given input, cut and drained in a given way, and writes down what it said: the events as
 * text, adjacent pieces of a body joined, and the output. Two runs over the same input must write down the same.
 */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include "drive_text.h"

struct drive {
    const struct ehlo_server_config *config;
    const char *in;
    size_t size;
    const size_t *cuts; /* where the input is cut, rising; NULL: every `step` octets */
    size_t cut_count;
    size_t step;
    size_t drain;  /* octets of output taken at a time; 0: all of it */
    uint32_t seed; /* not 0: questions wait, are asked again from other places, and output is taken at random */
    int end;       /* EHLO_E_ for ehlo_server_end behind the last octet, or 0 */
    int early;     /* octets are offered before the greeting */
    const size_t *handshakes; /* where in the input TLS is done, rising: nothing behind is offered before */
    size_t handshake_count;

    /* The verdict on a question: NULL for the standard yes, `*silent` for what feed does when nobody cares. */
    const struct ehlo_reply *(*verdict)(void *user, const struct ehlo_event *event, int *silent);
    void *user;

    struct drive_text log;
    struct drive_text out;
    int result;   /* what the last call to next returned */
    size_t taken; /* octets of input that were used */
    size_t done;  /* handshakes */
};

static const char *const drive_names[] = {"NONE",  "CONNECT", "HELLO", "MAIL",  "RCPT",   "DATA", "BODY",     "END",
                                          "ABORT", "COMMAND", "READY", "REPLY", "RESULT", "AUTH", "STARTTLS", "EARLY"};

/* What an event says of the session, a word a flag. */
static void drive_log_flags(struct drive_text *log, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {
        {EHLO_EVENT_ESMTP, " esmtp"},
        {EHLO_EVENT_SECRET, " secret"},
        {EHLO_EVENT_SECURED, " secured"},
        {EHLO_EVENT_LMTP, " lmtp"},
        {EHLO_EVENT_AUTHENTICATED, " authenticated"},
        {EHLO_EVENT_UTF8, " utf8"},
    };
    size_t i;

    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (flags & words[i].flag) {
            drive_say(log, words[i].word);
            flags &= ~words[i].flag;
        }
    if (flags != 0)
        drive_fail("a flag that is no server's");
}

static void drive_log(struct drive_text *log, const struct ehlo_event *event, size_t at)
{
    char line[160];

    if (event->type < EHLO_EVENT_CONNECT || event->type > EHLO_EVENT_EARLY)
        drive_fail("an event of no known type");
    if (event->type == EHLO_EVENT_BODY) {
        /* the body goes on on its line, so that it does not matter in how many pieces it came */
        if (log->size < 2 || log->data[log->size - 1] != '\x01')
            drive_say(log, "BODY ");
        else
            log->size--;
        drive_escape(log, event->data);
        drive_say(log, "\x01");
        return;
    }
    if (log->size > 0 && log->data[log->size - 1] == '\x01')
        log->data[log->size - 1] = '\n';
    drive_say(log, drive_names[event->type]);
    if (event->ticket != 0) {
        snprintf(line, sizeof line, " @%zu", at);
        drive_say(log, line);
    }
    drive_log_flags(log, event->flags);
    if (event->command.name.data != NULL) {
        drive_say(log, " ");
        drive_escape(log, event->command.name);
        drive_say(log, " [");
        drive_escape(log, event->command.argument);
        drive_say(log, "]");
    }
    if (event->command.path.kind != 0 || event->command.path.local.size > 0) {
        snprintf(line, sizeof line, " kind=%u local=", (unsigned)event->command.path.kind);
        drive_say(log, line);
        drive_escape(log, event->command.path.local);
        drive_say(log, " domain=");
        drive_escape(log, event->command.path.domain);
    }
    if (event->command.params.size > 0) {
        drive_say(log, " params=");
        drive_escape(log, event->command.params);
    }
    if (event->command.verb == EHLO_VERB_BDAT) {
        snprintf(line, sizeof line, " chunk=%llu", (unsigned long long)event->command.octets);
        drive_say(log, line);
    }
    if (event->command.last)
        drive_say(log, " last");
    if (event->type == EHLO_EVENT_AUTH) {
        drive_say(log, event->data.data == NULL ? " nothing" : " data=");
        drive_escape(log, event->data);
    }
    if (event->type == EHLO_EVENT_ABORT) {
        drive_say(log, " ");
        drive_say(log, ehlo_error_name(event->reason));
    } else if (event->index != 0 || event->body != 0 || event->octets != 0 || event->type == EHLO_EVENT_END) {
        snprintf(line, sizeof line, " index=%u body=%u octets=%llu facts=%u longest=%llu", (unsigned)event->index,
                 (unsigned)event->body, (unsigned long long)event->octets, (unsigned)event->facts,
                 (unsigned long long)event->longest);
        drive_say(log, line);
    }
    drive_say(log, "\n");
}

/* The octets [from, to) of the input as the last ones before an unreadable page. */
static const char *drive_offer(const struct drive *drive, size_t from, size_t to)
{
    static char *end;

    if (end == NULL)
        end = drive_page();
    return drive_flush(end, drive->in + from, to - from);
}

/* Where the input ends that the client can send now. */
static size_t drive_limit(const struct drive *drive)
{
    return drive->done < drive->handshake_count ? drive->handshakes[drive->done] : drive->size;
}

static size_t drive_next_cut(const struct drive *drive, size_t offered)
{
    const size_t limit = drive_limit(drive);
    size_t i;

    if (drive->cuts == NULL)
        return drive->step < limit - offered ? offered + drive->step : limit;
    for (i = 0; i < drive->cut_count; i++)
        if (drive->cuts[i] > offered && drive->cuts[i] < limit)
            return drive->cuts[i];
    return limit;
}

/* The handshake, where it stands in the input; returns 0 where it does not. */
static int drive_secure(struct drive *drive, struct ehlo_server *server)
{
    if (drive->done == drive->handshake_count || drive->taken != drive_limit(drive))
        return 0;
    if (ehlo_server_secured(server, 0) != 0)
        drive_fail("secured");
    drive->done++;
    return 1;
}

/* Takes output once. */
static void drive_drain(struct drive *drive, struct ehlo_server *server)
{
    struct ehlo_span span;
    size_t size;

    if (ehlo_server_output(server, &span, 1) == 0)
        return;
    size = drive->drain == 0 || drive->drain > span.size ? span.size : drive->drain;
    if (drive->seed != 0)
        size = drive_random(&drive->seed) % (span.size + 1);
    drive_put(&drive->out, span.data, size);
    if (ehlo_server_sent(server, size) != 0)
        drive_fail("sent");
}

static void drive_answer(struct drive *drive, struct ehlo_server *server, const struct ehlo_event *event)
{
    static const struct ehlo_reply no_relay = {sizeof no_relay, 550, {5, 7, 1}, 0, {"recipient not taken here", 24}};
    static const struct ehlo_reply not_taken = {sizeof not_taken, 554, {5, 0, 0}, 0, {"message not taken", 17}};
    const struct ehlo_reply *reply;
    int silent = 0;

    reply = drive->verdict == NULL ? NULL : drive->verdict(drive->user, event, &silent);
    if (silent && event->type == EHLO_EVENT_RCPT)
        reply = &no_relay;
    if (silent && event->type == EHLO_EVENT_END)
        reply = &not_taken;
    if (ehlo_server_answer(server, event->ticket + 1, reply) != EHLO_E_TICKET)
        drive_fail("a wrong ticket was taken");
    if (ehlo_server_answer(server, event->ticket, reply) != 0)
        drive_fail("the answer was not taken");
    if (ehlo_server_answer(server, event->ticket, reply) != EHLO_E_TICKET)
        drive_fail("a question was answered twice");
}

/* Lets a question wait: asked again from a moved buffer, with output taken meanwhile, it stays the same question. */
static void drive_defer(struct drive *drive, struct ehlo_server *server, struct ehlo_event *event, size_t offered)
{
    static struct drive_text first, second;
    struct ehlo_event again = {.size = sizeof again};
    size_t used, more;

    first.size = 0;
    drive_log(&first, event, 0);
    while (drive_random(&drive->seed) % 3 != 0) {
        more = drive_random(&drive->seed) % (drive_limit(drive) - offered + 1);
        if (ehlo_server_next(server, drive_offer(drive, drive->taken, offered + more), offered + more - drive->taken,
                             &used, &again) != (int)event->type ||
            used != 0 || again.ticket != event->ticket)
            drive_fail("a question changed while it was open");
        second.size = 0;
        drive_log(&second, &again, 0);
        if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)
            drive_fail("a question was worded differently the second time");
        if ((ehlo_server_want(server) & (EHLO_WANT_ANSWER | EHLO_WANT_INPUT)) != EHLO_WANT_ANSWER &&
            event->type != EHLO_EVENT_CONNECT) /* one who looks for octets before the greeting */
            drive_fail("input is wanted while a question is open");
        drive_drain(drive, server);
        *event = again;
    }
}

static void drive_run(struct drive *drive)
{
    static uint64_t blocks[2][4096];
    struct ehlo_server *server;
    struct ehlo_event event = {.size = sizeof event};
    size_t offered = 0, used, size = ehlo_server_size(drive->config);
    uint32_t want, place = 0;
    int end = drive->end, idle = 0; /* calls that led nowhere */

    drive->log.size = drive->out.size = drive->taken = drive->done = 0;
    if (drive->early)
        offered = drive_next_cut(drive, 0);
    if (size == 0 || size > sizeof blocks[0] ||
        ehlo_server_init(&server, blocks[0], sizeof blocks[0], drive->config) != 0)
        drive_fail("init");
    for (;;) {
        if (drive->seed != 0) { /* a session is a value: it may be moved at any time */
            memcpy(blocks[!place], blocks[place], size);
            memset(blocks[place], 0xA5, size);
            place = !place;
            server = (struct ehlo_server *)blocks[place];
        }
        drive->result =
            ehlo_server_next(server, drive_offer(drive, drive->taken, offered), offered - drive->taken, &used, &event);
        if (used > offered - drive->taken)
            drive_fail("more was used than was offered");
        drive->taken += used;
        idle = drive->result != 0 || used > 0 ? 0 : idle + 1;
        if (drive->result > 0) {
            drive_log(&drive->log, &event, drive->taken);
            if (event.ticket != 0) {
                if (drive->seed != 0)
                    drive_defer(drive, server, &event, offered);
                drive_answer(drive, server, &event);
            }
            continue;
        }
        want = ehlo_server_want(server);
        if (want & EHLO_WANT_ANSWER)
            drive_fail("an answered question is still open");
        if (want & EHLO_WANT_OUTPUT && (drive->seed == 0 || !(want & EHLO_WANT_INPUT) ||
                                        offered == drive_limit(drive) || drive_random(&drive->seed) % 2 == 0)) {
            drive_drain(drive, server);
        } else if (want == EHLO_WANT_TLS && drive_secure(drive, server)) {
            continue;
        } else if (want & (EHLO_WANT_INPUT | EHLO_WANT_TLS) && offered < drive_limit(drive)) {
            offered = drive_next_cut(drive, offered);
        } else if (want & (EHLO_WANT_INPUT | EHLO_WANT_TLS) && end != 0) {
            if (ehlo_server_end(server, end) != 0)
                drive_fail("end");
            end = 0;
        } else if (want & (EHLO_WANT_INPUT | EHLO_WANT_TLS | EHLO_WANT_CLOSE | EHLO_WANT_TURN)) {
            break;
        } else if (idle > 1) {
            drive_fail("the session wants nothing and says nothing");
        }
    }
    if (drive->log.size > 0 && drive->log.data[drive->log.size - 1] == '\x01')
        drive->log.data[drive->log.size - 1] = '\n';
}

#endif
