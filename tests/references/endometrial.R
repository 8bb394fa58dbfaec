# Quasi-complete separation: endometrial cancer grade (Heinze & Schemper 2002).
#
# Every patient with NV = 1 has HG = 1, so the likelihood rises for ever in NV. In the limit those rows are fitted without
# error and the other coefficients maximise the likelihood of the rows with NV = 0, in which NV is constant.

DATA <- "tests/references/data/endometrial.csv"
endometrial <- read_data(DATA)
stopifnot(nrow(endometrial) == 79, all(endometrial$HG[endometrial$NV == 1] == 1))

overlap <- endometrial$NV == 0
limit <- fit_logit(HG ~ PI + EH, endometrial[overlap, ])

null <- fit_logit(HG ~ 1, endometrial)
stopifnot(abs(deviance(limit) - 55.393) < 1e-3, abs(deviance(null) - 104.903) < 1e-3) # as published

# evidence: glm() itself, stopped by its default tolerance on the way to infinity
stopped <- expecting("fitted probabilities numerically 0 or 1", glm(HG ~ NV + PI + EH, binomial, endometrial))
stopifnot(abs(deviance(stopped) - deviance(limit)) < 1e-5)

# the limit in the terms of the full model; eta is infinite on the rows that are separated
with_nv <- function(x, nv) I(append(as.numeric(x), nv, after = 1))
vcov_full <- matrix(NaN, 4, 4)
vcov_full[-2, -2] <- vcov(limit)
eta <- ifelse(overlap, as.numeric(model.matrix(~ PI + EH, endometrial) %*% coef(limit)), Inf)

new_data <- data.frame(PI = c(10, 25, 49), EH = c(1.5, 0.5, 3.2))
write_reference("endometrial", "endometrial.R",
  "glm(HG ~ PI + EH, family = binomial, subset = NV == 0): the limit of HG ~ NV + PI + EH, whose NV is infinite",
  list(
    model = list(
      formula = "HG ~ NV + PI + EH", design_formula = "NV + PI + EH", formula_r = "HG ~ NV + PI + EH",
      response = I("HG"), event = 1L, weights = NULL, weight_kind = NULL, offset = NULL,
      data_file = DATA, rows = NULL, columns = list(), n_dropped = 0L, dropped_rows = I(integer()), n_rows = 79L
    ),
    separation = list(
      overlap_rows = I(which(overlap) - 1L), separated_rows = I(which(!overlap) - 1L),
      names = I(c("Intercept", "NV", "PI", "EH")), direction = I(c(0L, 1L, 0L, 0L)),
      coef = with_nv(coef(limit), Inf), std_error = with_nv(sqrt(diag(vcov(limit))), NaN), vcov = vcov_full,
      loglik = as.numeric(logLik(limit)), deviance = deviance(limit), null_deviance = deviance(null),
      linear_predictor = numbers(eta), fitted = numbers(plogis(eta)),
      glm_default = list(
        coef = numbers(coef(stopped)), deviance = deviance(stopped), iterations = stopped$iter
      )
    ),
    fit = describe_fit(limit, new_data)
  )
)
