/* SPDX-License-Identifier: ISC
 *
 * What the files of this room do for one another. The form of all scanners is told in cursor.h.
 */
#ifndef EHLO_GRAMMAR_GRAMMAR_H
#define EHLO_GRAMMAR_GRAMMAR_H

#include <ehlo/address.h>
#include <ehlo/command.h>

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

/* esmtp-value: any octets but controls, spaces and "=". EHLO_E_VALUE, EHLO_E_UTF8. */
int ehlo_param_value_scan(struct ehlo_cursor *cursor);

/* Local-part, as on the wire. Sets EHLO_PATH_QUOTED and EHLO_PATH_UTF8. */
int ehlo_local_part_scan(struct ehlo_cursor *cursor);

/* Domain, no literal. Sets EHLO_PATH_UTF8. */
int ehlo_domain_name_scan(struct ehlo_cursor *cursor);

/* Domain or address literal. Sets EHLO_PATH_UTF8 and EHLO_PATH_LITERAL. */
int ehlo_domain_scan(struct ehlo_cursor *cursor);

/* Address literal, brackets included; `literal` is filled on success. */
int ehlo_literal_scan(struct ehlo_cursor *cursor, struct ehlo_literal *literal);

/* An address as it stands in a literal, without tag or brackets: EHLO_E_LITERAL. */
int ehlo_ipv4_scan(struct ehlo_cursor *cursor, uint8_t *address);
int ehlo_ipv6_scan(struct ehlo_cursor *cursor, uint8_t *address);

/* Puts an address of 4 or 16 octets in the same form. */
void ehlo_ip_put(struct ehlo_writer *writer, const uint8_t *address, size_t size);

/* A name that may stand in a trace field, 1 to 255 octets: 0, or EHLO_E_VALUE. */
int ehlo_name_check(struct ehlo_span name);

/* The number of a port, 0 to 65535, without leading zeros: EHLO_E_VALUE. */
int ehlo_port_scan(struct ehlo_cursor *cursor, uint16_t *port);

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
    EHLO_FORM_FORWARD = 5, /* TO: and a forward-path */
    EHLO_FORM_STRING = 6,  /* free text, and maybe SMTPUTF8 */
    EHLO_FORM_CHUNK = 7,   /* how many octets, and maybe LAST */
    EHLO_FORM_URL = 8,     /* a URL, and maybe LAST */
    EHLO_FORM_AUTH = 9,    /* a mechanism, and maybe an initial response */
    EHLO_FORM_NODE = 10,   /* a domain, "@" and one, or "#" and the name of a queue */
    EHLO_FORM_DOMAINS = 11 /* nothing, or domains with commas between them */
};

/* The EHLO_FORM_ of a verb. */
uint32_t ehlo_verb_form(uint32_t verb);

/*
 * What stands behind the verb in every form without a path, up to the end of the input. Fills what of `command` the
 * form gives; on failure that is not to be used.
 */
int ehlo_argument_scan(struct ehlo_cursor *cursor, uint32_t form, struct ehlo_command *command);

/* The same from the fields of a command that is to be sent: 0, or the error that refuses it. */
int ehlo_argument_check(const struct ehlo_command *command, uint32_t form, uint32_t rules);

/* Puts an argument that has been checked, with the space in front of it. */
void ehlo_argument_put(struct ehlo_writer *writer, const struct ehlo_command *command, uint32_t form);

#endif
