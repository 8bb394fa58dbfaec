"""Descriptions of the data on patients, births and tumours."""

from __future__ import annotations

from logitkit.datasets.description import DatasetDescription

__all__ = ["INDO_RCT", "KHAN_SRBCT", "LBW"]

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
