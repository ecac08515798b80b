"""Put this folder on PYTHONPATH and Python reaches nothing but its own machine: a cut cable, for tests."""

import socket

_connect, _lookup = socket.socket.connect, socket.getaddrinfo
NEAR = {"127.0.0.1", "::1", "localhost", "0.0.0.0", ""}


def _is_near(address) -> bool:
    return not isinstance(address, tuple) or address[0] in NEAR


def connect(self, address):
    """As socket.connect, for this machine only."""
    if not _is_near(address):
        raise OSError(101, f"Network is unreachable (cut for this test): {address}")
    return _connect(self, address)


def lookup(host, *args, **kwargs):
    """As socket.getaddrinfo, for this machine only."""
    if host not in NEAR and host is not None:
        raise socket.gaierror(
            -3, f"Temporary failure in name resolution (cut for this test): {host}"
        )
    return _lookup(host, *args, **kwargs)


socket.socket.connect = connect
socket.getaddrinfo = lookup
