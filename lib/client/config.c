/* SPDX-License-Identifier: ISC
 *
 * The configuration of a client: defaults, bounds, and what follows from it.
 */
#include <ehlo/command.h>
#include <string.h>

#include "client/client.h"
#include "session/config.h"

enum {
    OUTPUT_DEFAULT = 1024,
    OUTPUT_MIN = 512, /* RFC 5321, section 4.5.3.1.4 */
    OUTPUT_MAX = 1 << 20,
    LINE_DEFAULT = EHLO_CLIENT_LINE_MAX,
    LINE_MIN = 512, /* RFC 5321, section 4.5.3.1.5 */
    REPLY_DEFAULT = 100,
    OUTSTANDING_DEFAULT = 4096,
    COMMAND_TIMEOUT = 300, /* these four: RFC 5321, section 4.5.3.2 */
    DATA_TIMEOUT = 120,
    BODY_TIMEOUT = 180,
    END_TIMEOUT = 600,
    FLAGS_ALL = EHLO_CLIENT_8BIT_ANYWAY | EHLO_CLIENT_LMTP | EHLO_CLIENT_SECURED | EHLO_CLIENT_REQUIRE_TLS |
                EHLO_CLIENT_AUTH_IN_CLEAR | EHLO_CLIENT_CHUNKING
};

/* Whether EHLO can say this name. */
static int check_hello(const struct ehlo_client_config *config)
{
    struct ehlo_command hello;
    size_t length;

    memset(&hello, 0, sizeof hello);
    hello.verb = EHLO_VERB_EHLO;
    hello.argument = config->hello;
    if (hello.argument.data == NULL)
        return EHLO_E_CONFIG;
    return ehlo_command_format(NULL, 0, &length, &hello, config->rules) == EHLO_E_SPACE ? 0 : EHLO_E_CONFIG;
}

int ehlo_client_config_fill(struct ehlo_client_config *filled, const struct ehlo_client_config *config)
{
    int error;

    if (config == NULL)
        return EHLO_E_ARGUMENT;
    error = ehlo_config_copy(filled, sizeof *filled, config, config->size);
    if (error != 0)
        return error;
    filled->size = sizeof *filled;
    ehlo_config_default(&filled->output_size, OUTPUT_DEFAULT);
    ehlo_config_default(&filled->line_max, LINE_DEFAULT);
    ehlo_config_default(&filled->reply_max, REPLY_DEFAULT);
    ehlo_config_default(&filled->outstanding_max, OUTSTANDING_DEFAULT);
    ehlo_config_default(&filled->command_timeout, COMMAND_TIMEOUT);
    ehlo_config_default(&filled->data_timeout, DATA_TIMEOUT);
    ehlo_config_default(&filled->body_timeout, BODY_TIMEOUT);
    ehlo_config_default(&filled->end_timeout, END_TIMEOUT);
    if (filled->output_size < OUTPUT_MIN || filled->output_size > OUTPUT_MAX || filled->line_max < LINE_MIN ||
        (filled->rules & ~(uint32_t)EHLO_ALLOW_ALL) != 0 || (filled->flags & ~(uint32_t)FLAGS_ALL) != 0 ||
        filled->reserved != 0)
        return EHLO_E_CONFIG;
    return check_hello(filled);
}

static int defaults(struct ehlo_client_config *filled, const struct ehlo_client_config *config)
{
    static const struct ehlo_client_config zero;
    struct ehlo_client_config plain = zero;

    if (config != NULL)
        return ehlo_client_config_fill(filled, config);
    plain.size = sizeof plain;
    plain.hello.data = "localhost";
    plain.hello.size = 9;
    return ehlo_client_config_fill(filled, &plain);
}

size_t ehlo_client_size(const struct ehlo_client_config *config)
{
    struct ehlo_client_config filled;

    return defaults(&filled, config) != 0 ? 0 : sizeof(struct ehlo_client) + filled.output_size;
}

size_t ehlo_client_line_max(const struct ehlo_client_config *config)
{
    struct ehlo_client_config filled;

    return defaults(&filled, config) != 0 ? 0 : filled.line_max;
}
