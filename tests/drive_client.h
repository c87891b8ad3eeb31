/* SPDX-License-Identifier: ISC
 *
 * Drives a client session between a server and a program that follow a script, cut and drained in a given way, and
 * writes down what it said: the events as text, and the octets for the server. Two runs over the same script must write
 * down the same.
 *
 * What the server says is offered when it has got the octets that make it say so; the program acts when it has seen the
 * events that make it act.
 */
#ifndef TESTS_DRIVE_CLIENT_H
#define TESTS_DRIVE_CLIENT_H

#include "drive_text.h"
#include "say.h"

enum {
    DRIVE_CLIENT_RCPTS = 16,
    DRIVE_CLIENT_BODY = 1 << 14
};

/* How output is taken. */
enum {
    DRIVE_BY_SPANS = 0, /* ehlo_client_output, ehlo_client_sent */
    DRIVE_BY_READ = 1,  /* ehlo_client_read */
    DRIVE_BY_COPY = 2,  /* ehlo_client_copy, ehlo_client_sent */
    DRIVE_WAYS = 3
};

/* A line of the script. */
struct drive_client_step {
    int program;           /* what the program does; else what the server says */
    struct ehlo_span text; /* octets of the server; or actions, with "; " between, ended by NUL */
    size_t lines;          /* of the log that come before it */
    size_t octets;         /* of the client that come before it */
};

/* A recipient as a program may have it: with something of its own behind. */
struct drive_client_rcpt {
    struct ehlo_rcpt rcpt;
    uint64_t own;
};

/* What the program says in MAIL and RCPT. */
struct drive_client_envelope {
    char text[4096]; /* what `mail` and `rcpts` point to */
    size_t size;     /* of it */
    struct ehlo_mail mail;
    struct drive_client_rcpt rcpts[DRIVE_CLIENT_RCPTS];
    size_t count;
};

struct drive_client {
    const struct ehlo_client_config *config;
    const struct drive_client_step *steps;
    size_t step_count;
    const size_t *cuts; /* where the server's octets are cut, rising; NULL: every `step` octets */
    size_t cut_count;
    size_t step;
    size_t drain;  /* octets of output taken at a time; 0: all of it */
    int way;       /* how it is taken */
    size_t piece;  /* octets of a message given at a time; 0: all of them */
    int whole;     /* each piece as the script has it, since it is a chunk */
    uint32_t seed; /* not 0: everything at random, and the session moves */
    int early;     /* the server talks before it was asked: take no output while there is input */

    struct drive_text log;
    struct drive_text out;

    /* private */
    struct ehlo_client *client;
    size_t at;          /* the first step that is not done */
    size_t begin;       /* where in the server's octets it begins, if they are its own */
    size_t lines;       /* of the log */
    const char *action; /* the next one of the present step; NULL: none was begun */
    char body[DRIVE_CLIENT_BODY];
    size_t body_at, body_size;
    int has_body;
    struct drive_client_envelope envelopes[2];
    size_t lent;         /* the one that the session has; the other one is free */
    char in[DRIVE_PAGE]; /* all octets of the server */
    size_t in_size, offered, taken;
    int over; /* the sticky error */
};

static const char *const drive_client_answers[] = {
    [EHLO_EVENT_NONE] = "NONE", [EHLO_EVENT_CONNECT] = "CONNECT",  [EHLO_EVENT_HELLO] = "HELLO",
    [EHLO_EVENT_MAIL] = "MAIL", [EHLO_EVENT_RCPT] = "RCPT",        [EHLO_EVENT_DATA] = "DATA",
    [EHLO_EVENT_BODY] = "BODY", [EHLO_EVENT_END] = "END",          [EHLO_EVENT_COMMAND] = "COMMAND",
    [EHLO_EVENT_AUTH] = "AUTH", [EHLO_EVENT_STARTTLS] = "STARTTLS"};
static const char *const drive_client_outcomes[] = {"PENDING",   "DELIVERED", "TRANSIENT",
                                                    "PERMANENT", "UNKNOWN",   "LATER"};

