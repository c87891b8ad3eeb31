/* SPDX-License-Identifier: ISC
 *
 * Octets to octets: dot-stuffing, base64, xtext. Nothing here knows of a session.
 */
#ifndef EHLO_CODEC_H
#define EHLO_CODEC_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is done about a CR or LF in a message that is no CRLF. Only CRLF "." CRLF ends a message under each of them. */
enum {
    EHLO_NEWLINE_REJECT = 0,    /* read on to the end, and refuse the message */
    EHLO_NEWLINE_NORMALIZE = 1, /* each becomes a CRLF, after transparency is undone; RFC 5321, 4.1.1.4 forbids it */
    EHLO_NEWLINE_KEEP = 2       /* the octets pass */
};

/* Facts about a message, gathered in passing. */
enum {
    EHLO_FACT_BARE_NEWLINE = 1, /* a CR or LF that is no CRLF was met */
    EHLO_FACT_8BIT = 2,         /* an octet over 127 */
    EHLO_FACT_NUL = 4           /* an octet 0 */
};

/*
 * The receiving side of transparency. Set it up with ehlo_unstuff_init; read the facts whenever you like, leave the
 * rest alone. It holds no pointer, so it may be copied and moved. This struct never grows.
 */
struct ehlo_unstuff {
    uint64_t octets;  /* of the message so far, stuffed dots and the final dot not counted (RFC 1870, section 3) */
    uint64_t bare_at; /* with EHLO_FACT_BARE_NEWLINE: where the first one stood, counted like `octets` */
    uint32_t longest; /* longest text line, CRLF counted and the stuffed dot not; stays at UINT32_MAX from there on */
    uint32_t facts;   /* EHLO_FACT_ */
    uint32_t line;    /* private: octets of the present line */
    uint8_t newline;  /* private: EHLO_NEWLINE_ */
    uint8_t state;    /* private */
    uint8_t reserved[2];
};

/* What ehlo_unstuff found. */
enum {
    EHLO_UNSTUFF_MORE = 0,  /* all that can be decided was taken: offer what is left again, with more behind it */
    EHLO_UNSTUFF_PIECE = 1, /* `piece` is the next piece of the message */
    EHLO_UNSTUFF_END = 2    /* the final dot was taken */
};

/*
 * Begins a message. `newline` is an EHLO_NEWLINE_; REJECT passes the octets as KEEP does and leaves the refusal to the
 * caller, who reads EHLO_FACT_BARE_NEWLINE. Returns 0, or EHLO_E_ARGUMENT. RFC 5321, section 4.5.2.
 */
EHLO_API int ehlo_unstuff_init(struct ehlo_unstuff *unstuff, uint32_t newline);

/*
 * Takes octets that came after the 354 reply and yields the next piece of the message with transparency undone.
 * `*used` is how many of the `size` octets at `in` were taken, whatever is returned; up to two octets may be left
 * when more is needed to decide. Nothing behind the final dot is looked at. The piece points into `in`, or to two
 * constant octets (normalize), and is never empty. Returns an EHLO_UNSTUFF_; calling on after END is EHLO_E_STATE.
 * RFC 5321, sections 2.3.8, 4.1.1.4 and 4.5.2.
 */
EHLO_API int ehlo_unstuff(struct ehlo_unstuff *unstuff, const void *in, size_t size, size_t *used,
                          struct ehlo_span *piece);

/*
 * The same for a message that comes in chunks (BDAT), where octets are counted and nothing is stuffed. Set up as above.
 * The octets at `in` are of one chunk; `ends` is not 0 when they are its last ones. As above, but never END: one octet
 * may be left unless `ends`; a CR that ends a chunk is handed over with it, and the next chunk tells whether it was a
 * bare one. RFC 3030, section 2.
 */
EHLO_API int ehlo_unstuff_chunk(struct ehlo_unstuff *unstuff, const void *in, size_t size, int ends, size_t *used,
                                struct ehlo_span *piece);

/*
 * The last chunk has ended. Returns EHLO_UNSTUFF_PIECE once when `piece` must still be added (normalize: the LF that a
 * CR at the very end lacks), then EHLO_UNSTUFF_END; EHLO_E_STATE after that; EHLO_E_ARGUMENT. RFC 3030, section 2.
 */
