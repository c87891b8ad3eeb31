# SPDX-License-Identifier: ISC
"""The servers that `send` delivers to, each a process in a folder of its own that ends with the block it was started
in. What one has stored is a list of pairs: a recipient (None where it keeps none), and the octets of a message."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from common import REFUSED, harness, true

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # the one that Debian's python3-aiosmtpd is for
LIMIT = 100 << 20  # octets that each takes
PEOPLE = ["bob", "carol"] + ["r%d" % i for i in range(50)]  # who has a mailbox at example.org
MAIL = 64001  # to whom the mailboxes belong
ROOTS = ""  # the folder of what `run` has unpacked; deliver.py sets it


class Missing(Exception):
    """It is not there; the reason."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    except OSError:
        return False


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Peer:
    """What they have in common."""

    refuses = True  # just REFUSED, of all
    sizes = True  # offers SIZE, which is LIMIT
    long_line = {}  # what it makes of a line of 10 MiB: code, reply

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="peer.")
        self.port = free_port()
        self.process = None

    def leaves(self, _message):
        """Whether it stores it as it is, but for what `parse` and `plain` take away."""
        return True

    def plain(self, stored, _message):
        """What it has stored without what is added to such a message inside."""
        return stored

    def start(self, *arguments, **more):
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        start_new_session=True, **more)
        harness.until(lambda: self.process.poll() is not None or listens(self.port), "it to listen")
        true(self.process.poll() is None, "it ended at once: " + self.said())

    def said(self):
        return read(self.log.name).decode("utf-8", "replace")[-1500:]

    def __enter__(self):
        try:
            self.launch()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self, count):
        """What was stored since, COUNT deliveries if it is well; takes it away."""
        end = time.monotonic() + harness.PATIENCE
        while True:
            paths = self.paths()
            found = [pair for path in paths for pair in self.parse(path, read(path))]
            if len(found) >= count or time.monotonic() > end:
                break
            time.sleep(0.02)
        for path in paths:
            os.unlink(path)
        return found


class Serve(Peer):
    """examples/serve, which stores no recipients with --raw."""

    server = None

    def launch(self):
        self.server = harness.Server("--reply", "rcpt:<%s>=550 5.1.1 no such user" % REFUSED, "--max-size", str(LIMIT))
        self.port = self.server.port

    def __exit__(self, kind=None, *more):
        if self.server:
            self.server.__exit__(kind, *more)
        super().__exit__()

    def said(self):
        return self.server.said()

    def take(self, count):
        return [(None, data) for data in self.server.take()]


class Filed(Peer):
    """A program of this folder that stores each message in a file: a line a recipient, an empty line, the octets."""

    def paths(self):
        at = os.path.join(self.folder, "mail")
        return [os.path.join(at, name) for name in sorted(os.listdir(at)) if not name.endswith(".part")]

    def parse(self, _path, data):
        head, message = data.split(b"\n\n", 1)
        return [(to, message) for to in head.decode().split("\n")]

    def launch(self):
        os.mkdir(os.path.join(self.folder, "mail"))
        arguments = self.program()
        self.start(*arguments, str(self.port), os.path.join(self.folder, "mail"), REFUSED, str(LIMIT))


class Aiosmtpd(Filed):
    long_line = {"code": 69, "reply": "500"}

    def program(self):
        return PYTHON, "-B", os.path.join(HERE, "aiosmtpd_server.py")


class SmtpServer(Filed):
    """npm's smtp-server; ROOTS/npm is where npm has installed it."""

    def program(self):
        modules = os.path.join(ROOTS, "npm", "node_modules")
        if not os.path.isdir(modules):
            raise Missing(reason("npm"))
        os.environ["NODE_PATH"] = modules
        return "node", os.path.join(HERE, "smtp-server.js")


# --- what runs in a file system of its own, made by `unpack`


def reason(name):
    """Why it is not in ROOTS."""
    try:
        return read(os.path.join(ROOTS, name + ".why")).decode("utf-8", "replace").strip()
    except OSError:
        return "not unpacked"


