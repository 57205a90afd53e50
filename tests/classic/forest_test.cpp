// Forests: accuracy within the oracles' bands, out-of-bag scores, missing cells, categories, sparse rows, size, threads, files.

#include "grimoire/classic/forest.h"

#include "classic/tree_data.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/binning.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

TEST(Binning, FewValuesKeepThemAll) {
  const Dataset data = numbers_dataset({{3, 1, 2, 1, NAN, 3, 2}}, {});
  const tree::Bins bins = tree::make_bins(data.x, {});
  EXPECT_EQ(bins.columns[0].bins, 3);
  EXPECT_TRUE(bins.columns[0].has_missing);
  EXPECT_EQ(bins.columns[0].upper, (std::vector<double>{1.5, 2.5}));
  const std::vector<uint8_t> want = {2, 0, 1, 0, 3, 2, 1};
  EXPECT_EQ(std::vector<uint8_t>(bins.column(0), bins.column(0) + 7), want);
}

TEST(Binning, QuantilesByWeightAndTheSearchAgrees) {
  Rng rng(RngMode::philox, 2);
  std::vector<double> x, weight;
  for (int i = 0; i < 5000; ++i) {
    x.push_back(rng.normal());
    weight.push_back(x.back() < 0 ? 3 : 1);
  }
  const Dataset data = numbers_dataset({x}, {});
  const tree::Bins bins = tree::make_bins(data.x, weight);
  const tree::ColumnBins& c = bins.columns[0];
  EXPECT_EQ(c.bins, 255);
  std::vector<double> share(255);
  for (size_t i = 0; i < x.size(); ++i) {
    const uint8_t b = bins.column(0)[i];
    EXPECT_EQ(b, c.bin_of(static_cast<float>(x[i])));
    EXPECT_LE(c.low[b], static_cast<float>(x[i]));
    EXPECT_GE(c.high[b], static_cast<float>(x[i]));
    share[b] += weight[i];
  }
  EXPECT_LE(*std::max_element(share.begin(), share.end()), 60);  // 10,000 over 255 bins is 39
  EXPECT_GE(*std::min_element(share.begin(), share.end()), 20);
  // A heavy value has a bin of its own.
  for (size_t i = 0; i < 2500; ++i) x[i] = 0.25;
  const tree::Bins heavy = tree::make_bins(numbers_dataset({x}, {}).x, {});
  const uint8_t b = heavy.columns[0].bin_of(0.25f);
  EXPECT_EQ(heavy.columns[0].low[b], 0.25f);
  EXPECT_EQ(heavy.columns[0].high[b], 0.25f);
  EXPECT_GT(heavy.columns[0].bins, 200);
}

template <class Model> Model made(int64_t trees, int64_t seed = 0) {
  Model model;
  model.tree_count = trees;
  model.seed = seed;
  return model;
}

TEST(Forest, CrossValidation) {
  const struct {
    const char* name;
    double forest, extra;
  } sets[] = {{"tabular/iris.csv", 0.96, 0.9533}, {"tabular/wine_data.csv", 0.9665, 0.9889}, {"tabular/breast_cancer.csv", 0.9631, 0.9613}};
  for (const auto& set : sets) {
    GRIMOIRE_DATA(path, set.name);
    const Dataset data = load_dataset(path, target_is("target"));
    EXPECT_NEAR(cross_validated(data, 5, [] { return made<RandomForest>(300); }), set.forest, 0.0121) << path;
    EXPECT_NEAR(cross_validated(data, 5, [] { return made<ExtraTrees>(300); }), set.extra, 0.0121) << path;
  }
}

