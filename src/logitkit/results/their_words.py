"""Keywords and attributes of other packages, and what is said of them; read once one was given."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from logitkit.errors import nearest_name
from logitkit.models.catalogue import statements
from logitkit.models.model import arguments_of, stated_by

__all__ = ["function_meant_by", "hint_of", "meant_by"]

ROBUST = (
    "Robust standard errors: fit.robust('HC3'), fit.robust('cluster', cluster=...), fit.robust('CR2', cluster=...), "
    "fit.robust('HAC', time=...) after the fit; cluster= or weight_kind='sampling' with it; survey=lk.Survey(...)."
)
SOLVER = "Options of the solver: solver=lk.Newton(tol=..., max_iter=...), with a penalty lk.ProxNewton(...)."
PENALTY = (
    "The strength belongs to the penalty: penalty=lk.Lasso(0.05); lk.strength_from() converts the strengths of other "
    "packages."
)
KEYWORDS = {
    **dict.fromkeys(("cov_type", "cov_kwds", "robust", "vce", "vcov", "se_type"), ROBUST),
    **dict.fromkeys(("max_iter", "maxiter", "tol", "epsilon", "method", "control"), SOLVER),
    **dict.fromkeys(("C", "lambda_", "reg_alpha", "lambdas", "penalty_strength"), PENALTY),
    "alpha": "The confidence level is level=0.95. " + PENALTY,
    "subset": "Give the rows themselves: data[data['x'] > 0], or data.query('x > 0').",
    "family": "The family is binomial; for more than two outcomes use lk.multinomial.",
    "sample_weight": "It is weights= here, and weight_kind= says which: 'frequency', 'precision' or 'sampling'.",
    "freq_weights": "It is weights= with weight_kind='frequency' here.",
    "var_weights": "It is weights= with weight_kind='precision' here.",
    "pweights": "It is weights= with weight_kind='sampling' here.",
    "groups": "Rows that belong together: cluster=; in a cross-validation folds=lk.Folds(groups=...).",
    **dict.fromkeys(
        ("start_params", "etastart", "init", "coef_init", "warm_start", "from_"), "It is start= here, a fit."
    ),
    "na_action": "It is missing= here: 'drop' or 'raise'.",
    "fit_intercept": "Without an intercept: '0 + ...' in the formula.",
    "labels": "Labels are stated to the function that fits, or of a fit: fit.labelled(lk.labels({...})).",
    "random_state": "It is seed= here.",
    "n_jobs": "Threads are set for everything at once: lk.set_threads(n).",
    "nthreads": "Threads are set for everything at once: lk.set_threads(n).",
    "cv": "It is folds= here.",
    "nfolds": "It is folds= here.",
    "foldid": "It is folds= here.",
    "newdata": "It is data= here.",
    "values": "Average predictions with a variable set to values: average_predictions(variable, values=...).",
    "exog": "It is data= here.",
    "se_fit": "predictions() has standard errors and intervals.",
    "exponentiate": "odds_ratios().",
    "ref": "Of a factor: C(x, contr.treatment('level')) in the formula; of several outcomes: reference=.",
    "model": "The model belongs to the function that fits it: lk.fit(formula, data, model=lk.Multinomial()).",
    "event": (
        "One of two outcomes is the event: lk.logit(..., event=...). With several outcomes none is; name a reference=."
    ),
    "reference": "One of several outcomes is the reference: lk.multinomial(..., reference=...).",
    "per_outcome": "Terms of single outcomes belong to lk.multinomial.",
    "equal": "Equal coefficients belong to lk.multinomial.",
    "absorb": "Levels are absorbed by lk.logit and lk.fit, in a model with two outcomes; elsewhere write C(...).",
    "across_outcomes": "It belongs to the penalty: lk.Lasso(across_outcomes=True).",
}
ONE_AT_A_TIME = (
    "Fit the groups one at a time: {group: lk.fit(formula, rows, ...) for group, rows in data.groupby(...)}."
)
#: Why some functions have not what others that fit have, by the argument that tells them apart.
NOT_TAKEN = {
    "by": {
        "survey": (
            "A survey design spans the groups, each of which is a domain of it: one fit per group, "
            "lk.fit(formula, data, weights=..., survey=lk.Survey(..., domain=data['g'] == 'a'))."
        ),
        "dispersion": f"Each group has a dispersion of its own. {ONE_AT_A_TIME}",
        "penalty": f"Groups are fitted together by maximum likelihood only. {ONE_AT_A_TIME}",
        "start": f"Groups start together from one fit of all rows. {ONE_AT_A_TIME}",
    },
    "n_strengths": {
        "survey": (
            "A path has no errors that a survey design would enter: give weights= with weight_kind='sampling', keep "
            "units together by folds=lk.Folds(groups=...) of a cross-validation, and fit the chosen terms by "
            "lk.fit(..., survey=lk.Survey(...))."
        ),
        "dispersion": "A dispersion changes errors and tests, which a path has not: lk.fit(..., dispersion=...).",
        "conventions": (
            "None of R, Stata and SAS has a path whose conventions it could follow: state the model, "
            "model=lk.Binary(event=...), and give conventions= to lk.fit."
        ),
        "start": "A path starts each strength from the one before.",
        "cluster": (
            "Clusters change errors, which a path has not: lk.fit(..., cluster=...); a cross-validation keeps them "
            "together by folds=lk.Folds(groups=...)."
        ),
    },
    "class_weight": {
        "survey": "An estimator has no table with a survey design: lk.logit(..., survey=lk.Survey(...)).",
        "dispersion": "The rows of an estimator are single outcomes, not counts: lk.logit(..., dispersion=...).",
        "conventions": (
            "The contract of scikit-learn says which class is the event and in which order classes come: "
            "lk.logit(..., conventions=...)."
        ),
        "start": "An estimator fits anew, and partial_fit goes on from what it has: lk.logit(..., start=fit).",
        "cluster": "The errors of fit_ are model-based; robust ones are those of estimator.fit_.robust(cluster=...).",
    },
}
OF_ANOTHER = "It is stated by another model, which lk.fit takes: {0}."
OF_MODEL = "It belongs to the model: {0}."
FAMILY = "It is model= here: lk.Binary(), and lk.Multinomial() for more than two outcomes."
#: Options of lk.Folds, by the words for them, and the arguments that take it.
OF_FOLDS = {
    **{word: word for word in ("stratify", "groups", "time", "repeats", "seed", "given")},
    **dict.fromkeys(("random_state", "shuffle"), "seed"),
    **dict.fromkeys(("foldid", "splits"), "given"),
    "n_repeats": "repeats",
}
#: What is said of an argument that one verb has not, by the verb.
OF_VERBS = {
    ("jackknife", "cluster"): (
        "Clusters belong to the fit, whose jackknife leaves out one at a time: lk.logit(..., cluster='g').jackknife(); "
        "their sandwich covariance is fit.robust(cluster='g')."
    ),
    ("bootstrap", "cluster"): "Clusters belong to the fit, whose bootstrap draws them: lk.logit(..., cluster='g').",
    ("average_predictions", "at"): (
        "Probabilities with the other variables at given values, or at their means, are those of "
        "fit.predictions(data=...), and of fit.means(factor) over a grid."
    ),
}
WITH_ROWS = ("weights", "offset", "y", "unseen")  # what belongs to other rows than those of the fit
DIVIDED = "The division of rows belongs to {0}=: {0}=lk.Folds({1}=...)."
DIVIDING = ("folds", "cv")
ATTRIBUTES = {
    **dict.fromkeys(("extract_eq", "equatiomatic", "formula_latex"), "equation()"),
    **dict.fromkeys(("params", "coef_", "coefficients", "coefs", "beta"), "coef"),
    **dict.fromkeys(("bse", "se", "stderr", "standard_errors"), "std_error"),
    **dict.fromkeys(("pvalues", "p_values", "pvalue"), "tidy()['p_value']"),
    **dict.fromkeys(("tvalues", "zvalues", "z"), "tidy()['statistic']"),
    **dict.fromkeys(("conf_int", "ci"), "confint()"),
    **dict.fromkeys(("nobs", "n"), "n_obs"),
    **dict.fromkeys(("llf", "logLik", "ll", "log_likelihood"), "loglik"),
    **dict.fromkeys(("llnull", "null_loglik"), "null_deviance"),
    **dict.fromkeys(("df_resid", "df_residual"), "dof_residual"),
    **dict.fromkeys(("df_model", "rank"), "n_params"),
    **dict.fromkeys(("cov_params", "cov", "covariance"), "vcov"),
    **dict.fromkeys(("llr", "llr_pvalue"), "lr_test()"),
    **dict.fromkeys(("resid", "resid_response", "resid_pearson", "resid_dev", "resid_deviance"), "residuals(kind)"),
    **dict.fromkeys(("fittedvalues", "fitted", "fitted_values", "predict_proba", "mu"), "predict()"),
    **dict.fromkeys(("linear_predictor", "linear_predictors"), "predict_link()"),
    "decision_function": "predict_logit()",
    **dict.fromkeys(("avg_predictions", "predictive_margins"), "average_predictions(variable)"),
    **dict.fromkeys(("emmeans", "lsmeans", "marginal_means", "estimated_marginal_means"), "means(factor)"),
    **dict.fromkeys(("ame", "mem", "dydx", "margeff"), "effects()"),
    **dict.fromkeys(("margins", "get_margeff", "avg_slopes", "slopes", "comparisons", "avg_comparisons"), "effects()"),
    "marginal_effects": "effects()",
    **dict.fromkeys(("prsquared", "pseudo_rsquared", "rsquared", "r2"), "r_squared"),
    **dict.fromkeys(("summary2", "summary_frame"), "summary(), or tidy() for a data frame"),
    **dict.fromkeys(("wald_test", "t_test", "f_test", "linear_hypothesis", "hypotheses", "testparm"), "test('x = 0')"),
    **dict.fromkeys(("lincom", "glht"), "test('a + b = 0'), with intervals by confint(of='a + b')"),
    **dict.fromkeys(("nlcom", "testnl", "deltaMethod", "delta_method"), "test('a / b = 0')"),
    **dict.fromkeys(("vce", "vcovHC", "vcovCL", "sandwich", "cluster", "robust_se"), "robust(kind, cluster=...)"),
    **dict.fromkeys(("ed50", "ld50", "dose", "dose_p", "inverse_predict"), "inverse(variable, 0.5)"),
    **dict.fromkeys(("tost", "non_inferiority", "noninferiority"), "equivalence(name, low, high)"),
    **dict.fromkeys(("to_latex", "to_html", "to_markdown"), "summary(), whose tables have to_latex() and the like"),
    "AIC": "aic",
    "BIC": "bic",
    "or_": "odds_ratios()",
    "profile_likelihood": "profile()",
    "compare_lr_test": "lr_test(), and for two fits lk.compare(fit1, fit2)",
    **dict.fromkeys(("term_tests", "Anova", "anova_lm", "anova_table"), "anova()"),
    **dict.fromkeys(("get_influence", "cooks_distance", "hatvalues", "leverage"), "influence()"),
    **dict.fromkeys(("dfbeta", "influence_measures"), "dfbetas(), and influence()"),
    **dict.fromkeys(("get_prediction", "prediction"), "predictions()"),
    **dict.fromkeys(("vif", "variance_inflation_factor"), "collinearity()"),
    **dict.fromkeys(("auc", "roc", "roc_auc"), "discrimination()"),
    **dict.fromkeys(("somers_d", "gamma", "tau_a", "kendall", "c_index", "c_statistic", "somersd"), "concordance()"),
    **dict.fromkeys(("ctable", "lsens", "sensitivity", "specificity"), "classification_table()"),
    **dict.fromkeys(("youden", "optimal_threshold", "cutpoint", "optimal_cutoff"), "thresholds('youden')"),
    **dict.fromkeys(("dca", "net_benefit"), "decision_curve()"),
    **dict.fromkeys(("nri", "idi", "improve_prob"), "reclassification(other)"),
    **dict.fromkeys(("average_precision", "pr_curve", "auprc"), "precision_recall()"),
    **dict.fromkeys(("lift_curve", "lift_table", "cap_curve", "accuracy_ratio"), "gains()"),
    **dict.fromkeys(("pauc", "partial_area"), "partial_auc(fpr=(0, 0.1))"),
    **dict.fromkeys(("roccontrast", "roccomp", "delong", "delong_test", "compare_roc"), "roc_test(other)"),
    **dict.fromkeys(("confusion", "confusion_matrix", "pred_table", "classification_table"), "classification()"),
    **dict.fromkeys(("mle_retvals", "n_iter_", "iterations"), "status, and trace"),
    **dict.fromkeys(("hl_test", "hoslem", "logitgof"), "hosmer_lemeshow()"),
    **dict.fromkeys(("val_prob", "calibration_curve", "calibrate", "ici", "val_prob_ci"), "calibration(data)"),
    **dict.fromkeys(("optimism", "predab_resample", "cross_val_predict"), "validate(n=500, seed=1)"),
    **dict.fromkeys(("reliability_diagram", "reliabilitydiag", "corp"), "reliability(data)"),
    **dict.fromkeys(("platt", "temperature_scaling", "platt_scaling", "closed_test"), "recalibrate(data, method=...)"),
    **dict.fromkeys(("gof", "estat_gof"), "goodness_of_fit()"),
    **dict.fromkeys(("calibrationbelt", "givitiCalibrationBelt"), "calibration_belt()"),
    **dict.fromkeys(("linktest", "pregibon"), "link_test()"),
    **dict.fromkeys(("boxtid", "boxTidwell"), "box_tidwell()"),
    **dict.fromkeys(("endog", "exog"), "design"),
}

OTHERS = {  # not called anything here: what is near is another quantity
    **dict.fromkeys(
        ("risk_ratios", "risk_ratio", "relative_risk", "relative_risks"),
        "Ratios of odds, which are another quantity, are odds_ratios(); of several outcomes they are also called "
        "relative risk ratios. Ratios of average probabilities are effects(scale='risk_ratio'); with link='log' the "
        "ratios of odds_ratios() are those of risks.",
    ),
    **dict.fromkeys(("lrtest", "likelihood_ratio"), "Two nested fits are compared by lk.compare(fit1, fit2)."),
    **dict.fromkeys(("firth", "logistf"), "Firth's estimates are fitted anew: lk.logit(..., penalty=lk.Jeffreys())."),
}
LOGIT = "lk.logit('y ~ x', data)"
MULTINOMIAL = "lk.multinomial('y ~ x', data)"
FIRTH = "lk.logit('y ~ x', data, penalty=lk.Jeffreys())"
SURVEY = "lk.logit('y ~ x', data, weights='w', survey=lk.Survey(strata='s', units='u'))"
FUNCTIONS = {
    **dict.fromkeys(("glm", "GLM", "Logit", "logistic", "logistic_regression"), LOGIT),
    **dict.fromkeys(("logistf", "firth", "Firth", "brglm", "FirthLogisticRegression"), FIRTH),
    **dict.fromkeys(("svyglm", "svydesign", "svyset", "svy"), SURVEY),
    **dict.fromkeys(("margins", "effects", "avg_slopes", "avg_comparisons"), f"{LOGIT}.effects()"),
    **dict.fromkeys(("emmeans", "lsmeans"), f"{LOGIT}.means(factor)"),
    **dict.fromkeys(("Anova", "car_anova"), f"{LOGIT}.anova()"),
    **dict.fromkeys(("mnlogit", "MNLogit", "multinom", "mlogit", "vglm"), MULTINOMIAL),
    "LogisticRegression": f"{LOGIT}, or as an estimator of scikit-learn lk.estimators.LogitClassifier()",
    **dict.fromkeys(("roc_compare", "delong_test", "delong_roc_test", "roccomp"), "lk.roc_test(y, scores1, scores2)"),
    "LogisticRegressionCV": "lk.cross_validate('y ~ x', data), or lk.estimators.LogitClassifierCV()",
    **dict.fromkeys(("pmsampsize", "samplesize"), "lk.sample_size(n_parameters, prevalence, r_squared=...)"),
    **dict.fromkeys(("pwr", "power_logistic", "wp_logistic"), "lk.power(odds_ratio=..., power=..., event_rate=...)"),
    **dict.fromkeys(("mice", "mi_estimate", "MIAnalyze", "mianalyze"), "lk.pool(fits), of fits to the imputed tables"),
    **dict.fromkeys(
        ("modelsummary", "esttab", "stargazer", "etable", "texreg", "summary_col", "outreg2", "Stargazer"),
        "lk.regression_table(fit1, fit2, ...)",
    ),
    **dict.fromkeys(("tbl_regression", "finalfit", "tbl_merge"), "lk.regression_table(fit, univariable=True)"),
    "tbl_uvregression": "lk.univariable('y ~ x + z', data)",
    **dict.fromkeys(("CreateTableOne", "TableOne", "tableone", "tbl_summary"), "lk.table_one('y ~ x + z', data)"),
    **dict.fromkeys(("set_variable_labels", "var_label"), "lk.labels({'x': 'Label of x'})"),
    **dict.fromkeys(("glmnet", "enet_path"), "lk.path('y ~ x', data)"),
    **dict.fromkeys(("lrtest", "lr_test", "anova"), "lk.compare(fit1, fit2), or of one fit fit.anova()"),
    **dict.fromkeys(("vuongtest", "vuong_test"), "lk.vuong(fit1, fit2)"),
    **dict.fromkeys(("cv_glmnet", "cross_val_score"), "lk.cross_validate('y ~ x', data)"),
}


def hint_of(verb: str, word: str, known: Collection[str], *, value: object, stated: bool, owner: type | None) -> str:
    """Return what is said of a keyword that a function has not.

    Parameters
    ----------
    verb, word : str
        The names of the function and of the keyword.
    known : collection of str
        Its own arguments.
    value : object
        What was given.
    stated : bool
        Whether it takes a model.
    owner : type or None
        The class whose method it is.

    Examples
    --------
    >>> hint_of("predict", "newdata", ["data"], value=None, stated=False, owner=None)
    'It is data= here.'
    """
    if stated and word in _stated():
        return OF_MODEL.format(_calls(word, f"{value!r:.60}"))
    if word in WITH_ROWS and owner is not None and "data" in known:
        other_rows = getattr(owner, "_other_rows", "")
        if other_rows:
            return f"It belongs to the rows: {other_rows.format(verb=verb, word=word)}."
    hints = {each: OF_ANOTHER.format(_calls(each, "...")) for each in _stated()} | KEYWORDS
    if "solver" not in known:  # a verb of a fit has no options of a solver to point to
        hints = {each: text for each, text in hints.items() if text is not SOLVER}
    for name, texts in NOT_TAKEN.items():  # in order: of an estimator of paths the words for estimators count
        if name in known:
            hints |= texts
    for name in set(DIVIDING) & set(known):
        hints |= {each: DIVIDED.format(name, option) for each, option in OF_FOLDS.items()}
        hints |= dict.fromkeys(DIVIDING, f"It is {name}= here.")
    if stated:
        hints["family"] = FAMILY
    own_words = nearest_name(word, list(known)) if known else "It takes none."
    return OF_VERBS.get((verb, word)) or hints.get(word) or own_words


@functools.cache
def _stated() -> frozenset[str]:
    """Return the arguments of all models."""
    return frozenset(name for kind in statements() for name in arguments_of(kind))


def _one(kind: type) -> str:
    """Return the name of a class with its article."""
    return f"{'An' if kind.__name__[0] in 'AEIOU' else 'A'} {kind.__name__}"


def _calls(word: str, value: str) -> str:
    """Return the models that state a word, as the argument that takes them."""
    return " or ".join(f"model=lk.{owner}({word}={value})" for owner in stated_by(word))


def meant_by(name: str, kind: type) -> str:
    """Return a message with the name, in this package, of an attribute of another package's fits.

    Examples
    --------
    >>> import logitkit as lk
    >>> meant_by("bse", lk.Fit)
    "A Fit has no attribute 'bse'. It is called std_error here."
    """
    own = [each for each in dir(kind) if not each.startswith("_")]
    if name in OTHERS and "odds_ratios" in own:
        return f"{_one(kind)} has no attribute {name!r}. {OTHERS[name]}"
    known = ATTRIBUTES.get(name)
    offered = known is not None and known.partition("(")[0].partition(",")[0] in own
    hint = f"It is called {known} here." if offered else nearest_name(name, own)
    return f"{_one(kind)} has no attribute {name!r}. {hint}"


def function_meant_by(name: str, own: Sequence[str]) -> str:
    """Return a message with the name, in this package, of a function or class of another package.

    Examples
    --------
    >>> function_meant_by("glm", ["logit", "path"])
    "logitkit has no attribute 'glm'. Here it is lk.logit('y ~ x', data)."
    """
    ours = FUNCTIONS.get(name, f"lk.estimators.{name}" if name.endswith(("Classifier", "ClassifierCV")) else "")
    for kind in statements():
        short = kind.__name__.lower()
        if name in kind.called and short in own and not kind.called[name]:
            ours = ours or f"lk.{short}('y ~ x', data)"
        if name in kind.called:
            ours = ours or f"lk.fit('y ~ x', data, model=lk.{kind.__name__}({kind.called[name]}))"
    hint = f"Here it is {ours}." if ours else nearest_name(name, own)
    return f"logitkit has no attribute {name!r}. {hint}"
