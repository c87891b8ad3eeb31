/* SPDX-License-Identifier: ISC
 *
 * What is claimed of a client: headers of the PROXY protocol, attributes of XCLIENT and XFORWARD. And texts of codes.
 */
#include <ehlo/address.h>
#include <ehlo/attribute.h>
#include <ehlo/code.h>
#include <ehlo/command.h>
#include <ehlo/proxy.h>
#include <stdlib.h>
#include <string.h>

#include "require.h"

#define PARTS_MAX 400 /* so many cuts of an input are tried */

static char out[1024];

/* What was found is the same once it has been written and read; version 1 reads LOCAL as UNKNOWN, and never says it. */
static void round_proxy(const struct ehlo_proxy *proxy)
{
    struct ehlo_proxy again = {sizeof again, 0, 0, 0, 0, 0, {0}, {0}};
    size_t length, used;

    require(ehlo_proxy_format(out, sizeof out, &length, proxy) == 0);
    require(ehlo_proxy_parse(&again, out, length, &used) == 1 && used == length);
    require(memcmp(&again, proxy, sizeof again) == 0);
}

/* Whatever is there earlier, the outcome is the same: more is asked for until it is certain. */
static void try_parts(const char *in, size_t size, const struct ehlo_proxy *whole, int result, size_t at)
{
    struct ehlo_proxy proxy = {sizeof proxy, 0, 0, 0, 0, 0, {0}, {0}};
    size_t part, used;
    int before = 0, now;

    for (part = 0; part <= size; part++) {
        now = ehlo_proxy_parse(&proxy, in, part, &used);
        require(before == 0 || now == before);
        require(now == 0 ? used == 0 : now == result && used == at);
        require(now != 0 || proxy.need == 0 || proxy.need > part);
        before = now;
    }
    require(before == result && memcmp(&proxy, whole, sizeof proxy) == 0);
}

static void try_proxy(const char *in, size_t size)
{
    struct ehlo_proxy proxy = {sizeof proxy, 0, 0, 0, 0, 0, {0}, {0}};
    size_t used;
    int result = ehlo_proxy_parse(&proxy, in, size, &used);

    require(result <= 1 && used <= size);
    require(result != 0 || (used == 0 && size < EHLO_PROXY_MAX));
    if (result == 1)
        round_proxy(&proxy);
    if (size <= PARTS_MAX)
        try_parts(in, size, &proxy, result, used);
}

static void round_attribute(const struct ehlo_attribute *attribute, uint32_t verb)
{
    struct ehlo_attribute again;
    struct ehlo_span list;
    size_t length, at;
    int control = 0;

    require(ehlo_attribute_format(out, sizeof out, &length, verb, attribute) == 0);
    for (at = 0; at < length; at++)
        control |= out[at] < ' ' || out[at] > '~';
    require(!control && out[0] == ' ');
    list.data = out + 1;
    list.size = length - 1;
    require(ehlo_attribute_next(&list, verb, &again, 0, &at) == 1 && list.size == 0);
    require(again.attribute == attribute->attribute && again.state == attribute->state);
    require(again.port == attribute->port && again.address_size == attribute->address_size);
    require(memcmp(again.address, attribute->address, sizeof again.address) == 0);
    if (attribute->state == EHLO_ATTRIBUTE_KNOWN && attribute->address_size == 0)
        require(memcmp(again.text, attribute->text, sizeof again.text) == 0);
}

static void try_attributes(const char *in, size_t size, uint32_t verb, uint32_t rules)
{
    struct ehlo_attribute attribute;
    struct ehlo_span list = {in, size};
    size_t at, before;
    int result;

    for (;;) {
        before = list.size;
        result = ehlo_attribute_next(&list, verb, &attribute, rules, &at);
        inside(list, in, size);
        inside(attribute.keyword, in, size);
        if (result <= 0)
            break;
        require(list.size < before && attribute.text[attribute.text_size] == '\0');
        round_attribute(&attribute, verb);
    }
    require(at <= list.size);
}

static void try_codes(const uint8_t *data, size_t size)
{
    uint16_t numbers[3];

    if (size < sizeof numbers)
        return;
    memcpy(numbers, data, sizeof numbers);
    require(strlen(ehlo_code_text(numbers[0])) < 128 && strlen(ehlo_status_text(numbers)) < 128);
    require(strlen(ehlo_status_class_text(numbers[0])) < 128 && strlen(ehlo_status_subject_text(numbers[1])) < 128);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *in = (const char *)data;

    try_proxy(in, size);
    try_attributes(in, size, EHLO_VERB_XCLIENT, 0);
    try_attributes(in, size, EHLO_VERB_XFORWARD, EHLO_ALLOW_SPACE);
    try_codes(data, size);
    return 0;
}
