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
    const struct ehlo_rcpt *rcpts; /* what became of them */
    size_t count;
    char **texts;           /* of the reply that decided, a recipient each, or NULL */
    char text[REPORT_TEXT]; /* of the present reply */
    size_t length;
    int within;                                          /* more lines of it are to come */
    char answers[EHLO_EVENT_CHALLENGE + 1][REPORT_TEXT]; /* by what they answered, the texts of the last replies */
    struct ehlo_reply_line reply;                        /* the last one; its `text` is not to be used */
    uint32_t answered;                                   /* what it answered */
    int unsendable, broken, unauthenticated, transient, permanent; /* what has been met, for the exit code */
};

/* `to` and `rcpts` are lent. 0, or -1 without memory. */
int report_init(struct report *report, const char *const *to, const struct ehlo_rcpt *rcpts, size_t count);
void report_free(struct report *report);

/* A line of a reply. */
void report_reply(struct report *report, const struct ehlo_event *event);

/* Outcomes that have been decided: their words are kept, for other replies will follow. */
void report_settle(struct report *report);

/* What became of a command: the last reply; or why it cannot be said; or why nobody came to say it. */
void report_command(struct report *report, const char *line);
void report_unsayable(struct report *report, const char *line, const char *why);
void report_unsaid(const char *line, const char *why);

/* A message that ehlo_client_send was done with; `reason` as in its RESULT. */
void report_outcomes(struct report *report, int reason);

/* No connection, and why: so many messages were not tried. */
void report_unconnected(struct report *report, const char *why, size_t messages);

/*
 * A message that the server was never asked to take, because the session ended for this reason; `by_reply` tells that
 * the last reply refused it, which then decides.
 */
void report_untried(struct report *report, int reason, int by_reply);

/* A message that is not sent without TLS or AUTH, which failed: for this reason, or NULL: as the last reply says. */
void report_denied(struct report *report, const char *why);

/* A message that cannot be sent to this server, or at all. */
void report_unsendable(struct report *report, const char *reason);

int report_exit_code(const struct report *report);

#endif
