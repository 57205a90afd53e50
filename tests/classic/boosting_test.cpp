// Gradient boosting: scikit-learn's and XGBoost's exact trees, histograms, losses, limits, early stopping, constraints, files.

#include "grimoire/classic/boosting.h"

#include <chrono>

#include "classic/tree_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/boosting_grow.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

double mse(const Boosting& model, const Dataset& data) {
  const std::vector<double> p = model.predict(data.x);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += (p[i] - data.y[i]) * (p[i] - data.y[i]);
  return sum / static_cast<double>(p.size());
}

double log_loss(const Boosting& model, const Dataset& data) {
  const Tensor p = model.predict_proba(data.x);
  double sum = 0;
  for (int64_t r = 0; r < data.rows(); ++r) sum -= std::log(p.at({r, static_cast<int64_t>(data.y[static_cast<size_t>(r)])}));
  return sum / static_cast<double>(data.rows());
}

// y = 3 x0 + noise, with a wave, a category and missing cells beside.
Dataset mixed(int64_t rows, bool classes = false) {
  Rng rng(RngMode::philox, 11);
  Table t;
  t.columns = {
      {"a", ColumnKind::number, {}, {}}, {"b", ColumnKind::number, {}, {}}, {"kind", ColumnKind::category, {}, {"p", "q", "r", "s", "t"}}};
  Dataset data;
  for (int64_t r = 0; r < rows; ++r) {
    const double a = rng.normal(), b = rng.normal(), kind = static_cast<double>(rng.randint(0, 5));
    t.columns[0].values.push_back(a);
    t.columns[1].values.push_back(rng.bernoulli(0.2) ? NAN : b);
    t.columns[2].values.push_back(kind);
    const double y = 3 * a + 2 * std::sin(3 * b) + (kind == 1 || kind == 3 ? 2 : 0) + rng.normal();
    data.y.push_back(classes ? (y > 1) + (y > 4) : y);
  }
  data.x = Features::from(t);
  if (classes) data.classes = {"low", "middle", "high"};
  return data;
}

TEST(Boosting, DiabetesAsScikitLearn) {
  GRIMOIRE_DATA(x_path, "tabular/diabetes_data_raw.csv.gz");
  GRIMOIRE_DATA(y_path, "tabular/diabetes_target.csv.gz");
  const Dataset data = diabetes(x_path, y_path);
  for (const auto& [rounds, want] : {std::pair{1, 5365.7886865702}, {10, 3011.8219607584}, {100, 1191.6744015439}}) {
    Boosting model;
    model.exact = true;
    model.rounds = rounds;
    model.max_depth = 3;
    model.max_leaves = 0;
    model.min_samples_leaf = 1;
    model.fit(data);
    EXPECT_NEAR(mse(model, data), want, 1e-8);
    EXPECT_NEAR(2 * model.report().objective, want, 1e-8);
  }
}

Boosting xgboost_like() {
  Boosting model;
  model.rounds = 10;
  model.max_depth = 3;
  model.max_leaves = 0;
  model.learning_rate = 0.3;
  model.lambda = 1;
  model.min_child_weight = 1;
  model.min_samples_leaf = 1;
  model.start = "zero";
  return model;
}

TEST(Boosting, BreastCancerAsXgboost) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  const Dataset data = load_dataset(path, target_is("target"));
  Boosting model = xgboost_like();
  model.exact = true;
  model.fit(data);
  EXPECT_NEAR(log_loss(model, data), 0.0615871991, 2e-7);
  EXPECT_EQ(model.trees().node(0).column(), 20u);
  EXPECT_NEAR(model.trees().node(0).threshold(), 16.795, 1e-4);
  const std::vector<double> want = {0.581927717, 0.0666666701, 0.286956549,   -0.406451643,
                                    0.41538465,  -0.400000036, -0.0666666701, -0.586046517};
  size_t leaf = 0;
  for (size_t i = 0; i < model.trees().end(0); ++i)
    if (model.trees().is_leaf(i)) {
      EXPECT_NEAR(model.leaf_value(i), want[leaf++], 1e-7);
    }
  EXPECT_EQ(leaf, want.size());
  model.exact = false;
  model.fit(data);
  EXPECT_NEAR(log_loss(model, data), 0.0634, 0.003);  // XGBoost's own histograms: .0634001289
}

