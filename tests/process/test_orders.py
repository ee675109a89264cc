"""Calls are handed on by order, as a desktop or a terminal gives it."""

import ears
import pytest
from house import CUSTOMER
from scenes import FORGETFUL, answers, ends, heard, talk, tape_has, they_hear_each_other

pytestmark = pytest.mark.parametrize("house", [FORGETFUL], indirect=True)


def consulting(house, anna, carla, carrier):
    """The customer waits while Anna asks Carla in private."""
    talk(anna, carrier)
    house.command("transfer", "warm", "c1", "1003")
    carla.rings()
    carla.answer()
    carla.talks()
    they_hear_each_other(anna, carla)
    carrier.hears(ears.MUSIC)


def test_three_talk_and_the_agent_leaves(house, anna, carla, carrier):
    consulting(house, anna, carla, carrier)
    anna.is_now_with("1003")
    house.command("merge", "c1", "--agent", "1001")
    assert house.story() == ["3 together"]
    for one, others in ((carrier, (ears.ANNA, ears.CARLA)), (carla, (ears.ANNA, ears.CUSTOMER))):
        one.hears(*others)
    house.command("leave", "c1", "--agent", "1001")
    anna.is_hung_up()
    carla.is_now_with(CUSTOMER)
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla)
    heard(carrier, ears.ANNA, ears.MUSIC, (ears.ANNA, ears.CARLA), ears.CARLA)
    heard(anna, ears.CUSTOMER, *ringing(anna), ears.CARLA, (ears.CARLA, ears.CUSTOMER))
    heard(carla, ears.ANNA, (ears.ANNA, ears.CUSTOMER), ears.CUSTOMER)
    tape_has(house, right=[ears.ANNA, (ears.ANNA, ears.CARLA), ears.CARLA])


def test_the_agent_turns_from_one_to_the_other_and_lets_the_colleague_go(house, anna, carla, carrier):
    consulting(house, anna, carla, carrier)
    house.command("swap", "c1", "--agent", "1001")
    they_hear_each_other(anna, carrier)
    carla.hears(ears.MUSIC)
    house.command("swap", "c1", "--agent", "1001")
    they_hear_each_other(anna, carla)
    carrier.hears(ears.MUSIC)
    house.command("cancel", "c1", "--agent", "1001")
    carla.is_hung_up()
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.ANNA, ears.MUSIC, ears.ANNA)
    heard(carla, ears.ANNA, ears.MUSIC, ears.ANNA)
    tape_has(house, right=[ears.ANNA])


def test_three_talk_two_go_aside_and_the_agent_leaves_the_others_to_each_other(house, anna, carla, carrier):
    consulting(house, anna, carla, carrier)
    house.command("merge", "c1", "--agent", "1001")
    carrier.hears(ears.ANNA, ears.CARLA)
    house.command("split", "c1", "--agent", "1001")
    carrier.hears(ears.MUSIC)
    they_hear_each_other(anna, carla)
    house.command("complete", "c1", "--agent", "1001")
    anna.is_hung_up()
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla)
    heard(carrier, ears.ANNA, ears.MUSIC, (ears.ANNA, ears.CARLA), ears.MUSIC, ears.CARLA)
    tape_has(house, right=[ears.ANNA, (ears.ANNA, ears.CARLA), ears.CARLA])


def test_a_customer_is_handed_on_without_a_word(house, anna, carla, carrier):
    talk(anna, carrier)
    house.command("transfer", "cold", "c1", "1003")
    anna.is_hung_up()
    answers(carla, waiting=carrier)
    ends(house, carrier, carla)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.CARLA)
    tape_has(house, right=[ears.ANNA, ears.CARLA])


def test_the_customer_is_held_and_comes_back(house, anna, carrier):
    talk(anna, carrier)
    house.command("hold", "c1", "--agent", "1001")
    carrier.hears(ears.MUSIC)
    house.command("resume", "c1", "--agent", "1001")
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA, ears.MUSIC, ears.ANNA)
    tape_has(house, right=[ears.ANNA])


def test_an_agent_who_is_muted_hears_and_is_not_heard(house, anna, carrier):
    talk(anna, carrier)
    house.command("mute", "c1", "--agent", "1001")
    carrier.hears()
    anna.hears(ears.CUSTOMER)
    house.command("unmute", "c1", "--agent", "1001")
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(anna, ears.CUSTOMER)
    path, _ = house.tape()
    _, ours = ears.read_wav(path)
    assert [who for who, _, _ in ears.spans(ours)] == [ears.ANNA] * 2, "with silence in between"


def ringing(agent):
    """A ringing tone, if the colleague took long enough to answer."""
    return [one for one in ears.course(agent.heard()) if one == ears.MUSIC]