static void drive_client_end_line(struct drive_client *drive)
{
    drive_say(&drive->log, "\n");
    drive->lines++;
}

static void drive_client_code(struct drive_client *drive, uint16_t code, const uint16_t status[3])
{
    char line[64];

    snprintf(line, sizeof line, " %u", code);
    drive_say(&drive->log, line);
    if (status[0] == 0)
        return;
    snprintf(line, sizeof line, " %u.%u.%u", status[0], status[1], status[2]);
    drive_say(&drive->log, line);
}

static void drive_client_log_reply(struct drive_client *drive, const struct ehlo_event *event)
{
    struct ehlo_span mechanisms;
    char line[64];

    if (event->answers > EHLO_EVENT_STARTTLS || drive_client_answers[event->answers] == NULL)
        drive_fail("a reply to nothing known");
    drive_say(&drive->log, " ");
    drive_say(&drive->log, drive_client_answers[event->answers]);
    if (event->answers == EHLO_EVENT_HELLO || event->answers == EHLO_EVENT_COMMAND) {
        drive_say(&drive->log, " ");
        drive_say(&drive->log, ehlo_verb_name(event->command.verb));
    }
    if (event->answers == EHLO_EVENT_RCPT ||
        (event->answers == EHLO_EVENT_END && drive->config->flags & EHLO_CLIENT_LMTP)) {
        snprintf(line, sizeof line, " #%u", (unsigned)event->index);
        drive_say(&drive->log, line);
    }
    if (event->flags & EHLO_EVENT_LONE_DOT)
        drive_say(&drive->log, " lone-dot");
    if (event->flags & ~(uint32_t)EHLO_EVENT_LONE_DOT)
        drive_fail("a flag of a reply that is none");
    drive_client_code(drive, event->reply.code, event->reply.status);
    drive_say(&drive->log, event->reply.last ? " [" : " - [");
    drive_escape(&drive->log, event->reply.text);
    drive_say(&drive->log, "]");
    if (!ehlo_client_mechanisms(event, &mechanisms))
        return;
    drive_say(&drive->log, " mechanisms [");
    drive_escape(&drive->log, mechanisms);
    drive_say(&drive->log, "]");
}

static void drive_client_log_ready(struct drive_client *drive, const struct ehlo_event *event)
{
    struct ehlo_limits limits;
    char line[128];

    snprintf(line, sizeof line, "READY%s%s octets=%llu extensions=0x%llX",
             event->flags & EHLO_EVENT_ESMTP ? " esmtp" : "", event->flags & EHLO_EVENT_SECURED ? " secured" : "",
             (unsigned long long)event->octets, (unsigned long long)ehlo_client_extensions(drive->client));
    drive_say(&drive->log, line);
    if (event->octets != ehlo_client_message_max(drive->client))
        drive_fail("two bounds of a message");
    ehlo_client_limits(drive->client, &limits);
    if (limits.mail_max + limits.rcpt_max + limits.rcpt_domain_max == 0)
        return;
    snprintf(line, sizeof line, " limits=%u/%u/%u", (unsigned)limits.mail_max, (unsigned)limits.rcpt_max,
             (unsigned)limits.rcpt_domain_max);
    drive_say(&drive->log, line);
}

static void drive_client_log_challenge(struct drive_client *drive, const struct ehlo_event *event)
{
    if (event->flags != EHLO_EVENT_SECRET)
        drive_fail("a challenge that is no secret");
    drive_say(&drive->log, "CHALLENGE [");
    drive_escape(&drive->log, event->data);
    drive_say(&drive->log, "]");
}