TEST(Boosting, MissingCellsAsXgboost) {
  const Json golden = Json::parse(read_file(test::golden_file("trees.json")));
  for (const bool logistic : {false, true}) {
    Dataset data = golden_rows(golden, "x_missing", logistic);
    if (logistic) {
      for (double& y : data.y) y = y == 1;
      data.classes = {"no", "yes"};
    }
    Boosting model = xgboost_like();
    model.rounds = 5;
    model.exact = true;
    model.fit(data);
    const std::vector<double> got = model.decision(data.x).to_vector<double>(),
                              want = reals(golden.at("xgboost").at(logistic ? "logistic" : "squared"));
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 2e-6) << logistic << " " << i;
    // 80 values a column fit into bins without loss, so histograms grow the same trees.
    model.exact = false;
    model.fit(data);
    const std::vector<double> binned = model.decision(data.x).to_vector<double>();
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(binned[i], want[i], 2e-6) << logistic << " " << i;
  }
  Boosting squared;
  squared.exact = true;
  squared.max_depth = 3;
  squared.min_samples_leaf = 1;
  const Dataset data = golden_rows(golden, "x", false);
  for (int rounds : {1, 5, 20}) {
    squared.rounds = rounds;
    squared.fit(data);
    EXPECT_NEAR(mse(squared, data), golden.at("boosting").real(std::to_string(rounds)), 1e-9);
  }
}

TEST(Boosting, CrossValidation) {
  const std::pair<const char*, double> sets[] = {
      {"tabular/iris.csv", 0.9467}, {"tabular/wine_data.csv", 0.9552}, {"tabular/breast_cancer.csv", 0.9666}};
  for (const auto& [name, want] : sets) {
    GRIMOIRE_DATA(path, name);
    const double score = cross_validated(load_dataset(path, target_is("target")), 5, [] { return Boosting(); });
    EXPECT_GT(score, want - 0.012) << path;
    EXPECT_LT(score, want + 0.025) << path;
  }
}

TEST(Boosting, AgaricusFromSparseRows) {
  GRIMOIRE_DATA(path, "tabular/agaricus.txt.train");
  GRIMOIRE_DATA(test_path, "tabular/agaricus.txt.test");
  const Dataset data = load_dataset(path);
  ASSERT_TRUE(data.x.is_sparse());
  DatasetOptions as_fitted;
  as_fitted.columns = data.x.columns();
  as_fitted.classes = data.classes;
  const Dataset test = load_dataset(test_path, as_fitted);
  const double error[] = {0.0428305, 0.0217256, 0.0062073}, loss[] = {0.2266860, 0.1378742};
  for (int rounds = 1; rounds <= 3; ++rounds) {
    Boosting model = xgboost_like();
    model.rounds = rounds;
    model.max_depth = 2;
    model.learning_rate = 1;
    model.fit(data);
    EXPECT_NEAR(1 - model.score(test), error[rounds - 1], 1e-6);
    if (rounds < 3) {
      EXPECT_NEAR(log_loss(model, test), loss[rounds - 1], 1e-5);
    }
  }
}

TEST(Boosting, WeightsAreRepeatedRows) {
  Dataset data = mixed(600);
  Rng rng(RngMode::philox, 3);
  for (int64_t r = 0; r < data.rows(); ++r) data.weight.push_back(static_cast<double>(rng.randint(0, 3)));
  for (const bool exact : {false, true}) {
    Boosting a, b;
    for (Boosting* m : {&a, &b}) m->exact = exact, m->rounds = 10, m->max_leaves = 8, m->min_samples_leaf = exact ? 1 : 20;
    a.min_child_weight = b.min_child_weight = exact ? 20 : 1e-3;
    a.fit(data);
    b.fit(repeated(data));
    const std::vector<double> pa = a.predict(data.x), pb = b.predict(data.x);
    for (size_t i = 0; i < pa.size(); ++i) ASSERT_NEAR(pa[i], pb[i], 1e-4) << exact;
  }
}

TEST(Boosting, MissingCellsAndCategories) {
  const Dataset data = mixed(4000), fresh = mixed(1);
  Boosting model;
  model.fit(data);
  EXPECT_GT(model.score(data), 0.86);
  EXPECT_GT(model.importances()[2], 0.02);
  EXPECT_GT(model.split_counts()[0], 0);
  // The category matters by {q, s} against the rest, whatever else is known.
  std::vector<double> out(1), other(1);
  ASSERT_TRUE(model.predict_row(std::vector<float>{0, NAN, 1}, out));
  ASSERT_TRUE(model.predict_row(std::vector<float>{0, NAN, 0}, other));
  EXPECT_NEAR(out[0] - other[0], 2, 0.7);
}