TEST(Forest, DigitsAndOutOfBag) {
  GRIMOIRE_DATA(path, "tabular/digits.csv.gz");
  DatasetOptions options = target_is("x64");
  options.as = Target::classes;
  const Dataset data = load_dataset(path, options);
  ASSERT_EQ(data.class_count(), 10);
  EXPECT_NEAR(cross_validated(data, 5, [] { return made<RandomForest>(100); }), 0.9382, 0.0125);
  EXPECT_NEAR(cross_validated(data, 5, [] { return made<ExtraTrees>(100); }), 0.9572, 0.0125);
  auto forest = made<RandomForest>(300);
  forest.oob = true;
  forest.fit(data);
  EXPECT_NEAR(forest.oob_score(), 0.9789, 0.01);
  EXPECT_TRUE(forest.report().warnings.empty());
  auto few = made<RandomForest>(3);
  few.oob = true;
  few.fit(data);
  EXPECT_LT(few.oob_score(), 0.9);
  EXPECT_EQ(few.report().warnings.size(), 1u);

  // 24 bytes a node and less, in memory and in the file.
  const double nodes = static_cast<double>(forest.trees().nodes().size());
  EXPECT_LE(static_cast<double>(forest.bytes()) / nodes, 24);
  const test::TempFolder folder;
  forest.save(folder / "forest.model");
  EXPECT_LE(static_cast<double>(std::filesystem::file_size(folder / "forest.model")) / nodes, 24);
  auto mixed = made<RandomForest>(100);  // leaves with several classes share equal distributions
  mixed.min_samples_leaf = 4;
  mixed.fit(data);
  EXPECT_LE(static_cast<double>(mixed.bytes()) / static_cast<double>(mixed.trees().nodes().size()), 24);
  const auto loaded = Estimator::load(folder / "forest.model");
  EXPECT_EQ(loaded->predict_proba(data.x).to_vector<double>(), forest.predict_proba(data.x).to_vector<double>());
  std::vector<float> row(64);
  std::vector<double> out(10);
  const Tensor p = forest.predict_proba(data.x);
  for (int64_t r = 0; r < 30; ++r) {
    data.x.read_rows(r, r + 1, row.data());
    ASSERT_TRUE(loaded->predict_row(row, out));
    for (int64_t k = 0; k < 10; ++k) EXPECT_EQ(out[static_cast<size_t>(k)], p.at({r, k}));
  }
}

TEST(Forest, OutOfBagOfSmallSets) {
  const std::pair<const char*, double> sets[] = {
      {"tabular/iris.csv", 0.960}, {"tabular/wine_data.csv", 0.9794}, {"tabular/breast_cancer.csv", 0.9649}};
  for (const auto& [name, want] : sets) {
    GRIMOIRE_DATA(path, name);
    auto forest = made<RandomForest>(500);
    forest.oob = true;
    forest.fit(load_dataset(path, target_is("target")));
    EXPECT_NEAR(forest.oob_score(), want, 0.012) << path;
  }
}

TEST(Forest, NumbersThreadsAndWeights) {
  GRIMOIRE_DATA(x_path, "tabular/diabetes_data_raw.csv.gz");
  GRIMOIRE_DATA(y_path, "tabular/diabetes_target.csv.gz");
  const Dataset data = diabetes(x_path, y_path);
  for (const bool extra : {false, true}) {
    std::vector<double> first;
    for (int threads : {1, 2}) {
      device::set_thread_cap(threads);
      const auto forest = std::unique_ptr<Forest>(extra ? static_cast<Forest*>(new ExtraTrees) : new RandomForest);
      forest->tree_count = 60;
      forest->min_samples_leaf = 3;
      forest->fit(data);
      EXPECT_GT(forest->score(data), 0.7);
      const std::vector<double> p = forest->predict(data.x);
      if (threads == 1) first = p;
      EXPECT_EQ(p, first);
      double sum = 0;
      for (double v : forest->importances()) sum += v;
      EXPECT_NEAR(sum, 1, 1e-9);
    }
  }
}

TEST(Forest, WeightsAreRepeatedRowsWithoutTheBootstrap) {
  GRIMOIRE_DATA(path, "tabular/breast_cancer.csv");
  Dataset data = load_dataset(path, target_is("target"));
  Rng rng(RngMode::philox, 3);
  for (int64_t r = 0; r < data.rows(); ++r) data.weight.push_back(static_cast<double>(rng.randint(0, 3)));
  for (const char* criterion : {"gini", "entropy"}) {
    auto a = made<RandomForest>(5), b = a;
    for (RandomForest* forest : {&a, &b}) forest->bootstrap = false, forest->min_samples_leaf = 6, forest->criterion = criterion;
    a.fit(data);
    b.fit(repeated(data));
    EXPECT_EQ(a.predict_proba(data.x).to_vector<double>(), b.predict_proba(data.x).to_vector<double>()) << criterion;
  }
}

