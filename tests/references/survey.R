# Survey designs: package survey's svyglm and svyolr on the lbw rows with made-up strata, units and weights.

source(file.path("tests", "references", "lbw_data.R"), local = TRUE)
suppressWarnings(suppressPackageStartupMessages(library(survey)))

lbw$w <- lbw_precision
lbw$s <- lbw$id %% 4L
lbw$u <- (lbw$id %/% 4L) %% 7L + 10L * lbw$s
lbw$total <- c(20, 15, 9, 40)[lbw$s + 1L]
lbw$lone <- ifelse(lbw$u == 10L, 9L, lbw$s) # a stratum of one unit
lbw$inside <- lbw$age < 30
formula <- low ~ age + lwt + smoke
square <- function(x) unname(lapply(seq_len(nrow(x)), function(i) unname(x[i, ])))
entry <- function(design, link = "logit") {
  fit <- do.call(svyglm, list(formula, design, family = quasibinomial(link), control = glm.control(epsilon = 1e-15, maxit = 50)))
  list(coef = unname(coef(fit)), vcov = square(vcov(fit)), degf = degf(design))
}
plain <- svydesign(ids = ~u, strata = ~s, weights = ~w, data = lbw)
finite <- svydesign(ids = ~u, strata = ~s, weights = ~w, fpc = ~total, data = lbw)
alone <- svydesign(ids = ~u, strata = ~lone, weights = ~w, data = lbw, nest = TRUE)
lonely <- lapply(c(certainty = "certainty", centred = "adjust", average = "average"), function(how) {
  options(survey.lonely.psu = how)
  entry(alone)
})
options(survey.lonely.psu = "fail")
replicates <- function(type, ...) as.svrepdesign(plain, type = type, ...)
jkn <- replicates("JKn")
jk1 <- as.svrepdesign(svydesign(ids = ~u, weights = ~w, data = lbw), type = "JK1")
weights_of <- function(design) round(weights(design, "analysis"), 12)
set.seed(3)
boot <- as.svrepdesign(plain, type = "bootstrap", replicates = 40)
pairs <- lbw
pairs$p <- (lbw$id %/% 4L) %% 2L + 10L * lbw$s
two <- svydesign(ids = ~p, strata = ~s, weights = ~w, data = pairs)
brr <- as.svrepdesign(two, type = "BRR", compress = FALSE)
fay <- as.svrepdesign(two, type = "Fay", fay.rho = 0.3, compress = FALSE)
rep_entry <- function(design) c(entry(design), list(
  weights = square(weights_of(design)), scale = design$scale, rscales = unname(design$rscales)
))
lbw$grade <- factor(lbw$race, c("white", "black", "other"), ordered = TRUE)
ordered <- svyolr(grade ~ age + lwt, svydesign(ids = ~u, strata = ~s, weights = ~w, data = lbw), method = "logistic", control = list(reltol = 1e-16, maxit = 500))
full <- svyglm(formula, plain, family = quasibinomial(), control = glm.control(epsilon = 1e-15, maxit = 50))
lrt <- regTermTest(full, ~ age + smoke, method = "LRT")
saddle <- regTermTest(full, ~ age + smoke, method = "LRT", df = Inf)
rs <- list(statistic = unname(lrt$chisq), lambda = lrt$lambda, p = unname(lrt$p), infinite = unname(saddle$p), ddf = lrt$ddf)
rowsOf <- list(
  plain = entry(plain), probit = entry(plain, "probit"), finite = entry(finite), unstratified = entry(svydesign(ids = ~u, weights = ~w, data = lbw)),
  independent = entry(svydesign(ids = ~1, strata = ~s, weights = ~w, data = lbw)),
  domain = entry(subset(plain, inside)), finitedomain = entry(subset(finite, inside)), lonely = lonely,
  JKn = rep_entry(jkn), JK1 = rep_entry(jk1), bootstrap = rep_entry(boot), BRR = rep_entry(brr), Fay = rep_entry(fay),
  ordered = list(coef = unname(coef(ordered)), vcov = square(vcov(ordered))), raoscott = rs,
  version = as.character(packageVersion("survey"))
)
writeLines(jsonlite::toJSON(rowsOf, digits = 17, auto_unbox = TRUE), file.path("tests", "references", "covariances", "survey.json"))
