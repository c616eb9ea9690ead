"""CheckCredits while a stream of mutations on other accounts goes on."""

import subprocess
import time

import ledger_load

# Before the stream is even: grants of its accounts, then its own warm-up.
_HEAD_START_SECONDS = 2.0
_TAIL_SECONDS = 2.0
_ACCOUNTS = 1_000
_EXTRA_SECONDS_MAX = 60.0


class BesideMutations:
    """Runs another load, and bench-ledger on the same server beside it, both on the load's core."""

    def __init__(self, name, load, program, farebox, rate):
        self.name = name
        self.load = load
        self.program = program
        self.farebox = farebox
        self.rate = rate

    def warm_up(self, part, core):
        """Nothing: each run begins with a warm-up."""

    def run(self, part, seconds, core):
        """One run; returns the sample of CheckCredits. The server's CPU time is that of both."""
        stream_seconds = seconds + _HEAD_START_SECONDS / 2 + _TAIL_SECONDS
        words = ledger_load.lifecycle_words(
            self.farebox.address,
            self.farebox.token(),
            part,
            stream_seconds,
            _ACCOUNTS,
            warm_up=_HEAD_START_SECONDS / 2,
            rate=self.rate,
        )
        words += ["--prefix", "beside", "--connections", 1]
        stream = subprocess.Popen(
            [str(word) for word in ["taskset", "-c", core, self.program, *words]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            time.sleep(_HEAD_START_SECONDS)
            sample = self.load.run(part, seconds, core)
            if stream.poll() is not None:
                raise ledger_load.LedgerLoadError(
                    f"the stream of mutations ended too early: {stream.stderr.read()[-600:]}"
                )
            text, complaints = stream.communicate(timeout=stream_seconds + _EXTRA_SECONDS_MAX)
        finally:
            if stream.poll() is None:
                stream.kill()
                stream.wait()
        figures = ledger_load.parse(text, complaints, stream.returncode, "lifecycles")
        return {**sample, "beside_rate": figures["lifecycles_per_second"]}
