/* SPDX-License-Identifier: ISC
 *
 * SASL mechanisms for AUTH (RFC 4422; RFC 4954), as the client and as the server have them. What goes over the wire is
 * base64 text that the facades carry; this is what it means. Nothing here knows of a session.
 *
 *     client: init -> step -> AUTH -> (334: step -> respond)... -> 235: finish -> end
 *     server: init -> step -> CHALLENGE: 334, and step again; VERIFY: verdict; LOOKUP: secret
 *                          -> ACCEPTED: 235; REFUSED: 535 -> end
 *
 * Digests and random octets come from the program (struct ehlo_crypto); PLAIN, LOGIN, EXTERNAL, ANONYMOUS, XOAUTH2 and
 * OAUTHBEARER need neither. Names and passwords must be UTF-8 without ASCII controls and are passed as they are, which
 * is all that SASLprep (RFC 4013) does to ASCII; a program whose users write more prepares what it gives (RFC 8265).
 */
#ifndef EHLO_SASL_H
#define EHLO_SASL_H

#include <ehlo/base.h>
#include <ehlo/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Mechanisms; part of the ABI. */
enum {
    EHLO_SASL_SCRAM_SHA_256_PLUS = 1, /* RFC 7677 */
    EHLO_SASL_SCRAM_SHA_1_PLUS = 2,   /* RFC 5802 */
    EHLO_SASL_SCRAM_SHA_256 = 3,      /* RFC 7677 */
    EHLO_SASL_SCRAM_SHA_1 = 4,        /* RFC 5802 */
    EHLO_SASL_CRAM_MD5 = 5,           /* RFC 2195 */
    EHLO_SASL_OAUTHBEARER = 6,        /* RFC 7628 */
    EHLO_SASL_XOAUTH2 = 7,            /* no RFC: Google's, that came before OAUTHBEARER */
    EHLO_SASL_PLAIN = 8,              /* RFC 4616 */
    EHLO_SASL_LOGIN = 9,              /* no RFC: draft-murchison-sasl-login */
    EHLO_SASL_EXTERNAL = 10,          /* RFC 4422, appendix A */
    EHLO_SASL_ANONYMOUS = 11          /* RFC 4505 */
};

/* Facts about a mechanism; flags. */
enum {
    EHLO_SASL_SHOWS_SECRET = 1, /* who reads along learns the password or the token: for TLS only */
    EHLO_SASL_USES_CRYPTO = 2,  /* needs the callbacks of struct ehlo_crypto */
    EHLO_SASL_USES_BINDING = 4, /* -PLUS: needs channel binding data */
    EHLO_SASL_USES_PASSWORD = 8,
    EHLO_SASL_USES_TOKEN = 16,
    EHLO_SASL_HAS_AUTHZID = 32,  /* can name an identity to act as */
    EHLO_SASL_CLIENT_FIRST = 64, /* the client speaks first: there is an initial response */
    EHLO_SASL_MUTUAL = 128       /* the server proves itself as well */
};

/* The mechanism of this name in any case, or EHLO_E_MECHANISM. RFC 4422, section 3.1. */
EHLO_API int ehlo_sasl_find(const char *name, size_t size);

/* Its name as it is said in AUTH; NULL for no mechanism. Constant, lives for ever. RFC 4422, section 3.1. */
EHLO_API const char *ehlo_sasl_name(uint32_t mechanism);

/* Its EHLO_SASL_ facts; 0 for no mechanism. RFC 4422, section 5. */
EHLO_API uint32_t ehlo_sasl_facts(uint32_t mechanism);

/* What a digest is made with. */
enum {
    EHLO_HASH_MD5 = 1,    /* 16 octets */
    EHLO_HASH_SHA_1 = 2,  /* 20 octets */
    EHLO_HASH_SHA_256 = 3 /* 32 octets */
};

/*
 * What the program does for the mechanisms that need it. `digest` hashes `count` parts as one text with an EHLO_HASH_
 * to `out`; `random` fills `out` with octets that nobody can guess. Both return 0, or anything else when they cannot.
 * They must not call the exchange that calls them. This struct never grows.
 */
struct ehlo_crypto {
    int (*digest)(void *user, uint32_t hash, const struct ehlo_span *parts, size_t count, uint8_t *out);
    int (*random)(void *user, void *out, size_t size);
    void *user; /* handed to both */
};

/*
 * What binds an exchange to its TLS channel (RFC 5056): `type` is "tls-exporter" (RFC 9266), "tls-server-end-point" or
 * "tls-unique" (RFC 5929), `data` what the TLS library gives for it. This struct never grows.
 */
