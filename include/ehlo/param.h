/* SPDX-License-Identifier: ISC
 *
 * Parameters of MAIL and RCPT: esmtp-param of RFC 5321, section 4.1.2. Stateless.
 */
#ifndef EHLO_PARAM_H
#define EHLO_PARAM_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One parameter. The spans point into what was parsed. This struct never grows. */
struct ehlo_param {
    struct ehlo_span keyword;
    struct ehlo_span value; /* behind the "="; data NULL when there was no "=" */
};

/*
 * Takes the first parameter off the front of `list`: parameters with single spaces between them, as in the `params` of
 * struct ehlo_command. Returns 1 and moves `list->data` and `list->size` on behind it; 0 at the end of the list; or,
 * with `*at` the offset in `list` of the wrong octet and `list` as it was, EHLO_E_KEYWORD, EHLO_E_VALUE, EHLO_E_UTF8 or
 * EHLO_E_CHARACTER. `rules`: EHLO_UTF8, EHLO_ALLOW_SPACE. Duplicates are not looked for. RFC 5321, section 4.1.2.
 */
EHLO_API int ehlo_param_next(struct ehlo_span *list, struct ehlo_param *param, uint32_t rules, size_t *at);

/*
 * Finds a parameter of a well-formed list by its keyword, without regard to ASCII case. Returns 1 with `*param`
 * filled, or 0. RFC 5321, section 4.1.1.11.
 */
EHLO_API int ehlo_param_find(const struct ehlo_span *list, const char *keyword, size_t size, struct ehlo_param *param);

/*
 * Writes ` KEYWORD` or ` KEYWORD=VALUE`, the leading space included, so that calls can follow one another. All or
 * nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_KEYWORD or EHLO_E_VALUE when it
 * cannot be sent. RFC 5321, section 4.1.2.
 */
EHLO_API int ehlo_param_format(char *out, size_t capacity, size_t *length, const struct ehlo_param *param,
                               uint32_t rules);

/*
 * Reads 1 to 20 digits, as SIZE has them, into `*number`. A number over UINT64_MAX is well-formed and gives UINT64_MAX.
 * Returns 0, or EHLO_E_VALUE. RFC 1870, section 6.
 */
EHLO_API int ehlo_number_parse(const char *digits, size_t size, uint64_t *number);

#ifdef __cplusplus
}
#endif

#endif
