/* SPDX-License-Identifier: ISC
 *
 * TLS by OpenSSL, 1.1.1 or later.
 */
#define _POSIX_C_SOURCE 200809L
#include "tls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls_context {
    SSL_CTX *ctx;
    int server, verify;
};

struct tls {
    SSL *ssl;
    int reading, writing; /* what must be ready before they can go on: TLS_TO_READ, TLS_TO_WRITE */
    int broken;
    char reason[TLS_REASON];
};

int tls_built(void)
{
    return 1;
}

/* --- errors */

/* The first error in OpenSSL's queue is the cause of the others. `otherwise`: when there is none. */
static void take_reason(char why[TLS_REASON], const char *what, const char *otherwise)
{
    const unsigned long error = ERR_get_error();
    const char *text = error == 0                          ? otherwise
                       : ERR_GET_LIB(error) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(error))
                                                           : ERR_reason_error_string(error);
    char number[32];

    if (text == NULL) {
        snprintf(number, sizeof number, "error %lx", error);
        text = number;
    }
    snprintf(why, TLS_REASON, "%s%s%s", what, what[0] == '\0' ? "" : ": ", text);
    ERR_clear_error();
}

/* --- digests and random octets */

static int digest(void *user, uint32_t hash, const struct ehlo_span *parts, size_t count, uint8_t *out)
{
    const EVP_MD *kind = hash == EHLO_HASH_MD5       ? EVP_md5()
                         : hash == EHLO_HASH_SHA_1   ? EVP_sha1()
                         : hash == EHLO_HASH_SHA_256 ? EVP_sha256()
                                                     : NULL;
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    int good = kind != NULL && state != NULL && EVP_DigestInit_ex(state, kind, NULL);
    size_t i;

    (void)user;
    for (i = 0; i < count && good; i++)
        good = EVP_DigestUpdate(state, parts[i].data, parts[i].size);
    good = good && EVP_DigestFinal_ex(state, out, NULL);
    EVP_MD_CTX_free(state);
    ERR_clear_error();
    return good ? 0 : -1;
}

static int random_octets(void *user, void *out, size_t size)
{
    (void)user;
    return size <= INT_MAX && RAND_bytes(out, (int)size) == 1 ? 0 : -1;
}

const struct ehlo_crypto *tls_crypto(void)
{
    static const struct ehlo_crypto crypto = {digest, random_octets, NULL};

    return &crypto;
}

/* --- contexts */

/* A certificate that is shown, with its key. Returns 0, or -1 with the reason. */
static int show_certificate(SSL_CTX *ctx, const struct tls_settings *settings, char why[TLS_REASON])
{
    const char *key = settings->key != NULL ? settings->key : settings->certificate;

    if (SSL_CTX_use_certificate_chain_file(ctx, settings->certificate) != 1)
        take_reason(why, settings->certificate, "not a certificate");
    else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        take_reason(why, key, "not a key");
    else
        return 0;
    return -1;
}

/* The authorities that peers are verified by. Returns as above. */
static int load_authorities(SSL_CTX *ctx, const struct tls_settings *settings, char why[TLS_REASON])
{
    STACK_OF(X509_NAME) * names;

    if (settings->authorities == NULL) {
        if (SSL_CTX_set_default_verify_paths(ctx) == 1)
            return 0;
        take_reason(why, "", "no certificates of authorities");
        return -1;
    }
    if (SSL_CTX_load_verify_locations(ctx, settings->authorities, NULL) != 1) {
        take_reason(why, settings->authorities, "no certificates of authorities");
        return -1;
    }
    names = settings->server ? SSL_load_client_CA_file(settings->authorities) : NULL;
    if (names != NULL)
        SSL_CTX_set_client_CA_list(ctx, names);
    return 0;
}

static int set_up(SSL_CTX *ctx, const struct tls_settings *settings, char why[TLS_REASON])
{
    const int verify = settings->server ? settings->authorities != NULL : settings->verify;

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        take_reason(why, "", "no TLS 1.2");
        return -1;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (settings->server)
        SSL_CTX_set_num_tickets(ctx, 0);
    /* idle sessions keep no buffers; a write that is tried again may come from another place */
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (verify && load_authorities(ctx, settings, why) != 0)
        return -1;
    return settings->certificate == NULL ? 0 : show_certificate(ctx, settings, why);
}

struct tls_context *tls_context_new(const struct tls_settings *settings, char why[TLS_REASON])
{
    struct tls_context *context = malloc(sizeof *context);
    struct sigaction ignore;

    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, NULL);
    ERR_clear_error();
    snprintf(why, TLS_REASON, "out of memory");
    if (context == NULL)
        return NULL;
    context->server = settings->server;
    context->verify = settings->verify;
    context->ctx = SSL_CTX_new(settings->server ? TLS_server_method() : TLS_client_method());
    if (context->ctx != NULL && set_up(context->ctx, settings, why) == 0)
        return context;
    tls_context_free(context);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ctx);
    free(context);
}

