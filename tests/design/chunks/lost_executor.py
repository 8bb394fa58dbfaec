"""Two fits by executors of Spark that are processes of their own, one of which is killed in the second fit.

Run in a process of its own, which has one session; prints whether an executor was killed, and whether bits agree.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyspark

import logitkit as lk
from logitkit.design.chunks import build, spark


def executor_of(pid: int) -> int:
    """Return the Java process that started this worker of Python."""
    while True:
        pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
        if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "java":
            return pid


def main(folder: str, mark: Path) -> None:
    """Fit twice."""
    warnings.simplefilter("ignore")
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(Path(pyspark.__file__).parent)}
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    options = {"ui.enabled": "false", "driver.host": "127.0.0.1", "driver.bindAddress": "127.0.0.1"}
    options |= {"executor.memory": "512m", "ui.showConsoleProgress": "false"}
    for name, value in options.items():
        builder = builder.config(f"spark.{name}", value)
    session = builder.config("spark.executorEnv.PYTHONPATH", os.environ.get("PYTHONPATH", "")).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    build.ROWS_LEAST = build.ROWS_MOST = 100
    build.SAMPLE_LEAST = 200
    calm = lk.logit("y ~ x", folder, executor=lk.Spark(session))
    gathered, passes = spark._WorkerRows._gathered, []

    def with_a_fault(self: Any, columns: Any, work: Any, *rest: Any) -> Any:
        passes.append(1)

        def fatal(block: int, rows: Any) -> Any:
            if not mark.exists():
                mark.touch()
                os.kill(executor_of(os.getpid()), signal.SIGKILL)
            return work(block, rows)

        return gathered(self, columns, fatal if len(passes) == 3 else work, *rest)

    spark._WorkerRows._gathered = with_a_fault  # type: ignore[method-assign]
    struck = lk.logit("y ~ x", folder, executor=lk.Spark(session))
    same = np.array_equal(struck.record.coef, calm.record.coef)
    same &= np.array_equal(struck.record.inner_vcov.array(), calm.record.inner_vcov.array())
    sys.stdout.write(f"killed {mark.exists()}, same bits {same}\n")
    session.stop()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
