/* SPDX-License-Identifier: ISC
 *
 * The incremental parser: lines out of a stream, without a buffer and without a copy. Both facades stand on it; use it
 * on its own to watch or to proxy SMTP without taking part.
 */
#ifndef EHLO_PARSER_H
#define EHLO_PARSER_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set it up with ehlo_parser_init, and leave it alone. It holds no pointer. This struct never grows. */
struct ehlo_parser {
    uint32_t line_max; /* private */
    uint32_t seen;     /* private: octets at the front of the input that have been looked at */
    uint32_t flags;    /* private */
};

/*
 * Sets up a parser for lines of up to `line_max` octets, CRLF included; at least 4. The caller's buffer must hold that
 * many. Returns 0, or EHLO_E_ARGUMENT. RFC 5321, section 4.5.3.1.4.
 */
EHLO_API int ehlo_parser_init(struct ehlo_parser *parser, uint32_t line_max);

/*
 * Takes the next line, ended by CRLF and nothing else, off the front of the `size` octets at `in`.
 *
 * Returns 1 with `*line` the line without its CRLF; EHLO_E_LINE_LONG for a line over the bound, or EHLO_E_NEWLINE for
 * one with a CR, a LF or a NUL in it: either has been taken and thrown away, to its CRLF; or 0 when there is no whole
 * line yet. `*used` is how many octets were taken, in every case. After 0 the octets that were not taken must be
 * offered again with more behind them; the parser remembers how far it has looked. None of these errors is sticky.
 * The span points into `in`. Returns EHLO_E_ARGUMENT when fewer octets are offered than were left before.
 * RFC 5321, sections 2.3.8 and 4.1.1.
 */
EHLO_API int ehlo_parser_line(struct ehlo_parser *parser, const void *in, size_t size, size_t *used,
                              struct ehlo_span *line);

#ifdef __cplusplus
}
#endif

#endif
