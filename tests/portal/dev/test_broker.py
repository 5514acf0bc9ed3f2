"""The embedded broker: its tables of queues survive workers that start at once, and one that died while it wrote."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from portal.dev.broker import Transport, transport_options

STARTING = 4
ROUNDS = 25


@pytest.fixture
def exchange(tmp_path: Path) -> str:
    """A name of its own: kombu remembers in the process what it has bound, whatever the folder."""
    return f"exchange-{tmp_path.parent.parent.name}-{tmp_path.name}"


def connection(root: Path) -> Connection:
    return Connection(transport=Transport, transport_options=transport_options(root))


def declare(root: Path, name: str, exchange: str) -> None:
    """Bind a queue to an exchange, as a worker does when it starts."""
    with connection(root) as one:
        Queue(name, Exchange(exchange, type="fanout"), routing_key="")(one.default_channel).declare()


def declare_many(root: Path, worker: int, together: Any) -> None:
    for turn in range(ROUNDS):
        together.wait(30)
        declare(root, f"worker-{worker}", f"exchange-{turn}")


def bound(root: Path, exchange: str) -> set[str]:
    with connection(root) as one:
        return {row.queue for row in one.default_channel.get_table(exchange)}


def test_workers_that_start_at_once_are_all_bound(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    together = context.Barrier(STARTING)
    workers = [context.Process(target=declare_many, args=(tmp_path, number, together)) for number in range(STARTING)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * STARTING
    everyone = {f"worker-{number}" for number in range(STARTING)}
    assert [bound(tmp_path, f"exchange-{turn}") for turn in range(ROUNDS)] == [everyone] * ROUNDS


@pytest.mark.parametrize("left", ["", '[["", "", "wor', "{}", "[[1]]"])
def test_a_table_cut_while_it_was_written_is_made_anew(tmp_path: Path, exchange: str, left: str) -> None:
    declare(tmp_path, "worker-0", exchange)
    (tmp_path / "control" / f"{exchange}.exchange").write_text(left)
    assert bound(tmp_path, exchange) == set()
    declare(tmp_path, "worker-1", exchange)
    assert bound(tmp_path, exchange) == {"worker-1"}


def test_a_queue_that_is_deleted_leaves_the_table_and_no_message(tmp_path: Path, exchange: str) -> None:
    declare(tmp_path, "worker-0", exchange)
    declare(tmp_path, "worker-1", exchange)
    with connection(tmp_path) as one:
        producer = one.Producer()
        producer.publish({"hello": 1}, exchange=exchange, routing_key="")
        assert len(list((tmp_path / "messages").glob("*.msg"))) == 2
        Queue("worker-0", Exchange(exchange, type="fanout"))(one.default_channel).delete()
    assert bound(tmp_path, exchange) == {"worker-1"}
    assert [path.name.partition(".")[2] for path in (tmp_path / "messages").glob("*.msg")] == ["worker-1.msg"]
