/* SPDX-License-Identifier: ISC
 *
 * Attributes of XCLIENT and XFORWARD, Postfix's commands by which a proxy or a filter tells of the client that it
 * speaks for. Stateless.
 */
#ifndef EHLO_ATTRIBUTE_H
#define EHLO_ATTRIBUTE_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The attributes. New ones are added in front of COUNT. */
enum {
    EHLO_ATTRIBUTE_OTHER = 0,    /* one that the command does not have: any text */
    EHLO_ATTRIBUTE_NAME = 1,     /* the client's name by its address */
    EHLO_ATTRIBUTE_ADDR = 2,     /* the client's address */
    EHLO_ATTRIBUTE_PORT = 3,     /* the client's port */
    EHLO_ATTRIBUTE_PROTO = 4,    /* XCLIENT: SMTP or ESMTP; XFORWARD: a name of at most 64 octets */
    EHLO_ATTRIBUTE_HELO = 5,     /* the name that the client gave in HELO or EHLO */
    EHLO_ATTRIBUTE_LOGIN = 6,    /* XCLIENT: the name that the client authenticated as; may have spaces and UTF-8 */
    EHLO_ATTRIBUTE_DESTADDR = 7, /* XCLIENT: the address that the client connected to */
    EHLO_ATTRIBUTE_DESTPORT = 8, /* XCLIENT: the port that the client connected to */
    EHLO_ATTRIBUTE_IDENT = 9,    /* XFORWARD: the name of the message in the queue it comes from */
    EHLO_ATTRIBUTE_SOURCE = 10,  /* XFORWARD: LOCAL or REMOTE, where the message comes from */
    EHLO_ATTRIBUTE_COUNT = 11
};

/* What is known of the value. */
enum {
    EHLO_ATTRIBUTE_KNOWN = 0,
    EHLO_ATTRIBUTE_UNAVAILABLE = 1, /* `[UNAVAILABLE]`: not known, or withdrawn */
    EHLO_ATTRIBUTE_TEMPUNAVAIL = 2  /* `[TEMPUNAVAIL]`: not known now, as a name when DNS did not answer */
};

/* One attribute, its value decoded. This struct never grows. */
struct ehlo_attribute {
    struct ehlo_span keyword; /* read: as on the wire, in what was parsed; to be sent: looked at with OTHER only */
    uint32_t attribute;       /* EHLO_ATTRIBUTE_NAME ... */
    uint32_t state;           /* EHLO_ATTRIBUTE_KNOWN ... */
    uint8_t address[16];      /* ADDR, DESTADDR, known: in network order; an IPv4 address has the first four octets */
    uint32_t address_size;    /* ADDR, DESTADDR, known: 4 or 16; else 0 */
    uint16_t port;            /* PORT, DESTPORT, known; else 0 */
    uint16_t text_size;       /* octets of `text` */
    char text[256]; /* read: the value, at most 255 octets and a NUL; to be sent: not looked at for the above */
};

/*
 * Takes the first attribute off the front of `list`: `NAME=value` with single spaces between them, as in the `argument`
 * of struct ehlo_command. `verb` is EHLO_VERB_XCLIENT or EHLO_VERB_XFORWARD. Returns 1 and moves `list` on behind it; 0
 * at the end of the list; or, with `*at` the offset in `list` of the wrong octet and `list` as it was, EHLO_E_KEYWORD,
 * EHLO_E_XTEXT, EHLO_E_VALUE when the value is not of the attribute's kind (no value has a control in it), EHLO_E_UTF8,
 * EHLO_E_CHARACTER; EHLO_E_ARGUMENT for another verb. `rules`: EHLO_ALLOW_SPACE. Duplicates are not looked for: the
 * last one counts. Take it only from peers that may say it. No RFC: Postfix's XCLIENT_README and XFORWARD_README.
 */
EHLO_API int ehlo_attribute_next(struct ehlo_span *list, uint32_t verb, struct ehlo_attribute *attribute,
                                 uint32_t rules, size_t *at);

/*
 * Writes ` NAME=value`, the leading space included, so that calls can follow one another; the value is encoded as
 * xtext. All or nothing: `*length` is what is needed, EHLO_E_SPACE when `capacity` is less. EHLO_E_ARGUMENT for another
 * verb or state; EHLO_E_KEYWORD when the verb does not have the attribute, or has one of the name that is given with
 * OTHER; EHLO_E_VALUE when the value is not of its kind. No RFC: Postfix's XCLIENT_README and XFORWARD_README.
 */
EHLO_API int ehlo_attribute_format(char *out, size_t capacity, size_t *length, uint32_t verb,
                                   const struct ehlo_attribute *attribute);

/*
 * The number of an attribute by its name, in any case, as in the words of an XCLIENT or XFORWARD capability;
 * EHLO_ATTRIBUTE_OTHER when it is not in the list. No RFC: Postfix's XCLIENT_README and XFORWARD_README.
 */
EHLO_API uint32_t ehlo_attribute_find(const char *name, size_t size);

/* The name of an attribute, "" for EHLO_ATTRIBUTE_OTHER and unknown numbers. The string is constant. No RFC. */
EHLO_API const char *ehlo_attribute_name(uint32_t attribute);

#ifdef __cplusplus
}
#endif

#endif
