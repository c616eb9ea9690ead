"""What one part of the benchmark is, and what is wanted of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One comparison. `unit` is what its rates count; `runners` names who is measured, in order.

    `streams` is how many calls are in flight on each connection, or with one connection all in all.
    A run lasts `seconds` and a part has at most `rounds_max` rounds; parts that start a server for
    each run have their warm-up in it, and say so by `warms_up`.
    """

    name: str
    title: str
    unit: str
    runners: tuple
    connections: int = 1
    streams: int = 1
    seconds: float = 2.0
    rounds_max: int = 1_000
    warms_up: bool = True


@dataclass(frozen=True)
class Target:
    """A wanted ratio of a figure of two runners, or with `under` None a wanted figure.

    The figure is multiplied by `scale` before it is judged and shown.
    """

    part: str
    figure: str
    over: str
    under: str | None
    wanted: float
    is_upper_bound: bool = False
    scale: float = 1

    @property
    def label(self):
        words = _FIGURE_WORDS.get(self.figure, "")
        return f"{words}{self.over}" + (f" / {self.under}" if self.under else "")

    def is_met(self, value):
        return value <= self.wanted if self.is_upper_bound else value >= self.wanted


_FIGURE_WORDS = {
    "cpu_us": "CPU, ",
    "mallocs": "mallocs per call, ",
    "latency_p99": "p99 ms, ",
    "commit_gap_max": "longest from commit to commit ms, ",
    "start_seconds": "start-up s, ",
    "restart_seconds": "start-up after kill -9 s, ",
    "bytes_each": "bytes, ",
}