TEST(Boosting, OneSplitPartsAllLevels) {
  Table t;
  t.columns = {{"kind", ColumnKind::category, {}, {"p", "q", "r", "s", "t", "u"}}};
  Dataset data;
  for (int r = 0; r < 700; ++r) {
    const int level = r % 7;
    t.columns[0].values.push_back(level == 6 ? NAN : level);
    data.y.push_back(level % 2 == 0 ? 4 : -1);
  }
  data.x = Features::from(t);
  Boosting model;
  model.rounds = 1;
  model.max_leaves = 2;
  model.learning_rate = 1;
  model.fit(data);
  EXPECT_NEAR(model.score(data), 1, 1e-9);
}

// Many chunks of rows, on 2 threads and with a sibling that is never counted: the sums are those of the exact tree.
TEST(Boosting, HistogramsAddUpEveryRow) {
  Rng rng(RngMode::philox, 6);
  std::vector<std::vector<double>> x(37);
  std::vector<double> y;
  for (int r = 0; r < 50001; ++r) {
    for (auto& column : x) column.push_back(static_cast<double>(rng.randint(0, 6)));
    y.push_back(x[3].back() * x[35].back() + 2 * x[36].back() + 0.1 * rng.normal());
  }
  const Dataset data = numbers_dataset(x, y);
  Boosting exact, binned;
  for (Boosting* m : {&exact, &binned}) m->rounds = 1, m->max_leaves = 0, m->max_depth = 3;
  exact.exact = true;
  exact.fit(data);
  binned.fit(data);
  ASSERT_EQ(exact.trees().nodes().size(), binned.trees().nodes().size());
  for (size_t i = 0; i < exact.trees().nodes().size(); ++i) {
    const tree::Node &a = exact.trees().node(i), &b = binned.trees().node(i);
    EXPECT_EQ(a.split, b.split);
    if (exact.trees().is_leaf(i)) {
      EXPECT_NEAR(exact.leaf_value(i), binned.leaf_value(i), 1e-6);
    } else {
      EXPECT_EQ(a.column(), b.column());
      EXPECT_NEAR(a.gain() * 50001, b.gain(), 1e-5 * b.gain());  // a share, and a sum
    }
  }
}

// Columns that are alike in most rows: of every four one of zeros, one of gaps, one with its usual value in the middle, a category.
Dataset mostly_alike(int64_t rows, int columns) {
  Rng rng(RngMode::philox, 21);
  Table t;
  for (int c = 0; c < columns; ++c) {
    t.columns.push_back({"c" + std::to_string(c), c % 4 == 3 ? ColumnKind::category : ColumnKind::number, {}, {}});
    if (c % 4 == 3) t.columns.back().levels = {"p", "q", "r", "s", "t"};
  }
  Dataset data;
  for (int64_t r = 0; r < rows; ++r) {
    double sum = rng.normal();
    for (int c = 0; c < columns; ++c) {
      const bool other = rng.uniform() < 0.02f + 0.4f * static_cast<float>(c) / static_cast<float>(columns);
      const double value = static_cast<double>(rng.randint(0, 5));
      const double usual = c % 4 == 0 ? 0 : c % 4 == 1 ? NAN : 2;
      t.columns[static_cast<size_t>(c)].values.push_back(other ? value : usual);
      if (other) sum += c % 3 == 0 ? value : c % 3 == 1 ? -3 : 0;
    }
    data.y.push_back((sum > 0) + (sum > 6));
    data.weight.push_back(0.5 + rng.uniform());
  }
  data.x = Features::from(t);
  data.classes = {"low", "middle", "high"};
  return data;
}

