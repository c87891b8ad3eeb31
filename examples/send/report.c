/* SPDX-License-Identifier: ISC
 *
 * The report.
 */
#define _POSIX_C_SOURCE 200809L
#include "report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

int report_init(struct report *report, const char *const *to, const struct ehlo_rcpt *rcpts, size_t count)
{
    memset(report, 0, sizeof *report);
    report->to = to;
    report->rcpts = rcpts;
    report->count = count;
    report->texts = calloc(count + 1, sizeof *report->texts);
    return report->texts == NULL ? -1 : 0;
}

static void forget_texts(struct report *report)
{
    size_t i;

    for (i = 0; i < report->count; i++) {
        free(report->texts[i]);
        report->texts[i] = NULL;
    }
}

void report_free(struct report *report)
{
    if (report->texts != NULL)
        forget_texts(report);
    free(report->texts);
}

/* Appends a line's text: what a terminal might take for a command is escaped, what does not fit is left out. */
static void append(struct report *report, struct ehlo_span text)
{
    size_t i;

    if (report->length > 0 && text.size > 0 && report->length < sizeof report->text - 1)
        report->text[report->length++] = ' ';
    for (i = 0; i < text.size && report->length + 5 < sizeof report->text; i++) {
        unsigned char octet = (unsigned char)text.data[i];

        if (octet < ' ' || octet > '~')
            report->length += (size_t)sprintf(report->text + report->length, "\\x%02X", octet);
        else
            report->text[report->length++] = (char)octet;
    }
    report->text[report->length] = '\0';
}

/* Nothing that follows changes what has been decided. */
static void settle(struct report *report, size_t i)
{
    const struct ehlo_rcpt *rcpt = &report->rcpts[i];

    if (rcpt->code != 0 && rcpt->outcome != EHLO_OUTCOME_LATER && report->texts[i] == NULL)
        report->texts[i] = strdup(report->answers[rcpt->decided]);
}

void report_settle(struct report *report)
{
    size_t i;

    for (i = 0; i < report->count; i++)
        settle(report, i);
}

void report_reply(struct report *report, const struct ehlo_event *event)
{
    if (event->command.verb == EHLO_VERB_QUIT)
        return;
    if (!report->within) {
        report->length = 0;
        report->text[0] = '\0';
    }
    append(report, event->reply.text);
    report->within = !event->reply.last;
    if (report->within)
        return;
    report->reply = event->reply;
    report->answered = event->answers;
    memcpy(report->answers[event->answers], report->text, sizeof report->text);
    if (event->answers == EHLO_EVENT_RCPT && event->index < report->count)
        settle(report, event->index);
}

static void print_line(const char *to, uint16_t code, const uint16_t status[3], const char *text)
{
    size_t length = strlen(to);

    if (length >= 2 && to[0] == '<' && to[length - 1] == '>') {
        to++;
        length -= 2;
    }
    printf("%.*s ", (int)length, to);
    if (code == 0)
        printf("- ");
    else
        printf("%u ", code);
    if (code == 0 || status[0] == 0)
        printf("-");
    else
        printf("%u.%u.%u", status[0], status[1], status[2]);
    printf(" %s\n", text);
}

/* All recipients of a message for the same local reason. */
static void print_all(const struct report *report, const char *text)
{
    size_t i;

    for (i = 0; i < report->count; i++)
        print_line(report->to[i], 0, NULL, text);
    fflush(stdout);
}

void report_command(struct report *report, const char *line)
{
    print_line(line, report->reply.code, report->reply.status, report->answers[report->answered]);
    fflush(stdout);
    report->transient |= report->reply.code / 100 == 4;
    report->permanent |= report->reply.code / 100 == 5;
}

void report_unsaid(const char *line, const char *why)
{
    print_line(line, 0, NULL, why);
    fflush(stdout);
}

void report_unsayable(struct report *report, const char *line, const char *why)
{
    report->unsendable = 1;
    report_unsaid(line, why);
}

void report_outcomes(struct report *report, int reason)
{
    char unknown[REPORT_TEXT];
    const char *text;
    size_t i;

    snprintf(unknown, sizeof unknown, "unknown whether it was taken: %s", ehlo_error_text(reason));
    for (i = 0; i < report->count; i++) {
        const struct ehlo_rcpt *rcpt = &report->rcpts[i];

        text = report->texts[i] == NULL ? "" : report->texts[i];
        if (rcpt->code == 0)
            text = rcpt->outcome == EHLO_OUTCOME_UNKNOWN ? unknown : ehlo_error_text(reason);
        print_line(report->to[i], rcpt->code, rcpt->status, text);
        report->transient |= rcpt->outcome != EHLO_OUTCOME_DELIVERED && rcpt->outcome != EHLO_OUTCOME_PERMANENT;
        report->permanent |= rcpt->outcome == EHLO_OUTCOME_PERMANENT;
    }
    fflush(stdout);
    forget_texts(report);
}

/* All recipients of a message for the last reply. */
static void print_reply(const struct report *report)
{
    size_t i;

    for (i = 0; i < report->count; i++)
        print_line(report->to[i], report->reply.code, report->reply.status, report->answers[report->answered]);
    fflush(stdout);
}

void report_untried(struct report *report, int reason, int by_reply)
{
    if (!by_reply) {
        report->transient = 1;
        print_all(report, ehlo_error_text(reason));
        return;
    }
    print_reply(report);
    if (report->reply.code < 500)
        report->transient = 1;
    else
        report->permanent = 1;
}

void report_denied(struct report *report, const char *why)
{
    if (why == NULL)
        print_reply(report);
    else
        print_all(report, why);
}

void report_unconnected(struct report *report, const char *why, size_t messages)
{
    char text[REPORT_TEXT];

    report->transient = 1;
    snprintf(text, sizeof text, "no connection to the server: %s", why);
    while (messages-- > 0)
        print_all(report, text);
}

void report_unsendable(struct report *report, const char *reason)
{
    report->unsendable = 1;
    print_all(report, reason);
}

int report_exit_code(const struct report *report)
{
    if (report->unsendable)
        return EX_DATAERR;
    if (report->broken)
        return EX_PROTOCOL;
    if (report->unauthenticated)
        return EX_NOPERM;
    if (report->transient)
        return EX_TEMPFAIL;
    return report->permanent ? EX_UNAVAILABLE : EX_OK;
}
