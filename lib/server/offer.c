/* SPDX-License-Identifier: ISC
 *
 * What a server offers: extensions of its own, and those that the program names, a line of the EHLO response each.
 */
#include "codec/ascii.h"
#include "grammar/registry.h"
#include "server/server.h"

enum {
    LINES_MAX = 100,
    LINE_FRAME = 6,   /* `250-` and CRLF */
    LINE_OCTETS = 512 /* RFC 5321, section 4.5.3.1.5 */
};

/* Takes the first line off the front of an offer: 1, or 0 at its end. */
static int next_line(struct ehlo_span *offer, struct ehlo_span *line)
{
    *line = *offer;
    for (line->size = 0; line->size < offer->size && line->data[line->size] != '\n'; line->size++)
        ;
    if (offer->size == 0)
        return 0;
    offer->data += line->size;
    offer->size -= line->size;
    if (offer->size > 0) {
        offer->data++;
        offer->size--;
    }
    return 1;
}

/* An extension that the program may name: not one that the library offers by itself, nor one that nobody does. */
static int may_name(const struct ehlo_capability *capability)
{
    const uint64_t fixed = ehlo_registry_set(EHLO_REGISTRY_OFFERED) | ehlo_registry_set(EHLO_REGISTRY_NEVER);

    if (capability->extension == EHLO_EXTENSION_OTHER)
        return 1;
    return !(fixed >> capability->extension & 1) &&
           (capability->extension != EHLO_EXTENSION_AUTH || capability->argument.size > 0);
}

int ehlo_offer_check(const struct ehlo_server_config *config)
{
    struct ehlo_span offer = config->offer, line;
    struct ehlo_capability capability;
    size_t lines = 0, at, length;

    if (offer.data == NULL && offer.size > 0)
        return EHLO_E_CONFIG;
    while (next_line(&offer, &line))
        if (++lines > LINES_MAX || line.size + LINE_FRAME > LINE_OCTETS ||
            line.size + LINE_FRAME > config->output_size ||
            ehlo_capability_parse(&capability, line.data, line.size, &at) != 0 ||
            ehlo_capability_format(NULL, 0, &length, &capability) != EHLO_E_SPACE || length != line.size ||
            !may_name(&capability))
            return EHLO_E_CONFIG;
    return 0;
}

/* Extensions that must not be offered without another: RFC 3030, 3; RFC 6531, 3.1; RFC 4468, 3.2. */
static const struct {
    uint8_t extension;
    uint8_t other;
} needs[] = {
    {EHLO_EXTENSION_BINARYMIME, EHLO_EXTENSION_CHUNKING},
    {EHLO_EXTENSION_SMTPUTF8, EHLO_EXTENSION_8BITMIME},
    {EHLO_EXTENSION_BURL, EHLO_EXTENSION_CHUNKING},
};

uint64_t ehlo_offer_set(const struct ehlo_server_config *config)
{
    struct ehlo_span offer = config->offer, line;
    struct ehlo_capability capability;
    uint64_t set = ehlo_registry_set(EHLO_REGISTRY_OFFERED);
    size_t at, i;

    while (next_line(&offer, &line))
        if (ehlo_capability_parse(&capability, line.data, line.size, &at) == 0 &&
            capability.extension != EHLO_EXTENSION_OTHER)
            set |= UINT64_C(1) << capability.extension;
    set &= ~config->withhold;
    for (i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (!(set >> needs[i].other & 1))
            set &= ~(UINT64_C(1) << needs[i].extension);
    if (config->flags & EHLO_SERVER_LMTP) /* its last part would be answered for each recipient, and is asked once */
        set &= ~(UINT64_C(1) << EHLO_EXTENSION_BURL);
    return set;
}

int ehlo_offer_line(const struct ehlo_server_config *config, uint32_t index, struct ehlo_capability *capability)
{
    struct ehlo_span offer = config->offer, line;
    size_t at;

    do {
        if (!next_line(&offer, &line))
            return 0;
    } while (index-- > 0);
    return ehlo_capability_parse(capability, line.data, line.size, &at) == 0;
}

/* What binds to a channel is nothing without TLS (RFC 5802, section 6). */
static int is_shown(const struct ehlo_server *server, struct ehlo_span mechanism)
{
    static const char plus[] = "-PLUS";
    const size_t size = sizeof plus - 1;
    struct ehlo_span tail;

    if (server->secured || mechanism.size < size)
        return 1;
    tail.data = mechanism.data + mechanism.size - size;
    tail.size = size;
    return !ehlo_span_is(tail, plus, size);
}

int ehlo_offer_next_mechanism(const struct ehlo_server *server, struct ehlo_span *argument, struct ehlo_span *mechanism)
{
    while (ehlo_capability_word(argument, mechanism))
        if (is_shown(server, *mechanism))
            return 1;
    return 0;
}

/* More than one line may say AUTH. */
int ehlo_offer_mechanism(const struct ehlo_server *server, struct ehlo_span mechanism)
{
    struct ehlo_capability capability;
    struct ehlo_span word;
    uint32_t index;

    for (index = 0; ehlo_offer_line(&server->config, index, &capability); index++)
        while (capability.extension == EHLO_EXTENSION_AUTH &&
               ehlo_offer_next_mechanism(server, &capability.argument, &word))
            if (ehlo_span_is(mechanism, word.data, word.size))
                return 1;
    return 0;
}