// What rows list beside the usual bins grows the trees of histograms that count every cell.
TEST(Boosting, ListedColumnsAsCountedOnes) {
  const Dataset data = mostly_alike(6000, 60);
  const tree::Bins bins = tree::make_bins(data.x, data.weight);
  std::vector<int64_t> columns(60);
  std::iota(columns.begin(), columns.end(), int64_t{0});
  Rng rng(RngMode::philox, 22);
  const double mean = std::accumulate(data.y.begin(), data.y.end(), 0.0) / 6000;
  std::vector<uint32_t> rows, others;
  for (uint32_t r = 0; r < 6000; ++r) (rng.bernoulli(0.7) ? rows : others).push_back(r);
  for (const bool counts : {false, true}) {
    std::vector<float> gh;
    for (size_t r = 0; r < 6000; ++r) {
      const double h = 0.05 + 0.2 * rng.uniform();
      gh.push_back(static_cast<float>(data.y[r] - mean + 0.1 * rng.normal()));
      gh.push_back(static_cast<float>(h));
      if (counts) gh.push_back(static_cast<float>(data.weight[r])), gh.push_back(0);
    }
    tree::Histograms listed(bins, columns, counts, 0), counted(bins, columns, counts, INFINITY);
    ASSERT_GT(listed.listed(), 50);
    ASSERT_EQ(counted.listed(), 0);
    const tree::BoostGrow limits{.max_depth = 6, .lambda = 1, .min_child_weight = 1, .min_samples_leaf = 15};
    tree::BoostGrower one(bins, listed, limits), two(bins, counted, limits);
    const std::vector<tree::Draft> a = one.grow(gh.data(), rows, others), b = two.grow(gh.data(), rows, others);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_GT(a.size(), 40u);
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].column, b[i].column) << i;
      EXPECT_EQ(a[i].threshold, b[i].threshold) << i;
      EXPECT_EQ(a[i].left_levels, b[i].left_levels) << i;
      EXPECT_EQ(a[i].missing_left, b[i].missing_left) << i;
      EXPECT_NEAR(a[i].gain, b[i].gain, 1e-3 * (1 + b[i].gain));  // float32 sums on one side
      if (a[i].leaf()) {
        EXPECT_EQ(one.value(static_cast<uint32_t>(i)), two.value(static_cast<uint32_t>(i)));
      }
    }
  }
}

TEST(Boosting, ListedColumnsOnTwoThreads) {
  Dataset data = mostly_alike(20000, 60);
  Boosting one, two;
  for (Boosting* m : {&one, &two}) m->rounds = 3, m->row_share = 0.7, m->column_share = 0.8;
  device::set_thread_cap(1);
  one.fit(data);
  device::set_thread_cap(2);
  two.fit(data);
  EXPECT_EQ(one.decision(data.x).to_vector<double>(), two.decision(data.x).to_vector<double>());
  EXPECT_GT(one.score(data), 0.6);
}

// Many chunks of rows, dense and sparse: the splits and leaves of the exact tree, which knows nothing of bins.
TEST(Boosting, ListedColumnsAsExactTrees) {
  Rng rng(RngMode::philox, 23);
  std::vector<std::vector<double>> x(50);
  std::vector<double> y;
  auto sparse = std::make_shared<SparseRows>();
  sparse->columns = 50;
  for (int r = 0; r < 40001; ++r) {
    for (size_t c = 0; c < x.size(); ++c) {
      x[c].push_back(rng.uniform() < 0.1f + 0.01f * static_cast<float>(c) ? static_cast<double>(rng.randint(-3, 4)) : 0.0);
      if (x[c].back() == 0) continue;
      sparse->column.push_back(static_cast<int32_t>(c));
      sparse->value.push_back(x[c].back());
    }
    sparse->row_start.push_back(static_cast<int64_t>(sparse->column.size()));
    y.push_back(x[3].back() * x[35].back() + 2 * x[46].back() + 0.1 * rng.normal());
  }
  const Dataset data = numbers_dataset(x, y);
  Dataset thin = data;
  thin.x = Features(sparse);
  Boosting exact, dense, listed;
  for (Boosting* m : {&exact, &dense, &listed}) m->rounds = 1, m->max_leaves = 0, m->max_depth = 4;
  exact.exact = true;
  exact.fit(data);
  dense.fit(data);
  listed.fit(thin);
  for (const Boosting* m : {&dense, &listed}) {
    ASSERT_EQ(exact.trees().nodes().size(), m->trees().nodes().size());
    for (size_t i = 0; i < exact.trees().nodes().size(); ++i) {
      EXPECT_EQ(exact.trees().node(i).split, m->trees().node(i).split) << i;
      EXPECT_EQ(exact.trees().node(i).column(), m->trees().node(i).column()) << i;
      if (exact.trees().is_leaf(i)) {
        EXPECT_NEAR(exact.leaf_value(i), m->leaf_value(i), 1e-6);
      }
    }
  }
}

TEST(Boosting, OnlyConstantColumns) {
  Dataset data = numbers_dataset({std::vector<double>(50, 3.0), std::vector<double>(50, 0.0)}, std::vector<double>(50, 1.0));
  data.y[3] = 5;
  Boosting model;
  model.rounds = 2;
  model.fit(data);
  EXPECT_EQ(model.trees().nodes().size(), 2u);
  EXPECT_NEAR(model.predict(data.x)[0], 1.08, 1e-9);
}

