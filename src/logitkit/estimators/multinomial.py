"""``MultinomialClassifier``: multinomial regression as a scikit-learn estimator, with the statistics of the fit."""

from __future__ import annotations

from typing import ClassVar

from logitkit.estimators.with_penalty import FitWithPenalty

__all__ = ["MultinomialClassifier"]


class MultinomialClassifier(FitWithPenalty):
    r"""Multinomial logistic regression, by maximum likelihood or with a penalty.

    .. math:: P(y_i = c_k) = \frac{\exp(\beta_{0k} + x_i'\beta_k)}{\sum_l \exp(\beta_{0l} + x_i'\beta_l)},
        \qquad \sum_k \beta_k = 0

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``. X is then a data frame, as in ``LogitClassifier``. Without
        a formula X consists of columns of numbers, dense or sparse.
    penalty : penalty object, optional
        Such as ``lk.Lasso(0.1, across_outcomes=True)``, which selects a column for all classes or for none. At most one
        of ``penalty``, ``strength`` and ``C`` is given.
    strength : float, optional
        Strength of an elastic net on standardised columns, added to the mean loss; lambda in glmnet.
    l1_ratio : float, optional
        Proportion of the l1 penalty in the elastic net of ``strength`` or ``C``; the default is 0, ridge.
    C : float, optional
        As in scikit-learn: the loss is C times the sum over rows, and the penalty is on columns that are not
        standardised.
    fit_intercept : bool, default True
        Whether the model has intercepts, which are never penalised. A formula without them begins with ``"0 + ..."``.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``, both as in ``LogitClassifier``.
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
    classes_ : (K,) array
        The labels, sorted.
    coef_ : (K, p) array
        Coefficients without the intercepts, one row per class. They sum to zero over the classes, except those that an
        l1 penalty sets to zero. Finite even under separation, 0 for a column that earlier columns determine. With two
        classes the shape is (1, p): the second class against the first.
    coef_names_ : (p,) array of str
        Names of the coefficients: the columns, or the coded columns of the formula.
    intercept_ : (K,) array
        The intercepts, which sum to zero; 0 if the model has none. With two classes the shape is (1,).
    fit_ : MultinomialFit
        The fit, with summary, relative risk ratios, tests, intervals and diagnostics. Its rows are not pickled with the
        estimator. It does not exist after learning in mini-batches.
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
    With two classes the model is that of ``LogitClassifier``, with the same coefficients, penalty and shapes of
    results: ``coef_`` has one row, and ``decision_function`` returns the logit of the second class, as in scikit-learn.
    With more classes the penalty is on the coefficients of all classes, as in scikit-learn and glmnet, and there is no
    reference class; ``fit_.odds_ratios(against=...)`` compares with one class.

    If all or some of the classes are separated, estimates are infinite. ``fit`` then warns, and ``coef_`` is so far
    along one direction that a probability whose limit is zero is below 1e-17. The direction has the widest margin, and
    does not depend on repeated rows or on the order of rows. With hundreds of coefficients, separation may only be
    suspected. ``fit`` then warns that the fit has not converged, and ``coef_`` is the solver's last step, short of the
    limit. A penalty is the remedy.

    A row that the formula cannot code has probabilities nan; ``predict`` and ``score`` raise an error for it.

    Examples
    --------
    The probabilities equal those of ``lk.multinomial``:

    >>> import logitkit as lk
    >>> from logitkit.estimators import MultinomialClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = MultinomialClassifier("age + lwt").fit(data, data["race"])
    >>> model.classes_.tolist(), model.predict_proba(data)[0].round(3).tolist()
    (['black', 'other', 'white'], [0.393, 0.163, 0.444])
    """

    _several: ClassVar[bool] = True
