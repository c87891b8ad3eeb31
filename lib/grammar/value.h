/* SPDX-License-Identifier: ISC
 *
 * The parts that values of known parameters are made of. What is parsed and what is to be written go the same way.
 */
#ifndef EHLO_GRAMMAR_VALUE_H
#define EHLO_GRAMMAR_VALUE_H

#include <ehlo/param.h>

#include "grammar/cursor.h"

/* A word that chooses, of this EHLO_VALUE_. EHLO_E_VALUE with the cursor where the word begins. */
int ehlo_choice_scan(struct ehlo_cursor *cursor, uint32_t form, uint32_t *choice);

/* The word for a choice of this EHLO_VALUE_, or "". */
const char *ehlo_choice_name(uint32_t form, uint32_t choice);

/* One to nine digits. EHLO_E_VALUE. */
int ehlo_nine_digits_scan(struct ehlo_cursor *cursor, int64_t *number);

/* The type of an ORCPT: an atom (RFC 822, section 3.3). EHLO_E_VALUE. */
int ehlo_type_scan(struct ehlo_cursor *cursor);

/*
 * What stands in `text` for the `form` of a value, which may ask for its `type`. Sets `number` where that follows from
 * the text. On failure any error but 0.
 */
int ehlo_value_text_scan(struct ehlo_cursor *cursor, struct ehlo_value *value);

#endif
