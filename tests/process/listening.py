"""What somebody hears while the story goes on."""

import contextlib

import ears
from surroundings import wait_until

HEADER = 44  # bytes before the samples of a WAV


class Listener:
    """Somebody with a `recording`, a WAV that grows."""

    def hears(self, *voices, seconds=0.5):
        """From now on, and then for so long without a break, these voices and nobody else."""
        wanted = voices[0] if len(voices) == 1 else tuple(sorted(voices, key=ears.VOICES.index)) or None
        begin, windows = self.heard_so_far(), round(10 * seconds)

        def heard():
            if self.heard_so_far() - begin < windows * ears.WINDOW:
                return False
            return all(one == wanted for one in ears.windows(self.lately(windows * ears.WINDOW)))

        wait_until(heard, f"{self} hears {wanted} (but {ears.windows(self.lately(ears.RATE))})")

    def heard_so_far(self):
        """Samples until now."""
        with contextlib.suppress(FileNotFoundError):
            return max(0, self.recording.stat().st_size - HEADER) // 2
        return 0

    def lately(self, count):
        """The last so many samples."""
        if self.heard_so_far() < count:
            return []
        with open(self.recording, "rb") as file:
            file.seek(-2 * count, 2)
            return ears.samples_of(file.read(2 * count))
