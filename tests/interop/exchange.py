# SPDX-License-Identifier: ISC
"""exchange.py BUILD MESSAGES [quick]: has other programs deliver to examples/serve, and compares what was stored with
what they were given, octet by octet. MESSAGES is a folder of real messages. Called by `run`."""

import email
import email.policy
import os
import re
import smtplib
import sys

from common import (HEADER, MESSAGE, REFUSED, SENDER, TO, Results, canonical, equal, execute, harness, in_file,
                    real_messages, same, true)

class Exchange(Results):
    """The results, and the server that the programs deliver to."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def case(self, peer, name, function, *arguments):
        self.server.take()
        super().case(peer, name, function, *arguments)

    def stored(self, *messages):
        """Just these, each octet."""
        found = self.server.take()
        same(len(found), len(messages), "messages stored")
        for got, wanted in zip(sorted(found), sorted(messages)):
            equal(got, wanted)

    def body(self):
        """What is behind the header of the one message that was stored; these programs write their own header."""
        found = self.server.take()
        same(len(found), 1, "messages stored")
        return found[0].split(b"\r\n\r\n", 1)[1]

    def url(self):
        return "smtp://127.0.0.1:%d" % self.server.port


# --- curl


def curl(x, message, *options, recipients=TO, expected=None):
    path = in_file(message)
    words = [word for recipient in recipients for word in ("--mail-rcpt", recipient)]
    execute("curl", "-q", "-sS", "--noproxy", "*", "--max-time", "50", "--url", x.url() + "/client.example",
            "--mail-from", SENDER, *words, "--upload-file", path, *options)
    os.unlink(path)
    x.stored(message if expected is None else expected)


def curl_fails(x):
    execute("curl", "-q", "-sS", "--noproxy", "*", "--max-time", "50", "--url", x.url() + "/client.example",
            "--mail-from", SENDER, "--mail-rcpt", REFUSED, "--upload-file", in_file(MESSAGE), codes=(55,))
    x.stored()


def with_curl(x, quick):
    x.case("curl", "a message with CRLF", curl, x, MESSAGE)
    x.case("curl", "a message with LF, --crlf", lambda: curl(x, MESSAGE.replace(b"\r\n", b"\n"), "--crlf",
                                                            expected=MESSAGE))
    x.case("curl", "one recipient", lambda: curl(x, MESSAGE, recipients=TO[:1]))
    x.case("curl", "120 recipients", lambda: curl(x, MESSAGE, recipients=["r%d@example.org" % i for i in range(120)]))
    x.case("curl", "a recipient that is refused", curl_fails, x)
    x.case("curl", "one of three recipients refused", lambda: curl(x, MESSAGE, "--mail-rcpt-allowfails",
                                                                  recipients=[TO[0], REFUSED, TO[1]]))
    x.case("curl", "a first line that begins with a dot", lambda: curl(x, b".first\r\n..second\r\n.\r\n"))
    x.case("curl", "no line end at the end", lambda: curl(x, b"a: b\r\n\r\nend", expected=b"a: b\r\n\r\nend\r\n"))
    if not quick:
        line = b"." * 3 + b"y" * 70 + b"\r\n"
        x.case("curl", "5 MiB", lambda: curl(x, HEADER + line * ((5 << 20) // len(line))))
        x.case("curl", "one line of 1 MiB", lambda: curl(x, HEADER + b"z" * (1 << 20) + b"\r\n"))


# --- swaks


def swaks(x, *options, recipients=TO):
    execute("swaks", "--server", "127.0.0.1", "--port", str(x.server.port), "--from", SENDER, "--to",
            ",".join(recipients), "--helo", "client.example", "--timeout", "30s", *options)


def swaks_file(x, *options, **more):
    # a lone dot at the end is not a part of the message for swaks
    message = MESSAGE + b"end\r\n"
    swaks(x, "--data", "@" + in_file(message.replace(b"\r\n", b"\n")), *options, **more)
    (stored,) = x.server.messages()
    x.stored(message + b"\r\n" if stored.endswith(b"\r\n\r\n") else message)  # some put an empty line behind it


def swaks_body(x):
    swaks(x, "--body", "known body\n.dot\n..two\nend", "--header", "Subject: swaks")
    true(x.body().startswith(b"known body\r\n.dot\r\n..two\r\nend\r\n"), "the body has changed")


def swaks_attachment(x):
    data = bytes(range(256)) * 100
    swaks(x, "--body", "see the attachment", "--attach-type", "application/octet-stream", "--attach",
          "@" + in_file(data))
    found = x.server.take()
    same(len(found), 1, "messages stored")
    parts = list(email.message_from_bytes(found[0], policy=email.policy.default).walk())
    same([part.get_content_type() for part in parts], ["multipart/mixed", "text/plain", "application/octet-stream"],
         "parts")
    same(parts[2].get_content(), data, "attachment")


def swaks_fails(x):
    # 24: no recipient was taken
    execute("swaks", "--server", "127.0.0.1", "--port", str(x.server.port), "--from", SENDER, "--to", REFUSED,
            "--helo", "client.example", codes=(24,))
    x.stored()


def with_swaks(x, _quick):
    x.case("swaks", "a message of a file", swaks_file, x)
    x.case("swaks", "a message of a file, --pipeline", swaks_file, x, "--pipeline")
    x.case("swaks", "one of three recipients refused, --pipeline",
           lambda: swaks_file(x, "--pipeline", recipients=[TO[0], REFUSED, TO[1]]))
    x.case("swaks", "SMTP without extensions", swaks_file, x, "--protocol", "SMTP")
    x.case("swaks", "a body with dots", swaks_body, x)
    x.case("swaks", "an attachment of all octets", swaks_attachment, x)
    x.case("swaks", "a recipient that is refused", swaks_fails, x)
    x.case("swaks", "QUIT behind RCPT", lambda: (swaks(x, "--quit-after", "RCPT"), x.stored()))


# --- msmtp


def msmtp(x, message, recipients=TO, codes=(0,), expected=None):
    config = in_file(b"defaults\nauth off\ntls off\ntimeout 30\ndomain client.example\nlogfile -\naccount default\n"
                     b"host 127.0.0.1\nport %d\nfrom %s\n" % (x.server.port, SENDER.encode()))
    execute("msmtp", "-C", config, "--", *recipients, given=message, codes=codes)
    x.stored(*([] if codes != (0,) else [message if expected is None else expected]))


def with_msmtp(x, quick):
    x.case("msmtp", "a message with LF", lambda: msmtp(x, MESSAGE.replace(b"\r\n", b"\n"), expected=MESSAGE))
    x.case("msmtp", "a message with CRLF", msmtp, x, MESSAGE)
    x.case("msmtp", "120 recipients", lambda: msmtp(x, MESSAGE, recipients=["r%d@example.org" % i for i in range(120)]))
    x.case("msmtp", "a recipient that is refused", lambda: msmtp(x, MESSAGE, recipients=[REFUSED], codes=(65, 67, 69)))
    if not quick:
        x.case("msmtp", "2 MiB", lambda: msmtp(x, HEADER + b".y\r\n" * (1 << 19)))


# --- s-nail


def s_nail(x, body, *options, recipients=TO):
    execute("s-nail", "-:/", "-Sv15-compat", "-Smta=" + x.url(), "-Ssmtp-auth=none", "-Sfrom=" + SENDER, "-Snosave",
            "-SDEAD=/dev/null", "-Shostname=client.example", "-Ssmtp-hostname=example.com", "-Sttycharset=utf-8",
            "-Smime-encoding=8bit", "-s", "known subject", *options, *recipients, given=body)
    return x.server.take()


def s_nail_body(x, body):
    (stored,) = s_nail(x, body)
    message = email.message_from_bytes(stored, policy=email.policy.default)
    same((message["subject"], message["from"]), ("known subject", SENDER), "header")
    same(message.get_payload(decode=True).rstrip(b"\r\n"), body.replace(b"\n", b"\r\n").rstrip(b"\r\n"), "body")
    true(not re.search(rb"(?<!\r)\n|\r(?!\n)", stored), "a bare CR or LF")


def s_nail_attachment(x):
    data = bytes(range(256)) * 100
    (stored,) = s_nail(x, b"see the attachment\n", "-a", in_file(data))
    message = email.message_from_bytes(stored, policy=email.policy.default)
    same([part.get_payload(decode=True) for part in message.iter_attachments()], [data], "attachment")


def with_s_nail(x, _quick):
    x.case("s-nail", "a body with dots", s_nail_body, x, b".dot\n..two\n.\n\n.\nend.\n")
    x.case("s-nail", "a body in UTF-8", s_nail_body, x, "Gr\u00fc\u00dfe\n.\u65e5\u672c\u8a9e\n".encode())
    x.case("s-nail", "an attachment of all octets", s_nail_attachment, x)


# --- Python's smtplib


def smtp(x):
    return smtplib.SMTP("127.0.0.1", x.server.port, local_hostname="client.example", timeout=30)


def python_refused(x):
    with smtp(x) as client:
        refused = client.sendmail(SENDER, [TO[0], REFUSED, TO[1]], MESSAGE, mail_options=["BODY=8BITMIME"])
        same({to: code for to, (code, _) in refused.items()}, {REFUSED: 550}, "refused")
        x.stored(MESSAGE)
        try:
            client.sendmail(SENDER, [REFUSED], MESSAGE)
            raise AssertionError("it is taken though all are refused")
        except smtplib.SMTPRecipientsRefused as error:
            same(error.recipients[REFUSED], (550, b"5.1.1 no such user"), "reply")
        client.sendmail(SENDER, TO, MESSAGE)
        x.stored(MESSAGE)


def python_ten(x):
    messages = [MESSAGE + b"%d\r\n" % i for i in range(10)]
    with smtp(x) as client:
        for message in messages:
            same(client.sendmail(SENDER, TO, message), {}, "refused")
    x.stored(*messages)


def python_message(x):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, ", ".join(TO), "Gr\u00fc\u00dfe"
    message.set_content(".dot\n..two\n.\n")
    message.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="x")
    message.set_boundary("part")
    with smtp(x) as client:
        client.send_message(message)
    x.stored(message.as_bytes())


def python_commands(x):
    with smtp(x) as client:
        same(client.ehlo()[0], 250, "EHLO")
        true(client.has_extn("pipelining") and client.has_extn("8bitmime") and int(client.esmtp_features["size"]) > 0,
             "extensions: %s" % client.esmtp_features)
        same([client.noop()[0], client.verify("bob")[0], client.rset()[0], client.helo()[0], client.quit()[0]],
             [250, 252, 250, 250, 221], "codes")


def python_send(x, message):
    with smtp(x) as client:
        client.sendmail(SENDER, TO, message)
    x.stored(message)


def with_python(x, _quick):
    x.case("smtplib", "some recipients refused, and all", python_refused, x)
    x.case("smtplib", "ten messages on a connection", python_ten, x)
    x.case("smtplib", "send_message", python_message, x)
    x.case("smtplib", "commands", python_commands, x)


def with_real_messages(x, folder, quick):
    messages = list(real_messages(folder))
    for name, data in messages[:5] if quick else messages:
        x.case("smtplib", name, python_send, x, canonical(data))
        if b"\r" not in data.replace(b"\r\n", b""):
            x.case("curl", name, curl, x, canonical(data))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    quick = sys.argv[3:] == ["quick"]
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    with harness.Server("--reply", "rcpt:<%s>=550 5.1.1 no such user" % REFUSED) as server:
        x = Exchange(server)
        for program in (with_curl, with_swaks, with_msmtp, with_s_nail, with_python):
            program(x, quick)
        with_real_messages(x, sys.argv[2], quick)
    return x.close()


if __name__ == "__main__":
    sys.exit(main())
