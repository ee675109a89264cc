"""The same house with phones of another make: what baresip and pjsua do to each other through us."""

import contextlib
import time

import ears
import pytest
from baresip import Baresip
from people import wait_until


# Debian's gives up at the sight of any challenge that is not MD5.
pytestmark = pytest.mark.parametrize("house", [{"digest": "md5-only"}], indirect=True)


@pytest.fixture
def ben(house):
    """Extension 1002 on baresip."""
    with contextlib.closing(Baresip(house, "1002", "127.0.0.14", ears.BEN)) as made:
        wait_until(made.is_registered, "baresip has registered")
        yield made


def test_it_calls_is_held_and_hangs_up(house, anna, ben):
    ben.dial("1001")
    anna.wait("incoming")
    anna.answer()
    anna.talks()
    ben.talks()
    time.sleep(1.5)
    anna.do("hold")
    wait_until(lambda: house.story() == ["held by 1001"], "the call is held")
    time.sleep(1.5)
    anna.do("resume")
    wait_until(lambda: house.story() == ["talking"], "the call goes on")
    time.sleep(1.5)
    ben.hang_up()
    anna.is_hung_up()
    house.is_idle()
    assert ears.course(ben.heard()) == [ears.ANNA, ears.MUSIC, ears.ANNA]
    assert set(ears.seconds_of(anna.heard())) == {ears.BEN}


def test_it_is_called_holds_and_is_left(house, anna, ben):
    anna.dial("1002")
    ben.wait("CALL_INCOMING")
    anna.wait("call", state="EARLY")
    ben.answer()
    anna.talks()
    ben.talks()
    time.sleep(1.5)
    ben.hold()
    wait_until(lambda: house.story() == ["held by 1002"], "the call is held")
    time.sleep(1.5)
    ben.resume()
    wait_until(lambda: house.story() == ["talking"], "the call goes on")
    time.sleep(1.5)
    anna.hang_up()
    ben.is_hung_up()
    house.is_idle()
    assert ears.course(anna.heard())[-3:] == [ears.BEN, ears.MUSIC, ears.BEN]
    assert set(ears.seconds_of(ben.heard())) == {ears.ANNA}
