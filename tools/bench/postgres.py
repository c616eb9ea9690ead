"""A throw-away PostgreSQL cluster: the peer that keeps the same ledger the usual way."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from processes import cpu_seconds_of_family

SQL = Path(__file__).resolve().parent / "sql"
# fsync, synchronous_commit and full_page_writes are on, as they are by default. Above the defaults
# is what an operator raises first: pages stay in memory, and no checkpoint falls into a run.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "max_connections": "100",
}
_START_SECONDS_MAX = 60.0
_COMMAND_SECONDS_MAX = 300.0


class PostgresError(Exception):
    """PostgreSQL is missing, did not start, or refused a statement."""


def programs_folder():
    """Where the programs of PostgreSQL are: version 15 where there is one, or else the newest."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    ]
    if found:
        return max(found, key=lambda path: (path.parent.name == "15", int(path.parent.name)))
    if program := shutil.which("initdb"):
        return Path(program).parent
    raise PostgresError("no initdb: install postgresql-15")


def version():
    """Such as "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"."""
    return _run([programs_folder() / "postgres", "--version"]).strip()


class Cluster:
    """A cluster of its own in `folder`, reached by a unix socket, pinned to `core`."""

    def __init__(self, folder, core):
        self.programs = programs_folder()
        self.data = Path(folder) / "postgres"
        self.core = core
        self.sockets = None
        self._process = None

    def start(self):
        """Makes the cluster and its tables and returns when it takes connections."""
        # PostgreSQL refuses to run as root.
        user = _unprivileged_user()
        self.data.mkdir(parents=True)
        # A socket's path must be short.
        self.sockets = Path(tempfile.mkdtemp(prefix="farebox-bench-pg-"))
        if user:
            for folder in (self.data, self.sockets):
                shutil.chown(folder, user, user)
        prefix = _as(user)
        if subprocess.run([*prefix, "test", "-w", str(self.data)], cwd="/").returncode != 0:
            raise PostgresError(f"{user} cannot write in {self.data}: name a --scratch elsewhere")
        log = self.sockets / "log"
        initdb = [self.programs / "initdb", "-D", self.data, "-U", "bench", "-A", "trust"]
        _run(prefix + initdb + ["-E", "UTF8", "--no-locale"], cwd="/")
        settings = [word for name in SETTINGS for word in ("-c", f"{name}={SETTINGS[name]}")]
        server = [self.programs / "postgres", "-D", self.data, "-k", self.sockets, *settings]
        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                [str(word) for word in prefix + ["taskset", "-c", self.core] + server],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
            )
        ready = [self.programs / "pg_isready", "-q", "-h", self.sockets]
        deadline = time.monotonic() + _START_SECONDS_MAX
        while subprocess.run([str(word) for word in ready]).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"postgres did not start: {log.read_text()[-600:]}")
            time.sleep(0.1)
        self.run_sql("schema.sql")

    def run_sql(self, file, **variables):
        """Runs a file of `sql/` and returns the rows of its queries, one list of texts each."""
        command = [self.programs / "psql", "-h", self.sockets, "-U", "bench", "-d", "postgres"]
        command += ["-X", "-q", "-A", "-t", "-F", "|", "-v", "ON_ERROR_STOP=1", "-f", SQL / file]
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        return [line.split("|") for line in _run(command).splitlines() if line]

    def check(self):
        """Raises PostgresError unless every commit is durable and every credit accounted for.

        Then cleans up after what was run, lest the server do it beside the next run.
        """
        (row,) = self.run_sql("check.sql")
        settled, open_holds, broken, *durability = row
        if set(durability) != {"on"}:
            raise PostgresError(f"commits are not durable: {durability}")
        if int(open_holds) or int(broken):
            raise PostgresError(f"{open_holds} open holds, {broken} accounts whose sums are wrong")
        return int(settled)

    def cpu_seconds(self):
        """User and system time of the server so far, all its processes together."""
        return cpu_seconds_of_family(self.server_pid)

    @property
    def server_pid(self):
        # The process that was started may be runuser, which waits for the server.
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def stop(self):
        """Ends the server and removes its files."""
        if self._process and self._process.poll() is None:
            _run(
                [*_as(_unprivileged_user()), self.programs / "pg_ctl", "-D", self.data]
                + ["-m", "fast", "stop"],
                cwd="/",
            )
            self._process.wait(_START_SECONDS_MAX)
        shutil.rmtree(self.data, ignore_errors=True)
        if self.sockets:
            shutil.rmtree(self.sockets, ignore_errors=True)


def _unprivileged_user():
    """Whom to run as: None for the user that runs this, unless that is root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresError("root cannot run PostgreSQL, and there is no user postgres or nobody")


def _as(user):
    return ["runuser", "-u", user, "--"] if user else []


def _run(command, cwd=None):
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS_MAX,
        cwd=cwd,
    )
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise PostgresError(f"{words} ended with {done.returncode}: {done.stderr[-600:]}")
    return done.stdout
