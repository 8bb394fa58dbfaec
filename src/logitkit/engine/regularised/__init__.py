"""Penalised models, from the statement of a penalty to paths and records.

| step | file |
|---|---|
| each part of a penalty as arrays; strengths of the coefficients that are solved for | ``parts.py``, ``strengths.py`` |
| rows, predictors and strengths as one problem; its null model | ``problem.py``, ``null.py`` |
| one strength after another, by the engine that the table chooses | ``sequence.py``, ``engines.py`` |
| squares only | ``smooth.py``, ``row_space.py``, ``preconditioner.py`` |
| corners and bounds | ``on_gram.py``; ``column_set.py``; ``coefficient_set.py``; ``dense_columns.py`` |
| second derivatives that are kept; where a path goes next | ``second_derivatives.py``, ``prediction.py`` |
| the gap of a solution, from its rows | ``gap.py``, ``dual_point.py``, ``row_view.py`` |
| the problem of a design, checked; how solutions are reported | ``prepare.py``, ``existence.py``, ``shrunken.py`` |
| refits of a relaxed lasso; covariance and degrees of freedom | ``relaxation.py``, ``shrinkage.py`` |
| the record of a fit; the path; what cross-validation asks | ``estimate.py``, ``path.py``, ``model.py`` |
"""