static void drive_client_log_result(struct drive_client *drive, const struct ehlo_event *event)
{
    struct drive_client_envelope *envelope = &drive->envelopes[drive->lent];
    char line[64];
    size_t i;

    snprintf(line, sizeof line, " delivered=%u%s", (unsigned)event->index,
             event->flags & EHLO_EVENT_MORE ? " more" : "");
    drive_say(&drive->log, line);
    if (event->reason != 0) {
        drive_say(&drive->log, " ");
        drive_say(&drive->log, ehlo_error_name(event->reason));
    }
    for (i = 0; i < envelope->count; i++) {
        const struct ehlo_rcpt *rcpt = &envelope->rcpts[i].rcpt;

        if (rcpt->outcome > EHLO_OUTCOME_LATER || rcpt->decided > EHLO_EVENT_COMMAND || envelope->rcpts[i].own != i)
            drive_fail("no outcome of a recipient");
        drive_say(&drive->log, " | ");
        drive_say(&drive->log, drive_client_outcomes[rcpt->outcome]);
        drive_say(&drive->log, " ");
        drive_say(&drive->log, drive_client_answers[rcpt->decided]);
        drive_client_code(drive, rcpt->code, rcpt->status);
    }
    if (event->flags & EHLO_EVENT_MORE)
        return;
    /* what was lent is the program's again */
    memset(envelope, 0xA5, sizeof *envelope);
    envelope->count = 0;
}

static void drive_client_log(struct drive_client *drive, const struct ehlo_event *event)
{
    if (event->ticket != 0)
        drive_fail("a question of a client");
    if (event->type == EHLO_EVENT_REPLY) {
        drive_say(&drive->log, "REPLY");
        drive_client_log_reply(drive, event);
    } else if (event->type == EHLO_EVENT_RESULT) {
        drive_say(&drive->log, "RESULT");
        drive_client_log_result(drive, event);
    } else if (event->type == EHLO_EVENT_READY) {
        drive_client_log_ready(drive, event);
    } else if (event->type == EHLO_EVENT_CHALLENGE) {
        drive_client_log_challenge(drive, event);
    } else {
        drive_fail("an event that is none of a client");
    }
    drive_client_end_line(drive);
}

/* Errors are written down, success goes without saying. */
static void drive_client_did(struct drive_client *drive, const char *what, int error)
{
    if (error == 0)
        return;
    drive_say(&drive->log, what);
    drive_say(&drive->log, " ");
    drive_say(&drive->log, ehlo_error_name(error));
    drive_client_end_line(drive);
}

/* Copies a word of an action to where it may be lent. */
static struct ehlo_span drive_client_keep(struct drive_client_envelope *envelope, const char *word, size_t size)
{
    struct ehlo_span kept;

    if (size > sizeof envelope->text - envelope->size)
        drive_fail("an action that is too long");
    kept.data = envelope->text + envelope->size;
    kept.size = size;
    memcpy(envelope->text + envelope->size, word, size);
    envelope->size += size;
    return kept;
}

static struct ehlo_path drive_client_path(struct drive_client_envelope *envelope, const char *word, size_t size)
{
    struct ehlo_span kept = drive_client_keep(envelope, word, size);
    struct ehlo_path path;
    size_t used;

    if (ehlo_path_parse(&path, kept.data, kept.size, EHLO_UTF8, &used) != 0)
        drive_fail("no path in an action");
    return path;
}

/* `word` is + and a parameter, which goes behind those that there are. */
static void drive_client_add_param(struct drive_client_envelope *envelope, struct ehlo_span *params, const char *word,
                                   size_t size)
{
    struct ehlo_span added = drive_client_keep(envelope, word, size);

    if (params->data == NULL) {
        params->data = added.data + 1;
        params->size = size - 1;
    } else {
        envelope->text[added.data - envelope->text] = ' ';
        params->size += size;
    }
}

/*
 * Reads `<from> [size=N] [8bit] [binary] [+PARAM]...` and then `<to> [+PARAM]...` as often as there are recipients;
 * `to` is not 0 when there are recipients alone. Returns an envelope that is not lent.
 */
static struct drive_client_envelope *drive_client_read(struct drive_client *drive, struct ehlo_span in, int to)
{
    struct drive_client_envelope *envelope = &drive->envelopes[!drive->lent];
    struct drive_client_rcpt *rcpt = envelope->rcpts;
    const char *word;
    size_t at, end;

