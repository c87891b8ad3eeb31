/* SPDX-License-Identifier: ISC
 *
 * How fast dot-stuffing is undone and done, as a share of the speed at which memcpy moves the same octets.
 */
#define _POSIX_C_SOURCE 200809L
#include <ehlo/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIZE 65536
#define RUNS 9
#define SPANS 64
#define RUN_SECONDS 0.01

static char *plain, *wire, *copy;
static size_t wire_size;
static volatile uint64_t sink; /* keeps the compiler from dropping the work */

/* Lines of `line` octets, CRLF included. */
static void fill(size_t line, char text)
{
    size_t at;

    for (at = 0; at < SIZE; at++)
        plain[at] = at % line == line - 2 ? '\r' : at % line == line - 1 ? '\n' : text;
}

static void run_stuff(void)
{
    struct ehlo_span out[SPANS];
    struct ehlo_stuff stuff;
    size_t at, used, filled;

    ehlo_stuff_init(&stuff);
    for (at = 0; at < SIZE; at += used) {
        if (ehlo_stuff(&stuff, plain + at, SIZE - at, &used, out, SPANS, &filled) != 0)
            abort();
    }
    sink += stuff.octets;
}

static void run_unstuff(void)
{
    struct ehlo_unstuff unstuff;
    struct ehlo_span piece;
    size_t at = 0, used;

    ehlo_unstuff_init(&unstuff, EHLO_NEWLINE_REJECT);
    while (ehlo_unstuff(&unstuff, wire + at, wire_size - at, &used, &piece) == EHLO_UNSTUFF_PIECE)
        at += used;
    sink += unstuff.octets;
}

static void run_copy(void)
{
    memcpy(copy, wire, wire_size);
    sink += (unsigned char)copy[sink % wire_size];
}

/* What the wire carries for `plain`: made with the encoder itself. */
static void make_wire(void)
{
    struct ehlo_span out[SPANS];
    struct ehlo_stuff stuff;
    size_t at, used, filled, i;

    ehlo_stuff_init(&stuff);
    wire_size = 0;
    for (at = 0; at < SIZE; at += used) {
        if (ehlo_stuff(&stuff, plain + at, SIZE - at, &used, out, SPANS, &filled) != 0)
            abort();
        for (i = 0; i < filled; wire_size += out[i++].size)
            memcpy(wire + wire_size, out[i].data, out[i].size);
    }
    ehlo_stuff_end(&stuff, out);
    memcpy(wire + wire_size, out->data, out->size);
    wire_size += out->size;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Megabytes of the wire in a second. */
static double speed(void (*run)(void))
{
    double begin = now(), end;
    size_t rounds = 0, i;

    do {
        for (i = 0; i < 16; i++)
            run();
        rounds += i;
        end = now();
    } while (end - begin < RUN_SECONDS);
    return (double)rounds * (double)wire_size / (end - begin) / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, RUNS, sizeof *values, compare);
    return values[RUNS / 2];
}

static void measure(const char *name, size_t line, char text)
{
    double copied[RUNS], decoded[RUNS], sent[RUNS], decode_ratio[RUNS], send_ratio[RUNS];
    int i;

    fill(line, text);
    make_wire();
    for (i = 0; i < RUNS; i++) {
        copied[i] = speed(run_copy);
        decoded[i] = speed(run_unstuff);
        sent[i] = speed(run_stuff);
        decode_ratio[i] = decoded[i] / copied[i];
        send_ratio[i] = sent[i] / copied[i];
    }
    printf("%-18s %8.0f %8.0f %8.0f %8.3f %8.3f\n", name, median(copied), median(decoded), median(sent),
           median(decode_ratio), median(send_ratio));
}

/* memcpy is as fast as it gets when both ends are aligned alike. */
static char *page_aligned(size_t size)
{
    void *block;

    if (posix_memalign(&block, 4096, size) != 0)
        abort();
    memset(block, 0, size);
    return block;
}

int main(void)
{
    plain = page_aligned(SIZE);
    wire = page_aligned(2 * SIZE + 16);
    copy = page_aligned(2 * SIZE + 16);
    printf("%-18s %8s %8s %8s %8s %8s\n", "64 KiB of", "memcpy", "unstuff", "stuff", "unstuff", "stuff");
    printf("%-18s %8s %8s %8s %8s %8s\n", "", "MB/s", "MB/s", "MB/s", "/memcpy", "/memcpy");
    measure("76-column lines", 78, 'x');
    measure("990-column lines", 992, 'x');
    measure("10-octet lines", 10, 'x');
    measure("dots, \"..\" lines", 4, '.');
    free(plain);
    free(wire);
    free(copy);
    return 0;
}
