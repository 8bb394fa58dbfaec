"""The pieces of work of several outcomes."""

from __future__ import annotations

import outcome_ours as ours
import outcome_peers as peers
from contender import WITHIN_GAP, Bar
from outcome_drawing import (
    draw_digits,
    draw_next_words,
    draw_outcome_frame,
    draw_outcome_path,
    draw_outcomes,
    no_digits,
    no_texts,
)
from penalised_works import THRESHOLDS
from work import Goal, RPeer, Work

FULL, SMALL = (100_000, 50, 5), (3_000, 10, 4)
LEVELS, FEW_LEVELS = (50, 50), (6, 5)
RELATIVE = (1e-8, 1e-10, 1e-12, 1e-14)
MULTINOM = RPeer("R multinom", "nnet", "multinom", RELATIVE, errors=True)
MULTINOM_FRAME = RPeer("R multinom, summary", "nnet", "multinom_summary", RELATIVE, errors=True, more=60.0)
GLMNET = RPeer("R glmnet multinomial", "glmnet", "multinomial_path", THRESHOLDS, more=240.0)
NEAR = Bar(ours.WORDS_GAP, 0.99 * ours.WORDS_GAP)
FRAMES = "statsmodels and scikit-learn are given dummy columns, dense and sparse, made within their time. "


def _factors(key: str, n: int, few: int, in_r: tuple[RPeer, ...], why: str) -> Work:
    numbers = "10 numbers and two factors of 50 levels, 3 outcomes, from frame and formula to the summary"
    return Work(
        key,
        f"{n:,} rows, {numbers}",
        f"{few:,} rows, 5 numbers and factors of 6 and 5 levels, 3 outcomes, from frame and formula to the summary",
        lambda quick: draw_outcome_frame(few, 5, FEW_LEVELS, 3) if quick else draw_outcome_frame(n, 10, LEVELS, 3),
        (ours.FRAME, *peers.FRAME),
        in_r,
        Goal(share=0.1),
        left_out=FRAMES + why,
        history=False,
    )


OUTCOMES = (
    Work(
        "multinomial",
        "5 outcomes, dense 100,000 x 50, fit and standard errors",
        "4 outcomes, dense 3,000 x 10, fit and standard errors",
        lambda quick: draw_outcomes(*(SMALL if quick else FULL)),
        (ours.MATRIX, *peers.MATRIX),
        (MULTINOM,),
        Goal(seconds=0.4),
        left_out="Each column is correlated 0.5 with the one before.",
    ),
    Work(
        "multinomial-path",
        "Lasso path of 100 strengths, 5 outcomes, 100,000 x 50",
        "Lasso path of 20 strengths, 4 outcomes, 3,000 x 10",
        lambda quick: draw_outcome_path(*SMALL, (20, 0.01)) if quick else draw_outcome_path(*FULL, (100, 1e-4)),
        (ours.PATH,),
        (GLMNET,),
        Goal(seconds=3.0),
        left_out="The rows are those of the fit without a penalty; the penalty is that of the symmetric form, a "
        "coefficient for every outcome. All are given the same {count} strengths, to {ratio} of the largest.",
        bar=WITHIN_GAP,
    ),
    Work(
        "digits",
        "Ridge of strengths 0.01 and 0.0002, 5,000 pictures of 10 digits, 784 pixels",
        "Ridge of strengths 0.01 and 0.0002, 300 pictures of 10 digits, 392 pixels",
        lambda quick: draw_digits(*((300, 2) if quick else (5_000, 1)), (1e-2, 2e-4)),
        (ours.RIDGES, *peers.DIGITS),
        goal=Goal(share=1.0),
        left_out="Pixels divided by 255 and not standardised, the time of both fits together; the smaller strength is "
        "what scikit-learn's C=1 is for 5,000 rows.",
        bar=WITHIN_GAP,
        absent=no_digits,
        history=False,
    ),
    Work(
        "next-word",
        "The next word of 1,000 from the three before, 200,000 places in two novels, ridge of strength 1e-5",
        "The next word of 50 from the three before, 5,000 places in two novels, ridge of strength 1e-5",
        lambda quick: draw_next_words(*((5_000, 50) if quick else (200_000, 1_000)), 1e-5),
        (ours.WORDS, *peers.WORDS),
        goal=Goal(share=1.0, megabytes=2_000.0),
        left_out="Each word before is one of the same words or another: sparse columns of zeros and ones, not "
        "standardised, {positions} rows. Here 1e-03 is near enough; the least is that of ours at a gap of as much, "
        "which is far nearer to the minimum, or of whoever came lower. scikit-learn is given more and more iterations "
        "until it is there.",
        bar=NEAR,
        absent=no_texts,
        history=False,
    ),
    _factors(
        "multinomial-factors",
        1_000_000,
        10_000,
        (),
        "R's multinom is left out here for its time. Who does not finish here is timed on a tenth of the rows in the "
        "next table; the time of one iteration grows with the rows.",
    ),
    _factors(
        "multinomial-factors-tenth", 100_000, 4_000, (MULTINOM_FRAME,), "It is a tenth of the rows of the table before."
    ),
    Work(
        "outcomes-200",
        "200 outcomes, dense 5,000 x 20, the coefficients",
        "30 outcomes, dense 1,000 x 20, the coefficients",
        lambda quick: draw_outcomes(*((1_000, 20, 30) if quick else (5_000, 20, 200))),
        (ours.COEFFICIENTS, *peers.MANY),
        goal=Goal(share=1.0),
        left_out="Ours computes standard errors when somebody asks for them, which nobody does here; that estimates "
        "exist is certified.",
        history=False,
    ),
    Work(
        "multinomial-small",
        "3 outcomes, dense 1,000 x 5, fit and standard errors",
        "3 outcomes, dense 200 x 5, fit and standard errors",
        lambda quick: draw_outcomes(200 if quick else 1_000, 5, 3),
        (ours.READY, *peers.SMALL),
        goal=Goal(seconds=0.002),
        left_out="Ours is the engine: from a ready design to the record.",
    ),
)
