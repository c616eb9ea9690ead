"""What /proc tells of a process: its CPU time and memory."""

import os
import threading
import time
from pathlib import Path

_CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")
_SAMPLE_PAUSE_SECONDS = 0.05


def cpu_seconds(pid):
    """User and system time of all threads of a process so far."""
    user, system, *_ = _times(_stat(pid))
    return (user + system) / _CLOCK_TICKS_PER_SECOND


def cpu_seconds_of_family(pid):
    """The same of a process, of its children, and of those children that have ended."""
    ticks = sum(_times(_stat(pid)))
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == pid:
                ticks += sum(_times(fields)[:2])
    return ticks / _CLOCK_TICKS_PER_SECOND


def resident_bytes(pid):
    """The memory of a process that is in RAM now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


class CPUWatch:
    """Notes a process's CPU time again and again, to tell later how busy it was in a while of which
    only the end is known: `with CPUWatch(pid) as watch: …; watch.busy(seconds)`.
    """

    def __init__(self, pid):
        self._pid = pid
        self._notes = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def busy(self, seconds):
        """The share of a core that was used in the middle of the last `seconds`.

        A tenth at each end is left out: there the load begins, or prints what it measured.
        """
        return busy_share(self._notes, time.monotonic(), seconds)

    def _watch(self):
        while not self._ended.is_set():
            self._notes.append((time.monotonic(), cpu_seconds(self._pid)))
            self._ended.wait(_SAMPLE_PAUSE_SECONDS)


def busy_share(notes, end, seconds):
    """The CPU seconds per second between the notes nearest to 90 % and 10 % of `seconds` ago."""
    first = min(notes, key=lambda note: abs(note[0] - (end - 0.9 * seconds)))
    last = min(notes, key=lambda note: abs(note[0] - (end - 0.1 * seconds)))
    return (last[1] - first[1]) / (last[0] - first[0]) if last[0] > first[0] else 0.0


def _stat(pid):
    """The fields of /proc/PID/stat from the third on: state, parent, …"""
    text = Path(f"/proc/{pid}/stat").read_text()
    # The command name is in parentheses and may hold blanks; fields are counted after it.
    return text.rpartition(")")[2].split()


def _times(fields):
    """utime, stime, and of ended children cutime, cstime, in clock ticks."""
    return [int(field) for field in fields[11:15]]
