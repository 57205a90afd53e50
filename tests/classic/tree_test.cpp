// Decision trees: textbook gains, scikit-learn's and rpart's trees, pruning, missing cells, categories, weights, words, files.

#include "grimoire/classic/tree.h"

#include <algorithm>

#include "classic/tree_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

constexpr const char* kTennis =
    "outlook,temperature,humidity,wind,play\n"
    "sunny,hot,high,weak,no\nsunny,hot,high,strong,no\novercast,hot,high,weak,yes\nrain,mild,high,weak,yes\nrain,cool,normal,weak,yes\n"
    "rain,cool,normal,strong,no\novercast,cool,normal,strong,yes\nsunny,mild,high,weak,no\nsunny,cool,normal,weak,yes\n"
    "rain,mild,normal,weak,yes\nsunny,mild,normal,strong,yes\novercast,mild,high,strong,yes\novercast,hot,normal,weak,yes\nrain,mild,high,"
    "strong,no\n";

Dataset tennis() { return dataset_of(parse_csv(kTennis, "tennis.csv"), target_is("play")); }

TEST(Tree, InformationGainsOfPlayTennis) {
  const std::vector<double> gains = information_gains(tennis());
  EXPECT_NEAR(gains[0], 0.246749820, 1e-9);
  EXPECT_NEAR(gains[1], 0.029222566, 1e-9);
  EXPECT_NEAR(gains[2], 0.151835501, 1e-9);
  EXPECT_NEAR(gains[3], 0.048127030, 1e-9);
  DecisionTree tree;
  tree.criterion = "entropy";
  tree.fit(tennis());
  EXPECT_NEAR(tree.impurity()[0], 0.940285959, 1e-9);
  EXPECT_EQ(tree.score(tennis()), 1.0);
  EXPECT_NE(tree.to_text().find("outlook in {overcast}"), std::string::npos) << tree.to_text();
}

TEST(Tree, Iris) {
  GRIMOIRE_DATA(path, "tabular/iris.csv");
  const Dataset iris = load_dataset(path, target_is("target"));
  for (const char* criterion : {"entropy", "gini"}) {
    DecisionTree tree;
    tree.criterion = criterion;
    tree.fit(iris);
    EXPECT_EQ(tree.node_count(), 17);
    EXPECT_EQ(tree.depth(), 5);
    EXPECT_EQ(tree.leaf_count(), 9);
    EXPECT_EQ(tree.score(iris), 1.0);
    // Petal width <= .8 and petal length <= 2.45 split the root equally well: either may win.
    const tree::Node root = tree.nodes().node(0);
    EXPECT_TRUE((root.column() == 3 && std::abs(root.threshold() - 0.8) < 1e-6) ||
                (root.column() == 2 && std::abs(root.threshold() - 2.45) < 1e-6));
  }
  DecisionTree tree;
  tree.criterion = "entropy";
  tree.max_depth = 2;
  tree.fit(iris);
  EXPECT_NEAR(tree.score(iris), 0.96, 1e-12);
  const std::vector<double> want = {1.5849625007, 0, 1, 0.4450648571, 0.1510969705};
  ASSERT_EQ(tree.impurity().size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(tree.impurity()[i], want[i], 1e-9);
  EXPECT_EQ(tree.nodes().node(2).column(), 3u);
  EXPECT_NEAR(tree.nodes().node(2).threshold(), 1.75, 1e-6);
}

struct WantedSplit {
  size_t node;
  uint32_t column;
  double threshold;
};

void expect_splits(const DecisionTree& tree, const std::vector<WantedSplit>& wanted) {
  for (const WantedSplit& w : wanted) {
    EXPECT_EQ(tree.nodes().node(w.node).column(), w.column) << w.node;
    EXPECT_NEAR(tree.nodes().node(w.node).threshold(), w.threshold, 1e-6 * std::abs(w.threshold)) << w.node;
  }
}

TEST(Tree, BreastCancerAndItsPruning) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  DecisionTree tree;
  tree.criterion = "entropy";
  tree.max_depth = 3;
  tree.fit(data);
  EXPECT_NEAR(tree.score(data), 0.9683655536, 1e-9);
  expect_splits(tree, {{0, 22, 105.95}, {1, 27, 0.13505}, {2, 22, 117.45}, {3, 13, 48.975}, {4, 21, 27.575}, {5, 24, 0.1361}});
  // Three splits of the last node are equally good: all leave its one benign row alone.
  EXPECT_TRUE(tree.nodes().node(6).column() == 19 || tree.nodes().node(6).column() == 24 || tree.nodes().node(6).column() == 27);

  DecisionTree gini;
  gini.fit(data);
  const std::vector<double>& alpha = gini.prune_path().alpha;
  EXPECT_EQ(alpha.size(), 14u);
  const std::vector<double> last = {0.0147386279, 0.0180385249, 0.0500710102, 0.3252108798};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(alpha[alpha.size() - 4 + i], last[i], 1e-9);
  DecisionTree stump;
  stump.ccp_alpha = 0.06;
  stump.fit(data);
  EXPECT_EQ(stump.leaf_count(), 2);
  EXPECT_NEAR(stump.prune_path().alpha.back(), 0.3252108798, 1e-9);
}

