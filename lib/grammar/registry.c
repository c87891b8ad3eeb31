/* SPDX-License-Identifier: ISC
 *
 * The registry of extensions: their keywords, and the verbs, parameters and octets that they bring.
 */
#include "grammar/registry.h"

#include <string.h>

#include "codec/ascii.h"

#define LINE_OCTETS 512 /* RFC 5321, section 4.5.3.1.4 */

/* The columns of a row, in brief. */
#define ABOUT(extension, verb, form) EHLO_EXTENSION_##extension, EHLO_VERB_##verb, EHLO_VALUE_##form
enum {
    OFFERED = EHLO_REGISTRY_OFFERED,
    NEVER = EHLO_REGISTRY_NEVER,
    VERB = EHLO_REGISTRY_VERB,
    PARAM = EHLO_REGISTRY_PARAM
};

/*
 * Octets: what the section that is cited says; or "made" of the syntax there, for want of a number: a space, the
 * keyword, "=" and the longest value. Where nothing is cited no RFC raises the bound.
 */
static const struct ehlo_registered rows[] = {
    {"PIPELINING", "", ABOUT(PIPELINING, OTHER, NONE), OFFERED, 0},
    {"SIZE", "SIZE", ABOUT(SIZE, MAIL, SIZE), PARAM | OFFERED, 26},         /* RFC 1870, 3 */
    {"8BITMIME", "BODY", ABOUT(8BITMIME, MAIL, BODY), PARAM | OFFERED, 17}, /* 14 would do; RFC 6152, 2 */
    {"ENHANCEDSTATUSCODES", "", ABOUT(ENHANCEDSTATUSCODES, OTHER, NONE), OFFERED, 0},
    {"VRFY", "", ABOUT(VRFY, VRFY, NONE), VERB | OFFERED, 0},
    {"EXPN", "", ABOUT(EXPN, EXPN, NONE), VERB | OFFERED, 0},
    {"HELP", "", ABOUT(HELP, HELP, NONE), VERB | OFFERED, 0},
    {"CHUNKING", "", ABOUT(CHUNKING, BDAT, NONE), VERB | OFFERED, 0},
    {"BINARYMIME", "BODY", ABOUT(BINARYMIME, MAIL, BODY), PARAM, 16}, /* RFC 3030, 3 */
    {"DSN", "RET", ABOUT(DSN, MAIL, RET), PARAM, 9},                  /* made; RFC 3461, 5.4 */
    {"", "ENVID", ABOUT(DSN, MAIL, ENVID), PARAM, 107},               /* RFC 3885, 2 */
    {"", "NOTIFY", ABOUT(DSN, RCPT, NOTIFY), PARAM, 29},              /* made; RFC 3461, 5.4 */
    {"", "ORCPT", ABOUT(DSN, RCPT, ORCPT), PARAM, 507},               /* RFC 3885, 2 */
    {"DELIVERBY", "BY", ABOUT(DELIVERBY, MAIL, BY), PARAM, 17},       /* RFC 2852, 2 */
    {"STARTTLS", "", ABOUT(STARTTLS, STARTTLS, NONE), VERB, 0},
    {"AUTH", "", ABOUT(AUTH, AUTH, NONE), VERB, 12288 - LINE_OCTETS}, /* RFC 4954, 4 */
    {"", "AUTH", ABOUT(AUTH, MAIL, AUTH), PARAM, 500},                /* RFC 4954, 3 */
    {"SMTPUTF8", "SMTPUTF8", ABOUT(SMTPUTF8, MAIL, NONE), PARAM, 10}, /* RFC 6531, 3.1 */
    {"", "SMTPUTF8", ABOUT(SMTPUTF8, VRFY, NONE), PARAM, 10},         /* as for MAIL */
    {"", "SMTPUTF8", ABOUT(SMTPUTF8, EXPN, NONE), PARAM, 10},         /* as for MAIL */
    {"ETRN", "", ABOUT(ETRN, ETRN, NONE), VERB, 0},
    {"ATRN", "", ABOUT(ATRN, ATRN, NONE), VERB, 0},
    {"CHECKPOINT", "TRANSID", ABOUT(CHECKPOINT, MAIL, TRANSID), PARAM, 88},             /* RFC 1845, 2 */
    {"NO-SOLICITING", "SOLICIT", ABOUT(NO_SOLICITING, MAIL, SOLICIT), PARAM, 9 + 1000}, /* made; RFC 3865, 2.2 */
    {"MTRK", "MTRK", ABOUT(MTRK, MAIL, MTRK), PARAM, 40},                               /* RFC 3885, 2 */
    {"SUBMITTER", "SUBMITTER", ABOUT(SUBMITTER, MAIL, SUBMITTER), PARAM, 11 + 3 * 254}, /* made; RFC 4405, 4 */
    {"BURL", "", ABOUT(BURL, BURL, NONE), VERB, 0},
    {"FUTURERELEASE", "HOLDFOR", ABOUT(FUTURERELEASE, MAIL, HOLDFOR), PARAM, 34},  /* RFC 4865, 3 */
    {"", "HOLDUNTIL", ABOUT(FUTURERELEASE, MAIL, HOLDUNTIL), PARAM, 0},            /* one of the two */
    {"CONPERM", "CONPERM", ABOUT(CONPERM, MAIL, NONE), PARAM, 8},                  /* made; RFC 4141, 4.3 */
    {"CONNEG", "CONNEG", ABOUT(CONNEG, RCPT, NONE), PARAM, 7},                     /* made; RFC 4141, 5.3 */
    {"MT-PRIORITY", "MT-PRIORITY", ABOUT(MT_PRIORITY, MAIL, PRIORITY), PARAM, 15}, /* RFC 6710, 3 */
    {"RRVS", "RRVS", ABOUT(RRVS, RCPT, RRVS), PARAM, 33},                          /* RFC 7293, 3.1 */
    {"REQUIRETLS", "REQUIRETLS", ABOUT(REQUIRETLS, MAIL, NONE), PARAM, 11},        /* RFC 8689, 2 */
    {"LIMITS", "", ABOUT(LIMITS, OTHER, NONE), 0, 0},
    {"XCLIENT", "", ABOUT(XCLIENT, XCLIENT, NONE), VERB, 0},
    {"XFORWARD", "", ABOUT(XFORWARD, XFORWARD, NONE), VERB, 0},
    {"SEND", "", ABOUT(SEND, SEND, NONE), VERB | NEVER, 0},
    {"SOML", "", ABOUT(SOML, SOML, NONE), VERB | NEVER, 0},
    {"SAML", "", ABOUT(SAML, SAML, NONE), VERB | NEVER, 0},
    {"TURN", "", ABOUT(TURN, TURN, NONE), VERB | NEVER, 0},
    {"UTF8SMTP", "", ABOUT(UTF8SMTP, OTHER, NONE), NEVER, 0},
    {"VERB", "", ABOUT(VERB, OTHER, NONE), NEVER, 0},
    {"ONEX", "", ABOUT(ONEX, OTHER, NONE), NEVER, 0},
    {"XVERP", "", ABOUT(XVERP, OTHER, NONE), NEVER, 0},
    {"PRDR", "", ABOUT(PRDR, OTHER, NONE), NEVER, 0},
    {"CLIENTID", "", ABOUT(CLIENTID, OTHER, NONE), NEVER, 0},
    {"XRCPTFORWARD", "", ABOUT(XRCPTFORWARD, OTHER, NONE), NEVER, 0},
};

