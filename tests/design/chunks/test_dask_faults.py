"""A cluster of processes whose members are killed: the fit recovers with the same digits, or says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.design.chunks.dask import DaskWorkers
from logitkit.errors import ExecutorError

pytestmark = pytest.mark.cluster
N, FILES = 60_000, 6
FORMULA = "y ~ x + z + C(g)"
PATIENCE = 180.0  # seconds until a process has started, on however busy a machine


class Cluster:
    """A scheduler and two workers, each a process that the commands of Dask start."""

    def __init__(self, place: Path) -> None:
        self.place, self.file = place, place / "scheduler.json"
        self.processes: list[subprocess.Popen] = []
        here = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.scheduler = self.start("scheduler", *here, "--scheduler-file", str(self.file))
        self.wait(self.file.exists)
        self.workers = [self.worker() for _ in range(2)]

    def start(self, *words: str) -> subprocess.Popen:
        """Start a command of Dask."""
        command = [sys.executable, "-m", "dask", *words]
        with (self.place / f"{len(self.processes)}.log").open("w") as log:
            made = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=self.place)
        self.processes.append(made)
        return made

    def worker(self) -> subprocess.Popen:
        """Start a worker of one thread, without a nanny that would start another in its place."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--memory-limit", "1GB"]
        return self.start("worker", "--scheduler-file", str(self.file), *options, "--local-directory", str(self.place))

    def client(self) -> Client:
        """Return a client, when both workers are there."""
        address = json.loads(self.file.read_text())["address"]
        client = Client(address, timeout=PATIENCE)
        client.wait_for_workers(2, timeout=PATIENCE)
        return client

    @staticmethod
    def wait(condition) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.05)

    def stop(self) -> None:
        """End the processes."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    made = None
    try:
        made = Cluster(tmp_path)
        yield made
    finally:
        if made is not None:
            made.stop()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(16)
    data = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(3.0, size=N), "g": rng.choice(list("abcd"), N)})
    eta = 0.5 * data["x"] - 0.7 + 0.4 * (data["g"] == "b")
    return data.assign(y=(rng.random(N) < 1.0 / (1.0 + np.exp(-eta))).astype(int))


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory) -> str:
    place = tmp_path_factory.mktemp("rows")
    for number in range(FILES):
        part = slice(number * N // FILES, (number + 1) * N // FILES)
        table.iloc[part].to_parquet(place / f"{number}.parquet", index=False)
    return str(place)


def in_the_third_pass(monkeypatch, happen) -> list[int]:
    """Let something happen while the third pass runs; the list counts the passes."""
    passes: list[int] = []
    gathered = DaskWorkers.gathered

    def gathered_with_a_fault(self, values, *places):
        passes.append(1)
        if len(passes) == 3:  # after the learning pass and one of the fit
            found = self.computed(values)
            happen()
            return gathered(self, found, *places)
        return gathered(self, values, *places)

    monkeypatch.setattr(DaskWorkers, "gathered", gathered_with_a_fault)
    return passes


def test_a_worker_that_is_killed_costs_time_and_no_digit(cluster, folder, table, monkeypatch) -> None:
    with cluster.client() as client:
        calm = lk.logit(FORMULA, folder, executor=lk.Dask(client))
        passes = in_the_third_pass(monkeypatch, lambda: os.kill(cluster.workers[0].pid, signal.SIGKILL))
        struck = lk.logit(FORMULA, folder, executor=lk.Dask(client))
        assert len(passes) > 3
        cluster.wait(lambda: len(client.scheduler_info()["workers"]) == 1)  # it hears of the loss a little later
        assert np.array_equal(struck.record.coef, calm.record.coef)
        assert np.array_equal(struck.record.inner_vcov.array(), calm.record.inner_vcov.array())
    held = lk.logit(FORMULA, table)
    assert np.abs((struck.record.coef - held.record.coef) / held.std_error.to_numpy()).max() < 1e-10
    np.testing.assert_allclose(struck.std_error, held.std_error, rtol=1e-10)


@pytest.mark.parametrize("all_of_them", [True])
def test_files_of_predictions_are_whole_where_workers_die(
    all_of_them, cluster, folder, table, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(build, "ROWS_MOST", 4_096)  # each file is a block
    gathered, calls = DaskWorkers.gathered, []

    def with_a_fault(self, values, *rest):
        calls.append(1)
        if len(calls) == 2:
            for worker in list(cluster.workers) if all_of_them else cluster.workers[:1]:
                os.kill(worker.pid, signal.SIGKILL)
            if all_of_them:
                cluster.workers = [cluster.worker()]
        return gathered(self, values, *rest)

    with cluster.client() as client:
        fit = lk.logit(FORMULA, folder, executor=lk.Dask(client))
        monkeypatch.setattr(DaskWorkers, "gathered", with_a_fault)
        place = fit.predict(folder, to=tmp_path / "scores")
    assert len(calls) > 2
    files = sorted(place.iterdir())
    assert [path.name for path in files] == [f"part-{k:06d}.parquet" for k in range(len(files))]
    found = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    assert list(found["row"]) == list(range(N))
    np.testing.assert_allclose(found["probability"], lk.logit(FORMULA, table).predict(table), rtol=1e-9)


def test_all_workers_may_be_killed_where_others_come(cluster, folder, monkeypatch) -> None:
    def happen() -> None:
        for worker in list(cluster.workers):
            os.kill(worker.pid, signal.SIGKILL)
        cluster.workers = [cluster.worker()]

    with cluster.client() as client:
        calm = lk.logit(FORMULA, folder, executor=lk.Dask(client))
        in_the_third_pass(monkeypatch, happen)
        struck = lk.logit(FORMULA, folder, executor=lk.Dask(client))
        assert np.array_equal(struck.record.coef, calm.record.coef)


def test_a_scheduler_that_is_lost_is_an_error_and_the_checkpoint_goes_on(
    cluster, folder, monkeypatch, tmp_path_factory
) -> None:
    place = tmp_path_factory.mktemp("state")
    client = cluster.client()
    calm = lk.logit(FORMULA, folder, executor=lk.Dask(client))
    with monkeypatch.context() as patched:
        in_the_third_pass(patched, lambda: os.kill(cluster.scheduler.pid, signal.SIGKILL))
        with pytest.raises(ExecutorError, match="scheduler of Dask is gone"):
            lk.logit(FORMULA, folder, executor=lk.Dask(client), checkpoint=str(place / "fit"))
    client.close(timeout=10)
    cluster.stop()
    again = Cluster(tmp_path_factory.mktemp("again"))
    try:
        with again.client() as client:
            resumed = lk.logit(FORMULA, folder, executor=lk.Dask(client), checkpoint=str(place / "fit"))
    finally:
        again.stop()
    assert np.array_equal(resumed.record.coef, calm.record.coef)
