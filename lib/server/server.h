/* SPDX-License-Identifier: ISC
 *
 * The state of a server session, and what the files of this room do for one another.
 *
 * Each command is split in two: check.c tells what there is against it, next.c then carries it out or asks the program,
 * and answer.c proceeds after the verdict. Checking changes nothing, which is how a question can be asked again.
 */
#ifndef EHLO_SERVER_SERVER_H
#define EHLO_SERVER_SERVER_H

#include <ehlo/parser.h>
#include <ehlo/server.h>

#include "server/stock.h"
#include "session/queue.h"
#include "session/transaction.h"

/* What the session takes next. */
enum {
    EHLO_PHASE_CONNECT = 0,
    EHLO_PHASE_COMMAND = 1,
    EHLO_PHASE_BODY = 2,  /* octets of a message */
    EHLO_PHASE_CHUNK = 3, /* octets of a chunk */
    EHLO_PHASE_END = 4,   /* nothing: the message is complete, and its verdict is not there */
    EHLO_PHASE_AUTH = 5,  /* a response to a challenge */
    EHLO_PHASE_TLS = 6,   /* nothing: the transport must change */
    EHLO_PHASE_TURN = 7   /* the line that is answered, and no more: what follows is the other side's */
};

struct ehlo_server {
    struct ehlo_server_config config; /* every default filled in */
    uint64_t offered;                 /* extensions, whatever the transport is */
    uint64_t chunk;                   /* octets of the present chunk that are to come */
    struct ehlo_unstuff body;
    struct ehlo_parser parser;
    struct ehlo_queue output; /* its octets stand behind this struct */
    struct ehlo_stock_cursor reply;
    uint32_t tickets;    /* given out so far */
    uint32_t ticket;     /* of the open question, or 0 */
    uint32_t held;       /* octets at the front of the input that were answered and are still to be taken */
    uint32_t recipients; /* accepted in this transaction */
    uint32_t mails;      /* transactions so far */
    uint32_t errors;     /* since the greeting */
    uint32_t commands;   /* since the last message that was accepted */
    uint32_t round;      /* AUTH: responses so far; LMTP: recipients that have their answer to the message */
    int16_t error;       /* why the session is over, or 0; sticky */
    int16_t aborted;     /* why the transaction was given up, when the program has not heard of it yet, or 0 */
    uint8_t phase;
    uint8_t state;         /* EHLO_STATE_ */
    uint8_t asked;         /* EHLO_EVENT_ of the open question */
    uint8_t verb;          /* EHLO_VERB_ of the command that is being answered */
    uint8_t last;          /* that command said LAST */
    uint8_t esmtp;         /* greeted by EHLO or LHLO */
    uint8_t secured;       /* TLS is up */
    uint8_t authenticated; /* AUTH was accepted */
    uint8_t utf8;          /* this transaction speaks SMTPUTF8 */
    uint8_t utf8_asked;    /* the open question does: its answer may */
    uint8_t transid;       /* MAIL has TRANSID */
    uint8_t declared_body; /* EHLO_BODY_ of this transaction */
    uint8_t refusal;       /* stock reply that this message or chunk will get in any case, or 0 */
    uint8_t farewell;      /* stock reply to be sent behind `reply`, as the last one, or 0 */
    uint8_t begun;   /* EHLO_VERB_ that the present line begins with, of those that say more than a line: BDAT, whose
                              octets follow, and AUTH; or OTHER */
    uint8_t early;   /* octets came before the greeting */
    uint8_t starved; /* all input was taken that could be */
};

/* 1 in LMTP, else 0. */
int ehlo_server_is_lmtp(const struct ehlo_server *server);

/* 1 when octets would tell that the client speaks before it was greeted, else 0. */
int ehlo_server_looks_for_early(const struct ehlo_server *server);

/* Copies a configuration with every default filled in. Returns 0, EHLO_E_ARGUMENT or EHLO_E_CONFIG. */
int ehlo_server_config_fill(struct ehlo_server_config *filled, const struct ehlo_server_config *config);

