"""What is not needed to carry calls never keeps the switch from starting, and is there as soon as it can be."""

import contextlib
import socket

import ears
import house as house_module
import pytest
from scenes import hangs_up, talk, they_hear_each_other
from surroundings import host, wait_until

SECRET_ELSEWHERE = '[extension.1009]\npassword_file = "/nowhere/at/all"'
MUSIC_OF_THE_HOUSE = 'music = "{folder}/music.wav"'


@pytest.fixture
def trouble():
    """What is closed when it is over."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def house(tmp_path, trouble):
    """A house that starts without its music, its recordings, its certificate and a password, and with two of its ports in
    use."""
    made = house_module.House(house_module.binary(), tmp_path, media=MUSIC_OF_THE_HOUSE, more=SECRET_ELSEWHERE)
    made.recordings.rmdir()
    made.recordings.write_text("somebody's notes")
    made.certificate.rename(tmp_path / "elsewhere.pem")
    for address, kind, family in ((made.api, socket.SOCK_STREAM, socket.AF_INET), (made.sip6, socket.SOCK_DGRAM, socket.AF_INET6)):
        name, port = address.rsplit(":", 1)
        taken = trouble.enter_context(contextlib.closing(socket.socket(family, kind)))
        taken.bind((name.strip("[]"), int(port)))
        if kind == socket.SOCK_STREAM:
            taken.listen()
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: print(f"--- the switch said\n{made.log()}"))
        stack.callback(made.close)
        yield made.open()


def test_the_switch_carries_calls_without_and_takes_it_up_when_it_is_there(house, anna, carrier, trouble, phone):
    for told in ("music.wav cannot be played", "is not a directory", "certificate.pem cannot be used", "/nowhere/at/all cannot be read", "no control interface", "udp [::1]"):
        assert told in house.log(), told
    talk(anna, carrier)
    anna.hold()
    carrier.hears(ears.MUSIC)

    trouble.close()
    ears.write_tone(house.folder / "music.wav", ears.CARLA)
    house.recordings.unlink()
    house.recordings.mkdir()
    (house.folder / "elsewhere.pem").rename(house.certificate)

    carrier.hears(ears.CARLA)
    for told in ("every listener is open now", "control interface at", "this call is being recorded again"):
        wait_until(lambda: told in house.log(), told)
    anna.resume()
    they_hear_each_other(anna, carrier)
    phone("1003", host(13), ears.CARLA, transport="tls").wait("registered", code=200)
    hangs_up(carrier, anna)
    house.is_idle()
    path, story = house.tape()
    left, _ = ears.read_wav(path)
    assert ears.CUSTOMER in [who for who, _, _ in ears.spans(left)] and story["gaps"], story

