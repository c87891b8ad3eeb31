/* SPDX-License-Identifier: ISC
 *
 * The steps of a session. When the server is ready, `go_on` says what comes next.
 */
#define _POSIX_C_SOURCE 200809L
#include "steps.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LARGE = 1 << 20 /* octets of a message whose progress is shown */
};

static void go_on(struct steps *steps);

static void leave(struct steps *steps)
{
    steps->leaving = 1;
    (void)ehlo_client_quit(steps->client);
}

void steps_deny(struct steps *steps, int by_auth, const char *why)
{
    if (by_auth)
        steps->report->unauthenticated = 1;
    else
        steps->report->transient = 1;
    for (; why != NULL && steps->progress->command < steps->options->commands; steps->progress->command++)
        report_unsaid(steps->options->command[steps->progress->command], why);
    for (; steps->progress->message < steps->options->messages; steps->progress->message++)
        report_denied(steps->report, why);
    if (why != NULL)
        fprintf(stderr, "send: %s\n", why);
    leave(steps);
}

/* --- TLS and AUTH */

static int wants_tls(const struct steps *steps)
{
    const enum security security = steps->options->security;

    return steps->tls == NULL && (security == SECURITY_STARTTLS || security == SECURITY_OPPORTUNISTIC) &&
           !steps->starting;
}

/* Without TLS there is nothing more to say, unless it was only to be used if it is there. */
static void do_without_tls(struct steps *steps, const char *why)
{
    if (steps->options->security == SECURITY_STARTTLS)
        steps_deny(steps, 0, why);
    else
        go_on(steps);
}

static void start_tls(struct steps *steps)
{
    steps->starting = 1;
    if (ehlo_client_starttls(steps->client) != 0)
        do_without_tls(steps, "the server does not offer STARTTLS");
}

static void authenticate(struct steps *steps)
{
    const char *why = auth_begin(&steps->auth, steps->client, steps->options, steps->tls);

    if (why != NULL)
        steps_deny(steps, 1, why);
}

static void end_auth(struct steps *steps, const struct ehlo_event *event)
{
    const int accepted = event->reply.code < 300;
    const char *why = auth_finish(&steps->auth, accepted);

    if (why != NULL || !accepted) {
        steps_deny(steps, event->reply.code != 421, why);
        return;
    }
    steps->authenticated = 1;
    go_on(steps);
}

/* --- commands */

/* Says the next command that can be said. Returns 0 when there is none left. */
static int say_command(struct steps *steps)
{
    const struct options *options = steps->options;
    struct ehlo_span line;
    int error;

    for (; steps->progress->command < options->commands; steps->progress->command++) {
        line.data = options->command[steps->progress->command];
        line.size = strlen(line.data);
        error = ehlo_client_command(steps->client, line.data, line.size);
        steps->commanding = error == 0;
        if (error == 0)
            return 1;
        report_unsayable(steps->report, line.data, ehlo_error_text(error));
    }
    return 0;
}

/* XCLIENT, when it is taken, leads to EHLO, and READY goes on. */
static void end_command(struct steps *steps, const struct ehlo_event *event)
{
    steps->commanding = 0;
    report_command(steps->report, steps->options->command[steps->progress->command++]);
    if (event->command.verb != EHLO_VERB_XCLIENT || event->reply.code >= 300)
        go_on(steps);
}

/* --- messages */

static void describe(struct steps *steps, const struct message *message)
{
    struct ehlo_mail *mail = &steps->envelope->mail;

    mail->octets = steps->options->binary ? message->size : message->octets;
    mail->body = EHLO_BODY_7BIT;
    if (steps->options->eightbitmime || (message->facts & EHLO_FACT_8BIT))
        mail->body = EHLO_BODY_8BITMIME;
    if (steps->options->binary)
        mail->body = EHLO_BODY_BINARYMIME;
}

/* Begins a transaction with a message. Returns 0 or an error of the session. */
static int begin(struct steps *steps)
{
    struct ehlo_rcpt *rcpts = steps->envelope->rcpts;
    const size_t count = steps->options->recipients;

    if (steps->progress->halfway)
        return ehlo_client_resume(steps->client, &steps->envelope->mail, rcpts, count);
    return ehlo_client_send(steps->client, &steps->envelope->mail, rcpts, count);
}

