"""A carrier behind a trunk: SIPp speaks the signalling, a voice of ours speaks and hears."""

import contextlib
import pathlib
import re
import socket
import subprocess

from surroundings import host, is_bound, wait_until
from voice import Voice

HERE = pathlib.Path(__file__).parent

# What a caller does who has no plan for how long to talk.
UNTIL_TOLD = '<recv request="BYE" optional="true" next="left"/>\n  <recv request="MESSAGE"/>'


class Carrier:
    """One trunk's other end, with one caller or callee behind it."""

    ADDRESS, PORT = host(3), 5060

    def __init__(self, house, hz, address=ADDRESS):
        self.house, self.hz, self.address = house, hz, address
        self.port = Carrier.PORT
        self.voice = Voice(address, hz)
        self.folder = house.folder / f"carrier-{address}"
        self.folder.mkdir()
        self.process = None

    def calls(self, number, caller, seconds=None, times=1, through=None, contact=None):
        """Calls a number of ours so many times, perhaps where we have registered; talks for so long, or until it is
        told to hang up, or we do."""
        keys = ["-s", contact or number, "-key", "dialled", number, "-key", "caller", caller, "-m", str(times), "-cid_str", "customer-%u"]
        talk = ["-d", str(seconds * 1000)] if seconds else []
        self._play("carrier_calls", *keys, *talk, through or self.house.sip, pause="<pause/>" if seconds else UNTIL_TOLD)

    def hangs_up(self):
        """Tells SIPp so: by a message that belongs to the call, as it knows no other way."""
        request = f"MESSAGE sip:carrier@{self.address} SIP/2.0\r\nVia: SIP/2.0/UDP {self.address};branch=z9hG4bK-told\r\n"
        request += "From: <sip:story@localhost>;tag=1\r\nTo: <sip:carrier@localhost>\r\nCall-ID: customer-1\r\n"
        request += "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.sendto(request.encode(), (self.address, self.port))
        self.is_content()

    def expects_a_call(self):
        """Answers one call after a second of ringing; the other side hangs up."""
        self._listens("carrier_answers", "-m", "1")

    def answers(self):
        """As many calls as come, and questions for its health."""
        self._listens("carrier_answers")

    def refuses(self, status, health=200):
        """All calls."""
        self._listens("carrier_refuses", status=status, health=health)

    def knows_us(self, expires=60):
        """Lets us register for so long, and takes our calls, both with the right password."""
        self._listens("carrier_knows_us", "-key", "expires", str(expires))

    def _listens(self, scenario, *arguments, **said):
        self._play(scenario, "-deadcall_wait", "0", *arguments, **said)
        wait_until(lambda: is_bound(self.address, self.port), "the carrier listens")

    def _play(self, scenario, *arguments, pause="<pause/>", status=503, health=200):
        self.close_line()
        told = {"<pause/>": pause, "[status]": str(status), "[health]": str(health)}
        text = (HERE / f"{scenario}.xml").read_text()
        for word, meaning in told.items():
            text = text.replace(word, meaning)
        played = self.folder / f"{scenario}.xml"
        played.write_text(text)
        keys = ["-key", "rtp_port", str(self.voice.port)]
        self.process = sipp(self.folder, played, self.address, self.port, *keys, *arguments)

    def hears(self, *voices, **more):
        """From now on these voices, and nobody else."""
        self.voice.hears(*voices, **more)

    def heard(self):
        """All that it has heard."""
        return self.voice.heard

    def is_content(self):
        """The call went as its scenario says, to the end."""
        code = self.process.wait(45)
        assert code == 0, f"sipp ended with {code}:\n{self.errors()}\n{self.messages()}"

    def errors(self):
        path = self.folder / "errors"
        return path.read_text(errors="replace") if path.exists() else ""

    def messages(self):
        path = self.folder / "messages"
        return path.read_text(errors="replace") if path.exists() else ""

    def received(self, method):
        """The first request of this method that it received."""
        requests = self.requests(method)
        assert requests, f"the carrier received no {method}:\n{self.messages()}"
        return requests[0]

    def requests(self, method):
        """All requests of this method, without those that came again."""
        found = re.findall(rf"message received .*?\n\n({method} .*?)\n-----", self.messages(), re.S)
        return list({field(text, "Via"): text for text in reversed(found)}.values())[::-1]

    def close_line(self):
        """It is not there any more."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.close_line()
        self.voice.close()


class Silence:
    """A carrier that hears all and says nothing."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, Carrier.PORT))
        self.socket.setblocking(False)
        self.heard = []

    def requests(self, method):
        """All requests of this method, without those that came again."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(self.socket.recv(65536).decode())
        found = [text for text in self.heard if text.startswith(method)]
        return list({field(text, "Via"): text for text in found}.values())

    def close(self):
        self.socket.close()


def field(message, name):
    """A header field of a message."""
    return re.search(rf"^{name}: *(.*?)\r?$", message, re.M)[1]


def sipp(folder, scenario, address, port, *arguments):
    """Begins to play a scenario from an address."""
    command = ["sipp", "-sf", str(scenario), "-i", address, "-p", str(port), "-nostdin"]
    command += ["-timeout", "50s", "-timeout_error", "-max_invite_retrans", "10", "-max_non_invite_retrans", "12"]
    command += ["-trace_msg", "-message_file", str(folder / "messages")]
    command += ["-trace_err", "-error_file", str(folder / "errors"), *arguments]
    output = open(folder / "screen", "w")
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
