"""The parts about survival: what each has to have built, how it is run, and its options."""

import importlib

# Each is a module beside this one.
BUILDS = {
    "capacity": ("farebox",),
    "stalled": ("farebox",),
    "soak": ("farebox", "open-loop"),
    "attacked": ("farebox", "open-loop"),
    "overload": ("farebox", "bench-echo", "open-loop"),
}
NAMES = tuple(BUILDS)


def builds(names):
    """The builds that these parts need, each once."""
    return list(dict.fromkeys(build for name in names for build in BUILDS[name]))


def add_options(parser):
    group = parser.add_argument_group(
        f"of {', '.join(NAMES)}", "these parts run only when --only names them"
    )
    group.add_argument(
        "--herd", type=int, default=10_000, help="connections of capacity (default 10000)"
    )
    group.add_argument("--soak-seconds", type=int, default=600, help="of soak (default 600)")
    group.add_argument(
        "--overload-seconds", type=int, default=60, help="at five times the peak (default 60)"
    )
    group.add_argument(
        "--overload-rows",
        default="check-credits,deduct-credits,echo,echo-work",
        help="which servers are overloaded (default all four)",
    )
    group.add_argument(
        "--attack", default="", help="only attacks whose names hold this, such as PING"
    )
    group.add_argument("--attack-rounds", type=int, default=5, help="of each attack (default 5)")
    group.add_argument(
        "--attack-seconds", type=float, default=2.0, help="alone, and beside (default 2)"
    )


def run(name, arguments, folder):
    """Runs one part; returns its Outcome."""
    print(f"\n{name}", flush=True)
    return importlib.import_module(f"survival.{name}").run(arguments, folder)
