"""The switch is killed in the middle of a call: what was recorded until then can be played, and the next start finishes it."""

import json
import signal

import ears
from scenes import talk
from surroundings import wait_until


def test_a_tape_survives_the_switch(house, anna, carrier):
    talk(anna, carrier)
    anna.hears(ears.CUSTOMER, seconds=2)
    house.process.send_signal(signal.SIGKILL)
    house.process.wait(10)
    [unfinished] = house.recordings.rglob("*.wav")
    left, right = ears.read_wav(unfinished)
    assert ears.only(left, ears.CUSTOMER) and ears.only(right, ears.ANNA), "it opens in any player"
    recorded = len(left)
    house.open()
    wait_until(lambda: not unfinished.exists(), "the next start has finished it")
    [finished] = house.recordings.rglob("*.wav")
    left, right = ears.read_wav(finished)
    assert len(left) >= recorded and ears.only(left, ears.CUSTOMER) and ears.only(right, ears.ANNA)
    story = json.loads(finished.with_suffix(".json").read_text())
    assert story["interrupted"] and story["samples"] == len(left), story
