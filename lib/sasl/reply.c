/* SPDX-License-Identifier: ISC
 *
 * What a server answers in an exchange (RFC 4954, sections 4 and 6).
 */
#include <ehlo/reply.h>
#include <string.h>

#include "codec/ascii.h"
#include "sasl/exchange.h"

struct row {
    int16_t result;
    uint16_t code;
    uint16_t status[3];
    char text[40];
};

static const struct row rows[] = {
    {EHLO_SASL_CHALLENGE, 334, {0, 0, 0}, ""},
    {EHLO_SASL_ACCEPTED, 235, {2, 7, 0}, "Authentication successful"},
    {EHLO_SASL_REFUSED, 535, {5, 7, 8}, "Authentication credentials invalid"},
    {EHLO_E_BASE64, 501, {5, 5, 2}, "Cannot decode this as base64"},
    {EHLO_E_EXCHANGE, 501, {5, 5, 2}, "Malformed authentication exchange"},
    {EHLO_E_UNWANTED, 501, {5, 7, 0}, "No initial response, please"},
    {EHLO_E_LINE_LONG, 500, {5, 5, 6}, "Authentication exchange line too long"},
    {EHLO_E_SPACE, 500, {5, 5, 6}, "Authentication exchange line too long"},
    {EHLO_E_CRYPTO, 454, {4, 7, 0}, "Temporary authentication failure"},
    {EHLO_E_MECHANISM, 504, {5, 5, 4}, "Unrecognized authentication mechanism"},
    {EHLO_E_CONFIG, 454, {4, 7, 0}, "Temporary authentication failure"},
};

int ehlo_sasl_reply(int result, const struct ehlo_sasl_step *step, struct ehlo_reply *reply)
{
    size_t i = 0;

    if (step == NULL || reply == NULL || reply->size < sizeof *reply)
        return EHLO_E_ARGUMENT;
    while (i < sizeof rows / sizeof *rows && rows[i].result != result)
        i++;
    if (i == sizeof rows / sizeof *rows)
        return EHLO_E_STATE;
    reply->code = rows[i].code;
    memcpy(reply->status, rows[i].status, sizeof reply->status);
    reply->lines = 0;
    reply->text = result == EHLO_SASL_CHALLENGE ? step->challenge : ehlo_span_of(rows[i].text);
    return 0;
}
