"""Two extensions and a call between them (RFC 3665 §3), judged by what the two people heard."""

import time

import ears
import pytest
from surroundings import host


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


def test_a_phone_that_does_not_know_its_password_cannot_call(house, ben, phone):
    stranger = phone("1001", host(11), ears.ANNA, password="guessed")
    stranger.dial("1002")
    assert stranger.is_hung_up()["code"] in (401, 403)
    house.is_idle()


def test_a_phone_that_moves_to_a_new_port_is_called_there(house, anna, phone):
    first = phone("1002", host(12), ears.BEN)
    first.wait("registered", code=200)
    first.do("unregister")
    first.wait("registered", code=200)
    second = phone("1002", host(13), ears.CARLA)
    second.wait("registered", code=200)
    anna.dial("1002")
    second.wait("incoming")
    second.answer()
    anna.talks()
    time.sleep(1.5)
    anna.hang_up()
    second.is_hung_up()
    assert ears.only(anna.heard(), ears.CARLA), ears.seconds_of(anna.heard())
    with pytest.raises(AssertionError):
        first.wait("incoming", patience=0.1)
