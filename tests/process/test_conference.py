"""The Conference key as a network conference (RFC 4579): the switch mixes, and whoever leaves leaves the others talking."""

import ears
import pytest
from house import CONFERENCE
from scenes import FORGETFUL, asks, ends, talk, tape_has, they_hear_each_other

pytestmark = pytest.mark.parametrize("house", [FORGETFUL], indirect=True)


def three_lines(anna, carla, carrier):
    """Anna has the customer and Carla on two lines, and presses the key."""
    talk(anna, carrier)
    asks(anna, carla)
    anna.hold()
    anna.dial(CONFERENCE)
    anna.talks()


@pytest.mark.parametrize("way", ["brings_in", "sends_to_conference"])
def test_three_talk_until_the_agent_leaves(house, anna, carla, carrier, way):
    three_lines(anna, carla, carrier)
    for line in (0, 1):
        getattr(anna, way)(line if way == "brings_in" else 0)
        anna.learns(200)
    for one, others in ((carrier, (ears.ANNA, ears.CARLA)), (carla, (ears.ANNA, ears.CUSTOMER)), (anna, (ears.CARLA, ears.CUSTOMER))):
        one.hears(*others)
    assert house.story() == ["3 together"]
    anna.do("put all down")
    they_hear_each_other(carla, carrier)
    ends(house, carrier, carla)
    assert ears.course(carrier.heard())[-2:] == [(ears.ANNA, ears.CARLA), ears.CARLA]
    assert ears.course(carla.heard())[-2:] == [(ears.ANNA, ears.CUSTOMER), ears.CUSTOMER]
    assert ears.course(anna.heard())[-1] == (ears.CARLA, ears.CUSTOMER)
    tape_has_private_words_nowhere(house)


def tape_has_private_words_nowhere(house):
    """Carla is on the tape only once all talk."""
    path, _ = house.tape()
    _, ours = ears.read_wav(path)
    assert ears.course(ours)[-2:] == [(ears.ANNA, ears.CARLA), ears.CARLA], ears.spans(ours)
    assert ears.CARLA not in ears.course(ours)[:-1], ears.spans(ours)
