// Naive Bayes: published accuracies, weights, sparse rows, and what it refuses.

#include <gtest/gtest.h>

#include "classic/linear_data.h"
#include "grimoire/classic/naive_bayes.h"
#include "grimoire/device/threads.h"
#include "support/data.h"

namespace grim {
namespace {

using test::sparse_of;

std::unique_ptr<NaiveBayes> make(const std::vector<std::string>& params) {
  auto m = std::make_unique<NaiveBayes>();
  set_params(*m, params);
  return m;
}
double trained(const Dataset& data, const std::vector<std::string>& params) {
  const auto m = make(params);
  m->fit(data);
  return m->score(data);
}
double cv(const Dataset& data, const std::vector<std::string>& params) {
  return test::cross_validated(data, test::stratified_folds(data.y, 5), 5, [&] { return make(params); });
}
Dataset digits(const std::string& path) {
  const Table table = read_csv(path, {.header = CsvOptions::Header::no});
  return dataset_of(table, {.target = table.columns.back().name, .weight = {}, .as = Target::classes});
}

TEST(NaiveBayes, Gaussian) {
  GRIMOIRE_DATA(iris_path, "tabular/iris.csv");
  GRIMOIRE_DATA(wine_path, "tabular/wine_data.csv");
  GRIMOIRE_DATA(bc_path, "tabular/breast_cancer.csv");
  GRIMOIRE_DATA(digits_path, "tabular/digits.csv.gz");
  const Dataset iris = test::labelled(iris_path), wine = test::labelled(wine_path), bc = test::labelled(bc_path), d = digits(digits_path);
  EXPECT_NEAR(trained(iris, {}), .96, 1e-9);
  EXPECT_NEAR(trained(wine, {}), .9887640449, 1e-9);
  EXPECT_NEAR(trained(bc, {}), .9420035149, 1e-9);
  EXPECT_NEAR(trained(d, {}), .8580968280, 1e-9);
  EXPECT_NEAR(cv(iris, {}), .95333333, 1e-8);
  EXPECT_NEAR(cv(wine, {}), .96634921, 1e-8);
  EXPECT_NEAR(cv(bc, {}), .93851886, 1e-8);
  EXPECT_NEAR(cv(d, {}), .80692820, 1e-8);
  const auto m = make({});
  m->fit(iris);
  const Tensor p = m->predict_proba(iris.x);
  double loss = 0;
  for (int64_t r = 0; r < 150; ++r) loss -= std::log(p.at({r, static_cast<int64_t>(iris.y[r])})) / 150;
  EXPECT_NEAR(loss, .11124882075, 1e-11);
  EXPECT_NEAR(p.at({70, 0}), 0, 1e-10);
  EXPECT_NEAR(p.at({70, 1}), .1544940849, 1e-10);
  EXPECT_NEAR(p.at({70, 2}), .8455059151, 1e-10);
}

TEST(NaiveBayes, Counts) {
  GRIMOIRE_DATA(path, "tabular/digits.csv.gz");
  const Dataset data = digits(path);
  EXPECT_NEAR(trained(data, {"kind=multinomial"}), .9053978854, 1e-9);
  EXPECT_NEAR(cv(data, {"kind=multinomial"}), .87034974, 1e-8);
  EXPECT_NEAR(cv(data, {"kind=bernoulli", "threshold=7"}), .85476168, 1e-8);
}

TEST(NaiveBayes, Mnist) {
  GRIMOIRE_DATA(train, "mnist/train-images-idx3-ubyte.gz");
  GRIMOIRE_DATA(test, "mnist/t10k-images-idx3-ubyte.gz");
  const DatasetOptions options{.target = {}, .weight = {}, .as = Target::classes};
  const auto bright = [&](const std::string& path) {  // pixels from 0 to 1
    Dataset data = load_dataset(path, options);
    std::vector<float> pixels(static_cast<size_t>(data.rows() * 784));
    data.x.read_rows(0, data.rows(), pixels.data());
    for (float& v : pixels) v /= 255;
    data.x = Features(Tensor::from(pixels, {data.rows(), 784}));
    return data;
  };
  const Dataset a = bright(train), b = bright(test);
  const auto accuracy = [&](const std::vector<std::string>& params) {
    const auto m = make(params);
    m->fit(a);
    return m->score(b);
  };
  EXPECT_NEAR(accuracy({}), .5558, 1e-9);
  EXPECT_NEAR(accuracy({"kind=bernoulli", "threshold=0.5"}), .8427, 1e-9);
  EXPECT_NEAR(accuracy({"kind=multinomial"}), .8357, 1e-9);
}

TEST(NaiveBayes, WeightsSparseAndThreads) {
  GRIMOIRE_DATA(path, "tabular/digits.csv.gz");
  Dataset data = digits(path);
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < data.rows(); ++r) {
    data.weight.push_back(static_cast<double>(1 + r % 2));
    for (int64_t k = 0; k <= r % 2; ++k) rows.push_back(r);
  }
  Dataset repeated = data.pick(rows), sparse = data;
  repeated.weight.clear();
  sparse.x = sparse_of(data.x);
  for (const char* kind : {"kind=gaussian", "kind=multinomial", "kind=bernoulli"}) {
    const auto a = make({kind}), b = make({kind}), c = make({kind});
    a->fit(data), b->fit(repeated), c->fit(sparse);
    const std::vector<double> p = a->decision(data.x).to_vector<double>(), q = b->decision(data.x).to_vector<double>(),
                              s = c->decision(sparse.x).to_vector<double>();
    device::set_thread_cap(1);
    EXPECT_EQ(a->decision(data.x).to_vector<double>(), p);
    device::set_thread_cap(0);
    for (size_t i = 0; i < p.size(); i += 97) {
      EXPECT_NEAR(p[i] / q[i], 1, 1e-7) << kind;
      EXPECT_NEAR(p[i] / s[i], 1, 1e-7) << kind;
    }
    const std::unique_ptr<Estimator> copy = Estimator::from_state(a->to_state());
    EXPECT_EQ(copy->predict(data.x), a->predict(data.x));
    EXPECT_FALSE(a->describe().empty());
  }
}

TEST(NaiveBayes, Refuses) {
  Dataset data{.x = Features(Tensor::from({1.0, -2.0, 3.0, 4.0}, {4, 1})), .y = {0, 0, 1, 1}, .weight = {}, .classes = {"a", "b"}};
  EXPECT_THROW(trained(data, {"kind=multinomial"}), Error);
  data.x = Features(Tensor::from({1.0, 1.0, 0.0, 0.0}, {4, 1}));
  EXPECT_THROW(trained(data, {"kind=bernoulli", "alpha=0"}), Error);
  EXPECT_THROW(trained(data, {"variance-floor=0"}), Error);
  EXPECT_EQ(trained(data, {}), 1);
}

}  // namespace
}  // namespace grim
