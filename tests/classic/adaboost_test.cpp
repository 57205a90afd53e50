// AdaBoost: the errors and votes of scikit-learn's SAMME, more than two classes, stopping, files.

#include "grimoire/classic/adaboost.h"

#include "classic/tree_data.h"
#include "support/data.h"

namespace grim {
namespace {

TEST(AdaBoost, BreastCancerStumps) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  AdaBoost model;
  model.rounds = 3;
  model.fit(data);
  const double errors[] = {0.0773286467, 0.1185930736, 0.1556584179}, votes[] = {2.4792086287, 2.0058213273, 1.6908931532};
  ASSERT_EQ(model.errors().size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(model.errors()[i], errors[i], 1e-9);
    EXPECT_NEAR(model.votes()[i], votes[i], 1e-9);
  }
  model.rounds = 50;
  EXPECT_NEAR(cross_validated(data, 5, [&] {
    AdaBoost fresh;
    return fresh;
  }), 0.97, 0.015);
}

TEST(AdaBoost, ThreeClassesAsScikitLearn) {
  const Json golden = Json::parse(read_file(test::golden_file("trees.json")));
  AdaBoost model;
  model.rounds = 10;
  model.fit(golden_rows(golden, "x", true));
  const std::vector<double> errors = reals(golden.at("adaboost").at("errors")), votes = reals(golden.at("adaboost").at("votes"));
  ASSERT_EQ(model.errors().size(), errors.size());
  for (size_t i = 0; i < errors.size(); ++i) {
    EXPECT_NEAR(model.errors()[i], errors[i], 1e-9);
    EXPECT_NEAR(model.votes()[i], votes[i], 1e-9);
  }
}

TEST(AdaBoost, ManyClassesAndFiles) {
  GRIMOIRE_DATA(path, "tabular/iris.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  AdaBoost model;
  model.max_depth = 2;
  model.fit(data);
  EXPECT_GT(model.score(data), 0.97);
  const test::TempFolder folder;
  model.save(folder / "m");
  const auto loaded = Estimator::load(folder / "m");
  EXPECT_EQ(loaded->predict_proba(data.x).to_vector<double>(), model.predict_proba(data.x).to_vector<double>());
  // The most probable class is the one with the largest score.
  const Tensor scores = model.decision(data.x);
  const std::vector<double> y = model.predict(data.x);
  for (int64_t r = 0; r < data.rows(); ++r)
    for (int64_t k = 0; k < 3; ++k) EXPECT_LE(scores.at({r, k}), scores.at({r, static_cast<int64_t>(y[static_cast<size_t>(r)])}));
}

TEST(AdaBoost, Ends) {
  AdaBoost model;
  model.fit(numbers_dataset({{1, 2, 3, 4}}, {0, 0, 1, 1}, {"a", "b"}));
  EXPECT_EQ(model.votes().size(), 1u);
  EXPECT_EQ(model.report().stopped, "round 1 made no error");
  EXPECT_THROW(model.fit(numbers_dataset({{1, 1, 1, 1}}, {0, 0, 1, 1}, {"a", "b"})), Error);
}

}  // namespace
}  // namespace grim
