"""Options of the stochastic methods, as users state them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from logitkit.errors import DataError
from logitkit.numerics.kernels.stochastic import ADAM, RMSPROP, SAGA, SGD
from logitkit.options import Stated, is_count, is_finite_number, require_choice, require_flag, require_seed
from logitkit.typing import FloatArray

__all__ = ["Stochastic", "stated"]

Method: TypeAlias = Literal["sgd", "rmsprop", "adam", "saga"]
Schedule: TypeAlias = Literal["constant", "step", "cosine", "power"]

METHODS = {"sgd": SGD, "rmsprop": RMSPROP, "adam": ADAM, "saga": SAGA}
RATES = {"rmsprop": 0.01, "adam": 0.05}
MOMENTS = {"adam": 0.9}
DECAYS = {"rmsprop": 0.99, "adam": 0.999}
STEP = 0.1  # what the rate is multiplied by after a half and after three quarters of the rows
POWER = 0.505  # of Chen et al. (2020): above one half, where averages are as good as the batch estimate
EVEN = 100  # steps before the rate of "power" falls
WORDS = {"learning_rate": "rate", "lr": "rate", "batch_size": "batch", "max_iter": "epochs", "random_state": "seed"}


@dataclass(frozen=True, slots=True)
class Stochastic(Stated):
    r"""Options of methods that move the coefficients after every mini-batch of rows.

    Columns are divided by their standard deviation, and centred where there is an intercept, without being copied: one
    rate then fits data in any unit. Newton's method, which ``lk.logit`` uses, needs no rate and is faster wherever its
    p x p matrix fits; these methods are for streams, for very many coefficients and for dropout
    (``docs/maths/stochastic.md``).

    Parameters
    ----------
    method : {'adam', 'sgd', 'rmsprop', 'saga'}
        SAGA (Defazio et al. 2014) remembers the slope of each row and converges at a constant rate.
    rate : float, optional
        Length of a step; 0.05 of Adam and 0.01 of RMSprop; of SGD and SAGA a half and a third of the inverse of the
        curvature of a mini-batch, found from a sample of rows.
    schedule : {'constant', 'step', 'cosine', 'power'}, optional
        How the rate falls: not; to a tenth after a half and again after three quarters of all rows; to zero along half
        a cosine; or as the number of steps to the power -0.505. Default: SAGA constant, others 'cosine', and 'power'
        in ``partial_fit``, which does not know where the stream ends.
    momentum : float, optional
        From 0 to below 1: 0.9 of Adam, else 0.
    batch : int, default 64
        Rows of a mini-batch.
    epochs : float, default 5
        Passes over the rows; 0.25 is a quarter of one.
    average : bool, default False
        Return the mean of the iterates after the first tenth (Polyak and Juditsky 1992), which has plug-in standard
        errors (Chen et al. 2020); the schedule is then 'power'.
    ridge : float, default 0
        Half of it times the squared coefficients of standardised columns is added to the mean loss.
    dropout : float, default 0
        Probability with which each value is left out of a row, the others divided by one less it.
    dropout_as : {'noise', 'ridge'}
        Whether values are really left out, or the quadratic penalty is added that this amounts to (Wager et al. 2013).
    early_stopping : float, optional
        Proportion of rows held out: learning stops when their mean loss has not fallen for two passes, and returns to
        where it was least.
    seed : int, default 0
        Of the order of rows and of dropout.

    Raises
    ------
    DataError
        If an option is out of range, or two of them cannot be combined.

    References
    ----------
    Chen, X., Lee, J. D., Tong, X. T. and Zhang, Y. (2020) Statistical inference for model parameters in stochastic
    gradient descent. Annals of Statistics 48, 251-273.
    Defazio, A., Bach, F. and Lacoste-Julien, S. (2014) SAGA. NeurIPS.
    Kingma, D. P. and Ba, J. (2015) Adam: a method for stochastic optimization. ICLR.
    Wager, S., Wang, S. and Liang, P. (2013) Dropout training as adaptive regularization. NeurIPS.

    Examples
    --------
    >>> Stochastic("sgd", momentum=0.9).falls
    'cosine'
    >>> Stochastic(learning_rate=0.1)
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Stochastic() has no argument 'learning_rate'. It is rate= here.
    """

    method: Method = "adam"
    rate: float | None = None
    schedule: Schedule | None = None
    momentum: float | None = None
    batch: int = 64
    epochs: float = 5.0
    average: bool = False
    ridge: float = 0.0
    dropout: float = 0.0
    dropout_as: Literal["noise", "ridge"] = "noise"
    early_stopping: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse options that are out of range or cannot be combined."""
        require_choice("method", self.method, METHODS)
        require_choice("dropout_as", self.dropout_as, ("noise", "ridge"))
        if self.schedule is not None:
            require_choice("schedule", self.schedule, ("constant", "step", "cosine", "power"))
        require_flag("average", self.average)
        require_seed(self.seed)
        if not is_count(self.batch):
            raise DataError(f"batch={self.batch!r:.60}: give a whole number of rows, at least 1.")
        for name, least, most in (("rate", 0.0, math.inf), ("epochs", 0.0, 1e6), ("early_stopping", 0.0, 1.0)):
            value = getattr(self, name)
            if value is not None and not (is_finite_number(value) and least < value < most):
                raise DataError(f"{name}={value!r:.60}: give a number above 0{' and below 1' if most == 1.0 else ''}.")
        for name, below in (("momentum", 1.0), ("dropout", 1.0), ("ridge", math.inf)):
            value = getattr(self, name)
            if value is not None and not (is_finite_number(value) and 0.0 <= value < below):
                raise DataError(
                    f"{name}={value!r:.60}: give a number from 0{' to below 1' if below == 1.0 else ' upwards'}."
                )
        if self.method == "saga" and (self.dropout > 0.0 or self.momentum):
            raise DataError(
                "method='saga' remembers the slope of each row, which dropout changes and momentum mixes with others: "
                "use 'sgd' or 'adam' with them."
            )
        if self.average and self.schedule not in {None, "power", "constant"}:
            raise DataError(f"average=True needs steps that go on: schedule='power' or 'constant', not {self.falls!r}.")

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {WORDS[name]}= here." if name in WORDS else ""

    @property
    def code(self) -> int:
        """The method's number in compiled code."""
        return METHODS[self.method]

    @property
    def falls(self) -> Schedule:
        """How the rate falls."""
        if self.schedule is not None:
            return self.schedule
        if self.average:
            return "power"
        return "constant" if self.method == "saga" else "cosine"

    @property
    def moments(self) -> tuple[float, float]:
        """How means of gradients, and of their squares, decay."""
        momentum = MOMENTS.get(self.method, 0.0) if self.momentum is None else self.momentum
        return float(momentum), DECAYS.get(self.method, 0.0)

    @property
    def noise(self) -> tuple[float, float]:
        """Probability of dropout as noise; and odds of it as a ridge."""
        if self.dropout_as == "noise":
            return float(self.dropout), 0.0
        return 0.0, self.dropout / (1.0 - self.dropout)

    def first_rate(self, curvature: float) -> float:
        """Return the length of the first step.

        Parameters
        ----------
        curvature : float
            Of the loss of a mini-batch.

        Returns
        -------
        float
            Positive.
        """
        if self.rate is not None:
            return float(self.rate)
        if self.method in RATES:
            return RATES[self.method]
        return (1.0 - self.moments[0]) / ((3.0 if self.method == "saga" else 2.0) * curvature)

    def rates(self, first: float, done: float, step: float, count: int, before: int) -> FloatArray:
        """Return the lengths of steps.

        Parameters
        ----------
        first : float
            The first of all.
        done, step : float
            Proportion of all rows that was seen before, and that one step sees.
        count, before : int
            Steps, and those before them.

        Returns
        -------
        (count,) array
            Positive.
        """
        at = np.minimum(done + step * np.arange(count), 1.0)
        if self.falls == "cosine":
            return np.asarray(first * 0.5 * (1.0 + np.cos(np.pi * at)))
        if self.falls == "step":
            return np.asarray(first * STEP ** ((at >= 0.5).astype(float) + (at >= 0.75)))
        if self.falls == "power":
            return np.asarray(first * (1.0 + (before + np.arange(count)) / EVEN) ** -POWER)
        return np.full(count, first)


def stated(solver: Any) -> Stochastic:
    """Return options, or refuse what is none."""
    if not isinstance(solver, Stochastic):
        raise DataError(f"solver={solver!r:.60}: give lk.Stochastic(method=..., rate=..., epochs=...).")
    return solver
