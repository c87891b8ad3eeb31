/* SPDX-License-Identifier: ISC
 *
 * The client facade: one SMTP session as the sender has it (RFC 5321). Replies of the server go in by ehlo_client_next
 * or ehlo_client_feed, which say what they answer; commands and messages come out by ehlo_client_output. The program
 * owns the transport and the clock.
 *
 *     connect -> init -> READY -> send -> body, body, ... as want says -> RESULT -> send again, or quit
 *
 * ehlo_client_send carries out a whole transaction and fills in what became of each recipient. The commands by
 * themselves (mail, rcpt, data, reset) are for programs that decide between them, such as a proxy; both give the
 * message by ehlo_client_body.
 *
 * The session says EHLO (LHLO in LMTP) when the greeting has come, HELO when EHLO was refused, and pipelines (RFC 2920)
 * when the server offers it. At READY a program may first say ehlo_client_starttls, whose 220 leads to EHLO_WANT_TLS
 * and by ehlo_client_secured to another READY, and ehlo_client_auth. Once `sent` has said that octets are gone, what is
 * offered next is read as an answer to them: say it before input is offered that was received after sending. A
 * transport that tells only later what it has sent has taken charge of it before: say it then.
 */
#ifndef EHLO_CLIENT_H
#define EHLO_CLIENT_H

#include <ehlo/address.h>
#include <ehlo/base.h>
#include <ehlo/extension.h>
#include <ehlo/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A session. Opaque: a value in memory that the caller gives, without a pointer into itself; it may be moved. */
struct ehlo_client;

/* Octets that a session with a default configuration needs at most, for static allocation. */
#define EHLO_CLIENT_SIZE 2048

/* Octets that the caller's input buffer must hold with a default configuration: the longest reply line. */
#define EHLO_CLIENT_LINE_MAX 1024

/*
 * How a session behaves. Zero it, set `size` and `hello`, and what else you want: 0 is the default of every field. The
 * struct is copied; what `hello` points to is lent until the session ends.
 */
struct ehlo_client_config {
    uint32_t size;            /* sizeof(struct ehlo_client_config) */
    uint32_t output_size;     /* octets of commands that are buffered: 512 up to 1048576; default 1024 */
    struct ehlo_span hello;   /* this host's own domain or address literal, for EHLO; no default */
    uint64_t ignore;          /* bits of extensions that are not used though they are offered (1 << EHLO_EXTENSION_) */
    uint32_t line_max;        /* octets of a reply line, CRLF included: 512 or more; default 1024 */
    uint32_t reply_max;       /* lines of a reply; default 100 */
    uint32_t outstanding_max; /* octets of commands sent and not answered (RFC 2920, 3.1); default 4096. One command may
                                 always be sent */
    uint32_t rules;           /* EHLO_ALLOW_ flags for what this side sends, and no others; default strict */
    uint32_t command_timeout; /* seconds to wait for the greeting and for a reply; default 300 */
    uint32_t data_timeout;    /* seconds to wait for the reply to DATA; default 120 */
    uint32_t body_timeout;    /* seconds to wait for octets of a message to be sent; default 180 */
    uint32_t end_timeout;     /* seconds to wait for the reply to the end of a message; default 600 */
    uint32_t flags;           /* EHLO_CLIENT_ flags */
    uint32_t reserved;        /* 0 */
};

/* Flags of a configuration. */
enum {
    EHLO_CLIENT_8BIT_ANYWAY = 1, /* octets over 127 are sent to a server that does not offer 8BITMIME, and undeclared */
    EHLO_CLIENT_LMTP = 2,        /* LMTP: LHLO, and a reply to the message for each recipient (RFC 2033) */
    EHLO_CLIENT_SECURED = 4,     /* TLS is up from the start: port 465 (RFC 8314, 3.3) */
    EHLO_CLIENT_REQUIRE_TLS = 8, /* no mail without TLS: EHLO_E_CLEAR (RFC 3207, 5) */
    EHLO_CLIENT_AUTH_IN_CLEAR = 16, /* AUTH may be said without TLS: anybody on the way reads passwords */
    EHLO_CLIENT_CHUNKING = 32       /* messages go out by BDAT to servers that offer CHUNKING (RFC 3030) */
};