def inside(root):
    """The processes that run there."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and (os.readlink("/proc/%s/root" % name) + "/").startswith(root + "/"):
                found.append(int(name))
        except OSError:
            pass
    return found


class Rooted(Peer):
    """A package's program. PEOPLE have a maildir each, /mail/NAME, where line ends are LF."""

    users = ()  # the accounts that the program wants, each with a group
    folders = ()  # path, owner, mode
    files = {}  # path: content

    def launch(self):
        self.root = os.path.join(os.path.realpath(ROOTS), self.package)
        if not os.path.isdir(self.root):
            raise Missing(reason(self.package))
        ids = {"root": 0, "nogroup": 65534, "nobody": 65534, "mail": MAIL}
        ids.update((name, MAIL + 1 + i) for i, name in enumerate(self.users))
        self.write("/etc/passwd", "".join("%s:x:%d:%d::/:/bin/sh\n" % (n, i, i) for n, i in ids.items()))
        self.write("/etc/group", "".join("%s:x:%d:\n" % pair for pair in ids.items()))
        for path, owner, mode in self.folders + (("/mail", "mail", 0o755), ("/var/log", "root", 0o777)):
            at = self.root + path
            shutil.rmtree(at, ignore_errors=True)
            os.makedirs(at)
            os.chown(at, ids[owner], ids[owner])
            os.chmod(at, mode)
        for path, content in self.files.items():
            self.write(path, content % self.values())
        self.prepare()
        self.start("chroot", self.root, *(word % {"port": self.port} for word in self.command))

    def values(self):
        """What stands for the names in `files`."""
        return {"port": self.port, "limit": LIMIT, "mail": MAIL, "refused": REFUSED}

    def prepare(self):
        """What else has to be done before it starts."""

    def leaves(self, message):
        """Where the header ends by another line than an empty one, or begins as an mbox does, each does as it likes."""
        return re.match(rb"([!-9;-~]+[ \t]*:.*\r\n([ \t].*\r\n)*)*(\r\n|$)", message)

    def write(self, path, content):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w") as file:
            file.write(content)

    def said(self):
        return "\n".join(read(path).decode("utf-8", "replace")[-1500:]
                         for path in (self.log.name, self.root + "/var/log/mail.log", self.root + "/var/log/main.log")
                         if os.path.exists(path))

    def __exit__(self, *_):
        super().__exit__()
        if not self.process:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for pid in inside(self.root):
                try:
                    os.kill(pid, sign)
                except ProcessLookupError:
                    pass
            try:
                return harness.until(lambda: not inside(self.root), "its processes to end", 5)
            except harness.Wrong:
                pass

    def paths(self):
        new = (os.path.join(self.root, "mail", who, "new") for who in PEOPLE)
        return [os.path.join(at, name) for at in new if os.path.isdir(at) for name in sorted(os.listdir(at))]

    def parse(self, path, data):
        """Without the fields that it puts in front: those of ADDS, in this order, each once."""
        to = path.split("/")[-3] + "@example.org"
        for field in self.adds:
            added = re.match(rb"%s:[^\n]*\n([ \t][^\n]*\n)*" % field, data)
            true(added, "no %s: at %r" % (field.decode(), data[:200]))
            data = data[added.end():]
        true(b"\r" not in data, "CR in what it has stored")
        return [(to, data.replace(b"\n", b"\r\n"))]


class Postfix(Rooted):
    package = "postfix"
    users = ("postfix", "postdrop")
    queues = "active bounce corrupt defer deferred flush hold incoming private saved trace".split()
    folders = (("/var/spool/postfix", "root", 0o755), ("/var/lib/postfix", "postfix", 0o700),
               *(("/var/spool/postfix/" + name, "postfix", 0o700) for name in queues),
               ("/var/spool/postfix/public", "postfix", 0o755), ("/var/spool/postfix/maildrop", "postfix", 0o730),
               ("/var/spool/postfix/pid", "root", 0o755))
    command = ("/usr/lib/postfix/sbin/master", "-c", "/etc/postfix", "-d")
    adds = (rb"Return-Path", rb"X-Original-To", rb"Delivered-To", rb"Received")
    files = {
        "/etc/postfix/main.cf": """
            compatibility_level = 2
            queue_directory = /var/spool/postfix
            data_directory = /var/lib/postfix
            command_directory = /usr/sbin
            daemon_directory = /usr/lib/postfix/sbin
            mail_owner = postfix
            setgid_group = postdrop
            maillog_file = /var/log/mail.log
            myhostname = mx.example.org
            mydestination =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtpd_peername_lookup = no
            smtpd_relay_restrictions = reject_unauth_destination
            message_size_limit = %(limit)d
            alias_maps =
            local_recipient_maps =
            virtual_mailbox_domains = example.org
            virtual_mailbox_maps = regexp:/etc/postfix/users
            virtual_mailbox_base = /mail
            virtual_mailbox_limit = 0
            virtual_uid_maps = static:%(mail)d
            virtual_gid_maps = static:%(mail)d
            # it is to leave the fields of a message as they are
            local_header_rewrite_clients =
            message_drop_headers =
            """.replace("\n            ", "\n"),
        "/etc/postfix/users": "".join("/^%s@example\\.org$/ %s/\n" % (who, who) for who in PEOPLE),
        "/etc/postfix/master.cf": "127.0.0.1:%(port)d inet n - n - - smtpd\n" + "".join(
            line + "\n" for line in (
                "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
                "rewrite unix - - n - - trivial-rewrite", "virtual unix - n n - - virtual",
                "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce",
                "flush unix n - n 1000 0 flush", "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
                "error unix - - n - - error", "retry unix - - n - - error",
                "postlog unix-dgram n - n - 1 postlogd")),
    }


