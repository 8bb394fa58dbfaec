# Bias reduction: brglm2 for models of two outcomes by link, of several outcomes, and of adjacent categories.
#
# One JSON file, bias/brglm2.json. Each of `fits` has `data`, `formula`, `link` (null for several outcomes), `type` ("mean",
# "median" or "jeffreys") and `coef`, with `std_error` where brglm2 has one by the same information; of several outcomes
# coef is outcomes by terms. brglm2 0.9 does not end for the cauchit with Jeffreys' prior on endometrial, which is left out.

suppressMessages(library(brglm2))
endometrial <- read_data("tests/references/data/endometrial.csv")
source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
births <- lbw
TYPES <- c(mean = "AS_mean", median = "AS_median", jeffreys = "MPL_Jeffreys")

two <- function(data, words, formula, frame, link, type, power = 0.5, weights = NULL) {
  frame$w <- if (is.null(weights)) 1 else weights
  fit <- expecting("numerically 0 or 1|non-integer|did not converge",
    glm(formula, binomial(link), frame, weights = w, method = "brglmFit", type = TYPES[[type]], a = power,
      epsilon = 1e-12, maxit = 10000, slowit = 0.5))
  stopifnot(fit$converged)
  list(data = data, formula = words, link = link, type = type, power = power, weights = weights,
    names_r = I(names(coef(fit))), coef = I(unname(coef(fit))), std_error = I(unname(sqrt(diag(vcov(fit))))),
    loglik = as.numeric(logLik(fit)))
}

fits <- list()
for (type in names(TYPES)) {
  for (link in c("logit", "probit", "cloglog", "cauchit")) {
    if (!(link == "cauchit" && type == "jeffreys")) {
      fits[[paste("endometrial", link, type, sep = "_")]] <-
        two("endometrial", "HG ~ NV + PI + EH", HG ~ NV + PI + EH, endometrial, link, type)
    }
  }
  fits[[paste("lbw", type, sep = "_")]] <-
    two("lbw", "low ~ age + lwt + C(race, contr.treatment('white')) + smoke + ptl", low ~ age + lwt + race + smoke + ptl, births, "logit", type)
}
number <- 1 + (seq_len(189) %% 3)
fits$lbw_frequency <- two("lbw", "low ~ age + smoke", low ~ age + smoke, births, "logit", "mean", weights = number)
fits$power <- two("endometrial", "HG ~ NV + PI + EH", HG ~ NV + PI + EH, endometrial, "probit", "jeffreys", power = 1)

several <- function(kind, formula, frame, words, type, fitter, ...) {
  fit <- fitter(formula, data = frame, type = TYPES[[type]], epsilon = 1e-12, maxit = 10000, slowit = 0.5, ...)
  found <- coef(fit)
  list(model = kind, formula = words, type = type, names_r = I(if (is.matrix(found)) colnames(found) else names(found)),
    coef = if (is.matrix(found)) unname(found) else I(unname(found)))
}
outcomes <- list(
  race_mean = several("multinomial", race ~ age + lwt, births, "race ~ age + lwt", "mean", brmultinom, ref = "white"),
  race_median = several("multinomial", race ~ age + lwt, births, "race ~ age + lwt", "median", brmultinom, ref = "white")
)
# The adjacent categories of bracl compare each outcome with the next one: the sign is turned here.
students <- read_data("tests/references/data/ologit.csv")
students$apply <- factor(students$apply, levels = c("unlikely", "somewhat likely", "very likely"), ordered = TRUE)
adjacent <- several("adjacent", apply ~ pared + public + gpa, students, "apply ~ pared + public + gpa", "mean", bracl, parallel = TRUE)
adjacent$coef <- I(-unclass(adjacent$coef))
outcomes$students_mean <- adjacent
write_reference("bias/brglm2", "bias.R", "brglm2::brglmFit, brmultinom and bracl", list(fits = fits, several = outcomes),
  packages = "brglm2", passes = "epsilon 1e-12")
