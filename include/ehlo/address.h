/* SPDX-License-Identifier: ISC
 *
 * Paths, mailboxes, domains and address literals (RFC 5321, sections 4.1.2 and 4.1.3). Stateless.
 */
#ifndef EHLO_ADDRESS_H
#define EHLO_ADDRESS_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How strict the grammar is. 0 is RFC 5321 to the letter. Each EHLO_ALLOW_ lifts one rule that real mail is known to
 * bend; what it lets in is said beside it.
 */
enum {
    /* extensions: the grammar is another, not a laxer one */
    EHLO_UTF8 = 1u << 0, /* SMTPUTF8 is in force: UTF-8 in local-parts, domains and values (RFC 6531, section 3.3) */

    /* leniency: addresses */
    EHLO_ALLOW_LONG_LOCAL = 1u << 8,    /* local-part over 64 octets: signed and encoded return addresses */
    EHLO_ALLOW_LONG_PATH = 1u << 9,     /* path over 256 octets */
    EHLO_ALLOW_DOTS = 1u << 10,         /* a dot first, last or doubled in a local-part: `local.@`, `a..b@` */
    EHLO_ALLOW_UNDERSCORE = 1u << 11,   /* "_" in a domain */
    EHLO_ALLOW_HYPHEN = 1u << 12,       /* a label that begins or ends with "-" */
    EHLO_ALLOW_TRAILING_DOT = 1u << 13, /* a domain that ends with a dot */
    EHLO_ALLOW_NO_DOMAIN = 1u << 14,    /* `<root>`: for submission, where the program adds the domain */
    EHLO_ALLOW_NO_BRACKETS = 1u << 15,  /* `MAIL FROM:a@b`; the path then ends at the first space */
    EHLO_ALLOW_8BIT = 1u << 16,         /* octets over 127 of no known charset in a local-part or a reply's text */
    EHLO_ALLOW_LITERAL = 1u << 17,      /* an IPv6 literal without its tag, `[::1]`; it goes before a General one */

    /* leniency: command lines */
    EHLO_ALLOW_SPACE = 1u << 18, /* spaces behind `FROM:` and `TO:`, several or tabs between parameters */
    EHLO_ALLOW_HELLO = 1u << 19, /* any word of visible ASCII, up to 255 octets, as the argument of HELO and EHLO */

    /* leniency: replies */
    EHLO_ALLOW_CONTROL = 1u << 20, /* controls other than CR, LF and NUL in a reply's text: do not print it as it is */

    EHLO_ALLOW_ALL = 0x1FFFu << 8 /* each of these */
};

/* What kind of path it is; flags. */
enum {
    EHLO_PATH_NULL = 1,       /* `<>`: a bounce's reverse-path; both spans are empty */
    EHLO_PATH_POSTMASTER = 2, /* `<Postmaster>` in any case; no domain */
    EHLO_PATH_QUOTED = 4,     /* the local-part is a quoted-string */
    EHLO_PATH_LITERAL = 8,    /* the domain is an address literal */
    EHLO_PATH_UTF8 = 16,      /* an octet over 127 in it */
    EHLO_PATH_ROUTED = 32     /* a source route was there; it is not part of the spans */
};

/* A reverse-path or forward-path. The spans point into what was parsed. This struct never grows. */
struct ehlo_path {
    struct ehlo_span local;  /* as on the wire: with its quotes and backslashes, if it has any */
    struct ehlo_span domain; /* as on the wire: a literal with its brackets; data NULL when there is none */
    uint32_t kind;           /* EHLO_PATH_ flags */
    uint32_t reserved;
};

/*
 * Parses a path, angle brackets included, at the beginning of `in`. `rules` are EHLO_UTF8 and EHLO_ALLOW_ flags.
 * Both `<>` and `<Postmaster>` are paths here; a command says which of them it takes. On success `*used` is how many
 * octets the path has, and octets may follow; on failure it is the offset of the octet that no path can have there.
 * Errors: EHLO_E_BRACKET to EHLO_E_UTF8, EHLO_E_CHARACTER. RFC 5321, section 4.1.2; RFC 6531, section 3.3.
 */
EHLO_API int ehlo_path_parse(struct ehlo_path *path, const char *in, size_t size, uint32_t rules, size_t *used);

