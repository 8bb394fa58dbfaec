"""Write links/tails.json and links/intervals.json by mpmath at 60 digits or more, rounded to 17.

The first holds the tails of every link, and the polynomial of Mills' ratio; the second log(F(u) - F(l)) and its first
and second derivatives, for thresholds that are close, far apart and far out.

Run from the root of the repository, in an environment with mpmath: ``python tests/references/links.py``. The tests need
the JSON file only.
"""

from __future__ import annotations

import json
from pathlib import Path

try:
    import mpmath as mp
except ModuleNotFoundError:  # pytest looks for doctests here too; only a run needs it
    mp = None

HERE = Path(__file__).resolve().parent
LEAST, MOST = 1e-300, 1e300  # beyond them a float64 has fewer digits, or none
KEYS = ("log_f", "log_s", "a", "b", "curved_f", "curved_s", "f", "s")
NORMAL, WIDE = 60, 900  # digits; exp(-exp(6.6)) and the normal density at 38 need more than the first


def grid() -> list[float]:
    """Linear predictors from -800 to 800: dense where a tail ends, and numbers that are not round."""
    sizes = [0.0, 1e-300, 1e-12, 1e-5, 0.01, 0.1, 0.3, 0.5, 0.69, 0.75, 1.0, 1.3, 1.7, 2.0, 2.5, 3.0, 3.3, 3.9, 4.4]
    sizes += [5.0, 5.6, 6.1, 6.3, 6.45, 6.5, 6.53, 6.7, 7.1, 8.3, 10.0, 13.7, 19.9, 25.3, 30.1, 34.7, 36.9, 37.1, 39.0]
    sizes += [44.0, 60.0, 90.0, 137.0, 200.0, 310.0, 500.0, 640.0, 690.0, 700.0, 709.0, 745.0, 800.0]
    step = 0.017_3
    sizes += [step + 0.19 * k for k in range(38)] + [7.03 + 1.37 * k for k in range(24)]
    return sorted({sign * size for size in sizes for sign in (-1.0, 1.0)})


def distribution(link: str, x: mp.mpf) -> tuple[mp.mpf, mp.mpf, mp.mpf, mp.mpf]:
    """F, 1 - F, the density and its derivative at x."""
    if link == "loglog":
        f, s, density, bend = distribution("cloglog", -x)
        return s, f, density, -bend
    if link == "logit":
        f, s = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        return f, s, f * s, f * s * (s - f)
    if link == "probit":
        density = mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
        return mp.erfc(-x / mp.sqrt(2)) / 2, mp.erfc(x / mp.sqrt(2)) / 2, density, -x * density
    if link == "cloglog":
        t = mp.exp(x)
        density = t * mp.exp(-t)
        return -mp.expm1(-t), mp.exp(-t), density, density * (1 - t)
    if link == "cauchit":
        angle = mp.atan(x) / mp.pi
        density = 1 / (mp.pi * (1 + x * x))
        return mp.mpf(1) / 2 + angle, mp.mpf(1) / 2 - angle, density, -2 * x / (1 + x * x) * density
    return mp.exp(x), -mp.expm1(x), mp.exp(x), mp.exp(x)


def tails(link: str, x: mp.mpf) -> tuple[mp.mpf, ...]:
    """The eight tails at x."""
    f, s, density, bend = distribution(link, x)
    a, b = density / f, density / s
    log_f, log_s = (mp.log1p(-s), mp.log(s)) if s < f else (mp.log(f), mp.log1p(-f))
    return log_f, log_s, a, b, a * a - bend / f, b * b + bend / s, f, s


def number(value: mp.mpf) -> float | None:
    """A float64, or None where it does not hold the value with all its digits."""
    return float(value) if LEAST < abs(value) < MOST else None


def table(link: str) -> dict[str, list[float | None]]:
    """The columns of one link."""
    eta = [x for x in grid() if link != "log" or x < 0.0]
    rows = []
    for x in eta:
        # The wide pass is for numbers that are left when leading digits have cancelled.
        mp.mp.dps = WIDE if abs(x) > 4 or abs(x) < 1e-3 else NORMAL
        extreme = link in {"cloglog", "loglog"} and (x if link == "cloglog" else -x) > 7.4
        rows.append(out_of_reach(x, link) if extreme else [number(value) for value in tails(link, mp.mpf(x))])
    return {"eta": eta} | {key: [row[k] for row in rows] for k, key in enumerate(KEYS)}


