/* SPDX-License-Identifier: ISC
 *
 * A fuzz target's main() for any compiler.
 *
 *     fuzz_NAME [FILE...]                        runs each file once, and the empty input
 *     fuzz_NAME -t SECONDS [-s SEED] [FILE...]   then mutates them for that long; the same seed makes the same inputs
 *
 * Each input ends at an unreadable page. One that makes the target crash is written to `crash` in the present folder.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t *data;
    size_t size;
};

/* clang-format off */
static const char *const tokens[] = {
    "\r\n", ".\r\n", "\r\n.\r\n", "\r\n..\r\n", "\n.\n", "\r", "\n", ".", "..", " ", "\t", "<", ">", "<>", "@", "\"",
    "\\", ":", "=", "[", "]", "+", "-", "+00", "0", "999", "250-", "250 ok", "2.1.5", "SIZE=1", "\xc3\xa9",
    "EHLO a\r\n", "MAIL FROM:<a@b>", "RCPT TO:<b>", "DATA\r\n", "RSET\r\n", "NOOP\r\n"
};
/* clang-format on */

static uint8_t *edge; /* where the unreadable page begins */
static struct input running;
static uint64_t state;

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* xorshift64*: small, and the same everywhere. A number under `bound`. */
static size_t pick(size_t bound)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return bound == 0 ? 0 : (size_t)((state * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void crashed(int number)
{
    int fd = open("crash", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    static const char said[] = "crashed; the input is in the file `crash`\n";

    if (fd < 0 || write(fd, running.data, running.size) < 0 || write(2, said, sizeof said - 1) < 0)
        _exit(2);
    signal(number, SIG_DFL);
    raise(number);
}

static void run(const uint8_t *data, size_t size)
{
    running.data = edge - size;
    running.size = size;
    if (size > 0)
        memcpy(running.data, data, size);
    LLVMFuzzerTestOneInput(running.data, size);
}

static struct input load(const char *name)
{
    struct input input = {malloc(INPUT_MAX), 0};
    FILE *file = fopen(name, "rb");

    if (file == NULL || input.data == NULL)
        fail(name);
    input.size = fread(input.data, 1, INPUT_MAX, file);
    if (ferror(file) || getc(file) != EOF) {
        fprintf(stderr, "%s: cannot be read, or is longer than %u octets\n", name, INPUT_MAX);
        exit(2);
    }
    fclose(file);
    return input;
}

/* Puts `size` octets in at `at`, as far as there is room. */
static void insert(struct input *input, size_t at, const void *data, size_t size)
{
    if (size > INPUT_MAX - input->size)
        size = INPUT_MAX - input->size;
    memmove(input->data + at + size, input->data + at, input->size - at);
    memcpy(input->data + at, data, size);
    input->size += size;
}

static void mutate(struct input *input, const struct input *other)
{
    uint8_t copy[256];
    size_t at = pick(input->size + 1), most = input->size - at, size;
    const char *token = tokens[pick(sizeof tokens / sizeof tokens[0])];

    switch (pick(7)) {
    case 0: /* turn one bit over */
        if (most > 0)
            input->data[at] ^= (uint8_t)(1u << pick(8));
        break;
    case 1: /* any octet */
        if (most > 0)
            input->data[at] = (uint8_t)pick(256);
        break;
    case 2:
    case 3: /* a word of the protocol */
        insert(input, at, token, strlen(token));
        break;
    case 4: /* leave a piece out */
        size = pick(most < 64 ? most + 1 : 64);
        memmove(input->data + at, input->data + at + size, most - size);
        input->size -= size;
        break;
    case 5: /* a piece twice */
        size = pick(most < sizeof copy ? most + 1 : sizeof copy);
        memcpy(copy, input->data + at, size);
        insert(input, at, copy, size);
        break;
    default: /* go on as another input does */
        size = pick(other->size + 1);
        input->size = at;
        insert(input, at, other->data + other->size - size, size);
        break;
    }
}

static void fuzz(const struct input *seeds, size_t count, long seconds)
{
    struct input input = {malloc(INPUT_MAX), 0};
    const struct input *seed;
    unsigned long runs = 0;
    time_t end = time(NULL) + seconds;
    size_t steps;

    if (input.data == NULL)
        fail("malloc");
    while (runs % 256 != 0 || time(NULL) < end) {
        seed = &seeds[pick(count)];
        memcpy(input.data, seed->data, seed->size);
        input.size = seed->size;
        for (steps = 1 + pick(8); steps > 0; steps--)
            mutate(&input, &seeds[pick(count)]);
        run(input.data, input.size);
        runs++;
    }
    free(input.data);
    printf("%lu runs\n", runs);
}

/* A page that nobody may read, behind the place for an input. */
static void prepare(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (INPUT_MAX + page - 1) / page * page;
    uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
        fail("mmap");
    edge = map + room;
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGABRT, crashed);
    signal(SIGFPE, crashed);
    signal(SIGILL, crashed);
}

int main(int argc, char **argv)
{
    struct input *seeds;
    long seconds = -1;
    size_t count = 0, i;
    int option;

    state = 1;
    while ((option = getopt(argc, argv, "t:s:")) != -1) {
        if (option == 't')
            seconds = strtol(optarg, NULL, 10);
        else if (option == 's')
            state = strtoull(optarg, NULL, 10);
        else
            return 64;
    }
    if (state == 0)
        state = 1; /* the generator never leaves 0 */
    prepare();
    seeds = calloc((size_t)(argc - optind) + 1, sizeof *seeds);
    if (seeds == NULL || (seeds[count++].data = calloc(1, INPUT_MAX)) == NULL)
        fail("calloc");
    for (; optind < argc; optind++)
        seeds[count++] = load(argv[optind]);
    for (i = 0; i < count; i++)
        run(seeds[i].data, seeds[i].size);
    if (seconds >= 0)
        fuzz(seeds, count, seconds);
    else
        printf("%s: %lu inputs\n", argv[0], (unsigned long)count);
    for (i = 0; i < count; i++)
        free(seeds[i].data);
    free(seeds);
    return 0;
}