/*
 * The same without angle brackets and source route: `local-part@domain`, up to the end of `in`. RFC 5321, 4.1.2.
 */
EHLO_API int ehlo_mailbox_parse(struct ehlo_path *path, const char *in, size_t size, uint32_t rules, size_t *used);

/*
 * Parses a domain or an address literal that is the whole of `in`; `*kind` gets EHLO_PATH_LITERAL, EHLO_PATH_UTF8 or
 * neither. On failure `*used` is the offset of the wrong octet. RFC 5321, sections 4.1.2 and 4.1.3.
 */
EHLO_API int ehlo_domain_parse(const char *in, size_t size, uint32_t rules, uint32_t *kind, size_t *used);

/*
 * Writes a path with its angle brackets. What is written parses again to the same local-part and domain. The path is
 * validated whole, under `rules`, before an octet is written; `kind` says only whether it is null, and the bare
 * Postmaster. Writes all or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. No NUL is
 * added. Other errors: as ehlo_path_parse. RFC 5321, section 4.1.2.
 */
EHLO_API int ehlo_path_format(char *out, size_t capacity, size_t *length, const struct ehlo_path *path, uint32_t rules);

/*
 * Writes a local-part with its quoting undone: what two local-parts must be compared by. `local` is as in struct
 * ehlo_path. All or nothing as above; the result is never longer than the input. EHLO_E_LOCAL_PART when it is no
 * local-part. RFC 5321, section 4.1.2.
 */
EHLO_API int ehlo_local_part_unquote(char *out, size_t capacity, size_t *length, const char *local, size_t size);

/*
 * The inverse: any text as a local-part, quoted only where it must be. Controls cannot stand in a local-part at all:
 * EHLO_E_CHARACTER. Octets over 127 need EHLO_UTF8 in `rules` and must be UTF-8, unless EHLO_ALLOW_8BIT lets any pass:
 * EHLO_E_UTF8. EHLO_E_LOCAL_LONG when the result has more than 64 octets, unless EHLO_ALLOW_LONG_LOCAL. All or nothing
 * as above. RFC 5321, section 4.1.2.
 */
EHLO_API int ehlo_local_part_quote(char *out, size_t capacity, size_t *length, const char *text, size_t size,
                                   uint32_t rules);

/*
 * 1 when both paths mean the same mailbox: local-parts compared octet by octet with their quoting undone, domains
 * without regard to ASCII case, the kinds null and Postmaster alike; 0 when not. RFC 5321, sections 2.4 and 4.1.2.
 */
EHLO_API int ehlo_path_equal(const struct ehlo_path *a, const struct ehlo_path *b);

/* What kind of address literal it is. */
enum {
    EHLO_LITERAL_IPV4 = 1,
    EHLO_LITERAL_IPV6 = 2,
    EHLO_LITERAL_GENERAL = 3
};

/* An address literal. The spans point into what was parsed. This struct never grows. */
struct ehlo_literal {
    struct ehlo_span tag;     /* EHLO_LITERAL_GENERAL: what stands before the colon; else empty */
    struct ehlo_span content; /* EHLO_LITERAL_GENERAL: what stands behind it; else empty */
    uint32_t kind;            /* EHLO_LITERAL_ */
    uint8_t address[16];      /* in network order; an IPv4 address has the first four octets */
    uint32_t reserved;
};

/*
 * Parses an address literal that is the whole of `in`, brackets included. On failure `*used` is the offset of the
 * wrong octet and the error EHLO_E_LITERAL or EHLO_E_UNCLOSED. RFC 5321, section 4.1.3.
 */
EHLO_API int ehlo_literal_parse(struct ehlo_literal *literal, const char *in, size_t size, uint32_t rules,
                                size_t *used);

/*
 * Writes the literal of an IPv4 (`size` 4) or IPv6 (`size` 16) address in network order, brackets included, at most 47
 * octets; IPv6 in the form of RFC 5952. All or nothing as above. EHLO_E_ARGUMENT for another `size`. RFC 5321, 4.1.3.
 */
EHLO_API int ehlo_literal_format(char *out, size_t capacity, size_t *length, const uint8_t *address, size_t size);

#ifdef __cplusplus
}
#endif

#endif
