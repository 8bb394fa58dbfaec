"""The whole report of a fit to the 507,571 SBA loans of ``datasets/``: seconds and bytes, beside what is asked of them.

    python benchmarks/report.py

The first report of a process also imports matplotlib and reads its fonts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

import logitkit as lk

FORMULA = (
    "default ~ np.log(gross_approved) + np.log1p(employees) + sector + urban_rural + new_business + revolving + "
    "low_doc + state"
)
SECONDS_MOST, BYTES_MOST = 10.0, 3_000_000


def main() -> None:
    loans = lk.datasets.load_sba_window()
    start = perf_counter()
    fit = lk.logit(FORMULA, loans)
    print(f"fit: {perf_counter() - start:.2f} s, {fit.n_obs:,} rows, {len(fit.coef)} coefficients")
    with tempfile.TemporaryDirectory() as folder:
        for which in ("first", "second"):
            start = perf_counter()
            page = fit.report(Path(folder) / "loans.html")
            seconds, size = perf_counter() - start, page.stat().st_size
            verdict = "ok" if seconds <= SECONDS_MOST and size <= BYTES_MOST else "OVER"
            print(f"{which} report: {seconds:.2f} s (at most {SECONDS_MOST:.0f}), {size:,} bytes: {verdict}")


if __name__ == "__main__":
    main()
