"""Agents pause the recording and go on, with the record key of the phone, with codes, and by order."""

import datetime

import ears
import pytest
from scenes import answers, hangs_up, heard, talk, they_hear_each_other
from surroundings import wait_until

FORBIDDEN = {"anna": "pause = false"}


def paused(house):
    """Who has paused, if anybody has."""
    [call] = house.calls()
    return call["paused"] and call["paused"]["by"]


def spans_of_pauses(story):
    """In seconds of the tape."""
    begin, spans = at(story["started"]), []
    for pause in story["pauses"]:
        spans.append(((at(pause["from"]) - begin).total_seconds(), (at(pause["to"]) - begin).total_seconds()))
    return spans


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def tape_is_silent_in_pauses(house, ours, pauses=1):
    """Nothing but zeros in them, on both channels; the voices around them, and as long as the conversation."""
    path, story = house.tape()
    channels = ears.read_wav(path)
    spans = spans_of_pauses(story)
    assert len(spans) == pauses, story["pauses"]
    for begin, end in spans:
        first, last = (round(ears.RATE * seconds) for seconds in (begin + 0.04, end - 0.04))
        for samples in channels:
            assert last > first and not any(samples[first:last]), f"something is heard between {begin} and {end} s"
    left, right = ([who for who, _, _ in ears.spans(samples)] for samples in channels)
    assert left == [ears.CUSTOMER] * (pauses + 1), left
    assert right == ours, right
    length = (at(story["ended"]) - at(story["started"])).total_seconds()
    assert abs(len(channels[0]) / ears.RATE - length) < 0.1
    return story


def test_the_record_key_pauses_and_goes_on(house, anna, carrier):
    """Each says what it wants: pressed twice it does no harm."""
    talk(anna, carrier)
    for _ in range(2):
        anna.presses_record("off")
        assert anna.is_answered("INFO") == 200
        assert paused(house) == "1001"
    carrier.hears(ears.ANNA)
    for _ in range(2):
        anna.presses_record("on")
        assert anna.is_answered("INFO") == 200
        assert paused(house) is None
    they_hear_each_other(anna, carrier)
    hangs_up(carrier, anna)
    heard(carrier, ears.ANNA)
    [pause] = tape_is_silent_in_pauses(house, ours=[ears.ANNA] * 2)["pauses"]
    assert (pause["by"], pause["resumed_by"]) == ("1001", "1001"), pause
    assert pause["phone"] == pause["resumed_phone"] and "127." in pause["phone"], pause


@pytest.mark.parametrize("house", [FORBIDDEN], indirect=True)
def test_an_agent_who_may_not_is_told_so(house, anna, carrier):
    talk(anna, carrier)
    anna.presses_record("off")
    assert anna.is_answered("INFO") == 403
    anna.presses("*7")
    they_hear_each_other(anna, carrier)
    assert paused(house) is None
    hangs_up(carrier, anna)
    heard(carrier, ears.ANNA)
    path, story = house.tape()
    assert story["pauses"] == []
    assert [ears.course(samples) for samples in ears.read_wav(path)] == [[ears.CUSTOMER], [ears.ANNA]]


@pytest.mark.parametrize("by", ["rfc4733", "info"])
def test_a_pause_by_code_goes_along_with_the_customer_until_the_colleague_ends_it(house, anna, carla, carrier, by):
    talk(anna, carrier, "the agent")
    anna.presses("*7", by)
    wait_until(lambda: paused(house) == "1001", "the recording is paused")
    anna.hands_on_to("1003")
    answers(carla, waiting=carrier)
    anna.is_hung_up()
    assert paused(house) == "1001"
    carla.presses("*8", by)
    wait_until(lambda: paused(house) is None, "the recording goes on")
    they_hear_each_other(carla, carrier)
    hangs_up(carrier, carla, "the agent")
    assert carrier.voice.pressed() == ""
    [pause] = tape_is_silent_in_pauses(house, ours=[ears.ANNA, ears.CARLA])["pauses"]
    assert (pause["by"], pause["resumed_by"]) == ("1001", "1003"), pause


def test_orders_pause_and_go_on(house, anna, carrier):
    talk(anna, carrier)
    house.command("pause-recording", "c1", "--agent", "1001")
    assert paused(house) == "1001"
    anna.presses("12")
    wait_until(lambda: carrier.voice.pressed() == "12", "keys reach the customer all the same")
    carrier.hears(ears.ANNA)
    house.command("resume-recording", "c1", "--agent", "1001")
    they_hear_each_other(anna, carrier)
    hangs_up(carrier, anna)
    tape_is_silent_in_pauses(house, ours=[ears.ANNA] * 2)