TEST(Tree, WineAndDiabetes) {
  GRIMOIRE_DATA(path, "tabular/wine_data.csv");
  const Dataset wine = load_dataset(path, target_is("target"));
  DecisionTree tree;
  tree.criterion = "entropy";
  tree.max_depth = 3;
  tree.fit(wine);
  EXPECT_NEAR(tree.score(wine), 0.9943820225, 1e-9);
  std::vector<std::pair<uint32_t, double>> splits;
  for (size_t i = 0; i < tree.nodes().nodes().size(); ++i)
    if (!tree.nodes().is_leaf(i)) splits.emplace_back(tree.nodes().node(i).column(), tree.nodes().node(i).threshold());
  for (const auto& [column, threshold] : {std::pair{6u, 1.575}, {9u, 3.825}, {12u, 724.5}})  // a fourth is tied with two others
    EXPECT_TRUE(std::any_of(splits.begin(), splits.end(), [&](auto s) {
      return s.first == column && std::abs(s.second - threshold) < 1e-4;
    })) << column;

  GRIMOIRE_DATA(x_path, "tabular/diabetes_data_raw.csv.gz");
  GRIMOIRE_DATA(y_path, "tabular/diabetes_target.csv.gz");
  const Dataset numbers = diabetes(x_path, y_path);
  DecisionTree regression;
  regression.max_depth = 3;
  regression.fit(numbers);
  EXPECT_NEAR(regression.score(numbers), 0.5006720155, 1e-9);
  expect_splits(regression, {{0, 8, -0.003761176}});
}

TEST(Tree, NodeByNodeAsScikitLearn) {
  const Json golden = Json::parse(read_file(test::golden_file("trees.json")));
  for (const char* criterion : {"squared_error", "gini", "entropy"}) {
    const Dataset data = golden_rows(golden, "x", std::string(criterion) != "squared_error");
    DecisionTree tree;
    tree.criterion = criterion;
    tree.max_depth = data.classifies() ? 3 : 4;
    tree.min_samples_leaf = 3;
    tree.fit(data);
    const auto& want = golden.at("tree").at(criterion).items();
    ASSERT_EQ(static_cast<size_t>(tree.node_count()), want.size()) << criterion;
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_NEAR(tree.impurity()[i], want[i].real("impurity"), 1e-9);
      EXPECT_NEAR(tree.node_weight()[i], want[i].real("weight"), 1e-9);
      const int64_t column = want[i].integer("column");
      ASSERT_EQ(tree.nodes().is_leaf(i), column < 0);
      if (column < 0) continue;
      EXPECT_EQ(tree.nodes().node(i).column(), column);
      EXPECT_NEAR(tree.nodes().node(i).threshold(), want[i].real("threshold"), 1e-6);
    }
  }
  DecisionTree tree;
  tree.max_depth = 4;
  tree.min_samples_leaf = 3;
  const Dataset missing = golden_rows(golden, "x_missing", false);
  tree.fit(missing);
  const std::vector<double> p = tree.predict(missing.x), want = reals(golden.at("tree").at("missing"));
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], want[i], 1e-9) << i;

  DecisionTree whole;
  whole.fit(golden_rows(golden, "x", false));
  const std::vector<double> alpha = reals(golden.at("pruning").at("alpha")), impurity = reals(golden.at("pruning").at("impurity"));
  ASSERT_EQ(whole.prune_path().alpha.size(), alpha.size());
  for (size_t i = 0; i < alpha.size(); ++i) {
    EXPECT_NEAR(whole.prune_path().alpha[i], alpha[i], 1e-9);
    EXPECT_NEAR(whole.prune_path().impurity[i], impurity[i], 1e-9);
  }
}