#define ROW_COUNT (sizeof rows / sizeof *rows)

static const char no_name[] = "";

const struct ehlo_registered *ehlo_registry_row(uint32_t index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}

const struct ehlo_registered *ehlo_registry_param(uint32_t verb, struct ehlo_span keyword)
{
    const struct ehlo_registered *row;

    for (row = rows; keyword.size < sizeof row->param && row < rows + ROW_COUNT; row++)
        if (row->verb == verb && ehlo_is_length(row->param, keyword.size) &&
            ehlo_span_is(keyword, row->param, keyword.size))
            return row;
    return NULL;
}

uint64_t ehlo_registry_set(uint32_t flag)
{
    uint64_t set = 0;
    size_t i;

    for (i = 0; i < ROW_COUNT; i++)
        if (rows[i].flags & flag)
            set |= UINT64_C(1) << rows[i].extension;
    return set;
}

int ehlo_extension_registered(struct ehlo_registration *registration, uint32_t index)
{
    memset(registration, 0, sizeof *registration);
    if (index >= ROW_COUNT)
        return 0;
    registration->extension = rows[index].extension;
    registration->verb = rows[index].verb;
    registration->form = rows[index].form;
    registration->flags = rows[index].flags;
    registration->octets = rows[index].octets;
    if (rows[index].flags & EHLO_REGISTRY_PARAM)
        registration->param = ehlo_span_of(rows[index].param);
    return 1;
}

uint32_t ehlo_extension_find(const char *keyword, size_t size)
{
    const struct ehlo_registered *row;
    struct ehlo_span span;

    span.data = keyword;
    span.size = size;
    for (row = rows; size < sizeof row->keyword && row < rows + ROW_COUNT; row++)
        if (ehlo_is_length(row->keyword, size) && ehlo_span_is(span, row->keyword, size))
            return row->extension;
    return EHLO_EXTENSION_OTHER;
}

const char *ehlo_extension_name(uint32_t extension)
{
    size_t i;

    for (i = 0; i < ROW_COUNT; i++)
        if (rows[i].extension == extension)
            return rows[i].keyword;
    return no_name;
}

uint32_t ehlo_extension_line_max(uint64_t extensions, uint32_t verb)
{
    uint32_t octets = LINE_OCTETS;
    size_t i;

    for (i = 0; i < ROW_COUNT; i++)
        if (rows[i].verb == verb && (extensions >> rows[i].extension & 1))
            octets += rows[i].octets;
    return octets;
}

uint32_t ehlo_extension_of_verb(uint32_t verb)
{
    size_t i;

    for (i = 0; i < ROW_COUNT; i++)
        if ((rows[i].flags & EHLO_REGISTRY_VERB) && rows[i].verb == verb)
            return rows[i].extension;
    return EHLO_EXTENSION_OTHER;
}
