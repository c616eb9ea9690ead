"""What is measured of the runtime, and who takes part in it."""

from part import Part, Target

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
    Target("unary", "rate", "check-credits", "farebox", 0.6),
    Target("single", "rate", "farebox", "nghttpd", 0.55),
    Target("mallocs", "mallocs", "farebox", None, 25, is_upper_bound=True),
    Target("streaming", "rate", "farebox", "grpc-cpp", 3),
    Target("client", "rate", "farebox-client", "grpc-cpp-client", 1.5),
)
