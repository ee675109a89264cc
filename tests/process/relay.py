"""What may lie between a phone and the switch: a NAT box that carries TCP in both directions until somebody cuts
the cable, and a radio link that carries datagrams, but not all of them."""

import contextlib
import random
import select
import socket
import threading

from surroundings import host


class Relay:
    """Listens on an address of its own, and connects to the switch from there."""

    ADDRESS = host(20)

    def __init__(self, house):
        host, port = house.sip.rsplit(":", 1)
        self.target = (host, int(port))
        self.door = socket.create_server((self.ADDRESS, 0))
        self.address = f"{self.ADDRESS}:{self.door.getsockname()[1]}"
        self.cables = []
        self.swallows = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.create_connection(self.target, source_address=(self.ADDRESS, 0))
                self.cables.append((near, far))
                threading.Thread(target=carry, args=(self, near, far), daemon=True).start()

    def cut(self):
        """Ends every connection that stands; new ones are carried again."""
        cut, self.cables = self.cables, []
        assert cut, "nobody has come through here"
        for ends in cut:
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def swallow(self):
        """From now on nothing comes through, and nobody is told: a phone out of reach."""
        self.swallows = True

    def close(self):
        self.door.close()
        if self.cables:
            self.cut()


class Radio:
    """Stands at an address in somebody's place: what the switch sends there goes to this one, and the other way
    round; so many of a hundred datagrams are lost in each direction."""

    def __init__(self, house, address, port, behind, lost):
        host, sip = house.sip.rsplit(":", 1)
        self.other = {(host, int(sip)): (behind, port), (behind, port): (host, int(sip))}
        self.port, self.address = port, f"{address}:{port}"
        self.lost = lost
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.carried, self.swallowed = 0, 0
        threading.Thread(target=self._carry, daemon=True).start()

    def _carry(self):
        chance = random.Random(self.lost)
        with contextlib.suppress(OSError):
            while True:
                datagram, source = self.socket.recvfrom(65536)
                if chance.randrange(100) < self.lost:
                    self.swallowed += 1
                elif source in self.other:
                    self.carried += 1
                    self.socket.sendto(datagram, self.other[source])

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def carry(relay, near, far):
    """Until one of them ends."""
    other = {near: far, far: near}
    with near, far, contextlib.suppress(OSError):
        while True:
            for end in select.select([near, far], [], [])[0]:
                heard = end.recv(65536)
                if not heard:
                    return
                if not relay.swallows:
                    other[end].sendall(heard)
