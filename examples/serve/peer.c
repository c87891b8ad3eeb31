/* SPDX-License-Identifier: ISC
 *
 * Addresses and claims of a client.
 */
#define _POSIX_C_SOURCE 200809L
#include "peer.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_address(struct peer *peer, int family, const uint8_t *address, uint16_t port)
{
    memset(peer->address, 0, sizeof peer->address);
    peer->family = family;
    peer->port = port;
    if (family == AF_INET || family == AF_INET6)
        memcpy(peer->address, address, family == AF_INET ? 4 : 16);
}

void peer_of_socket(struct peer *peer, const struct sockaddr *address)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    memset(peer, 0, sizeof *peer);
    peer->family = AF_UNSPEC;
    if (address != NULL && address->sa_family == AF_INET) {
        memcpy(&ipv4, address, sizeof ipv4);
        set_address(peer, AF_INET, (const uint8_t *)&ipv4.sin_addr, ntohs(ipv4.sin_port));
    } else if (address != NULL && address->sa_family == AF_INET6) {
        memcpy(&ipv6, address, sizeof ipv6);
        set_address(peer, AF_INET6, ipv6.sin6_addr.s6_addr, ntohs(ipv6.sin6_port));
    }
}

void peer_of_proxy(struct peer *peer, const struct ehlo_proxy *header)
{
    if (header->family == EHLO_PROXY_IPV4)
        set_address(peer, AF_INET, header->source, header->source_port);
    else if (header->family == EHLO_PROXY_IPV6)
        set_address(peer, AF_INET6, header->source, header->source_port);
    else if (header->family == EHLO_PROXY_UNIX)
        set_address(peer, AF_UNSPEC, NULL, 0);
}

static void set_text(char text[PEER_TEXT], const struct ehlo_attribute *attribute)
{
    memset(text, 0, PEER_TEXT);
    if (attribute->state == EHLO_ATTRIBUTE_KNOWN)
        memcpy(text, attribute->text, attribute->text_size);
}

static void take(struct peer *peer, const struct ehlo_attribute *attribute)
{
    switch (attribute->attribute) {
    case EHLO_ATTRIBUTE_NAME:
        set_text(peer->claim->name, attribute);
        break;
    case EHLO_ATTRIBUTE_ADDR:
        set_address(peer,
                    attribute->address_size == 4    ? AF_INET
                    : attribute->address_size == 16 ? AF_INET6
                                                    : AF_UNSPEC,
                    attribute->address, peer->port);
        break;
    case EHLO_ATTRIBUTE_PORT:
        peer->port = attribute->port;
        break;
    case EHLO_ATTRIBUTE_HELO:
        set_text(peer->claim->hello, attribute);
        break;
    case EHLO_ATTRIBUTE_LOGIN:
        set_text(peer->claim->login, attribute);
        break;
    default:
        break; /* of no use here */
    }
}

int peer_claim(struct peer *claimed, const struct peer *peer, uint32_t verb, struct ehlo_span list)
{
    struct ehlo_attribute attribute;
    size_t at;
    int found;

    if (claimed != NULL) {
        *claimed = *peer;
        claimed->claim = calloc(1, sizeof *claimed->claim);
        if (claimed->claim == NULL)
            return -1;
        if (peer->claim != NULL)
            *claimed->claim = *peer->claim;
    }
    while ((found = ehlo_attribute_next(&list, verb, &attribute, EHLO_ALLOW_SPACE, &at)) == 1) {
        if (attribute.attribute == EHLO_ATTRIBUTE_OTHER)
            found = EHLO_E_KEYWORD;
        if (found < 0)
            break;
        if (claimed != NULL)
            take(claimed, &attribute);
    }
    if (found < 0 && claimed != NULL)
        peer_clear(claimed);
    return found < 0 ? -1 : 0;
}

void peer_clear(struct peer *peer)
{
    free(peer->claim);
    peer->claim = NULL;
}

void peer_address(const struct peer *peer, char text[PEER_TEXT])
{
    if ((peer->family != AF_INET && peer->family != AF_INET6) ||
        inet_ntop(peer->family, peer->address, text, PEER_TEXT) == NULL)
        text[0] = '\0';
}

void peer_describe(const struct peer *peer, char text[PEER_TEXT])
{
    char address[PEER_TEXT];

    peer_address(peer, address);
    if (address[0] == '\0')
        snprintf(text, PEER_TEXT, "unknown");
    else
        snprintf(text, PEER_TEXT, peer->family == AF_INET6 ? "[%.64s]:%u" : "%.64s:%u", address,
                 (unsigned int)peer->port);
}
