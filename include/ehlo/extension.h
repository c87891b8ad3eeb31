/* SPDX-License-Identifier: ISC
 *
 * Service extensions: the keywords of the EHLO response, and the capability list that a client makes of them
 * (RFC 5321, sections 2.2 and 4.1.1.1). Stateless.
 */
#ifndef EHLO_EXTENSION_H
#define EHLO_EXTENSION_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Extensions, by the number of their bit in a set. Bit N of a uint64_t is extension N. Part of the ABI. */
enum {
    EHLO_EXTENSION_PIPELINING = 0,          /* RFC 2920 */
    EHLO_EXTENSION_SIZE = 1,                /* RFC 1870; an argument */
    EHLO_EXTENSION_8BITMIME = 2,            /* RFC 6152 */
    EHLO_EXTENSION_ENHANCEDSTATUSCODES = 3, /* RFC 2034 */
    EHLO_EXTENSION_VRFY = 4,                /* RFC 5321 */
    EHLO_EXTENSION_EXPN = 5,                /* RFC 5321 */
    EHLO_EXTENSION_HELP = 6,                /* RFC 5321 */
    EHLO_EXTENSION_CHUNKING = 7,            /* RFC 3030 */
    EHLO_EXTENSION_BINARYMIME = 8,          /* RFC 3030 */
    EHLO_EXTENSION_DSN = 9,                 /* RFC 3461 */
    EHLO_EXTENSION_DELIVERBY = 10,          /* RFC 2852 */
    EHLO_EXTENSION_STARTTLS = 11,           /* RFC 3207 */
    EHLO_EXTENSION_AUTH = 12,               /* RFC 4954 */
    EHLO_EXTENSION_SMTPUTF8 = 13,           /* RFC 6531 */
    EHLO_EXTENSION_ETRN = 14,               /* RFC 1985 */
    EHLO_EXTENSION_ATRN = 15,               /* RFC 2645 */
    EHLO_EXTENSION_CHECKPOINT = 16,         /* RFC 1845 */
    EHLO_EXTENSION_NO_SOLICITING = 17,      /* RFC 3865 */
    EHLO_EXTENSION_MTRK = 18,               /* RFC 3885 */
    EHLO_EXTENSION_SUBMITTER = 19,          /* RFC 4405 */
    EHLO_EXTENSION_BURL = 20,               /* RFC 4468 */
    EHLO_EXTENSION_FUTURERELEASE = 21,      /* RFC 4865 */
    EHLO_EXTENSION_CONPERM = 22,            /* RFC 4141 */
    EHLO_EXTENSION_CONNEG = 23,             /* RFC 4141 */
    EHLO_EXTENSION_MT_PRIORITY = 24,        /* RFC 6710 */
    EHLO_EXTENSION_RRVS = 25,               /* RFC 7293 */
    EHLO_EXTENSION_REQUIRETLS = 26,         /* RFC 8689 */
    EHLO_EXTENSION_LIMITS = 27,             /* RFC 9422 */
    EHLO_EXTENSION_XCLIENT = 28,            /* unregistered */
    EHLO_EXTENSION_XFORWARD = 29,           /* unregistered */
    EHLO_EXTENSION_COUNT = 30,
    EHLO_EXTENSION_OTHER = 63 /* a keyword that the library does not know; no bit is ever set for it */
};

/* One line of an EHLO response. The spans point into what was parsed. This struct never grows. */
struct ehlo_capability {
    uint32_t extension; /* EHLO_EXTENSION_ */
    uint32_t reserved;
    struct ehlo_span keyword;  /* as it was written */
    struct ehlo_span argument; /* all that follows, without the space; may be empty */
};

/*
 * Parses the text of one line of an EHLO response, the first excepted: `SIZE 1000`. Also takes `AUTH=`, as servers
 * before RFC 2554 wrote it. Returns 0, or EHLO_E_KEYWORD or EHLO_E_CHARACTER with `*at` the offset of the wrong octet.
 * RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_parse(struct ehlo_capability *capability, const char *in, size_t size, size_t *at);

/*
 * Takes the first word off the front of a capability's argument. Returns 1 with `*word` filled and `argument` moved on
 * behind it, or 0 at its end. RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_word(struct ehlo_span *argument, struct ehlo_span *word);

/*
 * Writes the text of one line of an EHLO response: keyword (by `extension`, or `keyword` for EHLO_EXTENSION_OTHER) and
 * argument. All or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_KEYWORD,
 * EHLO_E_VALUE when it cannot be sent. RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_format(char *out, size_t capacity, size_t *length,
                                    const struct ehlo_capability *capability);

/* The extension with this keyword, without regard to case, or EHLO_EXTENSION_OTHER. RFC 5321, section 2.2.2. */
EHLO_API uint32_t ehlo_extension_find(const char *keyword, size_t size);

/* The keyword of an extension, constant; "" for EHLO_EXTENSION_OTHER and unknown numbers. RFC 5321, section 2.2.2. */
EHLO_API const char *ehlo_extension_name(uint32_t extension);

#ifdef __cplusplus
}
#endif

#endif
