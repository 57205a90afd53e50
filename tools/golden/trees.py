"""Decision trees, boosting and AdaBoost on 80 rows, by scikit-learn and XGBoost.

    python tools/golden/trees.py            writes tests/golden/trees.json

Made with scikit-learn 1.9.1 and XGBoost 3.2.0. The rows are in the file: `x` four continuous columns (rounded to 1e-4, so that
float32 keeps them apart and no two splits tie), `x_missing` the same with a fifth of the cells of two columns missing (null), `number`
and `label` (three classes) the targets. Deterministic learners only: exact splits, no subsampling.

  tree            impurity, weight and split column and threshold of every node, breadth first; training predictions with missing cells
  pruning         alphas and impurities of the cost-complexity path
  boosting        scikit-learn's squared loss, depth 3, rate .1: training mean squared error after 1, 5 and 20 trees
  xgboost         margins after 5 rounds, exact, depth 3, rate .3, lambda 1, start 0: squared and logistic loss, with missing cells
  adaboost        SAMME on stumps: errors and votes of ten rounds, three classes
"""

import json
import pathlib

import numpy as np
import xgboost
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/golden/trees.json"


def breadth_first(tree):
    t, order = tree.tree_, [0]
    for node in order:
        if t.children_left[node] >= 0:
            order += [t.children_left[node], t.children_right[node]]
    return [{"impurity": t.impurity[n], "weight": t.weighted_n_node_samples[n], "column": int(max(t.feature[n], -1)),
             "threshold": t.threshold[n] if t.feature[n] >= 0 else 0.0} for n in order]


def margins(x, y, objective, base):
    data = xgboost.DMatrix(x, y)
    params = {"tree_method": "exact", "max_depth": 3, "eta": 0.3, "lambda": 1, "min_child_weight": 1}
    params |= {"objective": objective, "base_score": base}
    return xgboost.train(params, data, 5).predict(data, output_margin=True).astype(float).tolist()


def main():
    rng = np.random.default_rng(20)
    x = rng.standard_normal((80, 4)).round(4)
    number = (2 * x[:, 0] + np.sin(3 * x[:, 1]) + x[:, 2] * x[:, 3] + 0.3 * rng.standard_normal(80)).round(4)
    label = np.digitize(x[:, 0] + 0.7 * x[:, 1] + 0.4 * rng.standard_normal(80), [-0.6, 0.6])
    missing = x.copy()
    missing[rng.random(80) < 0.2, 0] = np.nan
    missing[rng.random(80) < 0.2, 2] = np.nan
    path = DecisionTreeRegressor(random_state=0).cost_complexity_pruning_path(x, number)
    boosted = GradientBoostingRegressor(n_estimators=20, max_depth=3, learning_rate=0.1, random_state=0).fit(x, number)
    staged = [float(((p - number) ** 2).mean()) for p in boosted.staged_predict(x)]
    ada = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=10, random_state=0).fit(x, label)
    limits = {"min_samples_leaf": 3, "random_state": 0}
    golden = {
        "x": x.tolist(),
        "x_missing": [[None if v != v else v for v in row] for row in missing.tolist()],
        "number": number.tolist(),
        "label": label.tolist(),
        "tree": {
            "squared_error": breadth_first(DecisionTreeRegressor(max_depth=4, **limits).fit(x, number)),
            "gini": breadth_first(DecisionTreeClassifier(max_depth=3, **limits).fit(x, label)),
            "entropy": breadth_first(DecisionTreeClassifier(criterion="entropy", max_depth=3, **limits).fit(x, label)),
            "missing": DecisionTreeRegressor(max_depth=4, **limits).fit(missing, number).predict(missing).tolist(),
        },
        "pruning": {"alpha": path.ccp_alphas.tolist(), "impurity": path.impurities.tolist()},
        "boosting": {"1": staged[0], "5": staged[4], "20": staged[19]},
        "xgboost": {"squared": margins(missing, number, "reg:squarederror", 0.0),
                    "logistic": margins(missing, label == 1, "binary:logistic", 0.5)},
        "adaboost": {"errors": ada.estimator_errors_.tolist(), "votes": ada.estimator_weights_.tolist()},
    }
    OUT.write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
