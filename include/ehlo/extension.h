/* SPDX-License-Identifier: ISC
 *
 * Service extensions: the keywords of the EHLO response, and the capability list that a client makes of them
 * (RFC 5321, sections 2.2 and 4.1.1.1). Stateless.
 */
#ifndef EHLO_EXTENSION_H
#define EHLO_EXTENSION_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Extensions, by the number of their bit in a set. Bit N of a uint64_t is extension N. Part of the ABI. */
enum {
    EHLO_EXTENSION_PIPELINING = 0,          /* RFC 2920 */
    EHLO_EXTENSION_SIZE = 1,                /* RFC 1870; an argument */
    EHLO_EXTENSION_8BITMIME = 2,            /* RFC 6152 */
    EHLO_EXTENSION_ENHANCEDSTATUSCODES = 3, /* RFC 2034 */
    EHLO_EXTENSION_VRFY = 4,                /* RFC 5321 */
    EHLO_EXTENSION_EXPN = 5,                /* RFC 5321 */
    EHLO_EXTENSION_HELP = 6,                /* RFC 5321 */
    EHLO_EXTENSION_CHUNKING = 7,            /* RFC 3030 */
    EHLO_EXTENSION_BINARYMIME = 8,          /* RFC 3030 */
    EHLO_EXTENSION_DSN = 9,                 /* RFC 3461 */
    EHLO_EXTENSION_DELIVERBY = 10,          /* RFC 2852 */
    EHLO_EXTENSION_STARTTLS = 11,           /* RFC 3207 */
    EHLO_EXTENSION_AUTH = 12,               /* RFC 4954 */
    EHLO_EXTENSION_SMTPUTF8 = 13,           /* RFC 6531 */
    EHLO_EXTENSION_ETRN = 14,               /* RFC 1985 */
    EHLO_EXTENSION_ATRN = 15,               /* RFC 2645 */
    EHLO_EXTENSION_CHECKPOINT = 16,         /* RFC 1845 */
    EHLO_EXTENSION_NO_SOLICITING = 17,      /* RFC 3865 */
    EHLO_EXTENSION_MTRK = 18,               /* RFC 3885 */
    EHLO_EXTENSION_SUBMITTER = 19,          /* RFC 4405 */
    EHLO_EXTENSION_BURL = 20,               /* RFC 4468 */
    EHLO_EXTENSION_FUTURERELEASE = 21,      /* RFC 4865 */
    EHLO_EXTENSION_CONPERM = 22,            /* RFC 4141 */
    EHLO_EXTENSION_CONNEG = 23,             /* RFC 4141 */
    EHLO_EXTENSION_MT_PRIORITY = 24,        /* RFC 6710 */
    EHLO_EXTENSION_RRVS = 25,               /* RFC 7293 */
    EHLO_EXTENSION_REQUIRETLS = 26,         /* RFC 8689 */
    EHLO_EXTENSION_LIMITS = 27,             /* RFC 9422 */
    EHLO_EXTENSION_XCLIENT = 28,            /* unregistered */
    EHLO_EXTENSION_XFORWARD = 29,           /* unregistered */
    EHLO_EXTENSION_SEND = 30,               /* these four: RFC 821, historic; recognised, never offered */
    EHLO_EXTENSION_SOML = 31,
    EHLO_EXTENSION_SAML = 32,
    EHLO_EXTENSION_TURN = 33,
    EHLO_EXTENSION_UTF8SMTP = 34, /* RFC 5336, obsolete; recognised, never offered */
    EHLO_EXTENSION_VERB = 35,     /* these: unregistered or historic, met in the wild; recognised, never offered */
    EHLO_EXTENSION_ONEX = 36,
    EHLO_EXTENSION_XVERP = 37,
    EHLO_EXTENSION_PRDR = 38,
    EHLO_EXTENSION_CLIENTID = 39,
    EHLO_EXTENSION_XRCPTFORWARD = 40,
    EHLO_EXTENSION_COUNT,
    EHLO_EXTENSION_OTHER = 63 /* a keyword that the library does not know; no bit is ever set for it */
};

/* One line of an EHLO response. The spans point into what was parsed. This struct never grows. */
struct ehlo_capability {
    uint32_t extension; /* EHLO_EXTENSION_ */
    uint32_t reserved;
    struct ehlo_span keyword;  /* as it was written */
    struct ehlo_span argument; /* all that follows, without the space; may be empty */
};

