/* SPDX-License-Identifier: ISC
 *
 * Dates, for the files of this room.
 */
#ifndef EHLO_TRACE_DATE_H
#define EHLO_TRACE_DATE_H

#include "codec/writer.h"

/* 0 when the years of `time` and of the local time are 1 to 9999 and the zone is within a day, else EHLO_E_ARGUMENT. */
int ehlo_date_check(int64_t time, int32_t zone);

/* Puts a date-time that has been checked. */
void ehlo_date_put(struct ehlo_writer *writer, int64_t time, int32_t zone);

#endif