struct ehlo_sasl_binding {
    struct ehlo_span type;
    struct ehlo_span data;
};

/* An exchange, as one of its sides has it. Opaque: a value in memory that the caller gives; it may be moved. */
struct ehlo_sasl;

/* Octets for any exchange, and the least that there must be: enough but for tokens and names of great length. */
#define EHLO_SASL_SIZE 13312
#define EHLO_SASL_SIZE_LEAST 4096

/* The longest line of an exchange, CRLF included (RFC 4954, section 4). */
#define EHLO_SASL_LINE_MAX 12288

/* The longest name, and the longest password, in octets. */
#define EHLO_SASL_NAME_MAX 255
#define EHLO_SASL_PASSWORD_MAX 1024

/*
 * What a client can show. Zero it, set `size` and what you have. The struct is copied; what it points to is lent until
 * ehlo_sasl_end.
 */
struct ehlo_sasl_credentials {
    uint32_t size;                    /* sizeof(struct ehlo_sasl_credentials) */
    uint32_t port;                    /* OAUTHBEARER: the server's port; 0: not said */
    uint32_t iterations_min;          /* SCRAM: fewer are refused; default 4096 (RFC 7677, section 4) */
    uint32_t iterations_max;          /* SCRAM: more are refused, for they cost time; default 1000000 */
    struct ehlo_span authcid;         /* who authenticates; ANONYMOUS: trace text, or absent; EXTERNAL: not used */
    struct ehlo_span authzid;         /* whom to act as; absent: the same */
    struct ehlo_span password;        /* absent: there is none */
    struct ehlo_span token;           /* OAUTHBEARER, XOAUTH2: the bearer token; absent: there is none */
    struct ehlo_span host;            /* OAUTHBEARER: the server's name; may be absent */
    struct ehlo_span offered;         /* what the server's EHLO said behind AUTH; absent: not known */
    struct ehlo_sasl_binding binding; /* of the TLS channel; absent: there is none */
    const struct ehlo_crypto *crypto; /* NULL: no CRAM-MD5 and no SCRAM */
};

/* How the transport is, for ehlo_sasl_choose. */
enum {
    EHLO_SASL_SECURED = 1,        /* TLS is up */
    EHLO_SASL_SECRET_IN_CLEAR = 2 /* without it, too, a mechanism that shows the secret is taken */
};

/*
 * The best mechanism of `credentials->offered` that the credentials allow, in the order of the numbers above. EXTERNAL
 * is only chosen when there is neither password nor token; ANONYMOUS never. Mechanisms that show the secret, -PLUS and
 * EXTERNAL need EHLO_SASL_SECURED in `flags`, but for what EHLO_SASL_SECRET_IN_CLEAR lets through. Returns a mechanism,
 * EHLO_E_MECHANISM when none is left, or EHLO_E_ARGUMENT. RFC 4422, section 3.2; RFC 4954, section 4.
 */
EHLO_API int ehlo_sasl_choose(const struct ehlo_sasl_credentials *credentials, uint32_t flags);

/*
 * Begins an exchange as a client in `block`, which must be aligned as a uint64_t and stays the caller's. On success
 * `*sasl` is `block`. Returns 0; EHLO_E_MECHANISM; EHLO_E_CREDENTIALS when the mechanism needs what is not there, or
 * cannot say what is (an authzid), or it is not well-formed, or too long; EHLO_E_SPACE (block too small) or
 * EHLO_E_ARGUMENT. Whether the mechanism is fit for a transport in the clear is not looked at. RFC 4422, section 4.
 */
EHLO_API int ehlo_sasl_client_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism,
                                   const struct ehlo_sasl_credentials *credentials);

/*
 * Takes a challenge in base64, without "334 ", and gives the response in base64: `response->data` points into the block
 * and lives until the next call. The first step is made with a NULL challenge: its response is the initial response;
 * `data` is NULL when the mechanism has none, while one that is there and empty is said as "=". When the line would get
 * too long for AUTH (512 octets), say AUTH without it, and make it the response to the empty 334.
 *
 * Returns 0, or an error, after which the exchange is over and wiped, and must be cancelled by "*": EHLO_E_BASE64,
 * EHLO_E_EXCHANGE (a challenge that does not belong there), EHLO_E_ITERATIONS, EHLO_E_AUTH_SERVER (the server's
 * signature is wrong), EHLO_E_AUTH (SCRAM: the server said "e="), EHLO_E_CRYPTO, EHLO_E_LINE_LONG (the response has
 * more than EHLO_SASL_LINE_MAX octets) or EHLO_E_SPACE (more than the block has room for). Errors are sticky.
 * EHLO_E_ARGUMENT and EHLO_E_STATE (over, or a server's) change nothing. RFC 4422, section 4; RFC 4954, section 4.
 */
