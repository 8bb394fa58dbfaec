"""The pieces of work: how large, in full and in small, by whom, and what was aimed at."""

from __future__ import annotations

from dataclasses import replace

import frame_peers
import ours
import peers
from drawing import draw_frame, draw_matrix, draw_sparse
from outcome_works import OUTCOMES
from penalised_works import PENALISED
from work import Goal, RPeer, Work

GLM_FIT = RPeer("R glm.fit", "stats", "glm_fit", (1e-8, 1e-10, 1e-12), errors=True)
GLMNET = RPeer("R glmnet, strength 0", "glmnet", "glmnet_zero", (1e-7, 1e-9, 1e-11, 1e-13))


def _matrix(
    key: str, n: int, p: int, small: tuple[int, int], goal: Goal, in_r: tuple[RPeer, ...], why: str = ""
) -> Work:
    return Work(
        key,
        f"Dense {n:,} x {p}, fit and standard errors",
        f"Dense {small[0]:,} x {small[1]}, fit and standard errors",
        lambda quick: draw_matrix(*(small if quick else (n, p))),
        (ours.MATRIX, *peers.MATRIX[: -1 if n * p > 2e7 else None]),
        in_r,
        goal,
        True,
        why,
    )


MIXED = (5, 20, 100, 500)

WORKS = (
    _matrix(
        "dense-1e6x50",
        1_000_000,
        50,
        (20_000, 20),
        Goal(gram=4.0, megabytes=100.0),
        (GLM_FIT, GLMNET),
        "statsmodels GLM is left out here for its time.",
    ),
    _matrix("dense-1e5x100", 100_000, 100, (5_000, 30), Goal(gram=5.0), (GLM_FIT, GLMNET)),
    _matrix(
        "dense-5e4x400",
        50_000,
        400,
        (5_000, 60),
        Goal(gram=4.0),
        (GLMNET,),
        "R's `glm.fit` is left out here: its QR decomposition of 50,000 x 400 takes minutes.",
    ),
    Work(
        "alone-5e4x400",
        "Dense 50,000 x 400, coefficients alone",
        "Dense 5,000 x 60, coefficients alone",
        lambda quick: draw_matrix(*((5_000, 60) if quick else (50_000, 400))),
        (ours.ALONE, *(peer for peer in peers.MATRIX if not peer.errors)),
        (),
        Goal(share=1.0),
        True,
        "Ours is asked for no standard errors (`vcov=False`); the others have none. Its default tolerance is 1e-8.",
    ),
    _matrix("dense-1e3x10", 1_000, 10, (1_000, 10), Goal(seconds=0.0005), (GLM_FIT, GLMNET)),
    Work(
        "formula-1e3x10",
        "1,000 rows, 9 numbers, from frame and formula to the text of the summary",
        "1,000 rows, 9 numbers, from frame and formula to the text of the summary",
        lambda _: draw_frame(1_000, 9, ()),
        (ours.FRAME, *frame_peers.SMALL),
        (RPeer("R glm, summary", "stats", "glm_summary", (1e-8, 1e-10), errors=True),),
        Goal(seconds=0.0035),
        left_out="glum is given the frame without a formula and makes no text.",
    ),
    Work(
        "mixed",
        "1,000,000 rows, 10 numbers and factors of 5, 20, 100 and 500 levels, from frame and formula to the summary",
        "20,000 rows, 10 numbers and factors of 5, 20, 50 and 100 levels, from frame and formula to the summary",
        lambda quick: draw_frame(20_000, 10, (5, 20, 50, 100)) if quick else draw_frame(1_000_000, 10, MIXED),
        (ours.FRAME, *frame_peers.FRAME),
        goal=Goal(seconds=0.6, megabytes=300.0, predict_share=0.5),
        left_out="glum takes the frame without a formula, its categoricals as they are; pyfixest absorbs the factors: "
        "its table has the numbers only; scikit-learn is given sparse dummy columns, coded within its time. "
        "statsmodels and R's `glm` are left out: their dense dummy columns take 5 GB.",
    ),
    Work(
        "mixed-20000",
        "The same with one more factor of 20,000 levels",
        "The same, of 10,000 rows, with one more factor of 150 levels",
        lambda quick: (
            draw_frame(10_000, 10, (5, 20, 50, 100, 150)) if quick else draw_frame(1_000_000, 10, (*MIXED, 20_000))
        ),
        (ours.FRAME, *frame_peers.WIDE),
        goal=Goal(seconds=3.0, megabytes=1000.0),
        left_out="glum runs its L-BFGS without standard errors: its Newton method would factorise a dense array of "
        "20,634 x 20,634.",
    ),
    Work(
        "sparse",
        "Sparse 200,000 x 20,000, 50 entries a row, ridge of strength 1, no intercept",
        "Sparse 5,000 x 1,000, 20 entries a row, ridge of strength 1, no intercept",
        lambda quick: draw_sparse(5_000, 1_000, 20, 1.0) if quick else draw_sparse(200_000, 20_000, 50, 1.0),
        (ours.SPARSE, *peers.SPARSE),
        left_out="Ours is the engine alone: Newton's method, its steps by conjugate gradients on products with the "
        "Hessian. No one gives standard errors.",
    ),
    Work(
        "bootstrap",
        "1,000 bootstrap refits, 1,000 rows and 10 columns",
        "50 bootstrap refits, 1,000 rows and 10 columns",
        lambda quick: draw_matrix(1_000, 10, "refits", replicates=50 if quick else 1_000),
        (ours.BOOTSTRAP, *peers.BOOTSTRAP),
        (RPeer("R glm.fit, a loop", "stats", "refits", (1e-8, 1e-10)),),
        Goal(seconds=0.05),
        left_out="All refit the same draws. The objective is the sum over the refits.",
    ),
    Work(
        "groups",
        "One model in each of 10,000 groups of 100 rows, 5 columns",
        "One model in each of 200 groups of 100 rows, 5 columns",
        lambda quick: draw_matrix(100 * (200 if quick else 10_000), 5, "groups", rows=100, subset=50 if quick else 500),
        (ours.GROUPS, *peers.GROUPS),
        (RPeer("R glm.fit, a loop", "stats", "groups", (1e-8, 1e-10), errors=True),),
        Goal(seconds=2.0),
        left_out="The loops run over the first groups only ({subset} of them) and their time is scaled up to all; the "
        "objective is that of those groups.",
    ),
    Work(
        "absorbed",
        "1,000,000 rows, 5 numbers and 100,000 levels that are absorbed",
        "30,000 rows, 5 numbers and 3,000 levels that are absorbed",
        lambda quick: draw_frame(*((30_000, 5, (3_000,)) if quick else (1_000_000, 5, (100_000,))), "panel"),
        (ours.ABSORBED, ours.AS_FACTOR, *frame_peers.PANEL),
        left_out="The objective is that at the best intercepts of the levels for the slopes of each contender. "
        "R's fixest, the other package that absorbs, is not among Debian's packages and was not measured.",
    ),
    *(replace(work, section="Penalties") for work in PENALISED),
    *(replace(work, section="Several outcomes") for work in OUTCOMES),
)


def work(key: str) -> Work:
    """Return a piece of work by its key."""
    return next(found for found in WORKS if found.key == key)
