/* SPDX-License-Identifier: ISC
 *
 * Replies and enhanced status codes (RFC 5321, section 4.2; RFC 3463; RFC 2034). Stateless.
 */
#ifndef EHLO_REPLY_H
#define EHLO_REPLY_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A reply, read or to be sent. Set `size` to sizeof(struct ehlo_reply) and zero what you do not use:
 *
 *     struct ehlo_reply no = {sizeof no, 550, {5, 1, 1}, 0, {"no such user", 12}};
 */
struct ehlo_reply {
    uint32_t size;         /* octets of this struct */
    uint16_t code;         /* 200 to 599 */
    uint16_t status[3];    /* enhanced status code: class 2, 4 or 5, subject, detail up to 999; all 0: none */
    uint32_t lines;        /* read: how many lines the reply had; to be sent: not looked at */
    struct ehlo_span text; /* read: text of the first line; to be sent: a LF begins a further line of this reply */
};

/* One line of a reply. The span points into what was parsed. This struct never grows. */
struct ehlo_reply_line {
    uint16_t code;
    uint16_t status[3]; /* all 0 when there is none */
    uint32_t last;      /* 1 on the last line of its reply, else 0 */
    uint32_t reserved;
    struct ehlo_span text; /* behind the code, its separator and the enhanced status code */
};

/*
 * Parses one line of a reply without its CRLF. Any text passes, none included; `rules`: EHLO_ALLOW_8BIT and EHLO_UTF8
 * let octets over 127 into it, EHLO_ALLOW_CONTROL controls, and one of these in the place of the space behind the code.
 * An enhanced status code is one only when its class is the code's first digit. Returns 0, or EHLO_E_REPLY_CODE,
 * EHLO_E_CHARACTER, EHLO_E_UTF8 with `*at` the offset of the wrong octet. RFC 5321, section 4.2; RFC 2034, section 4.
 */
EHLO_API int ehlo_reply_line_parse(struct ehlo_reply_line *line, const char *in, size_t size, uint32_t rules,
                                   size_t *at);

/*
 * Parses one whole reply, each line with its CRLF, at the beginning of `in`. `reply->size` must be set. On success
 * `*used` is how many octets the reply has; on failure it is the offset of the wrong octet, and the error one of
 * ehlo_reply_line_parse, EHLO_E_REPLY_MISMATCH, EHLO_E_NEWLINE, EHLO_E_LINE_LONG (a line over 512 octets) or
 * EHLO_E_INCOMPLETE. The lines behind the first are read with ehlo_reply_line_parse. RFC 5321, section 4.2.
 */
EHLO_API int ehlo_reply_parse(struct ehlo_reply *reply, const char *in, size_t size, uint32_t rules, size_t *used);

/*
 * Writes a reply with its CRLFs. Validated whole before an octet is written: EHLO_E_CODE, EHLO_E_STATUS (also when its
 * class is not the code's first digit), EHLO_E_TEXT (a CR, a NUL, another control than HT and LF, an octet over 127
 * that `rules` do not let pass, a line over 512 octets). All or nothing: `*length` is what is needed, EHLO_E_SPACE when
 * `capacity` is less. RFC 5321, sections 4.2 and 4.5.3.1.5.
 */
EHLO_API int ehlo_reply_format(char *out, size_t capacity, size_t *length, const struct ehlo_reply *reply,
                               uint32_t rules);

/*
 * Parses an enhanced status code at the beginning of `in`: one digit 2, 4 or 5, and two numbers of one to three digits
 * without leading zeros, followed by white space or the end. Returns 0 with `*used` its octets, or EHLO_E_STATUS with
 * `*used` the offset of the wrong octet. RFC 3463, section 2.
 */
EHLO_API int ehlo_status_parse(uint16_t status[3], const char *in, size_t size, size_t *used);

/* Writes an enhanced status code, at most 9 octets, all or nothing as above. EHLO_E_STATUS. RFC 3463, section 2. */
EHLO_API int ehlo_status_format(char *out, size_t capacity, size_t *length, const uint16_t status[3]);

#ifdef __cplusplus
}
#endif

#endif
