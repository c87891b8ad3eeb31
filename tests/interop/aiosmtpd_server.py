# SPDX-License-Identifier: ISC
"""aiosmtpd_server.py PORT FOLDER REFUSED LIMIT: stores each message as it came, behind a line a recipient and an empty
line. Called by servers.py."""

import asyncio
import itertools
import os
import sys

from aiosmtpd.smtp import SMTP

port, folder, refused, limit = sys.argv[1:]
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


async def main():
    def session():
        return SMTP(Handler(), hostname="mx.example.org", data_size_limit=int(limit))
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", int(port))
    await server.serve_forever()

asyncio.run(main())
