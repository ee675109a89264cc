"""Calls are handed on with the keys of a desk phone (RFC 5589): who hears whom, one after the other."""

import ears
import pytest
from house import CUSTOMER
from scenes import (
    FORGETFUL,
    answers,
    asks,
    call,
    ends,
    heard,
    number_of_customer,
    number_on_display,
    talk,
    tape_has,
    they_hear_each_other,
    whoever_called,
)

pytestmark = pytest.mark.parametrize("house", [FORGETFUL], indirect=True)


@whoever_called
def test_a_customer_is_handed_on(house, anna, carla, carrier, who_called):
    talk(anna, carrier, who_called)
    anna.hands_on_to("1003")
    answers(carla, waiting=carrier)
    if who_called == "the customer":
        anna.learns(180)
    anna.learns(200)
    anna.is_hung_up()
    [parties] = house.parties()
    assert parties == [number_of_customer(who_called), "1003"]
    ends(house, carrier, carla, who_called)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.CARLA)
    heard(anna, ears.CUSTOMER)
    heard(carla, ears.CUSTOMER)
    tape_has(house, right=[ears.ANNA, ears.CARLA])


def test_a_customer_goes_back_when_the_colleague_is_busy(house, anna, carla, carrier):
    talk(anna, carrier)
    anna.hold()
    carrier.hears(ears.MUSIC)
    anna.hands_on_to("1003")
    carla.rings()
    carla.do("decline")
    anna.learns(486)
    anna.resume()
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.ANNA)
    assert ears.course(anna.heard())[-1] == ears.CUSTOMER
    heard(carla)
    tape_has(house, right=[ears.ANNA])


@whoever_called
def test_a_customer_is_handed_on_after_a_word_in_private(house, anna, carla, carrier, who_called):
    talk(anna, carrier, who_called)
    asks(anna, carla)
    anna.connects()
    anna.learns(200)
    carla.is_now_with(number_on_display(who_called))
    anna.is_hung_up()
    anna.is_hung_up()
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla, who_called)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.CARLA)
    said = [one for one in ears.course(anna.heard()) if one != ears.MUSIC]
    assert said == [ears.CUSTOMER, ears.CARLA], "beside a ringing tone, perhaps"
    heard(carla, ears.ANNA, ears.CUSTOMER)
    [before, after] = tape_has(house, right=[ears.ANNA, ears.CARLA])
    assert after[1] - before[2] >= 5, "what they said in private is on no tape"


@pytest.mark.parametrize("then", ["waits", "hangs up at once"])
@whoever_called
def test_a_customer_is_handed_on_while_the_colleague_rings(house, anna, carla, carrier, who_called, then):
    talk(anna, carrier, who_called)
    anna.hold()
    carrier.hears(ears.MUSIC)
    anna.dial("1003")
    carla.rings()
    anna.wait("call", state="EARLY")
    anna.connects()
    if then == "hangs up at once":
        anna.do("put all down")
    carrier.hears(ears.MUSIC, seconds=0.4)
    carla.answer()
    carla.is_now_with(number_on_display(who_called))
    they_hear_each_other(carla, carrier)
    anna.is_hung_up()
    anna.is_hung_up()
    ends(house, carrier, carla, who_called)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.CARLA)
    heard(carla, ears.CUSTOMER)
    tape_has(house, right=[ears.ANNA, ears.CARLA])


@pytest.mark.parametrize("then", ["waits", "hangs up at once"])
def test_a_customer_goes_back_when_the_colleague_who_rang_declines(house, anna, carla, carrier, then):
    """To the line that waits for that, or to the phone, which rings again."""
    talk(anna, carrier)
    anna.hold()
    anna.dial("1003")
    carla.rings()
    anna.wait("call", state="EARLY")
    anna.connects()
    if then == "hangs up at once":
        anna.do("put all down")
    carrier.hears(ears.MUSIC, seconds=0.4)
    carla.do("decline")
    if then == "waits":
        anna.learns(486)
        anna.resume()
    else:
        assert CUSTOMER in anna.rings()["from"]
        anna.answer()
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.ANNA)
    heard(carla)
    tape_has(house, right=[ears.ANNA])


@pytest.mark.parametrize("who_hands_on", ["the one who was called", "the one who called"])
def test_a_phone_that_is_handed_on_stays_on_the_line(house, anna, ben, carla, who_hands_on):
    call(*(ben, anna) if who_hands_on == "the one who was called" else (anna, ben))
    anna.hands_on_to("1003")
    assert "1002" in carla.rings()["from"]
    ben.hears(ears.MUSIC, seconds=0.4)
    carla.answer()
    carla.talks()
    anna.learns(200)
    anna.is_hung_up()
    stays(house, anna, ben, carla)
    heard(carla, ears.BEN)


@pytest.mark.parametrize("who_hands_on", ["the one who was called", "the one who called"])
def test_a_phone_that_is_handed_on_after_a_word_in_private_stays_on_the_line(house, anna, ben, carla, who_hands_on):
    call(*(ben, anna) if who_hands_on == "the one who was called" else (anna, ben))
    asks(anna, carla)
    ben.hears(ears.MUSIC)
    anna.connects()
    anna.learns(200)
    carla.is_now_with("1002")
    stays(house, anna, ben, carla)
    heard(carla, ears.ANNA, ears.BEN)


def stays(house, anna, ben, carla):
    """Ben, who was with Anna, is with Carla now."""
    ben.is_now_with("1003")
    they_hear_each_other(ben, carla)
    ben.hang_up()
    carla.is_hung_up()
    house.has_forgotten_all()
    heard(ben, ears.ANNA, ears.MUSIC, ears.CARLA)
    assert ears.BEN in ears.course(anna.heard())
    assert list(house.recordings.rglob("*.wav")) == []


def test_a_customer_is_handed_on_again_and_again(house, anna, ben, carla, carrier):
    """Without a word in between by one, after a word by the other; and back to where it began."""
    talk(anna, carrier)
    anna.hands_on_to("1002")
    answers(ben, waiting=carrier)
    anna.is_hung_up()
    asks(ben, carla)
    ben.connects()
    ben.is_hung_up()
    ben.is_hung_up()
    they_hear_each_other(carla, carrier)
    carla.hands_on_to("1001")
    answers(anna, waiting=carrier)
    carla.is_hung_up()
    [parties] = house.parties()
    assert parties == [CUSTOMER, "1001"]
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.BEN, ears.MUSIC, ears.CARLA, ears.MUSIC, ears.ANNA)
    tape_has(house, right=[ears.ANNA, ears.BEN, ears.CARLA, ears.ANNA])
