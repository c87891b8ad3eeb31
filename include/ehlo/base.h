/* SPDX-License-Identifier: ISC
 *
 * What every other header stands on: spans, errors, the version.
 */
#ifndef EHLO_BASE_H
#define EHLO_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define EHLO_API __attribute__((visibility("default")))
#else
#define EHLO_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers: major * 10000 + minor * 100 + patch. */
#define EHLO_VERSION 100

/*
 * Octets that somebody else owns. Not terminated by NUL. `data` may be NULL only where `size` is 0; a span whose
 * `data` is NULL says "absent" where that differs from "empty". This struct never grows.
 */
struct ehlo_span {
    const char *data;
    size_t size; /* octets */
};

/*
 * Pointers must not be NULL unless it is said. The facades and the codecs answer EHLO_E_ARGUMENT to one that is, and so
 * does every function to a struct whose `size` is not set; the grammar and the trace lines do not look.
 */

/*
 * Errors. Every function that can fail returns 0 or a positive kind when it succeeded, and one of these when it did
 * not. The numbers are part of the ABI: they are never reused.
 */
enum {
    EHLO_OK = 0,

    /* the call was wrong; nothing has changed */
    EHLO_E_ARGUMENT = -1, /* a null pointer, a struct size or a number that the function does not take */
    EHLO_E_CONFIG = -2,   /* a field of the configuration is missing, or out of its bounds */
    EHLO_E_SPACE = -3,    /* the caller's buffer is too small; the length needed has been told */
    EHLO_E_TICKET = -4,   /* no open question has this ticket */
    EHLO_E_CODE = -5,     /* a reply code that may not answer this question */
    EHLO_E_TEXT = -6,     /* text that must not be put on the wire: a control, or too long a line */
    EHLO_E_STATE = -7,    /* not in this state of the session */
    EHLO_E_FULL = -8,     /* not now: drain the output, take the replies that are due, and call again */
    EHLO_E_MEMORY = -9,   /* the allocator gave nothing */
    EHLO_E_CLEAR = -10,   /* not in the clear: TLS must come first */
    EHLO_E_OFFER = -11,   /* the server does not offer the extension that this needs */
    EHLO_E_LIMIT = -12,   /* the server takes no more messages on this connection */

    /* the session is over */
    EHLO_E_LOST = -20,     /* the transport was lost */
    EHLO_E_TIMEOUT = -21,  /* the peer was silent for too long */
    EHLO_E_SHUTDOWN = -22, /* this side was told to stop */
    EHLO_E_QUIT = -23,     /* QUIT was said and answered, or the last reply closed the channel */
    EHLO_E_INJECTED = -24, /* octets crossed a change of transport (RFC 3207, section 5) */
    EHLO_E_PROTOCOL = -25, /* the peer broke the protocol */
    EHLO_E_FLOOD = -26,    /* more errors, or more commands without progress, than the configuration bears */
    EHLO_E_CLOSING = -27,  /* the server said 421: it closes the channel */
    EHLO_E_REFUSED = -28,  /* the session was refused, or a message before its end */
    EHLO_E_TURNED = -29,   /* the roles are reversed: the other side begins on the same transport (RFC 2645) */

    /* the message was given up, or cannot be sent; the session goes on */
    EHLO_E_RESET = -40,     /* RSET, or a new EHLO or HELO */
    EHLO_E_NEWLINE = -41,   /* a CR or LF that is no CRLF; in a line that is parsed, a NUL too */
    EHLO_E_TOO_MUCH = -42,  /* more octets than the message size allows */
    EHLO_E_BODY_LINE = -43, /* a text line longer than the configuration bears */
    EHLO_E_8BIT = -44,      /* an octet over 127 for a server that was not told to expect any */

    /* the octets do not follow the grammar; an offset has been told */
    EHLO_E_PROXY = -50,          /* not a header of the PROXY protocol */
    EHLO_E_LINE_LONG = -60,      /* line longer than its bound */
    EHLO_E_VERB = -61,           /* not a verb: letters and digits, beginning with a letter */
    EHLO_E_MISSING = -62,        /* the command needs an argument */
    EHLO_E_UNWANTED = -63,       /* octets where nothing more may stand */
    EHLO_E_CHARACTER = -64,      /* an octet that may not stand here */
    EHLO_E_BRACKET = -65,        /* a path that does not begin with "<" */
    EHLO_E_UNCLOSED = -66,       /* ">", the closing quote or "]" is missing */
    EHLO_E_LOCAL_PART = -67,     /* no local-part, or an empty atom in it */
    EHLO_E_LOCAL_LONG = -68,     /* local-part longer than 64 octets */
    EHLO_E_DOMAIN = -69,         /* no domain, an empty label, or a hyphen at the edge of one */
    EHLO_E_DOMAIN_LONG = -70,    /* domain longer than 255 octets, or a label longer than 63 */
    EHLO_E_LITERAL = -71,        /* not an address literal */
    EHLO_E_ROUTE = -72,          /* a source route that does not follow its syntax */
    EHLO_E_PATH_LONG = -73,      /* path longer than 256 octets */
    EHLO_E_UTF8 = -74,           /* octets over 127 that are not UTF-8, or not allowed here */
    EHLO_E_KEYWORD = -75,        /* not a keyword of a parameter or a capability */
    EHLO_E_VALUE = -76,          /* a parameter's value is missing, unwanted or malformed */
    EHLO_E_DUPLICATE = -77,      /* the same parameter twice */
    EHLO_E_REPLY_CODE = -78,     /* not three digits from 200 to 599 */
    EHLO_E_REPLY_MISMATCH = -79, /* the lines of one reply have different codes */
    EHLO_E_INCOMPLETE = -80,     /* the octets end too early */
    EHLO_E_STATUS = -81,         /* not an enhanced status code */
    EHLO_E_BASE64 = -82,         /* not canonical base64 */
    EHLO_E_XTEXT = -83,          /* not xtext */

    /* an AUTH exchange cannot begin, or has come to its end */
    EHLO_E_MECHANISM = -90,   /* no mechanism of this name, or none that the credentials allow */
    EHLO_E_CREDENTIALS = -91, /* what the mechanism needs is missing, malformed, or nothing that it can say */
    EHLO_E_EXCHANGE = -92,    /* a challenge or response that is malformed, or does not belong there */
    EHLO_E_ITERATIONS = -93,  /* an iteration count out of its bounds */
    EHLO_E_AUTH = -94,        /* the server refused the authentication within the exchange */
    EHLO_E_AUTH_SERVER = -95, /* the server did not prove that it knows the password */
    EHLO_E_CRYPTO = -96       /* the program's digest or random failed */
};

/*
 * The name of an error as it is spelled above, "EHLO_E_LOST". Never NULL: an unknown number is "EHLO_E_UNKNOWN".
 * The string is constant and lives for ever. No RFC.
 */
EHLO_API const char *ehlo_error_name(int error);

/*
 * One line of English for a log, without a full stop, at most 60 octets. Never NULL. The string is constant and
 * lives for ever. No RFC.
 */
EHLO_API const char *ehlo_error_text(int error);

/* The EHLO_VERSION that the library was built with. No RFC. */
EHLO_API uint32_t ehlo_version(void);

#ifdef __cplusplus
}
#endif

#endif
