# The worked example of Stata's [R] logistic manual, and the inference that hangs on it.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
source(file.path("tests", "references", "goodness.R"), local = TRUE)
suppressPackageStartupMessages({
  library(car)
  library(pROC)
})

fit <- fit_logit(low ~ age + lwt + race + smoke + ptl + ht + ui, lbw)
null <- fit_logit(low ~ 1, lbw)

# the digits of the manual, before anything is written
printed <- c(.46122389, -.02710031, -.01515082, 1.26264728, .86207916, .92334482, .54183656, 1.83251780, .75851348)
printed_se <- c(1.20458975, .03645043, .00692588, .52641014, .43915315, .40082664, .34624900, .69162924, .45937677)
stopifnot(
  max(abs(coef(fit) - printed)) < 5.1e-9, max(abs(sqrt(diag(vcov(fit))) - printed_se)) < 5.1e-9,
  abs(logLik(fit) + 100.7239956) < 1e-7, abs(AIC(fit) - 219.4479911) < 1e-7, abs(BIC(fit) - 248.6237143) < 1e-7
)

# ---- Wald tests and intervals --------------------------------------------------------------------------------------

wald <- function(formulaic, hypothesis) {
  table <- linearHypothesis(fit, hypothesis, test = "Chisq")
  list(
    hypothesis = formulaic, hypothesis_r = I(hypothesis), statistic = table[2, "Chisq"], dof = table[2, "Df"],
    p_value = table[2, "Pr(>Chisq)"]
  )
}
black <- paste0(RACE, "[T.black]")
other <- paste0(RACE, "[T.other]")
hypotheses <- list(
  age = wald("age = 0", "age = 0"),
  black_is_other = wald(paste(black, "=", other), "raceblack = raceother"),
  race = wald(paste0(black, " = 0, ", other, " = 0"), c("raceblack = 0", "raceother = 0")),
  shifted = wald("smoke - 2 * ptl = 0.5", "smoke - 2*ptl = 0.5")
)
interval <- function(level) list(level = level, lower = numbers(confint.default(fit, level = level)[, 1]),
                                 upper = numbers(confint.default(fit, level = level)[, 2]))
gvif <- vif(fit)

# ---- fit statistics, in formulas that a reader can check -----------------------------------------------------------

p <- fitted(fit)
ll <- as.numeric(logLik(fit))
ll0 <- as.numeric(logLik(null))
n <- nobs(fit)
cox_snell <- 1 - exp(2 * (ll0 - ll) / n)
lr <- 2 * (ll - ll0)

# ---- discrimination ------------------------------------------------------------------------------------------------

curve <- roc(lbw$low, p, levels = c(0, 1), direction = "<", quiet = TRUE)
delong <- as.numeric(ci.auc(curve, method = "delong"))
stopifnot(abs(auc(curve) - .746219) < 1e-6, abs(mean((lbw$low - p)^2) - .1794595636) < 1e-9)

# ---- Hosmer-Lemeshow, two groupings --------------------------------------------------------------------------------

hl_r <- hosmer_lemeshow(lbw$low, p, group_by_quantile_cut(p, 10))
hl_stata <- hosmer_lemeshow(lbw$low, p, group_by_xtile(p, 10))
stopifnot(abs(hl_r$statistic - 10.397803) < 1e-6, abs(hl_stata$statistic - 9.650683458) < 1e-8)

write_reference("lbw", "lbw.R", "glm(low ~ age + lwt + race + smoke + ptl + ht + ui, family = binomial), race with base white",
  list(
    model = describe_model(fit, LBW_FORMULA, LBW_FILE, event = 1L, response = "low"),
    fit = describe_fit(fit, lbw_new, spelling = RACE),
    inference = list(
      confint_wald = list(interval(0.95), interval(0.9)),
      odds_ratio = numbers(exp(coef(fit))),
      odds_ratio_std_error = numbers(exp(coef(fit)) * sqrt(diag(vcov(fit)))),
      wald_tests = hypotheses,
      lr_test = list(
        statistic = lr, dof = fit$rank - null$rank, p_value = pchisq(lr, fit$rank - null$rank, lower.tail = FALSE)
      ),
      gvif = list(
        term = I(ifelse(rownames(gvif) == "race", RACE, rownames(gvif))), gvif = numbers(gvif[, "GVIF"]),
        dof = numbers(gvif[, "Df"]), gvif_scaled = numbers(gvif[, "GVIF^(1/(2*Df))"])
      ),
      r_squared = list(
        mcfadden = 1 - ll / ll0, mcfadden_adjusted = 1 - (ll - fit$rank) / ll0, cox_snell = cox_snell,
        nagelkerke = cox_snell / (1 - exp(2 * ll0 / n)), tjur = mean(p[lbw$low == 1]) - mean(p[lbw$low == 0])
      ),
      brier = mean((lbw$low - p)^2),
      auc = list(
        auc = as.numeric(auc(curve)), variance_delong = var(curve, method = "delong"), level = 0.95, lower = delong[1],
        upper = delong[3]
      ),
      hosmer_lemeshow = list(r_quantile_cut = hl_r, stata_xtile = hl_stata)
    )
  ),
  packages = c("car", "pROC")
)
