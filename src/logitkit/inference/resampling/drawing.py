"""How often each unit of a sample occurs in a replicate, which depends on the seed and its number only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.inference.resampling.units import ResamplingKind, independent_units, prior_weights, units_of
from logitkit.numerics.kernels.draws import counts_of
from logitkit.options import require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["Generators", "unit_counts", "weights_drawn"]


def unit_counts(multiplicity: FloatArray) -> Callable[[np.random.Generator], IntArray | FloatArray]:
    """Return a function that draws how often each unit occurs in a sample with replacement."""
    n_units = int(multiplicity.sum())
    if (multiplicity == 1.0).all():
        return lambda generator: counts_of(generator.integers(0, n_units, n_units), n_units)
    chance = multiplicity / multiplicity.sum()
    return lambda generator: generator.multinomial(n_units, chance)


def _dirichlet(multiplicity: FloatArray) -> Callable[[np.random.Generator], FloatArray]:
    """Return a function that draws weights of the units, n in all, from Rubin's posterior: equation 18."""
    n_units = multiplicity.sum()

    def draw(generator: np.random.Generator) -> FloatArray:
        gaps = generator.standard_gamma(multiplicity)
        return np.asarray(n_units * gaps / gaps.sum())

    return draw


class Generators:
    """A random generator for each replicate, the same whatever thread asks for it.

    Parameters
    ----------
    seed : int or None
        Makes the same generators again; None makes new ones.
    """

    def __init__(self, seed: int | None) -> None:
        sequence = np.random.SeedSequence(require_seed(seed))
        self.seed = int(sequence.entropy)  # type: ignore[arg-type]

    def of(self, number: int) -> np.random.Generator:
        """Return the generator of a replicate, at its beginning: of the child that the seed spawns at its number."""
        child = np.random.SeedSequence(self.seed, spawn_key=(number,))
        return np.random.Generator(np.random.PCG64(child))


def weights_drawn(
    design: Design, kind: ResamplingKind, generators: Generators
) -> tuple[Callable[[int], FloatArray], str, int]:
    """Return the prior weights of replicates by number, what is drawn, and how many of these there are."""
    units = units_of(design, independent_units(design) if kind == "bayesian" else kind)  # type: ignore[arg-type]
    draw_counts = (_dirichlet if kind == "bayesian" else unit_counts)(units.multiplicity)
    weights = units.weighing(prior_weights(design))

    def drawn(number: int) -> FloatArray:
        return weights(draw_counts(generators.of(number)))

    return drawn, units.word, int(units.multiplicity.sum())
