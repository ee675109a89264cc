"""What somebody hears while the story goes on."""

import contextlib

import ears
from surroundings import wait_until

HEADER = 44  # bytes before the samples of a WAV


class Listener:
    """Somebody with a `recording`, a WAV that grows."""

    rate = ears.RATE

    def hears(self, *voices, seconds=0.5):
        """From now on, and then for so long without a break, these voices and nobody else."""
        wanted = voices[0] if len(voices) == 1 else tuple(sorted(voices, key=ears.VOICES.index)) or None
        begin, windows = self.heard_so_far(), round(10 * seconds)

        def heard():
            if self.heard_so_far() - begin < windows * ears.WINDOW:
                return False
            return all(one == wanted for one in ears.windows(self.lately(windows * ears.WINDOW)))

        wait_until(heard, f"{self} hears {wanted} (but {ears.windows(self.lately(ears.RATE))})")

    def hears_in_full(self, hz):
        """A tone that is too high for G.711."""
        size = self.rate // 10
        heard = lambda: ears.level(self.last_samples(size) or [0] * size, hz, self.rate)
        wait_until(lambda: heard() > ears.SPOKEN_DBFS, f"{self} hears {hz} Hz")

    def heard_so_far(self):
        """Samples until now, at the rate of G.711."""
        with contextlib.suppress(FileNotFoundError):
            return max(0, self.recording.stat().st_size - HEADER) // 2 * ears.RATE // self.rate
        return 0

    def lately(self, count):
        """The last so many of them."""
        step = self.rate // ears.RATE
        return self.last_samples(count * step)[::step] if self.heard_so_far() >= count else []

    def last_samples(self, count):
        """At the rate of the recording."""
        with open(self.recording, "rb") as file:
            begin = max(HEADER, self.recording.stat().st_size // 2 * 2 - 2 * count)
            file.seek(begin)
            return ears.samples_of(file.read(2 * count))
