/* SPDX-License-Identifier: ISC
 *
 * What the files of this room do for one another. The form of all scanners is told in cursor.h.
 */
#ifndef EHLO_GRAMMAR_GRAMMAR_H
#define EHLO_GRAMMAR_GRAMMAR_H

#include <ehlo/address.h>

#include "codec/writer.h"
#include "grammar/cursor.h"

/* One character over 127, which must be UTF-8 and is refused without EHLO_UTF8. */
int ehlo_utf8_scan(struct ehlo_cursor *cursor);

/* The same where EHLO_ALLOW_8BIT lets any octet over 127 pass. */
int ehlo_high_scan(struct ehlo_cursor *cursor);

/* Text of a reply, or of a command's free argument: HT, 32 to 126, and over 127 as above. Stops where it ends. */
int ehlo_text_scan(struct ehlo_cursor *cursor);

/* (ALPHA / DIGIT) *(ALPHA / DIGIT / "-"): of a parameter or of a capability. EHLO_E_KEYWORD. */
int ehlo_keyword_scan(struct ehlo_cursor *cursor);

/* Local-part, as on the wire. Sets EHLO_PATH_QUOTED and EHLO_PATH_UTF8. */
int ehlo_local_part_scan(struct ehlo_cursor *cursor);

/* Domain, no literal. Sets EHLO_PATH_UTF8. */
int ehlo_domain_name_scan(struct ehlo_cursor *cursor);

/* Domain or address literal. Sets EHLO_PATH_UTF8 and EHLO_PATH_LITERAL. */
int ehlo_domain_scan(struct ehlo_cursor *cursor);

/* Address literal, brackets included; `literal` is filled on success. */
int ehlo_literal_scan(struct ehlo_cursor *cursor, struct ehlo_literal *literal);

/* Path, as ehlo_path_parse takes it; `path` is filled on success and zero otherwise. */
int ehlo_path_scan(struct ehlo_cursor *cursor, struct ehlo_path *path);

/* Whether a path could be written: 0, or the error that ehlo_path_format returns. */
int ehlo_path_check(const struct ehlo_path *path, uint32_t rules);

/* Puts a path that has been checked. */
void ehlo_path_put(struct ehlo_writer *writer, const struct ehlo_path *path);

/* Puts an enhanced status code that has been checked. */
void ehlo_status_put(struct ehlo_writer *writer, const uint16_t status[3]);

/* What a command takes behind its verb. */
enum {
    EHLO_FORM_OPTIONAL = 0, /* free text, or nothing */
    EHLO_FORM_NONE = 1,
    EHLO_FORM_TEXT = 2,    /* free text */
    EHLO_FORM_HELLO = 3,   /* a domain or an address literal */
    EHLO_FORM_REVERSE = 4, /* FROM: and a reverse-path */
    EHLO_FORM_FORWARD = 5  /* TO: and a forward-path */
};

/* The EHLO_FORM_ of a verb. */
uint32_t ehlo_verb_form(uint32_t verb);

#endif
