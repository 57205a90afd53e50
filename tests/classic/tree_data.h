// The tabular sets of the tree learners' oracles, folds, and the memory of the last fit for comparisons.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/validate.h"
#include "grimoire/data/table.h"

namespace grim {

inline DatasetOptions target_is(const std::string& name) {
  DatasetOptions options;
  options.target = name;
  return options;
}

// scikit-learn's diabetes: columns centred and divided by their norm.
inline Dataset diabetes(const std::string& x_path, const std::string& y_path) {
  CsvOptions plain;
  plain.header = CsvOptions::Header::no;
  Table x = read_csv(x_path, plain);
  const Table y = read_csv(y_path, plain);
  for (Column& c : x.columns) {
    const double n = static_cast<double>(c.values.size());
    const double mean = std::accumulate(c.values.begin(), c.values.end(), 0.0) / n;
    double square = 0;
    for (double& v : c.values) v -= mean, square += v * v;
    for (double& v : c.values) v /= std::sqrt(square);
  }
  Dataset data;
  data.x = Features::from(x);
  data.y = y.columns[0].values;
  return data;
}

// Mean score over the stratified folds of the oracles; `make` gives a fresh learner.
template <class Make> double cross_validated(const Dataset& data, int k, Make&& make) {
  double sum = 0;
  for (const Fold& fold : stratified_folds(data.y, k)) {
    auto learner = make();
    learner.fit(data.pick(fold.train));
    sum += learner.score(data.pick(fold.test));
  }
  return sum / k;
}

// Rows standing as often as their weight says.
inline Dataset repeated(const Dataset& data) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < data.rows(); ++r) rows.insert(rows.end(), static_cast<size_t>(data.weight_of(r)), r);
  Dataset out = data;
  out.weight.clear();
  return out.pick(rows);
}

inline Dataset numbers_dataset(std::vector<std::vector<double>> columns, std::vector<double> y, std::vector<std::string> classes = {}) {
  Table t;
  for (size_t c = 0; c < columns.size(); ++c) t.columns.push_back({"x" + std::to_string(c), ColumnKind::number, columns[c], {}});
  Dataset data;
  data.x = Features::from(t);
  data.y = std::move(y);
  data.classes = std::move(classes);
  return data;
}

// The 80 rows of tests/golden/trees.json.
inline Dataset golden_rows(const Json& golden, const char* x, bool classes) {
  std::vector<std::vector<double>> columns(4);
  for (const Json& row : golden.at(x).items())
    for (size_t c = 0; c < 4; ++c) columns[c].push_back(row[c].is_null() ? NAN : row[c].as_real());
  std::vector<double> y;
  for (const Json& v : golden.at(classes ? "label" : "number").items()) y.push_back(v.as_real());
  return numbers_dataset(columns, y, classes ? std::vector<std::string>{"a", "b", "c"} : std::vector<std::string>{});
}

inline std::vector<double> reals(const Json& list) {
  std::vector<double> out;
  for (const Json& v : list.items()) out.push_back(v.as_real());
  return out;
}

}  // namespace grim
