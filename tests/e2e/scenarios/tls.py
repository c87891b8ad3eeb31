# SPDX-License-Identifier: ISC
"""Certificates for the scenarios with TLS, made anew for each run by the openssl tool, and what Python makes of
them."""

import ctypes
import functools
import os
import shutil
import ssl
import subprocess
import tempfile
import threading

from . import harness

MAKING = threading.RLock()
NAMES = {  # what each certificate is for
    "mx": "DNS:mx.example.org,DNS:localhost,IP:127.0.0.1,IP:::1",
    "other": "DNS:other.example.net",
    "alice": "email:alice@example.com",
    "carol": "email:carol@example.com",
}


def is_built():
    """Whether the programs have TLS, and the tool for certificates is there."""
    code, _, errors = harness.program("serve", "--listen", "127.0.0.1:0", "--discard", "--tls-cert", "/nonexistent",
                                      "--tls-key", "/nonexistent")
    return bool(shutil.which("openssl")) and not (code == 64 and "build" in errors)


def openssl(*words):
    subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True, check=True)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder, name):
    openssl("req", "-x509", *NEW_KEY, "-keyout", "%s/%s.key" % (folder, name), "-out", "%s/%s.pem" % (folder, name),
            "-days", "2", "-subj", "/CN=" + name)


def leaf(folder, name, names, signer, days="2"):
    stem = os.path.join(folder, name)
    openssl("req", "-new", *NEW_KEY, "-keyout", stem + ".key", "-out", stem + ".req", "-subj", "/CN=" + name)
    with open(stem + ".ext", "w", encoding="ascii") as file:
        file.write("subjectAltName=" + names + "\n")
    openssl("x509", "-req", "-in", stem + ".req", "-CA", "%s/%s.pem" % (folder, signer), "-CAkey",
            "%s/%s.key" % (folder, signer), "-set_serial", str(abs(hash(name))), "-days", days, "-extfile",
            stem + ".ext", "-out", stem + ".pem")


@functools.lru_cache(maxsize=None)
def make():
    folder = tempfile.mkdtemp(prefix="tls.")
    authority(folder, "ca")
    authority(folder, "stranger")
    for name, names in NAMES.items():
        leaf(folder, name, names, "ca")
    leaf(folder, "unknown", NAMES["mx"], "stranger")
    return folder


def file(name):
    """The path of a file: "ca.pem", "mx.key"."""
    with MAKING:
        return os.path.join(make(), name)


def server_options(name="mx"):
    return "--tls-cert", file(name + ".pem"), "--tls-key", file(name + ".key")


def client_context(certificate=None, version=None):
    """A client that knows our authority; `version` is the highest that it speaks."""
    context = ssl.create_default_context(cafile=file("ca.pem"))
    if certificate:
        context.load_cert_chain(file(certificate + ".pem"), file(certificate + ".key"))
    if version:
        context.maximum_version = version
    return context


def server_context(name="mx", ask=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file(name + ".pem"), file(name + ".key"))
    if ask:
        context.load_verify_locations(file("ca.pem"))
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def exported(connection):
    """What tls-exporter binds to (RFC 9266), by a way round Python, which cannot tell; None when that fails."""
    try:
        import _ssl
        library = ctypes.CDLL(_ssl.__file__)
        export = library.SSL_export_keying_material
        export.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
                           ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
        # struct PySSLSocket: the object's head, a pointer to the socket, the SSL
        at = id(connection._sslobj) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
        pointer = ctypes.c_void_p.from_address(at).value
        out = ctypes.create_string_buffer(32)
        label = b"EXPORTER-Channel-Binding"
        return out.raw if export(pointer, out, 32, label, len(label), b"", 0, 1) == 1 else None
    except (AttributeError, ImportError, OSError):
        return None
