/* SPDX-License-Identifier: ISC
 *
 * Secrets: wiped so that no compiler leaves it out, and compared so that the time taken tells nothing.
 */
#include <ehlo/codec.h>

void ehlo_wipe(void *data, size_t size)
{
    volatile unsigned char *octets = data;
    size_t i;

    for (i = 0; i < size; i++)
        octets[i] = 0;
}

int ehlo_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    const volatile unsigned char *left = a, *right = b;
    unsigned char difference = 0;
    size_t i;

    if (a_size != b_size)
        return 0;
    for (i = 0; i < a_size; i++)
        difference = (unsigned char)(difference | (left[i] ^ right[i]));
    return difference == 0;
}
