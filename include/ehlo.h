/* SPDX-License-Identifier: ISC
 *
 * libehlo: SMTP (RFC 5321) as a library without I/O, both ends of it. The contract is in libehlo(7).
 */
#ifndef EHLO_H
#define EHLO_H

#include <ehlo/address.h>
#include <ehlo/attribute.h>
#include <ehlo/base.h>
#include <ehlo/client.h>
#include <ehlo/code.h>
#include <ehlo/codec.h>
#include <ehlo/command.h>
#include <ehlo/extension.h>
#include <ehlo/param.h>
#include <ehlo/parser.h>
#include <ehlo/proxy.h>
#include <ehlo/reply.h>
#include <ehlo/sasl.h>
#include <ehlo/server.h>
#include <ehlo/session.h>
#include <ehlo/trace.h>

#endif
