"""The sabotages of tools/mutants still have their places."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_each_mutants_old_text_stands_exactly_once_in_its_file():
    done = subprocess.run(
        [sys.executable, PROJECT / "tools/mutants", "--check"], capture_output=True, text=True,
        check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) >= 25
