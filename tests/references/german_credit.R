# German credit (Hofmann 1994): text factors, numerics, a transform, an explicit reference level and an interaction.

DATA <- "datasets/german_credit.csv"
german <- read_data(DATA)
german$class <- outcome(german$class, event = "bad")
german$checking_status <- relevel(german$checking_status, ref = "no checking")

fit <- fit_logit(
  class ~ checking_status + duration * housing + log(credit_amount) + age + savings_status + purpose +
    installment_commitment,
  german
)
new_data <- german[c(1, 2, 10, 500), c(
  "checking_status", "duration", "housing", "credit_amount", "age", "savings_status", "purpose",
  "installment_commitment"
)]
new_data$duration <- c(6, 60, 13, NA)
new_data$credit_amount <- c(250, 18000, 1234.5, 1000)

write_reference("german_credit", "german_credit.R",
  "glm(..., family = binomial), class = factor with levels good, bad; checking_status with 'no checking' as its base",
  list(
    model = describe_model(fit, paste(
      "class ~ C(checking_status, contr.treatment('no checking')) + duration * C(housing) + log(credit_amount) + age",
      "+ savings_status + purpose + installment_commitment"
    ), DATA, event = "bad", response = "class"),
    fit = describe_fit(fit, new_data, spelling = c(
      checking_status = "C(checking_status, contr.treatment('no checking'))", housing = "C(housing)"
    ))
  )
)
