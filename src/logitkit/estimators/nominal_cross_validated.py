"""``MultinomialClassifierCV``: the strength of a penalty on all classes chosen by cross-validation."""

from __future__ import annotations

from typing import ClassVar

from logitkit.estimators.cross_validated_fit import CrossValidatedFit

__all__ = ["MultinomialClassifierCV"]


class MultinomialClassifierCV(CrossValidatedFit):
    """Penalised multinomial logistic regression, at the strength with the best cross-validated score.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, as in ``MultinomialClassifier``.
    penalty : penalty object, optional
        Without a strength, such as ``lk.Lasso(across_outcomes=True)``.
    l1_ratio : float, optional
        Without ``penalty``: proportion of the l1 penalty in an elastic net; the default is 1, the lasso.
    n_strengths : int, default 100
        Number of strengths in the grid, whose largest value is the smallest strength that selects no column.
    ratio : float, optional
        Smallest strength as a proportion of the largest, as in ``lk.path``.
    strengths : (k,) array-like, optional
        Strengths to use instead of the grid.
    cv : int, splitter, iterable or lk.Folds, default 5
        Number of stratified folds without shuffling, a splitter of scikit-learn, pairs of training and test rows, or
        ``lk.Folds(...)`` as in ``lk.cross_validate``; with a formula it can name columns.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        Score of the predictions; for more than two classes, ``'auc'`` is the measure of Hand and Till.
    rule : {'best', 'one_se'}
        The strength with the best mean score, or the largest within one standard error of it.
    fit_intercept, class_weight, missing, unseen, functions : optional
        As in ``MultinomialClassifier``.
    solver : ProxNewton, optional
        Options of the solver along the path.
    level : float, default 0.95
        Confidence level of intervals, if there are any.

    Attributes
    ----------
    strength_ : float
        The strength that was chosen.
    scores_ : DataFrame
        Mean score, its standard error and the number of scores, by strength.
    classes_, coef_, coef_names_, intercept_, fit_, n_iter_, n_features_in_, feature_names_in_ : object
        As in ``MultinomialClassifier``, for the fit to all rows at the chosen strength.

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
