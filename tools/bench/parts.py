"""What is measured: the parts of the benchmark, who takes part in each, and what is wanted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One comparison. `unit` is what its rates count; `runners` names who is measured, in order."""

    name: str
    title: str
    unit: str
    runners: tuple
    connections: int
    streams: int


@dataclass(frozen=True)
class Target:
    """A wanted ratio of a figure of two runners, or with `under` None a wanted figure."""

    part: str
    figure: str
    over: str
    under: str | None
    wanted: float
    is_upper_bound: bool = False

    @property
    def label(self):
        words = {"cpu_us": "CPU, ", "mallocs": "mallocs per call, "}.get(self.figure, "")
        return f"{words}{self.over}" + (f" / {self.under}" if self.under else "")

    def is_met(self, value):
        return value <= self.wanted if self.is_upper_bound else value >= self.wanted


# `farebox` answers by a synchronous handler, `farebox-async` by an async one that suspends nowhere.
PARTS = (
    Part(
        name="unary",
        title="Unary echo, 10 connections with 100 streams each",
        unit="calls",
        runners=(
            "nghttpd",
            "grpc-cpp",
            "grpc-swift",
            "farebox",
            "farebox-async",
            "check-credits",
        ),
        connections=10,
        streams=100,
    ),
    Part(
        name="single",
        title="Unary echo, 50 connections with one stream each",
        unit="calls",
        runners=("nghttpd", "grpc-cpp", "grpc-swift", "farebox", "farebox-async"),
        connections=50,
        streams=1,
    ),
    Part(
        name="mallocs",
        title="Allocations of the server per unary call, 10 connections with 100 streams each",
        unit="calls",
        runners=("grpc-cpp", "farebox", "farebox-async"),
        connections=10,
        streams=100,
    ),
    Part(
        name="streaming",
        title="Server streaming, 1,000 small messages per call, 10 connections with 2 calls each",
        unit="messages",
        runners=("grpc-cpp", "farebox"),
        connections=10,
        streams=2,
    ),
    Part(
        name="client",
        title="Clients of our server, one connection with 100 unary calls in flight",
        unit="calls",
        runners=("grpc-cpp-client", "farebox-client"),
        connections=1,
        streams=100,
    ),
)

TARGETS = (
    Target("unary", "rate", "farebox", "nghttpd", 0.6),
    Target("unary", "rate", "farebox", "grpc-cpp", 3.5),
    Target("unary", "rate", "farebox", "grpc-swift", 25),
    Target("unary", "cpu_us", "farebox", "nghttpd", 1.8, is_upper_bound=True),
    Target("unary", "rate", "check-credits", "farebox", 0.5),
    Target("single", "rate", "farebox", "nghttpd", 0.55),
    Target("mallocs", "mallocs", "farebox", None, 25, is_upper_bound=True),
    Target("streaming", "rate", "farebox", "grpc-cpp", 3),
    Target("client", "rate", "farebox-client", "grpc-cpp-client", 1.5),
)

# What has to be built before a runner can run; nghttpd is a system package.
BUILDS = {
    "grpc-cpp": ("cpp",),
    "grpc-swift": ("grpc-swift",),
    "farebox": ("bench-echo",),
    "farebox-async": ("bench-echo",),
    "check-credits": ("farebox",),
    "grpc-cpp-client": ("cpp", "bench-echo"),
    "farebox-client": ("bench-echo",),
}


def builds(parts):
    """The builds that the parts need, each once."""
    wanted = []
    for part in parts:
        for runner in part.runners:
            wanted += BUILDS.get(runner, ())
    if any(part.name == "mallocs" for part in parts):
        wanted.append("malloc-count")
    return list(dict.fromkeys(wanted))
