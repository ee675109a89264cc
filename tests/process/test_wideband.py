"""Phones that speak G.722: with each other above 4 kHz, with everybody else as everybody else does."""

import ears
import pytest
from house import CONFERENCE
from scenes import FORGETFUL, asks, ends, heard, talk, tape_has, they_hear_each_other
from surroundings import host

pytestmark = pytest.mark.parametrize("house", [FORGETFUL], indirect=True)

# Above all that G.711 carries.
HIGH, HIGHER = 5003, 6007


@pytest.fixture
def wide(phone):
    """Makes phones that have G.722, and would rather speak that."""

    def make(extension, address, hz):
        made = phone(extension, address, hz, transport="tcp", codecs=("G722", "PCMU"))
        made.wait("registered", code=200)
        return made

    return make


def codecs(house):
    """Of all legs."""
    return sorted(leg["codec"].upper() for call in house.calls() for leg in call["legs"])


def test_two_of_them_hear_each_other_in_full(house, wide):
    anna, ben = wide("1001", host(11), HIGH), wide("1002", host(12), HIGHER)
    anna.dial("1002")
    ben.rings()
    ben.answer()
    anna.talks()
    anna.hears_in_full(HIGHER)
    ben.hears_in_full(HIGH)
    assert codecs(house) == ["G722", "G722"]
    anna.hang_up()
    ben.is_hung_up()
    house.has_forgotten_all()


def test_one_of_them_talks_with_a_customer_in_the_customers_codec(house, wide, carrier):
    anna = wide("1001", host(11), ears.ANNA)
    talk(anna, carrier)
    assert codecs(house) == ["PCMU", "PCMU"], "nothing is converted that need not be"
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA)
    heard(anna, ears.CUSTOMER)
    tape_has(house, right=[ears.ANNA])


def test_two_of_them_confer_with_a_customer(house, wide, carrier):
    anna, carla = wide("1001", host(11), ears.ANNA), wide("1003", host(15), ears.CARLA)
    talk(anna, carrier)
    asks(anna, carla)
    anna.hold()
    anna.dial(CONFERENCE)
    anna.talks()
    for line in (0, 1):
        anna.brings_in(line)
        anna.learns(200)
    carrier.hears(ears.ANNA, ears.CARLA)
    anna.hears(ears.CARLA, ears.CUSTOMER)
    carla.hears(ears.ANNA, ears.CUSTOMER)
    assert {"G722", "PCMU"} <= set(codecs(house)), codecs(house)
    anna.do("put all down")
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla)
    assert ears.course(carrier.heard())[-2:] == [(ears.ANNA, ears.CARLA), ears.CARLA]
    assert ears.course(carla.heard())[-2:] == [(ears.ANNA, ears.CUSTOMER), ears.CUSTOMER]
    path, _ = house.tape()
    _, ours = ears.read_wav(path)
    assert ears.course(ours)[-2:] == [(ears.ANNA, ears.CARLA), ears.CARLA], ears.spans(ours)
