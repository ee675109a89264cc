"""INVITE with Replaces: a phone takes what rings at a colleague's, or its own call from another desk (RFC 3891)."""

import ears
import pytest
from house import CUSTOMER, DID
from scenes import FORGETFUL, ends, heard, talk, tape_has, they_hear_each_other
from surroundings import host

pytestmark = pytest.mark.parametrize("house", [FORGETFUL], indirect=True)


def test_what_rings_at_a_colleagues_is_taken(house, ben, carla, carrier):
    carrier.calls(DID, CUSTOMER)
    ben.rings()
    carrier.hears(ears.MUSIC, seconds=0.3)
    carla.takes_over(ben)
    carla.talks()
    assert ben.is_hung_up()["code"] == 487
    carla.is_now_with(CUSTOMER)
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla)
    heard(carrier, ears.CARLA)
    heard(ben)
    tape_has(house, right=[ears.CARLA])


def test_what_was_handed_on_is_taken_where_it_rings(house, anna, ben, carla, carrier):
    talk(anna, carrier)
    anna.hands_on_to("1003")
    carla.rings()
    ben.takes_over(carla)
    ben.talks()
    anna.learns(200)
    anna.is_hung_up()
    carla.is_hung_up()
    they_hear_each_other(ben, carrier)
    ends(house, carrier, ben)
    heard(carla)
    tape_has(house, right=[ears.ANNA, ears.BEN])


def test_ones_own_call_is_taken_along_to_another_desk(house, anna, phone, carrier):
    kitchen = phone("1001", host(16), ears.BEN, transport="tcp", ring=False)
    kitchen.wait("registered", code=200)
    talk(anna, carrier)
    kitchen.takes_over(anna)
    kitchen.talks()
    anna.is_hung_up()
    they_hear_each_other(kitchen, carrier)
    ends(house, carrier, kitchen)
    heard(carrier, ears.ANNA, ears.BEN)
    heard(anna, ears.CUSTOMER)
    tape_has(house, right=[ears.ANNA, ears.BEN])


def test_a_colleagues_call_that_has_been_answered_is_not_taken(house, anna, carla, carrier):
    talk(anna, carrier)
    carla.takes_over(anna)
    assert carla.is_hung_up()["code"] // 100 == 4
    they_hear_each_other(anna, carrier)
    ends(house, carrier, anna)
    heard(carrier, ears.ANNA)
    heard(carla)
