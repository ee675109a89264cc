"""A phone that is played by SIPp: as old phones do it reads the first challenge alone, and knows only MD5."""

from carrier import HERE, sipp
from surroundings import free_port, is_bound, wait_until
from voice import Voice


class Apparatus:
    """One line, which plays one scenario after the other from the same port."""

    def __init__(self, house, extension, address, hz, server, port=None):
        self.house, self.extension, self.address, self.hz, self.server = house, extension, address, hz, server
        self.port = port or free_port(address)
        self.voice = Voice(address, hz)
        self.process = None
        self.folder = house.folder / f"apparatus-{extension}"
        self.folder.mkdir()

    def registers(self):
        self._play("phone_registers", "-auth_uri", "house.example", "-m", "1", self.server)
        self.is_content()

    def calls(self, number, seconds):
        """Calls, talks for so long, hangs up."""
        uri = f"{number}@house.example"
        self._play(
            "phone_calls", "-auth_uri", uri, "-key", "number", number, "-d", str(seconds * 1000), "-m", "1", self.server,
        )

    def answers(self, times=1):
        """Takes so many calls, and waits for the other side to hang up."""
        self._play("phone_answers", "-m", str(times))
        wait_until(lambda: is_bound(self.address, self.port), "the phone listens")

    def is_content(self):
        """All went as the scenario says, to the end."""
        code = self.process.wait(55)
        assert code == 0, f"sipp ended with {code}:\n{self.read('errors')}\n{self.read('messages')}"

    def read(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def _play(self, scenario, *arguments):
        line = ["-s", self.extension, "-au", self.extension, "-ap", self.house.password_of(self.extension)]
        keys = ["-key", "rtp_port", str(self.voice.port)]
        self.process = sipp(self.folder, HERE / f"{scenario}.xml", self.address, self.port, *line, *keys, *arguments)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.voice.close()
