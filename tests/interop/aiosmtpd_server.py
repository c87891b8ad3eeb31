# SPDX-License-Identifier: ISC
"""aiosmtpd_server.py PORT FOLDER REFUSED LIMIT [IMPLICIT CERTIFICATE KEY USER PASSWORD smtp]: stores each message as it
came, behind a line a recipient and an empty line. With a certificate it has TLS and passwords, at IMPLICIT from the
first octet. Called by servers.py."""

import asyncio
import itertools
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, folder, refused, limit, *secured = sys.argv[1:]
numbers = itertools.count()


class Handler:
    async def handle_RCPT(self, _server, _session, envelope, address, options):
        if address == refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, _session, envelope):
        path = os.path.join(folder, "%06d" % next(numbers))
        with open(path + ".part", "wb") as file:
            file.write("\n".join(envelope.rcpt_tos).encode() + b"\n\n" + envelope.original_content)
        os.rename(path + ".part", path)
        return "250 2.0.0 OK"


def authenticate(_server, _session, _envelope, _mechanism, data):
    right = (data.login, data.password) == (secured[3].encode(), secured[4].encode())
    return AuthResult(success=right, handled=False)


async def main():
    offers = {"hostname": "mx.example.org", "data_size_limit": int(limit)}
    loop = asyncio.get_running_loop()
    if secured:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(secured[1], secured[2])
        offers.update(enable_SMTPUTF8=True, authenticator=authenticate)
        await loop.create_server(lambda: SMTP(Handler(), auth_require_tls=False, **offers), "127.0.0.1",
                                 int(secured[0]), ssl=context)
        offers.update(tls_context=context)
    server = await loop.create_server(lambda: SMTP(Handler(), **offers), "127.0.0.1", int(port))
    await server.serve_forever()

asyncio.run(main())
