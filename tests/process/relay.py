"""A NAT box between a phone and the switch: carries TCP in both directions until somebody cuts the cable."""

import contextlib
import select
import socket
import threading


class Relay:
    """Listens on an address of its own, and connects to the switch from there."""

    ADDRESS = "127.0.0.20"

    def __init__(self, house):
        host, port = house.sip.rsplit(":", 1)
        self.target = (host, int(port))
        self.door = socket.create_server((self.ADDRESS, 0))
        self.address = f"{self.ADDRESS}:{self.door.getsockname()[1]}"
        self.cables = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.create_connection(self.target, source_address=(self.ADDRESS, 0))
                self.cables.append((near, far))
                threading.Thread(target=carry, args=(near, far), daemon=True).start()

    def cut(self):
        """Ends every connection that stands; new ones are carried again."""
        cut, self.cables = self.cables, []
        assert cut, "nobody has come through here"
        for ends in cut:
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.door.close()
        if self.cables:
            self.cut()


def carry(near, far):
    """Until one of them ends."""
    other = {near: far, far: near}
    with near, far, contextlib.suppress(OSError):
        while True:
            for end in select.select([near, far], [], [])[0]:
                heard = end.recv(65536)
                if not heard:
                    return
                other[end].sendall(heard)
