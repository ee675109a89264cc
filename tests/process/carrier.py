"""A carrier behind a trunk: SIPp speaks the signalling, a voice of ours speaks and hears."""

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

    def calls(self, number, caller, seconds=None, times=1, through=None):
        """Calls a number of ours so many times, talks for so long, or until it is told to hang up, or we do."""
        keys = ["-s", number, "-key", "caller", caller, "-m", str(times), "-cid_str", "customer-%u"]
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
        self._play("carrier_answers", "-m", "1")
        wait_until(lambda: is_bound(self.address, self.port), "the carrier listens")

    def _play(self, scenario, *arguments, pause="<pause/>"):
        played = self.folder / f"{scenario}.xml"
        played.write_text((HERE / played.name).read_text().replace("<pause/>", pause))
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
    command = ["sipp", "-sf", str(scenario), "-i", address, "-p", str(port), "-nostdin"]
    command += ["-timeout", "50s", "-timeout_error", "-max_invite_retrans", "10", "-max_non_invite_retrans", "12"]
    command += ["-trace_msg", "-message_file", str(folder / "messages")]
    command += ["-trace_err", "-error_file", str(folder / "errors"), *arguments]
    output = open(folder / "screen", "w")
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