/* What MAIL says. Set `size` and `path`, zero what you do not use. */
struct ehlo_mail {
    uint32_t size;   /* sizeof(struct ehlo_mail) */
    uint32_t body;   /* EHLO_BODY_; 8BITMIME is declared when the server offers it; BINARYMIME, whose octets go out
                                as they are, needs a server with BINARYMIME and CHUNKING */
    uint64_t octets; /* of the message as RFC 1870 counts them: CRLF as two, stuffed dots not; 0: unknown */
    struct ehlo_path path;   /* the reverse-path; `kind` EHLO_PATH_NULL for `<>` */
    struct ehlo_span params; /* further parameters with single spaces between them, without SIZE and BODY; with SMTPUTF8
                                this path and those of the recipients may have UTF-8 */
};

/* What became of a recipient; part of the ABI. */
enum {
    EHLO_OUTCOME_PENDING = 0,   /* nothing yet */
    EHLO_OUTCOME_DELIVERED = 1, /* the server has taken the responsibility */
    EHLO_OUTCOME_TRANSIENT = 2, /* not delivered; may be tried again */
    EHLO_OUTCOME_PERMANENT = 3, /* not delivered; not to be tried again as it is */
    EHLO_OUTCOME_UNKNOWN = 4,   /* the whole message was sent, and the reply to it never came (RFC 1047) */
    EHLO_OUTCOME_LATER = 5      /* not in this transaction: the server takes no more recipients in one; see
                                   ehlo_client_resume */
};

/* A recipient: what RCPT says, and what became of it. Set `size` and `path`, zero the rest. */
struct ehlo_rcpt {
    uint32_t size;           /* sizeof(struct ehlo_rcpt) */
    uint32_t outcome;        /* filled: EHLO_OUTCOME_ */
    struct ehlo_path path;   /* the forward-path */
    struct ehlo_span params; /* parameters with single spaces between them; may be absent */
    uint32_t decided;        /* filled: EHLO_EVENT_ (MAIL to END), what the reply that decided answered; of a 421 also
                                COMMAND and NONE */
    uint16_t code;           /* filled: code of that reply; 0: no reply did */
    uint16_t status[3];      /* filled: its enhanced status code, or all 0 */
};

/*
 * How many octets a session with this configuration needs, the output buffer included; 0 when the configuration is
 * not valid. NULL asks for the default configuration. At most EHLO_CLIENT_SIZE for default sizes. No RFC.
 */
EHLO_API size_t ehlo_client_size(const struct ehlo_client_config *config);

/*
 * Octets that the caller's input buffer must hold with this configuration; 0 when it is not valid. NULL as above.
 * RFC 5321, section 4.5.3.1.5.
 */
EHLO_API size_t ehlo_client_line_max(const struct ehlo_client_config *config);

/*
 * Sets up a session in `block`, which must be aligned as a uint64_t and hold ehlo_client_size octets; it stays the
 * caller's, who may throw it away at any time. On success `*client` is `block`, and the session waits for the
 * greeting. Returns 0, EHLO_E_CONFIG, EHLO_E_SPACE (block too small), or EHLO_E_ARGUMENT (null, misaligned, the
 * configuration's `size` not set).
 * RFC 5321, section 3.1.
 */
EHLO_API int ehlo_client_init(struct ehlo_client **client, void *block, size_t size,
                              const struct ehlo_client_config *config);

/*
 * Takes input and yields at most one event. `in` holds `size` octets: what was not used before, and what has come
 * since. `*used` is how many were taken; the caller drops them and offers the rest again. `event->size` must be set.
 *
 * Returns the type of the event, with `*event` filled: call again. Returns 0 when it can say no more: see
 * ehlo_client_want. Returns a negative error when the session is over (sticky): EHLO_E_QUIT after QUIT, EHLO_E_CLOSING
 * after a 421, EHLO_E_REFUSED after a refused greeting, EHLO and HELO, RSET, or message or chunk that was refused
 * before its end, EHLO_E_INJECTED for octets behind the 220 to STARTTLS, EHLO_E_TURNED after a 250 to ATRN,
 * EHLO_E_PROTOCOL, or what ehlo_client_end said. Nothing is sent after it. EHLO_E_ARGUMENT: a wrong call.
 *
 * EHLO_E_PROTOCOL means: octets that are no reply, a line or a reply over its bound, a reply to what was not asked or
 * that the transport has not been shown, a 2yz or 3yz to a message before its final dot was sent, or a code of a class
 * that cannot answer. RFC 5321, sections 4.2, 4.3 and 3.8.
 */
EHLO_API int ehlo_client_next(struct ehlo_client *client, const void *in, size_t size, size_t *used,
                              struct ehlo_event *event);

/*
 * The loop over ehlo_client_next: calls `handler` for each event until the input is used up or the session is over.
 * Returns 0, or the sticky error; `*used` as above. RFC 5321, section 4.3.
 */
EHLO_API int ehlo_client_feed(struct ehlo_client *client, const void *in, size_t size, size_t *used,
                              ehlo_handler *handler, void *user);

