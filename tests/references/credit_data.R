# credit_data (Kuhn, modeldata): real missing values, which na.omit drops row by row.

DATA <- "datasets/credit_data.csv"
credit <- read_data(DATA)
credit$Status <- outcome(credit$Status, event = "bad")

fit <- fit_logit(
  Status ~ Seniority + Home + Time + Age + Marital + Records + Job + Expenses + Income + Assets + Debt + Amount + Price,
  credit
)
stopifnot(length(fit$na.action) > 300, nobs(fit) + length(fit$na.action) == nrow(credit))

new_data <- credit[c(1, 2, 1000, 4454), setdiff(names(credit), "Status")]
new_data$Income <- c(100, 0, NA, 900)

write_reference("credit_data", "credit_data.R",
  "glm(Status ~ ., family = binomial, na.action = na.omit), Status = factor with levels good, bad",
  list(
    model = describe_model(fit, paste(
      "Status ~ Seniority + Home + Time + Age + Marital + Records + Job + Expenses + Income + Assets + Debt + Amount",
      "+ Price"
    ), DATA, event = "bad", response = "Status"),
    fit = describe_fit(fit, new_data)
  )
)
