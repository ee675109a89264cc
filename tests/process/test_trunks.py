"""Several carriers: which of them gets a call, what happens when one refuses, is silent, or comes back."""

import ears
import pytest
from carrier import Carrier, Silence
from house import OUTSIDE, trunk
from scenes import calls_out
from surroundings import host, wait_until

FIRST, SECOND = host(3), host(4)


RULE = """
[[outgoing]]
match = "0*"
trunks = ["first", "second"]
strip = 1
prefix = "+49"
"""
UNWATCHED = ('timeout = "1s"', 'qualify = "off"')
WATCHED = ('timeout = "1s"', 'qualify = "2s"', "down_after = 1", "up_after = 1")
TWO = {"trunks": trunk("first", FIRST, *UNWATCHED) + trunk("second", SECOND, *UNWATCHED) + RULE}
TWO_WATCHED = {"trunks": trunk("first", FIRST, *WATCHED) + trunk("second", SECOND, *UNWATCHED) + RULE}


@pytest.fixture
def first(house, opens):
    return opens(Carrier(house, ears.CUSTOMER, FIRST))


@pytest.fixture
def second(house, opens):
    made = opens(Carrier(house, ears.BEN, SECOND))
    made.answers()
    return made


def is_up(house, name, health):
    """The switch believes that this carrier is up, or down."""
    def believes():
        [known] = [trunk for trunk in house.trunks() if trunk["name"] == name]
        return [place["health"] for place in known["places"]] == [health]

    wait_until(believes, f"{name} is {health}")


@pytest.mark.parametrize("house", [TWO], indirect=True)
@pytest.mark.parametrize("status", [408, 480, 500, 503, 504])
def test_the_second_takes_what_the_first_cannot(house, anna, first, second, status):
    first.refuses(status)
    assert calls_out(anna, second) < 4, "seconds, with one of ringing"
    assert len(first.requests("INVITE")) == 1, "it is not asked twice"
    house.is_idle()


@pytest.mark.parametrize("house", [TWO], indirect=True)
@pytest.mark.parametrize("status", [404, 486, 603])
def test_the_second_is_not_asked_for_what_is_about_the_number(house, anna, first, second, status):
    first.refuses(status)
    anna.dial(OUTSIDE)
    assert anna.is_hung_up()["code"] == status
    assert second.requests("INVITE") == []
    house.is_idle()


@pytest.mark.parametrize("house", [TWO], indirect=True)
def test_the_second_takes_what_the_first_says_nothing_about(house, anna, opens, second):
    silent = opens(Silence(FIRST))
    assert calls_out(anna, second) < 5, "seconds, with one of patience and one of ringing"
    assert len(silent.requests("INVITE")) == 1, "it is not asked twice"
    house.is_idle()


@pytest.mark.parametrize("house", [TWO], indirect=True)
def test_the_caller_is_told_when_no_carrier_takes_the_call(house, anna, first, second):
    first.refuses(503)
    second.refuses(500)
    anna.dial(OUTSIDE)
    assert anna.is_hung_up()["code"] // 100 == 5
    house.is_idle()


@pytest.mark.parametrize("house", [TWO_WATCHED], indirect=True)
def test_a_carrier_that_is_down_gets_no_call_until_it_comes_back(house, anna, first, second):
    is_up(house, "first", "down")
    assert calls_out(anna, second) < 3, "seconds: nobody waits for the first"
    first.answers()
    is_up(house, "first", "up")
    calls_out(anna, first)
    first.refuses(503, health=503)
    is_up(house, "first", "down")
    calls_out(anna, second)
    assert first.requests("INVITE") == []
    house.is_idle()
