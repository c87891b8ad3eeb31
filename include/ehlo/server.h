/* SPDX-License-Identifier: ISC
 *
 * The server facade: one SMTP session as the receiver has it (RFC 5321). Octets of the client go in by ehlo_server_next
 * or ehlo_server_feed, which say what they mean; replies come out by ehlo_server_output. The program owns the
 * transport and the clock.
 *
 *     for (;;) {
 *         poll for what ehlo_server_want() says, for ehlo_server_timeout() seconds
 *         receive behind the octets that are left     -> ehlo_server_feed -> keep what was not used
 *         ehlo_server_output -> send -> ehlo_server_sent
 *     }
 */
#ifndef EHLO_SERVER_H
#define EHLO_SERVER_H

#include <ehlo/base.h>
#include <ehlo/codec.h>
#include <ehlo/extension.h>
#include <ehlo/reply.h>
#include <ehlo/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A session. Opaque: a value in memory that the caller gives, without a pointer into itself; it may be moved. */
struct ehlo_server;

/* Octets that a session with a default configuration needs at most, for static allocation. */
#define EHLO_SERVER_SIZE 1536

/* Octets that the caller's input buffer must hold with a default configuration: the longest command line. */
#define EHLO_SERVER_LINE_MAX 555

/*
 * How a session behaves. Zero it, set `size` and `hostname`, and what else you want: 0 is the default of every field.
 * The struct is copied; what `hostname`, `banner` and `offer` point to is lent until the session ends.
 *
 * A server offers PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES, CHUNKING, VRFY, EXPN and HELP by itself, which ask
 * nothing of the program. What else it does it says in `offer`, and by that promises to do: a line of the EHLO response
 * each, with LF between them and ASCII in them, such as "STARTTLS\nAUTH PLAIN LOGIN\nSMTPUTF8\nX-TEST". The session
 * then takes the verbs and parameters that come with an extension. STARTTLS is shown until TLS is up; AUTH under TLS or
 * with EHLO_SERVER_AUTH_IN_CLEAR; REQUIRETLS under TLS. `LIMITS` alone gets the limits of this configuration. A keyword
 * that the library does not know is shown; its verbs and parameters come with `take`.
 */
struct ehlo_server_config {
    uint32_t size;             /* sizeof(struct ehlo_server_config) */
    uint32_t output_size;      /* octets of replies that are buffered: 128 or more, and enough for each line that
                                  holds the hostname or is in `offer`; up to 1048576; default 1024 */
    struct ehlo_span hostname; /* the server's own domain or address literal; no default */
    struct ehlo_span banner;   /* text behind it in the greeting, ASCII, up to 200 octets; default "ESMTP", or "LMTP" */
    struct ehlo_span offer;    /* see above; up to 100 lines; default none */
    uint64_t withhold;         /* bits of extensions that are not offered and not taken (1 << EHLO_EXTENSION_); VRFY and
                                  EXPN are then answered 252 without a question (RFC 5321, 7.3) */
    uint64_t message_max;      /* octets of a message; UINT64_MAX: no bound; default 67108864 */
    uint32_t flags;            /* EHLO_SERVER_ flags */
    uint32_t take;             /* EHLO_TAKE_ flags: what the program asks for */
    uint32_t line_max;         /* octets of a command line, CRLF included: 512 or more; default: 512 and what each
                                  extension offered adds for its verbs; AUTH: 12288 */
    uint32_t reply_max;        /* octets of a reply of the program's own, CRLFs included: 64 up to output_size;
                                  default 512, or output_size when that is less */
    uint32_t recipient_max;    /* recipients of a transaction: 100 or more; default 1000 */
    uint32_t mail_max;         /* transactions of a session; default no bound */
    uint32_t error_max;       /* wrong commands in a session, each refused by the library with 5yz, and AUTHs refused by
                                  anybody; the next one gets 421 and the end; default 100 */
    uint32_t command_max;     /* commands since the last message that was accepted, without those RCPTs and chunks
                                  with octets that were accepted; default 2000 */
    uint32_t body_line_max;   /* octets of a text line, CRLF included; a message with a longer one is refused at its
                                  end; default: measured, not bounded */
    uint32_t newline;         /* EHLO_NEWLINE_: default REJECT; for BODY=BINARYMIME all octets pass */
    uint32_t rules;           /* EHLO_ALLOW_ flags and no others; default strict */
    uint32_t command_timeout; /* seconds to wait for a command; default 300 (RFC 5321, 4.5.3.2.7) */
    uint32_t body_timeout;    /* seconds to wait for more of a message; default 300 */
    uint32_t reserved;        /* 0 */
};

