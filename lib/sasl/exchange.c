/* SPDX-License-Identifier: ISC
 *
 * The memory of an exchange: base64 and back, what is kept, what is wiped.
 */
#include "sasl/exchange.h"

#include <ehlo/codec.h>
#include <stddef.h>
#include <string.h>

/* The compiler puts the number where it may stand: on some machines that is less than its size. */
struct aligned {
    char octet;
    uint64_t number;
};

int ehlo_exchange_init(struct ehlo_sasl **sasl, void *block, size_t size, uint32_t mechanism, uint32_t side)
{
    const struct ehlo_mechanism *row = ehlo_mechanism(mechanism);
    struct ehlo_sasl *fresh = block;

    if (sasl == NULL || block == NULL || (uintptr_t)block % offsetof(struct aligned, number) != 0)
        return EHLO_E_ARGUMENT;
    if (row == NULL)
        return EHLO_E_MECHANISM;
    if (size < EHLO_SASL_SIZE_LEAST)
        return EHLO_E_SPACE;
    memset(fresh, 0, sizeof *fresh);
    fresh->row = row;
    fresh->mechanism = mechanism;
    fresh->side = side;
    size -= sizeof *fresh;
    fresh->room = (uint32_t)(size < UINT32_MAX ? size : UINT32_MAX);
    memset(fresh->text, 0, fresh->room);
    *sasl = fresh;
    return 0;
}

void ehlo_exchange_turn(struct ehlo_sasl *sasl)
{
    ehlo_wipe(sasl->text + sasl->kept, sasl->room - sasl->kept);
    sasl->used = sasl->kept;
}

int ehlo_exchange_over(struct ehlo_sasl *sasl, int why)
{
    uint32_t side = sasl->side, room = sasl->room;

    ehlo_wipe(sasl, sizeof *sasl);
    ehlo_wipe(sasl->text, room);
    sasl->side = side;
    sasl->room = room;
    sasl->over = why;
    return why;
}

int ehlo_exchange_decode(struct ehlo_sasl *sasl, struct ehlo_span base64, struct ehlo_span *message)
{
    size_t length;
    int error;

    /* some count the line without its CRLF */
    if (base64.size > EHLO_SASL_LINE_MAX)
        return EHLO_E_LINE_LONG;
    message->data = sasl->text + sasl->used;
    error = ehlo_base64_decode(sasl->text + sasl->used, sasl->room - sasl->used, &length, base64.data, base64.size);
    if (error != 0)
        return error;
    message->size = length;
    sasl->used += (uint32_t)length;
    return 0;
}

struct ehlo_writer ehlo_exchange_writer(struct ehlo_sasl *sasl)
{
    struct ehlo_writer writer;

    ehlo_writer_over(&writer, sasl->text + sasl->used, sasl->room - sasl->used);
    return writer;
}

int ehlo_exchange_hold(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_span *text)
{
    if (writer->length > sasl->room - sasl->used)
        return EHLO_E_SPACE;
    *text = ehlo_octets(sasl->text + sasl->used, writer->length);
    sasl->used += (uint32_t)writer->length;
    return 0;
}

void ehlo_put_base64(struct ehlo_writer *writer, const void *data, size_t size)
{
    const char *octets = data;
    char three[3], four[4];
    size_t at, some, length;

    for (at = 0; at < size; at += some) {
        some = size - at < sizeof three ? size - at : sizeof three;
        memcpy(three, octets + at, some);
        if (ehlo_base64_encode(four, sizeof four, &length, three, some) == 0)
            ehlo_put(writer, four, length);
    }
    ehlo_wipe(three, sizeof three);
    ehlo_wipe(four, sizeof four);
}

/* What was put moves to the end of the room that its base64 takes, and each three octets are read before they go. */
int ehlo_exchange_encode(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_span *base64)
{
    size_t left = sasl->room - sasl->used, size = writer->length, length;
    char *text = sasl->text + sasl->used;
    struct ehlo_writer over;

    if (size > left)
        return EHLO_E_SPACE;
    length = size / 3 * 4 + (size % 3 != 0 ? 4 : 0);
    if (length > EHLO_SASL_LINE_MAX - 2)
        return EHLO_E_LINE_LONG;
    if (length > left)
        return EHLO_E_SPACE;
    memmove(text + length - size, text, size);
    ehlo_writer_over(&over, text, length);
    ehlo_put_base64(&over, text + length - size, size);
    *base64 = ehlo_octets(text, length);
    sasl->used += (uint32_t)length;
    return 0;
}

int ehlo_exchange_challenge(struct ehlo_sasl *sasl, const struct ehlo_writer *writer, struct ehlo_sasl_step *step)
{
    int error = ehlo_exchange_encode(sasl, writer, &step->challenge);

    return error == 0 ? EHLO_SASL_CHALLENGE : error;
}

struct ehlo_run ehlo_run_of(const struct ehlo_sasl *sasl, struct ehlo_span span)
{
    struct ehlo_run run = {0, 0};

    if (span.size > 0) {
        run.at = (uint32_t)(span.data - sasl->text);
        run.size = (uint32_t)span.size;
    }
    return run;
}

struct ehlo_span ehlo_run_span(const struct ehlo_sasl *sasl, struct ehlo_run run)
{
    return run.size == 0 ? ehlo_octets(NULL, 0) : ehlo_octets(sasl->text + run.at, run.size);
}
