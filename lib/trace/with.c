/* SPDX-License-Identifier: ISC
 *
 * Keywords of the WITH clause of Received (RFC 3848; RFC 6531, section 4.3).
 */
#include <ehlo/trace.h>

#define NAME_SIZE 11 /* "UTF8SMTPSA" and its NUL */

/* The numbers of EHLO_WITH_ beside ESMTP, in order, are the bits of the index. */
static const char names[16][NAME_SIZE] = {
    "ESMTP",  "LMTP",  "UTF8SMTP",  "UTF8LMTP",  "ESMTPS",  "LMTPS",  "UTF8SMTPS",  "UTF8LMTPS",
    "ESMTPA", "LMTPA", "UTF8SMTPA", "UTF8LMTPA", "ESMTPSA", "LMTPSA", "UTF8SMTPSA", "UTF8LMTPSA",
};

static const char plain[] = "SMTP";

const char *ehlo_with_keyword(uint32_t flags)
{
    return (flags & (EHLO_WITH_ESMTP | EHLO_WITH_LMTP | EHLO_WITH_UTF8)) == 0 ? plain : names[flags >> 1 & 15];
}
