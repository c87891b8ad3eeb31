# SPDX-License-Identifier: ISC
"""Clients that break off, stall, flood and do not listen; scripted refusals; the end of the server."""

import select
import socket
import subprocess
import time

from .harness import MESSAGE, RECIPIENT, SENDER, Client, Server, Wrong, same, scenario, stuff, true, until

# the phases in which a client may be lost, as what it has said until then
PHASES = {
    "connected": b"",
    "half a command": b"EHL",
    "greeted": b"EHLO c.example.com\r\n",
    "half a MAIL": b"EHLO c.example.com\r\nMAIL FROM:<a@b",
    "mail": b"EHLO c.example.com\r\nMAIL FROM:<a@b.example>\r\n",
    "rcpt": b"EHLO c.example.com\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
    "half a DATA": b"EHLO c.example.com\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r",
}
PHASES["data"] = PHASES["half a DATA"] + b"\n"
for _name, _message in {"line": b"Hello.\r\n", "part of a line": b"Hello", "cr": b"Hello.\r",
                        "crlf dot": b"Hello.\r\n.", "crlf dot cr": b"Hello.\r\n.\r", "lf dot lf": b"Hello\n.\n",
                        "much": b"Hello, world.\r\n" * 20000, "false ends": b"\n.\n\r.\r\n.\r\r\n.\n" * 10}.items():
    PHASES["data, " + _name] = PHASES["data"] + _message


def lose(how):
    with Server() as server:
        for wait in (True, False):
            for said in PHASES.values():
                client = server.client(greet=wait, hello=None)
                client.send(said)
                if wait and b"DATA\r\n" in said:
                    client.expect("250", "250 2.1.0", "250 2.1.5", "354")
                if how == "reset":
                    client.reset()
                elif how == "half":
                    client.half_close()
                    while client.receive():
                        pass
                    true(b"2.0.0" not in client.got, "accepted: %r" % client.got)
                client.close()
        with server.client() as client:  # these are behind them in the server's queue
            client.ask("NOOP", "250 2.0.0")
        server.nothing()


@scenario
def closed_in_every_phase():
    lose("close")


@scenario
def reset_in_every_phase():
    lose("reset")


@scenario
def half_closed_in_every_phase():
    lose("half")


@scenario
def half_close_behind_the_end():
    """A client that says all, and then that it will say no more, is answered and its message stored."""
    everything = (SENDER + "\r\n" + RECIPIENT + "\r\nDATA\r\n").encode()
    with Server() as server:
        for behind in (b"", b"QUIT\r\n", b"NOOP\r\n", b"NOOP\r\nQUI"):
            for body in (MESSAGE, b"x" * 300000 + b"\r\n"):
                for pause in (0, 0.02):
                    with server.client() as client:
                        client.send(everything + stuff(body) + behind)
                        time.sleep(pause)
                        client.half_close()
                        client.expect("250 2.1.0", "250 2.1.5", "354", "250 2.0.0")
                        if b"QUIT" in behind:
                            client.expect("221 2.0.0")
                        elif behind:
                            client.expect("250 2.0.0")
                        client.ended()
                    server.stored(body)