/*
 * The output that waits, as up to `count` spans in `out`; returns how many were written, 0 when there is none. They
 * point into the session and into the piece of the message that ehlo_client_body lent, and stay where they are until
 * the next call of sent, read, next or end. RFC 5321, section 4.1.
 */
EHLO_API size_t ehlo_client_output(struct ehlo_client *client, struct ehlo_span *out, size_t count);

/*
 * Says that the first `octets` of the output were sent. Returns 0, or EHLO_E_ARGUMENT when that is more than
 * ehlo_client_output shows. More output may follow from it. No RFC.
 */
EHLO_API int ehlo_client_sent(struct ehlo_client *client, size_t octets);

/*
 * Copies the output, from the first octet that was not sent, to `buffer`; up to `size` octets; returns how many. They
 * are shown as by ehlo_client_output, and ehlo_client_sent counts them. For messages with so many dots or bare newlines
 * that spans do not pay, and wherever octets wait in a buffer of the program. No RFC.
 */
EHLO_API size_t ehlo_client_copy(struct ehlo_client *client, void *buffer, size_t size);

/*
 * ehlo_client_copy and ehlo_client_sent in one: for programs whose transport takes all or breaks. One that may be left
 * with octets in its buffer would have a message counted as sent that was not. No RFC.
 */
EHLO_API size_t ehlo_client_read(struct ehlo_client *client, void *buffer, size_t size);

/* What the session waits for: EHLO_WANT_ flags. The only place that says so. No RFC. */
EHLO_API uint32_t ehlo_client_want(const struct ehlo_client *client);

/*
 * Seconds that the present wait may last, counted from the last event (of a reply: its last line), the last octet sent,
 * and the last call that gave the session something to do; not from octets that came. 0: no bound (nothing is asked, or
 * the program must give a piece). RFC 5321, section 4.5.3.2.
 */
EHLO_API uint32_t ehlo_client_timeout(const struct ehlo_client *client);

/*
 * Ends the session from outside: `why` is EHLO_E_LOST, EHLO_E_TIMEOUT or EHLO_E_SHUTDOWN. What was not sent is thrown
 * away; close the transport. Outcomes that are open become TRANSIENT, or UNKNOWN when the whole message was sent, and
 * the next ehlo_client_next yields RESULT. Offer what had been received before that, so that a last reply counts.
 * With nothing but QUIT left to be answered any end is EHLO_E_QUIT, or EHLO_E_REFUSED where a refusal led to it.
 * Returns 0, EHLO_E_ARGUMENT, or EHLO_E_STATE when it is over already. RFC 5321, section 3.8; RFC 1047.
 */
EHLO_API int ehlo_client_end(struct ehlo_client *client, int why);

/*
 * Queues STARTTLS. Its reply comes as a REPLY that answers EHLO_EVENT_STARTTLS; when it is 220, EHLO_WANT_TLS follows,
 * and what the server has offered is forgotten. Errors as for MAIL below; EHLO_E_OFFER when STARTTLS is not offered;
 * EHLO_E_STATE also when TLS is up. RFC 3207, section 4.
 */
EHLO_API int ehlo_client_starttls(struct ehlo_client *client);

/*
 * TLS is up: to be called when EHLO_WANT_TLS was shown and the handshake has succeeded; when it has failed, end the
 * session with EHLO_E_LOST. `unread` is how many octets the program still holds that came before it: any end the
 * session. EHLO is said again, and another READY follows. Returns 0, EHLO_E_INJECTED, EHLO_E_STATE, or EHLO_E_ARGUMENT.
 * RFC 3207, section 4.2.
 */
EHLO_API int ehlo_client_secured(struct ehlo_client *client, size_t unread);

/*
 * Queues AUTH with a mechanism and an initial response: base64, of size 0 for an empty one (which is said as "="), or
 * NULL for none. Nothing is lent; what was queued is wiped when it has been sent. Each challenge comes as a CHALLENGE
 * event and must be answered by ehlo_client_respond (base64; may be empty) or ehlo_client_cancel; the end is a REPLY
 * that answers EHLO_EVENT_AUTH. Errors as for MAIL below; EHLO_E_LINE_LONG for an initial response that makes a line of
 * more than 512 octets: it must be given to the empty challenge then; EHLO_E_CLEAR without TLS, unless
 * EHLO_CLIENT_AUTH_IN_CLEAR; EHLO_E_OFFER when the server does not offer AUTH (which mechanisms it offers:
 * ehlo_client_mechanisms); EHLO_E_STATE also when no challenge is open; EHLO_E_BASE64. RFC 4954, section 4.
 */
