"""The people around the switch: phones with their owners."""

import json
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

import ears
from listening import Listener
from surroundings import PATIENCE_S, free_port, wait_until

HERE = pathlib.Path(__file__).parent


class Phone(Listener):
    """A desk phone in a process of its own, and the news it brings."""

    def __init__(
        self, house, extension, address, hz, password=None, transport="udp", codecs=("PCMU",), through=None,
        believes=True, ring=True,
    ):
        self.house, self.extension, self.address, self.hz = house, extension, address, hz
        self.rate = ears.WIDE_RATE if "G722" in codecs else ears.RATE
        folder = house.folder / f"phone-{extension}-{address}"
        folder.mkdir()
        self.recording = folder / "heard.wav"
        settings = {
            "extension": extension,
            "password": password or house.password_of(extension),
            "server": house.server_for(transport),
            "through": through or house.server_for(transport),
            "authority": str(house.certificate) if believes else "",
            "address": address,
            "transport": transport,
            "codecs": codecs,
            "rate": self.rate,
            "ring": ring,
            "rtp_port": free_port(address),
            "says": str(ears.write_tone(folder / "says.wav", hz, self.rate)),
            "hears": str(self.recording),
            "log": str(folder / "pjsip.log"),
        }
        self.process = subprocess.Popen(
            [sys.executable, HERE / "handset.py", json.dumps(settings)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "stderr", "w"), text=True,
        )
        self.news = queue.SimpleQueue()
        self.answer_sent = None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            news = json.loads(line) if line.startswith("{") else {"is": "noise"}
            if news["is"] == "answering":
                self.answer_sent = news["text"]
            self.news.put(news)

    def wait(self, what, patience=PATIENCE_S, **wanted):
        """The next news of this kind; what comes before it is passed over."""
        seen, end = [], time.monotonic() + patience
        while time.monotonic() < end:
            try:
                news = self.news.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                break
            if news["is"] == what and all(news.get(key) == value for key, value in wanted.items()):
                return news
            seen.append({key: value for key, value in news.items() if key != "text"})
        raise AssertionError(f"phone {self.extension}: no {what} {wanted} within {patience} s, but {seen}")

    def do(self, what, **more):
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()

    def dial(self, number, **headers):
        """Calls; header fields of this INVITE's own may be added, `X_Padding` for X-Padding."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.do("call", to=f"sip:{number}@{self.house.sip}", headers=headers)

    def rings(self):
        """Its next call, and what the INVITE says."""
        return self.wait("incoming")

    def answer(self):
        self.do("answer")

    def hang_up(self):
        self.do("hang up")

    def hold(self):
        self.do("hold")

    def resume(self):
        self.do("resume")

    def presses(self, keys, by="rfc4733"):
        """Keys of the keypad in the newest call, told by RFC 4733 or by SIP INFO."""
        self.do("press", keys=keys, by=by)

    def presses_record(self, wish):
        """The record key of a Yealink: an INFO without a body that says "on" or "off"."""
        self.do("send", method="INFO", headers={"Record": wish})

    def is_answered(self, method):
        """With this status, to its next request of this kind."""
        return self.wait("answered", method=method)["code"]

    def hands_on_to(self, number):
        """The key for a blind transfer of the newest call."""
        self.do("hand on", to=f"sip:{number}@{self.house.sip}")

    def connects(self):
        """The key for an attended transfer: the older call gets the newer one."""
        self.do("connect")

    def brings_in(self, line):
        """The conference key, once for each line (RFC 4579 §5.5): the newest call is the conference."""
        self.do("bring in", line=line)

    def sends_to_conference(self, line):
        """The same as other phones do it (RFC 4579 §5.6)."""
        self.do("send to conference", line=line)

    def takes_over(self, other):
        """The pickup key (RFC 5359 §2.16): the newest call of another phone."""
        self.dial(other.extension, Replaces=other.dialog())

    def dialog(self):
        """The name of its newest incoming call, as whoever watches its lamp is told it (RFC 4235 §4.1.2)."""
        answer = wait_until(lambda: self.answer_sent, f"{self} rings")
        field = lambda name: re.search(rf"^{name}: *(.*?)\r?$", answer, re.M)[1]
        tag = lambda name: field(name).split(";tag=")[1]
        return f"{field('Call-ID')};to-tag={tag('From')};from-tag={tag('To')}"

    def learns(self, code):
        """How its transfer goes."""
        return self.wait("handing on", code=code)

    def is_now_with(self, number):
        """Its display changes in mid-call."""
        shown = self.wait("now with")["whom"]
        assert number in shown, f"phone {self.extension} is told {shown}, not {number}"

    def talks(self):
        return self.wait("call", state="CONFIRMED")

    def is_hung_up(self):
        return self.wait("call", state="DISCONNECTED")

    def __str__(self):
        return f"phone {self.extension}"

    def heard(self):
        """All that it has heard, after putting it down."""
        self.close()
        [samples] = ears.read_wav(self.recording)
        return samples

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
