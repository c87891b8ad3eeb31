/* SPDX-License-Identifier: ISC
 *
 * The verbs: their names, and what each takes.
 */
#include <ehlo/command.h>

#include "codec/ascii.h"
#include "grammar/grammar.h"

#define NAME_SIZE 9 /* "STARTTLS" and its NUL */

struct verb {
    char name[NAME_SIZE];
    uint8_t form; /* EHLO_FORM_ */
};

static const struct verb verbs[] = {
    [EHLO_VERB_OTHER] = {"", EHLO_FORM_OPTIONAL},        [EHLO_VERB_EHLO] = {"EHLO", EHLO_FORM_HELLO},
    [EHLO_VERB_HELO] = {"HELO", EHLO_FORM_HELLO},        [EHLO_VERB_LHLO] = {"LHLO", EHLO_FORM_HELLO},
    [EHLO_VERB_MAIL] = {"MAIL", EHLO_FORM_REVERSE},      [EHLO_VERB_RCPT] = {"RCPT", EHLO_FORM_FORWARD},
    [EHLO_VERB_DATA] = {"DATA", EHLO_FORM_NONE},         [EHLO_VERB_BDAT] = {"BDAT", EHLO_FORM_CHUNK},
    [EHLO_VERB_RSET] = {"RSET", EHLO_FORM_NONE},         [EHLO_VERB_NOOP] = {"NOOP", EHLO_FORM_OPTIONAL},
    [EHLO_VERB_HELP] = {"HELP", EHLO_FORM_OPTIONAL},     [EHLO_VERB_VRFY] = {"VRFY", EHLO_FORM_STRING},
    [EHLO_VERB_EXPN] = {"EXPN", EHLO_FORM_STRING},       [EHLO_VERB_QUIT] = {"QUIT", EHLO_FORM_NONE},
    [EHLO_VERB_STARTTLS] = {"STARTTLS", EHLO_FORM_NONE}, [EHLO_VERB_AUTH] = {"AUTH", EHLO_FORM_AUTH},
    [EHLO_VERB_ETRN] = {"ETRN", EHLO_FORM_NODE},         [EHLO_VERB_ATRN] = {"ATRN", EHLO_FORM_DOMAINS},
    [EHLO_VERB_BURL] = {"BURL", EHLO_FORM_URL},          [EHLO_VERB_XCLIENT] = {"XCLIENT", EHLO_FORM_TEXT},
    [EHLO_VERB_XFORWARD] = {"XFORWARD", EHLO_FORM_TEXT}, [EHLO_VERB_SEND] = {"SEND", EHLO_FORM_OPTIONAL},
    [EHLO_VERB_SOML] = {"SOML", EHLO_FORM_OPTIONAL},     [EHLO_VERB_SAML] = {"SAML", EHLO_FORM_OPTIONAL},
    [EHLO_VERB_TURN] = {"TURN", EHLO_FORM_NONE},
};

#define VERB_COUNT (sizeof verbs / sizeof *verbs)

uint32_t ehlo_verb_find(const char *name, size_t size)
{
    struct ehlo_span span;
    uint32_t verb;

    span.data = name;
    span.size = size;
    for (verb = 1; size < NAME_SIZE && verb < VERB_COUNT; verb++)
        if (ehlo_is_length(verbs[verb].name, size) && ehlo_span_is(span, verbs[verb].name, size))
            return verb;
    return EHLO_VERB_OTHER;
}

const char *ehlo_verb_name(uint32_t verb)
{
    return verbs[verb < VERB_COUNT ? verb : EHLO_VERB_OTHER].name;
}

uint32_t ehlo_verb_form(uint32_t verb)
{
    return verbs[verb < VERB_COUNT ? verb : EHLO_VERB_OTHER].form;
}
