"""Descriptions of the data on loans and loan applications."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from logitkit.datasets.description import DatasetDescription

__all__ = ["CREDIT_DATA", "GERMAN_CREDIT", "SBA_LOANS", "SBA_SECTORS", "SBA_WINDOW"]

#: Names of the two-digit NAICS sectors, as ``sector`` of the SBA loans codes them.
SBA_SECTORS: Mapping[str, str] = MappingProxyType(
    {
        "11": "Agriculture, forestry, fishing and hunting",
        "21": "Mining, quarrying, and oil and gas extraction",
        "22": "Utilities",
        "23": "Construction",
        "31-33": "Manufacturing",
        "42": "Wholesale trade",
        "44-45": "Retail trade",
        "48-49": "Transportation and warehousing",
        "51": "Information",
        "52": "Finance and insurance",
        "53": "Real estate and rental and leasing",
        "54": "Professional, scientific and technical services",
        "55": "Management of companies and enterprises",
        "56": "Administrative, support and waste management services",
        "61": "Educational services",
        "62": "Health care and social assistance",
        "71": "Arts, entertainment and recreation",
        "72": "Accommodation and food services",
        "81": "Other services (except public administration)",
        "92": "Public administration",
    }
)

SBA_LOANS = DatasetDescription(
    name="sba_loans",
    title="60,000 small-business loans guaranteed by the U.S. SBA, approved in fiscal years 2001 to 2010",
    file="sba_loans.parquet",
    n_rows=60_000,
    source=(
        "U.S. Small Business Administration, as collected by Li, Mickel and Taylor (2018): 899,164 loans; "
        "a simple random sample of the 507,571 loans of the window whose outcome is known"
    ),
    licence="public domain (work of the U.S. government, released under the Freedom of Information Act)",
    citation=(
        'Li, M., Mickel, A. and Taylor, S. (2018). "Should This Loan be Approved or Denied?": A Large '
        "Dataset with Class Assignment Guidelines. Journal of Statistics Education 26(1), 55-66, "
        "doi:10.1080/10691898.2018.1434342"
    ),
    target="default",
    leaks=(
        "term",
        "disbursement_date",
        "disbursement_gross",
        "charge_off_date",
        "charge_off_amount",
        "balance_gross",
        "status",
    ),
    notes=(
        (
            "term leaks: the term of a charged-off loan ends when the loan failed. 91 % of the charge-offs "
            "have a term that is no multiple of 12 months, against 13 % of the loans paid in full."
        ),
        (
            "Missing: 7 naics and sector (code 0), 80 new_business (code 0 or blank), 6 revolving and 441 "
            "low_doc (stray codes or blank), 173 disbursement_date; charge_off_date where nothing was "
            "charged off."
        ),
        (
            "revolving '0' is a code of the form and not of the borrower: it falls from 56 % of FY2001 to "
            "none in FY2010. A missing low_doc is mostly a matter of vintage, too: blank and stray codes "
            "of FY2007 on."
        ),
        (
            "The default rate follows the vintage: 12 % of FY2001, 42 % of FY2007, 13 % of FY2010. Loans "
            "are followed to 2014, so that the latest vintages had the least time to fail."
        ),
        "517 loans paid in full carry a charge-off date and amount; status decides.",
        "Zero employees (637 loans) and zero jobs are as reported; no code tells them from missing.",
    ),
    columns={
        "loan_number": "SBA's loan number, the key into the complete file (an identifier)",
        "default": "1 charged off, 0 paid in full",
        "state": "state of the borrower, two letters",
        "bank_state": "state of the lender, two letters",
        "naics": "industry, six-digit NAICS code as text",
        "sector": "industry sector, first two digits of naics as text; ranges 31-33, 44-45, 48-49 joined",
        "approval_date": "date of the SBA's commitment",
        "approval_fy": "U.S. fiscal year of the approval (October to September)",
        "term": "loan term in months, as it ended (leak)",
        "employees": "number of employees of the business",
        "new_business": "existing (more than two years old) or new",
        "jobs_created": "number of jobs expected to be created",
        "jobs_retained": "number of jobs expected to be retained",
        "franchise_code": "franchise code; 0 or 1 mean no franchise",
        "urban_rural": "urban, rural or undefined",
        "revolving": "revolving line of credit as the form has it: Y, N, or the undocumented 0 and T",
        "low_doc": "LowDoc loan programme (one-page application for small loans): Y or N",
        "disbursement_date": "date of the disbursement (after approval)",
        "disbursement_gross": "amount disbursed in dollars (after approval)",
        "charge_off_date": "date at which the loan was declared in default (outcome)",
        "charge_off_amount": "principal charged off in dollars (outcome)",
        "balance_gross": "amount outstanding in dollars (outcome)",
        "gross_approved": "amount approved by the bank in dollars",
        "sba_approved": "amount guaranteed by the SBA in dollars",
        "status": "CHGOFF or P I F (paid in full): the outcome as text",
    },
)

SBA_WINDOW = DatasetDescription(
    name="sba_window",
    title="All 507,571 SBA loans approved in fiscal years 2001 to 2010 whose outcome is known",
    file="sba_window.parquet",
    n_rows=507_571,
    source=(
        "U.S. Small Business Administration, as collected by Li, Mickel and Taylor (2018): 899,164 loans; "
        "all loans of the window whose outcome is known, with the columns of a scorecard"
    ),
    licence=SBA_LOANS.licence,
    citation=SBA_LOANS.citation,
    target="default",
    leaks=("term", "disbursement_date", "charge_off_date"),
    notes=(
        (
            "default looks ahead: it is the status when the file was made. Of the charge-offs among loans disbursed "
            "from October 2000 to September 2005, 93 % fell after that. A bad loan is better defined by a window: "
            "charge_off_date within so many months of disbursement_date."
        ),
        (
            "Within 24 months 1.6 % of the loans disbursed from October 2000 to September 2005 were charged off, "
            "6.3 % of those disbursed from October 2005 to December 2010."
        ),
        "term leaks: that of a charged-off loan ends when the loan failed. 91 % of these are no multiple of 12 months.",
        (
            "disbursement_date is known after the decision; it dates the loan and starts its window, and is no "
            "predictor. 1,476 are missing, 303 lie before approval."
        ),
        "4,096 loans paid in full carry a charge-off date: they were charged off and recovered later.",
        (
            "revolving '0' and urban_rural 'undefined' are codes of the form and not of the borrower. "
            "The most frequent values of low_doc and revolving follow the calendar, too."
        ),
        (
            "Missing: 12 bank and bank_state, 68 sector (code 0), 557 new_business (code 0 or blank), 75 revolving and "
            "3,565 low_doc (stray codes or blank)."
        ),
        "Only loans that ended by 2014 are in the file. Refused applications are in no file.",
    ),
    columns={
        "default": SBA_LOANS.columns["default"],
        "state": SBA_LOANS.columns["state"],
        "bank": "name of the lender, 4,239 of them",
        **{
            name: SBA_LOANS.columns[name]
            for name in (
                "bank_state",
                "sector",
                "approval_date",
                "term",
                "employees",
                "new_business",
                "jobs_created",
                "jobs_retained",
                "franchise_code",
                "urban_rural",
                "revolving",
                "low_doc",
                "disbursement_date",
                "charge_off_date",
                "gross_approved",
                "sba_approved",
            )
        },
    },
    in_wheel=False,
)

GERMAN_CREDIT = DatasetDescription(
    name="german_credit",
    title="1,000 consumer loans of a bank in southern Germany, 1973 to 1975",
    file="german_credit.csv",
    n_rows=1000,
    source=("UCI Machine Learning Repository, Statlog (German Credit Data), with the labels of OpenML's credit-g"),
    licence="CC BY 4.0",
    citation="Hofmann, H. (1994). Statlog (German Credit Data). UCI ML Repository, doi:10.24432/C5NC77",
    target="class",
    leaks=(),
    notes=(
        (
            "The event is class = 'bad' (300 of 1,000). Bad loans were oversampled, so that an intercept "
            "or a predicted probability is not that of the bank's customers; odds ratios are not touched "
            "by it."
        ),
        (
            "Several labels are known to be wrong (Groemping 2019, South German Credit): what this file "
            "calls 'no checking' is a balance of 200 DM or more, 'no known savings' is savings of 1,000 DM "
            "or more, and foreign_worker has yes and no exchanged. Labels are left as published."
        ),
        "personal_status does not tell sex apart: its level of women also holds single men.",
        "credit_amount is a monotone transformation, not published, of the amount in DM.",
        "No missing values; 'none', 'no checking' and the like are levels.",
    ),
    columns={
        "checking_status": "balance of the checking account in DM, in classes",
        "duration": "duration of the credit in months, agreed at the start",
        "credit_history": "how earlier credits were paid",
        "purpose": "what the credit is for",
        "credit_amount": "amount of the credit, on a monotone scale of DM",
        "savings_status": "savings in DM, in classes",
        "employment": "years with the present employer, in classes",
        "installment_commitment": "instalment, share of disposable income: class 1 (largest) to 4 (smallest)",
        "personal_status": "sex and marital status",
        "other_parties": "co-applicant, guarantor or none",
        "residence_since": "years at the present residence, class 1 (under one) to 4 (seven or more)",
        "property_magnitude": "most valuable property",
        "age": "age in years",
        "other_payment_plans": "instalment plans elsewhere",
        "housing": "own, rent or for free",
        "existing_credits": "number of credits at this bank, in classes 1 to 4",
        "job": "kind of job",
        "num_dependents": "persons who depend on the applicant, class 1 or 2",
        "own_telephone": "telephone on the customer's name",
        "foreign_worker": "foreign worker (labels exchanged, see the notes)",
        "class": "good or bad: whether the credit was paid as agreed",
    },
)

CREDIT_DATA = DatasetDescription(
    name="credit_data",
    title="4,454 applications for consumer credit, with real missing values",
    file="credit_data.csv",
    n_rows=4454,
    source=(
        "table credit_data of the R package modeldata; collected by L. A. Belanche Munoz (Universitat "
        "Politecnica de Catalunya) and passed on by G. Sanchez"
    ),
    licence="MIT (modeldata)",
    citation="Kuhn, M. (2022). modeldata: Data Sets Useful for Modeling Packages. R package",
    target="Status",
    leaks=(),
    notes=(
        "The event is Status = 'bad' (1,254 of 4,454).",
        "Missing: 381 Income, 47 Assets, 18 Debt, 6 Home, 2 Job, 1 Marital.",
        (
            "Missing is informative: 57 % of the applicants without Income are bad, 25 % of the others. "
            "Dropping incomplete rows changes the population."
        ),
        "Home has a level 'ignore' (20 rows), which is itself a code for not known.",
        "Neither the date nor the currency unit is published.",
    ),
    columns={
        "Status": "good or bad: how the credit turned out",
        "Seniority": "job seniority in years",
        "Home": "kind of home ownership",
        "Time": "requested term of the loan in months",
        "Age": "age in years",
        "Marital": "marital status",
        "Records": "yes where earlier payment trouble is on record",
        "Job": "kind of job",
        "Expenses": "expenses, in units of money a period",
        "Income": "income, in units of money a period",
        "Assets": "assets, in units of money",
        "Debt": "debt, in units of money",
        "Amount": "amount of the loan requested, in units of money",
        "Price": "price of the goods to be bought, in units of money",
    },
)
