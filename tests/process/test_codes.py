"""What agents do with the keys of their phones in a call, told by RFC 4733 or by SIP INFO."""

import ears
import pytest
from scenes import FORGETFUL, answers, ends, talk, they_hear_each_other
from surroundings import wait_until

pytestmark = [
    pytest.mark.parametrize("house", [FORGETFUL], indirect=True),
    pytest.mark.parametrize("by", ["rfc4733", "info"]),
]


def asks(anna, carla, carrier, by):
    """The customer waits while Anna asks Carla in private."""
    anna.presses("*21003#", by)
    carla.rings()
    carla.answer()
    carla.talks()
    they_hear_each_other(anna, carla)
    carrier.hears(ears.MUSIC)


def nobody_was_bothered(house, carrier, right):
    """The customer has heard no key, and the tape has none of them."""
    assert carrier.voice.pressed() == ""
    path, _ = house.tape()
    customer, ours = ears.read_wav(path)
    assert ears.course(customer) == [ears.CUSTOMER], ears.spans(customer)
    assert ears.course(ours) == right, ears.spans(ours)


def test_a_customer_is_handed_on(house, anna, carla, carrier, by):
    talk(anna, carrier)
    anna.presses("*11003#", by)
    anna.is_hung_up()
    answers(carla, waiting=carrier)
    ends(house, carrier, carla)
    assert ears.course(carrier.heard())[-1] == ears.CARLA
    nobody_was_bothered(house, carrier, right=[ears.ANNA, ears.CARLA])


def test_a_colleague_is_asked_all_talk_and_the_agent_leaves(house, anna, carla, carrier, by):
    talk(anna, carrier, "the agent")
    asks(anna, carla, carrier, by)
    anna.presses("*3", by)
    carrier.hears(ears.ANNA, ears.CARLA)
    carla.hears(ears.ANNA, ears.CUSTOMER)
    anna.presses("*6", by)
    anna.is_hung_up()
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla, "the agent")
    nobody_was_bothered(house, carrier, right=[ears.ANNA, (ears.ANNA, ears.CARLA), ears.CARLA])


def test_the_agent_turns_to_the_customer_and_lets_the_colleague_go(house, anna, carla, carrier, by):
    talk(anna, carrier)
    asks(anna, carla, carrier, by)
    anna.presses("*4", by)
    they_hear_each_other(anna, carrier)
    carla.hears(ears.MUSIC)
    anna.presses("*4", by)
    they_hear_each_other(anna, carla)
    anna.presses("*5", by)
    carla.is_hung_up()
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    nobody_was_bothered(house, carrier, right=[ears.ANNA])


def test_keys_that_are_no_code_reach_the_customer(house, anna, carrier, by):
    talk(anna, carrier)
    anna.presses("47*11#", by)
    anna.hears(ears.MUSIC, seconds=0.3)
    anna.presses("*5", by)
    they_hear_each_other(anna, carrier)
    anna.presses("*98", by)
    wait_until(lambda: carrier.voice.pressed() == "47*98", f"the keys arrive (but {carrier.voice.pressed()})")
    ends(house, carrier, anna)
