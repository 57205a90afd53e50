"""Linear and quadratic discriminant analysis on 60 rows, by scikit-learn.

    python tools/golden/discriminant.py     writes tests/golden/discriminant.json

Made with scikit-learn 1.9.1, solver svd throughout. `x` has three columns of different units, `label` three classes of 30, 20 and 10 rows.
Decisions of lda are given less the first class's, since the classes share a summand; those of qda are whole.

  lda, qda                the decisions of all rows, priors as in the rows
  lda_equal, qda_equal    all priors 1/3
  lda_dependent           a fourth column, the first less twice the second, which adds no direction
  lda_twice, qda_twice    the first 20 rows twice: what weights of 2 must give
  qda_shrunk              reg_param 0.3 of columns divided by their deviation within the classes
"""

import numpy as np
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from common import versions, write_json


def differences(model, x):
    scores = x @ model.coef_.T + model.intercept_
    return (scores - scores[:, :1]).tolist()


def within(x, label):
    centred = np.concatenate([x[label == k] - x[label == k].mean(0) for k in range(3)])
    return x / centred.std(0)


def main():
    rng = np.random.default_rng(7)
    label = np.repeat([0, 1, 2], [30, 20, 10])
    mixing = np.array([[[1, 0.5, 0], [0, 1, 0], [0.3, 0, 1]], [[0.5, 0, 0], [1, 2, 0], [0, 0, 1]], [[1, 0, 0.7], [0, 0.5, 0], [0, 0.2, 2]]])
    means = np.array([[0, 0, 0], [2, 0.5, -1], [-1, 2, 2]])
    x = np.stack([means[k] + rng.standard_normal(3) @ mixing[k] for k in label]) * [1, 100, 0.01]
    x = np.round(x, 6)
    order = rng.permutation(60)
    x, label = x[order], label[order]
    equal = [1 / 3] * 3
    dependent = np.column_stack([x, x[:, 0] - 2 * x[:, 1]])
    twice_x, twice = np.concatenate([x, x[:20]]), np.concatenate([label, label[:20]])

    lda = lambda a, y, **how: LinearDiscriminantAnalysis(solver="svd", **how).fit(a, y)
    qda = lambda a, y, **how: QuadraticDiscriminantAnalysis(solver="svd", tol=1e-12, **how).fit(a, y)
    scaled = within(x, label)
    write_json("discriminant.json", {
        "versions": versions(np, sklearn),
        "x": x.tolist(), "label": label.tolist(),
        "lda": differences(lda(x, label), x),
        "lda_equal": differences(lda(x, label, priors=equal), x),
        "lda_dependent": differences(lda(dependent, label), dependent),
        "lda_twice": differences(lda(twice_x, twice), x),
        "qda": qda(x, label).decision_function(x).tolist(),
        "qda_equal": qda(x, label, priors=equal).decision_function(x).tolist(),
        "qda_twice": qda(twice_x, twice).decision_function(x).tolist(),
        "qda_shrunk": qda(scaled, label, reg_param=0.3).decision_function(scaled).tolist(),
    })


main()
