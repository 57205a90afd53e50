// Planted faults, one a table; the doctor names each, and nothing on a table without one.
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/rng.h"
#include "grimoire/classic/diagnose.h"

namespace grim {
namespace {

// Two blurred clouds in `columns` dimensions; the first two columns carry the class.
Dataset clouds(int64_t rows, int64_t columns, double apart, uint64_t seed = 1) {
  Rng rng(RngMode::philox, seed);
  const Tensor x = Tensor::empty({rows, columns}, Dtype::f64);
  Dataset d{.x = {}, .y = {}, .weight = {}, .classes = {"no", "yes"}};
  for (int64_t r = 0; r < rows; ++r) {
    d.y.push_back(static_cast<double>(rng.bernoulli(0.5)));
    for (int64_t c = 0; c < columns; ++c) x.data<double>()[r * columns + c] = rng.normal() + (c < 2 ? apart * (d.y.back() - 0.5) : 0);
  }
  d.x = Features(x);
  return d;
}
double& cell(const Dataset& d, int64_t r, int64_t c) { return d.x.dense().data<double>()[r * d.x.width() + c]; }

TableDiagnosis diagnosis(const char* model, const Dataset& d, const std::vector<std::string>& params = {}) {
  const auto e = make_estimator(model);
  set_params(*e, params);
  return diagnose_table(*e, d);
}
bool found(const TableDiagnosis& d, const std::string& kind) {
  for (const Finding& f : d.findings)
    if (f.kind == kind) return true;
  return false;
}
std::string all_of(const TableDiagnosis& d) {
  std::string s;
  for (const Finding& f : d.findings) s += f.kind + ": " + f.text + "\n";
  return s;
}

TEST(Doctor, NothingOnAHealthyTable) {
  const TableDiagnosis d = diagnosis("logistic", clouds(1500, 4, 3.2));
  EXPECT_EQ(d.findings.front().kind, "healthy") << all_of(d);
}

TEST(Doctor, Leakage) {
  Dataset d = clouds(600, 5, 1.5);
  for (int64_t r = 0; r < d.rows(); ++r) cell(d, r, 4) = d.y[r] * 10 + 0.01 * cell(d, r, 4);
  const TableDiagnosis t = diagnosis("logistic", d);
  EXPECT_EQ(t.findings.front().kind, "leakage") << all_of(t);
  EXPECT_NE(t.findings.front().text.find("'x4'"), std::string::npos);
}

TEST(Doctor, LeakageOfANumber) {
  Dataset d = clouds(400, 4, 1);
  d.classes.clear();
  for (int64_t r = 0; r < d.rows(); ++r) d.y[r] = cell(d, r, 0) + cell(d, r, 1) + cell(d, r, 2), cell(d, r, 3) = 2.54 * d.y[r] + 1;
  EXPECT_EQ(diagnosis("ridge", d).findings.front().kind, "leakage");
}

TEST(Doctor, Imbalance) {
  Dataset d = clouds(2000, 3, 2.5);
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < d.rows(); ++r)
    if (d.y[r] == 0 || r % 25 == 0) rows.push_back(r);
  const TableDiagnosis t = diagnosis("logistic", d.pick(rows));
  EXPECT_EQ(t.findings.front().kind, "imbalance") << all_of(t);
}

TEST(Doctor, DuplicateRows) {
  const Dataset d = clouds(400, 3, 2.5);
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < d.rows(); ++r) rows.insert(rows.end(), r % 4 ? 1 : 3, r);
  const TableDiagnosis t = diagnosis("logistic", d.pick(rows));
  EXPECT_EQ(t.findings.front().kind, "duplicates") << all_of(t);
}

TEST(Doctor, ConflictingRows) {
  Dataset d = clouds(400, 3, 2.5);
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < d.rows(); ++r) rows.insert(rows.end(), r % 4 ? 1 : 2, r);
  d = d.pick(rows);
  for (size_t r = 1; r < d.y.size(); ++r)
    if (rows[r] == rows[r - 1]) d.y[r] = 1 - d.y[r];
  EXPECT_TRUE(found(diagnosis("logistic", d), "conflicts"));
}

