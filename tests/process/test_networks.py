"""Calls over IPv6, and over networks that lose what they are given."""

import contextlib

import ears
import pytest
from apparatus import Apparatus
from carrier import Carrier
from house import DID
from relay import Radio
from surroundings import free_port, host, wait_until

CUSTOMER = "+4915155501"
CALLS = 20
LOST_OF_100 = 30


@pytest.fixture
def later():
    """Closes what a story opens."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("house", [{"digest": "md5"}], indirect=True)
def test_a_phone_on_ipv6_talks_to_one_on_ipv4(house, anna, later):
    ben = later.enter_context(contextlib.closing(Apparatus(house, "1002", "::1", ears.BEN, house.sip6)))
    ben.registers()
    assert "udp [::1]:" in str(house.registrations())
    ben.calls("1001", seconds=2)
    anna.wait("incoming")
    anna.answer()
    anna.is_hung_up()
    ben.is_content()
    ben.answers()
    before = len(ben.voice.heard)
    anna.dial("1002")
    anna.talks()
    wait_until(lambda: ears.only(ben.voice.heard[before:], ears.ANNA, at_least=0.8), "they talk once more")
    anna.hang_up()
    anna.is_hung_up()
    house.is_idle()
    assert ears.only(ben.voice.heard, ears.ANNA, at_least=2), ears.seconds_of(ben.voice.heard)
    assert ears.only(anna.heard(), ears.BEN, at_least=2), "she hears nobody else"


# A phone that asks again after 500 ms, and a house that does so after 100 ms and forgets after 6.4 s.
@pytest.mark.parametrize("house", [{"digest": "md5", "t1": "100ms"}], indirect=True)
def test_many_calls_through_networks_that_lose_a_third_leave_nothing_behind(house, later):
    def open_up(made):
        return later.enter_context(contextlib.closing(made))

    near = open_up(Radio(house, host(21), free_port(host(21)), host(13), lost=0))
    far = open_up(Radio(house, Carrier.ADDRESS, Carrier.PORT, host(5), lost=LOST_OF_100))
    ben = open_up(Apparatus(house, "1002", host(13), ears.BEN, near.address, near.port))
    carrier = open_up(Carrier(house, ears.CUSTOMER, host(5)))
    ben.registers()
    near.lost = LOST_OF_100
    ben.answers(times=CALLS)
    carrier.calls(DID, CUSTOMER, seconds=1, times=CALLS, through=far.address)
    carrier.process.wait(55)
    house.has_forgotten_all()
    assert house.calls() == []
    talked = [path for path in house.recordings.rglob("*.json") if '"1002"' in path.read_text()]
    assert len(talked) >= 0.75 * CALLS, f"{len(talked)} of {CALLS} calls were answered\n{carrier.errors()}"
    assert near.swallowed > CALLS and far.swallowed > CALLS, (near.swallowed, far.swallowed)
