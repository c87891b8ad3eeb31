/* SPDX-License-Identifier: ISC
 *
 * The server: whatever the client sends, however it is cut and however late the answers come, the events and the
 * replies are the same.
 *
 * The first octet chooses the configuration, the second the verdicts; the rest is the client's.
 */
#include "../tests/drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ehlo_reply *verdict(void *user, const struct ehlo_event *event, int *silent)
{
    static const struct ehlo_reply no = {sizeof no, 550, {5, 7, 1}, 0, {"no\nand no again", 15}};
    static const struct ehlo_reply leave = {sizeof leave, 421, {4, 3, 2}, 0, {"leave", 5}};
    unsigned mask = *(const unsigned char *)user;

    *silent = 0;
    if (event->type != EHLO_EVENT_CONNECT && mask >> 7 && event->line.size % 7 == 6)
        return &leave;
    return mask >> (event->type % 7) & 1 && event->line.size % 3 == 0 && event->type != EHLO_EVENT_CONNECT ? &no : NULL;
}

static void configure(struct ehlo_server_config *config, unsigned choice)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->hostname.data = "mx.example.org";
    config->hostname.size = 14;
    config->newline = choice % 3;
    config->output_size = choice & 4 ? 128 : 0;
    config->message_max = choice & 8 ? 50 : 0;
    config->rules = choice & 16 ? EHLO_ALLOW_ALL : 0;
    config->take = choice & 32 ? EHLO_TAKE_OTHER : 0;
    config->body_line_max = choice & 64 ? 20 : 0;
    config->error_max = choice & 128 ? 2 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct drive whole, cut;
    struct ehlo_server_config config;
    uint32_t seed;
    size_t i;

    if (size < 2 || size > 1024)
        return 0;
    configure(&config, data[0]);
    whole.config = &config;
    whole.in = (const char *)data + 2;
    whole.size = size - 2;
    whole.step = size;
    whole.verdict = verdict;
    whole.user = (void *)(uintptr_t)(data + 1);
    whole.end = EHLO_E_LOST;
    drive_run(&whole);
    for (i = 0, seed = (uint32_t)size * 2654435761u | 1; i < 4; i++) {
        memcpy(&cut, &whole, offsetof(struct drive, log));
        cut.step = i == 0 ? 1 : 1 + drive_random(&seed) % 16;
        cut.drain = i == 0;
        cut.seed = i < 2 ? 0 : drive_random(&seed) | 1;
        drive_run(&cut);
        /* LOST throws away what was not sent yet, and when it was sent depends on the transport */
        if (cut.log.size != whole.log.size || memcmp(cut.log.data, whole.log.data, cut.log.size) != 0 ||
            cut.out.size != whole.out.size || memcmp(cut.out.data, whole.out.data, cut.out.size) != 0) {
            fprintf(stderr, "--- whole\n%.*s%.*s--- cut\n%.*s%.*s", (int)whole.log.size, whole.log.data,
                    (int)whole.out.size, whole.out.data, (int)cut.log.size, cut.log.data, (int)cut.out.size,
                    cut.out.data);
            abort();
        }
    }
    return 0;
}
