"""Where a story takes place: a network of its own on loopback, and the patience to wait for what happens there."""

import contextlib
import random
import socket
import time

PATIENCE_S = 15
KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def host(number):
    """An address of this run's own network: runs beside each other do not meet."""
    return f"{NETWORK}.{number}"


def claim_network():
    """A loopback network that nobody else uses now: it is ours as long as we keep this socket."""
    while True:
        network = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            claim.bind((f"{network}.254", 9))
            return network, claim


NETWORK, CLAIM = claim_network()


def free_port(address):
    """An even port that nobody uses at this address now, nor the next one; not one that the system may hand out."""
    while True:
        port = random.randrange(10_000, 32_000, 2)
        if not any(is_bound(address, one, kind) for one in (port, port + 1) for kind in KINDS):
            return port


def is_bound(address, port, kind=socket.SOCK_DGRAM):
    with socket.socket(family(address), kind) as probe:
        try:
            probe.bind((address, port))
            return False
        except OSError:
            return True


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def wait_until(done, what, patience=PATIENCE_S):
    """Until this holds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {patience} s")
