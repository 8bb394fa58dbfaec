"""``LogitClassifier``: logistic regression as a scikit-learn estimator, with the statistics of the fit."""

from __future__ import annotations

from logitkit.estimators.with_penalty import FitWithPenalty

__all__ = ["LogitClassifier"]


class LogitClassifier(FitWithPenalty):
    r"""Logistic regression with two classes, by maximum likelihood or with a penalty.

    .. math:: \log \frac{P(y_i = c_2)}{P(y_i = c_1)} = \beta_0 + x_i'\beta

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``. X is then a data frame, which can have categories, text and
        missing values. Without a formula X consists of columns of numbers, dense or sparse.
    penalty : penalty object, optional
        Such as ``lk.Lasso(0.1)``, ``lk.Ridge(0.1) + lk.Bounds(lower=0)`` or ``lk.Jeffreys()`` (Firth). At most one of
        ``penalty``, ``strength`` and ``C`` is given.
    strength : float, optional
        Strength of an elastic net on standardised columns, added to the mean loss; lambda in glmnet.
    l1_ratio : float, optional
        Proportion of the l1 penalty in the elastic net of ``strength`` or ``C``; the default is 0, ridge.
    C : float, optional
        As in scikit-learn: the loss is C times the sum over rows, and the penalty is on columns that are not
        standardised.
    fit_intercept : bool, default True
        Whether the model has an intercept, which is never penalised. A formula without intercept begins with
        ``"0 + ..."``.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``. Both are precision weights, and the standard errors of ``fit_`` treat
        them so. A model weighted by class needs sandwich standard errors instead, which ``lk.logit`` gives with
        ``weight_kind="sampling"``.
    missing : {'drop', 'raise'}, default 'drop'
        With a formula: whether rows with missing values are left out of the fit and counted, or are an error.
    unseen : {'raise', 'missing'}, default 'raise'
        With a formula: whether a level that does not occur in the fit is an error, or is treated as missing.
    functions : mapping of str to object, optional
        With a formula: your own functions that it uses, by name; functions of numpy need not be given.
    solver : Newton, ProxNewton or Stochastic, optional
        Options of the solver, such as ``lk.Newton(tol=1e-10)``, or ``lk.ProxNewton(tol=1e-8)`` with a penalty. With
        ``lk.Stochastic("adam", epochs=5)``, ``fit`` learns in mini-batches, and ``strength`` is the strength of a
        ridge.
    level : float, default 0.95
        Confidence level of the intervals.

    Attributes
    ----------
    classes_ : (2,) array
        The labels, sorted; the second is the event.
    coef_ : (1, p) array
        Coefficients without the intercept; finite even under separation, 0 for a column that earlier columns determine.
    coef_names_ : (p,) array of str
        Names of the coefficients: the columns, or the coded columns of the formula.
    intercept_ : (1,) array
        The intercept; 0 if the model has none.
    fit_ : Fit
        The fit, with summary, odds ratios, tests, intervals and the diagnosis of separation. Its rows are not pickled
        with the estimator. It does not exist after learning in mini-batches.
    learnt_ : StochasticFit
        The result of learning in mini-batches, as from ``lk.learn`` but without the batch optimum.
    n_iter_ : (1,) int array
        Iterations of the solver; with a penalty, 0 if the null model is the solution.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str
        Names of the columns, if X has names.

    Notes
    -----
    If the classes are separated, the estimates are infinite. ``fit`` then warns, and ``coef_`` is finite, so far along
    one direction that the probability of each separated row is within 1e-17 of its limit. The direction has the widest
    margin, and does not depend on repeated rows or on the order of rows.

    A row that the formula cannot code, because a value is missing, has probabilities nan. ``predict`` and ``score``
    raise an error for such rows, as they have no label; impute in an earlier step, or leave the rows out.

    Examples
    --------
    The coefficients equal those of ``lk.logit``:

    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitClassifier("age + lwt + C(race)").fit(data, data["low"])
    >>> model.fit_.coef.round(3).tolist()
    [1.305, -0.026, -0.014, 1.003, 0.444]
    >>> model.predict_proba(data)[:2].round(3).tolist()
    [[0.687, 0.313], [0.789, 0.211]]
    """