/*
 * Parses the text of one line of an EHLO response, the first excepted: `SIZE 1000`. Also takes `AUTH=`, as servers
 * before RFC 2554 wrote it. Returns 0, or EHLO_E_KEYWORD or EHLO_E_CHARACTER with `*at` the offset of the wrong octet.
 * RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_parse(struct ehlo_capability *capability, const char *in, size_t size, size_t *at);

/*
 * Takes the first word off the front of a capability's argument. Returns 1 with `*word` filled and `argument` moved on
 * behind it, or 0 at its end. RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_word(struct ehlo_span *argument, struct ehlo_span *word);

/*
 * Writes the text of one line of an EHLO response: keyword (by `extension`, or `keyword` for EHLO_EXTENSION_OTHER) and
 * argument. All or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_KEYWORD,
 * EHLO_E_VALUE when it cannot be sent. RFC 5321, section 4.1.1.1.
 */
EHLO_API int ehlo_capability_format(char *out, size_t capacity, size_t *length,
                                    const struct ehlo_capability *capability);

/* The extension with this keyword, without regard to case, or EHLO_EXTENSION_OTHER. RFC 5321, section 2.2.2. */
EHLO_API uint32_t ehlo_extension_find(const char *keyword, size_t size);

/*
 * Octets that a command line with this EHLO_VERB_ may have, CRLF included, when these extensions are offered (a set):
 * 512, and what each of them adds for it. RFC 5321, section 4.5.3.1.4; the RFC of each extension.
 */
EHLO_API uint32_t ehlo_extension_line_max(uint64_t extensions, uint32_t verb);

/*
 * The extension that brings this EHLO_VERB_, or EHLO_EXTENSION_OTHER for one that needs none and for EHLO_VERB_OTHER.
 * RFC 5321, section 2.2.2.
 */
EHLO_API uint32_t ehlo_extension_of_verb(uint32_t verb);

/* What is said of a thing that an extension brings; flags. */
enum {
    EHLO_REGISTRY_OFFERED = 1, /* a server offers the extension by itself */
    EHLO_REGISTRY_NEVER = 2,   /* the extension is recognised, and not offered */
    EHLO_REGISTRY_VERB = 4,    /* the verb comes with the extension */
    EHLO_REGISTRY_PARAM = 8    /* the verb takes a parameter */
};

/* One thing that an extension brings. This struct never grows. */
struct ehlo_registration {
    uint32_t extension; /* EHLO_EXTENSION_ */
    uint32_t verb;      /* EHLO_VERB_ whose lines it is about, or EHLO_VERB_OTHER */
    uint32_t form;      /* EHLO_VALUE_ of the parameter */
    uint32_t flags;     /* EHLO_REGISTRY_ */
    uint32_t octets;    /* that it adds to the lines of the verb */
    uint32_t reserved;
    struct ehlo_span param; /* the parameter's keyword, constant; data NULL when there is none */
};

/*
 * Tells what the library knows of extensions, a row of its registry at a time: 1 with `*registration` filled, or 0
 * behind the last one. Those of one extension stand together. RFC 5321, section 2.2.2; the RFC of each extension.
 */
EHLO_API int ehlo_extension_registered(struct ehlo_registration *registration, uint32_t index);

/* What LIMITS says. A number that is 0 was not said: no limit is known. This struct never grows. */
struct ehlo_limits {
    uint32_t mail_max;        /* MAIL commands in a session, refused ones too: MAILMAX */
    uint32_t rcpt_max;        /* RCPT commands in a transaction, refused ones too: RCPTMAX */
    uint32_t rcpt_domain_max; /* different domains of recipients in a session: RCPTDOMAINMAX */
    uint32_t reserved;
};

/*
 * Reads the argument of LIMITS. Limits that the library does not know are passed over, and so is one whose value is no
 * number of 1 to 6 digits; an argument that does not follow the syntax says nothing at all. RFC 9422, sections 3 and 4.
 */
EHLO_API void ehlo_limits_parse(struct ehlo_limits *limits, const char *argument, size_t size);

/*
 * Writes the argument of LIMITS: those that are not 0, in the order of the struct. All or nothing as above;
 * EHLO_E_VALUE for a number over 999999, or when all are 0. RFC 9422, sections 3 and 4.
 */
EHLO_API int ehlo_limits_format(char *out, size_t capacity, size_t *length, const struct ehlo_limits *limits);

/* The keyword of an extension, constant; "" for EHLO_EXTENSION_OTHER and unknown numbers. RFC 5321, section 2.2.2. */
EHLO_API const char *ehlo_extension_name(uint32_t extension);

#ifdef __cplusplus
}
#endif

#endif