    memset(envelope, 0, sizeof *envelope);
    envelope->mail.size = sizeof envelope->mail;
    for (at = 0; at < in.size; at = end + 1) {
        for (end = at; end < in.size && in.data[end] != ' '; end++)
            ;
        word = in.data + at;
        if (*word == '<' && to++ == 0) {
            envelope->mail.path = drive_client_path(envelope, word, end - at);
        } else if (*word == '<') {
            rcpt = &envelope->rcpts[envelope->count];
            rcpt->rcpt.size = sizeof *rcpt;
            rcpt->own = envelope->count++;
            rcpt->rcpt.path = drive_client_path(envelope, word, end - at);
        } else if (*word == '+') {
            drive_client_add_param(envelope, envelope->count > 0 ? &rcpt->rcpt.params : &envelope->mail.params, word,
                                   end - at);
        } else if (strncmp(word, "size=", 5) == 0) {
            envelope->mail.octets = strtoull(word + 5, NULL, 10);
        } else if (strncmp(word, "8bit", 4) == 0) {
            envelope->mail.body = EHLO_BODY_8BITMIME;
        } else if (strncmp(word, "binary", 6) == 0) {
            envelope->mail.body = EHLO_BODY_BINARYMIME;
        } else {
            drive_fail("a word of an action that is none");
        }
    }
    return envelope;
}

static int drive_client_send(struct drive_client *drive, struct ehlo_span line)
{
    struct drive_client_envelope *envelope = drive_client_read(drive, line, 0);
    int error = ehlo_client_send(drive->client, &envelope->mail, &envelope->rcpts[0].rcpt, envelope->count);

    if (error == 0)
        drive->lent = !drive->lent;
    return error;
}

/* Those who are left of what was sent last. */
static int drive_client_resume(struct drive_client *drive)
{
    struct drive_client_envelope *envelope = &drive->envelopes[drive->lent];

    return ehlo_client_resume(drive->client, &envelope->mail, &envelope->rcpts[0].rcpt, envelope->count);
}

static int drive_client_ask(struct drive_client *drive, const char *word, struct ehlo_span line)
{
    struct drive_client_envelope *envelope = drive_client_read(drive, line, word[0] == 'r');
    int error = word[0] == 'm' ? ehlo_client_mail(drive->client, &envelope->mail)
                               : ehlo_client_rcpt(drive->client, &envelope->rcpts[0].rcpt);

    memset(envelope, 0xA5, sizeof *envelope); /* nothing of it is lent */
    return error;
}

/* Gives a piece of the message, if one is wanted. Returns 0 when it is not, and at the end of the message. */
static int drive_client_piece(struct drive_client *drive)
{
    static char *end;
    size_t left = drive->body_size - drive->body_at, size = left;
    int error, last;

    if ((ehlo_client_want(drive->client) & EHLO_WANT_BODY) == 0 && drive->over == 0)
        return 0;
    if (end == NULL)
        end = drive_page();
    if (drive->seed != 0 && !drive->whole)
        size = drive_random(&drive->seed) % (left + 1);
    else if (drive->piece > 0 && drive->piece < left && !drive->whole)
        size = drive->piece;
    last = size == left && drive->has_body == 'b' &&
           (drive->seed == 0 || drive->whole || drive_random(&drive->seed) % 3 != 0);
    error = ehlo_client_body(drive->client, drive_flush(end, drive->body + drive->body_at, size), size, last);
    drive_client_did(drive, "body", error);
    drive->body_at += size;
    if (error != 0 || last || (drive->has_body == 'p' && drive->body_at == drive->body_size))
        drive->has_body = 0;
    return 1;
}

/* `MECHANISM [INITIAL]`; an initial response of `-` is empty. */
static int drive_client_auth(struct drive_client *drive, struct ehlo_span line)
{
    struct ehlo_span mechanism = {line.data, 0}, initial = {NULL, 0};

    while (mechanism.size < line.size && line.data[mechanism.size] != ' ')
        mechanism.size++;
    if (mechanism.size < line.size) {
        initial.data = line.data + mechanism.size + 1;
        initial.size = line.size - mechanism.size - 1;
    }
    if (initial.size == 1 && initial.data[0] == '-')
        initial.size = 0;
    return say_auth(drive->client, mechanism, initial);
}

