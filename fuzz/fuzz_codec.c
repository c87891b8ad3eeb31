/* SPDX-License-Identifier: ISC
 *
 * Transparency: whatever is sent arrives as the same text lines, whatever arrives gives the same message however it is
 * cut, and base64 and xtext take what they give.
 *
 * The first four octets choose the cuts; the rest is the message.
 */
#include <ehlo/codec.h>
#include <stdlib.h>
#include <string.h>

#define MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
    size_t size, taken;
    int ended;
    struct ehlo_unstuff unstuff;
    char out[4 * MAX];
};

/* At least 1 and at most `left`, when there is as much. */
static size_t some(uint32_t *random, size_t left)
{
    *random = *random * 1664525 + 1013904223;
    return left == 0 || *random >> 28 == 0 ? left : 1 + (*random >> 8) % (left < 40 ? left : 40);
}

static void append(char *out, size_t *length, const struct ehlo_span *span)
{
    if (span->size == 0 || span->size > 4 * MAX - *length)
        abort();
    memcpy(out + *length, span->data, span->size);
    *length += span->size;
}

/* Decodes `in`; offers it in pieces when `random` is given. Each offer is a copy of its own, for the sanitizers. */
static void unstuff(struct message *m, uint32_t newline, const char *in, size_t size, uint32_t *random)
{
    struct ehlo_span piece;
    size_t used, end = 0;
    char *offer;
    int found;

    memset(m, 0, sizeof *m);
    ehlo_unstuff_init(&m->unstuff, newline);
    while (end < size && !m->ended) {
        end += random ? some(random, size - end) : size;
        offer = malloc(end - m->taken);
        if (offer == NULL)
            abort();
        memcpy(offer, in + m->taken, end - m->taken);
        found = ehlo_unstuff(&m->unstuff, offer, end - m->taken, &used, &piece);
        for (size_t at = used; found == EHLO_UNSTUFF_PIECE; at += used) {
            m->taken += used;
            append(m->out, &m->size, &piece);
            found = ehlo_unstuff(&m->unstuff, offer + at, end - m->taken, &used, &piece);
        }
        m->ended = found == EHLO_UNSTUFF_END;
        m->taken += used;
        free(offer);
        if (found < 0 || (!m->ended && end - m->taken > 2) || m->unstuff.octets != m->size)
            abort();
    }
}

static void check_cuts(const char *in, size_t size, uint32_t random)
{
    static struct message whole, cut;
    uint32_t newline;

    for (newline = EHLO_NEWLINE_REJECT; newline <= EHLO_NEWLINE_KEEP; newline++) {
        unstuff(&whole, newline, in, size, NULL);
        unstuff(&cut, newline, in, size, &random);
        if (memcmp(&whole.unstuff, &cut.unstuff, sizeof whole.unstuff) != 0 || whole.taken != cut.taken ||
            whole.ended != cut.ended || whole.size != cut.size || memcmp(whole.out, cut.out, cut.size) != 0)
            abort();
    }
}

/* The same in chunks; where they end is told by `ends`, how they are offered by `random`. */
static void unchunk(struct message *m, uint32_t newline, const char *in, size_t size, uint32_t ends, uint32_t *random)
{
    struct ehlo_span piece;
    size_t used, chunk, end;
    char *offer;
    int found;

    memset(m, 0, sizeof *m);
    ehlo_unstuff_init(&m->unstuff, newline);
    for (chunk = 0; m->taken < size || chunk < size;) {
        chunk += some(&ends, size - chunk);
        for (end = m->taken; end < chunk;) {
            end += random ? some(random, chunk - end) : chunk - end;
            do {
                offer = malloc(end - m->taken + 1);
                if (offer == NULL)
                    abort();
                memcpy(offer, in + m->taken, end - m->taken);
                found = ehlo_unstuff_chunk(&m->unstuff, offer, end - m->taken, end == chunk, &used, &piece);
                m->taken += used;
                if (found == EHLO_UNSTUFF_PIECE)
                    append(m->out, &m->size, &piece);
                free(offer);
            } while (found == EHLO_UNSTUFF_PIECE);
            if (found < 0 || end - m->taken > (end < chunk) || m->unstuff.octets != m->size)
                abort();
        }
    }
    if (ehlo_unstuff_chunks_end(&m->unstuff, &piece) == EHLO_UNSTUFF_PIECE) {
        append(m->out, &m->size, &piece);
        if (ehlo_unstuff_chunks_end(&m->unstuff, &piece) != EHLO_UNSTUFF_END)
            abort();
    }
}