EHLO_API int ehlo_client_auth(struct ehlo_client *client, const char *mechanism, size_t mechanism_size,
                              const char *initial, size_t initial_size);

/* Answers a challenge by base64, or by nothing; see above. RFC 4954, section 4. */
EHLO_API int ehlo_client_respond(struct ehlo_client *client, const char *response, size_t size);

/* Answers a challenge by `*`: the server then refuses AUTH with 501. RFC 4954, section 4. */
EHLO_API int ehlo_client_cancel(struct ehlo_client *client);

/*
 * The mechanisms that the server offers are told once, by the REPLY event with the AUTH line of the EHLO response: this
 * reads it. Returns 1 with `*mechanisms` the words of such a line, pointing into the event, or 0 when it is another
 * line. RFC 4954, section 3.
 */
EHLO_API int ehlo_client_mechanisms(const struct ehlo_event *event, struct ehlo_span *mechanisms);

/*
 * The limits that the server has told, all 0 when none. The plan of ehlo_client_send obeys them. RFC 9422, section 3.
 */
EHLO_API void ehlo_client_limits(const struct ehlo_client *client, struct ehlo_limits *limits);

/*
 * The extensions that the server offered, as a set (bit N is EHLO_EXTENSION_ N), without those in `ignore`; 0 before
 * READY and after HELO. RFC 5321, section 4.1.1.1.
 */
EHLO_API uint64_t ehlo_client_extensions(const struct ehlo_client *client);

/* Octets of a message that the server takes at most; 0: no bound known. RFC 1870, section 4. */
EHLO_API uint64_t ehlo_client_message_max(const struct ehlo_client *client);

/*
 * Queues MAIL, RCPT, DATA and RSET. The line is validated whole before an octet of it is queued; nothing of it is lent.
 * Without PIPELINING a command waits for the reply to the one before.
 *
 * Each returns 0; EHLO_E_FULL: not now: drain the output, take the replies that are due, try again; EHLO_E_STATE: not
 * in this state of the session or transaction (not ready, MAIL within a transaction, DATA when no recipient can have
 * been accepted, RSET within a message); EHLO_E_SPACE when the line is longer than `output_size`; EHLO_E_LINE_LONG when
 * it is longer than the server's extensions allow; EHLO_E_CLEAR with EHLO_CLIENT_REQUIRE_TLS and without TLS;
 * EHLO_E_ARGUMENT; the errors of ehlo_command_format. EHLO_E_OFFER, EHLO_E_VALUE: a parameter that the library knows,
 * for which the server does not offer the extension, or with a wrong value. The reply comes as REPLY events.
 */

/*
 * MAIL with SIZE and BODY where they are offered. EHLO_E_TOO_MUCH: more octets than the server takes. EHLO_E_8BIT:
 * 8-bit mail for a server without 8BITMIME. EHLO_E_DUPLICATE: SIZE or BODY in `params`. EHLO_E_CLEAR: REQUIRETLS
 * without TLS. EHLO_E_LIMIT: the server takes no more messages on this connection. RFC 5321, section 4.1.1.2; RFC 1870;
 * RFC 6152; RFC 9422.
 */
EHLO_API int ehlo_client_mail(struct ehlo_client *client, const struct ehlo_mail *mail);

/* RCPT; only `path` and `params` are looked at. RFC 5321, section 4.1.1.3. */
EHLO_API int ehlo_client_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt);

/*
 * DATA; or BDAT, when MAIL said BINARYMIME or the configuration EHLO_CLIENT_CHUNKING, and the server offers it: then
 * there is no reply to wait for, EHLO_E_FULL until those to RCPT have come, and each piece is a chunk; the REPLY to one
 * that is not the last answers EHLO_EVENT_BODY. After a chunk was refused RSET must come. When the reply to DATA is 354
 * the message is wanted: see EHLO_WANT_BODY. When by then MAIL or every recipient has been refused, the session ends
 * the message by a lone dot itself, and the reply to that has EHLO_EVENT_LONE_DOT: nobody has the message. Whether the
 * whole message was sent, when a session ends without a reply to it, shows in ehlo_client_want: neither BODY nor OUTPUT
 * after the last piece. RFC 5321, section 4.1.1.4; RFC 2920, section 3.1.
 */
EHLO_API int ehlo_client_data(struct ehlo_client *client);

/* RSET. RFC 5321, section 4.1.1.5. */
EHLO_API int ehlo_client_reset(struct ehlo_client *client);