TEST(Boosting, OtherLosses) {
  Dataset data = mixed(3000);
  for (const auto& [loss, q] : {std::pair{"absolute", 0.5}, {"quantile", 0.9}, {"quantile", 0.1}}) {
    Boosting model;
    model.loss = loss;
    model.quantile = q;
    model.fit(data);
    const std::vector<double> p = model.predict(data.x);
    double below = 0;
    for (size_t i = 0; i < p.size(); ++i) below += data.y[i] <= p[i];
    EXPECT_NEAR(below / static_cast<double>(p.size()), q, 0.03) << loss;
  }
  for (double& y : data.y) y = std::floor(std::exp(0.3 * std::min(y, 6.0)));
  Boosting poisson;
  poisson.loss = "poisson";
  poisson.fit(data);
  const std::vector<double> p = poisson.predict(data.x);
  double sum = 0, target = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i], target += data.y[i];
  EXPECT_NEAR(sum / target, 1, 0.01);
  data.y[7] = -1;
  EXPECT_THROW(poisson.fit(data), Error);
}

TEST(Boosting, MonotoneEverywhereBesideCategories) {
  const Dataset data = mixed(3000);
  Boosting model;
  model.monotone = "a=+1,b=-1";
  model.max_leaves = 15;
  model.fit(data);
  EXPECT_GT(model.score(data), 0.6);
  Rng rng(RngMode::philox, 9);
  std::vector<double> lower(1), higher(1);
  for (int i = 0; i < 3000; ++i) {
    std::vector<float> row = {rng.uniform() * 6 - 3, i % 7 == 0 ? NAN : rng.uniform() * 6 - 3, static_cast<float>(rng.randint(0, 5))};
    ASSERT_TRUE(model.predict_row(row, lower));
    std::vector<float> up = row;
    up[0] += rng.uniform() * 2;
    ASSERT_TRUE(model.predict_row(up, higher));
    ASSERT_GE(higher[0], lower[0]);
    up = row;
    up[1] += rng.uniform() * 2;
    ASSERT_TRUE(model.predict_row(up, higher));
    ASSERT_TRUE(!(higher[0] > lower[0])) << row[1];
  }
  Boosting free;
  free.max_leaves = 15;
  free.fit(data);
  EXPECT_GT(free.score(data), model.score(data) + 0.02);  // the wave in b cannot be followed
  for (const char* wrong : {"c=+1", "kind=+1", "a=2", "a"}) {
    model.monotone = wrong;
    EXPECT_THROW(model.fit(data), Error) << wrong;
  }
}

TEST(Boosting, EarlyStoppingKeepsTheBestRound) {
  const Dataset data = mixed(1500, true);
  Boosting model;
  model.rounds = 400;
  model.learning_rate = 0.3;
  model.early_stopping = 10;
  model.held_out = 0.2;
  model.fit(data);
  const std::vector<double>& losses = model.held_out_losses();
  const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin() + 1;
  EXPECT_LT(losses.size(), 400u);
  EXPECT_EQ(static_cast<int64_t>(losses.size()), best + 10);
  EXPECT_EQ(model.rounds_kept(), best);
  EXPECT_NE(model.report().stopped.find("300 rows held out"), std::string::npos) << model.report().stopped;
  const Tensor p = model.predict_proba(data.x);
  for (int64_t r = 0; r < 20; ++r) EXPECT_NEAR(p.at({r, 0}) + p.at({r, 1}) + p.at({r, 2}), 1, 1e-12);
}

TEST(Boosting, LimitsSharesAndLeaves) {
  const Dataset data = mixed(3000);
  Boosting model;
  model.rounds = 5;
  model.max_leaves = 9;
  model.row_share = 0.5;
  model.column_share = 0.7;
  model.fit(data);
  for (size_t t = 0; t < model.trees().count(); ++t) EXPECT_LE((model.trees().end(t) - model.trees().root(t) + 1) / 2, 9u);
  // Rows outside the sample of a tree get its value too: the scores it was fitted with are those it predicts.
  EXPECT_NEAR(2 * model.report().objective, mse(model, data), 1e-9);
  model.max_leaves = 0;
  model.max_depth = 4;
  model.fit(data);
  for (size_t t = 0; t < model.trees().count(); ++t) EXPECT_LE(model.trees().depth(t), 4);
  // Rows in a leaf are counted, not guessed from hessians.
  const Dataset classes = mixed(3000, true);
  Boosting counted;
  counted.rounds = 3;
  counted.min_samples_leaf = 200;
  counted.fit(classes);
  std::map<std::pair<size_t, uint32_t>, int> rows;
  device::set_thread_cap(1);  // the map is not for two
  counted.trees().for_each_leaf(classes.x, [&](int64_t, size_t t, uint32_t leaf) { ++rows[{t, leaf}]; });
  for (const auto& [leaf, n] : rows) EXPECT_GE(n, 200);
}