def out_of_reach(x: float, link: str) -> list[float | None]:
    """The tails where exp(-exp(7.4)) and what is smaller cannot be held: only those of the other side."""
    t = mp.exp(abs(x))
    held = number(t)
    minus = None if held is None else -held
    found = [None, minus, None, held, None, held, 1.0, None]
    return found if link == "cloglog" else [found[k] for k in (1, 0, 3, 2, 5, 4, 7, 6)]


def beyond(x: mp.mpf) -> mp.mpf:
    """1 / M(x) - x: by the complementary error function, and far out by Laplace's continued fraction."""
    if x > 12:
        rest = mp.mpf(0)
        for k in range(400, 0, -1):
            rest = k / (x + rest)
        return rest
    with mp.workdps(120):
        return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / (mp.erfc(x / mp.sqrt(2)) / 2) - x


def mills(degree: int = 27, order: int = 48) -> dict[str, list[float] | float]:
    """Coefficients, by powers of t = (x - 3) / (x + 3), of (1 + x) (1 / M(x) - x): Chebyshev interpolation."""
    mp.mp.dps = 60
    angles = [(2 * j + 1) * mp.pi / (2 * order) for j in range(order)]
    values = []
    for angle in angles:
        t = mp.cos(angle)
        x = 3 * (1 + t) / (1 - t)
        values.append(beyond(x) * (1 + x))
    chebyshev = [
        2 * mp.fsum(v * mp.cos(k * a) for v, a in zip(values, angles, strict=True)) / order for k in range(order)
    ]
    left_out = mp.fsum(abs(c) for c in chebyshev[degree + 1 :])
    powers = [mp.mpf(0)] * (degree + 1)
    before, here = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    powers[0] += chebyshev[0] / 2
    for k in range(1, degree + 1):
        for j, c in enumerate(here):
            powers[j] += chebyshev[k] * c
        after = [mp.mpf(0), *[2 * c for c in here]]
        for j, c in enumerate(before):
            after[j] -= c
        before, here = here, after
    return {"coefficients": [float(c) for c in powers], "left_out": float(left_out)}


def intervals(link: str) -> dict[str, list[float]]:
    """Lower and upper threshold, log p of what is between, and derivatives of -log p: first, second, mixed."""
    mp.mp.dps = WIDE
    keys = ("low", "high", "log_p", "slope_low", "slope_high", "low_low", "high_high", "low_high")
    rows = []
    for low in (-35.3, -9.7, -4.1, -1.2, -0.3, 0.017, 0.9, 2.3, 5.2, 8.8, 36.1):
        for width in (1e-9, 1e-6, 3e-4, 9e-4, 2e-3, 0.03, 0.4, 1.7, 6.0, 50.0):
            high = low + width
            f_low, s_low, density_low, bend_low = distribution(link, mp.mpf(low))
            f_high, s_high, density_high, bend_high = distribution(link, mp.mpf(high))
            p = s_low - s_high if f_low > mp.mpf(1) / 2 else f_high - f_low
            first, second = density_low / p, -density_high / p
            curved = first**2 + bend_low / p, second**2 - bend_high / p, first * second
            rows.append([low, high, mp.log(p), first, second, *curved])
    return {key: [number(mp.mpf(row[k])) for row in rows] for k, key in enumerate(keys)}


def write(name: str, body: dict[str, object]) -> None:
    """Write a reference with its header."""
    header = {
        "reference": f"links/{name}",
        "made_by": "tests/references/links.py",
        "mpmath": mp.__version__,
        "digits": 17,
    }
    text = json.dumps({"header": header} | body, indent=1)
    text = text.replace(",\n   ", ", ").replace("[\n   ", "[").replace("\n  ]", "]")
    (HERE / "links" / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit", "log")
    write("tails", {"mills": mills()} | {link: table(link) for link in LINKS})
    write("intervals", {link: intervals(link) for link in LINKS[:-1]})
