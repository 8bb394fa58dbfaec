"""The penalised pieces of work: paths, cross-validation and single strengths, at a gap of 1e-6."""

from __future__ import annotations

import penalised_ours as ours
import penalised_peers as peers
from contender import WITHIN_GAP, Contender
from penalised_drawing import draw_factors, draw_one, draw_path, draw_ridge, draw_words, no_reviews
from work import Goal, RPeer, Work

# Columns, rows, correlation, columns that count.
TALL, WIDE = (100_000, 100, 0.5, 30), (1_000, 5_000, 0.2, 50)
FEW, FEW_SMALL = (103, 687, 0.2, 20), (60, 90, 0.2, 5)
TALL_SMALL, WIDE_SMALL = (2_000, 30, 0.5, 10), (200, 400, 0.2, 10)
WIDE_GRID, SMALL_GRID = (100, 0.01), (20, 0.05)
MIXED = (5, 20, 100, 500)
THRESHOLDS = (1e-7, 1e-8, 1e-9, 1e-10)
GLMNET = RPeer("R glmnet", "glmnet", "penalised", THRESHOLDS)
CV_GLMNET = RPeer("R cv.glmnet", "glmnet", "cross_validated", THRESHOLDS, more=45.0)
DOWN = RPeer("R glmnet, down a path of 20", "glmnet", "down_a_path", THRESHOLDS)
CONSTANT = (
    "liblinear penalises its intercept and celer has none: both have a constant column of 1,000 instead, whose penalty "
    "counts for nothing."
)
ONE_THREAD = "celer and skglm run with one BLAS thread, with which they are faster."


def _size(shape: tuple[int, int, float, int]) -> str:
    return f"{shape[0]:,} x {shape[1]:,}, correlated {shape[2]:g}"


def _paths(
    key: str,
    shapes: tuple[tuple[int, int, float, int], tuple[int, int, float, int]],
    grid: tuple[int, float] | None,
    python: tuple[Contender, ...],
    goals: tuple[Goal, Goal],
) -> tuple[Work, Work]:
    """Return the path of a shape, and its cross-validation."""
    full, small = shapes

    def draw(quick: bool) -> object:
        return draw_path(*small, SMALL_GRID) if quick else draw_path(*full, grid)

    ends = "" if grid else " It is our own grid of 100 to 1e-4, until smaller strengths explain no more."
    return (
        Work(
            f"lasso-path-{key}",
            f"Lasso path, {_size(full)}",
            f"Lasso path, {_size(small)}",
            draw,
            (ours.PATH, *python),
            (GLMNET,),
            goals[0],
            left_out="All are given the same {count} strengths, from the largest to {ratio} of it." + ends,
            bar=WITHIN_GAP,
        ),
        Work(
            f"lasso-cv-{key}",
            f"Lasso path in 5-fold cross-validation, {_size(full)}",
            f"Lasso path in 5-fold cross-validation, {_size(small)}",
            draw,
            (ours.FOLDED,),
            (CV_GLMNET,),
            goals[1],
            left_out="The same strengths, {count} to {ratio} of the largest, and the same folds. The objective is that "
            "of the path of all rows.",
            bar=WITHIN_GAP,
        ),
    )


def _one(
    key: str, full: tuple[int, int, float, int], small: tuple[int, int, float, int], goal: Goal
) -> tuple[Work, Work]:
    """Return the fit at a twentieth of the largest strength, with an intercept and without."""
    return (
        Work(
            f"lasso-one-{key}",
            f"Lasso at a twentieth of the largest strength, {_size(full)}",
            f"Lasso at a twentieth of the largest strength, {_size(small)}",
            lambda quick: draw_one(*(small if quick else full)),
            (ours.ONE, *peers.ONE),
            (GLMNET, DOWN),
            goal,
            left_out="celer has no intercept. liblinear penalises its own, and is given a constant column of 1,000 "
            "instead, whose penalty counts for nothing. skglm runs with one BLAS thread, with which it is faster. "
            "glmnet's manual advises against a single strength; down a path, the last of 20 counts.",
            bar=WITHIN_GAP,
        ),
        Work(
            f"lasso-plain-{key}",
            f"Lasso at a twentieth of the largest strength without an intercept, {_size(full)}",
            f"Lasso at a twentieth of the largest strength without an intercept, {_size(small)}",
            lambda quick: draw_one(*(small if quick else full), intercept=False),
            (ours.ONE, *peers.WITHOUT),
            goal=Goal(seconds=0.2),
            left_out=ONE_THREAD,
            bar=WITHIN_GAP,
        ),
    )


PENALISED = (
    *_paths("1e5x100", (TALL, TALL_SMALL), None, peers.PATH, (Goal(seconds=0.7), Goal(seconds=3.0))),
    *_paths("1e3x5000", (WIDE, WIDE_SMALL), WIDE_GRID, (), (Goal(share=0.8), Goal(share=0.5))),
    *_one("1e5x100", TALL, TALL_SMALL, Goal(seconds=0.2)),
    Work(
        "lasso-path-103x687",
        f"Lasso path, {_size(FEW)}",
        f"Lasso path, {_size(FEW_SMALL)}",
        lambda quick: draw_path(*FEW_SMALL, (10, 0.05)) if quick else draw_path(*FEW, (25, 0.01)),
        (ours.PATH,),
        (GLMNET,),
        Goal(share=1.0),
        left_out="All are given the same {count} strengths, from the largest to {ratio} of it.",
        bar=WITHIN_GAP,
    ),
    *_one("1e3x5000", WIDE, WIDE_SMALL, Goal(share=1.0)),
    Work(
        "lasso-words",
        "Lasso path of 50 strengths, 20,000 reviews by 50,000 words and pairs of words",
        "Lasso path of 10 strengths, 2,000 reviews by 3,000 words and pairs of words",
        lambda quick: draw_words(2_000, 3_000, 10) if quick else draw_words(20_000, 50_000, 50),
        (ours.PATH, *peers.WORDS),
        (GLMNET,),
        Goal(share=1.0),
        left_out="The logarithm of one plus the count, divided by its standard deviation, sparse; to a twentieth of "
        "the largest strength. " + CONSTANT,
        bar=WITHIN_GAP,
        absent=no_reviews,
    ),
    Work(
        "lasso-mixed",
        "Lasso path of 30 strengths, 1,000,000 rows, 10 numbers and factors of 5, 20, 100 and 500 levels, from frame "
        "and formula",
        "Lasso path of 10 strengths, 20,000 rows, 5 numbers and factors of 5, 20 and 50 levels, from frame and formula",
        lambda quick: draw_factors(20_000, 5, (5, 20, 50), 10) if quick else draw_factors(1_000_000, 10, MIXED, 30),
        (ours.FRAME_PATH, *peers.FRAME_PATH),
        goal=Goal(share=0.2),
        left_out="To a thousandth of the largest strength. glum takes the frame without a formula, and is told to "
        "scale its columns; glmnet and scikit-learn would need them written out.",
        bar=WITHIN_GAP,
    ),
    Work(
        "ridge-1e6x50",
        "Ridge of strength 0.01, 1,000,000 x 50",
        "Ridge of strength 0.01, 20,000 x 20",
        lambda quick: draw_ridge(*((20_000, 20) if quick else (1_000_000, 50))),
        (ours.ONE, *peers.RIDGE),
        goal=Goal(share=1.0),
        left_out="All penalise columns of standard deviation 1, and no intercept.",
        bar=WITHIN_GAP,
    ),
)
