"""What must not change a fit, or must change it in a known way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from examples import examples
from properties.tables import assert_same_estimates, formulas, seeds, table
from tolerances import ROUTE

TOTALS = ("n_obs", "n_params", "dof_residual", "loglik", "deviance", "null_deviance", "aic", "bic")


def assert_same_totals(one: lk.Fit, other: lk.Fit) -> None:
    for key in TOTALS:
        assert_allclose(getattr(other, key), getattr(one, key), rtol=ROUTE, atol=ROUTE)
    assert_allclose(other.r_squared, one.r_squared, rtol=ROUTE, atol=ROUTE)
    assert_allclose(other.lr_test().statistic, one.lr_test().statistic, rtol=ROUTE, atol=ROUTE)


@given(seeds, formulas())
@examples(12)
def test_a_frequency_weight_is_the_row_written_out_as_often(seed: int, formula: str) -> None:
    frame = table(seed)
    weighted = lk.logit(formula, frame, weights="count")
    written = lk.logit(formula, frame.loc[frame.index.repeat(frame["count"])].reset_index(drop=True))
    # Splines and polynomials learn knots and moments from rows, not from weights: the same span, other columns.
    if "bs(" not in formula and "poly(" not in formula and "center(" not in formula:
        assert_same_estimates(weighted, written)
        assert_same_totals(weighted, written)
        first = (frame["count"].cumsum() - frame["count"]).to_numpy()
        one, copies = weighted.augment(), written.augment().iloc[first]
        for name in one.columns.drop("y"):
            assert_allclose(one[name], copies[name], rtol=1e-8, atol=ROUTE, err_msg=name)  # through 1 - h
        assert_allclose(weighted.influence(), written.influence().iloc[first], rtol=1e-8, atol=ROUTE)
    assert weighted.n_obs == written.n_obs == frame["count"].sum()


@given(seeds, formulas(), st.sampled_from(["frequency", "precision", "sampling"]))
@examples(12)
def test_a_weight_of_zero_is_the_row_absent(seed: int, formula: str, kind: str) -> None:
    frame = table(seed)
    weights = np.where(np.arange(len(frame)) % 5 == 0, 0, frame["count"])
    frame["w"] = weights
    whole = lk.logit(formula, frame, weights="w", weight_kind=kind)
    if "bs(" in formula or "poly(" in formula or "center(" in formula:
        # The transform sees all rows; its span does not depend on that, the columns do.
        formula = "y ~ x"
        whole = lk.logit(formula, frame, weights="w", weight_kind=kind)
    less = lk.logit(formula, frame[weights > 0], weights="w", weight_kind=kind)
    assert_same_estimates(whole, less)
    assert whole.n_obs == less.n_obs
    if kind != "sampling":
        assert_same_totals(whole, less)


@given(seeds, formulas())
@examples(12)
def test_the_order_of_rows_does_not_matter(seed: int, formula: str) -> None:
    frame = table(seed)
    order = np.random.default_rng(seed).permutation(len(frame))
    one, other = lk.logit(formula, frame), lk.logit(formula, frame.iloc[order])
    assert_same_estimates(one, other)
    assert_same_totals(one, other)
    assert_allclose(other.predict().sort_index(), one.predict(), rtol=ROUTE)


@given(seeds, st.permutations(["x", "z", "C(g)", "h", "x:z"]))
@examples(12)
def test_the_order_of_terms_does_not_matter(seed: int, terms: list[str]) -> None:
    frame = table(seed)
    one = lk.logit("y ~ x + z + C(g) + h + x:z", frame)
    other = lk.logit("y ~ " + " + ".join(terms), frame)
    names = [name if name in other.coef.index else "z:x" for name in one.coef.index]
    assert_same_estimates(one, other, names)
    assert_same_totals(one, other)


@given(seeds, st.floats(-6, 6), st.floats(-1e4, 1e4), st.sampled_from([1.0, -1.0]))
@examples(12)
def test_a_column_rescaled_and_shifted(seed: int, power: float, shift: float, sign: float) -> None:
    frame = table(seed)
    scale = sign * 10.0**power
    moved = frame.assign(x=scale * (frame["x"] + shift))
    one, other = lk.logit("y ~ x + z + C(g)", frame), lk.logit("y ~ x + z + C(g)", moved)
    # Shifting by 1e4 standard deviations costs four digits of the column itself.
    loss = 10 * ROUTE * max(1.0, abs(shift) / 1e3)
    assert_allclose(other.coef["x"] * scale, one.coef["x"], atol=loss * one.std_error["x"])
    assert_allclose(other.std_error["x"] * abs(scale), one.std_error["x"], rtol=loss)
    assert_allclose(other.predict(), one.predict(), rtol=loss)
    assert_allclose(other.deviance, one.deviance, rtol=loss)


@given(seeds, formulas())
@examples(12)
def test_relabelling_levels_in_their_order(seed: int, formula: str) -> None:
    frame = table(seed)
    renamed = frame.assign(g=frame["g"].map({"a": "P q", "b": "R[T.s]", "c": "~t"}))
    one, other = lk.logit(formula, frame), lk.logit(formula, renamed)
    assert_same_estimates(one, other, other.coef.index)
    assert_same_totals(one, other)


@given(seeds)
@examples(12)
def test_another_reference_level_is_another_basis(seed: int) -> None:
    frame = table(seed)
    one, other = lk.logit("y ~ x + C(g)", frame), lk.logit("y ~ x + C(g, contr.treatment('c'))", frame)
    name = "C(g, contr.treatment('c'))[T.{}]"
    shift = one.coef["C(g)[T.c]"]
    assert_allclose(other.coef[name.format("a")], -shift, atol=ROUTE)
    assert_allclose(other.coef[name.format("b")], one.coef["C(g)[T.b]"] - shift, atol=ROUTE)
    assert_allclose(other.coef["Intercept"], one.coef["Intercept"] + shift, atol=ROUTE)
    assert_same_totals(one, other)


@given(seeds, formulas("answer"))
@examples(12)
def test_swapping_the_event_flips_the_signs(seed: int, formula: str) -> None:
    frame = table(seed)
    frame["answer"] = np.where(frame["y"] == 1, "yes", "no")
    if "offset" in formula:
        frame["exposure"] = 0.0
    yes, no = lk.logit(formula, frame), lk.logit(formula, frame, event="no")
    known = yes.coef.notna()
    assert_allclose(no.coef[known], -yes.coef[known], atol=ROUTE * yes.std_error[known].max())
    assert_allclose(no.std_error, yes.std_error, rtol=ROUTE)
    assert_allclose(no.predict(), 1.0 - yes.predict(), rtol=ROUTE)
    assert_same_totals(yes, no)


@given(seeds, st.sampled_from(["x + C(g)", "C(g) * h", "x + offset(exposure)", "0 + C(g) + x"]))
@examples(12)
def test_counts_give_what_their_rows_one_by_one_would(seed: int, right: str) -> None:
    frame = table(seed, 200)
    frame["x"], frame["exposure"] = frame["x"].round(), frame["exposure"].round()
    cells = frame.groupby(["x", "g", "h", "exposure"], observed=True)["y"].agg(["sum", "size"]).reset_index()
    cells["rest"] = cells["size"] - cells["sum"]
    single = lk.logit(f"y ~ {right}", frame)
    for left in ("cbind(sum, rest)", "cbind(sum, size - sum)"):
        grouped = lk.logit(f"{left} ~ {right}", cells)
        assert_same_estimates(single, grouped)
        assert_allclose(grouped.lr_test().statistic, single.lr_test().statistic, rtol=ROUTE, atol=ROUTE)
        assert_allclose(grouped.r_squared, single.r_squared, rtol=ROUTE, atol=ROUTE)
        assert_allclose(grouped.predict(frame), single.predict(frame), rtol=ROUTE)
        assert grouped.record.n_trials == single.n_obs


@given(seeds, formulas())
@examples(12)
def test_a_ready_matrix_gives_the_fit_of_the_formula(seed: int, formula: str) -> None:
    frame = table(seed)
    fit = lk.logit(formula, frame)
    assert fit.design is not None
    X = fit.design.matrix.to_dense()
    for given_X in (X, np.asfortranarray(X), pd.DataFrame(X, columns=list(fit.coef.index))):
        ready = lk.logit_matrix(given_X, frame["y"], names=fit.coef.index, offset=fit.design.response.shift)
        assert_same_estimates(fit, ready)
        assert_allclose(ready.deviance, fit.deviance, rtol=ROUTE)