EHLO_API int ehlo_unstuff_chunks_end(struct ehlo_unstuff *unstuff, struct ehlo_span *piece);

/*
 * The sending side of transparency: any octets become text lines with CRLF, a dot more where a line begins with one.
 * Set it up with ehlo_stuff_init. It holds no pointer. This struct never grows.
 */
struct ehlo_stuff {
    uint64_t octets; /* of the message so far, as a receiver will count them: CRLF as two, stuffed dots not */
    uint32_t facts;  /* EHLO_FACT_, of the octets that were given */
    uint8_t state;   /* private */
    uint8_t chunked; /* private */
    uint8_t reserved[2];
};

/* Begins a message. No error. RFC 5321, section 4.5.2. */
EHLO_API void ehlo_stuff_init(struct ehlo_stuff *stuff);

/*
 * The same for a message that goes out in chunks (BDAT): line ends as there, but no dot is stuffed, and none ends it.
 * The growth of `octets` then is what is sent. RFC 3030, section 2.
 */
EHLO_API void ehlo_stuff_init_chunked(struct ehlo_stuff *stuff);

/*
 * Takes octets of a message and tells, as at most `count` spans in `out`, what goes on the wire for them: pieces of
 * `in`, and constant octets. A lone CR or LF goes out as CRLF. `*used` is how many octets were taken: fewer than
 * `size` only when `out` was full. `*filled` is how many spans were written. The spans live as long as `in`.
 * Returns 0, or EHLO_E_ARGUMENT for a null pointer or a `count` under 2, and EHLO_E_STATE after ehlo_stuff_end.
 * RFC 5321, sections 2.3.8 and 4.5.2.
 */
EHLO_API int ehlo_stuff(struct ehlo_stuff *stuff, const void *in, size_t size, size_t *used, struct ehlo_span *out,
                        size_t count, size_t *filled);

/*
 * Ends the message: `*out` is set to the constant octets that complete the last line and, but in chunks, send the final
 * dot: up to five of them. Returns 0, or EHLO_E_STATE when it was ended before. RFC 5321, sections 4.1.1.4 and 4.5.2.
 */
EHLO_API int ehlo_stuff_end(struct ehlo_stuff *stuff, struct ehlo_span *out);

/*
 * Encoders and decoders below write all or nothing: `*length` is set to the octets that the result has, whether it
 * was written or not; a `capacity` smaller than that is EHLO_E_SPACE. `out` may be NULL when `capacity` is 0. No NUL
 * is added. `out` and `in` must not overlap.
 */

/* Base64 with padding, without line breaks: 4 octets for every 3, rounded up. RFC 4648, section 4. */
EHLO_API int ehlo_base64_encode(char *out, size_t capacity, size_t *length, const void *in, size_t size);

/*
 * The inverse, strict: only the alphabet, exact padding, the unused bits zero, nothing behind; an empty input is an
 * empty result. Malformed input is EHLO_E_BASE64 and `*length` is then the offset of the first wrong octet.
 * RFC 4648, sections 3.5 and 4.
 */
EHLO_API int ehlo_base64_decode(void *out, size_t capacity, size_t *length, const char *in, size_t size);

/* xtext: any octets as printable ASCII, "+2B" for those that may not stand. RFC 3461, section 4. */
EHLO_API int ehlo_xtext_encode(char *out, size_t capacity, size_t *length, const void *in, size_t size);

/*
 * The inverse, strict: upper-case hexadecimal only. Malformed input is EHLO_E_XTEXT and `*length` is then the offset
 * of the first wrong octet. RFC 3461, section 4.
 */
EHLO_API int ehlo_xtext_decode(void *out, size_t capacity, size_t *length, const char *in, size_t size);

/*
 * Secrets. ehlo_wipe overwrites `size` octets with zeros, and no compiler leaves that out; `data` may be NULL when
 * `size` is 0. No RFC.
 */
EHLO_API void ehlo_wipe(void *data, size_t size);

/*
 * 1 when two texts are the same, 0 when not. The time that it takes tells nothing but their sizes; a pointer may be
 * NULL when its size is 0. No RFC.
 */
EHLO_API int ehlo_same(const void *a, size_t a_size, const void *b, size_t b_size);

#ifdef __cplusplus
}
#endif

#endif
