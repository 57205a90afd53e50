#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/rng.h"
#include "grimoire/classic/density.h"
#include "grimoire/classic/kmeans.h"
#include "grimoire/classic/knn.h"
#include "grimoire/classic/validate.h"
#include "grimoire/device/threads.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"
#include "support/data.h"

namespace grim {
namespace {

using test::data_file, test::digits, test::tabular;

Features random_rows(int64_t N, int64_t P, uint64_t seed, double offset = 0) {
  Rng rng(RngMode::philox, seed);
  const Tensor t = Tensor::empty({N, P}, Dtype::f64);
  rng.fill_normal(std::span<double>(t.data<double>(), static_cast<size_t>(t.numel())));
  for (int64_t i = 0; i < t.numel(); ++i) t.data<double>()[i] += offset;
  return Features(t);
}

// Every distance, sorted.
NeighbourLists by_hand(const Features& rows, const Features& queries, const Metric& metric, int64_t k) {
  NeighbourLists lists{.k = k, .row = {}, .distance = {}};
  const int64_t P = rows.width();
  std::vector<double> a(static_cast<size_t>(P)), b(a);
  for (int64_t i = 0; i < queries.rows(); ++i) {
    std::vector<Near> all;
    queries.read_rows(i, i + 1, a.data());
    for (int64_t r = 0; r < rows.rows(); ++r) {
      rows.read_rows(r, r + 1, b.data());
      all.push_back({metric(a.data(), b.data(), P), r});
    }
    std::sort(all.begin(), all.end());
    for (int64_t j = 0; j < k; ++j) lists.row.push_back(all[j].row), lists.distance.push_back(all[j].distance);
  }
  return lists;
}

TEST(Neighbours, EveryExactSearchFindsTheSame) {
  for (const char* name : {"l2", "l1", "lp", "cosine", "hamming"}) {
    const Metric metric = Metric::parse(name, 3);
    for (auto [N, P, k] : {std::array<int64_t, 3>{1, 1, 1}, {50, 3, 7}, {700, 5, 12}, {2500, 2, 3}, {300, 40, 20}}) {
      const Features rows = random_rows(N, P, 1), queries = random_rows(37, P, 2);
      const NeighbourLists expected = by_hand(rows, queries, metric, std::min(k, N));
      const NeighbourLists brute = make_brute_index(rows, metric)->search(queries, k);
      EXPECT_EQ(brute.row, expected.row) << name << " " << N;
      EXPECT_EQ(brute.distance, expected.distance) << name << " " << N;
      if (!metric.by_axes()) continue;
      const NeighbourLists tree = make_kd_tree(rows, metric)->search(queries, k);
      EXPECT_EQ(tree.row, expected.row) << name << " " << N;
      for (size_t i = 0; i < tree.distance.size(); ++i) EXPECT_NEAR(tree.distance[i], expected.distance[i], 1e-12);
    }
  }
}

TEST(Neighbours, FarFromTheOriginAndManyEqualRows) {
  const Features rows = random_rows(3000, 8, 3, 1e6), queries = random_rows(20, 8, 4, 1e6);
  EXPECT_EQ(make_brute_index(rows, {})->search(queries, 5).row, by_hand(rows, queries, {}, 5).row);
  const Tensor same = Tensor::ones({500, 3}, Dtype::f64);
  const Features equal{same};
  for (const char* kind : {"brute", "kdtree"}) {
    const NeighbourLists lists = make_index(equal, {}, {.search = kind})->search(equal.pick_rows(std::vector<int64_t>{3}), 4);
    EXPECT_EQ(lists.row, (std::vector<int64_t>{0, 1, 2, 3})) << kind;  // ties by row
  }
}

TEST(Neighbours, WithinARadius) {
  const Features rows = random_rows(400, 3, 5);
  const auto brute = make_brute_index(rows, {})->within(rows, 0.7), tree = make_kd_tree(rows, {})->within(rows, 0.7);
  size_t found = 0;
  for (size_t i = 0; i < brute.size(); ++i) {
    ASSERT_EQ(brute[i].size(), tree[i].size());
    for (size_t j = 0; j < brute[i].size(); ++j) EXPECT_EQ(brute[i][j].row, tree[i][j].row);
    found += brute[i].size();
  }
  EXPECT_GT(found, 2000u);
}

TEST(Neighbours, SparseRowsAnswerAsDenseOnes) {
  auto sparse = std::make_shared<SparseRows>();
  sparse->columns = 6;
  const Tensor dense = Tensor::zeros({40, 6}, Dtype::f64);
  Rng rng(RngMode::philox, 9);
  for (int64_t r = 0; r < 40; ++r) {
    for (int32_t c = 0; c < 6; ++c)
      if (rng.bernoulli(0.4)) {
        const double v = rng.normal();
        sparse->column.push_back(c), sparse->value.push_back(v);
        dense.data<double>()[r * 6 + c] = v;
      }
    sparse->row_start.push_back(static_cast<int64_t>(sparse->column.size()));
  }
  const Features a{sparse}, b{dense};
  EXPECT_EQ(make_brute_index(a, {})->search(a, 5).row, make_brute_index(b, {})->search(b, 5).row);
}

TEST(Neighbours, GraphFindsNearlyAllAndIsTheSameForAnyThreads) {
  const Features rows = random_rows(3000, 16, 6), queries = random_rows(200, 16, 7);
  const NeighbourLists exact = make_brute_index(rows, {})->search(queries, 10);
  device::set_thread_cap(1);
  const NeighbourLists one = make_hnsw(rows, {}, {.hnsw_search = 100})->search(queries, 10);
  device::set_thread_cap(2);
  const NeighbourLists two = make_hnsw(rows, {}, {.hnsw_search = 100})->search(queries, 10);
  EXPECT_EQ(one.row, two.row);
  double hits = 0;
  for (int64_t i = 0; i < 200; ++i)
    for (int64_t j = 0; j < 10; ++j) hits += std::count(&exact.row[i * 10], &exact.row[i * 10] + 10, one.row[i * 10 + j]);
  EXPECT_GT(hits / 2000, 0.98);
}

TEST(Knn, DigitsAndIris) {
  GRIMOIRE_DATA(digits_file, "tabular/digits.csv.gz");
  const Dataset d = digits();
  std::vector<int64_t> train, test;
  for (int64_t r = 0; r < d.rows(); ++r) (r % 3 == 0 ? test : train).push_back(r);
  const Dataset fitted = d.pick(train), held = d.pick(test);
  for (auto [k, expected] : {std::pair{"1", .986644407}, {"3", .983305509}, {"5", .988313856}, {"7", .984974958}}) {
    Knn knn;
    knn.k = k;
    knn.fit(fitted);
    EXPECT_NEAR(knn.score(held), expected, 1e-9) << k;
  }
  const Dataset iris = tabular("iris.csv");
  for (auto [k, expected] :
       {std::pair{"1", .96}, {"3", .9666666667}, {"5", .9733333333}, {"7", .98}, {"9", .9733333333}, {"11", .98}, {"15", .9666666667}}) {
    Knn knn;
    knn.k = k;
    const FoldScores s = cross_validate(knn, iris, stratified_folds(iris.y, 5));
    EXPECT_NEAR(s.mean(), expected, 1e-9) << k;
    if (std::string(k) == "5") EXPECT_EQ(confusion_matrix(iris.y, s.predicted, 3), (std::vector<double>{50, 0, 0, 0, 47, 3, 0, 1, 49}));
  }
}

TEST(Knn, MnistSlice) {
  GRIMOIRE_DATA(train_images_idx3_ubyte_file, "mnist/train-images-idx3-ubyte.gz");
  const Dataset all = load_dataset(data_file("mnist/train-images-idx3-ubyte.gz")),
                held = load_dataset(data_file("mnist/t10k-images-idx3-ubyte.gz"));
  EXPECT_EQ(all.rows(), 60000);
  EXPECT_EQ(all.x.dense().dtype(), Dtype::u8);
  EXPECT_EQ(std::vector<double>(all.y.begin(), all.y.begin() + 5), (std::vector<double>{5, 0, 4, 1, 9}));
  std::vector<int64_t> first(5000), test(1000);
  for (size_t i = 0; i < first.size(); ++i) first[i] = static_cast<int64_t>(i);
  for (size_t i = 0; i < test.size(); ++i) test[i] = static_cast<int64_t>(i);
  for (auto [k, expected] : {std::pair{"1", .902}, {"3", .909}}) {
    Knn knn;
    knn.k = k;
    knn.fit(all.pick(first));
    EXPECT_NEAR(knn.score(held.pick(test)), expected, 1e-12) << k;
  }
}

TEST(Knn, RulesForKAndRegression) {
  Dataset d{.x = random_rows(400, 2, 8), .y = {}, .weight = {}, .classes = {}};
  for (int64_t r = 0; r < d.rows(); ++r) d.y.push_back(d.x.at(r, 0) * 2 + d.x.at(r, 1));
  Knn knn;
  knn.k = "log";
  knn.fit(d);
  EXPECT_EQ(knn.neighbours(), 6);
  knn.k = "sqrt";
  knn.fit(d);
  EXPECT_EQ(knn.neighbours(), 20);
  knn.k = "cv";
  knn.fit(d);
  EXPECT_LT(knn.neighbours(), 20);
  EXPECT_GT(knn.score(d), 0.95);
  knn.vote = "distance";
  knn.fit(d);
  EXPECT_DOUBLE_EQ(knn.score(d), 1);  // every row is its own nearest
  knn.k = "many";
  EXPECT_THROW(knn.fit(d), Error);
}

TEST(Density, LocalOutlierFactor) {
  const Features x{Tensor::from<double>({0, 0, 0, 1, 1, 1, 3, 0}, {4, 2})};
  LocalOutlierFactor lof;
  lof.k = 2;
  lof.metric = "l1";
  lof.fit({.x = x, .y = {}, .weight = {}, .classes = {}});
  const double expected[] = {.875, 4.0 / 3, .875, 2};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(lof.factors()[i], expected[i], 1e-8);
  GRIMOIRE_DATA(iris_file, "tabular/iris.csv");
  LocalOutlierFactor iris;
  iris.fit({.x = tabular("iris.csv").x, .y = {}, .weight = {}, .classes = {}});
  EXPECT_EQ(std::count_if(iris.factors().begin(), iris.factors().end(), [](double f) { return f > 1.5; }), 6);
  EXPECT_NEAR(iris.factors()[41], 1.7775821617, 1e-9);
  EXPECT_NEAR(iris.factors()[15], 1.6718722549, 1e-9);
  // Row 125, near it, has two rows at the same 20th distance. scikit-learn's KD tree takes one (1.6217377713), its brute force and we
  // the other.
  EXPECT_NEAR(iris.factors()[118], 1.6246529993258, 1e-9);
}

TEST(Density, KernelAndNeighbours) {
  GRIMOIRE_DATA(iris_file, "tabular/iris.csv");
  const Dataset iris{.x = tabular("iris.csv").x, .y = {}, .weight = {}, .classes = {}};
  KernelDensity kde;
  kde.bandwidth = 0.5;
  kde.fit(iris);
  EXPECT_NEAR(kde.log_likelihood(iris.x), -465.1640791886, 1e-9);
  const Tensor d = kde.decision(iris.x);
  EXPECT_NEAR(d.data<double>()[0], -2.4942435, 1e-7);
  EXPECT_NEAR(d.data<double>()[1], -2.6807248, 1e-7);
  EXPECT_NEAR(d.data<double>()[2], -2.6378116, 1e-7);
  NeighbourDensity knn;
  knn.fit(iris);
  double distance = 0, density = 0;
  for (size_t i = 0; i < 150; ++i) distance += knn.distances()[i] / 150, density += knn.log_densities()[i] / 150;
  EXPECT_NEAR(distance, .4359934837, 1e-10);
  EXPECT_NEAR(density, -1.4071248241, 1e-10);
}

// Every kernel integrates to 1: a midpoint sum over a line and over a plane.
TEST(Density, KernelsIntegrateToOne) {
  for (const char* kernel : {"gaussian", "tophat", "epanechnikov", "exponential", "linear"}) {
    KernelDensity line, plane;
    line.kernel = plane.kernel = kernel;
    line.bandwidth = plane.bandwidth = 0.7;
    line.fit({.x = Features{Tensor::zeros({1, 1}, Dtype::f64)}, .y = {}, .weight = {}, .classes = {}});
    plane.fit({.x = Features{Tensor::zeros({1, 2}, Dtype::f64)}, .y = {}, .weight = {}, .classes = {}});
    const int64_t n = 400;
    const double step = 24.0 / n;
    std::vector<double> one, two;
    for (int64_t i = 0; i < n; ++i) {
      one.push_back(-12 + (i + .5) * step);
      for (int64_t j = 0; j < n; ++j) two.push_back(-12 + (i + .5) * step), two.push_back(-12 + (j + .5) * step);
    }
    double sum = 0;
    const Tensor a = line.decision(Features{Tensor::from(one, {n, 1})}), b = plane.decision(Features{Tensor::from(two, {n * n, 2})});
    for (int64_t i = 0; i < n; ++i) sum += std::exp(a.data<double>()[i]) * step;
    EXPECT_NEAR(sum, 1, 0.03) << kernel;
    sum = 0;
    for (int64_t i = 0; i < n * n; ++i) sum += std::exp(b.data<double>()[i]) * step * step;
    EXPECT_NEAR(sum, 1, 0.03) << kernel;
  }
}

TEST(Density, DbscanAndKMeans) {
  GRIMOIRE_DATA(iris_file, "tabular/iris.csv");
  const Dataset iris = tabular("iris.csv");
  const Dataset plain{.x = iris.x, .y = {}, .weight = {}, .classes = {}};
  Dbscan dbscan;
  dbscan.fit(plain);
  std::array<int, 3> count{};
  for (double l : dbscan.labels()) ++count[static_cast<size_t>(l + 1)];
  EXPECT_EQ(count, (std::array<int, 3>{17, 49, 84}));
  KMeans kmeans;
  kmeans.k = 3;
  kmeans.fit(plain);
  EXPECT_NEAR(kmeans.report().objective, 78.851441426, 1e-8);
  EXPECT_NEAR(adjusted_rand_index(iris.y, kmeans.predict(iris.x)), .7302382723, 1e-9);
  GRIMOIRE_DATA(digits_file, "tabular/digits.csv.gz");
  KMeans ten;
  ten.k = 10;
  ten.fit({.x = digits().x, .y = {}, .weight = {}, .classes = {}});
  EXPECT_NEAR(ten.report().objective, 1165175.14, 60);  // local minima near the best known one differ by tens
  EXPECT_TRUE(ten.report().converged);
}

// Copies of a row are one place, in whatever order they stand; of rows that tie for the last place none goes before another.
TEST(Density, ClustersOfEqualRows) {
  std::vector<double> x;
  for (int i = 0; i < 60; ++i) x.insert(x.end(), {i % 2 ? 5 : .1, i % 2 ? 5 : .7});
  NeighbourClusters c;
  c.fit({.x = Features(Tensor::from(x, {60, 2})), .y = {}, .weight = {}, .classes = {}});
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(c.labels()[i], i % 2);
  // Even steps: every row but the ends has two neighbours at the same distance, and k = 1 may not choose.
  const int n = 12;
  std::vector<double> steps;
  for (int i = 0; i < n; ++i) steps.push_back(i);
  NeighbourClusters one;
  one.k = 1;
  one.fit({.x = Features(Tensor::from(steps, {n, 1})), .y = {}, .weight = {}, .classes = {}});
  for (double l : one.labels()) EXPECT_EQ(l, 0);
}

TEST(Density, ClustersOfMutualNeighbours) {
  const Tensor t = Tensor::empty({60, 2}, Dtype::f64);
  Rng rng(RngMode::philox, 11);
  for (int64_t i = 0; i < 60; ++i)
    for (int64_t c = 0; c < 2; ++c) t.data<double>()[i * 2 + c] = rng.normal() + (i % 3) * 30;
  for (int64_t shared : {0, 1}) {
    NeighbourClusters clusters;
    clusters.shared = shared;
    clusters.fit({.x = Features{t}, .y = {}, .weight = {}, .classes = {}});
    for (int64_t i = 0; i < 60; ++i) EXPECT_EQ(clusters.labels()[i], i % 3) << i;
    EXPECT_EQ(clusters.predict(Features{Tensor::from<double>({31, 29}, {1, 2})})[0], 1);
  }
}

}  // namespace
}  // namespace grim