@scenario
def scripted_verdicts():
    def script(*verdicts, **more):
        return Server(*[word for verdict in verdicts for word in ("--reply", verdict)], **more)

    for reply in ("554 5.7.1 go away", "521 5.3.2 no mail here", "450 4.3.2 later", "421 4.3.2 not now"):
        code = reply[:3]
        with script("connect=" + reply, serves=False) as server:
            for _ in range(3):
                with Client(server, greet=False) as client:
                    client.expect(code)
                    if code in ("421", "521"):
                        client.ended()
                        continue
                    for line in ("EHLO c.example.com", SENDER, "NOOP", "RSET"):
                        client.ask(line, "503 *")
                    client.ask("QUIT", "221 *")
                    client.ended()
            server.nothing()
    with script("connect:192.0.2.1=554 5.7.1 go away", "helo:evil.example=550 5.7.1 no",
                "helo:bye.example=421 4.7.0 no") as server:
        with server.client(hello=None) as client:
            client.ask("EHLO evil.example", "550")
            client.ask("EHLO EVIL.example", "550")
            client.ask("HELO evil.example", "550")
            client.ask(SENDER, "503 5.5.1")
            client.ask("EHLO good.example", "250")
            client.ask(SENDER, "250 2.1.0")
            client.ask("EHLO evil.example", "550")
            client.ask(RECIPIENT, "250 2.1.5")  # a refused EHLO changes nothing
            client.ask("EHLO bye.example", "421")
            client.ended()
        server.nothing()
    with script("mail:<slow@example.com>=450 4.7.1 slowly", "mail:<bye@example.com>=421 4.7.0 bye",
                "rcpt:<nobody@example.org>=550 5.1.1 no such user", "rcpt:<bye@example.org>=421 4.7.0 bye",
                "rcpt:<moved@example.org>=251 2.1.5 will forward") as server:
        with server.client() as client:
            client.ask("MAIL FROM:<slow@example.com>", "450 4.7.1")
            client.ask(RECIPIENT, "503 5.5.1")
            client.ask(SENDER, "250 2.1.0")
            for path in ("<nobody@example.org>", "<nobody@EXAMPLE.ORG>", '<"nobody"@example.org>',
                         "<@x.example:nobody@example.org>"):
                client.ask("RCPT TO:" + path, "550 5.1.1")
            client.ask("DATA", "554 5.5.1")
            client.ask("RCPT TO:<NOBODY@example.org>", "250 2.1.5")
            client.ask("RCPT TO:<moved@example.org>", "251 2.1.5")
            client.ask("RCPT TO:<nobody@example.org>", "550 5.1.1")
            client.ask("DATA", "354")
            client.ask(stuff(MESSAGE), "250 2.0.0")
            server.stored(MESSAGE)
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask("RCPT TO:<bye@example.org>\r\nDATA", "421 4.7.0")
            client.ended()
        with server.client() as client:
            client.ask("MAIL FROM:<bye@example.com>\r\nNOOP", "421 4.7.0")
            client.ended()
        server.nothing()
    with script("data:<late@example.org>=451 4.3.0 later", "data:<bye@example.org>=421 4.3.0 bye") as server:
        with server.client() as client:
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask("RCPT TO:<late@example.org>", "250 2.1.5")
            client.ask("DATA", "451 4.3.0")
            client.ask("RSET", "250 2.0.0")
            client.deliver()
            server.stored(MESSAGE)
            client.ask(SENDER, "250 2.1.0")
            client.ask("RCPT TO:<bye@example.org>", "250 2.1.5")
            client.ask("DATA", "421 4.3.0")
            client.ended()
        server.nothing()
    with script("end:<late@example.org>=451 4.3.0 later", "end:<spam@example.org>=550 5.7.1 spam",
                "end:<bye@example.org>=421 4.3.0 bye", "end:<good@example.org>=250 2.6.0 thanks a lot") as server:
        with server.client() as client:
            for name, head in (("late", "451 4.3.0"), ("spam", "550 5.7.1")):
                for body in (MESSAGE, b"x\r\n" * 100000):
                    client.deliver(body, end=head, recipients=[RECIPIENT, "RCPT TO:<%s@example.org>" % name])
                    server.nothing()
            reply = client.deliver(end="250 2.6.0", recipients=["RCPT TO:<good@example.org>"])
            same(reply.lines, ["250 2.6.0 thanks a lot"], "the scripted words")
            server.stored(MESSAGE)
            client.deliver(end="421 4.3.0", recipients=["RCPT TO:<bye@example.org>"])
            client.ended()
        server.nothing()