/* Calls a function of the session for an action of `size` octets. */
static void drive_client_act(struct drive_client *drive, const char *action, size_t size)
{
    const char *rest = action;
    char word[16], text[DRIVE_CLIENT_BODY];
    struct ehlo_span line;
    int error = 0, name;

    while (rest < action + size && *rest != ' ')
        rest++;
    name = snprintf(word, sizeof word, "%.*s", (int)(rest - action), action);
    rest += rest < action + size;
    line.data = rest;
    line.size = (size_t)(action + size - rest);
    if (name < 0 || line.size >= sizeof text)
        drive_fail("an action that is too long");
    memcpy(text, line.data, line.size);
    text[line.size] = '\0';
    if (strcmp(word, "send") == 0) {
        error = drive_client_send(drive, line);
    } else if (strcmp(word, "mail") == 0 || strcmp(word, "rcpt") == 0) {
        error = drive_client_ask(drive, word, line);
    } else if (strcmp(word, "data") == 0) {
        error = ehlo_client_data(drive->client);
    } else if (strcmp(word, "reset") == 0) {
        error = ehlo_client_reset(drive->client);
    } else if (strcmp(word, "quit") == 0) {
        error = ehlo_client_quit(drive->client);
    } else if (strcmp(word, "command") == 0) {
        line.size = drive_unescape(text, text);
        line.data = text;
        error = say_command(drive->client, line);
    } else if (strcmp(word, "starttls") == 0) {
        error = ehlo_client_starttls(drive->client);
    } else if (strcmp(word, "secured") == 0) {
        error = ehlo_client_secured(drive->client, (size_t)strtoul(text, NULL, 10));
    } else if (strcmp(word, "auth") == 0) {
        error = drive_client_auth(drive, line);
    } else if (strcmp(word, "respond") == 0) {
        error = say_response(drive->client, line);
    } else if (strcmp(word, "cancel") == 0) {
        error = ehlo_client_cancel(drive->client);
    } else if (strcmp(word, "resume") == 0) {
        error = drive_client_resume(drive);
    } else if (strcmp(word, "body") == 0 || strcmp(word, "part") == 0) {
        drive->has_body = word[0];
        drive->body_at = 0;
        drive->body_size = drive_unescape(drive->body, text);
    } else if (strcmp(word, "end") == 0) {
        error = ehlo_client_end(drive->client, text[0] == 'l'   ? EHLO_E_LOST
                                               : text[0] == 't' ? EHLO_E_TIMEOUT
                                                                : EHLO_E_SHUTDOWN);
    } else {
        drive_fail("an action that is none");
    }
    drive_client_did(drive, word, error);
}

/* Does what the program has to do now. Returns 0 when there is nothing. */
static int drive_client_program(struct drive_client *drive)
{
    const struct drive_client_step *step = &drive->steps[drive->at];
    const char *end;

    if (drive->has_body)
        return drive_client_piece(drive);
    if (drive->at == drive->step_count || !step->program)
        return 0;
    if (drive->action == NULL) {
        if (drive->lines < step->lines || drive->out.size < step->octets)
            return 0;
        drive->action = step->text.data;
    }
    end = strstr(drive->action, "; ");
    drive_client_act(drive, drive->action, end != NULL ? (size_t)(end - drive->action) : strlen(drive->action));
    drive->action = end != NULL ? end + 2 : NULL;
    if (end == NULL)
        drive->at++;
    return 1;
}

/* How far the server may have spoken by now. */
static size_t drive_client_permitted(const struct drive_client *drive)
{
    size_t i, end = drive->begin;

    if (drive->action != NULL || drive->has_body)
        return drive->offered;
    for (i = drive->at; i < drive->step_count && !drive->steps[i].program; i++) {
        if (drive->out.size < drive->steps[i].octets)
            break;
        end += drive->steps[i].text.size;
    }
    return end;
}

