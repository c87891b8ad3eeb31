/* SPDX-License-Identifier: ISC
 *
 * The configuration of a server: defaults, bounds, and what follows from it.
 */
#include <ehlo/address.h>
#include <string.h>

#include "server/server.h"
#include "session/config.h"

enum {
    OUTPUT_DEFAULT = 1024,
    OUTPUT_MIN = 128,
    OUTPUT_MAX = 1 << 20,
    REPLY_DEFAULT = 512,
    REPLY_MIN = 64,
    LINE_MIN = 512,   /* RFC 5321, section 4.5.3.1.4 */
    STOCK_FRAME = 20, /* octets of a stock line besides its text and the host's name: code, status, spaces, CRLF */
    BANNER_MAX = 200,
    RECIPIENT_DEFAULT = 1000,
    RECIPIENT_MIN = 100, /* RFC 5321, section 4.5.3.1.8 */
    ERROR_DEFAULT = 100,
    COMMAND_DEFAULT = 2000,
    TIMEOUT_DEFAULT = 300, /* RFC 5321, section 4.5.3.2.7 */
    TAKE_ALL = EHLO_TAKE_OTHER | EHLO_TAKE_PARAMS | EHLO_TAKE_EARLY,
    FLAGS_ALL = EHLO_SERVER_LMTP | EHLO_SERVER_SECURED | EHLO_SERVER_REQUIRE_TLS | EHLO_SERVER_REQUIRE_AUTH |
                EHLO_SERVER_AUTH_IN_CLEAR | EHLO_SERVER_REFUSE_EARLY
};

static const uint64_t message_default = UINT64_C(64) * 1024 * 1024;

static int banner_is_text(struct ehlo_span banner)
{
    size_t i;

    if (banner.size > BANNER_MAX)
        return 0;
    for (i = 0; i < banner.size; i++)
        if (banner.data[i] < ' ' || banner.data[i] > '~')
            return 0;
    return 1;
}

int ehlo_server_config_fill(struct ehlo_server_config *filled, const struct ehlo_server_config *config)
{
    uint32_t kind;
    size_t at;
    int error;

    if (config == NULL)
        return EHLO_E_ARGUMENT;
    error = ehlo_config_copy(filled, sizeof *filled, config, config->size);
    if (error != 0)
        return error;
    filled->size = sizeof *filled;
    ehlo_config_default(&filled->output_size, OUTPUT_DEFAULT);
    ehlo_config_default(&filled->reply_max, filled->output_size < REPLY_DEFAULT ? filled->output_size : REPLY_DEFAULT);
    ehlo_config_default(&filled->recipient_max, RECIPIENT_DEFAULT);
    ehlo_config_default(&filled->error_max, ERROR_DEFAULT);
    ehlo_config_default(&filled->command_max, COMMAND_DEFAULT);
    ehlo_config_default(&filled->command_timeout, TIMEOUT_DEFAULT);
    ehlo_config_default(&filled->body_timeout, TIMEOUT_DEFAULT);
    if (filled->message_max == 0)
        filled->message_max = message_default;
    if (filled->banner.data == NULL) {
        filled->banner.data = filled->flags & EHLO_SERVER_LMTP ? "LMTP" : "ESMTP";
        filled->banner.size = filled->flags & EHLO_SERVER_LMTP ? 4 : 5;
    }
    if (filled->reply_max < REPLY_MIN || filled->reply_max > filled->output_size ||
        (filled->line_max != 0 && filled->line_max < LINE_MIN) || filled->recipient_max < RECIPIENT_MIN ||
        filled->newline > EHLO_NEWLINE_KEEP || (filled->rules & ~(uint32_t)EHLO_ALLOW_ALL) != 0 ||
        (filled->take & ~(uint32_t)TAKE_ALL) != 0 || (filled->flags & ~(uint32_t)FLAGS_ALL) != 0 ||
        filled->reserved != 0 || !banner_is_text(filled->banner))
        return EHLO_E_CONFIG;
    if (filled->hostname.data == NULL ||
        ehlo_domain_parse(filled->hostname.data, filled->hostname.size, filled->rules, &kind, &at) != 0)
        return EHLO_E_CONFIG;
    if (filled->output_size < OUTPUT_MIN || filled->output_size > OUTPUT_MAX ||
        filled->output_size < STOCK_FRAME + filled->hostname.size + EHLO_STOCK_TEXT ||
        filled->output_size < STOCK_FRAME + filled->hostname.size + filled->banner.size)
        return EHLO_E_CONFIG;
    return ehlo_offer_check(filled);
}

static int defaults(struct ehlo_server_config *filled, const struct ehlo_server_config *config)
{
    struct ehlo_server_config zero;

    if (config != NULL)
        return ehlo_server_config_fill(filled, config);
    memset(&zero, 0, sizeof zero);
    zero.size = sizeof zero;
    zero.hostname.data = "localhost";
    zero.hostname.size = 9;
    return ehlo_server_config_fill(filled, &zero);
}

uint32_t ehlo_server_verb_line_max(const struct ehlo_server_config *config, uint64_t offered, uint32_t verb)
{
    return config->line_max != 0 ? config->line_max : ehlo_extension_line_max(offered, verb);
}

size_t ehlo_server_line_max(const struct ehlo_server_config *config)
{
    struct ehlo_server_config filled;
    uint64_t offered;
    uint32_t verb, octets, most = 0;

    if (defaults(&filled, config) != 0)
        return 0;
    offered = ehlo_offer_set(&filled);
    for (verb = 0; verb <= EHLO_VERB_TURN; verb++) {
        octets = ehlo_server_verb_line_max(&filled, offered, verb);
        if (most < octets)
            most = octets;
    }
    return most;
}

size_t ehlo_server_size(const struct ehlo_server_config *config)
{
    struct ehlo_server_config filled;

    if (defaults(&filled, config) != 0)
        return 0;
    return sizeof(struct ehlo_server) + filled.output_size;
}
