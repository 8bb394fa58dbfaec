# Diagnostics of models of three outcomes, fitted by VGAM: race in the low birth weight data.
#
# One JSON, multinomial/diagnostics.json: the model, and by part what was computed, by packages where they have it and written out
# in R where they have not. Models fitted to two thirds of the rows are judged on the others, which `held_out` numbers from 0.

source(file.path("tests", "references", "goodness.R"), local = TRUE)
suppressPackageStartupMessages(library(VGAM))

LBW <- "datasets/lbw.csv"
lbw <- read_data(LBW)
lbw$race <- factor(lbw$race, levels = c("white", "black", "other"))
formula <- race ~ age + lwt + smoke + ui
fit_vglm <- function(data, formula, ...) {
  fit <- vglm(formula, family = multinomial(refLevel = 1), data = data, epsilon = 1e-14, maxit = 60, ...)
  # Two Newton steps more, by its own weights and its own working response.
  for (pass in 1:2) fit <- vglm(formula, family = multinomial(refLevel = 1), data = data, epsilon = 1e-14, maxit = 60,
                                coefstart = coef(fit), ...)
  fit
}
fit <- suppressWarnings(fit_vglm(lbw, formula))
p <- fitted(fit)
colnames(p) <- levels(lbw$race)
y <- model.matrix(~ 0 + race, lbw)

# ---- goodness of fit: Fagerland, Hosmer and Bofin, written out ------------------------------------------------------------------
generalised <- function(y, p, group) {
  observed <- rowsum(y, group)
  expected <- rowsum(p, group)
  statistic <- sum((observed - expected)^2 / expected)
  dof <- (nrow(observed) - 2) * (ncol(y) - 1)
  list(statistic = statistic, dof = dof, p_value = pchisq(statistic, dof, lower.tail = FALSE),
       observed = unname(t(observed)), expected = unname(t(expected)))
}
goodness <- list(
  r = generalised(y, p, group_by_quantile_cut(1 - p[, "white"], 10)),
  stata = generalised(y, p, group_by_xtile(1 - p[, "white"], 10)),
  stata_other = generalised(y, p, group_by_xtile(1 - p[, "other"], 8))
)

# ---- discrimination: pROC -------------------------------------------------------------------------------------------------------
one <- function(level) {
  curve <- pROC::roc(as.integer(lbw$race == level), p[, level], direction = "<", quiet = TRUE)
  interval <- as.numeric(pROC::ci.auc(curve, method = "delong"))
  list(auc = as.numeric(pROC::auc(curve)), variance = pROC::var(curve, method = "delong"), low = interval[1], high = interval[3])
}
discrimination <- list(
  hand_till = as.numeric(pROC::multiclass.roc(lbw$race, p)$auc),
  one_against_rest = lapply(setNames(nm = levels(lbw$race)), one)
)

# ---- recalibration of Van Hoorde et al.: a model of two thirds of the rows on the others ----------------------------------------
rows <- seq_len(nrow(lbw))
held_out <- rows %% 3 == 0
small <- suppressWarnings(fit_vglm(lbw[!held_out, ], formula))
q <- predict(small, newdata = lbw[held_out, ], type = "response")
judged <- data.frame(race = lbw$race[held_out], lp1 = log(q[, 2] / q[, 1]), lp2 = log(q[, 3] / q[, 1]))
slopes <- suppressWarnings(fit_vglm(judged, race ~ lp1 + lp2,
  constraints = list("(Intercept)" = diag(2), lp1 = rbind(1, 0), lp2 = rbind(0, 1))))
offsets <- as.matrix(judged[, c("lp1", "lp2")])
levels_only <- suppressWarnings(vglm(race ~ 1 + offset(offsets), family = multinomial(refLevel = 1), data = judged, epsilon = 1e-14,
  maxit = 60))
calibration <- list(
  intercept = numbers(coef(levels_only)), intercept_std_error = numbers(sqrt(diag(vcov(levels_only)))),
  slope = numbers(coef(slopes)[3:4]), slope_std_error = numbers(sqrt(diag(vcov(slopes)))[3:4]),
  log_loss = -mean(log(q[cbind(seq_len(nrow(q)), as.integer(judged$race))])),
  brier = mean(rowSums((model.matrix(~ 0 + race, judged) - q)^2))
)

# ---- collinearity: Fox and Monette on the covariance without intercepts ---------------------------------------------------------
V <- vcov(fit)
slope_rows <- grep("Intercept", rownames(V), invert = TRUE)
R <- cov2cor(V[slope_rows, slope_rows])
terms <- sub(":.*", "", rownames(R))
gvif <- sapply(unique(terms), function(term) {
  inside <- terms == term
  det(R[inside, inside]) * det(R[!inside, !inside]) / det(R)
})

write_reference("multinomial/diagnostics", "multinomial_diagnostics.R", "vglm(race ~ age + lwt + smoke + ui, multinomial(refLevel = 1))",
  list(
    model = list(formula = "race ~ age + lwt + smoke + ui", data_file = LBW, reference = "white"),
    fitted = unname(p), hat = numbers(rowSums(hatvalues(fit))), goodness = goodness, discrimination = discrimination,
    calibration = calibration, gvif = numbers(gvif), terms = unique(terms),
    held_out = I(as.integer(rows[held_out] - 1L))
  ),
  packages = c("VGAM", "pROC")
)
