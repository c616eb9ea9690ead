"""What is measured of the ledger: an OpenHold and a SettleHold are one lifecycle."""

from part import Part, Target

# Lifecycles per second that are offered, each its own runner.
_RATES = "500 1000 2000 4000 5000 6000 8000 10000 12500 15000 17500 20000"
OFFERED_RATES = tuple(int(rate) for rate in _RATES.split())
# Journal entries at the start of a run, each its own runner; the largest only when asked for.
HISTORY_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
# Accounts in memory, each count its own runner.
MEMORY_SIZES = (25_000, 50_000, 75_000, 100_000)
MANY_ACCOUNTS = 10_000
# With few accounts a small history is lifecycles for the most part, not grants.
HISTORY_ACCOUNTS = 1_000
PACED_RATE = 5_000
# Lifecycles per second on other accounts while CheckCredits is measured.
BACKGROUND_RATE = 500
CALLERS = 64


def offered(rate):
    """The name of the runner at this rate."""
    return f"{rate}/s"


def entries(count):
    """The name of the runner with this history."""
    return f"{count} entries"


def accounts(count):
    """The name of the runner with so many accounts in memory."""
    return f"{count} accounts"


def number_in(name):
    """The number in a runner's name."""
    return int(name.replace("/", " ").split()[0])


PARTS = (
    Part(
        name="ledger",
        title=f"OpenHold and SettleHold over RPC, {MANY_ACCOUNTS:,} accounts, {CALLERS} callers",
        unit="lifecycles",
        runners=("farebox", "postgres", "postgres-functions"),
        streams=CALLERS,
        seconds=5,
    ),
    Part(
        name="hot",
        title="The same on one account",
        unit="mutations",
        runners=("farebox", "postgres", "postgres-functions"),
        streams=CALLERS,
        seconds=5,
    ),
    Part(
        name="paced",
        title=f"{PACED_RATE:,} lifecycles per second offered",
        unit="lifecycles",
        runners=("farebox",),
        seconds=5,
    ),
    Part(
        name="rates",
        title="Latency of a lifecycle over the offered rate",
        unit="lifecycles",
        runners=tuple(offered(rate) for rate in OFFERED_RATES),
        rounds_max=3,
        warms_up=False,
    ),
    Part(
        name="in-process",
        title="The ledger itself, without RPC, and a bare fdatasync on the same disk",
        unit="lifecycles",
        runners=("ledger", "disk"),
        streams=1_024,
        seconds=5,
        warms_up=False,
    ),
    Part(
        name="checks",
        title=f"CheckCredits, alone and beside {BACKGROUND_RATE:,} lifecycles/s on other accounts",
        unit="calls",
        runners=("alone", "beside-mutations"),
        connections=10,
        streams=100,
        seconds=3,
    ),
    Part(
        name="history",
        title="Lifecycles over RPC with a history of so many journal entries at the start",
        unit="lifecycles",
        runners=tuple(entries(count) for count in HISTORY_SIZES),
        streams=CALLERS,
        seconds=4,
        rounds_max=5,
        warms_up=False,
    ),
    Part(
        name="disk",
        title="Bytes on disk after a clean stop",
        unit="lifecycles",
        runners=("few", "more-accounts", "more-lifecycles"),
        rounds_max=1,
        warms_up=False,
    ),
    Part(
        name="memory",
        title="Resident memory of idle accounts",
        unit="accounts",
        runners=("farebox serve", *(accounts(count) for count in MEMORY_SIZES)),
        rounds_max=3,
        warms_up=False,
    ),
)

_LARGEST = entries(HISTORY_SIZES[-1])

TARGETS = (
    Target("ledger", "rate", "farebox", None, 15_000),
    Target("ledger", "latency_p99", "farebox", None, 10, is_upper_bound=True, scale=1e3),
    Target("ledger", "rate", "farebox", "postgres", 10),
    Target("hot", "rate", "farebox", None, 8_000),
    Target("hot", "rate", "farebox", "postgres", 10),
    Target("paced", "latency_p99", "farebox", None, 4, is_upper_bound=True, scale=1e3),
    Target("in-process", "rate", "ledger", None, 50_000),
    Target("in-process", "commit_gap_max", "ledger", None, 20, is_upper_bound=True, scale=1e3),
    Target("checks", "rate", "beside-mutations", "alone", 0.9),
    *(
        Target("history", "rate", entries(size), entries(HISTORY_SIZES[0]), 0.85)
        for size in HISTORY_SIZES[1:]
    ),
    Target("history", "start_seconds", _LARGEST, None, 10, is_upper_bound=True),
    Target("memory", "bytes_each", "each account", None, 300, is_upper_bound=True),
)
