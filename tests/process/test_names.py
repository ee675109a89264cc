"""Where the carriers are stands in the DNS (RFC 3263): a name server of our own says so, differently, late, or not at all."""

import contextlib

import ears
import pytest
from carrier import Carrier
from house import OUTSIDE, trunk
from name_server import NameServer
from scenes import call, calls_out
from surroundings import host, wait_until

FIRST, SECOND, SPARE = host(3), host(4), host(6)
NAMES, PORT = host(53), 5353
TTL_S = 1
SERVICE = "_sip._udp.carrier.example"
UNWATCHED = 'qualify = "off"'
ONE = {
    "trunks": f"""
[dns]
servers = ["{NAMES}:{PORT}"]

[trunk.carrier]
host = "carrier.example"
sources = []
qualify = "off"
timeout = "1s"

{trunk("spare", SPARE, UNWATCHED)}
[[outgoing]]
match = "0*"
trunks = ["carrier", "spare"]
strip = 1
prefix = "+49"
"""
}

pytestmark = pytest.mark.parametrize("house", [ONE], indirect=True)


@pytest.fixture(autouse=True)
def names(request):
    """Two servers of the carrier's, of which the first is better; there before the switch is, in this mood or with this
    trouble."""
    mood = getattr(request, "param", "quick")
    with contextlib.closing(NameServer(NAMES, PORT, "quick" if callable(mood) else mood)) as made:
        made.has_host("a.carrier.example", FIRST, ttl=TTL_S)
        made.has_host("b.carrier.example", SECOND, ttl=TTL_S)
        made.has_servers(SERVICE, server("a", 10), server("b", 20), ttl=TTL_S)
        if callable(mood):
            mood(made)
        yield made


@pytest.fixture
def first(house, opens):
    return opens(Carrier(house, ears.CUSTOMER, FIRST))


@pytest.fixture
def second(house, opens):
    made = opens(Carrier(house, ears.BEN, SECOND))
    made.answers()
    return made


@pytest.fixture
def spare(house, opens):
    made = opens(Carrier(house, ears.CARLA, SPARE))
    made.answers()
    return made


def server(name, priority, weight=0):
    return (priority, weight, Carrier.PORT, f"{name}.carrier.example")


def test_the_first_server_gets_the_call(house, anna, first, second):
    first.answers()
    calls_out(anna, first)
    assert second.requests("INVITE") == []


@pytest.mark.parametrize("status", [503, None])
def test_the_second_server_takes_what_the_first_cannot(house, anna, first, second, status):
    if status:
        first.refuses(status)
    assert calls_out(anna, second) < 5, "seconds"
    assert len(first.requests("INVITE")) == (1 if status else 0)
    house.is_idle()


def test_servers_of_one_priority_share_by_weight(house, names, anna, first, second):
    """RFC 2782: of 65536 calls one goes to whom has no weight."""
    first.answers()
    names.has_servers(SERVICE, server("a", 10, 0), server("b", 10, 65535), ttl=TTL_S)
    wait_until(lambda: has_taken(anna, second), "what the switch has heard before has expired")
    taken = len(first.requests("INVITE"))
    for _ in range(3):
        calls_out(anna, second)
    assert len(first.requests("INVITE")) == taken


def test_a_carrier_without_a_name_is_passed_over_until_it_has_one(house, names, anna, first, spare):
    names.forgets(SERVICE)
    names.forgets("a.carrier.example")
    assert calls_out(anna, spare) < 4, "seconds"
    names.has_host("carrier.example", FIRST, ttl=TTL_S)
    first.answers()
    wait_until(lambda: has_taken(anna, first), "the carrier gets calls again")


def has_taken(anna, carrier):
    anna.dial(OUTSIDE)
    anna.talks()
    anna.hang_up()
    anna.is_hung_up()
    return carrier.requests("INVITE")


@pytest.mark.parametrize("names", ["slow", "silent"], indirect=True)
def test_nobody_waits_for_a_name_server(house, names, anna, ben, carla, first, spare):
    first.answers()
    anna.dial(OUTSIDE)
    call(ben, carla)
    anna.talks()
    anna.hang_up()
    anna.is_hung_up()
    names.speaks.set()
    wait_until(lambda: has_taken(anna, first), "the carrier gets calls as soon as it is found")


def test_a_carrier_that_moves_is_found_when_its_record_has_expired(house, names, anna, first, second):
    first.answers()
    calls_out(anna, first)
    asked = names.was_asked(SERVICE, "SRV")
    names.has_servers(SERVICE, server("b", 10), ttl=TTL_S)
    wait_until(lambda: has_taken(anna, second), "calls go to its new place")
    assert names.was_asked(SERVICE, "SRV") > asked


def with_a_better_server(names):
    names.has_servers(SERVICE, server("c", 5), server("a", 10), server("b", 20), ttl=TTL_S)


def the_better_server_cannot_be_looked_up(names):
    with_a_better_server(names)
    names.refuses("c.carrier.example", "A", "SERVFAIL")


def the_better_server_is_never_answered_for(names):
    with_a_better_server(names)
    names.ignores("c.carrier.example", "A")


def naptr_is_never_answered_for(names):
    names.ignores("carrier.example", "NAPTR")


def edns_is_refused(names):
    names.refuses_edns()


def nobody_answers_for_ipv6(names):
    for name in ["a", "b"]:
        names.ignores(f"{name}.carrier.example", "AAAA")


TROUBLES = [
    nobody_answers_for_ipv6,
    the_better_server_cannot_be_looked_up,
    the_better_server_is_never_answered_for,
    naptr_is_never_answered_for,
    edns_is_refused,
]


@pytest.mark.parametrize("names", TROUBLES, indirect=True)
def test_one_bad_answer_hides_no_good_one(house, names, anna, first):
    first.answers()
    wait_until(lambda: is_found(house, "carrier"), "the carrier is found")
    assert calls_out(anna, first) < 5, "seconds"


def is_found(house, name):
    return any(known["name"] == name and known["places"] for known in house.trunks())
