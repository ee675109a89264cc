"""The people around the switch: phones with their owners, and a carrier."""

import json
import pathlib
import queue
import random
import re
import socket
import subprocess
import sys
import threading
import time

import ears
from voice import Voice

HERE = pathlib.Path(__file__).parent
PATIENCE_S = 15


class Phone:
    """A desk phone in a process of its own, and the news it brings."""

    def __init__(
        self, house, extension, address, hz, password=None, transport="udp", codec="PCMU", through=None, believes=True,
    ):
        self.house, self.extension, self.hz = house, extension, hz
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
            "codec": codec,
            "rtp_port": free_port(address),
            "says": str(ears.write_tone(folder / "says.wav", hz)),
            "hears": str(self.recording),
            "log": str(folder / "pjsip.log"),
        }
        self.process = subprocess.Popen(
            [sys.executable, HERE / "handset.py", json.dumps(settings)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "stderr", "w"), text=True,
        )
        self.news = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.news.put(json.loads(line))

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

    def dial(self, number, padding=0):
        self.do("call", to=f"sip:{number}@{self.house.sip}", padding=padding)

    def answer(self):
        self.do("answer")

    def hang_up(self):
        self.do("hang up")

    def hands_on_to(self, number):
        """The key for a blind transfer of the newest call."""
        self.do("hand on", to=f"sip:{number}@{self.house.sip}")

    def connects(self):
        """The key for an attended transfer: the older call gets the newer one."""
        self.do("connect")

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


class Carrier:
    """A carrier: SIPp speaks the signalling, a voice of ours speaks and hears."""

    ADDRESS = "127.0.0.3"

    def __init__(self, house, hz, address=ADDRESS):
        self.house, self.hz, self.address = house, hz, address
        self.port = house.carrier_port
        self.voice = Voice(address, hz)
        self.folder = house.folder / "carrier"
        self.folder.mkdir()
        self.process = None

    def calls(self, number, caller, seconds, times=1, through=None):
        """Calls a number of ours so many times, talks for so long, hangs up."""
        self._play(
            "carrier_calls", "-s", number, "-key", "caller", caller, "-d", str(seconds * 1000), "-m", str(times),
            through or self.house.sip,
        )

    def expects_a_call(self):
        """Answers one call after a second of ringing; the other side hangs up."""
        self._play("carrier_answers", "-m", "1")
        wait_until(lambda: is_bound(self.ADDRESS, self.port), "the carrier listens")

    def _play(self, scenario, *arguments):
        keys = ["-key", "rtp_port", str(self.voice.port)]
        self.process = sipp(self.folder, scenario, self.address, self.port, *keys, *arguments)

    def is_content(self):
        """The call went as its scenario says, to the end."""
        code = self.process.wait(45)
        assert code == 0, f"sipp ended with {code}:\n{self.errors()}\n{self.messages()}"

    def errors(self):
        path = self.folder / "errors"
        return path.read_text(errors="replace") if path.exists() else ""

    def messages(self):
        return (self.folder / "messages").read_text(errors="replace")

    def received(self, method):
        """The first request of this method that it received."""
        found = re.search(rf"message received .*?\n\n({method} .*?)\n-----", self.messages(), re.S)
        assert found, f"the carrier received no {method}:\n{self.messages()}"
        return found.group(1)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.voice.close()


def sipp(folder, scenario, address, port, *arguments):
    """Begins to play a scenario from an address."""
    command = ["sipp", "-sf", str(HERE / f"{scenario}.xml"), "-i", address, "-p", str(port), "-nostdin"]
    command += ["-timeout", "50s", "-timeout_error", "-max_invite_retrans", "10", "-max_non_invite_retrans", "12"]
    command += ["-trace_msg", "-message_file", str(folder / "messages")]
    command += ["-trace_err", "-error_file", str(folder / "errors"), *arguments]
    output = open(folder / "screen", "w")
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def free_port(address):
    """An even port that nobody uses at this address now, nor the next one; not one that the system may hand out."""
    while True:
        port = random.randrange(10_000, 32_000, 2)
        if not any(is_bound(address, one, kind) for one in (port, port + 1) for kind in KINDS):
            return port


KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def is_bound(address, port, kind=socket.SOCK_DGRAM):
    with socket.socket(family(address), kind) as probe:
        try:
            probe.bind((address, port))
            return False
        except OSError:
            return True


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def wait_until(done, what):
    """Until this holds."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE_S} s")
