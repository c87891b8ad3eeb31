/* SPDX-License-Identifier: ISC
 *
 * What the two facades have in common: the event, what a session waits for, how it ends.
 */
#ifndef EHLO_SESSION_H
#define EHLO_SESSION_H

#include <ehlo/base.h>
#include <ehlo/command.h>
#include <ehlo/param.h>
#include <ehlo/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The type of an event; part of the ABI. Those of a server that carry a ticket are marked Q: they are questions. */
enum {
    EHLO_EVENT_NONE = 0,
    EHLO_EVENT_CONNECT = 1, /* Q: greet? Default 220; a 4yz or 5yz is a refusing greeting (RFC 5321, 3.1) */
    EHLO_EVENT_HELLO = 2,   /* Q: EHLO, HELO or LHLO; `command.argument` is the client's name. Default 250 */
    EHLO_EVENT_MAIL = 3,    /* Q: `command.path` is the reverse-path; `octets` and `body` as declared. Default 250 */
    EHLO_EVENT_RCPT = 4,    /* Q: `command.path` is a forward-path; `index` counts those accepted before. Default 250 */
    EHLO_EVENT_DATA = 5,    /* Q: send the message now? `command.verb` is DATA (default 354) or BDAT (no reply yet) */
    EHLO_EVENT_BODY = 6,    /* `data` is the next piece of the message, transparency undone */
    EHLO_EVENT_END = 7,     /* Q: the message is complete; 250 takes the responsibility for it. See `octets`, `facts` */
    EHLO_EVENT_ABORT = 8,   /* the transaction ended without an END that was answered; `reason` says why */
    EHLO_EVENT_COMMAND =
        9, /* Q: a verb that changes nothing here (VRFY, EXPN, HELP, ETRN, XFORWARD), ATRN, XCLIENT, BURL;
                               with EHLO_TAKE_OTHER one that the library does not know */

    /* those of a client, none of them a question */
    EHLO_EVENT_READY = 10, /* EHLO, HELO or LHLO was accepted: mail may be sent; `octets`: of a message at most, or 0 */
    EHLO_EVENT_REPLY = 11, /* `reply` is one line of a reply; `answers` says to what, `index` to which recipient */
    EHLO_EVENT_RESULT = 12, /* what ehlo_client_send began is over: see the outcomes; `index` of them are deliveries */

    EHLO_EVENT_AUTH = 13,     /* Q: `index` 0: AUTH, `command.argument` is the mechanism, `data` the initial response
                                 (`data.data` NULL: none); then 1, 2, ...: `data` is the next response. Base64 all */
    EHLO_EVENT_STARTTLS = 14, /* Q: shall TLS begin? Default 220 */
    EHLO_EVENT_EARLY = 15,    /* with EHLO_TAKE_EARLY: octets came before the greeting */
    EHLO_EVENT_CHALLENGE =
        16 /* of a client: `data` is the challenge to AUTH, base64 as it came: respond or cancel; else as REPLY */
};

/* Flags of an event. */
enum {
    EHLO_EVENT_ESMTP = 1,    /* HELLO, READY: it was EHLO or LHLO; questions from MAIL on: the session speaks ESMTP */
    EHLO_EVENT_SECRET = 2,   /* `line` and `data` hold a secret: do not log them, wipe them when they were taken */
    EHLO_EVENT_LONE_DOT = 4, /* REPLY to END: nobody was left to send the message to, and whatever it says, nobody
                                    has it */
    EHLO_EVENT_SECURED = 8,  /* questions, READY: TLS is up */
    EHLO_EVENT_AUTHENTICATED = 16, /* questions: AUTH was accepted */
    EHLO_EVENT_UTF8 = 32,          /* questions: this transaction, or this VRFY or EXPN, speaks SMTPUTF8 */
    EHLO_EVENT_LMTP = 64,          /* questions: the session speaks LMTP */
    EHLO_EVENT_MORE = 128          /* RESULT: some outcomes are EHLO_OUTCOME_LATER: see ehlo_client_resume */
};

