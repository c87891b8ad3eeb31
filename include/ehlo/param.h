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

/* The form of a value that the library knows: which fields it has. Part of the ABI. */
enum {
    EHLO_VALUE_NONE = 0,       /* no value: SMTPUTF8, REQUIRETLS, CONPERM, CONNEG */
    EHLO_VALUE_SIZE = 1,       /* `text`: 1 to 20 digits; `number`, INT64_MAX: or more (RFC 1870, 3) */
    EHLO_VALUE_BODY = 2,       /* `choice`: EHLO_BODY_ (RFC 6152, 3; RFC 3030, 3) */
    EHLO_VALUE_RET = 3,        /* `choice`: EHLO_RET_ (RFC 3461, 4.3) */
    EHLO_VALUE_ENVID = 4,      /* `text`: xtext of up to 100 octets, without controls (RFC 3461, 4.4) */
    EHLO_VALUE_NOTIFY = 5,     /* `choice`: EHLO_NOTIFY_ flags (RFC 3461, 4.1) */
    EHLO_VALUE_ORCPT = 6,      /* `type`; `text`: the address, see below (RFC 3461, 4.2) */
    EHLO_VALUE_BY = 7,         /* `number`: seconds, nine digits, may be negative; `choice`: EHLO_BY_ (RFC 2852, 4) */
    EHLO_VALUE_AUTH = 8,       /* `text`: xtext of a mailbox or of "<>" (RFC 4954, 5) */
    EHLO_VALUE_HOLDFOR = 9,    /* `number`: seconds, 1 to 999999999 (RFC 4865, 3) */
    EHLO_VALUE_HOLDUNTIL = 10, /* `text`: date and time in UTC; `number`: seconds since 1970 (RFC 4865, 3; RFC 3339) */
    EHLO_VALUE_PRIORITY = 11,  /* `number`: -9 to 9 (RFC 6710, 3) */
    EHLO_VALUE_RRVS = 12,      /* as HOLDUNTIL, in any zone; `choice`: EHLO_RRVS_ (RFC 7293, 3.1) */
    EHLO_VALUE_SOLICIT = 13,   /* `text`: keywords with commas between them, up to 1000 octets (RFC 3865, 2.2) */
    EHLO_VALUE_MTRK = 14,      /* `text`: the certifier; `number`: seconds, or -1 without, see below (RFC 3885, 3.1) */
    EHLO_VALUE_TRANSID = 15,   /* `text`: the transaction's name, with its brackets, up to 80 octets (RFC 1845, 2) */
    EHLO_VALUE_SUBMITTER = 16, /* `text`: xtext of a mailbox (RFC 4405, 4) */
    EHLO_VALUE_TEXT = 17       /* `text`: anything that a value may have */
};

/*
 * ORCPT has up to 500 octets in all. Its address is xtext without controls; of the type "utf-8" it is UTF-8, with
 * `\x{E9}` for what may not stand, or with EHLO_UTF8 not in force for all over 127 (RFC 6533, section 3). The certifier
 * of MTRK is base64 that has lost its padding, as no value may have a "="; its seconds have up to nine digits.
 */

/* What kind of body MAIL declared (RFC 6152; RFC 3030). */
enum {
    EHLO_BODY_7BIT = 0, /* or nothing said */
    EHLO_BODY_8BITMIME = 1,
    EHLO_BODY_BINARYMIME = 2
};

/* What a failure report is to bring back (RFC 3461, section 4.3). */
enum {
    EHLO_RET_FULL = 1,
    EHLO_RET_HDRS = 2
};

/* When a report is to be sent; flags, NEVER alone (RFC 3461, section 4.1). */
enum {
    EHLO_NOTIFY_NEVER = 1,
    EHLO_NOTIFY_SUCCESS = 2,
    EHLO_NOTIFY_FAILURE = 4,
    EHLO_NOTIFY_DELAY = 8
};

/* What is done when the time is over: one of the first two, and maybe TRACE (RFC 2852, section 4). */
enum {
    EHLO_BY_RETURN = 1,
    EHLO_BY_NOTIFY = 2,
    EHLO_BY_TRACE = 4
};

/* What is done when the next server does not know RRVS; 0: not said, which is to reject (RFC 7293, section 3.1). */
enum {
    EHLO_RRVS_CONTINUE = 1,
    EHLO_RRVS_REJECT = 2
};

/*
 * The value of a parameter that an extension of the library's registry brings. Which field holds what is told by its
 * form; the others are 0. The spans point into what was parsed, encoded as it was there. This struct never grows.
 */
struct ehlo_value {
    uint32_t form;      /* EHLO_VALUE_ */
    uint32_t extension; /* EHLO_EXTENSION_ that brings it; of BODY=BINARYMIME that is BINARYMIME */
    uint32_t choice;
    uint32_t reserved;
    int64_t number;
    struct ehlo_span type;
    struct ehlo_span text;
};

/*
 * Reads the value of a parameter of this EHLO_VERB_. `rules`: EHLO_UTF8, and EHLO_ALLOW_ flags for the mailboxes of
 * AUTH and SUBMITTER. Returns 0; EHLO_E_KEYWORD when no extension of the registry brings such a parameter for it;
 * EHLO_E_VALUE with `*at` the offset in the value of the wrong octet (0 when the value is missing or unwanted), and of
 * `*value` only `form` and `extension` filled. Whether the extension is offered is not asked. RFC 5321, section
 * 4.1.1.11; the RFC of each form.
 */
EHLO_API int ehlo_value_parse(struct ehlo_value *value, uint32_t verb, const struct ehlo_param *param, uint32_t rules,
                              size_t *at);

/*
 * Finds a parameter by its keyword in a well-formed list, as ehlo_param_find does, and reads its value with EHLO_UTF8
 * in force. Returns 1 with `*value` filled, 0 when it is not there, or an error of ehlo_value_parse. RFC 5321, section
 * 4.1.1.11.
 */
EHLO_API int ehlo_value_find(const struct ehlo_span *list, uint32_t verb, const char *keyword, size_t size,
                             struct ehlo_value *value);

/*
 * Writes ` KEYWORD` or ` KEYWORD=VALUE` as ehlo_param_format does, the keyword being that which `extension` and `form`
 * have for this EHLO_VERB_. SIZE, HOLDUNTIL and RRVS are written from `text`, or from `number` when that is empty. All
 * or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_KEYWORD when there is no such
 * parameter; EHLO_E_VALUE when a field cannot be sent. `rules`: as above. RFC 5321, section 4.1.2; the RFC of each
 * form.
 */
EHLO_API int ehlo_value_format(char *out, size_t capacity, size_t *length, uint32_t verb,
                               const struct ehlo_value *value, uint32_t rules);

/*
 * Reads 1 to 20 digits, as SIZE has them, into `*number`. A number over UINT64_MAX is well-formed and gives UINT64_MAX.
 * Returns 0, or EHLO_E_VALUE. RFC 1870, section 6.
 */
EHLO_API int ehlo_number_parse(const char *digits, size_t size, uint64_t *number);

#ifdef __cplusplus
}
#endif

#endif
