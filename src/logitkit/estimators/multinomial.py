"""``MultinomialClassifier``: one model of all classes behind scikit-learn's contract, with its statistics beside it."""

from __future__ import annotations

from typing import ClassVar

from logitkit.estimators.with_penalty import FitWithPenalty

__all__ = ["MultinomialClassifier"]


class MultinomialClassifier(FitWithPenalty):
    r"""Multinomial logistic regression, by maximum likelihood unless a penalty is asked for.

    .. math:: P(y_i = c_k) = \frac{\exp(\beta_{0k} + x_i'\beta_k)}{\sum_l \exp(\beta_{0l} + x_i'\beta_l)},
        \qquad \sum_k \beta_k = 0

    Parameters
    ----------
    formula : str, optional
        Right side of a formula, such as ``"age + C(sex)"``: X is then a data frame, as in ``LogitClassifier``. Without
        it X is columns of numbers, dense or sparse.
    penalty : penalty object, optional
        Such as ``lk.Lasso(0.1, across_outcomes=True)``, with which a column enters for all classes or for none. At most
        one of ``penalty``, ``strength`` and ``C`` is given.
    strength : float, optional
        Strength of an elastic net on standardised columns, beside the mean loss; glmnet's lambda.
    l1_ratio : float, optional
        Share of the absolute values in the penalty of ``strength`` or ``C``, 0 (ridge) when it is not given.
    C : float, optional
        As scikit-learn has it: the loss is C times the sum over rows, and the penalty is on columns as they are.
    fit_intercept : bool, default True
        Whether there are intercepts, which are never penalised; a formula says it itself, by ``"0 + ..."``.
    class_weight : mapping or 'balanced', optional
        Weight by label, times ``sample_weight``, both as in ``LogitClassifier``.
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
    classes_ : (K,) array
        The labels in order.
    coef_ : (K, p) array
        Coefficients without the intercepts, one row per class; they sum to zero over the classes, but for those that an
        l1 penalty holds at zero. Finite under separation, 0 for a column that earlier ones determine. Of two classes
        (1, p), those of the second against the first.
    coef_names_ : (p,) array of str
        What they belong to: the columns, or the coded columns of the formula.
    intercept_ : (K,) array
        The intercepts, which sum to zero; 0 where there are none. Of two classes (1,).
    fit_ : MultinomialFit
        The fit itself, with summary, relative risk ratios, tests, intervals and diagnostics. Its rows are left behind
        when the estimator is pickled. Not there after learning in mini-batches.
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
    Two classes are the model of ``LogitClassifier``, with its coefficients, its penalty and the shapes of its results:
    ``coef_`` has one row, and ``decision_function`` returns the logit of the second class. This is scikit-learn's form
    too. With more the penalty is on the coefficients of all classes, as in scikit-learn and glmnet, and no class is the
    reference; ``fit_.odds_ratios(against=...)`` compares with one.

    When the classes are separated, or some of them in some rows, estimates are infinite. ``fit`` then warns, and
    ``coef_`` lie so far along one direction that a probability whose limit is zero is below 1e-17. The direction is
    that of the widest margin, and does not change when rows are repeated or put in another order. Of hundreds of
    coefficients separation is proved or only suspected: ``fit`` then warns that the fit has not converged, and
    ``coef_`` are those of the solver's last step, short of the limit. A penalty is the remedy.

    A row that cannot be coded by the formula has the probability nan; ``predict`` and ``score`` refuse it.

    Examples
    --------
    The probabilities are those of ``lk.multinomial``:

    >>> import logitkit as lk
    >>> from logitkit.estimators import MultinomialClassifier
    >>> data = lk.datasets.load_lbw()
    >>> model = MultinomialClassifier("age + lwt").fit(data, data["race"])
    >>> model.classes_.tolist(), model.predict_proba(data)[0].round(3).tolist()
    (['black', 'other', 'white'], [0.393, 0.163, 0.444])
    """

    _several: ClassVar[bool] = True
