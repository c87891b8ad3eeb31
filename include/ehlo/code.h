/* SPDX-License-Identifier: ISC
 *
 * What reply codes and enhanced status codes mean, in the words of those who defined them. For logs and for people.
 */
#ifndef EHLO_CODE_H
#define EHLO_CODE_H

#include <ehlo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All strings are constant and live for ever; none is NULL. */

/*
 * The text of a reply code, "Service ready" for 220; "" for one that no RFC defines. RFC 5321, section 4.2.2; RFC 1845,
 * RFC 1985, RFC 2645, RFC 3207, RFC 4954, RFC 5248, RFC 7504.
 */
EHLO_API const char *ehlo_code_text(uint16_t code);

/*
 * The text of an enhanced status code, "Mailbox full" for 4.2.2: whatever its class, as long as that is 2, 4 or 5. ""
 * for one that is not registered. IANA's registry "SMTP Enhanced Status Codes"; RFC 3463, RFC 5248.
 */
EHLO_API const char *ehlo_status_text(const uint16_t status[3]);

/* The text of an enhanced status code's first number: 2, 4 or 5; else "". RFC 3463, section 3. */
EHLO_API const char *ehlo_status_class_text(uint16_t number);

/* The text of an enhanced status code's second number: 0 to 7; else "". RFC 3463, section 3. */
EHLO_API const char *ehlo_status_subject_text(uint16_t number);

#ifdef __cplusplus
}
#endif

#endif
