/* SPDX-License-Identifier: ISC
 *
 * Commands: verb, argument, parameters (RFC 5321, section 4.1). Stateless.
 */
#ifndef EHLO_COMMAND_H
#define EHLO_COMMAND_H

#include <ehlo/address.h>
#include <ehlo/base.h>
#include <ehlo/param.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The verbs that the library knows by name. The numbers are part of the ABI. */
enum {
    EHLO_VERB_OTHER = 0, /* well-formed, and none of those below */
    EHLO_VERB_EHLO = 1,
    EHLO_VERB_HELO = 2,
    EHLO_VERB_LHLO = 3,
    EHLO_VERB_MAIL = 4,
    EHLO_VERB_RCPT = 5,
    EHLO_VERB_DATA = 6,
    EHLO_VERB_BDAT = 7,
    EHLO_VERB_RSET = 8,
    EHLO_VERB_NOOP = 9,
    EHLO_VERB_HELP = 10,
    EHLO_VERB_VRFY = 11,
    EHLO_VERB_EXPN = 12,
    EHLO_VERB_QUIT = 13,
    EHLO_VERB_STARTTLS = 14,
    EHLO_VERB_AUTH = 15,
    EHLO_VERB_ETRN = 16,
    EHLO_VERB_ATRN = 17,
    EHLO_VERB_BURL = 18,
    EHLO_VERB_XCLIENT = 19,
    EHLO_VERB_XFORWARD = 20,
    EHLO_VERB_SEND = 21,
    EHLO_VERB_SOML = 22,
    EHLO_VERB_SAML = 23,
    EHLO_VERB_TURN = 24
};

/*
 * A command. The spans point into the line that was parsed. This struct never grows.
 */
struct ehlo_command {
    uint32_t verb;         /* EHLO_VERB_ */
    uint32_t last;         /* BDAT, BURL: 1 with LAST, else 0 */
    struct ehlo_span name; /* the verb as it was written */
    struct ehlo_span
        argument;            /* MAIL and RCPT: the path as it stands there; AUTH: the mechanism; BURL: the URL; VRFY and
                                  EXPN: the string; the others: all behind the verb */
    struct ehlo_path path;   /* MAIL and RCPT: the argument parsed */
    struct ehlo_span params; /* MAIL and RCPT: the parameters, well-formed and none twice, for ehlo_param_next; VRFY and
                                  EXPN: `SMTPUTF8` or nothing; AUTH: the initial response, canonical base64 or "=" */
    uint64_t octets;         /* BDAT: of the chunk; UINT64_MAX: that many or more */
};

/*
 * Parses a command line without its CRLF. Each verb is matched whole and without regard to case; its arity and the form
 * of its argument are checked; white space at the end of the line is dropped. A verb that the library does not know is
 * EHLO_VERB_OTHER with whatever argument it has. MAIL takes no `<Postmaster>` (EHLO_E_DOMAIN), RCPT no `<>`
 * (EHLO_E_LOCAL_PART), neither more than 32 parameters (EHLO_E_UNWANTED). `rules` are EHLO_UTF8 and EHLO_ALLOW_ flags.
 * `SMTPUTF8` without a value among the parameters of MAIL, or behind the string of VRFY and EXPN, puts EHLO_UTF8 in
 * force for that line when it is in `rules`. What the values of parameters mean is for ehlo_value_parse.
 *
 * Returns 0, or the error with `*at` the offset of the octet that is wrong. `command->verb` and `name` are filled
 * whenever a verb was read, and `argument` when the fault is in the parameters behind it, so that the caller can word
 * its refusal. RFC 5321, sections 4.1.1 and 4.1.2; RFC 3030, section 2; RFC 4954, section 4; RFC 4468, section 3;
 * RFC 1985, section 4; RFC 2645, section 5.
 */
EHLO_API int ehlo_command_parse(struct ehlo_command *command, const char *line, size_t size, uint32_t rules,
                                size_t *at);

/*
 * Writes a command line with its CRLF from `verb` (or `name` for EHLO_VERB_OTHER), `path` (MAIL and RCPT), `octets`
 * (BDAT) or `argument` (the others), `params` and `last`. The whole is validated as a parser would before an octet is
 * written. All or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. Other errors: as
 * ehlo_command_parse. RFC 5321, section 4.1.1.
 */
EHLO_API int ehlo_command_format(char *out, size_t capacity, size_t *length, const struct ehlo_command *command,
                                 uint32_t rules);

/* The verb that this is, without regard to case, or EHLO_VERB_OTHER. RFC 5321, section 4.1.1. */
EHLO_API uint32_t ehlo_verb_find(const char *name, size_t size);

/* The name of a verb in capitals, constant; "" for EHLO_VERB_OTHER and unknown numbers. RFC 5321, section 4.1.1. */
EHLO_API const char *ehlo_verb_name(uint32_t verb);

#ifdef __cplusplus
}
#endif

#endif