/* Flags of a configuration. */
enum {
    EHLO_SERVER_LMTP = 1,        /* LMTP: LHLO in the place of EHLO, an END for each recipient (RFC 2033) */
    EHLO_SERVER_SECURED = 2,     /* TLS is up from the start: port 465 (RFC 8314, 3.3) */
    EHLO_SERVER_REQUIRE_TLS = 4, /* 530 to all but EHLO, HELO, LHLO, NOOP, STARTTLS and QUIT until then (RFC 3207, 4) */
    EHLO_SERVER_REQUIRE_AUTH = 8, /* 530 to all but those, AUTH, RSET and HELP until AUTH was accepted (RFC 4954, 6) */
    EHLO_SERVER_AUTH_IN_CLEAR = 16, /* AUTH is offered and taken without TLS: anybody on the way reads passwords */
    EHLO_SERVER_REFUSE_EARLY = 32   /* octets before the greeting: it is 554, and only QUIT is left */
};

/* What is only handed over when asked for. */
enum {
    EHLO_TAKE_OTHER = 1,  /* COMMAND for verbs that the library does not know; else they get 500 */
    EHLO_TAKE_PARAMS = 2, /* parameters of MAIL and RCPT that no extension offered brings; else they get 555 */
    EHLO_TAKE_EARLY = 4   /* EARLY, and EHLO_WANT_INPUT while CONNECT is open, so that it can be seen */
};

/*
 * How many octets a session with this configuration needs, the output buffer included; 0 when the configuration is
 * not valid. NULL asks for the default configuration. At most EHLO_SERVER_SIZE for default sizes. No RFC.
 */
EHLO_API size_t ehlo_server_size(const struct ehlo_server_config *config);

/*
 * Octets that the caller's input buffer must hold with this configuration; 0 when it is not valid. NULL as above. A
 * smaller buffer would wait for ever for the end of a line. RFC 5321, section 4.5.3.1.4.
 */
EHLO_API size_t ehlo_server_line_max(const struct ehlo_server_config *config);

/*
 * Sets up a session in `block`, which must be aligned as a uint64_t and hold ehlo_server_size octets; it stays the
 * caller's, who may throw it away at any time. On success `*server` is `block`. Returns 0, EHLO_E_CONFIG,
 * EHLO_E_SPACE (block too small), or EHLO_E_ARGUMENT (null, misaligned). The first event will be CONNECT.
 * RFC 5321, section 3.1.
 */
EHLO_API int ehlo_server_init(struct ehlo_server **server, void *block, size_t size,
                              const struct ehlo_server_config *config);

/*
 * Takes input and yields at most one event. `in` holds `size` octets: what was not used before, and what has come
 * since. `*used` is how many were taken; the caller drops them and offers the rest again. `event->size` must be set.
 *
 * Returns the type of the event, with `*event` filled: call again. Returns 0 when it can say no more: see
 * ehlo_server_want. Returns a negative error when the session is over, sticky: EHLO_E_QUIT is the orderly one;
 * EHLO_E_TURNED after ATRN; EHLO_E_INJECTED for octets behind STARTTLS; EHLO_E_PROTOCOL for a BDAT whose size cannot be
 * read; EHLO_E_FLOOD; what ehlo_server_end said. EHLO_E_ARGUMENT: a wrong call.
 *
 * A question (ticket not 0) leaves its line in the input and takes nothing more until it is answered; until then this
 * function, given the same octets and maybe more, yields it again, with the same ticket and fresh spans. After the
 * answer the line must be offered once more: it is then taken. RFC 5321, sections 4.1.4 and 4.3.
 */
EHLO_API int ehlo_server_next(struct ehlo_server *server, const void *in, size_t size, size_t *used,
                              struct ehlo_event *event);

/*
 * The loop over ehlo_server_next: calls `handler` for each event until the input is used up, output must be drained, or
 * a question stays open. Where the handler returns 0 the default is taken, and that is a refusal of whatever would need
 * the program: RCPT 550, END 554, AUTH 535, ETRN 458, ATRN 450, BURL 554, XCLIENT and XFORWARD 550, a verb that the
 * library does not know 500. Every other question gets its standard reply. Returns 0, or the sticky error of the
 * session; `*used` as above. Does nothing while a question is open, but look for octets before the greeting where that
 * was asked for. RFC 5321, section 4.3.
 */
EHLO_API int ehlo_server_feed(struct ehlo_server *server, const void *in, size_t size, size_t *used,
                              ehlo_handler *handler, void *user);

