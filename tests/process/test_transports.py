"""The same calls over other ways: TLS, large requests, and a TCP connection that does not last."""

import json
import time

import ears
import pytest
from relay import Relay
from surroundings import host, wait_until


@pytest.fixture
def relay(house):
    """A NAT box in front of the switch."""
    made = Relay(house)
    yield made
    made.close()


def talk(house, caller, callee, number):
    caller.dial(number)
    callee.wait("incoming")
    callee.answer()
    caller.talks()
    callee.talks()
    time.sleep(2)


def test_a_phone_on_udp_sends_large_requests_over_tcp(house, anna, ben):
    """RFC 3261 §18.1.1: it does so by itself, and we find it over UDP afterwards."""
    anna.dial("1002", X_Padding="x" * 1500)
    ben.wait("incoming")
    ben.answer()
    anna.talks()
    ben.talks()
    [call] = house.calls()
    assert f"tcp {host(11)}:" in json.dumps(call), call
    time.sleep(1)
    ben.hang_up()
    anna.is_hung_up()
    house.is_idle()


def understood_each_other(one, other):
    assert ears.only(one.heard(), other.hz), ears.seconds_of(one.heard())
    assert ears.only(other.heard(), one.hz), ears.seconds_of(other.heard())


def test_a_phone_calls_and_is_called_over_tls(house, anna, phone):
    ben = phone("1002", host(12), ears.BEN, transport="tls")
    ben.wait("registered", code=200)
    assert [known["flow"][:4] for known in house.registrations() if known["extension"] == "1002"] == ["tls "]
    talk(house, anna, ben, "1002")
    anna.hang_up()
    ben.is_hung_up()
    talk(house, ben, anna, "1001")
    ben.hang_up()
    anna.is_hung_up()
    house.is_idle()
    understood_each_other(anna, ben)


def test_a_phone_that_does_not_believe_us_stays_away(house, phone):
    doubter = phone("1002", host(12), ears.BEN, transport="tls", believes=False)
    assert doubter.wait("registered")["code"] != 200
    assert house.registrations() == []


@pytest.mark.parametrize("who_ends_it", ["the phone that was cut", "the other one"])
def test_a_call_outlives_its_tcp_connection(house, anna, phone, relay, who_ends_it):
    ben = phone("1002", host(12), ears.BEN, transport="tcp", through=relay.address)
    ben.wait("registered", code=200)
    talk(house, anna, ben, "1002")
    [before] = [known["flow"] for known in house.registrations() if known["extension"] == "1002"]
    relay.cut()
    if who_ends_it == "the other one":
        wait_until(lambda: is_elsewhere(house, before), "the phone has registered over a new connection")
    first, second = (ben, anna) if who_ends_it == "the phone that was cut" else (anna, ben)
    first.hang_up()
    second.is_hung_up()
    house.is_idle()


@pytest.mark.parametrize("house", [{"t1": "100ms"}], indirect=True)
@pytest.mark.parametrize("fate", ["is cut", "swallows all"])
def test_nothing_is_left_of_a_call_whose_phone_never_comes_back(house, anna, phone, relay, fate):
    ben = phone("1002", host(12), ears.BEN, transport="tcp", through=relay.address)
    ben.wait("registered", code=200)
    talk(house, anna, ben, "1002")
    relay.swallow()
    if fate == "is cut":
        ben.process.kill()
        relay.close()
    anna.hang_up()
    anna.is_hung_up()
    house.has_forgotten_all()


def is_elsewhere(house, before):
    flows = [known["flow"] for known in house.registrations() if known["extension"] == "1002"]
    return flows and before not in flows
