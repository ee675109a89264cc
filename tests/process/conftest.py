"""The stage of every story: a house with its switch, and people who are sent home afterwards."""

import contextlib

import ears
import house as house_module
import pytest
from carrier import Carrier
from people import Phone
from surroundings import host


@pytest.fixture
def house(tmp_path, request):
    """A running switch; a parameter says what is different in its configuration. Its log is shown if the story fails."""
    opened = house_module.House(house_module.binary(), tmp_path, **getattr(request, "param", {}))
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: print(f"--- the switch said\n{opened.log()}"))
        stack.callback(opened.close)
        yield opened.open()


@pytest.fixture
def opens(house):
    """Brings in whom a story needs beside the usual, and sends them home."""
    with contextlib.ExitStack() as stack:
        yield lambda made: stack.enter_context(contextlib.closing(made))


@pytest.fixture
def phone(house):
    """Makes phones."""
    with contextlib.ExitStack() as stack:

        def make(*arguments, **more):
            made = Phone(house, *arguments, **more)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def anna(phone):
    """Extension 1001, registered over UDP."""
    made = phone("1001", host(11), ears.ANNA)
    made.wait("registered", code=200)
    return made


@pytest.fixture
def ben(phone):
    """Extension 1002, registered over TCP, with the other law of G.711."""
    made = phone("1002", host(12), ears.BEN, transport="tcp", codecs=("PCMA",))
    made.wait("registered", code=200)
    return made


@pytest.fixture
def carla(phone):
    """Extension 1003, registered over TCP: a refusal is forgotten at once there (Timer D, RFC 3261 §17.1.1.2)."""
    made = phone("1003", host(15), ears.CARLA, transport="tcp")
    made.wait("registered", code=200)
    return made


@pytest.fixture
def carrier(house):
    """The carrier behind the trunk."""
    made = Carrier(house, ears.CUSTOMER)
    yield made
    made.close()
