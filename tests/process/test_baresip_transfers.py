"""Calls are handed on by phones of another make: baresip sends hold and REFER at once."""

import contextlib

import ears
import pytest
from baresip import Baresip
from scenes import (
    FORGETFUL,
    answers,
    asks,
    call,
    ends,
    heard,
    number_on_display,
    talk,
    tape_has,
    they_hear_each_other,
    whoever_called,
)
from surroundings import host, wait_until

# Debian's gives up at the sight of any challenge that is not MD5.
pytestmark = pytest.mark.parametrize("house", [{"digest": "md5-only", **FORGETFUL}], indirect=True)


@pytest.fixture
def ben(house):
    """Extension 1002 on baresip."""
    with contextlib.closing(Baresip(house, "1002", host(14), ears.BEN)) as made:
        wait_until(made.is_registered, "baresip has registered")
        yield made


@whoever_called
def test_it_hands_a_customer_on(house, ben, carla, carrier, who_called):
    talk(ben, carrier, who_called)
    ben.hands_on_to("1003")
    answers(carla, waiting=carrier)
    ben.is_hung_up()
    ends(house, carrier, carla, who_called)
    heard(carrier, ears.BEN, ears.MUSIC, ears.CARLA)
    assert ears.course(ben.heard())[-1] == ears.CUSTOMER
    heard(carla, ears.CUSTOMER)
    tape_has(house, right=[ears.BEN, ears.CARLA])


def test_it_hangs_up_over_a_busy_colleague_and_is_rung_again(house, ben, carla, carrier):
    """It does so by itself, and the customer is not to pay for that."""
    talk(ben, carrier)
    ben.hands_on_to("1003")
    carla.rings()
    carrier.hears(ears.MUSIC, seconds=0.4)
    carla.do("decline")
    ben.rings()
    ben.answer()
    ben.talks()
    they_hear_each_other(ben, carrier)
    ends(house, carrier, ben)
    heard(carrier, ears.BEN, ears.MUSIC, ears.BEN)
    heard(ben, ears.CUSTOMER)
    tape_has(house, right=[ears.BEN])


@whoever_called
def test_it_hands_a_customer_on_after_a_word_in_private(house, ben, carla, carrier, who_called):
    first = talk(ben, carrier, who_called)
    second = asks(ben, carla)
    ben.connects(first, second)
    carla.is_now_with(number_on_display(who_called))
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla, who_called)
    heard(carrier, ears.BEN, ears.MUSIC, ears.CARLA)
    heard(carla, ears.BEN, ears.CUSTOMER)
    with_customer, with_carla = ben.heard_in_each_call()
    assert ears.course(with_customer)[-1] == ears.CUSTOMER
    assert ears.course(with_carla)[-1] == ears.CARLA
    [before, after] = tape_has(house, right=[ears.BEN, ears.CARLA])
    assert after[1] - before[2] >= 5, "what they said in private is on no tape"


def test_it_is_handed_on_and_stays_on_the_line(house, anna, ben, carla):
    call(ben, anna)
    anna.hands_on_to("1003")
    answers(carla, waiting=ben)
    anna.is_hung_up()
    they_hear_each_other(ben, carla)
    ben.hang_up()
    carla.is_hung_up()
    house.has_forgotten_all()
    heard(ben, ears.ANNA, ears.MUSIC, ears.CARLA)
    heard(carla, ears.BEN)
