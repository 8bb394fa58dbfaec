# Rubin's rules and D1 to D3 of mice and mitml, on tables imputed by mice (written to data/pooling.csv). D3 of mice fits
# the intercept anew at the pooled coefficients; that of Meng and Rubin is written out here.
suppressMessages({
  library(mice)
  library(jsonlite)
})
set.seed(17)
n <- 120
x <- rnorm(n)
z <- 0.5 * x + rnorm(n)
g <- factor(sample(c("a", "b", "c"), n, TRUE))
y <- rbinom(n, 1, plogis(-0.3 + 0.8 * x - 0.5 * z + 0.6 * (g == "b")))
d <- data.frame(y, x, z, g)
d$z[runif(n) < plogis(-1 + 0.8 * x)] <- NA
d$g[runif(n) < 0.15] <- NA
imp <- mice(d, m = 5, seed = 17, printFlag = FALSE)
long <- do.call(rbind, lapply(1:5, function(l) cbind(imputation = l, complete(imp, l))))
write.csv(long, "tests/references/data/pooling.csv", row.names = FALSE)
exact <- glm.control(epsilon = 1e-14, maxit = 100)
f1 <- with(imp, glm(y ~ x + z + g, family = binomial, control = exact))
f0 <- with(imp, glm(y ~ x, family = binomial, control = exact))
p <- pool(f1)$pooled
row <- function(test) unname(unlist(test))
at <- function(fits) { # log-likelihoods at the mean coefficients
  beta <- rowMeans(sapply(fits$analyses, coef))
  sapply(fits$analyses, function(fit) sum(dbinom(fit$y, 1, plogis(drop(model.matrix(fit) %*% beta)), log = TRUE)))
}
own <- 2 * (sapply(f1$analyses, logLik) - sapply(f0$analyses, logLik))
pooled <- 2 * (at(f1) - at(f0))
r3 <- 6 / (3 * 4) * (mean(own) - mean(pooled))
models <- function(...) row(mitml::testModels(as.list(f1$analyses), as.list(f0$analyses), ...)$test[1, ])
out <- list(
  made_by = paste("R", getRversion(), "mice", packageVersion("mice"), "mitml", packageVersion("mitml")),
  estimate = p$estimate, within = p$ubar, between = p$b, dof = p$df, increase = p$riv, fmi = p$fmi,
  p_value = summary(pool(f1))$p.value,
  D1 = models(method = "D1", df.com = 115), D1_large = models(method = "D1"),
  D4 = row(mitml::testModels(as.list(f1$analyses), as.list(f0$analyses), method = "D4", ariv = "robust",
    data = mitml::as.mitml.list(lapply(1:5, function(l) complete(imp, l))))$test[1, ]),
  D2 = models(method = "D2", use = "likelihood"), D3 = c(mean(pooled) / (3 * (1 + r3)), 3, NA, NA, r3)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE), "tests/references/diagnostics/pooling.json")
