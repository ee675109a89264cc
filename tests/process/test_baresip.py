"""The same house with phones of another make: what baresip and pjsua do to each other through us."""

import contextlib

import ears
import pytest
from baresip import Baresip
from scenes import call, heard, they_hear_each_other
from surroundings import host, wait_until


# Debian's gives up at the sight of any challenge that is not MD5.
pytestmark = pytest.mark.parametrize("house", [{"digest": "md5-only"}], indirect=True)


@pytest.fixture
def ben(house):
    """Extension 1002 on baresip."""
    with contextlib.closing(Baresip(house, "1002", host(14), ears.BEN)) as made:
        wait_until(made.is_registered, "baresip has registered")
        yield made


def test_it_calls_is_held_and_hangs_up(house, anna, ben):
    call(ben, anna)
    anna.hold()
    wait_until(lambda: house.story() == ["held by 1001"], "the call is held")
    ben.hears(ears.MUSIC)
    anna.resume()
    they_hear_each_other(anna, ben)
    assert house.story() == ["talking"]
    ben.hang_up()
    anna.is_hung_up()
    house.is_idle()
    heard(ben, ears.ANNA, ears.MUSIC, ears.ANNA)
    assert set(ears.seconds_of(anna.heard())) == {ears.BEN}


def test_it_is_called_holds_and_is_left(house, anna, ben):
    call(anna, ben)
    ben.hold()
    wait_until(lambda: house.story() == ["held by 1002"], "the call is held")
    anna.hears(ears.MUSIC)
    ben.resume()
    anna.hears(ears.BEN)  # Debian's does not play again what it receives after a hold of its own.
    assert house.story() == ["talking"]
    anna.hang_up()
    ben.is_hung_up()
    house.is_idle()
    heard(anna, ears.BEN, ears.MUSIC, ears.BEN)
    assert set(ears.seconds_of(ben.heard())) == {ears.ANNA}
