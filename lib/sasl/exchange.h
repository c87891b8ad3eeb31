/* SPDX-License-Identifier: ISC
 *
 * An exchange, of either side: what is remembered of it, and the memory that its messages are made and taken apart in.
 *
 * That memory follows the struct. What must last until the next message stands first, `kept` octets; behind it each
 * message is decoded, and what is made of it put, up to `used`; all that is wiped before the next one. It is told of
 * by offsets, so that the whole can be moved.
 */
#ifndef EHLO_SASL_EXCHANGE_H
#define EHLO_SASL_EXCHANGE_H

#include <ehlo/sasl.h>

#include "codec/writer.h"
#include "sasl/crypto.h"
#include "sasl/mechanism.h"

/* Random octets of this side in SCRAM: 24 letters of base64. */
#define EHLO_NONCE_SIZE 18

enum {
    EHLO_SIDE_CLIENT = 1,
    EHLO_SIDE_SERVER = 2
};

/* Octets of `text`. */
struct ehlo_run {
    uint32_t at, size;
};

/* What SCRAM keeps. */
struct ehlo_scram {
    uint8_t nonce[EHLO_NONCE_SIZE];    /* client: its own */
    uint8_t stored_key[EHLO_HASH_MAX]; /* server */
    uint8_t server_key[EHLO_HASH_MAX]; /* server; on a client the signature that the server must show */
    uint32_t known;                    /* server: there is such a user */
    uint32_t binding;                  /* server: which of the configuration's the client binds to */
    struct ehlo_run header;            /* server: gs2-header, with its commas */
    struct ehlo_run bare;              /* server: client-first-message-bare */
    struct ehlo_run first;             /* server: server-first-message */
    struct ehlo_run whole_nonce;       /* server: both nonces, or the client's while there is no other */
};

struct ehlo_sasl {
    union {
        struct ehlo_sasl_credentials client;
        struct ehlo_sasl_config server;
    } with;
    const struct ehlo_mechanism *row;
    uint32_t mechanism;
    uint32_t side;
    uint32_t begun; /* a step was made */
    uint32_t turn;  /* client: responses given; server: responses taken */
    int32_t due;    /* server: EHLO_SASL_VERIFY or LOOKUP when that must be decided */
    int32_t over;   /* ended: the error, or 1 */
    uint32_t room;  /* octets of text */
    uint32_t kept;
    uint32_t used;
    struct ehlo_run authcid, authzid; /* server: as far as they are known */
    struct ehlo_run proof;            /* CRAM-MD5, server: the digest that the client gave */
    struct ehlo_scram scram;
    char text[];
};

/* Sets an exchange up in a block. EHLO_E_ARGUMENT, EHLO_E_MECHANISM, EHLO_E_SPACE. */
int ehlo_exchange_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism, uint32_t side);

/* Wipes what the last message left; what is kept stays. */
void ehlo_exchange_turn(struct ehlo_sasl *sasl);

/* Ends it: `why` is an error, or 1; all is wiped but that. Returns `why`. */
int ehlo_exchange_over(struct ehlo_sasl *sasl, int why);

/* Decodes a message; `*message` points to it. EHLO_E_LINE_LONG, EHLO_E_SPACE, EHLO_E_BASE64. */
int ehlo_exchange_decode(struct ehlo_sasl *sasl, struct ehlo_span base64, struct ehlo_span *message);

/* A writer over the room that is left. */
struct ehlo_writer ehlo_exchange_writer(struct ehlo_sasl *sasl);

/* Holds what such a writer has put, until the next turn; `*text` points to it. EHLO_E_SPACE. */
int ehlo_exchange_hold(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_span *text);

/* Makes base64 of what such a writer has put, in its place. EHLO_E_SPACE, EHLO_E_LINE_LONG. */
int ehlo_exchange_encode(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_span *base64);

/* The same as a challenge: EHLO_SASL_CHALLENGE, or an error. */
int ehlo_exchange_challenge(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_sasl_step *step);

struct ehlo_run ehlo_run_of(const struct ehlo_sasl *sasl, struct ehlo_span span);
struct ehlo_span ehlo_run_span(const struct ehlo_sasl *sasl, struct ehlo_run run);

/* Puts base64 of octets, which may stand at the end of where the writer writes. */
void ehlo_put_base64(struct ehlo_writer *writer, const void *data, size_t size);

/*
 * A mechanism of the client: puts the response to a challenge, which was decoded; it is empty when the client speaks
 * first. Returns 0 or an error.
 */
int ehlo_plain_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_login_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_external_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_anonymous_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_xoauth2_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_oauthbearer_respond(const struct ehlo_sasl *sasl, struct ehlo_writer *writer);
int ehlo_cram_respond(const struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer);
int ehlo_scram_respond(struct ehlo_sasl *sasl, struct ehlo_span challenge, struct ehlo_writer *writer);

/*
 * A mechanism of the server: takes a response, which was decoded; where the client does not speak first, `data` of the
 * first one is NULL when there was none. Returns an EHLO_SASL_ or an error.
 */
int ehlo_plain_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);
int ehlo_login_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);
int ehlo_external_take(struct ehlo_sasl *sasl, struct ehlo_span response);
int ehlo_anonymous_take(struct ehlo_sasl *sasl, struct ehlo_span response);
int ehlo_xoauth2_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);
int ehlo_oauthbearer_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);
int ehlo_cram_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);
int ehlo_scram_take(struct ehlo_sasl *sasl, struct ehlo_span response, struct ehlo_sasl_step *step);

/* What OAUTHBEARER and XOAUTH2 say before they refuse. */
int ehlo_oauth_refuse(struct ehlo_sasl *sasl, struct ehlo_sasl_step *step);

/* What a lookup has brought; `secret` is NULL when it was nothing. EHLO_E_ARGUMENT changes nothing. */
int ehlo_cram_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret);
int ehlo_scram_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret, struct ehlo_sasl_step *step);

#endif
