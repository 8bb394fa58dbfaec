# All references anew. From the repository root:  Rscript tests/references/make_all.R [script names]
# Without names, every script. Packages: jsonlite, brglm2, car, glmnet, MASS, nnet, numDeriv, ordinal, pROC, sandwich,
# survey, VGAM, emmeans, Hmisc, rms, mice, mitml (Debian: r-base-core and r-cran-<name>).
# sba.R also needs Python with pandas and pyarrow (see its head).

scripts <- commandArgs(trailingOnly = TRUE)
if (length(scripts) == 0) {
  scripts <- c(
    "lbw.R", "lbw_weights.R", "lbw_terms.R", "lbw_sandwich.R", "esoph.R", "german_credit.R", "endometrial.R",
    "credit_data.R", "levels.R", "absorb.R", "multinomial.R", "multinomial_diagnostics.R", "links.R", "ordinal.R",
    "penalised_multinomial.R",
    "sba.R", "penalised.R", "penalised_cv.R", "held_out.R", "intervals.R", "bootstrap_kinds.R",
    "means.R", "fraction.R", "dispersion.R", "covariances.R", "bias.R", "survey.R", "vaso.R",
    "ranking.R", "goodness_of_fit.R", "calibration.R", "validation.R", "pooling.R"
  )
}
for (script in scripts) {
  shared <- new.env()
  sys.source(file.path("tests", "references", "reference.R"), envir = shared)
  sys.source(file.path("tests", "references", script), envir = new.env(parent = shared))
}