def last_word(client, least, most):
    """Waits for 421 4.4.2 and the end; it must come between so many seconds from now."""
    begin = time.monotonic()
    client.expect("421 4.4.2")
    client.ended()
    seconds = time.monotonic() - begin
    true(least <= seconds <= most, "421 after %.1f s" % seconds)


@scenario(slow=True)
def silence():
    """All at once: a session that waits in every phase, each told 421 after a second or two."""
    waits = {"connected": [], "half a command": [b"NOO"], "greeted": [b"EHLO c.example\r\n"],
             "rcpt": [b"EHLO c.example\r\n", (SENDER + "\r\n").encode(), (RECIPIENT + "\r\n").encode()]}
    waits["data"] = waits["rcpt"] + [b"DATA\r\n"]
    waits["in a line"] = waits["data"] + [b"Subject: x\r\n\r\nHel"]
    waits["behind the dot"] = waits["data"] + [b"Hello\r\n.\r"]
    waits["false end"] = waits["data"] + [b"Hello\n.\n"]
    with Server("--timeout", "1") as server:
        clients = []
        for pieces in waits.values():
            clients.append(server.client(hello=None))
            for piece in pieces:
                clients[-1].send(piece)
                if piece in waits["data"]:
                    clients[-1].expect("*")
        same([c.got for c in clients], [b""] * len(clients), "said too early")
        for client in clients:
            last_word(client, 0, 3)
        server.nothing()


@scenario(slow=True)
def activity_keeps_a_session():
    with Server("--timeout", "1") as server, server.client() as client:
        for _ in range(6):
            time.sleep(0.4)
            client.ask("NOOP", "250 2.0.0")
        client.begin()
        for _ in range(6):
            time.sleep(0.4)
            client.send(b"a line\r\n")
        client.ask(b".\r\n", "250 2.0.0")
        server.stored(b"a line\r\n" * 6)
        client.quit()


def trickles(server, front, heads):
    """A client that says an octet of one line now and then: for how long it is borne."""
    with server.client() as client:
        client.send(front)
        client.expect(*heads)
        begin = time.monotonic()
        while not select.select([client.socket], [], [], 0.15)[0]:
            client.send(b"x")
            if time.monotonic() - begin > 6:
                raise Wrong("a client that sends an octet each 0.15 s is borne for ever with --timeout 1")
        client.expect("421 4.4.2")
        client.ended()


@scenario(slow=True)
def trickling_inside_a_command():
    with Server("--timeout", "1") as server:
        trickles(server, b"NOOP ", [])


@scenario(slow=True)
def trickling_inside_a_long_command():
    with Server("--timeout", "1") as server:
        trickles(server, b"NOOP " + b"x" * 2000, [])


@scenario(slow=True)
def slow_inside_a_message():
    """Octets of a message are what the server waits for: a slow sender is not a silent one, whatever its lines."""
    with Server("--timeout", "1") as server:
        with server.client() as client:
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask("DATA", "354")
            body = b"slow" * 4
            for i in range(len(body)):
                client.socket.sendall(body[i:i + 1])
                time.sleep(0.15)
            client.ask(b"\r\n.\r\n", "250 2.0.0")
            server.stored(body + b"\r\n")


@scenario(slow=True)
def greeting_delayed():
    with Server("--greet-delay", "1", serves=False) as server:
        begin = time.monotonic()
        clients = [Client(server, greet=False) for _ in range(10)]
        lost = Client(server, greet=False)
        lost.reset()
        early = Client(server, greet=False)
        early.send("EHLO c.example.com")
        for client in clients:
            client.expect("220")
        seconds = time.monotonic() - begin
        true(0.8 <= seconds <= 4, "the greeting came after %.1f s" % seconds)
        reply = early.expect("*")
        true(reply.code in (220, 554, 421), repr(reply))
        if reply.code == 220:
            early.expect("250")
        for client in clients:
            client.ask("EHLO c.example.com", "250")
            client.quit()
        early.close()