/* --- sessions */

/* The name is asked for and looked for in the certificate: a domain, or an address, which is not asked for. */
static int expect_name(struct tls_context *context, SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *expected = SSL_get0_param(ssl);
    size_t size = strlen(name);
    uint8_t address[16];
    char domain[256];

    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return !context->verify || X509_VERIFY_PARAM_set1_ip_asc(expected, name) == 1 ? 0 : -1;
    if (size > 0 && name[size - 1] == '.')
        size--; /* the root is no part of a certificate's names, nor of what is asked for (RFC 6066, section 3) */
    if (size == 0 || size >= sizeof domain)
        return -1;
    memcpy(domain, name, size);
    domain[size] = '\0';
    if (SSL_set_tlsext_host_name(ssl, domain) != 1)
        return -1;
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return !context->verify || X509_VERIFY_PARAM_set1_host(expected, domain, size) == 1 ? 0 : -1;
}

struct tls *tls_new(struct tls_context *context, int fd, const char *name)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        return NULL;
    tls->ssl = SSL_new(context->ctx);
    if (tls->ssl == NULL || SSL_set_fd(tls->ssl, fd) != 1 ||
        (name != NULL && expect_name(context, tls->ssl, name) != 0)) {
        tls_free(tls);
        return NULL;
    }
    if (context->server)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    tls->reading = TLS_TO_READ;
    tls->writing = TLS_TO_WRITE;
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls);
    ERR_clear_error();
}

/* Why a call of OpenSSL's failed for good: the first reason counts, and what is wrong with a certificate most. */
static void explain(struct tls *tls, int error, int system_error)
{
    const long verified = SSL_get_verify_result(tls->ssl);
    const int by_system = error == SSL_ERROR_SYSCALL && system_error != 0;

    if (tls->reason[0] != '\0')
        return;
    if (verified != X509_V_OK && ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        snprintf(tls->reason, sizeof tls->reason, "the certificate: %s", X509_verify_cert_error_string(verified));
    else
        take_reason(tls->reason, "", by_system ? strerror(system_error) : "the stream was cut off");
}

/* What an OpenSSL call that has not succeeded means. `*waits`: what it waits for. */
static int fail(struct tls *tls, int result, int *waits)
{
    const int system_error = errno;
    const int error = SSL_get_error(tls->ssl, result);

    switch (error) {
    case SSL_ERROR_WANT_READ:
        *waits = TLS_TO_READ;
        return TLS_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *waits = TLS_TO_WRITE;
        return TLS_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        explain(tls, error, system_error);
        ERR_clear_error();
        tls->broken = 1;
        return TLS_BROKEN;
    }
}

int tls_handshake(struct tls *tls)
{
    int result;

    ERR_clear_error();
    errno = 0;
    result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        tls->reading = TLS_TO_READ;
        return TLS_DONE;
    }
    result = fail(tls, result, &tls->reading);
    if (result != TLS_CLOSED)
        return result;
    snprintf(tls->reason, sizeof tls->reason, "the peer has closed the session");
    tls->broken = 1;
    return TLS_BROKEN;
}

static int at_most(size_t size)
{
    return size > INT_MAX ? INT_MAX : (int)size;
}

/* Also when a write has failed: the peer's last words may still be there. */
ptrdiff_t tls_read(struct tls *tls, void *buffer, size_t size)
{
    int result;

    ERR_clear_error();
    errno = 0;
    tls->reading = TLS_TO_READ;
    result = SSL_read(tls->ssl, buffer, at_most(size));
    return result > 0 ? result : fail(tls, result, &tls->reading);
}

ptrdiff_t tls_write(struct tls *tls, const void *data, size_t size)
{
    int result;

    if (tls->broken)
        return TLS_BROKEN;
    ERR_clear_error();
    errno = 0;
    tls->writing = TLS_TO_WRITE;
    result = SSL_write(tls->ssl, data, at_most(size));
    if (result > 0)
        return result;
    result = fail(tls, result, &tls->writing);
    return result == TLS_CLOSED ? TLS_BROKEN : result;
}

int tls_waits_for(const struct tls *tls, int what)
{
    return what == TLS_TO_WRITE ? tls->writing : tls->reading;
}

size_t tls_pending(const struct tls *tls)
{
    const int pending = SSL_pending(tls->ssl);

    return pending > 0 ? (size_t)pending : 0;
}

