"""``MultinomialClassifierCV``: the strength of a penalty on all classes chosen by cross-validation."""

from __future__ import annotations

from typing import ClassVar

from logitkit.estimators.cross_validated_fit import CrossValidatedFit

__all__ = ["MultinomialClassifierCV"]


class MultinomialClassifierCV(CrossValidatedFit):
    """Penalised multinomial logistic regression, at the strength that predicts rows best that were left out.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, as in ``MultinomialClassifier``.
    penalty : penalty object, optional
        Without a strength, such as ``lk.Lasso(across_outcomes=True)``.
    l1_ratio : float, optional
        Without ``penalty``: share of the absolute values of an elastic net, 1 (the lasso) when it is not given.
    n_strengths : int, default 100
        Strengths of the grid, from the smallest that chooses nothing.
    ratio : float, optional
        The smallest strength as a proportion of the largest; as in ``lk.path``.
    strengths : (k,) array-like, optional
        The strengths themselves.
    cv : int, splitter, iterable or lk.Folds, default 5
        Stratified folds without shuffling, a splitter of scikit-learn, or pairs of training and test rows; or
        ``lk.Folds(...)`` as in ``lk.cross_validate``, whose columns may be named where there is a formula.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        How predictions are scored; the area is that of Hand and Till.
    rule : {'best', 'one_se'}
        The strength with the best mean score, or the largest within one standard error of it.
    fit_intercept, class_weight, missing, unseen, functions : optional
        As in ``MultinomialClassifier``.
    solver : ProxNewton, optional
        Options of the solver along the path.
    level : float, default 0.95
        Confidence level of intervals, where there are any.

    Attributes
    ----------
    strength_ : float
        The strength that was chosen.
    scores_ : DataFrame
        Mean score, its standard error and the number of scores, by strength.
    classes_, coef_, coef_names_, intercept_, fit_, n_iter_, n_features_in_, feature_names_in_ : object
        As in ``MultinomialClassifier``, of the fit to all rows at the strength that was chosen.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.estimators import MultinomialClassifierCV
    >>> data = lk.datasets.load_lbw()
    >>> model = MultinomialClassifierCV("age + lwt + smoke", cv=3, n_strengths=10).fit(data, data["race"])
    >>> round(model.strength_, 4), round(float(model.scores_["mean"].idxmin()), 4)
    (0.0073, 0.0073)
    """

    _several: ClassVar[bool] = True
