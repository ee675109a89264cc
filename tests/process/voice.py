"""A far end's RTP without a phone around it: speaks one tone in G.711 μ-law and remembers what it hears."""

import random
import select
import socket
import struct
import threading
import time

import ears
from listening import Listener

FRAME = 160
SILENCE = [0] * FRAME
MULAW, KEYS = 0, 101
# Whoever sends nothing for so long is silent.
PATIENCE_S = 0.2


class Voice(Listener):
    """Speaks from its own port as soon as somebody speaks to it, or as soon as it is told where to."""

    def __init__(self, address, hz):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.hz = hz
        self.peer = None
        self.heard = []
        self.packets = 0
        self.last = 0.0
        self.keys = {}
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def close(self):
        self.closing.set()
        self.thread.join(5)
        self.socket.close()

    def _run(self):
        speech = bytes(ears.mulaw_encoded(sample) for sample in ears.tone(self.hz, 1))
        ssrc, sequence, due = random.getrandbits(32), 0, time.monotonic()
        while not self.closing.is_set():
            ready, _, _ = select.select([self.socket], [], [], max(0, due - time.monotonic()))
            if ready:
                self._listen()
            if time.monotonic() >= due:
                due += 0.020
                if self.peer and time.monotonic() > self.last + PATIENCE_S:
                    self.heard.extend(SILENCE)
                if self.peer:
                    at = sequence * FRAME % len(speech)
                    head = struct.pack("!BBHII", 0x80, MULAW, sequence & 0xFFFF, sequence * FRAME, ssrc)
                    self.socket.sendto(head + speech[at : at + FRAME], self.peer)
                    sequence += 1

    def _listen(self):
        packet, source = self.socket.recvfrom(2048)
        if len(packet) <= 12 or packet[0] >> 6 != 2:
            return
        if packet[1] & 0x7F == KEYS:
            self.keys[packet[4:8]] = packet[12]
        elif packet[1] & 0x7F == MULAW:
            self.peer, self.last = source, time.monotonic()
            self.packets += 1
            self.heard.extend(ears.DECODED[byte] for byte in packet[12:])

    def __str__(self):
        return f"whoever says {self.hz} Hz"

    def heard_so_far(self):
        return len(self.heard)

    def lately(self, count):
        return self.heard[-count:]

    def pressed(self):
        """The keys that have reached us (RFC 4733), one after the other."""
        return "".join("0123456789*#ABCD"[key] for key in self.keys.values())