/* OpenSSL forbids it after an error; and its answer, the peer's own, is not waited for. */
void tls_shutdown(struct tls *tls)
{
    if (!tls->broken && SSL_is_init_finished(tls->ssl))
        (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

const char *tls_reason(const struct tls *tls)
{
    return tls->reason;
}

void tls_describe(const struct tls *tls, char text[TLS_DESCRIPTION])
{
    const char *name = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);

    snprintf(text, TLS_DESCRIPTION, "%s %s%s%s", SSL_get_version(tls->ssl), SSL_get_cipher_name(tls->ssl),
             name == NULL ? "" : ", for ", name == NULL ? "" : name);
}

/* --- who is at the other end */

/* RFC 9266, section 4.2 */
static size_t exporter(const struct tls *tls, uint8_t data[TLS_BINDING])
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const unsigned char context[1] = {0};
    enum {
        LENGTH = 32
    };

    if (SSL_version(tls->ssl) < TLS1_3_VERSION && !SSL_get_extms_support(tls->ssl))
        return 0;
    return SSL_export_keying_material(tls->ssl, data, LENGTH, label, sizeof label - 1, context, 0, 1) == 1 ? LENGTH : 0;
}

/* RFC 5929, section 3: the first Finished message, which without resumption is the client's. */
static size_t unique(const struct tls *tls, uint8_t data[TLS_BINDING])
{
    size_t size;

    if (SSL_version(tls->ssl) >= TLS1_3_VERSION || !SSL_get_extms_support(tls->ssl))
        return 0;
    size = SSL_is_server(tls->ssl) ? SSL_get_peer_finished(tls->ssl, data, TLS_BINDING)
                                   : SSL_get_finished(tls->ssl, data, TLS_BINDING);
    return size <= TLS_BINDING ? size : 0;
}

/* RFC 5929, section 4: the server's certificate, hashed as its signature is, but by no less than SHA-256. */
static size_t end_point(const struct tls *tls, uint8_t data[TLS_BINDING])
{
    X509 *own = SSL_is_server(tls->ssl) ? SSL_get_certificate(tls->ssl) : NULL;
    X509 *peers = SSL_is_server(tls->ssl) ? NULL : SSL_get_peer_certificate(tls->ssl);
    X509 *certificate = own != NULL ? own : peers;
    const EVP_MD *kind = NULL;
    unsigned int size = 0;
    int hash = NID_undef;

    if (certificate != NULL && X509_get_signature_info(certificate, &hash, NULL, NULL, NULL) == 1)
        kind = hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
    if (kind == NULL || X509_digest(certificate, kind, data, &size) != 1)
        size = 0;
    X509_free(peers);
    return size;
}

static const struct {
    char name[24];
    size_t (*make)(const struct tls *tls, uint8_t data[TLS_BINDING]);
} bindings[] = {
    {"tls-exporter", exporter},
    {"tls-unique", unique},
    {"tls-server-end-point", end_point},
};

size_t tls_binding(const struct tls *tls, struct ehlo_span type, uint8_t data[TLS_BINDING])
{
    size_t i, size = 0;

    if (!SSL_is_init_finished(tls->ssl))
        return 0;
    for (i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
        if (strlen(bindings[i].name) == type.size && memcmp(bindings[i].name, type.data, type.size) == 0)
            size = bindings[i].make(tls, data);
    ERR_clear_error();
    return size;
}

/* Up to TLS 1.2 peers know tls-unique; tls-server-end-point is for sessions that have nothing better. */
struct ehlo_span tls_binding_type(const struct tls *tls)
{
    const size_t kind = SSL_version(tls->ssl) >= TLS1_3_VERSION ? 0 : SSL_get_extms_support(tls->ssl) ? 1 : 2;
    struct ehlo_span type = {"", 0};

    if (SSL_is_init_finished(tls->ssl)) {
        type.data = bindings[kind].name;
        type.size = strlen(type.data);
    }
    return type;
}

/* Copies a name that is text without a NUL and not too long. */
static int copy_name(const ASN1_STRING *name, char identity[TLS_IDENTITY])
{
    unsigned char *text = NULL;
    const int size = ASN1_STRING_to_UTF8(&text, name);
    const int good = size > 0 && size < TLS_IDENTITY && memchr(text, '\0', (size_t)size) == NULL;

    if (good) {
        memcpy(identity, text, (size_t)size);
        identity[size] = '\0';
    }
    OPENSSL_free(text);
    return good;
}

static int mail_address(X509 *certificate, char identity[TLS_IDENTITY])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int i, found = 0;

    for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        found = name->type == GEN_EMAIL && copy_name(name->d.rfc822Name, identity);
    }
    GENERAL_NAMES_free(names);
    return found;
}

static int common_name(const X509 *certificate, char identity[TLS_IDENTITY])
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at >= 0 && copy_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), identity);
}

int tls_identity(const struct tls *tls, char identity[TLS_IDENTITY])
{
    const int verified =
        SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(tls->ssl) == X509_V_OK;
    X509 *certificate = verified ? SSL_get_peer_certificate(tls->ssl) : NULL;
    const int found =
        certificate != NULL && (mail_address(certificate, identity) || common_name(certificate, identity));

    X509_free(certificate);
    ERR_clear_error();
    return found;
}
