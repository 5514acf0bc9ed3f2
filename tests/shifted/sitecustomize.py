"""Shifts a process of a test run as it starts; see tests/clock.py."""

import os
import time

if shift := os.environ.get("PORTAL_TEST_SHIFT"):
    import time_machine

    time_machine.__doc__ = "PYTEST_DONT_REWRITE"  # a worker of pytest-xdist would complain that it came too late
    time_machine.travel(time.time() + float(shift)).start()
    time.time()
