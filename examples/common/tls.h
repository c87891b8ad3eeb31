/* SPDX-License-Identifier: ISC
 *
 * TLS, as the programs need it. There are two implementations, and the Makefile picks one: tls-openssl.c, and
 * tls-none.c, which only says that there is none. No caller sees which, nor what the TLS library is.
 *
 *     tls_context_new -> tls_new -> tls_handshake ... -> tls_read, tls_write ... -> tls_shutdown -> tls_free
 *
 * Nothing here waits, on sockets that do not block. TLS 1.2 is the least that is spoken; there is no renegotiation and
 * no resumption. From the first context on SIGPIPE is ignored.
 */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <ehlo/sasl.h>
#include <stddef.h>
#include <stdint.h>

struct tls_context; /* what the sessions of one side have in common */
struct tls;         /* a session */

enum {
    TLS_REASON = 256,     /* octets for a text that says why something failed */
    TLS_DESCRIPTION = 160 /* octets for tls_describe */
};

/* 1 when this build has TLS, else 0: then there never is a context. */
int tls_built(void);

/* Digests and random octets for SASL; NULL when this build has none. */
const struct ehlo_crypto *tls_crypto(void);

/* Of the files, all PEM, each may be NULL. */
struct tls_settings {
    int server;              /* which side this is */
    int verify;              /* client: the server must show a valid certificate of its name */
    const char *certificate; /* and those of its authorities behind it; a server must have one */
    const char *key;         /* NULL: in the file of the certificate */
    const char *authorities; /* that the peer's certificate is verified by. Client, NULL: the system's. Server: clients
                                are asked for a certificate, and may have none */
};

/* NULL with the reason in `why`. */
struct tls_context *tls_context_new(const struct tls_settings *settings, char why[TLS_REASON]);
void tls_context_free(struct tls_context *context);

/*
 * A session on `fd`, which stays the caller's. `name`: client: the server's name or address, which is asked for, and
 * must be in its certificate if the context verifies. NULL without memory, or for a name that cannot be one.
 */
struct tls *tls_new(struct tls_context *context, int fd, const char *name);

/* NULL is allowed. */
void tls_free(struct tls *tls);

/* What tls_handshake, tls_read and tls_write return instead of a number of octets. */
enum {
    TLS_CLOSED = 0,  /* tls_read: the peer has closed its side in good order */
    TLS_AGAIN = -1,  /* not now: see tls_waits_for */
    TLS_BROKEN = -2, /* the session is lost: see tls_reason. So is one whose transport ends without a word */
    TLS_DONE = 1     /* tls_handshake */
};

int tls_handshake(struct tls *tls);

/* `size` is not 0. */
ptrdiff_t tls_read(struct tls *tls, void *buffer, size_t size);

/* As above. After TLS_AGAIN the same octets must be offered again; more may be behind them, and they may have moved. */
ptrdiff_t tls_write(struct tls *tls, const void *data, size_t size);

/* What a descriptor can be ready for. */
enum {
    TLS_TO_READ = 1,
    TLS_TO_WRITE = 2
};

/*
 * What the descriptor must be ready for before `what` (TLS_TO_READ or TLS_TO_WRITE, or 0: the handshake) can go on. A
 * session may have to write before it can read, and the reverse.
 */
int tls_waits_for(const struct tls *tls, int what);

/* Octets that tls_read can give though nothing more comes: no readiness of the descriptor tells of them. */
size_t tls_pending(const struct tls *tls);

/* Tells the peer, if that can be done at once, that this side sends no more. */
void tls_shutdown(struct tls *tls);

/* Why the session is broken. */
const char *tls_reason(const struct tls *tls);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384": for a trace. */
void tls_describe(const struct tls *tls, char text[TLS_DESCRIPTION]);

enum {
    TLS_BINDING = 64,
    TLS_IDENTITY = 256
};

/*
 * Channel binding data of a `type` as RFC 9266 and RFC 5929 name it: tls-exporter, tls-unique, tls-server-end-point.
 * Returns its octets; 0 when the session has none, or none that binds.
 */
size_t tls_binding(const struct tls *tls, struct ehlo_span type, uint8_t data[TLS_BINDING]);

/* The type that suits this session best; "" before the handshake. */
struct ehlo_span tls_binding_type(const struct tls *tls);

/*
 * Who the peer is by its verified certificate: the first mail address of its alternative names, else its common name.
 * Returns 1, or 0 when there is no such certificate.
 */
int tls_identity(const struct tls *tls, char identity[TLS_IDENTITY]);

#endif
