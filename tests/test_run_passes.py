"""What `make test` says at its end of the passes that it ran."""

import signal

import pytest

from tests.run import Passes


@pytest.mark.parametrize(
    ("codes", "end"),
    [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([0, -signal.SIGKILL], 1)],
    ids=["all pass", "the last fails", "the first fails", "one is killed"],
)
def test_one_pass_that_did_not_end_well_makes_the_run_fail(codes: list[int], end: int) -> None:
    passes = Passes([])
    passes.done = [(f"passe {number}", code, 1.0) for number, code in enumerate(codes)]
    assert passes.report() == end
