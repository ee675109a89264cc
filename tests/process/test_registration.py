"""Phones come and go (RFC 3665 §2), with two independent SIP stacks as the phones."""

import pathlib
import subprocess

import ears
import pytest
from surroundings import free_port, host, wait_until

HERE = pathlib.Path(__file__).parent


def test_a_phone_with_the_right_password_registers_and_leaves(house, anna):
    [known] = house.registrations()
    assert known["extension"] == "1001" and known["user_agent"] == "handset", known
    assert known["flow"].startswith(f"udp {host(11)}:"), known
    anna.do("unregister")
    wait_until(lambda: house.registrations() == [], "the phone has left")


def test_a_phone_with_a_wrong_password_is_refused(house, phone):
    stranger = phone("1001", host(11), ears.ANNA, password="guessed")
    assert stranger.wait("registered")["code"] in (401, 403)
    assert house.registrations() == []
    assert "guessed" not in house.log() and "anna's secret" not in house.log()


def test_a_phone_over_tcp_is_forgotten_with_its_connection(house, ben):
    [known] = house.registrations()
    assert known["extension"] == "1002" and known["flow"].startswith(f"tcp {host(12)}:"), known
    ben.process.kill()
    wait_until(lambda: house.registrations() == [], "the phone is forgotten")


# sipp reads the first challenge alone, as old phones do, and knows only MD5.
@pytest.mark.parametrize("house", [{"digest": "md5"}], indirect=True)
def test_another_stack_registers_with_digest(house):
    command = ["sipp", "-sf", str(HERE / "phone_registers.xml"), "-i", host(13), "-m", "1", "-nostdin"]
    command += ["-p", str(free_port(host(13))), "-s", "1002", "-auth_uri", "house.example", "-au", "1002", "-ap", house.password_of("1002")]
    command += ["-timeout", "20s", "-timeout_error", house.sip]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    [known] = house.registrations()
    assert known["extension"] == "1002" and known["user_agent"] == "another stack", known