/* Neither how chunks are offered nor where they end changes the message. */
static void check_chunks(const char *in, size_t size, uint32_t random)
{
    static struct message whole, cut;
    uint32_t newline, one = 0;

    for (newline = EHLO_NEWLINE_REJECT; newline <= EHLO_NEWLINE_KEEP; newline++) {
        unchunk(&whole, newline, in, size, one, NULL);
        unchunk(&cut, newline, in, size, random * 2654435761u, &random);
        if (memcmp(&whole.unstuff, &cut.unstuff, sizeof whole.unstuff) != 0 || whole.size != cut.size ||
            memcmp(whole.out, cut.out, cut.size) != 0)
            abort();
    }
}

/* Sends `in`, cut and through few spans. Returns the octets on the wire. */
static size_t stuff(struct ehlo_stuff *state, char *wire, const char *in, size_t size, uint32_t *random)
{
    struct ehlo_span out[9];
    size_t at = 0, length = 0, used, filled, i, offer, count;

    ehlo_stuff_init(state);
    while (at < size) {
        offer = some(random, size - at);
        count = 1 + some(random, 8);
        if (ehlo_stuff(state, in + at, offer, &used, out, count, &filled) != 0 || used == 0 || filled > count ||
            (used < offer && filled < count))
            abort();
        for (i = 0; i < filled; i++)
            append(wire, &length, &out[i]);
        at += used;
    }
    if (ehlo_stuff_end(state, out) != 0)
        abort();
    append(wire, &length, out);
    return length;
}

/* 1 when `text` is `in` with each line end made a CRLF, and one at the end. */
static int is_canonical(const char *text, size_t length, const char *in, size_t size)
{
    size_t at, got = 0;

    for (at = 0; at < size; at++) {
        if (in[at] != '\r' && in[at] != '\n') {
            if (got == length || text[got++] != in[at])
                return 0;
            continue;
        }
        if (length - got < 2 || text[got] != '\r' || text[got + 1] != '\n')
            return 0;
        got += 2;
        at += in[at] == '\r' && at + 1 < size && in[at + 1] == '\n';
    }
    if (size > 0 && in[size - 1] != '\r' && in[size - 1] != '\n')
        got += 2;
    return got == length && (got == 0 || (text[got - 2] == '\r' && text[got - 1] == '\n'));
}

static void check_round_trip(const char *in, size_t size, uint32_t random)
{
    static char wire[4 * MAX];
    static struct message message;
    struct ehlo_stuff state;
    size_t length = stuff(&state, wire, in, size, &random);

    unstuff(&message, EHLO_NEWLINE_REJECT, wire, length, &random);
    if (!message.ended || message.taken != length || state.octets != message.size ||
        message.unstuff.facts != (state.facts & ~(uint32_t)EHLO_FACT_BARE_NEWLINE) ||
        !is_canonical(message.out, message.size, in, size))
        abort();
}

typedef int encoder(char *out, size_t capacity, size_t *length, const void *in, size_t size);
typedef int decoder(void *out, size_t capacity, size_t *length, const char *in, size_t size);

/* What is encoded decodes to the same; what decodes is what would have been encoded, but for xtext's free choice. */
static void check_text(encoder *encode, decoder *decode, const char *in, size_t size, int canonical)
{
    static char text[4 * MAX], back[4 * MAX];
    size_t length, again;

    if (encode(text, sizeof text, &length, in, size) != 0 || decode(back, sizeof back, &again, text, length) != 0 ||
        again != size || (size > 0 && memcmp(in, back, size) != 0))
        abort();
    if (decode(back, sizeof back, &length, in, size) != 0) {
        if (length > size)
            abort();
    } else if (encode(text, sizeof text, &again, back, length) != 0) {
        abort();
    } else if (canonical && (again != size || (size > 0 && memcmp(text, in, size) != 0))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *in = (const char *)data;
    uint32_t random;

    if (size < sizeof random || size > MAX)
        return 0;
    memcpy(&random, data, sizeof random);
    in += sizeof random;
    size -= sizeof random;
    check_cuts(in, size, random);
    check_chunks(in, size, random);
    check_round_trip(in, size, random);
    check_text(ehlo_base64_encode, ehlo_base64_decode, in, size, 1);
    check_text(ehlo_xtext_encode, ehlo_xtext_decode, in, size, 0);
    return 0;
}