/*
 * What a session has to say. Set `size` to sizeof(struct ehlo_event) once; the library fills the rest, and zeroes
 * what a type does not use. The spans point into the octets that were given to the session and live, as long as these
 * octets stay in place, until the next call to it that takes input; those of a question until it has been answered.
 */
struct ehlo_event {
    uint32_t size;   /* octets of this struct, set by the caller */
    uint32_t type;   /* EHLO_EVENT_ */
    uint32_t ticket; /* the question's; 0: no question */
    uint32_t flags;  /* EHLO_EVENT_ flags */
    int32_t reason;  /* ABORT: EHLO_E_, why; RESULT: why no reply decided it, or 0 */

    /*
     * RCPT, DATA, END: recipients accepted before this event; END in LMTP: which of them it is about, from 0. AUTH,
     * RESULT: see there. REPLY to RCPT: which recipient; to END: which reply, in LMTP that of the recipient accepted as
     * that one.
     */
    uint32_t index;
    uint32_t body;               /* MAIL to END: EHLO_BODY_ */
    uint32_t facts;              /* END: EHLO_FACT_ of the message */
    uint64_t octets;             /* MAIL: size declared, 0 when none was; BODY, END: of the message so far; READY */
    uint64_t longest;            /* END: longest text line, CRLF included; UINT32_MAX: or more */
    struct ehlo_command command; /* HELLO, MAIL, RCPT, AUTH, COMMAND; DATA, REPLY: the `verb` */
    struct ehlo_span line;       /* the line of a question as it came, without CRLF; REPLY, CHALLENGE: the reply's */
    struct ehlo_span data;       /* BODY, AUTH, CHALLENGE */

    /*
     * REPLY: EHLO_EVENT_ CONNECT (a greeting) to END, AUTH, STARTTLS or COMMAND; BODY: a chunk that was not the last;
     * NONE: a 421 alone.
     */
    uint32_t answers;
    uint32_t reserved;
    struct ehlo_reply_line reply; /* REPLY, CHALLENGE */
};

/*
 * A handler for ehlo_server_feed and ehlo_client_feed: `user` is what the caller gave there. On a server it returns 0
 * to take the default of this event, or 1 when the question is answered or will be; it may answer, and must not
 * otherwise call the session. On a client what it returns is not looked at; it may give the session more to do (mail,
 * send, body, quit and the like) or end it, and must not call next, feed, output, sent, read or free.
 */
typedef int ehlo_handler(void *user, const struct ehlo_event *event);

/*
 * What a session waits for; a mask, complete when `next` has returned 0 and nothing was given to it since. 0: call it
 * again with the octets there are.
 */
enum {
    EHLO_WANT_INPUT = 1, /* more octets of the peer than it has seen: poll for reading. Beside OUTPUT or BODY: take what
                             comes, but see to these first */
    EHLO_WANT_OUTPUT = 2, /* room to send: there is output; poll for writing */
    EHLO_WANT_ANSWER = 4, /* the open question must be answered */
    EHLO_WANT_BODY = 8,   /* server: what is taken next, behind a question's line, is octets of a message;
                             client: the next piece of the message must be given */
    EHLO_WANT_CLOSE = 16, /* nothing more: close the transport */
    EHLO_WANT_TLS = 32,   /* the transport must be changed: do the TLS handshake on it, then call ehlo_server_secured
                             or ehlo_client_secured. Octets that came before it go to next, which ends the session */
    EHLO_WANT_TURN = 64   /* nothing more: begin a session of the other side on the same transport (ATRN) */
};

/*
 * Memory for ehlo_server_new and ehlo_client_new: `get` returns aligned memory or NULL, `put` takes it back; `user` is
 * handed to both. This struct never grows.
 */
struct ehlo_allocator {
    void *(*get)(void *user, size_t size);
    void (*put)(void *user, void *memory, size_t size);
    void *user;
};

#ifdef __cplusplus
}
#endif

#endif
