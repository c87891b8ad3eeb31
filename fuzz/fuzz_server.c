/* SPDX-License-Identifier: ISC
 *
 * The server: whatever the client sends, however it is cut and however late the answers come, the events and the
 * replies are the same.
 *
 * The first and the third octet choose the configuration, the second the verdicts; the rest is the client's. Where the
 * third says so, TLS begins behind the first STARTTLS line.
 */
#include "../tests/drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ehlo_reply *verdict(void *user, const struct ehlo_event *event, int *silent)
{
    static const struct ehlo_reply no = {sizeof no, 550, {5, 7, 1}, 0, {"no\nand no again", 15}};
    static const struct ehlo_reply go_on = {sizeof go_on, 334, {0, 0, 0}, 0, {"YQ==", 4}};
    static const struct ehlo_reply leave = {sizeof leave, 421, {4, 3, 2}, 0, {"leave", 5}};
    unsigned mask = *(const unsigned char *)user;

    *silent = 0;
    if (event->type != EHLO_EVENT_CONNECT && mask >> 7 && event->line.size % 7 == 6)
        return &leave;
    if (event->type == EHLO_EVENT_AUTH && event->index < 3 && event->line.size % 3 == 1)
        return &go_on;
    return mask >> (event->type % 7) & 1 && event->line.size % 3 == 0 && event->type != EHLO_EVENT_CONNECT ? &no : NULL;
}

enum {
    WITH_LMTP = 1,
    WITH_SECURED = 2,
    WITH_TLS = 4,
    WITH_REQUIRE_AUTH = 8,
    WITH_AUTH_IN_CLEAR = 16,
    WITH_EARLY = 32,
    WITH_PARAMS = 64,
    WITH_OFFER = 128
};

static void configure_more(struct ehlo_server_config *config, unsigned choice)
{
    static const char offer[] = "STARTTLS\nAUTH PLAIN LOGIN\nSMTPUTF8\nBINARYMIME\nDSN\nDELIVERBY\nFUTURERELEASE\n"
                                "ETRN\nATRN\nBURL\nXCLIENT NAME\nXFORWARD NAME\nREQUIRETLS\nCHECKPOINT\nLIMITS\nX-A b";

    config->flags = (choice & WITH_LMTP ? EHLO_SERVER_LMTP : 0) | (choice & WITH_SECURED ? EHLO_SERVER_SECURED : 0) |
                    (choice & WITH_TLS ? EHLO_SERVER_REQUIRE_TLS : 0) |
                    (choice & WITH_REQUIRE_AUTH ? EHLO_SERVER_REQUIRE_AUTH : 0) |
                    (choice & WITH_AUTH_IN_CLEAR ? EHLO_SERVER_AUTH_IN_CLEAR : 0);
    if (choice & WITH_EARLY) {
        config->take |= EHLO_TAKE_EARLY;
        config->flags |= choice & WITH_PARAMS ? 0 : EHLO_SERVER_REFUSE_EARLY;
    }
    config->take |= choice & WITH_PARAMS ? EHLO_TAKE_PARAMS : 0;
    if (choice & WITH_OFFER) {
        config->offer.data = offer;
        config->offer.size = sizeof offer - 1;
    }
}

/* Where the first STARTTLS line ends, or 0. */
static size_t handshake(const char *in, size_t size)
{
    static const char line[] = "STARTTLS\r\n";
    size_t i;

    for (i = sizeof line - 1; i <= size; i++)
        if (memcmp(in + i - (sizeof line - 1), line, sizeof line - 1) == 0)
            return i;
    return 0;
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
    size_t i, secured;

    if (size < 3 || size > 1024)
        return 0;
    configure(&config, data[0]);
    configure_more(&config, data[2]);
    secured = handshake((const char *)data + 3, size - 3);
    whole.config = &config;
    whole.in = (const char *)data + 3;
    whole.size = size - 3;
    whole.early = (data[2] & WITH_EARLY) != 0;
    whole.handshakes = &secured;
    whole.handshake_count = (data[2] & WITH_TLS) && secured > 0;
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
