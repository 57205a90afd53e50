// Discriminant analysis against scikit-learn (tests/golden/discriminant.json), and by hand.
#include "grimoire/classic/discriminant.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

using Rows = std::vector<std::vector<double>>;

Rows rows_in(const Json& list) {
  Rows rows;
  for (const Json& row : list.items()) {
    rows.emplace_back();
    for (const Json& v : row.items()) rows.back().push_back(v.as_real());
  }
  return rows;
}

Features features_of(const Rows& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  return Features(Tensor::from(flat, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}));
}

class DiscriminantGolden : public ::testing::Test {
 protected:
  Json golden_ = Json::parse(read_file(test::golden_file("discriminant.json")), "discriminant.json");
  Rows x_ = rows_in(golden_.at("x"));

  Dataset data() const {
    Dataset d{.x = features_of(x_), .y = {}, .weight = {}, .classes = {"a", "b", "c"}};
    for (const Json& k : golden_.list("label")) d.y.push_back(k.as_real());
    return d;
  }
  // `shared`: decisions less the first class's.
  void expect(const Estimator& e, const Features& x, const char* name, bool shared, double summand = 0) const {
    const Rows wanted = rows_in(golden_.at(name));
    const Tensor d = e.decision(x);
    ASSERT_EQ(d.dim(0), static_cast<int64_t>(wanted.size()));
    for (int64_t r = 0; r < d.dim(0); ++r)
      for (int64_t k = 0; k < 3; ++k) {
        const double want = wanted[static_cast<size_t>(r)][static_cast<size_t>(k)];
        EXPECT_NEAR(d.at({r, k}) - (shared ? d.at({r, 0}) : summand), want, 1e-9 * (1 + std::abs(want))) << name << " " << r << " " << k;
      }
  }
};

TEST_F(DiscriminantGolden, Linear) {
  Dataset d = data();
  Lda lda;
  lda.fit(d);
  expect(lda, d.x, "lda", true);
  lda.priors = ClassPriors::equal;
  lda.fit(d);
  expect(lda, d.x, "lda_equal", true);
  lda.priors = ClassPriors::data;
  d.weight.assign(60, 1.0);
  std::fill_n(d.weight.begin(), 20, 2.0);
  lda.fit(d);
  expect(lda, d.x, "lda_twice", true);
}

TEST_F(DiscriminantGolden, LinearWithADependentColumn) {
  Dataset d = data();
  Rows wide = x_;
  for (auto& row : wide) row.push_back(row[0] - 2 * row[1]);
  d.x = features_of(wide);
  Lda lda;
  lda.fit(d);
  EXPECT_EQ(lda.report().stopped, "in one pass, 3 of 4 directions vary within the classes");
  expect(lda, d.x, "lda_dependent", true);
  Qda qda;
  try {
    qda.fit(d);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    EXPECT_NE(std::string(e.what()).find("varies in 3 of 4 directions"), std::string::npos) << e.what();
  }
  qda.shrink = 0.3;
  EXPECT_NO_THROW(qda.fit(d));
}

TEST_F(DiscriminantGolden, Quadratic) {
  Dataset d = data();
  Qda qda;
  qda.fit(d);
  expect(qda, d.x, "qda", false);
  qda.priors = ClassPriors::equal;
  qda.fit(d);
  expect(qda, d.x, "qda_equal", false);
  qda.priors = ClassPriors::data;
  qda.shrink = 0.3;
  qda.fit(d);
  double log_deviations = 0;  // scikit-learn saw columns without a unit
  const std::vector<double> units = qda.deviations();
  for (double u : units) log_deviations += std::log(u);
  expect(qda, d.x, "qda_shrunk", false, -log_deviations);
  qda.shrink = 0;
  d.weight.assign(60, 1.0);
  std::fill_n(d.weight.begin(), 20, 2.0);
  qda.fit(d);
  expect(qda, d.x, "qda_twice", false);
}

// Two classes at -1 and 1 with variance 1: f_1 - f_0 = 2 x, so p(1 | x) = 1 / (1 + e^-2x).
TEST(Discriminant, ByHand) {
  const Dataset d{.x = features_of({{-2}, {0}, {0}, {2}}), .y = {0, 0, 1, 1}, .weight = {}, .classes = {"low", "high"}};
  Lda lda;
  lda.fit(d);
  Qda qda;
  qda.fit(d);
  const Features at = features_of({{-3}, {0}, {0.5}});
  for (const Estimator* e : {static_cast<const Estimator*>(&lda), static_cast<const Estimator*>(&qda)}) {
    const Tensor p = e->predict_proba(at);
    EXPECT_NEAR(p.at({0, 1}), 1 / (1 + std::exp(6.0)), 1e-15);
    EXPECT_NEAR(p.at({1, 1}), 0.5, 1e-15);
    EXPECT_NEAR(p.at({2, 1}), 1 / (1 + std::exp(-1.0)), 1e-15);
  }
  EXPECT_NE(lda.describe().find("class low: prior 0.5"), std::string::npos) << lda.describe();
}

TEST(Discriminant, NothingVaries) {
  const Dataset d{.x = features_of({{1}, {1}, {2}, {2}}), .y = {0, 0, 1, 1}, .weight = {}, .classes = {"low", "high"}};
  Lda lda;
  EXPECT_THROW(lda.fit(d), Error);
  Qda qda;
  EXPECT_THROW(qda.fit(d), Error);
}

}  // namespace
}  // namespace grim