TEST(Boosting, ThreadsFilesAndRowsAgree) {
  for (const bool classes : {false, true}) {
    const Dataset data = mixed(40000, classes);
    Boosting one, two;
    for (Boosting* m : {&one, &two}) m->rounds = 4, m->row_share = 0.8;
    device::set_thread_cap(1);
    one.fit(data);
    device::set_thread_cap(2);
    two.fit(data);
    const test::TempFolder folder;
    one.save(folder / "m");
    const auto loaded = Estimator::load(folder / "m");
    const std::vector<double> raw = one.decision(data.x).to_vector<double>();
    EXPECT_EQ(raw, two.decision(data.x).to_vector<double>());
    EXPECT_EQ(raw, loaded->decision(data.x).to_vector<double>());
    std::vector<float> row(3);
    std::vector<double> out(classes ? 3 : 1);
    const Tensor p = classes ? one.predict_proba(data.x) : Tensor();
    const std::vector<double> y = one.predict(data.x);
    for (int64_t r = 0; r < 50; ++r) {
      data.x.read_rows(r, r + 1, row.data());
      ASSERT_TRUE(loaded->predict_row(row, out));
      for (size_t k = 0; k < out.size(); ++k) EXPECT_EQ(out[k], classes ? p.at({r, static_cast<int64_t>(k)}) : y[static_cast<size_t>(r)]);
    }
  }
}

TEST(Boosting, LyingFilesAreRefused) {
  Boosting model;
  model.rounds = 2;
  model.fit(mixed(300));
  const State good = model.to_state();
  EXPECT_NO_THROW(Estimator::from_state(good));
  for (const char* part : {"nodes", "roots"}) {
    const Tensor t = good.tensor(part);
    for (size_t word = 0; word < static_cast<size_t>(t.numel()); word += 3) {
      std::vector<int32_t> words = t.to_vector<int32_t>();
      words[word] ^= 0x40001000;
      State bad = good;
      bad.set(part, Tensor::from(words, t.shape()));
      try {  // refused, or harmless
        Estimator::from_state(bad)->predict(mixed(20).x);
      } catch (const Error&) {
      }
    }
  }
  State bad = good;
  bad.set("value", std::vector<double>{1.0});
  EXPECT_THROW(Estimator::from_state(bad), Error);
  bad = good;
  bad.set("roots", Tensor::from(std::vector<int32_t>{0, 100000}, {2}));
  EXPECT_THROW(Estimator::from_state(bad), Error);
}

// Targets far from 0 lose no digit more than the answer itself has, and their centre goes to the file.
TEST(Boosting, TargetsFarFromZero) {
  const Dataset near = mixed(400);
  for (const char* loss : {"squared", "absolute", "quantile"}) {
    Dataset far = near;
    for (double& y : far.y) y = std::round(y * 1024) / 1024 + 1e12;
    Dataset rounded = far;
    for (double& y : rounded.y) y -= 1e12;
    Boosting a, b;
    for (Boosting* m : {&a, &b}) m->loss = loss, m->rounds = 40;
    a.fit(rounded), b.fit(far);
    const std::vector<double> p = a.predict(near.x), q = b.predict(near.x), kept = Estimator::from_state(b.to_state())->predict(near.x);
    std::vector<float> row(3);
    std::vector<double> alone(1);
    for (size_t r = 0; r < p.size(); ++r) {
      ASSERT_NEAR(q[r] - 1e12, p[r], 3e-4) << loss << ", row " << r;  // an ulp of 1e12 is 1.2e-4
      ASSERT_EQ(kept[r], q[r]);
      for (int64_t c = 0; c < 3; ++c) row[static_cast<size_t>(c)] = static_cast<float>(near.x.at(static_cast<int64_t>(r), c));
      if (b.predict_row(row, alone)) ASSERT_NEAR(alone[0], q[r], 3e-4);
    }
    EXPECT_NEAR(b.report().objective, a.report().objective, 1e-6 * a.report().objective) << loss;
  }
}

}  // namespace
}  // namespace grim