class Exim(Rooted):
    package = "exim4-daemon-light"
    users = ("Debian-exim", "adm")
    folders = (("/var/spool/exim4", "Debian-exim", 0o750),)
    command = ("/usr/sbin/exim4", "-bdf")
    adds = ()
    files = {
        "/etc/exim4/users": "".join("%s: %s\n" % (who, who) for who in PEOPLE),
        "/etc/exim4/exim4.conf": """
            primary_hostname = mx.example.org
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = %(port)d
            spool_directory = /var/spool/exim4
            log_file_path = /var/log/%%s.log
            keep_environment =
            tls_advertise_hosts =
            host_lookup =
            message_size_limit = %(limit)d
            smtp_accept_queue_per_connection = 0
            acl_smtp_rcpt = recipient
            # it is to leave the fields of a message as they are
            received_header_text =
            return_path_remove = false
            envelope_to_remove = false
            delivery_date_remove = false
            begin acl
            recipient:
              accept domains = example.org
                local_parts = lsearch;/etc/exim4/users
              deny message = 5.1.1 no such user
            begin routers
            everyone:
              driver = accept
              local_parts = lsearch;/etc/exim4/users
              transport = maildir
            begin transports
            maildir:
              driver = appendfile
              maildir_format
              directory = /mail/$local_part_data
              user = mail
            """.replace("\n            ", "\n"),
    }


class OpenSmtpd(Rooted):
    package = "opensmtpd"
    long_line = {"code": 69, "reply": "500"}
    users = ("opensmtpd", "opensmtpq")
    folders = (("/var/spool/smtpd", "root", 0o711), ("/var/lib/opensmtpd/empty", "root", 0o755),
               ("/var/run", "root", 0o755))
    command = ("/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf")
    adds = (rb"Return-Path", rb"Delivered-To", rb"Received")
    files = {
        "/etc/users": "".join("%s: mail\n" % who for who in PEOPLE),
        "/etc/smtpd.conf": """
            table users file:/etc/users
            smtp max-message-size "%(limit)d"
            listen on 127.0.0.1 port %(port)d hostname mx.example.org
            action "store" maildir "/mail/%%{rcpt.user}" virtual <users>
            match from any for domain "example.org" rcpt-to "%(refused)s" reject
            match from any for domain "example.org" action "store"
            """.replace("\n            ", "\n"),
    }

    def leaves(self, message):
        """It completes an address without a domain."""
        return super().leaves(message) and not re.search(rb"^(From|To|Cc):[^@\r]*\r", message, re.I | re.M)

    def plain(self, stored, message):
        """A client of this host gets these two fields at the end of the header where they are missing."""
        for field in (rb"Message-ID", rb"Date"):
            if not re.search(rb"^%s:" % field, message.split(b"\r\n\r\n")[0], re.I | re.M):
                stored = re.sub(rb"^%s: .*\r\n(?=\r\n|\Z)" % field, b"", stored, count=1, flags=re.I | re.M)
        return stored


class SmtpSink(Rooted):
    """Postfix's smtp-sink; its options say what it offers and refuses."""

    package = "postfix"
    refuses = sizes = False

    def __init__(self, *options):
        super().__init__()
        self.command = ("/usr/sbin/smtp-sink", *options, "-u", "mail", "-R", "/mail", "-d", "%%M.",
                        "127.0.0.1:%(port)d", "100")

    def leaves(self, _message):
        return True

    def paths(self):
        at = os.path.join(self.root, "mail")
        return [os.path.join(at, name) for name in sorted(os.listdir(at))]

    def parse(self, _path, data):
        """It writes the envelope and a Received field in front, LF for CRLF, and an empty line behind."""
        envelope, *message = re.split(rb"^Received:.*\n\t.*\n\t.*\n", data, maxsplit=1, flags=re.M)
        if not message:
            return []  # a transaction that has come to nothing
        true(message[0].endswith(b"\n"), "no empty line behind: %r" % message[0][-100:])
        return [(to.decode(), message[0][:-1].replace(b"\n", b"\r\n"))
                for to in re.findall(rb"^X-Rcpt-Args: <(.*)>$", envelope, re.M)]
