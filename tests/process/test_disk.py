"""What becomes of calls and tapes when the disk does not take the recordings: calls go on, tapes tell their gaps."""

import contextlib

import ears
import pytest
from disk import SmallDisk
from scenes import hangs_up, talk, they_hear_each_other
from surroundings import wait_until

LOST = "this call is not being recorded"
FOUND = "this call is being recorded again"


@pytest.fixture
def disk(house):
    with contextlib.closing(SmallDisk(house)) as made:
        yield made


def is_told(house, what):
    wait_until(lambda: what in house.log(), f"the log says: {what}")


def nobody_noticed(carrier, anna):
    """One stretch of speech without a break, in both directions."""
    for one, voice in ((carrier, ears.ANNA), (anna, ears.CUSTOMER)):
        said = [span for span in ears.spans(one.heard(), shortest=1) if span[0] != ears.MUSIC]
        assert [who for who, _, _ in said] == [voice], said


def seconds(samples):
    return len(samples) / ears.RATE


def test_a_disk_that_is_full_costs_a_gap_and_no_call(house, disk, anna, carrier):
    disk.fills_up()
    talk(anna, carrier)
    is_told(house, LOST)
    they_hear_each_other(anna, carrier)
    disk.has_room_again()
    is_told(house, FOUND)
    anna.hears(ears.CUSTOMER, seconds=1)
    hangs_up(carrier, anna)
    path, story = house.tape()
    left, right = ears.read_wav(path)
    assert [who for who, _, _ in ears.spans(left)] == [ears.CUSTOMER] * 2, "before the gap and behind it"
    assert [who for who, _, _ in ears.spans(right)] == [ears.ANNA] * 2, ears.spans(right)
    [gap] = story["gaps"]
    assert "No space left" in gap["why"], gap
    assert ears.spans(left)[0][2] <= 10 * gap["from_s"] + 1 and 10 * gap["to_s"] - 1 <= ears.spans(left)[1][1], (gap, ears.spans(left))
    nobody_noticed(carrier, anna)


def test_a_disk_that_can_only_be_read_costs_a_gap_and_no_call(house, disk, anna, carrier):
    disk.becomes("ro")
    talk(anna, carrier)
    is_told(house, LOST)
    they_hear_each_other(anna, carrier)
    disk.becomes("rw")
    is_told(house, FOUND)
    anna.hears(ears.CUSTOMER, seconds=1)
    hangs_up(carrier, anna)
    path, story = house.tape()
    left, _ = ears.read_wav(path)
    [(who, begin, end)] = ears.spans(left)
    assert who == ears.CUSTOMER and begin >= 10 and end - begin >= 9, ears.spans(left)
    [gap] = story["gaps"]
    assert "Read-only" in gap["why"], gap
    nobody_noticed(carrier, anna)


def test_a_call_that_ends_while_the_disk_is_full_is_completed_when_there_is_room(house, disk, anna, carrier):
    disk.fills_up()
    talk(anna, carrier)
    is_told(house, LOST)
    # Long enough for something to be lost: what was written just before may yet find its place.
    they_hear_each_other(anna, carrier)
    hangs_up(carrier, anna)
    disk.has_room_again()
    path, story = house.tape()
    left, _ = ears.read_wav(path)
    assert ears.spans(left)[0][0] == ears.CUSTOMER and story["gaps"], story