/*
 * Answers the open question. A null reply is the standard yes. 2yz and 3yz accept and must be a code that this question
 * knows: CONNECT 220, STARTTLS 220, AUTH 235 and 334, MAIL 250 (355 when it has TRANSID), RCPT 250 251, DATA 354, END
 * 250, VRFY 250 251 252, EXPN 250 252, HELP 211 214, ETRN 250 to 253, ATRN 250, XCLIENT 220, XFORWARD 250, BURL 250,
 * another verb any 2yz; HELLO is accepted by a null reply alone, since that lists the extensions. 4yz and 5yz refuse;
 * 421 and 521 also end the session when the reply has been sent. The text of a 220 or 421 should begin with the
 * hostname (RFC 5321, 4.2). The reply is copied. A status that is missing is filled in as X.0.0; without
 * ENHANCEDSTATUSCODES, in a greeting, in answer to HELLO and in a 3yz it is left out.
 *
 * What some answers do: 334 to AUTH sends its text, which must be base64 or empty, as the challenge (`reply_max` bounds
 * it; a line of it may be longer than that of a reply), and the next line is a response. 220 to STARTTLS: see
 * EHLO_WANT_TLS. 220 to XCLIENT: the session is as it was when it began. 250 to ATRN: EHLO_E_TURNED. 250 to BURL, the
 * last: the message is taken. DATA asked by BDAT: yes has no reply, and no is sent when the chunk has been read.
 *
 * Returns 0; EHLO_E_TICKET when the question is gone; EHLO_E_CODE, EHLO_E_STATUS or EHLO_E_TEXT when the reply cannot
 * be sent; EHLO_E_SPACE when it has more than `reply_max` octets; EHLO_E_ARGUMENT. After an error the question is still
 * open. RFC 5321, sections 4.2 and 4.3.2; RFC 2034, section 4.
 */
EHLO_API int ehlo_server_answer(struct ehlo_server *server, uint32_t ticket, const struct ehlo_reply *reply);

/*
 * The output that waits, as up to `count` spans in `out`; returns how many were written, 0 when there is none. They
 * stay where they are until ehlo_server_sent or ehlo_server_read; what an answer adds meanwhile comes behind them.
 * RFC 5321, section 4.2.
 */
EHLO_API size_t ehlo_server_output(const struct ehlo_server *server, struct ehlo_span *out, size_t count);

/*
 * Says that the first `octets` of the output were sent. Returns 0, or EHLO_E_ARGUMENT when there are not that many.
 * More output may follow from it, and more input be taken. No RFC.
 */
EHLO_API int ehlo_server_sent(struct ehlo_server *server, size_t octets);

/*
 * Copies up to `size` octets of output to `buffer` and counts them as sent; returns how many. For TLS libraries and
 * small programs. No RFC.
 */
EHLO_API size_t ehlo_server_read(struct ehlo_server *server, void *buffer, size_t size);

/* What the session waits for: EHLO_WANT_ flags. The only place that says so. No RFC. */
EHLO_API uint32_t ehlo_server_want(const struct ehlo_server *server);

/*
 * Seconds that the present wait may last, counted from the last event, the last octet sent and the last octet of a
 * message that was taken, not from octets that came; 0: no bound (a question is open, and the wait is the program's
 * own). RFC 5321, section 4.5.3.2.
 */
EHLO_API uint32_t ehlo_server_timeout(const struct ehlo_server *server);

/*
 * TLS is up: to be called when EHLO_WANT_TLS was shown and the handshake has succeeded; when it has failed, end the
 * session with EHLO_E_LOST. `unread` is how many octets the program still holds that came before it: any end the
 * session. All that was learned before is forgotten, the client begins with EHLO, and there is no second greeting.
 * Returns 0, EHLO_E_INJECTED, EHLO_E_STATE, or EHLO_E_ARGUMENT. RFC 3207, section 4.2.
 */
EHLO_API int ehlo_server_secured(struct ehlo_server *server, size_t unread);

/*
 * The extensions that the session offers at present, as a set (bit N is EHLO_EXTENSION_ N). RFC 5321, section 4.1.1.1.
 */
EHLO_API uint64_t ehlo_server_extensions(const struct ehlo_server *server);

/*
 * Ends the session from outside: `why` is EHLO_E_LOST, EHLO_E_TIMEOUT or EHLO_E_SHUTDOWN. An open question is gone; an
 * open transaction is given up, and the next ehlo_server_next yields ABORT for it. TIMEOUT and SHUTDOWN still send a
 * 421, LOST throws away what was not sent. Returns 0, EHLO_E_ARGUMENT, or EHLO_E_STATE when it is over
 * already; LOST then still throws the output away.
 * RFC 5321, sections 3.8 and 4.5.3.2.7.
 */
EHLO_API int ehlo_server_end(struct ehlo_server *server, int why);

/*
 * Convenience: ehlo_server_size, memory from `allocator` (NULL: malloc), ehlo_server_init; a configuration must be
 * given. Returns 0 with `*server` set, EHLO_E_MEMORY, or an error of ehlo_server_init. Free it with ehlo_server_free
 * and the same allocator. No RFC.
 */
EHLO_API int ehlo_server_new(struct ehlo_server **server, const struct ehlo_server_config *config,
                             const struct ehlo_allocator *allocator);

/* Gives the memory back. NULL is allowed. No RFC. */
EHLO_API void ehlo_server_free(struct ehlo_server *server, const struct ehlo_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
