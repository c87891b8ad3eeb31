/* SPDX-License-Identifier: ISC
 *
 * Tests of the texts of reply codes and enhanced status codes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ehlo/code.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void codes(void **state)
{
    static const struct {
        uint16_t code;
        const char *text;
    } rows[] = {
        {211, "System status, or system help reply"},
        {220, "Service ready"},
        {235, "Authentication succeeded"},
        {253, "OK, pending messages for node started"},
        {354, "Start mail input; end with <CRLF>.<CRLF>"},
        {421, "Service not available, closing transmission channel"},
        {453, "You have no mail"},
        {521, "Host does not accept mail"},
        {555, "MAIL FROM/RCPT TO parameters not recognized or not implemented"},
        {556, "Domain does not accept mail"},
        {0, ""},
        {2, ""},
        {200, ""},
        {210, ""},
        {557, ""},
        {UINT16_MAX, ""},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++)
        assert_string_equal(ehlo_code_text(rows[i].code), rows[i].text);
}

/* The codes that RFC 5321, section 4.2.3, lists all have one. */
static void codes_of_the_base(void **state)
{
    static const uint16_t base[] = {211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452,
                                    455, 500, 501, 502, 503, 504, 550, 551, 552, 553, 554, 555};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(base); i++)
        assert_true(ehlo_code_text(base[i])[0] != '\0');
}

static void statuses(void **state)
{
    static const struct {
        uint16_t status[3];
        const char *text;
    } rows[] = {
        {{2, 0, 0}, "Other undefined Status"},
        {{4, 0, 0}, "Other undefined Status"},
        {{5, 1, 1}, "Bad destination mailbox address"},
        {{2, 1, 5}, "Destination address valid"},
        {{5, 1, 10}, "Recipient address has null MX"},
        {{4, 2, 2}, "Mailbox full"},
        {{5, 5, 6}, "Authentication Exchange line is too long"},
        {{5, 6, 7}, "Non-ASCII addresses not permitted for that sender/recipient"},
        {{5, 6, 10}, "UTF-8 string reply is required, but not permitted by the SMTP client"},
        {{5, 7, 1}, "Delivery not authorized, message refused"},
        {{5, 7, 3}, "Security conversion required but not possible"},
        {{5, 7, 30}, "REQUIRETLS support required"},
        {{5, 7, 31}, ""},
        {{5, 7, 606}, ""},
        {{5, 0, 1}, ""},
        {{5, 8, 0}, ""},
        {{5, 10, 1}, ""},
        {{5, 0, UINT16_MAX}, ""},
        {{5, UINT16_MAX, UINT16_MAX}, ""},
        {{5, 0, 10 + 1000}, ""},
        {{0, 0, 0}, ""},
        {{3, 1, 1}, ""},
        {{1, 1, 1}, ""},
        {{6, 1, 1}, ""},
        {{52, 1, 1}, ""},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++)
        assert_string_equal(ehlo_status_text(rows[i].status), rows[i].text);
}

/* How many details each subject has, and that none but these has a text. */
static void registry(void **state)
{
    static const unsigned details[] = {1, 11, 5, 7, 8, 7, 11, 31};
    uint16_t status[3] = {5, 0, 0};
    unsigned count;

    (void)state;
    for (status[1] = 0; status[1] < 12; status[1]++) {
        for (status[2] = 0, count = 0; status[2] < 1000; status[2]++)
            if (ehlo_status_text(status)[0] != '\0')
                assert_int_equal(status[2], count++);
        assert_int_equal(count, status[1] < COUNT(details) ? details[status[1]] : 0);
    }
}

static void numbers(void **state)
{
    static const char *const classes[] = {"", "", "Success", "", "Persistent Transient Failure", "Permanent Failure"};
    static const char *const subjects[] = {"Other or Undefined Status",
                                           "Addressing Status",
                                           "Mailbox Status",
                                           "Mail System Status",
                                           "Network and Routing Status",
                                           "Mail Delivery Protocol Status",
                                           "Message Content or Media Status",
                                           "Security or Policy Status"};
    uint16_t number = 0;

    (void)state;
    do {
        assert_string_equal(ehlo_status_class_text(number), number < COUNT(classes) ? classes[number] : "");
        assert_string_equal(ehlo_status_subject_text(number), number < COUNT(subjects) ? subjects[number] : "");
    } while (++number != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes),    cmocka_unit_test(codes_of_the_base), cmocka_unit_test(statuses),
        cmocka_unit_test(registry), cmocka_unit_test(numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
