/* SPDX-License-Identifier: ISC
 *
 * No TLS: what is built unless the Makefile is asked for it. Without a context there is no session.
 */
#include "tls.h"
#include <string.h>

int tls_built(void)
{
    return 0;
}

const struct ehlo_crypto *tls_crypto(void)
{
    return NULL;
}

struct tls_context *tls_context_new(const struct tls_settings *settings, char why[TLS_REASON])
{
    static const char reason[] = "this build has no TLS";

    (void)settings;
    memcpy(why, reason, sizeof reason);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    (void)context;
}

struct tls *tls_new(struct tls_context *context, int fd, const char *name)
{
    (void)context;
    (void)fd;
    (void)name;
    return NULL;
}

void tls_free(struct tls *tls)
{
    (void)tls;
}

int tls_handshake(struct tls *tls)
{
    (void)tls;
    return TLS_BROKEN;
}

ptrdiff_t tls_read(struct tls *tls, void *buffer, size_t size)
{
    (void)tls;
    (void)buffer;
    (void)size;
    return TLS_BROKEN;
}

ptrdiff_t tls_write(struct tls *tls, const void *data, size_t size)
{
    (void)tls;
    (void)data;
    (void)size;
    return TLS_BROKEN;
}

int tls_waits_for(const struct tls *tls, int what)
{
    (void)tls;
    return what;
}

size_t tls_pending(const struct tls *tls)
{
    (void)tls;
    return 0;
}

void tls_shutdown(struct tls *tls)
{
    (void)tls;
}

const char *tls_reason(const struct tls *tls)
{
    (void)tls;
    return "no TLS";
}

void tls_describe(const struct tls *tls, char text[TLS_DESCRIPTION])
{
    (void)tls;
    text[0] = '\0';
}

size_t tls_binding(const struct tls *tls, struct ehlo_span type, uint8_t data[TLS_BINDING])
{
    (void)tls;
    (void)type;
    (void)data;
    return 0;
}

struct ehlo_span tls_binding_type(const struct tls *tls)
{
    const struct ehlo_span none = {"", 0};

    (void)tls;
    return none;
}

int tls_identity(const struct tls *tls, char identity[TLS_IDENTITY])
{
    (void)tls;
    (void)identity;
    return 0;
}