/* Whether an offer can be made: 0, or EHLO_E_CONFIG. */
int ehlo_offer_check(const struct ehlo_server_config *config);

/* Extensions that a configuration offers, as a set, whatever the transport is. */
uint64_t ehlo_offer_set(const struct ehlo_server_config *config);

/* A line of the program's offer, counted from 0: 1 with `*capability` filled, or 0 when there is none. */
int ehlo_offer_line(const struct ehlo_server_config *config, uint32_t index, struct ehlo_capability *capability);

/* 1 when this mechanism of AUTH is offered, else 0. */
int ehlo_offer_mechanism(const struct ehlo_server *server, struct ehlo_span mechanism);

/* Takes the next mechanism that is offered now off an AUTH line's argument: 1, or 0 at its end. */
int ehlo_offer_next_mechanism(const struct ehlo_server *server, struct ehlo_span *argument,
                              struct ehlo_span *mechanism);

/* 1 when this extension is offered now, else 0. */
int ehlo_server_offers(const struct ehlo_server *server, uint32_t extension);

/* Octets of a line with this verb, CRLF included, that a configuration allows. */
uint32_t ehlo_server_verb_line_max(const struct ehlo_server_config *config, uint64_t offered, uint32_t verb);

/*
 * What there is against the command in `event->line`: a stock reply, or EHLO_STOCK_NONE. Fills the event's `command`,
 * and what it says of a transaction: `octets`, `body`, `flags`.
 */
uint32_t ehlo_server_check(const struct ehlo_server *server, struct ehlo_event *event);

/* What there is against a response to a challenge. Fills the event's `data`. */
uint32_t ehlo_server_check_response(struct ehlo_event *event);

/* A message begins: the answer to DATA was yes. */
void ehlo_server_begin_body(struct ehlo_server *server);

/*
 * The chunk that `chunk` and `last` tell of begins, with what there is against it, or EHLO_STOCK_NONE. The refusal may
 * also be in the queue already, held until the chunk has been read.
 */
void ehlo_server_begin_chunk(struct ehlo_server *server, uint32_t refusal);

/* The next event of a message. Returns its type, or 0. */
int ehlo_server_next_body(struct ehlo_server *server, const char *in, size_t size, size_t *used,
                          struct ehlo_event *event);
int ehlo_server_next_chunk(struct ehlo_server *server, const char *in, size_t size, size_t *used,
                           struct ehlo_event *event);

/*
 * 1 when the reply that is due has an enhanced status code, if its code can have one: neither the greeting nor any
 * reply to EHLO and HELO has (RFC 2034, section 4).
 */
int ehlo_server_has_status(const struct ehlo_server *server);

/* Refuses the command that `verb` names. */
void ehlo_server_refuse(struct ehlo_server *server, uint32_t stock);

/* Queues a stock reply. The queue must have taken all of the one before. */
void ehlo_server_stock(struct ehlo_server *server, uint32_t stock);

/* The same as often as there are recipients in LMTP, and else once. */
void ehlo_server_stock_each(struct ehlo_server *server, uint32_t stock);

/* Goes on with the stock reply that is being queued, as far as there is room. */
void ehlo_server_pump(struct ehlo_server *server);

/* 1 when the reply before has been queued whole. */
int ehlo_server_replied(const struct ehlo_server *server);

/* Ends the session when the queued replies are sent. */
void ehlo_server_close(struct ehlo_server *server, int error);

/* The session is as it was when it began, but for its greeting and what the configuration counts. */
void ehlo_server_start_over(struct ehlo_server *server);

/* Gives up the transaction, if one is open; the program will hear why. */
void ehlo_server_abort(struct ehlo_server *server, int reason);

/* Answers the open question by a stock reply and proceeds. */
void ehlo_server_settle(struct ehlo_server *server, uint32_t stock);

/* The stock reply that the open question gets when the program does not care. */
uint32_t ehlo_server_default(const struct ehlo_server *server);

#endif
