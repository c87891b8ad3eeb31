/* SPDX-License-Identifier: ISC
 *
 * Trace lines: what a receiver puts on top of a message (RFC 5321, section 4.4).
 */
#ifndef EHLO_TRACE_H
#define EHLO_TRACE_H

#include <ehlo/address.h>
#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a message came; flags. */
enum {
    EHLO_WITH_ESMTP = 1, /* the client said EHLO; LMTP and UTF8 imply it */
    EHLO_WITH_LMTP = 2,  /* it said LHLO */
    EHLO_WITH_UTF8 = 4,  /* SMTPUTF8 was asked for with this message */
    EHLO_WITH_TLS = 8,   /* under TLS */
    EHLO_WITH_AUTH = 16  /* the client was authenticated */
};

/*
 * The protocol of a Received field for EHLO_WITH_ flags, as in `with` below: "ESMTPSA", "UTF8LMTP", ...; "SMTP" after
 * HELO, for which there is no other word whatever the flags. Constant, never NULL; other flags are not looked at.
 * RFC 3848; RFC 6531, section 4.3.
 */
EHLO_API const char *ehlo_with_keyword(uint32_t flags);

/* Set `size`, `hello`, `by`, `with` and `time`; zero the rest where it is not known. The spans are only read. */
struct ehlo_received {
    uint32_t size;                     /* sizeof(struct ehlo_received) */
    int32_t zone;                      /* minutes east of UTC, -1439 to 1439 */
    int64_t time;                      /* seconds since 1970-01-01 00:00 UTC; years 1 to 9999 */
    struct ehlo_span hello;            /* the name that the client gave in EHLO or HELO */
    struct ehlo_span client;           /* the client's name by its address; may be absent */
    struct ehlo_span address;          /* the client's address as an address literal, with brackets; may be absent */
    struct ehlo_span by;               /* this host */
    struct ehlo_span with;             /* as ehlo_with_keyword gives it: "SMTP", "ESMTP", ... */
    struct ehlo_span id;               /* the program's name for the message: an atom; may be absent */
    const struct ehlo_path *recipient; /* the one recipient, or NULL: with more than one it must be NULL (7.2) */
};

/*
 * Writes a Received field, folded, each line with its CRLF. All values are validated whole before an octet is
 * written: EHLO_E_VALUE for one that must not stand there (a control, a space, or one of ()<>\",; in a name, or more
 * than 255 octets), the errors of ehlo_path_format for `recipient`, EHLO_E_PATH_LONG for one over 980 octets,
 * EHLO_E_ARGUMENT for a time or zone out of bounds. All or nothing: `*length` is what is needed, EHLO_E_SPACE when
 * `capacity` is less; no NUL is added. RFC 5321, section 4.4.
 */
EHLO_API int ehlo_received_format(char *out, size_t capacity, size_t *length, const struct ehlo_received *received);

/*
 * Writes a Return-Path field with its CRLF for final delivery; the path may be `<>`. All or nothing as
 * above; errors of ehlo_path_format, and EHLO_E_PATH_LONG over 980 octets. RFC 5321, section 4.4.
 */
EHLO_API int ehlo_return_path_format(char *out, size_t capacity, size_t *length, const struct ehlo_path *reverse_path);

/*
 * Writes a date-time, `Sat, 21 Nov 2026 23:40:38 +0000`, 30 or 31 octets; `time` and `zone` as in struct ehlo_received.
 * All or nothing as above; EHLO_E_ARGUMENT out of bounds. RFC 5322, section 3.3.
 */
EHLO_API int ehlo_date_format(char *out, size_t capacity, size_t *length, int64_t time, int32_t zone);

#ifdef __cplusplus
}
#endif

#endif
