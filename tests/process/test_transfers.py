"""Calls are handed on with the keys of a desk phone (RFC 5589), and by order: who hears whom, one after the other."""

import time

import ears
import pytest
from house import DID

CUSTOMER = "+4915155501"

# Short enough to see that the last transaction is forgotten, 64·T1 after the last call.
pytestmark = pytest.mark.parametrize("house", [{"t1": "100ms"}], indirect=True)


def customer_talks_with(agent, carrier, seconds):
    """A customer calls and stays for so long."""
    carrier.calls(DID, CUSTOMER, seconds)
    agent.wait("incoming")
    agent.answer()
    agent.talks()
    time.sleep(1.5)


def agent_talks_with_customer(agent, carrier):
    """The agent calls; we hang up."""
    carrier.expects_a_call()
    agent.dial("0301112233")
    agent.talks()
    time.sleep(1.5)


def asks(agent, colleague, number):
    """With the customer on hold the agent calls a colleague."""
    agent.do("hold")
    agent.dial(number)
    colleague.wait("incoming")
    colleague.answer()
    colleague.talks()
    time.sleep(1.5)


def answers(colleague):
    colleague.wait("incoming")
    time.sleep(1)
    colleague.answer()
    colleague.talks()


def tape_has(house, left, right):
    """One tape, from the first word to the last; while the customer waits nobody of us is on it."""
    path, _ = house.tape()
    customer, ours = ears.read_wav(path)
    assert ears.course(customer) == left, ears.spans(customer)
    assert ears.course(ours) == right, ears.spans(ours)
    return ears.spans(ours)


def test_a_customer_is_handed_on_by_the_one_who_was_called(house, anna, carla, carrier):
    customer_talks_with(anna, carrier, seconds=8)
    anna.hands_on_to("1003")
    answers(carla)
    anna.learns(180)
    anna.learns(200)
    anna.is_hung_up()
    assert [leg["party"] for call in house.calls() for leg in call["legs"]] == [CUSTOMER, "1003"]
    carrier.is_content()
    carla.is_hung_up()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard) == [ears.ANNA, ears.MUSIC, ears.CARLA]
    assert ears.course(anna.heard()) == [ears.CUSTOMER]
    assert ears.course(carla.heard()) == [ears.CUSTOMER]
    tape_has(house, left=[ears.CUSTOMER], right=[ears.ANNA, ears.CARLA])


def test_a_customer_is_handed_on_by_the_one_who_called(house, anna, carla, carrier):
    agent_talks_with_customer(anna, carrier)
    anna.hands_on_to("1003")
    answers(carla)
    anna.learns(200)
    anna.is_hung_up()
    time.sleep(1.5)
    carla.hang_up()
    carrier.is_content()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard) == [ears.ANNA, ears.MUSIC, ears.CARLA]
    assert ears.course(carla.heard()) == [ears.CUSTOMER]
    tape_has(house, left=[ears.CUSTOMER], right=[ears.ANNA, ears.CARLA])


def test_a_customer_goes_back_when_the_colleague_is_busy(house, anna, carla, carrier):
    customer_talks_with(anna, carrier, seconds=9)
    anna.do("hold")
    time.sleep(1.5)
    anna.hands_on_to("1003")
    carla.wait("incoming")
    carla.do("decline")
    anna.learns(486)
    anna.do("resume")
    carrier.is_content()
    anna.is_hung_up()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard) == [ears.ANNA, ears.MUSIC, ears.ANNA]
    assert ears.course(anna.heard())[-1] == ears.CUSTOMER
    assert ears.course(carla.heard()) == []
    tape_has(house, left=[ears.CUSTOMER], right=[ears.ANNA])


@pytest.mark.parametrize("who_called", ["the customer", "the agent"])
def test_a_customer_is_handed_on_after_a_word_in_private(house, anna, carla, carrier, who_called):
    if who_called == "the customer":
        customer_talks_with(anna, carrier, seconds=10)
    else:
        agent_talks_with_customer(anna, carrier)
    asks(anna, carla, "1003")
    anna.connects()
    anna.learns(200)
    carla.is_now_with(CUSTOMER if who_called == "the customer" else "+49301112233")
    anna.is_hung_up()
    anna.is_hung_up()
    time.sleep(1.5)
    if who_called == "the agent":
        carla.hang_up()
    carrier.is_content()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard)[-3:] == [ears.ANNA, ears.MUSIC, ears.CARLA]
    heard = [one for one in ears.course(anna.heard()) if one != ears.MUSIC]
    assert heard == [ears.CUSTOMER, ears.CARLA], "beside a ringing tone, perhaps"
    assert ears.course(carla.heard()) == [ears.ANNA, ears.CUSTOMER]
    [before, after] = tape_has(house, left=[ears.CUSTOMER], right=[ears.ANNA, ears.CARLA])
    assert after[1] - before[2] >= 15, "what they said in private is on no tape"


def test_three_talk_by_order_and_the_agent_leaves(house, anna, carla, carrier):
    customer_talks_with(anna, carrier, seconds=13)
    house.command("transfer", "warm", "c1", "1003")
    answers(carla)
    anna.is_now_with("1003")
    time.sleep(1.5)
    house.command("merge", "c1", "--agent", "1001")
    assert house.story() == ["3 together"]
    time.sleep(1.5)
    house.command("leave", "c1", "--agent", "1001")
    anna.is_hung_up()
    carla.is_now_with(CUSTOMER)
    carrier.is_content()
    house.has_forgotten_all()
    assert ears.course(carrier.voice.heard)[-4:] == [ears.ANNA, ears.MUSIC, (ears.ANNA, ears.CARLA), ears.CARLA]
    assert ears.course(anna.heard())[-2:] == [ears.CARLA, (ears.CARLA, ears.CUSTOMER)]
    assert ears.course(carla.heard()) == [ears.ANNA, (ears.ANNA, ears.CUSTOMER), ears.CUSTOMER]
    tape_has(house, left=[ears.CUSTOMER], right=[ears.ANNA, (ears.ANNA, ears.CARLA), ears.CARLA])


@pytest.mark.parametrize("who_hands_on", ["the one who was called", "the one who called"])
def test_a_phone_that_is_handed_on_stays_on_the_line(house, anna, ben, carla, who_hands_on):
    caller, called = (ben, anna) if who_hands_on == "the one who was called" else (anna, ben)
    caller.dial(called.extension)
    called.wait("incoming")
    called.answer()
    caller.talks()
    called.talks()
    time.sleep(1.5)
    anna.hands_on_to("1003")
    assert "1002" in carla.wait("incoming")["from"]
    time.sleep(1)
    carla.answer()
    carla.talks()
    anna.learns(200)
    anna.is_hung_up()
    ben.is_now_with("1003")
    time.sleep(1.5)
    ben.hang_up()
    carla.is_hung_up()
    house.has_forgotten_all()
    assert ears.course(ben.heard())[-3:] == [ears.ANNA, ears.MUSIC, ears.CARLA]
    assert ears.course(carla.heard()) == [ears.BEN]
    assert ears.course(anna.heard())[-1] == ears.BEN
    assert list(house.recordings.rglob("*.wav")) == []
