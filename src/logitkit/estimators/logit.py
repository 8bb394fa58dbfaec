"""``LogitClassifier``: logistic regression behind scikit-learn's contract, with the fit's statistics beside it."""

from __future__ import annotations

from logitkit.estimators.with_penalty import FitWithPenalty

__all__ = ["LogitClassifier"]


class LogitClassifier(FitWithPenalty):
    r"""Logistic regression with two classes, by maximum likelihood unless a penalty is asked for.

    .. math:: \log \frac{P(y_i = c_2)}{P(y_i = c_1)} = \beta_0 + x_i'\beta

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``: X is then a data frame, whose categories, text and missing
        values the formula takes as they come. Without it X is columns of numbers, dense or sparse.
    penalty : penalty object, optional
        Such as ``lk.Lasso(0.1)``, ``lk.Ridge(0.1) + lk.Bounds(lower=0)`` or ``lk.Jeffreys()`` (Firth). At most one of
        ``penalty``, ``strength`` and ``C`` is given.
    strength : float, optional
        Strength of an elastic net on standardised columns, beside the mean loss; glmnet's lambda.
    l1_ratio : float, optional
        Share of the absolute values in the penalty of ``strength`` or ``C``, 0 (ridge) when it is not given.
    C : float, optional
        As scikit-learn has it: the loss is C times the sum over rows, and the penalty is on columns as they are.
    fit_intercept : bool, default True
        Whether there is an intercept, which is never penalised; a formula says it itself, by ``"0 + ..."``.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``. Both are weights of precision, by which the standard errors of
        ``fit_`` go: those of a model that is weighted by class need a sandwich, as ``lk.logit`` gives it for
        ``weight_kind="sampling"``.
    missing : {'drop', 'raise'}, default 'drop'
        With a formula: rows with missing values are left out of the fit and counted, or refused.
    unseen : {'raise', 'missing'}, default 'raise'
        With a formula: a level that the fit never saw is refused, or treated as missing.
    functions : mapping of str to object, optional
        With a formula: the caller's own functions that it uses, by name; numpy's need not be given.
    solver : Newton, ProxNewton or Stochastic, optional
        Options of the solver, such as ``lk.Newton(tol=1e-10)``; with a penalty ``lk.ProxNewton(tol=1e-8)``. With
        ``lk.Stochastic("adam", epochs=5)``, ``fit`` learns in mini-batches, and its ridge is ``strength``.
    level : float, default 0.95
        Confidence level of intervals.

    Attributes
    ----------
    classes_ : (2,) array
        The labels in order; the second is the event.
    coef_ : (1, p) array
        Coefficients without the intercept: finite under separation, 0 for a column that earlier ones determine.
    coef_names_ : (p,) array of str
        What they belong to: the columns, or the coded columns of the formula.
    intercept_ : (1,) array
        The intercept, 0 where there is none.
    fit_ : Fit
        The fit itself, with summary, odds ratios, tests, intervals, and what is known of separation. Its rows are left
        behind when the estimator is pickled. Not there after learning in mini-batches.
    learnt_ : StochasticFit
        What ``fit`` learnt in mini-batches, as ``lk.learn`` returns it, but without the batch optimum.
    n_iter_ : (1,) int array
        Iterations of the solver; with a penalty 0 where the null model is the solution.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : array of str
        Their names, where X has any.

    Notes
    -----
    When the classes are separated the estimates are infinite. ``fit`` then warns; ``coef_`` are finite and lie so far
    along one direction that the probability of every separated row is within 1e-17 of its limit. The direction is that
    of the widest margin, and does not change when rows are repeated or put in another order.

    A row that cannot be coded by the formula, because a value is missing, has the probability nan; ``predict`` and
    ``score`` refuse such rows, as there is no label for them. Impute in a step before, or leave the rows out.

    Examples
    --------
    The coefficients are those of ``lk.logit``:

    >>> import logitkit as lk
    >>> from logitkit.estimators import LogitClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = LogitClassifier("age + lwt + C(race)").fit(data, data["low"])
    >>> model.fit_.coef.round(3).tolist()
    [1.305, -0.026, -0.014, 1.003, 0.444]
    >>> model.predict_proba(data)[:2].round(3).tolist()
    [[0.687, 0.313], [0.789, 0.211]]
    """