@scenario
def three_hundred_at_once():
    with Server() as server:
        stalled = [server.client() for _ in range(20)]
        for i, client in enumerate(stalled):
            client.begin()
            client.send(b"stalled" * (i * 1000 + 1))
        clients = [server.client(greet=False, hello=None) for _ in range(300)]
        begin = time.monotonic()
        for client in clients:
            client.expect("220")
        for line, head in (("EHLO c.example.com", "250"), (SENDER, "250 2.1.0"), (RECIPIENT, "250 2.1.5"),
                           ("DATA", "354")):
            for client in clients:
                client.send(line)
            for client in clients:
                client.expect(head)
        for i, client in enumerate(clients):
            client.send(stuff(b"message %d\r\n" % i * 100))
        for client in clients:
            client.expect("250 2.0.0")
        seconds = time.monotonic() - begin
        true(seconds < 20, "it took %.1f s" % seconds)
        server.stored(*[b"message %d\r\n" % i * 100 for i in range(300)])
        for i, client in enumerate(stalled):
            client.ask(b"\r\n.\r\n", "250 2.0.0")
            client.close()
        server.stored(*[b"stalled" * (i * 1000 + 1) + b"\r\n" for i in range(20)])
        for client in clients:
            client.quit()


def flood(client, data):
    """Sends without ever reading, until nothing goes out any more; returns how many octets were taken."""
    client.socket.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [client.socket], [], 0.5)[1]:
        try:
            sent += client.socket.send(data[sent:sent + 65536])
        except OSError:
            break
    return sent


@scenario
def who_never_reads():
    """Replies that nobody takes are not gathered, and nobody else has to wait."""
    with Server() as server:
        before = server.memory()
        clients = [server.client(buffer=2048, hello=None) for _ in range(10)]
        for client in clients:
            flood(client, b"EHLO c.example.com\r\n" * 5000 + b"NOOP\r\n" * 5000)
        begin = time.monotonic()
        server.still_serves()
        true(time.monotonic() - begin < 5, "another client had to wait")
        server.take()
        true(server.memory() - before < 4 << 20, "it has grown by %d octets" % (server.memory() - before))
        for client in clients:
            client.close()


