"""What the people who run the switch do to it."""

import subprocess
import time

import ears
from house import DID


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
