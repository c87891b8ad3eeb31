/* SPDX-License-Identifier: ISC
 *
 * Scripted verdicts: --reply STAGE[:ADDR]=REPLY.
 */
#ifndef SERVE_VERDICT_H
#define SERVE_VERDICT_H

#include <ehlo.h>

/* Any path that some --allow lets in. */
#define VERDICT_RULES                                                                                     \
    (EHLO_UTF8 | EHLO_ALLOW_LONG_LOCAL | EHLO_ALLOW_LONG_PATH | EHLO_ALLOW_DOTS | EHLO_ALLOW_UNDERSCORE | \
     EHLO_ALLOW_HYPHEN | EHLO_ALLOW_TRAILING_DOT | EHLO_ALLOW_NO_DOMAIN | EHLO_ALLOW_8BIT | EHLO_ALLOW_LITERAL)

enum verdict_stage {
    VERDICT_CONNECT,
    VERDICT_STARTTLS,
    VERDICT_HELO,
    VERDICT_AUTH,
    VERDICT_MAIL,
    VERDICT_RCPT,
    VERDICT_DATA,
    VERDICT_END
};

struct verdict;

/* Adds the verdict that `text` scripts behind the others. Returns 0, or -1 when it is malformed. */
int verdict_add(struct verdict **list, const char *text);
void verdict_free(struct verdict *list);

/*
 * The reply of the first verdict for this stage and one of the subjects, or NULL. Subjects are strings, each ended by a
 * NUL, `size` octets in all: the address (connect, starttls), the name (helo), the user (auth), paths in angle brackets
 * (the others).
 */
const struct ehlo_reply *verdict_find(const struct verdict *list, enum verdict_stage stage, const char *subjects,
                                      size_t size);

#endif
