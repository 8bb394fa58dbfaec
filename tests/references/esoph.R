# Grouped data: oesophageal cancer in Ille-et-Vilaine (Breslow & Day 1980), cbind(events, nonevents).

DATA <- "tests/references/data/esoph.csv"
esoph <- read_data(DATA)
stopifnot(sum(esoph$ncases) == 200, sum(esoph$ncontrols) == 775) # the corrected table, R >= 4.0.4

esoph$alc_score <- match(esoph$alcgp, c("0-39g/day", "40-79", "80-119", "120+"))
esoph$tob_score <- match(esoph$tobgp, c("0-9g/day", "10-19", "20-29", "30+"))

# age in treatment coding, alcohol and tobacco scored 1 to 4
fit <- fit_logit(cbind(ncases, ncontrols) ~ agegp + alc_score + tob_score, esoph)
fit$grouped_totals <- fit$prior.weights
stopifnot(abs(coef(fit)[["alc_score"]] - 1.06765967) < 5e-9, abs(deviance(fit) - 91.12050965) < 5e-9) # printed elsewhere
new_data <- data.frame(
  agegp = factor(c("25-34", "55-64", "75+", "45-54"), levels = levels(esoph$agegp)),
  alc_score = c(1, 2.5, 4, NA), tob_score = c(4, 1, 2, 3)
)
write_reference("esoph", "esoph.R",
  "glm(cbind(ncases, ncontrols) ~ agegp + alc_score + tob_score, family = binomial)",
  list(
    model = describe_model(fit, "cbind(ncases, ncontrols) ~ C(agegp) + alc_score + tob_score", DATA,
      event = NULL, response = c("ncases", "ncontrols"),
      columns = esoph[c("alc_score", "tob_score")]
    ),
    fit = describe_fit(fit, new_data, spelling = c(agegp = "C(agegp)"))
  )
)

# a saturated table: the sixteen cells of alcohol by tobacco, one parameter a cell, deviance zero
cells <- aggregate(cbind(ncases, ncontrols) ~ alcgp + tobgp, esoph, sum)
stopifnot(nrow(cells) == 16, all(cells$ncases > 0), all(cells$ncontrols > 0))
saturated <- fit_logit(cbind(ncases, ncontrols) ~ alcgp * tobgp, cells)
saturated$grouped_totals <- saturated$prior.weights
stopifnot(abs(deviance(saturated)) < 1e-10, df.residual(saturated) == 0)
write_reference("esoph_saturated", "esoph.R",
  "glm(cbind(ncases, ncontrols) ~ alcgp * tobgp, family = binomial) on the table summed over age",
  list(
    model = describe_model(saturated, "cbind(ncases, ncontrols) ~ C(alcgp) * C(tobgp)", NULL,
      event = NULL, response = c("ncases", "ncontrols"), columns = cells
    ),
    fit = describe_fit(saturated, cells[c(1, 7, 16), c("alcgp", "tobgp")],
      spelling = c(alcgp = "C(alcgp)", tobgp = "C(tobgp)")
    )
  )
)
