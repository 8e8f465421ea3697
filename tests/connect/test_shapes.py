"""Several threads read what others sent, also while one of them meets a shape for the first time."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own, which a failure would end. The inner class is looked at while the outer one is half known.
FIRST_MET = """
import threading
from msgspec import Struct
from connect.shapes import shaped

other = threading.Thread(target=lambda: shaped({"inner": {"value": 1}}, Outer), daemon=True)

def look():
    other.start()
    other.join(0.2)
    return int

class Inner(Struct):
    value: "look()"

class Outer(Struct):
    inner: "Inner"

print(shaped({"inner": {"value": 2}}, Outer).inner.value)
other.join()
"""


def test_two_threads_may_meet_a_shape_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_MET], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
