"""We register with a carrier that knows us by a password, and answer its challenges."""

import contextlib
import re

import ears
import pytest
from carrier import Carrier, field
from house import CUSTOMER, DID, OUTSIDE, trunk
from scenes import they_hear_each_other
from surroundings import host, wait_until

RULE = """
[[outgoing]]
match = "0*"
trunk = "carrier"
strip = 1
prefix = "+49"
"""


def line(password):
    keys = ["sources = []", 'username = "tandem-4711"', f'password = "{password}"', "register = true", 'qualify = "off"']
    return {"trunks": trunk("carrier", host(3), *keys) + RULE}


RIGHT, WRONG = line("the trunk's secret"), line("guessed")


@pytest.fixture
def carrier(house):
    with contextlib.closing(Carrier(house, ears.CUSTOMER)) as made:
        made.knows_us(expires=60)
        yield made


def registration(house):
    [known] = house.trunks()
    return known["registration"]


@pytest.mark.parametrize("house", [RIGHT], indirect=True)
def test_we_register_when_we_are_challenged(house, carrier):
    wait_until(lambda: registration(house)["until"], "we are registered")
    challenged, proven = carrier.requests("REGISTER")
    assert "Authorization" not in challenged and 'username="tandem-4711"' in field(proven, "Authorization")
    assert field(challenged, "Call-ID") == field(proven, "Call-ID")
    assert "secret" not in house.log()
    assert house.terminate() == 0
    last = carrier.requests("REGISTER")[-1]
    assert "Expires: 0" in last or "expires=0" in last, "we leave as we came"


@pytest.mark.parametrize("house", [RIGHT], indirect=True)
def test_our_calls_are_challenged(house, anna, carrier):
    wait_until(lambda: registration(house)["until"], "we are registered")
    anna.dial(OUTSIDE)
    anna.talks()
    they_hear_each_other(anna, carrier)
    anna.hang_up()
    anna.is_hung_up()
    challenged, proven = carrier.requests("INVITE")
    assert 'username="tandem-4711"' in field(proven, "Proxy-Authorization")
    house.is_idle()


@pytest.mark.parametrize("house", [RIGHT], indirect=True)
def test_calls_to_where_we_have_registered_are_the_carriers(house, anna, carrier, opens):
    wait_until(lambda: registration(house)["until"], "we are registered")
    contact = re.search(r"<sip:([^@>]+)@", field(carrier.requests("REGISTER")[-1], "Contact"))[1]
    elsewhere = opens(Carrier(house, ears.BEN, host(7)))
    elsewhere.calls(DID, CUSTOMER, contact=contact)
    assert CUSTOMER in anna.rings()["from"]
    anna.answer()
    anna.talks()
    they_hear_each_other(anna, elsewhere)
    elsewhere.hangs_up()
    anna.is_hung_up()
    stranger = opens(Carrier(house, ears.CARLA, host(8)))
    stranger.calls(DID, CUSTOMER)
    assert stranger.process.wait(20) != 0 and "SIP/2.0 401" in stranger.messages()
    house.is_idle()


@pytest.mark.parametrize("house", [WRONG], indirect=True)
def test_a_wrong_password_is_told_and_not_tried_again_and_again(house, anna, carrier):
    wait_until(lambda: registration(house)["trouble"], "we are not registered, and say why")
    assert len(carrier.requests("REGISTER")) == 2
    assert "guessed" not in house.log() and "403" in house.log()
    anna.dial(OUTSIDE)
    assert anna.is_hung_up()["code"] // 100 in (4, 5)
    assert len(carrier.requests("INVITE")) == 2
    house.is_idle()
