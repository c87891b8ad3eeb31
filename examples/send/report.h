/* SPDX-License-Identifier: ISC
 *
 * What became of each recipient: the lines on stdout, and the exit code.
 */
#ifndef SEND_REPORT_H
#define SEND_REPORT_H

#include <ehlo.h>

enum {
    REPORT_TEXT = 512
};

struct report {
    const char *const *to;
    size_t count;
    char **texts;           /* of the reply that refused RCPT, a recipient each, or NULL */
    char text[REPORT_TEXT]; /* of the present reply */
    size_t length;
    int within;                                        /* more lines of it are to come */
    char answers[EHLO_EVENT_COMMAND + 1][REPORT_TEXT]; /* by what they answered, the texts of the last replies */
    struct ehlo_reply_line reply;                      /* the last one; its `text` is not to be used */
    uint32_t answered;                                 /* what it answered */
    int unsendable, broken, transient, permanent;      /* what has been met, for the exit code */
};

/* 0, or -1 without memory. */
int report_init(struct report *report, const char *const *to, size_t count);
void report_free(struct report *report);

/* A line of a reply. */
void report_reply(struct report *report, const struct ehlo_event *event);

/* A message that ehlo_client_send was done with; `reason` as in its RESULT. */
void report_outcomes(struct report *report, const struct ehlo_rcpt *rcpts, int reason);

/* No connection, and why: no message was tried. */
void report_unconnected(struct report *report, const char *why);

/*
 * A message that the server was never asked to take, because the session ended for this reason; `by_reply` tells that
 * the last reply refused it, which then decides.
 */
void report_untried(struct report *report, int reason, int by_reply);

/* A message that cannot be sent to this server, or at all. */
void report_unsendable(struct report *report, const char *reason);

int report_exit_code(const struct report *report);

#endif
