"""A disk of our own under the recordings, so small that it can be filled, and one that can be made read-only."""

import subprocess

import pytest

SIZE = 1 << 20
# What the sheet of a call and the first half second of its tape need.
LEFT = 24 << 10


class SmallDisk:
    """A megabyte at the place of the recordings."""

    def __init__(self, house):
        self.house, self.place = house, house.recordings
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "small-disk", self.place], capture_output=True, text=True
        )
        if mounted.returncode:
            pytest.skip(f"no disk may be mounted here: {mounted.stderr.strip()}")

    def fills_up(self):
        """Somebody else's file takes all but a little."""
        (self.place / "filler").write_bytes(bytes(SIZE - LEFT))

    def has_room_again(self):
        (self.place / "filler").unlink()

    def becomes(self, how):
        """`ro`, as a faulty disk does, or `rw` again."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True, capture_output=True)

    def close(self):
        subprocess.run(["umount", "--lazy", self.place], check=True, capture_output=True)
