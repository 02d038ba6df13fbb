"""A CONNECT proxy that plays https hosts from local http ports, for clients whose base URLs can't be set."""

from __future__ import annotations

import contextlib
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection, create_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from harness import PATIENCE


def authority(folder: Path, hosts):
    """Write a test CA and a certificate of `hosts`; return the paths of CA, certificate and key."""
    now = datetime.now(UTC)

    def make(name, key, issuer, signer, *, ca):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer, hashes.SHA256())

    def named(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = make(named("casb test CA"), root_key, named("casb test CA"), root_key, ca=True)
    leaf = make(named(hosts[0]), leaf_key, root.subject, root_key, ca=False)
    ca, cert, key = folder / "ca.pem", folder / "leaf.pem", folder / "leaf.key"
    ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    cert.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return ca, cert, key


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(1)


class ConnectProxy:
    """Listens on loopback; `ports` maps each host to the local port that plays it. A context manager."""

    def __init__(self, ports, cert, key):
        self.ports = ports
        self.refused = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(cert, key)
        self._listener = create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self.port = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _run(self):
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, client):
        with client:
            client.settimeout(PATIENCE)
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1024)
            host = head.split()[1].decode().partition(":")[0]
            if host not in self.ports:
                self.refused.append(host)
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with (
                contextlib.suppress(OSError),
                self._tls.wrap_socket(client, server_side=True) as secure,
                create_connection(("127.0.0.1", self.ports[host])) as server,
            ):
                back = threading.Thread(target=_pump, args=(server, secure), daemon=True)
                back.start()
                _pump(secure, server)
                back.join(5)
