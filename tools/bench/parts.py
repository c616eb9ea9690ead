"""All parts of the benchmark, what is wanted of them, and what they need to be built."""

import echo_parts
import ledger_parts

LEDGER_NAMES = {part.name for part in ledger_parts.PARTS}
PARTS = echo_parts.PARTS + ledger_parts.PARTS
TARGETS = echo_parts.TARGETS + ledger_parts.TARGETS

# What has to be built before a runner can run; nghttpd is a system package.
_RUNNER_BUILDS = {
    "grpc-cpp": ("cpp",),
    "grpc-swift": ("grpc-swift",),
    "farebox": ("bench-echo",),
    "farebox-async": ("bench-echo",),
    "check-credits": ("farebox",),
    "grpc-cpp-client": ("cpp", "bench-echo"),
    "farebox-client": ("bench-echo",),
}
_PART_BUILDS = {
    "mallocs": ("malloc-count",),
    "rates": ("plots",),
    "history": ("plots",),
}


def builds(parts):
    """The builds that the parts need, each once."""
    wanted = []
    for part in parts:
        if part.name in LEDGER_NAMES:
            wanted += ["farebox", "bench-ledger"]
        else:
            for runner in part.runners:
                wanted += _RUNNER_BUILDS.get(runner, ())
        if any(runner.startswith("postgres") for runner in part.runners):
            wanted.append("postgres")
        wanted += _PART_BUILDS.get(part.name, ())
    return list(dict.fromkeys(wanted))
