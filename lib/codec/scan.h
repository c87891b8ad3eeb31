/* SPDX-License-Identifier: ISC
 *
 * The search for line ends that all work on message bodies stands on.
 */
#ifndef EHLO_CODEC_SCAN_H
#define EHLO_CODEC_SCAN_H

#include <ehlo/codec.h>

/*
 * The index of the first CR or LF in `in`, or `size` when there is none. EHLO_FACT_8BIT and EHLO_FACT_NUL are added to
 * `*facts` as the octets before it give cause. Reads nothing behind the end of `in`.
 */
size_t ehlo_scan(const char *in, size_t size, uint32_t *facts);

#endif
