"""The group lasso and the sparse-group lasso."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logitkit.errors import DataError
from logitkit.models.penalties.elastic_net import ElasticNet

__all__ = ["GroupLasso"]


@dataclass(frozen=True)
class GroupLasso(ElasticNet):
    r"""The group lasso, a penalty on the norm of each group of coefficients, which enter or leave together.

    .. math::

        \lambda \sum_g v_g \left((1 - \alpha) \sqrt{p_g} \lVert b_g \rVert_2 + \alpha \lVert b_g \rVert_1\right),
        \qquad b_j = s_j \beta_j

    :math:`p_g` is the number of non-constant columns of the group. With ``l1_ratio`` above zero this is the
    sparse-group lasso.

    Parameters
    ----------
    strength : float, optional
        :math:`\lambda`, not negative.
    l1_ratio : float, default 0
        Weight :math:`\alpha` of the absolute values.
    groups : mapping, optional
        Terms or coefficients by name of group. Default: each term of the formula is a group.
    standardize, keep, relative : optional
        As in ``ElasticNet``; ``relative`` may name groups.

    References
    ----------
    Yuan, M. and Lin, Y. (2006) Model selection and estimation in regression with grouped variables. JRSS B 68, 49-67.
    Simon, N. et al. (2013) A sparse-group lasso. JCGS 22, 231-245.

    Examples
    --------
    >>> GroupLasso(0.1).l1_ratio
    0.0
    """

    l1_ratio: float = 0.0
    groups: Mapping[str, Sequence[str]] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse values out of range and groups without names."""
        super().__post_init__()
        if self.groups is not None and not isinstance(self.groups, Mapping):
            raise DataError(
                f"GroupLasso(groups={self.groups!r}): give a mapping of names to terms or coefficients, such as "
                "{'body': ['age', 'lwt']}."
            )

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return "group lasso" if self.l1_ratio == 0.0 else f"sparse-group lasso (l1_ratio {self.l1_ratio:g})"
