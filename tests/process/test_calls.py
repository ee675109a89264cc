"""Two extensions and a call between them (RFC 3665 §3), judged by what the two people heard."""

import time

import ears
import pytest
from house import DID


@pytest.mark.parametrize("who_ends_it", ["the caller", "the callee"])
def test_two_phones_talk_until_one_hangs_up(house, anna, ben, who_ends_it):
    anna.dial("1002")
    assert '"Anna"' in ben.wait("incoming")["text"]
    anna.wait("call", state="EARLY")
    ben.answer()
    anna.talks()
    ben.talks()
    time.sleep(2)
    first, second = (anna, ben) if who_ends_it == "the caller" else (ben, anna)
    first.hang_up()
    second.is_hung_up()
    house.is_idle()
    assert ears.only(anna.heard(), ears.BEN), ears.seconds_of(anna.heard())
    assert ears.only(ben.heard(), ears.ANNA), ears.seconds_of(ben.heard())


def test_a_busy_phone_is_told_to_the_caller(house, anna, ben):
    anna.dial("1002")
    ben.wait("incoming")
    ben.do("decline")
    assert anna.is_hung_up()["code"] == 486
    house.is_idle()


def test_a_caller_who_gives_up_ends_the_ringing(house, anna, ben):
    anna.dial("1002")
    ben.wait("incoming")
    anna.wait("call", state="EARLY")
    anna.hang_up()
    assert ben.is_hung_up()["code"] == 487
    assert anna.is_hung_up()["code"] == 487
    house.is_idle()


def test_nobody_is_called_who_is_not_there(house, anna):
    anna.dial("1002")
    assert anna.is_hung_up()["code"] in (404, 480)
    anna.dial("1999")
    assert anna.is_hung_up()["code"] == 404
    house.is_idle()


def test_a_number_of_ours_is_not_dialled_over_the_carrier_by_a_stranger(house, carrier):
    carrier.calls("0301112233", "+4915155501", seconds=1)
    assert carrier.process.wait(45) != 0, "a call from the trunk to the trunk would be toll fraud"
    assert DID not in carrier.messages()
    house.is_idle()