/*
 * Gives the next piece of the message: any octets, cut anywhere; `last` is not 0 for the last one, which may be empty.
 * Lines get CRLF where they have a lone CR or LF, the last line is completed, dots are stuffed. The piece is lent until
 * ehlo_client_want shows BODY again, or the final dot is sent, or the session ends.
 *
 * Returns 0; EHLO_E_STATE when no piece is wanted; EHLO_E_ARGUMENT; EHLO_E_TOO_MUCH when the message would have more
 * octets than the server takes; EHLO_E_8BIT for an octet over 127 that MAIL did not declare, unless
 * EHLO_CLIENT_8BIT_ANYWAY. After these two nothing of the piece is queued; a message that cannot be completed can only
 * be given up by ehlo_client_end. RFC 5321, sections 2.3.8 and 4.5.2; RFC 6152, section 3.
 */
EHLO_API int ehlo_client_body(struct ehlo_client *client, const void *piece, size_t size, int last);

/*
 * Queues another command, `line` without CRLF: VRFY, EXPN, HELP, NOOP, ETRN, XFORWARD, XCLIENT (whose 220 leads to EHLO
 * and READY again), ATRN (whose 250 ends the session with EHLO_E_TURNED), or one that the library does not know. Errors
 * as for MAIL; EHLO_E_OFFER when the server does not offer the extension that brings the verb; EHLO_E_VERB for one that
 * has a function here, BURL, and those that nobody says any more. The reply comes as REPLY events that answer COMMAND.
 * RFC 5321, section 4.1.
 */
EHLO_API int ehlo_client_command(struct ehlo_client *client, const char *line, size_t size);

/*
 * Queues QUIT. When its reply has come, or the transport is lost instead, the session is over with EHLO_E_QUIT. Errors
 * as for RSET. RFC 5321, section 4.1.1.10.
 */
EHLO_API int ehlo_client_quit(struct ehlo_client *client);

/*
 * Begins a whole transaction: RSET if an earlier one is still open on the server, MAIL, a RCPT for each of the `count`
 * recipients at `rcpts`, DATA if one of them may have been accepted. The program gives the message when it is wanted. A
 * RESULT event ends it, always one; by then each outcome is set. A recipient that is refused does not stop the others;
 * a refused MAIL or DATA decides for all that are not refused yet, and so does the reply to the message (in LMTP each
 * recipient has one of its own). 552 to RCPT counts as transient (RFC 5321, section 4.5.3.1.10). Recipients over the
 * server's LIMITS, or refused with 452 or 552 as too many while others were accepted, are LATER: RESULT then has
 * EHLO_EVENT_MORE.
 *
 * A 355 to MAIL (RFC 1845) is nothing that a plan can go on with: EHLO_E_PROTOCOL. All is checked before an octet is
 * queued. Returns 0; EHLO_E_FULL while another one is going on or replies are due; EHLO_E_STATE; EHLO_E_ARGUMENT (also
 * for a `count` of 0, and for recipients whose `size` differs); the errors of ehlo_client_mail, with the recipients as
 * they were; EHLO_E_LIMIT also for a domain too many; or those of ehlo_client_rcpt: the recipients that have them are
 * then PERMANENT and the others PENDING. After an error nothing has begun.
 *
 * `mail`, `rcpts` and all that they point to are lent until RESULT, or until the session is thrown away.
 * RFC 5321, section 3.3.
 */
EHLO_API int ehlo_client_send(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts,
                              size_t count);

/*
 * After a RESULT with EHLO_EVENT_MORE: another transaction, for those of the recipients that are LATER (or PENDING);
 * the others stay as they are. The message must be given again, from its beginning. It may be another session:
 * EHLO_E_LIMIT says that it must be one. Otherwise as ehlo_client_send; EHLO_E_STATE also when nobody is left. RFC
 * 5321, section 4.5.3.1.10; RFC 9422, section 4.
 */
EHLO_API int ehlo_client_resume(struct ehlo_client *client, const struct ehlo_mail *mail, struct ehlo_rcpt *rcpts,
                                size_t count);

/*
 * Convenience: ehlo_client_size, memory from `allocator` (NULL: malloc), ehlo_client_init; a configuration must be
 * given. Returns 0 with `*client` set, EHLO_E_MEMORY, or an error of ehlo_client_init. Free it with ehlo_client_free
 * and the same allocator. No RFC.
 */
EHLO_API int ehlo_client_new(struct ehlo_client **client, const struct ehlo_client_config *config,
                             const struct ehlo_allocator *allocator);

/* Gives the memory back. NULL is allowed. No RFC. */
EHLO_API void ehlo_client_free(struct ehlo_client *client, const struct ehlo_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
