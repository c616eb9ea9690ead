"""What tools/bench makes of what the programs under measurement print."""

import math
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"
sys.path.append(str(BENCH))

import ledger_files  # noqa: E402
import ledger_load  # noqa: E402
import ledger_parts  # noqa: E402
import parts  # noqa: E402
import pgbench  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402
from part import Target  # noqa: E402
from postgres import PostgresError  # noqa: E402

PGBENCH_TEXT = """pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: lifecycle.sql
number of clients: 2
number of transactions actually processed: 3
number of failed transactions: 0 (0.000%)
latency average = 28.424 ms
initial connection time = 12.1 ms
tps = 562.914029 (without initial connection time)
"""
PGBENCH_LOG = "0 1 1500 0 1700000000 123\n1 1 2500 0 1700000000 456\n0 2 500 0 1700000001 1\n"


def test_every_target_is_about_a_part_and_runners_that_there_are():
    derived = {"disk": {"each account", "each lifecycle"}, "memory": {"each account"}}
    by_name = {part.name: part for part in parts.PARTS}
    assert len(by_name) == len(parts.PARTS)
    for target in parts.TARGETS:
        runners = {*by_name[target.part].runners, *derived.get(target.part, ())}
        assert {target.over, target.under} - {None} <= runners, target


def test_the_builds_of_a_part_are_those_of_its_runners():
    by_name = {part.name: part for part in parts.PARTS}
    assert parts.builds([by_name["ledger"]]) == ["farebox", "bench-ledger", "postgres"]
    assert parts.builds([by_name["rates"]]) == ["farebox", "bench-ledger", "plots"]
    assert parts.builds([by_name["mallocs"]]) == ["cpp", "bench-echo", "malloc-count"]


@pytest.mark.parametrize("count", [1, 999, 10_000, 10_000_000])
def test_a_runners_name_holds_its_number(count):
    for name in (ledger_parts.offered, ledger_parts.entries, ledger_parts.accounts):
        assert ledger_parts.number_in(name(count)) == count


def test_pgbenchs_rate_and_latencies_are_read():
    found = pgbench.parse(PGBENCH_TEXT, PGBENCH_LOG)
    assert found.rate == pytest.approx(562.914029)
    assert found.latencies == pytest.approx((0.0015, 0.0025, 0.0005))


@pytest.mark.parametrize(
    "text, log",
    [
        (PGBENCH_TEXT.replace("failed transactions: 0", "failed transactions: 1"), PGBENCH_LOG),
        (PGBENCH_TEXT.replace("tps =", "rate ="), PGBENCH_LOG),
        (PGBENCH_TEXT, ""),
    ],
)
def test_a_run_of_pgbench_that_failed_is_no_figure(text, log):
    with pytest.raises(PostgresError):
        pgbench.parse(text, log)


def test_a_run_of_bench_ledger_that_failed_is_no_figure():
    good = '{"lifecycles": 5, "failures": {}}'
    assert ledger_load.parse(good, "", 0, "fill")["lifecycles"] == 5
    with pytest.raises(ledger_load.LedgerLoadError, match="RESOURCE_EXHAUSTED"):
        bad = '{"lifecycles": 5, "failures": {"RESOURCE_EXHAUSTED": 1}}'
        ledger_load.parse(bad, "", 0, "fill")
    with pytest.raises(ledger_load.LedgerLoadError, match="no such folder"):
        ledger_load.parse(good, "no such folder", 1, "fill")


def test_a_server_is_as_busy_as_in_the_middle_of_the_run():
    # Idle until 2, then half of a core until 12, then idle: the load ran from 2 to 12.
    notes = [(at / 10, min(max(at / 10 - 2, 0), 10) / 2) for at in range(0, 121)]
    assert processes.busy_share(notes, end=12, seconds=10) == pytest.approx(0.5)
    assert processes.busy_share(notes[:1], end=12, seconds=10) == 0


def test_memory_of_each_account_is_the_slope_and_the_server_alone_is_no_point_of_it():
    samples = {"farebox serve": {"accounts": 0, "resident_bytes": 9e9}}
    for count in (10_000, 40_000, 70_000):
        samples[ledger_parts.accounts(count)] = {
            "accounts": count,
            "resident_bytes": 30e6 + 250 * count,
        }
    derived = ledger_files.each_account_in_memory(samples)
    assert derived["each account"]["bytes_each"] == pytest.approx(250)
    assert derived["ledger without accounts"]["resident_bytes"] == pytest.approx(30e6)


