"""What the cells of notebooks must have found: run behind the cell that holds the line, and unseen by readers."""

from __future__ import annotations

# By notebook, a line of a cell and the statements that must hold when it has run.
CLAIMS: dict[str, list[tuple[str, str]]] = {
    "02-credit-scoring": [
        (
            'loans["line_of_credit"] = (loans["revolving"] == "Y").map({True: "yes", False: "no"})',
            """
assert not set(VARIABLES) & set(LEAKS)
""",
        ),
    ],
    "03-penalised": [
        (
            "down = lk.path_matrix(X, y, names, penalty=lk.Lasso(), ratio=1e-8, n_strengths=60)",
            """
assert "separated" in down.status
assert len(down.strengths) < 60
""",
        ),
        (
            'perfect = (cv_auc.scores["mean"] == 1).sum()',
            """
assert perfect > 50
assert cv_auc.best_strength > 10 * cv.best_strength
""",
        ),
        (
            "certificate = fit.certificate()",
            """
assert certificate.relative_gap < 1e-10
""",
        ),
        (
            "def score(y, probability):",
            """
assert new["wrong"] == 1
assert new["mean deviance"] > promised["mean"] + 10 * promised["std_error"]
""",
        ),
        (
            "rng = np.random.default_rng(1)",
            """
assert (share > 0).sum() > 5 * original.sum()
assert 1 <= (share >= 0.9).sum() < original.sum()
assert same == 0
""",
        ),
        (
            "net_cv = lk.cross_validate_matrix(",
            """
assert in_net > 5 * in_lasso
assert (beside["elastic net"] > 0).sum() > (beside["lasso"] > 0).sum()
""",
        ),
        (
            "mean, scale = X[:, 1:].mean(axis=0), X[:, 1:].std(axis=0)",
            """
assert held_out["genes"].to_list() == [11, in_net, len(genes)]
assert held_out["wrong"].to_list() == [1, 0, 0]
assert held_out["mean deviance"].idxmax() == "ridge"
assert held_out["mean deviance"].idxmin() == "elastic net"
assert in_net > in_lasso + 100
assert held_out["mean sureness"].is_monotonic_decreasing
""",
        ),
        (
            "reviews = lk.datasets.load_womens_reviews()",
            """
assert len(vocabulary) == 1_232
""",
        ),
        (
            "word_cv = lk.cross_validate_matrix(",
            """
assert (sparing.coef != 0).sum() < 0.7 * (best.coef != 0).sum()
""",
        ),
        (
            "spread = np.sqrt(W[train].mean(axis=0) * (1 - W[train].mean(axis=0)))",
            """
assert weight["love"] > 0 > weight["cheap"]
""",
        ),
        (
            "y_new = recommended[~train]",
            """
assert (judged["mean deviance"] < 0.75 * always["mean deviance"]).all()
assert (judged["slope_low"] > 1).all()
assert judged.loc["one standard error", "slope"] > judged.loc["best", "slope"]
""",
        ),
        (
            "first = best.coef.to_numpy()",
            """
assert promised["adaptive"] < 0.95 * promised["best"]
assert delivered["adaptive"] > delivered["best"]
assert judged.loc["adaptive", "slope_high"] < 1
""",
        ),
        (
            "births = lk.datasets.load_lbw()",
            """
# A path stops at a gap of 1e-6.
assert np.allclose(group.coef.iloc[0][["Intercept", "age", "smoke"]], start.coef, atol=1e-4)
assert counts.loc[1, "group lasso"] == 0 < counts.loc[1, "lasso"]
""",
        ),
    ],
    "04-images": [
        (
            "inked = np.array([(ink[learn & (label == digit)][:, used] > 0).any(axis=0) for digit in range(10)])",
            """
assert not inked.all()
""",
        ),
        (
            'learnt = {"X": X[learn], "y": label[learn], "names": names}',
            """
assert cv.best_strength not in (strengths[0], strengths[-1])
""",
        ),
        (
            "at = np.flatnonzero(judge & (label == 3))[4]",
            """
assert np.allclose(logit, score - score.mean())
assert np.allclose(probability, fit.predict(X[[at]]).iloc[0])
""",
        ),
        (
            "first, second = logit.nlargest(2).index",
            """
assert np.isclose(odds, probability[first] / probability[second])
assert np.allclose(softmax(logit + 5), probability)
""",
        ),
        (
            'fifths = pd.qcut(sure, 5, labels=["least sure", "2", "3", "4", "surest"])',
            """
assert caught > 0.5
""",
        ),
        (
            "half = rng.permutation(np.flatnonzero(learn))",
            """
assert alike < 0.7 < agree
""",
        ),
        (
            "def moved(images, by):",
            """
assert errors[4] > 3 * errors[0]
""",
        ),
        (
            "def at_temperature(fit, rows, T):",
            """
assert found.loc["weak", "T"] > 1 > found.loc["strong", "T"]
assert found["log loss at T"]["weak"] < found["log loss"]["weak"]
assert found["log loss at T"]["strong"] < found["log loss"]["strong"]
assert (found["log loss"] - found["log loss at T"]).abs().idxmin() == "chosen"
assert abs(found["log loss"] - found["log loss at T"])["chosen"] < 0.01
assert np.log(found["T"]).abs().idxmin() == "chosen"
for name in found.index:
    before, after = (at_temperature(models[name], judge, T) for T in (1, found["T"][name]))
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()
""",
        ),
    ],
    "05-next-word": [
        (
            "def followers(context, word, size):",
            """
assert np.allclose(counts.predict(judge[:500], discounts).sum(axis=1), 1)
""",
        ),
        (
            "rng = np.random.default_rng(1)",
            """
assert flattered < counted
""",
        ),
        (
            "def design(rows):",
            """
assert [int(outcome) for outcome in fit.outcomes] == list(range(K))
""",
        ),
        (
            'given = pd.DataFrame({name: one["given"] for name, one in found.items()})',
            """
assert min(of_mixture) > 3
""",
        ),
        (
            "pair = judge[:, 2] * (K + 1) + judge[:, 1]",
            """
assert gained["never"] > gained["more often"]
""",
        ),
        (
            "B = fit.coef.to_numpy()",
            """
assert np.allclose(softmax(logits(judge[9, 1], judge[9, 2])), by_logits(judge[9:10]))
""",
        ),
        (
            '"all": lk.logits.Sampler(),',
            """
assert sampled.loc["T = 0.5", "entropy"] < sampled.loc["all", "entropy"] < sampled.loc["T = 1.5", "entropy"]
assert (sampled.loc[["T = 0.5", "T = 1.5"], "the word could be drawn"] == 1).all()
""",
        ),
        (
            "for penalty in (1.0, 1.1, 1.3, 1.6):",
            """
assert penalties["seen before"].is_monotonic_decreasing
""",
        ),
        (
            'here, seen = logits(code["had"], code["she"])[1:], [code["been"] - 1, code["had"] - 1]',
            """
assert np.isclose(samplers["all"].probabilities(here + 5.0)[seen[0]], plain)
""",
        ),
    ],
    "11-detection": [
        (
            "B = fit.coef.to_numpy()",
            """
assert [int(each) for each in fit.outcomes] == list(range(11))
assert np.allclose(p[:, 1:].max(axis=1), found[0].scores[: len(p)], rtol=1e-9)
""",
        ),
    ],
    "13-updating": [
        (
            'extended.save(folder / "extended.json")',
            """
assert (loaded.predict(later) == extended.predict(later)).all()
""",
        ),
        (
            'formula = "outcome ~ arm + pep + psphinc + difcan"',
            """
assert np.allclose(warm.coef, cold.coef, rtol=0, atol=1e-8 * cold.std_error.max())
""",
        ),
    ],
    "14-mini-batches": [
        (
            '"SGD": lk.Stochastic("sgd", ridge=RIDGE),',
            """
assert (excess.loc[64, ["Adam", "RMSprop"]] < 1e-3).all()
assert excess.apply(lambda column: column.is_monotonic_decreasing).all()
assert (excess.loc[8, "Adam"] < excess.loc[64, ["SGD", "SAGA"]]).all()
""",
        ),
        (
            'adam = learnt(METHODS["Adam"], epochs=16)',
            """
assert agree > 0.99
""",
        ),
        (
            'plain = lk.Stochastic("adam", epochs=60)',
            """
assert losses["dropout as noise"] < losses["none"]
assert losses["dropout as ridge"] < losses["none"]
assert alike > 0.9
""",
        ),
        (
            "frequent = [0, *sorted(np.argsort(-np.asarray(X.sum(axis=0)).ravel())[1:31])]",
            """
assert same < 1e-8
assert spread[16] > 1.5 * spread[64] > 2 * spread[256]
""",
        ),
        (
            "def by_row(rows):",
            """
assert wider["normalised"] < wider["as they are"]
""",
        ),
        (
            'model = LogitClassifier(solver=METHODS["Adam"]).fit(X[:, 1:], y)',
            """
assert np.allclose(model.predict_proba(X_new[:, 1:])[:, 1], learnt(METHODS["Adam"]).predict(X_new))
assert (kept.predict(X_new) == model.learnt_.predict(X_new)).all()
""",
        ),
    ],
}