TEST(Tree, CrossValidation) {
  GRIMOIRE_DATA(iris, "tabular/iris.csv");
  GRIMOIRE_DATA(wine, "tabular/wine_data.csv");
  GRIMOIRE_DATA(cancer, "tabular/breast_cancer.csv");
  for (const auto& [path, want] : {std::pair{iris, 0.956}, {wine, 0.899}, {cancer, 0.931}}) {
    // The oracle draws the order of the columns, which decides between equally good splits.
    const Dataset data = load_dataset(path, target_is("target"));
    double score = 0;
    for (uint32_t turn = 0; turn < 5; ++turn) {
      Dataset shuffled = data;
      shuffled.x = data.x.pick_columns(Rng(RngMode::philox, 1, turn).permutation(data.x.width()));
      score += cross_validated(shuffled, 5, [] {
        DecisionTree tree;
        tree.criterion = "entropy";
        return tree;
      }) / 5;
    }
    EXPECT_NEAR(score, want, 0.01) << path;
  }
}

TEST(Tree, WeightsAreRepeatedRows) {
  Rng rng(RngMode::philox, 5);
  std::vector<std::vector<double>> x(4);
  std::vector<double> y, numbers, weight;
  for (int r = 0; r < 120; ++r) {
    for (auto& column : x) column.push_back(static_cast<double>(rng.randint(0, 12)));
    y.push_back(x[0].back() + x[1].back() > 11 ? 2 : rng.randint(0, 2));
    numbers.push_back(x[2].back() * 0.5 + rng.normal());
    weight.push_back(static_cast<double>(rng.randint(0, 4)));
  }
  for (const bool classes : {true, false}) {
    Dataset data =
        numbers_dataset(x, classes ? y : numbers, classes ? std::vector<std::string>{"a", "b", "c"} : std::vector<std::string>{});
    data.weight = weight;
    DecisionTree weighted, copied;
    for (DecisionTree* tree : {&weighted, &copied}) {
      tree->min_samples_leaf = 3;
      tree->max_leaves = 12;
    }
    weighted.fit(data);
    copied.fit(repeated(data));
    EXPECT_EQ(weighted.to_text(), copied.to_text());
  }
}

TEST(Tree, MissingCellsTakeTheBetterSide) {
  // y is 1 exactly where x is large or missing; then where it is missing alone.
  const Dataset large = numbers_dataset({{1, 2, 3, 7, 8, 9, NAN, NAN}}, {0, 0, 0, 1, 1, 1, 1, 1}, {"no", "yes"});
  DecisionTree tree;
  tree.fit(large);
  EXPECT_EQ(tree.leaf_count(), 2);
  EXPECT_EQ(tree.score(large), 1.0);
  EXPECT_FALSE(tree.nodes().node(0).missing_left());
  const Dataset alone = numbers_dataset({{1, 2, 3, 7, 8, 9, NAN, NAN}}, {0, 0, 0, 0, 0, 0, 1, 1}, {"no", "yes"});
  tree.fit(alone);
  EXPECT_EQ(tree.leaf_count(), 2);
  EXPECT_EQ(tree.score(alone), 1.0);
  EXPECT_EQ(tree.to_text(), "x0 is present: no (6 of 6)\nx0 is missing: yes (2 of 2)\n");
  // None missing while fitting: with the majority.
  tree.fit(numbers_dataset({{1, 2, 3, 9}}, {0, 0, 0, 1}, {"no", "yes"}));
  EXPECT_EQ(tree.predict(numbers_dataset({{NAN}}, {0}).x)[0], 0.0);
}

