/* SPDX-License-Identifier: ISC
 *
 * What goes behind the paths of MAIL and RCPT: parameters with single spaces between them.
 */
#ifndef SEND_PARAMS_H
#define SEND_PARAMS_H

#include <ehlo.h>

/* Zero it. */
struct params {
    size_t size; /* octets in `text` */
    char text[2048];
};

/* Adds a parameter; `value` NULL: without one. Returns NULL, or what is wrong with it; it is then as it was. */
const char *params_add(struct params *params, const char *keyword, const char *value);

/* Adds KEY or KEY=VALUE, as they stand. Returns as above. */
const char *params_take(struct params *params, const char *text);

/* Adds parameters as they stand in another. Returns as above. */
const char *params_join(struct params *params, const struct params *more);

/* RET=, NOTIFY=, ENVID=, ORCPT= of RFC 3461; the last two of plain text, ORCPT of TYPE;ADDRESS or of a mail address. */
const char *params_ret(struct params *params, const char *value);
const char *params_notify(struct params *params, const char *value);
const char *params_envid(struct params *params, const char *value);
const char *params_orcpt(struct params *params, const char *value);

#endif
