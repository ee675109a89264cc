"""A phone on another stack: baresip from Debian, without a sound card, told what to do over its control port."""

import contextlib
import json
import queue
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse

import ears
from listening import Listener
from surroundings import free_port, wait_until

MODULES = "/usr/lib/baresip/modules"

CONFIGURATION = """
net_interface {address}
sip_listen {address}:{port}
rtp_ports {rtp_port}-{rtp_last}
audio_source ausine,{hz}
audio_player aubridge,nobody
audio_alert aubridge,nobody
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
snd_path {folder}
ctrl_tcp_listen {address}:{control}
module_path {modules}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


class Baresip(Listener):
    """One process with one line; it says a tone, and writes down what it hears in each call."""

    def __init__(self, house, extension, address, hz):
        self.house, self.extension, self.hz = house, extension, hz
        self.folder = house.folder / f"baresip-{extension}"
        self.folder.mkdir()
        control, rtp_port = free_port(address), free_port(address)
        (self.folder / "config").write_text(CONFIGURATION.format(
            address=address, port=free_port(address), rtp_port=rtp_port, rtp_last=rtp_port + 20, hz=hz,
            folder=self.folder, control=control, modules=MODULES,
        ))
        (self.folder / "accounts").write_text(
            f'<sip:{extension}@{house.sip}>;auth_user={extension};auth_pass="{house.password_of(extension)}";regint=120\n'
        )
        program = shutil.which("baresip")
        assert program, "baresip is missing: apt-get install baresip-core"
        log = open(self.folder / "log", "w")
        command = [program, "-v", "-s", "-f", self.folder]
        self.rung, self.answered = 0, 0
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.control = wait_until(lambda: reached(address, control), "baresip can be spoken to")
        self.news = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __str__(self):
        return f"baresip {self.extension}"

    def _read(self):
        """Each thing that it says is JSON, with its length before it and a comma behind it."""
        heard = b""
        with contextlib.suppress(OSError):
            while piece := self.control.recv(65536):
                heard += piece
                while b":" in heard:
                    length, _, rest = heard.partition(b":")
                    if len(rest) <= int(length):
                        break
                    self.news.put(json.loads(rest[: int(length)]))
                    heard = rest[int(length) + 1 :]

    def wait(self, what, patience=15):
        """The next event of this type; what comes before it is passed over."""
        seen, end = [], time.monotonic() + patience
        with contextlib.suppress(queue.Empty):
            while True:
                news = self.news.get(timeout=max(0, end - time.monotonic()))
                if news.get("type") == what:
                    return news
                seen.append(news.get("type") or news.get("data"))
        raise AssertionError(f"baresip {self.extension}: no {what} within {patience} s, but {seen}\n{self.log()}")

    def do(self, command, parameters=""):
        order = json.dumps({"command": command, "params": parameters}).encode()
        self.control.sendall(b"%d:%s," % (len(order), order))

    def is_registered(self):
        known = [one["extension"] for one in self.house.registrations() if "baresip" in one["user_agent"]]
        return self.extension in known

    def dial(self, number):
        self.do("dial", number)

    def rings(self):
        """Its next call. The log tells, for the control port falls silent after a while."""
        self.rung += 1
        wait_until(lambda: self.log().count("Incoming call from") >= self.rung, f"{self} rings")

    def answer(self):
        self.do("accept")

    def hang_up(self):
        self.do("hangup")

    def hold(self):
        self.do("hold")

    def resume(self):
        self.do("resume")

    def hands_on_to(self, number):
        """It sends REFER right behind the re-INVITE that holds the call, without waiting for an answer."""
        self.do("transfer", f"sip:{number}@{self.house.sip}")

    def connects(self, older, newer):
        """An attended transfer of one call to the other. This old one has no key for that, so it is given the whole
        Refer-To; it sends it without angle brackets."""
        self.do("callfind", older)
        call_id, *tags = (urllib.parse.quote(text, safe="") for text in (newer, *self._tags_of(newer)))
        self.do("transfer", f"sip:1003@{self.house.sip}?Replaces={call_id}%3Bfrom-tag%3D{tags[0]}%3Bto-tag%3D{tags[1]}")

    def _tags_of(self, call):
        """Ours and theirs of a call that it has made, from the messages in its log."""
        messages = re.split(r"\n\s*\n", self.log())
        answers = [text for text in messages if f"Call-ID: {call}" in text and "SIP/2.0 200" in text]
        assert answers, f"no answer to {call}:\n{self.log()}"
        return [re.search(rf"^{name}:.*;tag=([^;\s]+)", answers[0], re.M)[1] for name in ("From", "To")]

    def talks(self):
        """Its next call is answered. The call's name, out of the log."""
        self.answered += 1
        wait_until(lambda: self.log().count("Call established") >= self.answered, "it talks")
        before = self.log().split("Call established")[self.answered - 1]
        return re.findall(r"Call-ID: (\S+)\s+CSeq: \d+ (?:INVITE|ACK)", before)[-1]

    def is_hung_up(self):
        """Its control port is silent about calls that have ended, its log is not."""
        ended = re.compile(r"session closed|terminated \(duration")
        wait_until(lambda: ended.search(self.log()), "the call has ended at the phone")

    @property
    def recording(self):
        """What it hears in its newest call."""
        by_age = lambda path: path.stat().st_mtime_ns
        return max(self.folder.glob("dump-*-dec.wav"), key=by_age, default=self.folder / "nothing yet")

    def heard(self):
        """All that it has heard in its last call, after putting it down."""
        return self.heard_in_each_call()[-1]

    def heard_in_each_call(self):
        self.close()
        recordings = sorted(self.folder.glob("dump-*-dec.wav"))
        assert recordings, f"it has heard nothing:\n{self.log()}"
        return [ears.read_wav(path)[0] for path in recordings]

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.control.close()


def reached(address, port):
    with contextlib.suppress(OSError):
        return socket.create_connection((address, port), timeout=1)
    return None