@scenario
def who_reads_late():
    """The same with so many messages that the replies fit nowhere; when they are read at last, none is missing."""
    count = 40000
    transaction = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\nFROB\r\n"
    heads = ["250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "500 5.5.2"]
    with Server("--max-errors", "100000", store="discard") as server:
        before = server.memory()
        with server.client(buffer=2048) as client:
            data = transaction * count
            sent = flood(client, data)
            true(sent < len(data), "it takes all, and nobody takes its replies")
            true(server.memory() - before < 4 << 20, "it has grown by %d octets" % (server.memory() - before))
            server.still_serves()
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            client.socket.settimeout(0.2)
            while sent < len(data):
                while select.select([client.socket], [], [], 0)[0]:
                    client.receive()
                try:
                    sent += client.socket.send(data[sent:sent + 65536])
                except socket.timeout:
                    pass
            client.socket.settimeout(20)
            client.half_close()
            while client.receive():
                pass
        replies = client.got.decode().split("\r\n")
        same(len(replies) - 1, count * len(heads), "replies")
        for i, reply in enumerate(replies[:-1]):
            true(reply.startswith(heads[i % len(heads)]), "reply %d: %r" % (i, reply))


@scenario
def closed_with_input_unread():
    """The last reply arrives also when the client goes on talking: the connection must not be reset under it."""
    with Server() as server:
        for _ in range(20):
            with server.client() as client:
                client.send(b"QUIT\r\n" + b"NOOP\r\n" * 2000)
                for _ in range(4):
                    time.sleep(0.01)
                    client.send(b"NOOP\r\n" * 500)
                client.expect("221 2.0.0")
                client.ended()


@scenario
def sigterm_with_sessions():
    with Server(serves=False) as server:
        idle = [server.client() for _ in range(20)]
        transaction = server.client()
        transaction.ask(SENDER, "250 2.1.0")
        half = server.client()
        half.send(b"NOO")
        stalled = [server.client() for _ in range(5)]
        for client in stalled:
            client.begin()
            client.send(b"part of a message")
        deaf = [server.client(buffer=2048) for _ in range(3)]
        for client in deaf:
            flood(client, b"EHLO c.example.com\r\n" * 3000)
        done = server.client()
        done.deliver()
        seconds = server.stop()
        true(seconds < 7, "SIGTERM took %.1f s" % seconds)
        for client in idle + [transaction, half, done] + stalled:
            client.expect("421 4.3.2")
            client.ended()
        server.stored(MESSAGE)
        for client in deaf:
            client.close()


@scenario
def sigterm_when_idle():
    for clients in (0, 5):
        with Server(serves=False) as server:
            idle = [server.client() for _ in range(clients)]
            server.process.terminate()
            for client in idle:
                client.expect("421 4.3.2")
                client.ended()
                client.close()
            begin = time.monotonic()
            same(server.process.wait(8), 0, "exit code")
            true(time.monotonic() - begin < 2, "SIGTERM took %.1f s" % (time.monotonic() - begin))


@scenario
def sigterm_during_deliveries():
    """Whatever was answered 250 is there, whole; whatever was not may be there or not, but whole or not at all."""
    body = b"line of a message\r\n" * 2000
    with Server(serves=False) as server:
        clients = [server.client() for _ in range(40)]
        for client in clients:
            client.begin()
        for client in clients:
            client.send(stuff(body))
        server.process.terminate()
        accepted = 0
        for client in clients:
            reply = client.expect("*")
            true(reply.code in (250, 421), repr(reply))
            accepted += reply.code == 250
        same(server.process.wait(10), 0, "exit code")
        stored = server.take()
        true(all(message == body for message in stored), "a part of a message is stored")
        true(accepted <= len(stored), "%d were accepted, %d are stored" % (accepted, len(stored)))


@scenario
def few_descriptors():
    """More connections than there are descriptors for: those that are too many wait, and nobody is lost."""
    with Server(wrap=("bash", "-c", 'ulimit -n 70; exec "$@"', "bash")) as server:
        clients = [server.client(greet=False, hello=None) for _ in range(60)]
        greeted = 0
        for client in clients:
            client.socket.settimeout(1)
            try:
                client.expect("220")
                greeted += 1
            except Wrong:
                break
        true(0 < greeted < 60, "%d of 60 are greeted" % greeted)
        for client in clients:
            client.socket.settimeout(20)
        clients[0].ask("EHLO c.example.com", "250")
        clients[0].deliver()
        server.stored(MESSAGE)
        for client in clients[:greeted]:
            client.close()
        for client in clients[greeted:]:
            client.expect("220")
            client.close()


@scenario
def nothing_is_busy():
    """A server whose sessions wait uses no processor time."""
    with Server() as server:
        clients = [server.client() for _ in range(20)]
        clients[0].begin()
        clients[1].send(b"NOOP")
        clients[2].half_close()
        deaf = server.client(buffer=2048)
        flood(deaf, b"EHLO c.example.com\r\n" * 3000)

        def ticks():
            with open("/proc/%d/stat" % server.process.pid) as file:
                return sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13])

        begin = ticks()
        time.sleep(1)
        true(ticks() - begin <= 5, "%d ticks of processor time in an idle second" % (ticks() - begin))
        for client in clients + [deaf]:
            client.close()


@scenario
def interrupts():
    """SIGINT ends it as SIGTERM does; SIGPIPE and SIGHUP of a lost terminal are no crash of the disk."""
    with Server(serves=False) as server:
        server.process.send_signal(subprocess.signal.SIGPIPE)
        server.still_serves()
        server.process.send_signal(subprocess.signal.SIGINT)
        until(lambda: server.process.poll() is not None, "SIGINT ends it")
        same(server.process.returncode, 0, "exit code")
