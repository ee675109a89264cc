"""What a carrier is told about who calls: on the wire, whatever the phone says."""

import re

import ears
import pytest
from carrier import Carrier, field
from house import CALLER_ID, CUSTOMER, DID, OUTSIDE, trunk
from scenes import talk, they_hear_each_other
from surroundings import host

SALES, PARTNER = "+493012345610", "+442079460999"
NUMBERS = f"""
[number."{SALES}"]
alias = "Sales"
prefix = "*31*1*"

[number."{PARTNER}"]
alias = "Partner"
prefix = "*31*2*"
external = true
"""
WORLD = host(4)


def rules(*keys, shows="house"):
    """Customers come over one carrier and calls go out over another, which wants to be told like this."""
    rule = '\n[[outgoing]]\nmatch = "0*"\ntrunk = "world"\nstrip = 1\nprefix = "+49"\n'
    return {
        "trunks": trunk("carrier", Carrier.ADDRESS) + trunk("world", WORLD, "withhold = true", *keys) + rule,
        "anna": 'numbers = ["Sales"]',
        "numbers": 'withhold_prefix = "*31#"',
        "transfer": f'shows = "{shows}"',
        "more": NUMBERS,
    }


USUAL = pytest.mark.parametrize("house", [rules()], indirect=True)


@pytest.fixture
def world(house, opens):
    made = opens(Carrier(house, ears.BEN, WORLD))
    made.answers()
    return made


def calls_out(anna, world, dialled, **headers):
    """What the carrier is told."""
    anna.dial(dialled, **headers)
    anna.talks()
    they_hear_each_other(anna, world)
    anna.hang_up()
    anna.is_hung_up()
    return told(world)


def told(world):
    invite = world.received("INVITE")
    for private in ("1001", "1002", "1003", "Anna", "Carla", host(11), host(15), "Sales", "Partner"):
        # As a whole word, for random numbers and tags may have anything in them.
        assert not re.search(rf"\b{re.escape(private)}\b", invite), f"{private} is nobody's business:\n{invite}"
    return invite


def names(invite, number):
    """In every field that tells who calls."""
    for name in ("From", "P-Asserted-Identity"):
        assert f"<sip:{number}@" in field(invite, name), f"{name}: {field(invite, name)}"
    return True


@USUAL
def test_the_number_of_the_house_is_shown_whatever_the_phone_says(house, anna, world):
    lies = {
        "P_Asserted_Identity": "<sip:+441234567@elsewhere.example>",
        "Remote_Party_ID": "<sip:+441234567@elsewhere.example>;privacy=off",
        "Diversion": "<sip:+441234567@elsewhere.example>;reason=unconditional",
        "Identity": "forged;info=<https://elsewhere.example/cert>",
        "History_Info": "<sip:+441234567@elsewhere.example>;index=1",
    }
    invite = calls_out(anna, world, OUTSIDE, **lies)
    assert names(invite, CALLER_ID) and "441234567" not in invite and "elsewhere" not in invite
    assert not re.search(r"^(Diversion|Identity|History-Info|Privacy):", invite, re.M), invite


@USUAL
def test_a_number_is_chosen_by_its_prefix(house, anna, world):
    assert names(calls_out(anna, world, f"*31*1*{OUTSIDE}"), SALES)


@USUAL
@pytest.mark.parametrize("wish", ["Sales", SALES])
def test_a_number_is_chosen_by_the_account_of_the_phone(house, anna, world, wish):
    invite = calls_out(anna, world, OUTSIDE, P_Preferred_Identity=f"<sip:{wish}@house.example>")
    assert names(invite, SALES)


@USUAL
def test_a_number_that_one_may_not_show_is_refused(house, anna, world):
    anna.dial(f"*31*2*{OUTSIDE}")
    assert anna.is_hung_up()["code"] == 403
    assert world.requests("INVITE") == []
    house.is_idle()


@USUAL
@pytest.mark.parametrize("by", ["the prefix", "the phone"])
def test_no_number_is_shown(house, anna, world, by):
    if by == "the prefix":
        invite = calls_out(anna, world, f"*31#{OUTSIDE}")
    else:
        invite = calls_out(anna, world, OUTSIDE, Privacy="id")
    assert "anonymous@anonymous.invalid" in field(invite, "From"), invite
    assert "id" in field(invite, "Privacy") and CALLER_ID in field(invite, "P-Asserted-Identity")
    assert CALLER_ID not in field(invite, "Contact")


@USUAL
def test_a_call_that_is_clicked_rings_the_agent_first(house, anna, world):
    house.command("dial", "1001", OUTSIDE, "--as", "Sales")
    assert OUTSIDE[1:] in anna.rings()["from"], "where it goes"
    assert world.requests("INVITE") == [], "nobody is called before the agent is there"
    anna.answer()
    anna.talks()
    they_hear_each_other(anna, world)
    anna.hang_up()
    anna.is_hung_up()
    assert names(told(world), SALES)
    house.refuses("dial", "1001", OUTSIDE, "--as", "Partner")
    house.is_idle()


def handed_on_to_the_world(anna, carrier, world):
    talk(anna, carrier)
    anna.hands_on_to(OUTSIDE)
    anna.learns(200)
    anna.is_hung_up()
    they_hear_each_other(carrier, world)
    carrier.hangs_up()
    return told(world)


@USUAL
def test_a_customer_who_is_handed_on_to_the_outside_shows_the_number_of_the_house(house, anna, carrier, world):
    invite = handed_on_to_the_world(anna, carrier, world)
    assert names(invite, CALLER_ID) and CUSTOMER not in invite
    house.is_idle()


@pytest.mark.parametrize("house", [rules(shows="customer")], indirect=True)
def test_a_customer_who_is_handed_on_to_the_outside_shows_the_own_number(house, anna, carrier, world):
    """The carrier is told by which of our numbers."""
    invite = handed_on_to_the_world(anna, carrier, world)
    assert f"<sip:{CUSTOMER}@" in field(invite, "From")
    assert DID in field(invite, "Diversion") and DID in field(invite, "History-Info")
    house.is_idle()