/* Offers octets up to the next cut. */
static void drive_client_offer(struct drive_client *drive, size_t permitted)
{
    size_t to = permitted, i;

    if (drive->cuts == NULL && drive->step < permitted - drive->offered)
        to = drive->offered + drive->step;
    for (i = 0; drive->cuts != NULL && i < drive->cut_count; i++) {
        if (drive->cuts[i] > drive->offered && drive->cuts[i] < permitted) {
            to = drive->cuts[i];
            break;
        }
    }
    drive->offered = to;
}

/* Server's lines that were offered, or can no longer be, are done. */
static void drive_client_advance(struct drive_client *drive)
{
    while (drive->at < drive->step_count && !drive->steps[drive->at].program &&
           (drive->over != 0 || drive->begin + drive->steps[drive->at].text.size <= drive->offered))
        drive->begin += drive->steps[drive->at++].text.size;
}

static size_t drive_client_amount(struct drive_client *drive, size_t shown)
{
    if (drive->seed != 0)
        return drive_random(&drive->seed) % (shown + 1);
    return drive->drain == 0 || drive->drain > shown ? shown : drive->drain;
}

/* More is copied than is sent, so that the rest of it is copied again. */
static void drive_client_drain_copy(struct drive_client *drive)
{
    static char buffer[1 << 16], again[1 << 16];
    size_t room = drive->drain == 0 ? sizeof buffer : 2 * drive->drain + 1;
    size_t copied, size;

    if (drive->seed != 0)
        room = drive_random(&drive->seed) % 64;
    copied = ehlo_client_copy(drive->client, buffer, room);
    if (copied > room || (copied == 0) != (room == 0))
        drive_fail("output is wanted and there is none");
    if (ehlo_client_copy(drive->client, again, room) != copied || memcmp(again, buffer, copied) != 0)
        drive_fail("a copy of output that changes");
    size = drive_client_amount(drive, copied);
    drive_put(&drive->out, buffer, size);
    if (ehlo_client_sent(drive->client, size) != 0)
        drive_fail("sent");
}

static void drive_client_drain_read(struct drive_client *drive)
{
    static char buffer[1 << 16];
    size_t size = ehlo_client_read(drive->client, buffer, drive_client_amount(drive, sizeof buffer));

    drive_put(&drive->out, buffer, size);
}

static void drive_client_drain_spans(struct drive_client *drive)
{
    struct ehlo_span spans[8], again[8];
    size_t count, shown = 0, size, i;

    count = drive->seed != 0 ? 1 + drive_random(&drive->seed) % 8 : 8;
    count = ehlo_client_output(drive->client, spans, count);
    if (count == 0 || ehlo_client_output(drive->client, again, count) != count)
        drive_fail("output is wanted and there is none");
    for (i = 0; i < count; i++) {
        if (spans[i].size == 0 || spans[i].data != again[i].data || spans[i].size != again[i].size)
            drive_fail("a span of output that is empty or moves");
        shown += spans[i].size;
    }
    size = drive_client_amount(drive, shown);
    for (shown = i = 0; i < count && shown < size; i++) {
        size_t part = spans[i].size < size - shown ? spans[i].size : size - shown;

        drive_put(&drive->out, spans[i].data, part);
        shown += part;
    }
    if (ehlo_client_sent(drive->client, size) != 0)
        drive_fail("sent");
}

/* Takes output once. */
static void drive_client_drain(struct drive_client *drive)
{
    if (drive->way == DRIVE_BY_COPY)
        drive_client_drain_copy(drive);
    else if (drive->way == DRIVE_BY_READ)
        drive_client_drain_read(drive);
    else
        drive_client_drain_spans(drive);
}

