/* SPDX-License-Identifier: ISC
 *
 * Values of parameters that are words and numbers.
 */
#include "codec/ascii.h"
#include "grammar/value.h"

/* In any case: ABNF, and RFC 3461, sections 4.1 and 4.3. */
static const struct {
    char name[11];
    uint8_t form;
    uint8_t choice;
} words[] = {
    {"7BIT", EHLO_VALUE_BODY, EHLO_BODY_7BIT},
    {"8BITMIME", EHLO_VALUE_BODY, EHLO_BODY_8BITMIME},
    {"BINARYMIME", EHLO_VALUE_BODY, EHLO_BODY_BINARYMIME},
    {"FULL", EHLO_VALUE_RET, EHLO_RET_FULL},
    {"HDRS", EHLO_VALUE_RET, EHLO_RET_HDRS},
    {"NEVER", EHLO_VALUE_NOTIFY, EHLO_NOTIFY_NEVER},
    {"SUCCESS", EHLO_VALUE_NOTIFY, EHLO_NOTIFY_SUCCESS},
    {"FAILURE", EHLO_VALUE_NOTIFY, EHLO_NOTIFY_FAILURE},
    {"DELAY", EHLO_VALUE_NOTIFY, EHLO_NOTIFY_DELAY},
    {"R", EHLO_VALUE_BY, EHLO_BY_RETURN},
    {"RT", EHLO_VALUE_BY, EHLO_BY_RETURN | EHLO_BY_TRACE},
    {"N", EHLO_VALUE_BY, EHLO_BY_NOTIFY},
    {"NT", EHLO_VALUE_BY, EHLO_BY_NOTIFY | EHLO_BY_TRACE},
    {"C", EHLO_VALUE_RRVS, EHLO_RRVS_CONTINUE},
    {"R", EHLO_VALUE_RRVS, EHLO_RRVS_REJECT},
};

#define WORD_COUNT (sizeof words / sizeof *words)

static const char no_name[] = "";

int ehlo_choice_scan(struct ehlo_cursor *cursor, uint32_t form, uint32_t *choice)
{
    const size_t start = cursor->at;
    struct ehlo_span word, name;
    size_t i;

    while (ehlo_is_alnum((char)ehlo_cursor_peek(cursor)))
        cursor->at++;
    word = ehlo_cursor_span(cursor, start);
    for (i = 0; i < WORD_COUNT; i++) {
        name = ehlo_span_of(words[i].name);
        if (words[i].form == form && ehlo_span_is(word, name.data, name.size)) {
            *choice = words[i].choice;
            return 0;
        }
    }
    cursor->at = start;
    return EHLO_E_VALUE;
}

const char *ehlo_choice_name(uint32_t form, uint32_t choice)
{
    size_t i;

    for (i = 0; i < WORD_COUNT; i++)
        if (words[i].form == form && words[i].choice == choice)
            return words[i].name;
    return no_name;
}

int ehlo_nine_digits_scan(struct ehlo_cursor *cursor, int64_t *number)
{
    const size_t start = cursor->at;
    int octet;

    for (*number = 0; ehlo_is_digit((char)(octet = ehlo_cursor_peek(cursor))) && cursor->at - start < 9; cursor->at++)
        *number = *number * 10 + (octet - '0');
    return cursor->at > start ? 0 : EHLO_E_VALUE;
}
