/* SPDX-License-Identifier: ISC
 *
 * The state of a client session, and what the files of this room do for one another.
 *
 * command.c queues what the server is asked, awaited.c remembers in which order, next.c takes the replies a line at a
 * time, settle.c proceeds after each of them, body.c sends a message, and plan.c makes a whole transaction of it.
 */
#ifndef EHLO_CLIENT_CLIENT_H
#define EHLO_CLIENT_CLIENT_H

#include <ehlo/client.h>
#include <ehlo/codec.h>
#include <ehlo/parser.h>

#include "client/awaited.h"
#include "session/queue.h"
#include "session/transaction.h"

/* How far a message is. */
enum {
    EHLO_MESSAGE_NONE = 0, /* none is being sent, or all of it was */
    EHLO_MESSAGE_OPEN = 1, /* there are pieces to come */
    EHLO_MESSAGE_LAST = 2, /* the last piece was given */
    EHLO_MESSAGE_DOT = 3,  /* its end is among the runs */
    EHLO_MESSAGE_CUT = 4 /* the chunk that is being sent was promised; what would be behind it is not wanted any more */
};

/* How the messages of a transaction go out. */
enum {
    EHLO_CARRIER_DATA = 0,
    EHLO_CARRIER_CHUNKS = 1, /* BDAT: lines, without stuffed dots */
    EHLO_CARRIER_BINARY = 2  /* BDAT: octets as they are */
};

/* How far ehlo_client_send is. */
enum {
    EHLO_PLAN_NONE = 0,
    EHLO_PLAN_RSET = 1, /* these four: the command that is to be queued next */
    EHLO_PLAN_MAIL = 2,
    EHLO_PLAN_RCPT = 3,
    EHLO_PLAN_DATA = 4,
    EHLO_PLAN_WAIT = 5, /* all is queued */
    EHLO_PLAN_DONE = 6  /* the program has not heard of it yet */
};

struct ehlo_plan {
    const struct ehlo_mail *mail;
    char *rcpts;        /* the caller's array; its structs are as long as the first of them says */
    uint32_t count;     /* recipients */
    uint32_t queued;    /* of them, those that had their turn: RCPT, or nothing when decided before */
    uint32_t answered;  /* of those, the ones whose RCPT has its reply */
    uint32_t asked;     /* RCPTs of this transaction */
    uint32_t accepted;  /* RCPTs that were accepted */
    uint32_t ended;     /* recipients that no reply to the end of the message in LMTP is about any more */
    uint32_t delivered; /* recipients in the end */
    uint32_t later;     /* recipients that are for another transaction */
    int16_t reason;     /* why no reply decided, or 0 */
    uint8_t step;       /* EHLO_PLAN_ */
    uint8_t refused;    /* the server refused MAIL or a chunk */
};

/* Spans of a message that are found at a time: at least two to go on with a piece, and one for its end. */
enum {
    EHLO_RUNS = 3
};

struct ehlo_client {
    struct ehlo_client_config config; /* every default filled in */
    uint64_t extensions;              /* offered and not ignored */
    uint64_t message_max;             /* of the server, or 0 */
    struct ehlo_limits limits;        /* of the server */
    struct ehlo_plan plan;
    struct ehlo_stuff stuff;
    struct ehlo_span piece;           /* what of the lent piece is not in `runs` yet */
    struct ehlo_span runs[EHLO_RUNS]; /* what goes out for the front of the piece, before the queue */
    struct ehlo_parser parser;
    struct ehlo_queue output; /* its octets stand behind this struct */
    struct ehlo_awaited awaited;
    uint32_t outstanding; /* octets of commands since nothing was awaited */
    uint32_t hidden;      /* replies due to what is in the queue and the transport has not been shown */
    size_t shown;         /* octets that it has been shown and has not sent */
    uint32_t answered;    /* RCPTs of this transaction that have their reply */
    uint32_t accepted;    /* of them, those that were accepted */
    uint32_t ended;       /* replies to the end of the message, of which LMTP has several */
    uint32_t mails;       /* transactions since EHLO */
    uint32_t domains;     /* runs of recipients with one domain since then */
    uint32_t domain;      /* a number for the last of them */
    uint32_t lines;       /* of the present reply */
    uint16_t code;        /* of the present reply, or 0 */
    int16_t error;        /* why the session is over, or 0; sticky */
    int16_t parting;      /* what that will be when QUIT was answered */
    uint8_t run;          /* first of `runs` that is not sent */
    uint8_t run_count;
    uint8_t message;   /* EHLO_MESSAGE_ */
    uint8_t state;     /* EHLO_STATE_ by the replies that have come */
    uint8_t assumed;   /* EHLO_STATE_ if all that is queued is accepted */
    uint8_t esmtp;     /* greeted by EHLO */
    uint8_t body;      /* EHLO_BODY_ of this transaction */
    uint8_t early;     /* the present reply began before the end of the message was sent */
    uint8_t carrier;   /* EHLO_CARRIER_ of this transaction */
    uint8_t utf8;      /* this transaction speaks SMTPUTF8 */
    uint8_t secured;   /* TLS is up */
    uint8_t tls_due;   /* the transport must change */
    uint8_t challenge; /* one is open */
    uint8_t secret;    /* there is one in the queue's memory */
    uint8_t lone_dot;  /* what END is awaited for is the end of no message */
    uint8_t ready_due; /* the program has not heard of READY yet */
    uint8_t starved;   /* all input was taken that could be */
};