EHLO_API int ehlo_sasl_client_step(struct ehlo_sasl *sasl, const char *challenge, size_t size,
                                   struct ehlo_span *response);

/*
 * To be called when 235 has come, before it is believed. Returns 0 when that can be; EHLO_E_AUTH_SERVER when the
 * mechanism has the server prove itself, and it did not; EHLO_E_EXCHANGE when the mechanism was not at its end; the
 * error that a step has met. The exchange is over. RFC 5802, section 5; RFC 4954, section 6.
 */
EHLO_API int ehlo_sasl_client_finish(struct ehlo_sasl *sasl);

/* Flags of struct ehlo_sasl_config. */
enum {
    EHLO_SASL_STORES_PASSWORDS = 1 /* LOOKUP is answered by passwords: a user that is not there costs SCRAM as much */
};

/*
 * What a server's exchange needs. Zero it, set `size` and what the mechanisms need that are offered. The struct is
 * copied; what it points to is lent until ehlo_sasl_end.
 */
struct ehlo_sasl_config {
    uint32_t size;                            /* sizeof(struct ehlo_sasl_config) */
    uint32_t flags;                           /* EHLO_SASL_STORES_PASSWORDS */
    uint32_t iterations;                      /* SCRAM: of passwords and of users that are not there; default 4096 */
    uint32_t binding_count;                   /* of `bindings` */
    const struct ehlo_sasl_binding *bindings; /* the channel's; give them if -PLUS is offered, and only then */
    struct ehlo_span host;                    /* CRAM-MD5: this host, for the challenge */
    struct ehlo_span seed;                    /* SCRAM: 16 random octets or more that never change, and are secret */
    struct ehlo_span failure;                 /* OAUTHBEARER, XOAUTH2: JSON that tells why; default: invalid_token */
    const struct ehlo_crypto *crypto;         /* NULL: no CRAM-MD5 and no SCRAM */
};

/* What a server does next. */
enum {
    EHLO_SASL_CHALLENGE = 1, /* answer 334 with `challenge`, and give the next line to ehlo_sasl_server_step */
    EHLO_SASL_VERIFY = 2,    /* decide, now or later, by ehlo_sasl_server_verdict: see what is filled in */
    EHLO_SASL_LOOKUP = 3,    /* find the secret of `authcid`, now or later, for ehlo_sasl_server_secret */
    EHLO_SASL_ACCEPTED = 4,  /* `authcid` is who it is: 235, or 535 if it may not act as `authzid` */
    EHLO_SASL_REFUSED = 5    /* 535 5.7.8 */
};

/*
 * What a step of the server has to say. Set `size` once. The spans point into the block and live until the next call;
 * what a mechanism does not know is absent. None of them has been compared with anything: they are the peer's words
 * until ACCEPTED, where `authcid` and `authzid` live until ehlo_sasl_end.
 */
struct ehlo_sasl_step {
    uint32_t size;              /* sizeof(struct ehlo_sasl_step) */
    uint32_t port;              /* VERIFY, OAUTHBEARER: as the client said, or 0 */
    struct ehlo_span challenge; /* CHALLENGE: base64, perhaps empty */
    struct ehlo_span authcid;   /* VERIFY, LOOKUP, ACCEPTED: who authenticates; ANONYMOUS: trace text */
    struct ehlo_span authzid;  /* the same: whom to act as; absent: the same. EXTERNAL, OAUTHBEARER: all that is said */
    struct ehlo_span password; /* VERIFY: PLAIN, LOGIN. Compare with ehlo_same, or let a password hash do it */
    struct ehlo_span token;    /* VERIFY: OAUTHBEARER, XOAUTH2 */
    struct ehlo_span host;     /* VERIFY, OAUTHBEARER: as the client said, or absent */
};

/*
 * Begins an exchange as a server in `block`, as ehlo_sasl_client_init does. Returns 0; EHLO_E_MECHANISM;
 * EHLO_E_CONFIG when the mechanism needs what is not there; EHLO_E_SPACE or EHLO_E_ARGUMENT. RFC 4422, section 4.
 */
EHLO_API int ehlo_sasl_server_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism,
                                   const struct ehlo_sasl_config *config);

