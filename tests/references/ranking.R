# Measures of ranking of the births: pROC's tests of ROC curves and partial areas (as they are, and corrected as McClish does),
# rank correlations by Hmisc. Scores: the log odds of two fits, minus weight and minus age.

suppressPackageStartupMessages(library(pROC))
lbw <- read_data("datasets/lbw.csv")
large <- unname(predict(fit_logit(low ~ age + lwt + race + smoke + ht + ui, lbw)))
small <- unname(predict(fit_logit(low ~ age + lwt, lbw)))
curve_of <- function(score, rows = TRUE) {
  roc(lbw$low[rows], score[rows], levels = c(0, 1), direction = "<", quiet = TRUE)
}
scores <- list(large = large, small = small, weight = -lbw$lwt, age = -lbw$age)
curves <- lapply(scores, curve_of)
odd <- seq_len(nrow(lbw)) %% 2 == 1

compared <- function(one, other, ...) {
  found <- roc.test(one, other, ...)
  list(statistic = unname(found$statistic), p_value = found$p.value)
}
set.seed(1)
paired_curves <- compared(curves$large, curves$small, paired = TRUE, method = "venkatraman", boot.n = 4000, progress = "none")
partial <- function(curve, focus, bounds) {
  find <- function(correct) {
    as.numeric(auc(curve, partial.auc = bounds, partial.auc.focus = focus, partial.auc.correct = correct))
  }
  list(area = find(FALSE), corrected = find(TRUE))
}

visits <- pmin(lbw$ftv, 2)
ordered_fit <- MASS::polr(factor(visits) ~ age + lwt + smoke, lbw, control = list(reltol = 1e-15))
mean_score <- drop(predict(ordered_fit, type = "probs") %*% 0:2)
write_reference("discrimination/ranking", "ranking.R", "roc.test(roc1, roc2); auc(roc, partial.auc = ); rcorr.cens(); improveProb()", list(
  auc = lapply(curves, function(curve) as.numeric(auc(curve))),
  variance = lapply(curves, var),
  covariance = cov(curves$large, curves$weight),
  delong = list(
    paired = compared(curves$large, curves$weight, paired = TRUE, method = "delong"),
    unpaired = compared(curve_of(large, odd), curve_of(-lbw$age, !odd), paired = FALSE, method = "delong")
  ),
  venkatraman = list(paired = paired_curves),
  partial = list(
    specificity = partial(curves$large, "specificity", c(1, 0.8)),
    middle = partial(curves$weight, "specificity", c(0.7, 0.45)),
    sensitivity = partial(curves$large, "sensitivity", c(1, 0.75))
  ),
  rank = lapply(scores[c("small", "weight")], function(x) as.list(Hmisc::rcorr.cens(x, lbw$low))),
  improvement = as.list(Hmisc::improveProb(plogis(small), plogis(large), lbw$low)[c("nri", "se.nri", "idi", "se.idi", "nri.ev",
    "se.nri.ev", "nri.ne", "se.nri.ne")]),
  ordered = as.list(Hmisc::rcorr.cens(mean_score, visits))
), packages = c("pROC", "Hmisc", "MASS"), passes = "")
