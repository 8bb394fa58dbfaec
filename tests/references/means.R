# Estimated marginal means by package emmeans: glm of four links, multinom and clm, on lbw and on wine.
#
# One JSON, means/emmeans.json: `means` and `contrasts` hold one entry a call, with the columns that emmeans prints.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
suppressMessages({
  library(emmeans)
  library(nnet)
  library(ordinal)
})
emm_options(msg.interaction = FALSE, opt.digits = FALSE)

tight <- function(formula, link, data = lbw) {
  start <- NULL # again from the optimum, where Newton's last step makes the working weights exact
  for (pass in 1:4) {
    fit <- eval(bquote(glm(formula, binomial(link), data, start = .(start), control = glm.control(1e-12, 100))))
    start <- coef(fit)
  }
  fit
}
fits <- list(
  logit = tight(low ~ race * smoke + age + lwt, "logit"),
  probit = tight(low ~ race * smoke + age + lwt, "probit"),
  cloglog = tight(low ~ race * smoke + age + lwt, "cloglog"),
  curved = tight(low ~ race + poly(age, 2) + log(lwt) * smoke, "logit")
)
multi <- multinom(race ~ smoke + age, lbw, trace = FALSE, reltol = 1e-15, maxit = 1000)
wine_clm <- clm(rating ~ temp * contact, data = wine, control = clm.control(gradTol = 1e-12))

columns <- function(found) {
  frame <- as.data.frame(found)
  names(frame) <- sub("^(asymp\\.|lower\\.|upper\\.)", "", names(frame))
  frame <- frame[, !vapply(frame, is.factor, TRUE) & names(frame) != "contrast", drop = FALSE]
  lapply(frame, as.numeric)
}

grid <- function(fit, ...) emmeans(fit, ..., data = if (inherits(fit, "clm")) wine else lbw)
m <- function(fit, ...) summary(grid(fit, ...), infer = c(TRUE, FALSE))
means <- list(
  logit_race = m(fits$logit, ~race),
  logit_race_proportional = m(fits$logit, ~race, weights = "proportional"),
  logit_race_smoke = m(fits$logit, ~ race * smoke),
  logit_response = m(fits$logit, ~race, type = "response"),
  logit_averaged = m(fits$logit, ~race, regrid = "response"),
  logit_age = m(fits$logit, ~age, at = list(age = c(20, 30), race = c("white", "other"))),
  probit_response = m(fits$probit, ~race, type = "response"),
  probit_averaged = m(fits$probit, ~race, regrid = "response", weights = "proportional"),
  cloglog_response = m(fits$cloglog, ~race, type = "response"),
  curved_smoke = m(fits$curved, ~smoke, at = list(lwt = 110)),
  curved_race = m(fits$curved, ~race, weights = "proportional"),
  multinom_prob = m(multi, ~ race | smoke, mode = "prob"),
  clm_latent = m(wine_clm, ~ temp | contact, mode = "latent"),
  clm_prob = m(wine_clm, ~ rating | temp, mode = "prob"),
  clm_linear = m(wine_clm, ~ cut | temp, mode = "linear.predictor")
)
con <- function(means, method, adjust = "none", ...) {
  set.seed(1)
  summary(contrast(means, method, ...), infer = c(TRUE, TRUE), adjust = adjust)
}
race <- grid(fits$logit, ~race)
contrasts <- list(
  pairwise = con(race, "pairwise"),
  pairwise_holm = con(race, "pairwise", "holm"),
  pairwise_bonferroni = con(race, "pairwise", "bonferroni"),
  pairwise_fdr = con(race, "pairwise", "fdr"),
  pairwise_mvt = con(race, "pairwise", "mvt"),
  reference = con(race, "trt.vs.ctrl1"),
  by_smoke = con(grid(fits$logit, ~ race | smoke), "pairwise", "bonferroni"),
  polynomial = con(grid(fits$curved, ~age, at = list(age = c(20, 25, 30, 35))), "poly"),
  differences = con(grid(fits$logit, ~race, regrid = "response"), "pairwise"),
  differences_of_link = con(regrid(race), "pairwise"),
  multinom_latent = con(grid(multi, ~ smoke | race, mode = "latent"), "pairwise"),
  clm_latent = con(grid(wine_clm, ~ temp | contact, mode = "latent"), "pairwise"),
  clm_prob = con(grid(wine_clm, ~ temp | rating, mode = "prob"), "pairwise")
)
write_reference("means/emmeans", "means.R", "emmeans() and contrast() of glm, multinom and clm",
  list(means = lapply(means, columns), contrasts = lapply(contrasts, columns)),
  packages = c("emmeans", "nnet", "ordinal"), passes = "glm at 1e-15, clm at 1e-12, multinom at a relative 1e-15"
)