TEST(Forest, MissingCellsAndCategories) {
  Rng rng(RngMode::philox, 4);
  Table t;
  t.columns = {{"a", ColumnKind::number, {}, {}}, {"kind", ColumnKind::category, {}, {"p", "q", "r", "s"}}};
  Dataset data;
  for (int r = 0; r < 1500; ++r) {
    const bool gone = rng.bernoulli(0.3);
    const double kind = static_cast<double>(rng.randint(0, 4));
    t.columns[0].values.push_back(gone ? NAN : rng.normal());
    t.columns[1].values.push_back(kind);
    data.y.push_back((gone || t.columns[0].values.back() > 0.5) != (kind == 0 || kind == 2));
  }
  data.x = Features::from(t);
  data.classes = {"no", "yes"};
  for (const bool extra : {false, true}) {
    const auto forest = std::unique_ptr<Forest>(extra ? static_cast<Forest*>(new ExtraTrees) : new RandomForest);
    forest->tree_count = 30;
    forest->max_features = "all";
    forest->fit(data);
    EXPECT_GT(forest->score(data), 0.995);
    std::vector<double> out(2);
    ASSERT_TRUE(forest->predict_row(std::vector<float>{NAN, 1}, out));
    EXPECT_GT(out[1], 0.9);
    ASSERT_TRUE(forest->predict_row(std::vector<float>{-1, 3}, out));
    EXPECT_LT(out[1], 0.1);
  }
}

// One split can be right only if missing cells go to the small side, or to the large one.
TEST(Forest, MissingCellsChooseTheirSide) {
  Rng rng(RngMode::philox, 8);
  std::vector<double> x, below, above;
  for (int r = 0; r < 400; ++r) {
    const bool gone = rng.bernoulli(0.3);
    x.push_back(gone ? NAN : rng.normal());
    below.push_back(gone || x.back() <= -0.5);
    above.push_back(gone || x.back() > 0.5);
  }
  for (const auto& y : {below, above}) {
    const Dataset data = numbers_dataset({x}, y, {"no", "yes"});
    auto stump = made<RandomForest>(1);
    stump.bootstrap = false;
    stump.max_depth = 1;
    stump.fit(data);
    EXPECT_EQ(stump.score(data), 1.0);
    auto random = made<ExtraTrees>(40);
    random.max_depth = 1;
    random.fit(data);
    int left = 0;
    for (size_t t = 0; t < 40; ++t) left += random.trees().node(random.trees().root(t)).missing_left();
    EXPECT_GT(left, 5);
    EXPECT_LT(left, 35);
  }
}

TEST(Forest, SparseRowsAreTheSameRows) {
  GRIMOIRE_DATA(path, "tabular/agaricus.txt.test");
  const Dataset data = load_dataset(path);
  ASSERT_TRUE(data.x.is_sparse());
  Dataset dense = data;
  dense.x = Features(data.x.to_tensor(Dtype::f32), data.x.columns());
  auto a = made<RandomForest>(10), b = a;
  a.fit(data);
  b.fit(dense);
  EXPECT_EQ(a.predict_proba(data.x).to_vector<double>(), b.predict_proba(dense.x).to_vector<double>());
  EXPECT_GT(a.score(data), 0.999);
}

TEST(Forest, BadParameters) {
  const Dataset data = numbers_dataset({{1, 2, 3, 4}}, {0, 0, 1, 1}, {"a", "b"});
  RandomForest forest;
  for (const char* wrong : {"", "many", "-1", "0", "nan", "3x"}) {
    forest.max_features = wrong;
    EXPECT_THROW(forest.fit(data), Error) << wrong;
  }
  forest.max_features = "0.5";
  EXPECT_NO_THROW(forest.fit(data));
  forest.criterion = "squared_error";
  EXPECT_THROW(forest.fit(data), Error);
  ExtraTrees extra;
  extra.oob = true;
  EXPECT_THROW(extra.fit(data), Error);
}

TEST(Forest, OutOfBagWhateverTheUnit) {
  Rng rng(RngMode::philox, 5);
  const Tensor x = Tensor::empty({200, 2}, Dtype::f64);
  Dataset d{.x = {}, .y = {}, .weight = {}, .classes = {}};
  for (int64_t r = 0; r < 200; ++r) {
    for (int64_t c = 0; c < 2; ++c) x.data<double>()[2 * r + c] = rng.normal();
    d.y.push_back(x.data<double>()[2 * r] + rng.normal());
  }
  d.x = Features(x);
  const auto score = [&](int power) {
    Dataset scaled = d;
    for (double& y : scaled.y) y = std::ldexp(y, power);
    RandomForest f;
    set_params(f, {"trees=20", "oob=true"});
    f.fit(scaled);
    return f.oob_score();
  };
  const double plain = score(0);
  EXPECT_GT(plain, 0);
  EXPECT_LT(plain, 0.7);
  for (const int power : {-540, 540}) EXPECT_NEAR(score(power), plain, 1e-9) << power;
}

}  // namespace
}  // namespace grim