/* The session is over: nothing comes out of it any more, and it stays so. */
static void drive_client_over(struct drive_client *drive, int error)
{
    struct ehlo_span span;

    if (drive->over != 0 && drive->over != error)
        drive_fail("the error changed");
    if (drive->over == 0) {
        drive_client_did(drive, "OVER", error);
        drive->over = error;
    }
    if (ehlo_client_want(drive->client) != (error == EHLO_E_TURNED ? EHLO_WANT_TURN : EHLO_WANT_CLOSE) ||
        ehlo_client_timeout(drive->client) != 0)
        drive_fail("it is over, and something is waited for");
    if (ehlo_client_sent(drive->client, 0) != 0 || ehlo_client_output(drive->client, &span, 1) != 0 ||
        ehlo_client_copy(drive->client, &span, sizeof span) != 0)
        drive_fail("it is over, and there is output");
}

static void drive_client_begin(struct drive_client *drive)
{
    size_t i;

    memset(&drive->client, 0, offsetof(struct drive_client, body) - offsetof(struct drive_client, client));
    drive->log.size = drive->out.size = drive->lent = 0;
    memset(drive->envelopes, 0, sizeof drive->envelopes);
    drive->has_body = 0;
    drive->in_size = drive->offered = drive->taken = 0;
    drive->over = 0;
    for (i = 0; i < drive->step_count; i++) {
        const struct drive_client_step *step = &drive->steps[i];

        if (step->program)
            continue;
        if (step->text.size > sizeof drive->in - drive->in_size)
            drive_fail("too much input");
        memcpy(drive->in + drive->in_size, step->text.data, step->text.size);
        drive->in_size += step->text.size;
    }
}

/* 1 when all that the script says was said and done. */
static int drive_client_finished(const struct drive_client *drive)
{
    return drive->at == drive->step_count && !drive->has_body;
}

static void drive_client_run(struct drive_client *drive)
{
    static uint64_t blocks[2][4096];
    static char *page;
    struct ehlo_event event = {.size = sizeof event};
    size_t used, permitted, size = ehlo_client_size(drive->config);
    uint32_t want, place = 0;
    int found, idle = 0;

    drive_client_begin(drive);
    if (page == NULL)
        page = drive_page();
    if (size == 0 || size > sizeof blocks[0] || ehlo_client_init(&drive->client, blocks[0], size, drive->config) != 0)
        drive_fail("init");
    for (;;) {
        if (drive->seed != 0) { /* a session is a value: it may be moved at any time */
            memcpy(blocks[!place], blocks[place], size);
            memset(blocks[place], 0xA5, size);
            place = !place;
            drive->client = (struct ehlo_client *)blocks[place];
        }
        used = drive->offered - drive->taken;
        found = ehlo_client_next(drive->client, drive_flush(page, drive->in + drive->taken, used), used, &used, &event);
        if (used > drive->offered - drive->taken)
            drive_fail("more was used than was offered");
        drive->taken += used;
        idle = found != 0 || used > 0 ? 0 : idle + 1;
        if (found > 0) {
            drive_client_log(drive, &event);
            continue;
        }
        if (found < 0)
            drive_client_over(drive, found);
        drive_client_advance(drive);
        if (drive_client_program(drive))
            continue;
        if (found < 0)
            break;
        want = ehlo_client_want(drive->client);
        permitted = drive_client_permitted(drive);
        if (want & (EHLO_WANT_CLOSE | EHLO_WANT_TURN))
            drive_fail("it is over, and did not say so");
        if (want == EHLO_WANT_TLS) {
            if (permitted == drive->offered)
                break;
            drive_client_offer(drive, permitted);
            continue;
        }
        if (want & EHLO_WANT_INPUT && permitted > drive->offered &&
            (drive->early || !(want & EHLO_WANT_OUTPUT) || drive->seed == 0 || drive_random(&drive->seed) % 2 == 0))
            drive_client_offer(drive, permitted);
        else if (want & EHLO_WANT_OUTPUT)
            drive_client_drain(drive);
        else if (want & (EHLO_WANT_INPUT | EHLO_WANT_BODY))
            break;
        else if (idle > 1)
            drive_fail("the session wants nothing and says nothing");
    }
}

#endif