TEST(Tree, CategoriesSplitIntoTheBestSubsets) {
  Table t;
  t.columns = {{"colour", ColumnKind::category, {0, 1, 2, 3, 4, 0, 1, 2, 3, 4, NAN}, {"blue", "green", "red", "white", "yellow"}}};
  Dataset data;
  data.x = Features::from(t);
  data.y = {5, 1, 5, 1, 5, 5, 1, 5, 1, 5, 1};
  DecisionTree tree;
  tree.fit(data);
  EXPECT_EQ(tree.leaf_count(), 2);
  EXPECT_EQ(tree.score(data), 1.0);
  data.y = {0, 1, 2, 1, 0, 0, 1, 2, 1, 0, 2};
  data.classes = {"a", "b", "c"};
  tree.fit(data);
  EXPECT_EQ(tree.leaf_count(), 3);
  EXPECT_EQ(tree.score(data), 1.0);
  EXPECT_NE(tree.explain(data.x, 10).find("colour is missing"), std::string::npos);
}

TEST(Tree, LimitsHold) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  DecisionTree tree;
  tree.max_leaves = 7;
  tree.fit(data);
  EXPECT_EQ(tree.leaf_count(), 7);
  tree.max_leaves = 0;
  tree.min_samples_leaf = 40;
  tree.fit(data);
  EXPECT_GE(*std::min_element(tree.node_weight().begin(), tree.node_weight().end()), 40);
  tree.min_samples_leaf = 1;
  tree.min_gain = 0.02;
  tree.fit(data);
  for (size_t i = 0; i < tree.nodes().nodes().size(); ++i)
    EXPECT_TRUE(tree.nodes().is_leaf(i) || tree.nodes().node(i).gain() >= 0.02f) << i;
  double sum = 0;
  for (double v : tree.importances()) sum += v;
  EXPECT_NEAR(sum, 1, 1e-6);
  tree.criterion = "squared_error";
  EXPECT_THROW(tree.fit(data), Error);
}

TEST(Tree, WordsJsonAndDrawing) {
  DecisionTree tree;
  tree.fit(numbers_dataset({{0.2, 0.4, 1.2, 1.6}}, {0, 0, 1, 1}, {"small", "large"}));
  EXPECT_EQ(tree.to_text(), "x0 <= 0.8 or missing: small (2 of 2)\nx0 > 0.8: large (2 of 2)\n");
  EXPECT_EQ(tree.explain(std::vector<float>{1.5f}), "x0 is 1.5, so x0 > 0.8\nanswer: large (2 of 2)\n");
  const Json json = tree.to_json();
  EXPECT_EQ(json.at("nodes").items()[0].text("column"), "x0");
  EXPECT_EQ(json.at("nodes").items()[0].integer("right"), 2);
  EXPECT_NE(tree.to_dot().find("0 -> 2 [label=\"no\"]"), std::string::npos);
}

TEST(Tree, SavedAndThreadsAgree) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  DecisionTree one, two;
  device::set_thread_cap(1);
  one.fit(data);
  device::set_thread_cap(2);
  two.fit(data);
  EXPECT_EQ(one.to_json().dump(), two.to_json().dump());
  const test::TempFolder folder;
  one.save(folder / "tree.model");
  const auto loaded = Estimator::load(folder / "tree.model");
  EXPECT_EQ(loaded->describe(), one.describe());
  EXPECT_EQ(loaded->predict_proba(data.x).to_vector<double>(), one.predict_proba(data.x).to_vector<double>());
}

// A file that lies must be refused, never walked.
TEST(Tree, LyingFilesAreRefused) {
  DecisionTree tree;
  tree.fit(numbers_dataset({{0.2, 0.4, 1.2, 1.6}}, {0, 0, 1, 1}, {"small", "large"}));
  const State good = tree.to_state();
  EXPECT_NO_THROW(Estimator::from_state(good));
  const Tensor nodes = good.tensor("nodes");
  for (const auto& [word, value] :
       std::vector<std::pair<size_t, int32_t>>{{0, 5}, {1, 0}, {1, 2}, {1, -1}, {0, 1 << 30}, {5, 0}, {7, 99}, {6, 0}}) {
    std::vector<int32_t> words = nodes.to_vector<int32_t>();
    words[word] = value;
    State bad = good;
    bad.set("nodes", Tensor::from(words, nodes.shape()));
    EXPECT_THROW(Estimator::from_state(bad), Error) << word << " " << value;
  }
}

}  // namespace
}  // namespace grim