/*
 * Takes a response in base64: first the initial response of AUTH, with a NULL `response` when there is none (and not
 * NULL for "=", whose size is 0), then each line behind a 334. Returns an EHLO_SASL_ with `*step` filled, or an error,
 * after which the exchange is over and wiped: EHLO_E_BASE64 and EHLO_E_EXCHANGE (a message that is not well-formed, or
 * does not belong there) are answered 501 5.5.2, EHLO_E_UNWANTED (an initial response where the client does not speak
 * first; LOGIN bears it) 501 5.7.0, EHLO_E_LINE_LONG and EHLO_E_SPACE (more than the block has room for) 500 5.5.6,
 * EHLO_E_CRYPTO 454 4.7.0: see ehlo_sasl_reply. Errors are sticky. EHLO_E_ARGUMENT and EHLO_E_STATE (over, a decision
 * is due, or a client's) change nothing. RFC 4422, section 4; RFC 4954, section 4.
 */
EHLO_API int ehlo_sasl_server_step(struct ehlo_sasl *sasl, const char *response, size_t size,
                                   struct ehlo_sasl_step *step);

/*
 * Decides what VERIFY asked: yes when `accept` is not 0. Returns ACCEPTED, REFUSED, or CHALLENGE (OAUTHBEARER and
 * XOAUTH2 tell why before they refuse); else as ehlo_sasl_server_step. RFC 4616, section 2; RFC 7628, section 3.2.3.
 */
EHLO_API int ehlo_sasl_server_verdict(struct ehlo_sasl *sasl, int accept, struct ehlo_sasl_step *step);

/*
 * What the program knows of a user. Zero it, set `size`, and either `password`, or for SCRAM the other four. The spans
 * are only read. Salts should be of 16 octets, as are those that are made up for users that are not there.
 */
struct ehlo_sasl_secret {
    uint32_t size;               /* sizeof(struct ehlo_sasl_secret) */
    uint32_t iterations;         /* SCRAM: 1 or more */
    struct ehlo_span password;   /* SCRAM then takes salt and iterations of its own, the same each time */
    struct ehlo_span salt;       /* SCRAM: 1 to 64 octets */
    struct ehlo_span stored_key; /* SCRAM: H(ClientKey), 20 or 32 octets */
    struct ehlo_span server_key; /* SCRAM: 20 or 32 octets */
};

/*
 * Answers what LOOKUP asked; `secret` is NULL when there is no such user, or it may not act as `authzid`: the exchange
 * then goes on as if there were one, and is refused at its end. Returns CHALLENGE (SCRAM), ACCEPTED or REFUSED
 * (CRAM-MD5); EHLO_E_ARGUMENT when the secret is not of this mechanism, which changes nothing; else as
 * ehlo_sasl_server_step. RFC 5802, section 5; RFC 2195, section 2.
 */
EHLO_API int ehlo_sasl_server_secret(struct ehlo_sasl *sasl, const struct ehlo_sasl_secret *secret,
                                     struct ehlo_sasl_step *step);

/*
 * Fills in the reply that a server gives for what one of the four functions above has returned; its text lives as long
 * as `step->challenge`, or for ever. Set `reply->size`. Returns 0, EHLO_E_STATE when nothing can be answered yet
 * (VERIFY, LOOKUP) or the call was wrong, or EHLO_E_ARGUMENT. RFC 4954, sections 4 and 6.
 */
EHLO_API int ehlo_sasl_reply(int result, const struct ehlo_sasl_step *step, struct ehlo_reply *reply);

/* Ends an exchange of either side and wipes it. NULL is allowed; so is any state, and calling it twice. No RFC. */
EHLO_API void ehlo_sasl_end(struct ehlo_sasl *sasl);

/*
 * What a server stores for SCRAM instead of a password: `stored_key` and `server_key` get 20 octets with
 * EHLO_HASH_SHA_1, 32 with EHLO_HASH_SHA_256. Returns 0; EHLO_E_CREDENTIALS (the password is not well-formed);
 * EHLO_E_CRYPTO; EHLO_E_ARGUMENT (another hash, an empty salt or one over 64 octets, no iterations). RFC 5802,
 * section 3.
 */
EHLO_API int ehlo_scram_keys(const struct ehlo_crypto *crypto, uint32_t hash, const char *password, size_t size,
                             const void *salt, size_t salt_size, uint32_t iterations, uint8_t *stored_key,
                             uint8_t *server_key);

#ifdef __cplusplus
}
#endif

#endif