/* Copies a configuration with every default filled in. Returns 0, EHLO_E_ARGUMENT or EHLO_E_CONFIG. */
int ehlo_client_config_fill(struct ehlo_client_config *filled, const struct ehlo_client_config *config);

/* 1 when ehlo_client_send is at work, who then does the asking. */
int ehlo_client_is_busy(const struct ehlo_client *client);

/* Whether a command may be queued now: 0, EHLO_E_STATE, EHLO_E_CLEAR or EHLO_E_FULL: what follows a chunk waits. */
int ehlo_client_check_turn(const struct ehlo_client *client, uint32_t answers, uint32_t verb);

/* 1 when there is room in the queue for so many octets, and their part of what may be outstanding; else 0. */
int ehlo_client_has_room(const struct ehlo_client *client, size_t octets);

/* Queues a command in its turn. All or nothing; errors of ehlo_command_format, EHLO_E_SPACE, _LINE_LONG, _FULL. */
int ehlo_client_say(struct ehlo_client *client, uint32_t answers, const struct ehlo_command *command);

/* 1 when the server offers this extension and it is not ignored, else 0. */
int ehlo_client_uses(const struct ehlo_client *client, uint32_t extension);

/*
 * Queues EHLO or HELO; the second queues QUIT, and the session ends with `error` when that was answered. Nothing is
 * awaited, and so only a server that answers what was shown and not yet sent leaves no room: EHLO_E_FULL.
 */
int ehlo_client_hello(struct ehlo_client *client, uint32_t verb);

int ehlo_client_part(struct ehlo_client *client, int error);

/* What MAIL and RCPT would say: 0, or the error that refuses it. */
int ehlo_client_check_mail(const struct ehlo_client *client, const struct ehlo_mail *mail);
int ehlo_client_check_rcpt(const struct ehlo_client *client, const struct ehlo_rcpt *rcpt, int utf8);

/* 1 when these parameters of MAIL make the transaction one of SMTPUTF8, else 0. */
int ehlo_client_is_utf8(const struct ehlo_client *client, struct ehlo_span params);

/* Queue a command in its turn: the public functions without their checks. The last one is for those of one word. */
int ehlo_client_ask_mail(struct ehlo_client *client, const struct ehlo_mail *mail);
int ehlo_client_ask_rcpt(struct ehlo_client *client, const struct ehlo_rcpt *rcpt);
int ehlo_client_ask(struct ehlo_client *client, uint32_t answers, uint32_t verb);

/* Queues DATA, or begins a message in chunks. */
int ehlo_client_ask_data(struct ehlo_client *client);

/* Queues the line of a chunk. */
int ehlo_client_ask_chunk(struct ehlo_client *client, uint64_t octets, int last);

/* 1 when a chunk may be said now, else 0. */
int ehlo_client_may_chunk(const struct ehlo_client *client);

/* What was learned of the server is forgotten, and EHLO said again. */
void ehlo_client_start_over(struct ehlo_client *client);

/* A message begins: the reply to DATA was yes. */
void ehlo_client_begin_message(struct ehlo_client *client);

/* No more of a message is sent than the runs that there are. */
void ehlo_client_stop_message(struct ehlo_client *client);

/* The same when there is nobody to send a message to: a lone dot. */
void ehlo_client_lone_dot(struct ehlo_client *client);

/* 1 when the next piece of the message must be given, else 0. */
int ehlo_client_wants_piece(const struct ehlo_client *client);

/* 1 when octets of the message wait to be sent, else 0. */
int ehlo_client_has_runs(const struct ehlo_client *client);

/* Counts octets of the message as sent; returns how many of `octets` were of the message. */
size_t ehlo_client_sent_message(struct ehlo_client *client, size_t octets);

/*
 * Copies what is to be sent of the message, from the first octet that was not; returns how many octets. `*all` is set
 * to 1 when nothing of it is left, or there is none, and to 0 else.
 */
size_t ehlo_client_copy_message(const struct ehlo_client *client, char *buffer, size_t size, int *all);

/* What a whole reply, of which this is the last line, changes. `asked` is what it answers. */
void ehlo_client_settle(struct ehlo_client *client, const struct ehlo_asked *asked,
                        const struct ehlo_reply_line *reply);

/* Ends the session. Nothing more is sent. */
void ehlo_client_close(struct ehlo_client *client, int error);

/*
 * Queues what the plan has next, as far as there is room for it. All was checked before: an error means that what was
 * lent has been changed, and must end the session.
 */
int ehlo_plan_go(struct ehlo_client *client);

/* What a reply means for the recipients of the plan, if there is one. */
void ehlo_plan_settle(struct ehlo_client *client, uint32_t answers, const struct ehlo_reply_line *reply);

/* The recipient that the next reply to RCPT is about, as it stands in the caller's array, or in the transaction. */
uint32_t ehlo_plan_rcpt(const struct ehlo_client *client);

/* The plan ends here, if there is one: what is open stays without a reply. */
void ehlo_plan_give_up(struct ehlo_client *client, int reason);

#endif
