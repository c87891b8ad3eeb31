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
    LINE_BASE = 512,  /* RFC 5321, section 4.5.3.1.4 */
    STOCK_FRAME = 20, /* octets of a stock line besides its text and the host's name: code, status, spaces, CRLF */
    BANNER_MAX = 200,
    RECIPIENT_DEFAULT = 1000,
    RECIPIENT_MIN = 100, /* RFC 5321, section 4.5.3.1.8 */
    ERROR_DEFAULT = 100,
    COMMAND_DEFAULT = 2000,
    TIMEOUT_DEFAULT = 300 /* RFC 5321, section 4.5.3.2.7 */
};

static const uint64_t message_default = UINT64_C(64) * 1024 * 1024;

/* Octets that an extension adds to the command lines of a verb: RFC 1870, section 3; RFC 6152, section 3. */
static const struct {
    uint8_t extension;
    uint8_t verb;
    uint16_t octets;
} increments[] = {
    {EHLO_EXTENSION_SIZE, EHLO_VERB_MAIL, 26},
    {EHLO_EXTENSION_8BITMIME, EHLO_VERB_MAIL, 17},
};

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
        filled->banner.data = "ESMTP";
        filled->banner.size = 5;
    }
    if (filled->reply_max < REPLY_MIN || filled->reply_max > filled->output_size ||
        (filled->line_max != 0 && filled->line_max < LINE_BASE) || filled->recipient_max < RECIPIENT_MIN ||
        filled->newline > EHLO_NEWLINE_KEEP || (filled->rules & ~(uint32_t)EHLO_ALLOW_ALL) != 0 ||
        (filled->take & ~(uint32_t)EHLO_TAKE_OTHER) != 0 || (filled->withhold & ~EHLO_SERVER_EXTENSIONS) != 0 ||
        filled->reserved != 0 || !banner_is_text(filled->banner))
        return EHLO_E_CONFIG;
    if (filled->hostname.data == NULL ||
        ehlo_domain_parse(filled->hostname.data, filled->hostname.size, filled->rules, &kind, &at) != 0)
        return EHLO_E_CONFIG;
    if (filled->output_size < OUTPUT_MIN || filled->output_size > OUTPUT_MAX ||
        filled->output_size < STOCK_FRAME + filled->hostname.size + EHLO_STOCK_TEXT ||
        filled->output_size < STOCK_FRAME + filled->hostname.size + filled->banner.size)
        return EHLO_E_CONFIG;
    return 0;
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

uint64_t ehlo_server_offered(const struct ehlo_server_config *config)
{
    return EHLO_SERVER_EXTENSIONS & ~config->withhold;
}

int ehlo_server_offers(const struct ehlo_server *server, uint32_t extension)
{
    return (int)(ehlo_server_offered(&server->config) >> extension & 1);
}

uint32_t ehlo_server_verb_line_max(const struct ehlo_server_config *config, uint32_t verb)
{
    uint32_t octets = LINE_BASE;
    size_t i;

    if (config->line_max != 0)
        return config->line_max;
    for (i = 0; i < sizeof increments / sizeof increments[0]; i++)
        if (increments[i].verb == verb && (ehlo_server_offered(config) >> increments[i].extension & 1))
            octets += increments[i].octets;
    return octets;
}

size_t ehlo_server_line_max(const struct ehlo_server_config *config)
{
    struct ehlo_server_config filled;
    uint32_t verb, octets, most = 0;

    if (defaults(&filled, config) != 0)
        return 0;
    for (verb = 0; verb <= EHLO_VERB_TURN; verb++) {
        octets = ehlo_server_verb_line_max(&filled, verb);
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