/* Returns 0, EHLO_E_STATE or EHLO_E_LIMIT when the session takes none, or -1 when this one cannot be sent. */
static int begin_message(struct steps *steps, struct message *message)
{
    int error;

    if (message_open(message) != 0) {
        report_unsendable(steps->report, "the file cannot be read any more");
        return -1;
    }
    describe(steps, message);
    error = begin(steps);
    if (error == 0)
        return 0;
    message_close(message);
    if (error == EHLO_E_STATE || error == EHLO_E_LIMIT)
        return error;
    report_unsendable(steps->report, ehlo_error_text(error));
    return -1;
}

/* Begins with the next message that this server can take. Returns 0 when there is none left. */
static int next_message(struct steps *steps)
{
    struct progress *progress = steps->progress;
    int error = -1;

    while (error == -1 && progress->message < steps->options->messages) {
        error = begin_message(steps, &steps->messages[progress->message]);
        progress->message += error == -1;
        progress->halfway &= error != -1;
    }
    steps->full = error == EHLO_E_LIMIT;
    return error == 0 || error == EHLO_E_STATE;
}

/* Those recipients that are left get the message in another transaction. */
static void end_message(struct steps *steps, const struct ehlo_event *event)
{
    struct progress *progress = steps->progress;

    steps->sending = 0;
    progress->transactions++;
    progress->halfway = (event->flags & EHLO_EVENT_MORE) != 0;
    report_settle(steps->report);
    message_close(&steps->messages[progress->message]);
    if (!progress->halfway) {
        report_outcomes(steps->report, event->reason);
        progress->message++;
    }
    go_on(steps);
}

static void show_progress(struct steps *steps)
{
    const struct message *message = &steps->messages[steps->progress->message];
    int percent;

    if (message->size < LARGE || !isatty(STDERR_FILENO))
        return;
    percent = (int)((double)message->read * 100 / (double)message->size);
    if (percent != steps->shown)
        fprintf(stderr, "\rsend: %d %% of %" PRIu64 " octets%s", percent, message->size,
                message->read == message->size ? "\n" : "");
    steps->shown = percent;
}

/* A message that cannot be read to its end is given up, and with it the connection. */
void steps_give_piece(struct steps *steps)
{
    struct message *message = &steps->messages[steps->progress->message];
    ptrdiff_t n = message_read(message, steps->piece, sizeof steps->piece);

    if (n >= 0 && ehlo_client_body(steps->client, steps->piece, (size_t)n, message->read == message->size) == 0) {
        steps->sending = 1;
        show_progress(steps);
        return;
    }
    steps->report->unsendable = 1;
    (void)ehlo_client_end(steps->client, EHLO_E_SHUTDOWN);
}

/* --- events */

static void go_on(struct steps *steps)
{
    if (steps->leaving)
        return;
    if (wants_tls(steps))
        start_tls(steps);
    else if (steps->options->mechanism != NULL && !steps->authenticated)
        authenticate(steps);
    else if (!say_command(steps) && !next_message(steps))
        leave(steps);
}

static void hear(struct steps *steps, const struct ehlo_event *event)
{
    report_reply(steps->report, event);
    auth_learn(&steps->auth, event);
    if (!event->reply.last)
        return;
    if (event->answers == EHLO_EVENT_STARTTLS && event->reply.code >= 300)
        do_without_tls(steps, NULL);
    else if (event->answers == EHLO_EVENT_AUTH)
        end_auth(steps, event);
    else if (event->answers == EHLO_EVENT_COMMAND && steps->commanding)
        end_command(steps, event);
    else if (event->answers == EHLO_EVENT_END && steps->options->lmtp)
        report_settle(steps->report);
}

int steps_handle(void *user, const struct ehlo_event *event)
{
    struct steps *steps = user;

    switch (event->type) {
    case EHLO_EVENT_REPLY:
        hear(steps, event);
        break;
    case EHLO_EVENT_CHALLENGE:
        dialogue_hide(steps->dialogue);
        auth_respond(&steps->auth, steps->client, event);
        break;
    case EHLO_EVENT_READY:
        steps->ready = 1;
        go_on(steps);
        break;
    case EHLO_EVENT_RESULT:
        end_message(steps, event);
        break;
    default:
        break;
    }
    return 0;
}
