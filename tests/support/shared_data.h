// The data that lie beside a checkout but are not part of it. A test that needs a file begins with NEEDS(path) and is skipped, with the
// file's name, where it is absent.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/data/features.h"

namespace grim::test {

inline std::string shared_data(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/../shared/data/" + name; }

// Iris, wine, breast cancer: scikit-learn's layout.
inline Dataset tabular(const std::string& name) {
  return load_dataset(shared_data("tabular/" + name), {.target = "target", .weight = {}, .classes = {}, .columns = {}, .csv = {}});
}
inline Dataset digits() {
  return load_dataset(shared_data("tabular/digits.csv.gz"),
                      {.target = "x64", .weight = {}, .as = Target::classes, .classes = {}, .columns = {}, .csv = {}});
}
// Ten columns as they were measured, and the target: as in scikit-learn, each column about its mean and of length 1 when `scaled`.
Dataset diabetes(bool scaled);
Features z_scored(const Features& x);  // about the mean, divided by the deviation (n)
Features sparse_of(const Features& x);  // the same rows, zeros left out

}  // namespace grim::test

#define NEEDS(name) \
  if (!::grim::exists(::grim::test::shared_data(name))) GTEST_SKIP() << "the data file " << (name) << " is not here"
