r"""The objective of a fit, and its evaluation at one coefficient vector.

The objective is the negative log-likelihood as a plain weighted sum over rows,
:math:`f(\beta) = \sum_i w_i \ell(x_i'\beta + o_i, y_i)`, with gradient :math:`X' s` and Hessian
:math:`X' \mathrm{diag}(c) X` where slope :math:`s` and curvature :math:`c` come from the family
(``docs/maths/binomial.md``, equations 6 to 8), plus the quadratic part of a penalty where there is one. Sums over rows
add, so any way of cutting the rows is another way of adding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian, Hessian
from logitkit.engine.curvature.sums import GramSums
from logitkit.engine.evaluation import Evaluation, SmoothObjective
from logitkit.engine.rows.engine import RowEngine, RowSums
from logitkit.engine.rows.scalar import NUMBERS_OF_PART, ScalarRows
from logitkit.models.predictors import Predictors, single_predictor
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import go_on, ordered_map, require_threads
from logitkit.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.models.penalties.quadratic import Quadratic

__all__ = ["Evaluation", "Objective", "OfObjective", "SmoothObjective", "outcomes_objective", "with_quadratic"]

T = TypeVar("T")


class Objective:
    """Matrix, response and family as a function of the coefficients.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same n rows.
    family : Family
        Gives loss, slope and curvature of each row.
    sums : GramSums, optional
        How second derivatives of one linear predictor are summed; into one array by default.
    quadratic : Quadratic, optional
        Part of a penalty.
    predictors : Predictors, optional
        The linear predictors; one with a coefficient for every column by default.
    second : bool, default True
        Whether second derivatives will be asked for, which decides how rows of several predictors are cut.

    Examples
    --------
    At zero every probability is one half, and the loss is n log 2:

    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.models.binomial import Binomial
    >>> objective = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> evaluation = objective.evaluate(np.zeros(1))
    >>> bool(np.isclose(evaluation.value, 4 * np.log(2))), evaluation.gradient.tolist()
    (True, [-1.0])

    Of K outcomes every one has the probability 1 / K:

    >>> from logitkit.models.multinomial import Multinomial
    >>> from logitkit.models.predictors import full_predictors
    >>> response = Response(np.array([0.0, 1.0, 2.0, 2.0]), n_outcomes=3)
    >>> several = full_predictors(3, 1, reference=0)
    >>> objective = Objective(Dense(np.ones((4, 1))), response, Multinomial(3), predictors=several)
    >>> bool(np.isclose(objective.evaluate(np.zeros(2)).value, 4 * np.log(3)))
    True
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        family: Any,
        sums: GramSums | None = None,
        quadratic: Quadratic | None = None,
        predictors: Predictors | None = None,
        second: bool = True,
    ) -> None:
        self.matrix, self.response, self.family = matrix, response, family
        self.quadratic, self._predictors = quadratic, predictors
        self.repeats = 1  # times that a row of a sample was drawn at most
        self.engine: RowEngine
        if predictors is None and family.is_convex:
            self.engine = ScalarRows(matrix, response, family, sums)
        elif predictors is not None and predictors.is_plain and family.compares_predictors:
            from logitkit.engine.rows.vector import VectorRows

            self.engine = VectorRows(matrix, response, family, predictors, second)
        else:
            from logitkit.engine.rows.parts import PartRows

            several = single_predictor(matrix.n_columns) if predictors is None else predictors
            self.engine = PartRows(matrix, response, family, several)
        require_threads()  # also where one thread is all that is used

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.engine.n_params

    @property
    def predictors(self) -> Predictors:
        """The map from solver coefficients to linear predictors."""
        return single_predictor(self.n_params) if self._predictors is None else self._predictors

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return self.engine.gram_cost

    @property
    def in_chunks(self) -> bool:
        """Whether the rows are read in chunks, and not held."""
        return False

    def reduce(self, task: Callable[[Objective], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the rows, merged in order; of rows that are held, its result for all of them."""
        del merge
        return task(self)

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1: the scale of standard errors when weights are small."""
        return self._mean_weight

    @once
    def _mean_weight(self) -> float:
        return min(1.0, self.response.total / max(self.matrix.n_rows, 1))

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``, in one pass.

        A rough Hessian is right to seven digits.
        """
        engine = self.engine
        inner, sums = engine.spread(coef), engine.second(rough)
        whole = sums.whole() if hessian else None
        groups = engine.groups
        if len(groups.bounds) == 1:  # a small fit, whose time is that of the calls
            go_on()
            total = engine.group(0, inner, whole, sums, pearson)
            if whole is not None and total.second is not None:
                sums.merge(whole, total.second)
        else:
            total = RowSums(engine.empty(), whole)

            def sums_of(group: int) -> RowSums:
                return engine.group(group, inner, whole, sums, pearson)

            small = whole is None and self.matrix.n_rows * self.matrix.width <= NUMBERS_OF_PART
            light = whole is None and groups.light
            n_groups = len(groups.bounds)
            for part in map(sums_of, range(n_groups)) if small else ordered_map(sums_of, n_groups, light=light):
                total.value += part.value
                total.gradient += part.gradient
                total.closest = min(total.closest, part.closest)
                total.fitted += part.fitted
                total.matched += part.matched
                total.pearson += part.pearson
                if whole is not None and part.second is not None:
                    sums.merge(whole, part.second)
        found = Evaluation(
            total.value,
            engine.collect(total.gradient),
            None if whole is None else sums.finish(whole),
            total.closest,
            total.fitted,
            total.matched,
            total.pearson if pearson else 0.0,
        )
        return found if self.quadratic is None else with_quadratic(found, coef, self.quadratic, pearson)

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return the linear predictors of every row, offset included: shape (n,) of one, else (m, n)."""
        return self.engine.linear_predictor(coef)

    def reach(self, direction: FloatArray) -> float:
        """Return an upper bound on the change of a linear predictor along a direction."""
        return self.engine.reach(direction)

    @property
    def total(self) -> float:
        """Total weight of the rows."""
        return self.response.total

    @property
    def n_numbers(self) -> int:
        """How many numbers the rows hold."""
        return self.matrix.n_rows * self.matrix.width

    @property
    def starting_response(self) -> Response:
        """The outcomes that tell where a solver starts."""
        return self.response

    @property
    def chosen_predictors(self) -> Predictors | None:
        """The linear predictors as they were stated, None for one with a coefficient for every column."""
        return self._predictors

    @property
    def sample_share(self) -> float | None:
        """None: the rows are held, and a pass reads memory."""
        return None

    def sampled(self, size_of: Callable[[int, int, int], int]) -> Objective | None:
        """Return the objective of a sample of the rows, of a size by rows, coefficients and width; None for none."""
        size = size_of(self.matrix.n_rows, self.n_params, self.matrix.width)
        if size == 0:
            return None
        # A fixed seed: the same data give the same answer. Sorted, so that memory is read in order.
        index = np.sort(np.random.default_rng(0).integers(0, self.matrix.n_rows, size))
        sample = self.subset(index)
        sample.repeats = int(np.unique(index, return_counts=True)[1].max())
        return sample

    def subset(self, index: IntArray) -> Objective:
        """Return the objective of the rows at the given positions, its second derivatives in one array.

        Its penalty weighs as much beside these rows as the whole does beside all.
        """
        response = self.response.take(index)
        quadratic = self.quadratic
        if quadratic is not None:
            quadratic = quadratic.scaled(response.total / self.response.total)
        return Objective(self.matrix.take(index), response, self.family, None, quadratic, self._predictors)

    def with_family(self, family: Any) -> Objective:
        """Return the objective of another family of the same predictors, its second derivatives in one array."""
        return Objective(self.matrix, self.response, family, None, self.quadratic, self._predictors)

    def rows(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return slope and curvature of every row, of one linear predictor, each of shape (n,)."""
        return self._scalar.rows(coef)

    def rows_at(self, eta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the loss at values of one linear predictor, and slope and curvature, each of shape (n,)."""
        return self._scalar.rows_at(eta)

    def pull(self, values: FloatArray) -> FloatArray:
        """Return X' v for one value per row, shape (p,)."""
        return self._scalar.pull(values)

    def map_rows(self, function: Callable[[Matrix, slice], FloatArray]) -> FloatArray:
        """Return one number per row: ``function`` of each block and its place, joined, shape (n,)."""
        return self._scalar.map_rows(function)

    def sum_gram(self, weights: FloatArray) -> FloatArray:
        """Return X' diag(weights) X for weights that are not negative, shape (p, p)."""
        return self._scalar.sum_gram(weights)

    def multiply(self, curvature: FloatArray, vector: FloatArray) -> FloatArray:
        """Return X' diag(curvature) X v, shape (p,)."""
        return self._scalar.multiply(curvature, vector)

    @property
    def sums(self) -> GramSums:
        """How second derivatives of one linear predictor are summed."""
        return self._scalar.sums

    @property
    def _scalar(self) -> ScalarRows:
        return cast("ScalarRows", self.engine)


@dataclass(frozen=True, eq=False)
class OfObjective:
    """What is made of an objective, and has its coefficients and its costs.

    Parameters
    ----------
    objective : Objective
        The objective.
    """

    objective: Objective

    @property
    def n_params(self) -> int:
        """Number of coefficients."""
        return self.objective.n_params

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""
        return self.objective.mean_weight

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return self.objective.gram_cost


def outcomes_objective(
    matrix: Matrix,
    response: Response,
    predictors: Predictors,
    quadratic: Quadratic | None = None,
    second: bool = True,
) -> Objective:
    """Return the objective of a multinomial model, whose predictors are the logits of all outcomes."""
    from logitkit.models.multinomial import Multinomial

    family = Multinomial(predictors.n_predictors)
    return Objective(matrix, response, family, None, quadratic, predictors, second)


def with_quadratic(here: Evaluation, coef: FloatArray, quadratic: Quadratic, pearson: bool) -> Evaluation:
    """Return an evaluation with the quadratic part of a penalty added."""
    value = quadratic.value(coef)
    return replace(
        here,
        value=here.value + value,
        gradient=here.gradient + quadratic.gradient(coef),
        hessian=None if here.hessian is None else _curved(here.hessian, quadratic.strengths),
        pearson=here.pearson + 2.0 * value if pearson else 0.0,
    )


def _curved(hessian: Hessian, strengths: FloatArray) -> Hessian:
    if strengths.ndim == 1:
        return hessian.plus_diagonal(strengths)
    assert isinstance(hessian, DenseHessian)
    return DenseHessian(hessian.array + strengths)
