"""Calls are handed on by phones of another make: baresip sends hold and REFER at once."""

import contextlib
import time

import ears
import pytest
from baresip import Baresip
from house import DID
from people import wait_until
from test_transfers import CUSTOMER, answers, tape_has

# Debian's gives up at the sight of any challenge that is not MD5.
pytestmark = pytest.mark.parametrize("house", [{"digest": "md5-only", "t1": "100ms"}], indirect=True)


@pytest.fixture
def ben(house):
    """Extension 1002 on baresip."""
    with contextlib.closing(Baresip(house, "1002", "127.0.0.14", ears.BEN)) as made:
        wait_until(made.is_registered, "baresip has registered")
        yield made


def ben_talks_with_customer(ben, carrier, who_called):
    if who_called == "the customer":
        carrier.calls(DID, CUSTOMER, seconds=9)
        ben.wait("CALL_INCOMING")
        ben.answer()
    else:
        carrier.expects_a_call()
        ben.dial("0301112233")
    name = ben.talks()
    time.sleep(1.5)
    return name


def ends(house, carrier, carla, who_called):
    """Whoever called ends it."""
    time.sleep(1.5)
    if who_called == "the agent":
        carla.hang_up()
    carrier.is_content()
    house.has_forgotten_all()


@pytest.mark.parametrize("who_called", ["the customer", "the agent"])
def test_it_hands_a_customer_on(house, ben, carla, carrier, who_called):
    ben_talks_with_customer(ben, carrier, who_called)
    ben.hands_on_to("1003")
    answers(carla)
    ben.is_hung_up()
    ends(house, carrier, carla, who_called)
    assert ears.course(carrier.voice.heard)[-3:] == [ears.BEN, ears.MUSIC, ears.CARLA]
    assert ears.course(ben.heard())[-1] == ears.CUSTOMER
    assert ears.course(carla.heard()) == [ears.CUSTOMER]
    tape_has(house, left=[ears.CUSTOMER], right=[ears.BEN, ears.CARLA])


def test_it_hangs_up_over_a_busy_colleague_and_is_rung_again(house, ben, carla, carrier):
    """It does so by itself, and the customer is not to pay for that."""
    ben_talks_with_customer(ben, carrier, "the customer")
    ben.hands_on_to("1003")
    carla.wait("incoming")
    carla.do("decline")
    wait_until(lambda: ben.log().count("Incoming call from") == 2, "it rings again")
    time.sleep(1)
    ben.answer()
    ben.talks()
    carrier.is_content()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard)[-3:] == [ears.BEN, ears.MUSIC, ears.BEN]
    assert ears.course(ben.heard()) == [ears.CUSTOMER]
    tape_has(house, left=[ears.CUSTOMER], right=[ears.BEN])


@pytest.mark.parametrize("who_called", ["the customer", "the agent"])
def test_it_hands_a_customer_on_after_a_word_in_private(house, ben, carla, carrier, who_called):
    first = ben_talks_with_customer(ben, carrier, who_called)
    ben.hold()
    ben.dial("1003")
    carla.wait("incoming")
    carla.answer()
    second = ben.talks()
    time.sleep(1.5)
    ben.connects(first, second)
    carla.is_now_with(CUSTOMER if who_called == "the customer" else "+49301112233")
    ends(house, carrier, carla, who_called)
    assert ears.course(carrier.voice.heard)[-3:] == [ears.BEN, ears.MUSIC, ears.CARLA]
    assert ears.course(carla.heard()) == [ears.BEN, ears.CUSTOMER]
    with_customer, with_carla = ben.heard_in_each_call()
    assert ears.course(with_customer)[-1] == ears.CUSTOMER
    assert ears.course(with_carla)[-1] == ears.CARLA
    [before, after] = tape_has(house, left=[ears.CUSTOMER], right=[ears.BEN, ears.CARLA])
    assert after[1] - before[2] >= 15, "what they said in private is on no tape"


def test_it_is_handed_on_and_stays_on_the_line(house, anna, ben, carla):
    ben.dial("1001")
    anna.wait("incoming")
    anna.answer()
    ben.talks()
    time.sleep(1.5)
    anna.hands_on_to("1003")
    answers(carla)
    anna.is_hung_up()
    time.sleep(1.5)
    ben.hang_up()
    carla.is_hung_up()
    house.has_forgotten_all()
    assert ears.course(ben.heard())[-3:] == [ears.ANNA, ears.MUSIC, ears.CARLA]
    assert ears.course(carla.heard()) == [ears.BEN]
