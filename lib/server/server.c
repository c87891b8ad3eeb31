/* SPDX-License-Identifier: ISC
 *
 * The session as the transport sees it: where it begins, what it sends, what it waits for, how it ends.
 */
#include "server/server.h"

#include <string.h>

#include "session/memory.h"

int ehlo_server_init(struct ehlo_server **server, void *block, size_t size, const struct ehlo_server_config *config)
{
    struct ehlo_server_config filled;
    struct ehlo_server *fresh = block;
    int error;

    if (server == NULL || block == NULL || !ehlo_memory_aligned(block))
        return EHLO_E_ARGUMENT;
    error = ehlo_server_config_fill(&filled, config);
    if (error != 0)
        return error;
    if (size < sizeof *fresh + filled.output_size)
        return EHLO_E_SPACE;
    memset(fresh, 0, sizeof *fresh);
    fresh->config = filled;
    fresh->offered = ehlo_offer_set(&filled);
    fresh->secured = (filled.flags & EHLO_SERVER_SECURED) != 0;
    fresh->state = EHLO_STATE_START;
    ehlo_queue_init(&fresh->output, filled.output_size);
    error = ehlo_parser_init(&fresh->parser, (uint32_t)ehlo_server_line_max(&filled));
    if (error == 0)
        *server = fresh;
    return error;
}

size_t ehlo_server_output(const struct ehlo_server *server, struct ehlo_span *out, size_t count)
{
    if (server == NULL || out == NULL || count == 0 || ehlo_queue_size(&server->output) == 0)
        return 0;
    out->data = (const char *)(server + 1) + server->output.head;
    out->size = ehlo_queue_size(&server->output);
    return 1;
}

int ehlo_server_sent(struct ehlo_server *server, size_t octets)
{
    if (server == NULL || octets > ehlo_queue_size(&server->output))
        return EHLO_E_ARGUMENT;
    ehlo_queue_take(&server->output, octets);
    if (ehlo_queue_size(&server->output) == 0) /* only then is there more room */
        ehlo_server_pump(server);
    return 0;
}

size_t ehlo_server_read(struct ehlo_server *server, void *buffer, size_t size)
{
    struct ehlo_span span;
    size_t copied = 0, piece;

    if (buffer == NULL)
        return 0;
    while (copied < size && ehlo_server_output(server, &span, 1) > 0) {
        piece = span.size < size - copied ? span.size : size - copied;
        memcpy((char *)buffer + copied, span.data, piece);
        copied += piece;
        if (ehlo_server_sent(server, piece) != 0)
            break;
    }
    return copied;
}

int ehlo_server_is_lmtp(const struct ehlo_server *server)
{
    return (server->config.flags & EHLO_SERVER_LMTP) != 0;
}

uint64_t ehlo_server_extensions(const struct ehlo_server *server)
{
    const uint64_t starttls = UINT64_C(1) << EHLO_EXTENSION_STARTTLS, auth = UINT64_C(1) << EHLO_EXTENSION_AUTH,
                   requiretls = UINT64_C(1) << EHLO_EXTENSION_REQUIRETLS;

    if (server == NULL)
        return 0;
    if (server->secured)
        return server->offered & ~starttls;
    return server->offered & ~(requiretls | (server->config.flags & EHLO_SERVER_AUTH_IN_CLEAR ? 0 : auth));
}

int ehlo_server_offers(const struct ehlo_server *server, uint32_t extension)
{
    return (int)(ehlo_server_extensions(server) >> extension & 1);
}

/* What is waited for when the session is over. */
static uint32_t last_want(const struct ehlo_server *server)
{
    if (ehlo_queue_size(&server->output) > 0)
        return EHLO_WANT_OUTPUT;
    if (server->aborted != 0)
        return 0;
    return server->error == EHLO_E_TURNED ? EHLO_WANT_TURN : EHLO_WANT_CLOSE;
}

int ehlo_server_looks_for_early(const struct ehlo_server *server)
{
    return server->phase == EHLO_PHASE_CONNECT && !server->early &&
           ((server->config.take & EHLO_TAKE_EARLY) || (server->config.flags & EHLO_SERVER_REFUSE_EARLY));
}

uint32_t ehlo_server_want(const struct ehlo_server *server)
{
    uint32_t want = 0;

    if (server == NULL)
        return EHLO_WANT_CLOSE;
    if (server->error != 0)
        return last_want(server);
    if (ehlo_queue_size(&server->output) > 0)
        want |= EHLO_WANT_OUTPUT;
    if (server->phase == EHLO_PHASE_TLS && server->starved)
        return want != 0 ? want : EHLO_WANT_TLS;
    if (server->ticket != 0)
        want |= EHLO_WANT_ANSWER;
    if (server->starved || (server->ticket != 0 && ehlo_server_looks_for_early(server)))
        want |= EHLO_WANT_INPUT;
    if (server->phase == EHLO_PHASE_BODY || server->phase == EHLO_PHASE_CHUNK)
        want |= EHLO_WANT_BODY;
    return want;
}

uint32_t ehlo_server_timeout(const struct ehlo_server *server)
{
    if (server == NULL || server->ticket != 0 || (ehlo_server_want(server) & (EHLO_WANT_CLOSE | EHLO_WANT_TURN)) != 0)
        return 0;
    return server->phase == EHLO_PHASE_BODY || server->phase == EHLO_PHASE_CHUNK ? server->config.body_timeout
                                                                                 : server->config.command_timeout;
}

void ehlo_server_abort(struct ehlo_server *server, int reason)
{
    if (!ehlo_transaction_open(server->state))
        return;
    server->state = EHLO_STATE_READY;
    server->utf8 = 0;
    server->aborted = (int16_t)reason;
}

void ehlo_server_close(struct ehlo_server *server, int error)
{
    server->error = (int16_t)error;
    server->ticket = 0;
    ehlo_queue_release(&server->output);
    ehlo_server_abort(server, error);
}

void ehlo_server_start_over(struct ehlo_server *server)
{
    server->phase = EHLO_PHASE_COMMAND;
    server->state = EHLO_STATE_START;
    server->esmtp = 0;
    server->authenticated = 0;
    server->utf8 = 0;
    server->recipients = 0;
}

int ehlo_server_secured(struct ehlo_server *server, size_t unread)
{
    if (server == NULL)
        return EHLO_E_ARGUMENT;
    if (ehlo_server_want(server) != EHLO_WANT_TLS)
        return EHLO_E_STATE;
    if (unread > 0) {
        ehlo_server_close(server, EHLO_E_INJECTED);
        return EHLO_E_INJECTED;
    }
    ehlo_server_start_over(server);
    server->secured = 1;
    return 0;
}

int ehlo_server_end(struct ehlo_server *server, int why)
{
    if (server == NULL || (why != EHLO_E_LOST && why != EHLO_E_TIMEOUT && why != EHLO_E_SHUTDOWN))
        return EHLO_E_ARGUMENT;
    if (server->error != 0 && why != EHLO_E_LOST)
        return EHLO_E_STATE;
    if (why == EHLO_E_LOST) {
        ehlo_queue_init(&server->output, server->output.capacity);
        server->reply.stock = EHLO_STOCK_NONE;
        server->farewell = EHLO_STOCK_NONE;
    } else {
        server->verb = EHLO_VERB_OTHER; /* no command is what this answers */
        server->farewell = why == EHLO_E_TIMEOUT ? EHLO_STOCK_TIMEOUT : EHLO_STOCK_SHUTDOWN;
        ehlo_server_pump(server);
    }
    if (server->error != 0)
        return EHLO_E_STATE;
    ehlo_server_close(server, why);
    return 0;
}
