"""The switch itself: the real binary, with a configuration of its own, on loopback addresses."""

import json
import os
import pathlib
import random
import signal
import subprocess

from carrier import Carrier
from surroundings import free_port, host, is_bound, wait_until

ADDRESS = host(1)
ADDRESS_6 = "::1"
DID = "+493012345670"
CALLER_ID = "+493012345600"
CUSTOMER = "+4915155501"
# What an agent dials, and what the carrier makes of it.
OUTSIDE, CALLEE = "0301112233", "+49301112233"
CONFERENCE = "600"
MAX_CALLS = 20

# The one carrier of most stories. It is not asked whether it is there: SIPp plays one scenario and no other.
CARRIER = f"""
[trunk.carrier]
host = "{Carrier.ADDRESS}"
port = {Carrier.PORT}
sources = ["{Carrier.ADDRESS}"]
qualify = "off"

[[outgoing]]
match = "0*"
trunk = "carrier"
strip = 1
prefix = "+49"
"""

CONFIGURATION = """
[switch]
domain = "house.example"

[[listen]]
transport = "udp"
address = "{sip}"

[[listen]]
transport = "tcp"
address = "{sip}"

[[listen]]
transport = "udp"
address = "{sip6}"

[[listen]]
transport = "tls"
address = "{tls}"
certificate = "{certificate}"
key = "{key}"

[media]
ports = "{first_port}-{last_port}"
{media}

[extension.1001]
name = "Anna"
password = "anna's secret"
{anna}

[extension.1002]
name = "Ben"
password = "ben's secret"

[extension.1003]
name = "Carla"
password = "carla's secret"

{trunks}
[[incoming]]
number = "{did}"
ring = ["1001", "1002"]

[transfer]
conference = "{conference}"
{transfer}

[codes]
enabled = true

[numbers]
country = "DE"
default = "{caller_id}"
{numbers}

[recording]
incoming = true
outgoing = true
directory = "{recordings}"

[registration]
digest = "{digest}"

[timers]
t1 = "{t1}"

[limits]
max_calls = {max_calls}

[api]
listen = "{api}"

{more}
"""


class House:
    """One running switch."""

    def __init__(
        self, binary, folder, digest="sha-256", t1="500ms", anna="", trunks=CARRIER, numbers="", transfer="", more="",
        media="",
    ):
        self.binary, self.folder = binary, folder
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self.sip = f"{ADDRESS}:{free_port(ADDRESS)}"
        self.sip6 = f"[{ADDRESS_6}]:{free_port(ADDRESS_6)}"
        self.api = f"{ADDRESS}:{free_port(ADDRESS)}"
        self.tls = f"{ADDRESS}:{free_port(ADDRESS)}"
        self.certificate, key = prove(folder, ADDRESS)
        first = free_range(self.sip, self.sip6, self.tls, self.api)
        self.config = folder / "tandem.toml"
        self.config.write_text(CONFIGURATION.format(
            sip=self.sip, sip6=self.sip6, tls=self.tls, certificate=self.certificate, key=key, api=self.api,
            trunks=trunks, anna=anna, numbers=numbers, transfer=transfer, more=more,
            did=DID, caller_id=CALLER_ID, conference=CONFERENCE, recordings=self.recordings, first_port=first,
            last_port=first + 4 * MAX_CALLS - 1, max_calls=MAX_CALLS, digest=digest, t1=t1,
            media=media.format(folder=folder),
        ))
        self.process = None

    def open(self, *before, **surroundings):
        """Starts it: `before` stands before the command, `surroundings` are those of its process."""
        log = open(self.folder / "tandem.log", "w")
        command = [*before, self.binary, "--config", self.config, "run"]
        self.process = subprocess.Popen(command, **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | surroundings)
        port = int(self.sip.split(":")[1])
        wait_until(lambda: is_bound(ADDRESS, port) or self.process.poll() is not None, "the switch listens")
        assert self.process.poll() is None, f"the switch ended at once:\n{self.log()}"
        return self

    def server_for(self, transport):
        """Where a phone that speaks this finds us."""
        return self.tls if transport == "tls" else self.sip

    def log(self):
        return (self.folder / "tandem.log").read_text()

    def password_of(self, extension):
        return {"1001": "anna's secret", "1002": "ben's secret", "1003": "carla's secret"}[extension]

    def command(self, *arguments):
        """What `tandem` says to this, as the operator types it."""
        done = self._run(*arguments)
        assert done.returncode == 0, f"tandem {arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def refuses(self, *arguments):
        """The same where it cannot be."""
        done = self._run(*arguments)
        assert done.returncode != 0, f"tandem {arguments} did as it was told:\n{done.stdout}"
        return done.stdout + done.stderr

    def _run(self, *arguments):
        command = [self.binary, "--config", self.config, *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)

    def is_idle(self):
        """No call and no port is left."""
        wait_until(lambda: self.status()["calls"] == 0 and self.status()["ports"] == 0, "all calls have ended")

    def has_forgotten_all(self):
        """No call, no port, and no transaction that still waits for a straggler (64·T1, RFC 3261 §17)."""
        self.is_idle()
        wait_until(lambda: self.status()["transactions"] == 0, "all transactions have ended")

    def status(self):
        return json.loads(self.command("status", "--json"))

    def calls(self):
        return json.loads(self.command("calls", "--json"))

    def story(self):
        """What the people of each call are doing."""
        return [call["story"] for call in self.calls()]

    def parties(self):
        """Who is in each call."""
        return [[leg["party"] for leg in call["legs"]] for call in self.calls()]

    def registrations(self):
        return json.loads(self.command("registrations", "--json"))

    def trunks(self):
        return json.loads(self.command("trunks", "--json"))

    def tape(self):
        """The one recording: its channels' file and the story beside it, once the story has ended."""
        def finished():
            stories = [(path, json.loads(path.read_text())) for path in self.recordings.rglob("*.json")]
            tapes = [(path.with_suffix(".wav"), story) for path, story in stories if story["ended"]]
            return [tape for tape in tapes if tape[0].exists()]

        [tape] = wait_until(finished, "the recording is finished")
        return tape

    def terminate(self):
        """SIGTERM, and what came of it."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def close(self):
        """Ends it; it must have lived until now and must obey."""
        if self.process is None or self.process.returncode is not None:
            return
        alive = self.process.poll() is None
        try:
            code = self.terminate() if alive else self.process.returncode
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        assert alive and code == 0, f"the switch ended with {code}:\n{self.log()}"


def trunk(name, address, *keys):
    """A table for the configuration."""
    return "\n".join([f"[trunk.{name}]", f'host = "{address}"', f"port = {Carrier.PORT}", *keys, ""])


def free_range(*taken):
    """Where the ports for RTP begin: away from those that we listen on, from those that the system hands out, and
    from those of another run at the same time."""
    taken = [int(address.rsplit(":", 1)[1]) for address in taken]
    while True:
        first = random.randrange(10_000, 32_000, 4 * MAX_CALLS)
        if not any(first <= port < first + 4 * MAX_CALLS for port in taken):
            return first


def prove(folder, address):
    """A certificate for this address that nobody else has signed, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-subj", "/CN=house.example", "-addext", f"subjectAltName=IP:{address}"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def binary():
    """The binary under test: $TANDEM, or the release build."""
    return pathlib.Path(os.environ.get("TANDEM", "target/release/tandem")).resolve()