TEST(Doctor, Overfitting) {
  const TableDiagnosis t = diagnosis("tree", clouds(500, 20, 0.8));
  EXPECT_EQ(t.findings.front().kind, "overfitting") << all_of(t);
}

TEST(Doctor, Underfitting) {
  Dataset d = clouds(800, 2, 0);
  for (int64_t r = 0; r < d.rows(); ++r) d.y[r] = (cell(d, r, 0) > 0) != (cell(d, r, 1) > 0);  // a chequered plane
  const TableDiagnosis t = diagnosis("logistic", d);
  EXPECT_EQ(t.findings.front().kind, "underfitting") << all_of(t);
}

TEST(Doctor, Separation) {
  Dataset d = clouds(300, 3, 12);
  for (int64_t r = 0; r < d.rows(); ++r) cell(d, r, 2) *= 0.5;
  EXPECT_TRUE(found(diagnosis("logistic", d, {"C=1e6"}), "separation")) << all_of(diagnosis("logistic", d, {"C=1e6"}));
}

TEST(Doctor, UnscaledInputOfASupportVectorMachine) {
  Dataset d = clouds(500, 4, 3);
  for (int64_t r = 0; r < d.rows(); ++r) cell(d, r, 3) *= 5000;
  const TableDiagnosis t = diagnosis("svc", d);
  EXPECT_EQ(t.findings.front().kind, "unscaled") << all_of(t);
  EXPECT_FALSE(found(diagnosis("tree", d), "unscaled"));  // trees do not mind
}

TEST(Doctor, IdentifiersGapsAndConstants) {
  Dataset d = clouds(300, 5, 3);
  for (int64_t r = 0; r < d.rows(); ++r)
    cell(d, r, 2) = static_cast<double>(r), cell(d, r, 3) = 7, cell(d, r, 4) = r % 3 ? NAN : cell(d, r, 4);
  const TableDiagnosis t = diagnosis("tree", d, {"max-depth=3"});
  EXPECT_TRUE(found(t, "identifier") && found(t, "constant") && found(t, "missing")) << all_of(t);
}

// A quarter of nine rows may hold one class: that point of the curve is left out, and the diagnosis stands.
TEST(Doctor, TwelveRowsOfTwoClasses) {
  std::vector<double> x, y;
  for (int i = 0; i < 12; ++i) x.push_back(i), y.push_back(i % 2);
  const Dataset data{.x = Features(Tensor::from(x, {12, 1})), .y = y, .weight = {}, .classes = {"a", "b"}};
  for (const char* name : {"tree", "knn", "logistic", "naive-bayes"}) EXPECT_FALSE(diagnose_table(*make_estimator(name), data).findings.empty()) << name;
}

// Target and column are lengths: a verdict does not depend on their unit.
TEST(Doctor, LeakageWhateverTheUnit) {
  Dataset d = clouds(60, 4, 1);  // a tree of so few rows misses it
  d.classes.clear();
  for (int64_t r = 0; r < d.rows(); ++r) d.y[r] = cell(d, r, 0) + cell(d, r, 1) + cell(d, r, 2), cell(d, r, 3) = 2.54 * d.y[r] + 1;
  for (const int power : {-600, 600}) {
    Dataset scaled = d;
    for (double& y : scaled.y) y = std::ldexp(y, power);
    const TableDiagnosis t = diagnosis("ridge", scaled);
    EXPECT_EQ(t.findings.front().kind, "leakage") << power << "\n" << all_of(t);
  }
}

TEST(Doctor, AConstantTargetTeachesNothing) {
  Dataset d = clouds(300, 3, 1);
  for (double& y : d.y) y = 1;
  EXPECT_EQ(all_of(diagnosis("tree", d)), "constant-target: Every row is of class 'yes': there is nothing to learn.\n");
  d.classes.clear();
  for (double& y : d.y) y = 2.5;
  EXPECT_EQ(all_of(diagnosis("ridge", d)), "constant-target: The target is 2.5 in every row: there is nothing to learn.\n");
}

}  // namespace
}  // namespace grim
