"""``LogitClassifierCV``: the strength of a penalty chosen by cross-validation."""

from __future__ import annotations

from logitkit.estimators.cross_validated_fit import CrossValidatedFit

__all__ = ["LogitClassifierCV"]


class LogitClassifierCV(CrossValidatedFit):
    """Penalised logistic regression with two classes, at the strength with the best cross-validated score.

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, as in ``LogitClassifier``.
    penalty : penalty object, optional
        Without a strength, such as ``lk.Lasso(keep="age")``.
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
        Score of the predictions.
    rule : {'best', 'one_se'}
        The strength with the best mean score, or the largest within one standard error of it.
    fit_intercept, class_weight, missing, unseen, functions : optional
        As in ``LogitClassifier``.
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
        As in ``LogitClassifier``, for the fit to all rows at the chosen strength.

    Examples
    --------
    The result is that of ``lk.cross_validate`` on the same folds:

    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitClassifierCV
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitClassifierCV("age + lwt + C(race)", cv=3, n_strengths=20).fit(data, data["low"])
    >>> round(model.strength_, 4), round(float(model.scores_["mean"].idxmin()), 4)
    (0.0785, 0.0785)
    """
