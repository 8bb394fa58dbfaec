# Links of binary and of ordered outcomes, as links.R and ordinal.R share them.

# Tails, density and its derivative by the linear predictor.
parts <- function(link, eta) switch(link,
  logit = list(f = plogis(eta), s = plogis(-eta), d = dlogis(eta), b = dlogis(eta) * (plogis(-eta) - plogis(eta))),
  probit = list(f = pnorm(eta), s = pnorm(-eta), d = dnorm(eta), b = -eta * dnorm(eta)),
  cloglog = {
    t <- exp(eta)
    list(f = -expm1(-t), s = exp(-t), d = t * exp(-t), b = t * exp(-t) * (1 - t))
  },
  loglog = {
    other <- parts("cloglog", -eta)
    list(f = other$s, s = other$f, d = other$d, b = -other$b)
  },
  cauchit = list(f = pcauchy(eta), s = pcauchy(-eta), d = dcauchy(eta), b = -2 * eta / (1 + eta^2) * dcauchy(eta)),
  log = list(f = exp(eta), s = -expm1(eta), d = exp(eta), b = exp(eta))
)
