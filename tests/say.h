/* SPDX-License-Identifier: ISC
 *
 * What a client says, by spans.
 */
#ifndef TESTS_SAY_H
#define TESTS_SAY_H

#include <ehlo.h>

static inline int say_command(struct ehlo_client *client, struct ehlo_span line)
{
    return ehlo_client_command(client, line.data, line.size);
}

static inline int say_auth(struct ehlo_client *client, struct ehlo_span mechanism, struct ehlo_span initial)
{
    return ehlo_client_auth(client, mechanism.data, mechanism.size, initial.data, initial.size);
}

static inline int say_response(struct ehlo_client *client, struct ehlo_span response)
{
    return ehlo_client_respond(client, response.data, response.size);
}

#endif