def test_bytes_on_disk_are_told_apart_by_account_and_lifecycle():
    def files(accounts, lifecycles):
        return {
            "accounts": accounts,
            "lifecycles": lifecycles,
            "journal_bytes": 5_000 + 250 * accounts + 600 * lifecycles,
            "tables_bytes": 9_000 + 200 * accounts + 260 * lifecycles,
        }

    # The fills do not end at the same number of lifecycles.
    derived = ledger_files.each_on_disk(
        {
            "few": files(1_000, 20_000),
            "more-accounts": files(51_000, 20_480),
            "more-lifecycles": files(1_000, 121_338),
        }
    )
    assert derived["each account"]["bytes_each"] == pytest.approx(450)
    assert derived["each lifecycle"]["journal_bytes"] == pytest.approx(600)
    assert derived["each lifecycle"]["bytes_each"] == pytest.approx(860)
    assert not any(math.isnan(value) for row in derived.values() for value in row.values())


def test_a_target_is_judged_by_the_median_of_ratios_within_rounds():
    rounds = [
        {"ours": {"rate": 100, "latency_p99": 0.004}, "peer": {"rate": 10}},
        {"ours": {"rate": 300, "latency_p99": 0.012}, "peer": {"rate": 25}},
        {"ours": {"rate": 40, "latency_p99": 0.009}, "peer": {"rate": 8}},
    ]
    ratio, p99, absent = (
        Target("ledger", "rate", "ours", "peer", 10),
        Target("ledger", "latency_p99", "ours", None, 8, is_upper_bound=True, scale=1e3),
        Target("ledger", "rate", "nobody", None, 1),
    )
    judged = report.judge(rounds, [ratio, p99, absent])
    assert [verdict["median"] for verdict in judged] == pytest.approx([10, 9])
    assert [verdict["met"] for verdict in judged] == [True, False]
    assert judged[1]["target"] == "p99 ms, ours"


def test_rows_may_lack_what_others_have(capsys):
    part = next(part for part in parts.PARTS if part.name == "memory")
    report.print_table(
        part,
        {
            "10000 accounts": {"accounts": 10_000, "resident_bytes": 31.25e6},
            "each account": {"bytes_each": 250.4},
        },
    )
    title, head, first, second = capsys.readouterr().out.strip().splitlines()
    assert title == part.title
    assert head.split() == ["memory", "accounts", "resident", "MB", "bytes", "each"]
    assert first.split() == ["10000", "accounts", "10,000", "31.2"]
    assert second.split() == ["each", "account", "250"]


def test_the_tables_in_markdown_hold_verdicts_and_figures():
    part = next(part for part in parts.PARTS if part.name == "ledger")
    rounds = [{"farebox": {"rate": 16_000}, "postgres": {"rate": 1_000}}]
    targets = [target for target in parts.TARGETS if target.part == "ledger"]
    verdicts = [{"part": "ledger", **verdict} for verdict in report.judge(rounds, targets[:1])]
    text = report.markdown(
        report.machine(), [part], {"ledger": report.summarize(rounds)}, verdicts
    )
    assert "| ledger: farebox | at least 15,000 | 16,000 | 16,000 | 16,000 | met |" in text
    assert "| ledger | lifecycles/s |\n|---|---:|\n| farebox | 16,000 |" in text
    assert text.count("### ") == 1


def test_a_rate_that_was_not_reached_is_beyond_saturation(tmp_path):
    pytest.importorskip("matplotlib", reason="the plots are drawn by tools/bench/run only")
    import plots

    def at(offered, rate):
        times = dict.fromkeys(("latency_p50", "latency_p99", "latency_max"), 0.002)
        return {"offered": offered, "rate": rate, **times}

    samples = [at(8_000, 7_990), at(12_000, 9_800), at(1_000, 1_000), at(10_000, 9_600)]
    reached, beyond = plots.split_at_saturation(samples)
    assert [sample["offered"] for sample in reached] == [1_000, 8_000]
    assert [sample["offered"] for sample in beyond] == [10_000, 12_000]
    medians = {
        "rates": {ledger_parts.offered(sample["offered"]): sample for sample in samples},
        "history": {"10000 entries": {"entries": 10_000, "rate": 9_000}},
    }
    drawn = plots.draw(medians, tmp_path)
    assert [path.name for path in drawn] == [
        "latency-over-rate.svg",
        "throughput-over-history.svg",
    ]
    text = drawn[0].read_text()
    assert "10,000/s is not reached" in text and "p99 ≤ 4 ms" in text
    assert plots.draw(medians, tmp_path) == drawn and drawn[0].read_text() == text
