"""What the people who run the switch do to it."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import termios
import time

import ears
import house as house_module
import pytest
from house import DID
from people import Phone
from surroundings import host, wait_until


def talking(anna, ben):
    anna.dial("1002")
    ben.wait("incoming")
    ben.answer()
    anna.talks()
    ben.talks()


def test_the_operator_sees_a_call_and_hangs_it_up(house, anna, ben):
    assert house.calls() == []
    talking(anna, ben)
    [call] = house.calls()
    assert call["direction"] == "internal" and call["answered"] is not None, call
    assert [leg["party"] for leg in call["legs"]] == ["1001", "1002"]
    assert house.status()["calls"] == 1 and house.status()["registrations"] == 2
    for shown in ("calls", "status", "registrations"):
        assert house.command(shown).strip(), f"tandem {shown} says something to people"
    house.command("hangup", f"c{call['id']}")
    anna.is_hung_up()
    ben.is_hung_up()
    house.is_idle()


def test_a_switch_that_is_told_to_end_ends_its_calls_and_tapes(house, anna, carrier):
    carrier.expects_a_call()
    anna.dial("0301112233")
    anna.talks()
    time.sleep(1.5)
    assert house.terminate() == 0, house.log()
    anna.is_hung_up()
    carrier.is_content()
    path, story = house.tape()
    left, right = ears.read_wav(path)
    assert ears.only(left, ears.CUSTOMER) and ears.only(right, ears.ANNA)
    assert story["parties"] and all(party["left"] for party in story["parties"])


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGQUIT])
def test_whatever_signal_ends_the_switch_ends_its_calls(house, anna, ben, sent):
    talking(anna, ben)
    house.process.send_signal(sent)
    anna.is_hung_up()
    ben.is_hung_up()
    assert house.process.wait(10) == 0, house.log()


@pytest.fixture
def terminal():
    """One that can be closed."""
    ours, its = pty.openpty()
    yield ours, its
    for end in (ours, its):
        try:
            os.close(end)
        except OSError:
            pass


@pytest.fixture
def house_at_a_terminal(tmp_path, terminal):
    """A switch that somebody has started by hand."""
    _, its = terminal
    owns = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    opened = house_module.House(house_module.binary(), tmp_path)
    yield opened.open(stdin=its, stdout=its, stderr=its, start_new_session=True, preexec_fn=owns)
    opened.close()


def test_a_terminal_that_is_closed_ends_the_calls_properly(house_at_a_terminal, terminal):
    with contextlib.ExitStack() as people:
        anna, ben = (
            people.enter_context(contextlib.closing(Phone(house_at_a_terminal, extension, host(number), hz)))
            for extension, number, hz in (("1001", 11, ears.ANNA), ("1002", 12, ears.BEN))
        )
        for one in (anna, ben):
            one.wait("registered", code=200)
        talking(anna, ben)
        for end in terminal:
            os.close(end)
        anna.is_hung_up()
        ben.is_hung_up()
        assert house_at_a_terminal.process.wait(10) == 0


@pytest.fixture
def house_without_hangups(tmp_path):
    opened = house_module.House(house_module.binary(), tmp_path)
    yield opened.open("nohup")
    opened.close()


def test_signals_that_are_not_meant_to_end_it_do_not(house_without_hangups):
    for sent in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        house_without_hangups.process.send_signal(sent)
    wait_until(lambda: house_without_hangups.status()["calls"] == 0, "it goes on")
    assert house_without_hangups.terminate() == 0


def test_a_wrong_configuration_is_refused_with_its_line(house):
    text = house.config.read_text()
    broken = house.folder / "broken.toml"
    broken.write_text(text.replace("[recording]\nincoming", "[recording]\nincomming"))
    line = next(number for number, line in enumerate(broken.read_text().splitlines(), 1) if "incomming" in line)
    done = subprocess.run([house.binary, "--config", broken, "check"], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"broken.toml:{line}" in said and "incoming" in said, said
    assert DID not in said
    assert "OK" in house.command("check").upper() or house.command("check").strip()
