"""Calls from and to a carrier, their recordings, and what the carrier is shown."""

import re
import time

import ears
from house import CALLER_ID, DID
from surroundings import host

CUSTOMER = "+4915155501"


def test_a_customer_calls_both_phones_ring_and_one_answers(house, anna, ben, carrier):
    carrier.calls(DID, CUSTOMER, seconds=3)
    anna.wait("incoming")
    assert CUSTOMER in ben.wait("incoming")["from"]
    ben.answer()
    ben.talks()
    anna.is_hung_up()
    ben.is_hung_up()
    carrier.is_content()
    house.is_idle()
    assert ears.only(carrier.heard(), ears.BEN), ears.seconds_of(carrier.heard())
    assert ears.only(ben.heard(), ears.CUSTOMER), ears.seconds_of(ben.heard())
    assert ears.seconds_of(anna.heard()) == {}


def test_the_tape_has_the_customer_left_and_us_right(house, anna, carrier):
    carrier.calls(DID, CUSTOMER, seconds=3)
    anna.wait("incoming")
    anna.answer()
    anna.is_hung_up()
    carrier.is_content()
    path, story = house.tape()
    left, right = ears.read_wav(path)
    assert ears.only(left, ears.CUSTOMER, at_least=2) and ears.only(right, ears.ANNA, at_least=2), (
        ears.seconds_of(left), ears.seconds_of(right))
    assert abs(len(left) / ears.RATE - 3) < 1.5, "the tape is as long as the conversation"
    assert (story["direction"], story["customer"], story["our_number"]) == ("incoming", CUSTOMER, DID)
    assert {party["channel"]: party["party"] for party in story["parties"]} == {"left": CUSTOMER, "right": "1001"}


def test_a_call_to_the_outside_shows_our_number_and_no_extension(house, anna, carrier):
    carrier.expects_a_call()
    anna.dial("0301112233")
    anna.wait("call", state="EARLY")
    anna.talks()
    time.sleep(2)
    anna.hang_up()
    carrier.is_content()
    invite = carrier.received("INVITE")
    lines = {line.split(":", 1)[0]: line for line in invite.splitlines() if ":" in line}
    assert invite.startswith(f"INVITE sip:+49301112233@{carrier.ADDRESS}")
    assert CALLER_ID in lines["From"] and CALLER_ID in lines["P-Asserted-Identity"]
    # The random number of a session may begin like an extension; a whole word is none of chance's.
    assert not re.search(r"\b1001\b", invite) and "Anna" not in invite, invite
    assert host(11) not in invite, "the carrier learns nothing about the phone's network"
    assert ears.only(carrier.heard(), ears.ANNA), ears.seconds_of(carrier.heard())
    assert ears.only(anna.heard(), ears.CUSTOMER), ears.seconds_of(anna.heard())
    _, story = house.tape()
    assert (story["direction"], story["our_number"]) == ("outgoing", CALLER_ID)


def test_nobody_outside_dials_through_us_to_the_outside(house, carrier):
    carrier.calls("0301112233", CUSTOMER, seconds=1)
    assert carrier.process.wait(45) != 0, "that would be toll fraud"
    assert re.search(r"^SIP/2.0 40[34] ", carrier.messages(), re.M), carrier.messages()
    assert "message received" in carrier.messages() and "\nINVITE sip:+49" not in carrier.messages()
    house.is_idle()
