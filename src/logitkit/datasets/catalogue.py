"""The descriptions of all datasets: facts only, one entry a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from logitkit.datasets.description import DatasetDescription
from logitkit.errors import DataError, nearest_name

__all__ = ["CATALOGUE", "SBA_SECTORS", "describe"]

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

LBW = DatasetDescription(
    name="lbw",
    title="189 births at Baystate Medical Center, Springfield, Massachusetts, 1986",
    file="lbw.csv",
    n_rows=189,
    source="the table of Hosmer and Lemeshow (1989) as Stata's manual uses it, in the copy of statsmodels",
    licence="BSD-3-Clause (statsmodels)",
    citation="Hosmer, D. W. and Lemeshow, S. (1989). Applied Logistic Regression. New York: Wiley",
    target="low",
    leaks=("id", "bwt"),
    notes=(
        (
            "bwt defines the outcome (low is bwt < 2500), and id gives it away: every low birth has an id "
            "of 4 to 84, every other one of 85 to 226."
        ),
        (
            "Six rows differ from MASS::birthwt in R; only id 76 differs in a predictor (lwt 106, there "
            "105). The printed results of Stata come from this file."
        ),
        "race is a category with the levels white, black, other, so that white is the reference.",
        "No missing values.",
    ),
    columns={
        "id": "identification code (gives the outcome away)",
        "low": "1 birth weight under 2,500 g, 0 otherwise",
        "age": "age of the mother in years",
        "lwt": "weight of the mother at the last menstrual period, in pounds",
        "race": "race of the mother: white, black or other",
        "smoke": "1 smoked during the pregnancy",
        "ptl": "number of earlier premature labours",
        "ht": "1 history of hypertension",
        "ui": "1 uterine irritability",
        "ftv": "number of visits to a physician in the first trimester",
        "bwt": "birth weight in grams (defines the outcome)",
    },
)

INDO_RCT = DatasetDescription(
    name="indo_rct",
    title="602 patients of a randomised trial of indomethacin against pancreatitis after ERCP",
    file="indo_rct.csv",
    n_rows=602,
    source="table indo_rct of the R package medicaldata, given by the trial's first author",
    licence="MIT (medicaldata)",
    citation=(
        "Elmunzer, B. J. et al. (2012). A Randomized Trial of Rectal Indomethacin to Prevent Post-ERCP "
        "Pancreatitis. New England Journal of Medicine 366, 1414-1422, doi:10.1056/NEJMoa1111103"
    ),
    target="outcome",
    leaks=("bleed",),
    notes=(
        "The event is outcome = '1_yes' (79 of 602): 27 of 295 on indomethacin, 52 of 307 on placebo.",
        "bleed is recorded after treatment, and for 27 patients only; it is not a predictor.",
        "Missing: 575 bleed; asa81, asa325 and asa of one patient, which the file writes NA_NA.",
        "pep is an earlier pancreatitis after ERCP, before the trial: it is not the outcome.",
        "risk is a score of the baseline risk factors, so that it says again what they say.",
    ),
    columns={
        "id": "patient, an invented number whose thousands are the site",
        "site": "study site: University of Michigan, Indiana, Kentucky, Case Western",
        "age": "age in years",
        "risk": "risk score in points, 1 to 5.5, computed after the trial from baseline risk factors",
        "gender": "1_female or 2_male",
        "outcome": "pancreatitis after ERCP, 0_no or 1_yes",
        "sod": "dysfunction of the sphincter of Oddi",
        "pep": "earlier pancreatitis after ERCP, before the trial",
        "recpanc": "recurrent pancreatitis",
        "psphinc": "pancreatic sphincterotomy done",
        "precut": "pre-cut of the sphincter needed",
        "difcan": "cannulation of the papilla difficult",
        "pneudil": "pneumatic dilation of the papilla done",
        "amp": "ampullectomy done for dysplasia or cancer",
        "paninj": "contrast injected into the pancreas",
        "acinar": "acinarisation of the pancreas on imaging",
        "brush": "brushings taken from the pancreatic duct",
        "asa81": "aspirin 81 mg a day",
        "asa325": "aspirin 325 mg a day",
        "asa": "aspirin at any dose",
        "prophystent": "pancreatic stent placed to protect, as the endoscopist judged",
        "therastent": "pancreatic stent placed to treat a narrowing",
        "pdstent": "pancreatic stent placed for any reason",
        "sodsom": "manometry of the sphincter of Oddi done",
        "bsphinc": "biliary sphincterotomy done",
        "bstent": "biliary stent placed",
        "chole": "stones in the bile duct",
        "pbmal": "malignancy of pancreas or bile duct found",
        "train": "a trainee took part",
        "status": "1_outpatient or 0_inpatient",
        "type": "type of the sphincter's dysfunction, 1 to 3, or no SOD",
        "rx": "treatment by randomisation: 0_placebo or 1_indomethacin",
        "bleed": "gastrointestinal bleeding after treatment, 1 no, 2 yes, mostly not recorded (leak)",
    },
)

KHAN_SRBCT = DatasetDescription(
    name="khan_srbct",
    title="83 small round blue-cell tumours of childhood of four kinds, and the expression of 2,308 genes",
    file="khan_srbct.parquet",
    n_rows=83,
    source="tables Khan_xtrain, Khan_xtest, Khan_ytrain and Khan_ytest of the Python package ISLP, rounded",
    licence="BSD-3-Clause (ISLP)",
    citation=(
        "Khan, J. et al. (2001). Classification and diagnostic prediction of cancers using gene expression "
        "profiling and artificial neural networks. Nature Medicine 7, 673-679, doi:10.1038/89044"
    ),
    target="tumour",
    leaks=(),
    notes=(
        "Four kinds: BL 11, EWS 29, NB 18, RMS 25. Several genes tell one kind from the others almost alone.",
        "split says which 63 samples Khan et al. trained on and which 20 they kept for the end.",
        "The genes are numbered as in the source, which does not name them: gene_1 is its column V1.",
        "The source has seven digits; they are rounded here to four decimals.",
        "No missing values.",
    ),
    columns={
        "split": "train or test, as Khan et al. divided the samples",
        "tumour": ("kind of tumour: BL Burkitt lymphoma, EWS Ewing sarcoma, NB neuroblastoma, RMS rhabdomyosarcoma"),
        **dict.fromkeys((f"gene_{j}" for j in range(1, 2309)), "logarithm of the relative expression of the gene"),
    },
)

WOMENS_REVIEWS = DatasetDescription(
    name="womens_reviews",
    title="6,000 reviews of women's clothing in an online shop, with whether the customer recommends it",
    file="womens_reviews.parquet",
    n_rows=6000,
    source="Kaggle, nicapotato/womens-ecommerce-clothing-reviews: a random sample of its 22,634 distinct texts",
    licence="CC0 1.0",
    citation="nicapotato (2018). Women's E-Commerce Clothing Reviews. Kaggle; Agarap, A. F. (2018). arXiv:1805.03687",
    target="recommended",
    leaks=("rating",),
    notes=(
        "recommended = 1 for 4,948 of 6,000.",
        "rating is the same judgement in stars: no predictor of the other.",
        "Texts are cut at about 500 characters in the source, and the shop's name is replaced by retailer.",
        "624 items: reviews of one item are not independent.",
        "Missing: 2 departments.",
    ),
    columns={
        "row": "row of the review in the complete table, from 0",
        "clothing_id": "number of the item of clothing",
        "age": "age of the customer in years",
        "department": "Tops, Dresses, Bottoms, Intimate, Jackets or Trend",
        "text": "the review, in English, as it was written",
        "rating": "stars, 1 to 5 (leak)",
        "recommended": "1 the customer recommends the item, 0 does not",
    },
)

#: All descriptions by name.
CATALOGUE: Mapping[str, DatasetDescription] = MappingProxyType(
    {entry.name: entry for entry in (SBA_LOANS, GERMAN_CREDIT, CREDIT_DATA, LBW, INDO_RCT, KHAN_SRBCT, WOMENS_REVIEWS)}
)


def describe(name: str) -> DatasetDescription:
    """Return the description of a dataset: source, licence, target, leaks, notes and columns.

    Parameters
    ----------
    name : str
        ``"sba_loans"``, ``"german_credit"``, ``"credit_data"``, ``"lbw"``, ``"indo_rct"``, ``"khan_srbct"`` or
        ``"womens_reviews"``.

    Returns
    -------
    DatasetDescription
        The entry of the catalogue; ``str()`` of it is what a loaded frame carries in ``attrs``.

    Raises
    ------
    DataError
        If no dataset has that name; the message suggests the nearest.

    Examples
    --------
    >>> describe("lbw").n_rows
    189
    >>> describe("lwb")
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: No dataset is called 'lwb'. Did you mean 'lbw'?
    """
    if name not in CATALOGUE:
        raise DataError(f"No dataset is called {name!r}. {nearest_name(name, CATALOGUE)}")
    return CATALOGUE[name]
