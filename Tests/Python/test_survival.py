"""What the parts of tools/bench about survival make of what they see."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"
sys.path.append(str(BENCH))

from survival import attacks, herd, overload, soak, wire  # noqa: E402
from survival import parts as survival  # noqa: E402
from survival.outcome import Outcome  # noqa: E402

FRAMES = wire.frames


def test_a_members_frames_are_counted_however_they_are_cut():
    answer = FRAMES.headers(1, b"abc") + FRAMES.data(1, b"x" * 300)
    answer += FRAMES.headers(1, b"", FRAMES.END_HEADERS | FRAMES.END_STREAM) + FRAMES.ping()
    for size in (1, 8, 9, 10, 1_000):
        member = herd.Member(None)
        for start in range(0, len(answer), size):
            member.take(answer[start : start + size])
        assert member.frames[FRAMES.HEADERS] == 2
        assert member.frames[FRAMES.DATA] == member.frames[FRAMES.PING] == member.ended == 1
        assert member.buffer == b""


def test_the_calls_of_a_connection_lean_on_its_first():
    caller = wire.Caller("/a.B/C", b"message", metadata=(("authorization", "Bearer secret"),))
    first, second = caller.call(0), caller.call(1)
    assert len(second) < len(first) / 2
    assert [int.from_bytes(octets[5:9], "big") for octets in (first, second)] == [1, 3]
    for octets in (first, second):
        assert octets.endswith(FRAMES.data(octets[8], FRAMES.message(b"message"), 1))


@pytest.mark.parametrize(
    ("good", "seconds"),
    [
        ([5, 10, 10, 10], 0),
        ([5, 3, 10, 10], 1),
        ([5, 10, 3, 10], 2),
        ([5, 3, 3, 9], None),
    ],
)
def test_a_server_has_recovered_when_all_is_well_for_good(good, seconds):
    told = [{"good": one, "offered": 10} for one in good]
    assert overload.recovery(told, since=1) == seconds


@pytest.mark.parametrize(
    ("kib", "drift", "spread"),
    [
        ([10, 50, *[100] * 8], 0, 0),
        ([0, 0, 100, 101, 102, 103, 104, 105, 106, 110], 10, 10),
        ([0, 0, 100, 120, 100, 100, 100, 100, 100, 99], -1, 21),
    ],
)
def test_memory_is_compared_after_the_warm_up(kib, drift, spread):
    found = soak.growth(kib)
    assert (found.drift_percent, found.spread_percent) == (drift, spread)


def test_an_outcome_is_judged_and_printed():
    outcome = Outcome("Title", ["part", "figure"], rows=[["one", "2"]])
    outcome.judge("least", 2, 3, is_upper_bound=False)
    outcome.judge("most", 2, 3, values=[1, 4])
    assert [verdict["met"] for verdict in outcome.verdicts] == [False, True]
    assert (outcome.verdicts[1]["lowest"], outcome.verdicts[1]["highest"]) == (1, 4)
    assert "| one | 2 |" in outcome.markdown()


def test_there_is_an_attack_for_every_row_of_the_list():
    rows = {attack.row for attack in attacks.ATTACKS.values()}
    assert rows == {f"H{number}" for number in range(2, 12)}
    for attack in attacks.ATTACKS.values():
        assert attack.begin or attack.flood


def test_every_part_has_a_module_and_builds():
    for name in survival.NAMES:
        assert (BENCH / "survival" / f"{name}.py").is_file()
    assert survival.builds(["soak", "overload"]) == ["farebox", "open-loop", "bench-echo"]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
def test_the_load_program_compiles_without_a_warning(tmp_path):
    command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", BENCH / "c" / "open_loop.c"]
    subprocess.run([*map(str, command), "-o", str(tmp_path / "open_loop")], check=True, timeout=120)
