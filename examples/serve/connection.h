/* SPDX-License-Identifier: ISC
 *
 * A connection: a session of the library, and the descriptors and the memory that it needs meanwhile.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include <ehlo.h>
#include <sys/socket.h>
#include "common/channel.h"
#include "common/dialogue.h"
#include "envelope.h"
#include "loop.h"
#include "options.h"
#include "peer.h"
#include "store.h"

struct auth;
struct connection;

/* What all connections share. One of them is served at a time, so one buffer of each kind is enough. */
struct service {
    struct loop loop;
    const struct options *options;
    struct store *store;
    struct connection *connections, *closed; /* the closed ones are freed when the loop is done with their watches */
    size_t count;                            /* of `connections` */
    unsigned long numbered;
    int stopping;
    size_t said;       /* octets in `output` */
    size_t filled;     /* of `input`: what may have to be wiped */
    char input[65536]; /* what is offered to the session that is being served */
    char output[16384];
};

struct connection {
    struct connection *next, **link;
    struct service *service;
    struct ehlo_server *session;   /* in `block` */
    struct watch reading, writing; /* of one socket: `reading` alone */
    struct tls *tls;               /* NULL: plain */
    struct timer timer;
    struct dialogue dialogue;
    char *rest; /* input that the session has not used yet; NULL when there is none */
    size_t rest_size;
    char *unsent; /* output that the socket has not taken yet; NULL when there is none */
    size_t unsent_size;
    size_t line;        /* octets of a question's line, which is still in the input */
    size_t lingered;    /* octets that were thrown away while waiting for the client's end */
    int challenged;     /* what comes behind that line is a response, and not to be shown */
    int moved;          /* since the timer was started: an event came, or octets were sent */
    int finished;       /* the client will send no more */
    int lost;           /* and will receive no more */
    int ended;          /* by us: ehlo_server_end */
    int lingering;      /* all was said; waiting for the client to close */
    int awaiting_proxy; /* the PROXY header is still to come; nothing else has begun */
    int handshaking;    /* TLS comes up; the session waits */
    int trusted;        /* XCLIENT and XFORWARD are taken from this client */
    int over;           /* why the session is over, EHLO_E_, or 0 */

    /* policy.c's */
    uint32_t ticket;                  /* the question that is answered later, or 0 */
    const struct ehlo_reply *verdict; /* the scripted reply to it, or NULL */
    char *hello;                      /* the client's name */
    int esmtp;
    struct envelope envelope;
    struct message *message; /* the one that is received or being stored, or NULL */
    int committed;           /* its end has come, and somebody gets it */
    size_t replies;          /* to its end, that are still to be said; 0: before its end */
    struct auth *auth;       /* auth.c's: an exchange that is under way, or NULL */
    struct peer peer;        /* who the client is */
    struct peer unclaimed;   /* and who it is without XCLIENT */

    uint64_t block[]; /* the session's memory */
};

/* Begins to serve a client on a socket, or with `in` != `out` on two files. Takes the descriptors. */
void connection_open(struct service *service, int in, int out, const struct sockaddr *peer);

/* For store_news: the message of the connection `owner` is safe, has failed, or can take more. */
void connection_news(void *owner);

/* Says 421 to the client, or, when its message is being stored, as soon as that is answered. */
void connection_stop(struct connection *connection);

/* Closes it without another word. */
void connection_drop(struct connection *connection);

/* Frees the connections that were closed since. Not from a callback of the loop. */
void connections_bury(struct service *service);

#endif
