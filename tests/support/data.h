// The data that lie beside a checkout but are not part of it (docs/data.md). A test that needs a file begins with
// GRIMOIRE_DATA(path, "names/names.txt"), or GRIMOIRE_MODEL(path, "bert-tiny"), and is skipped, with the file's name, where it is absent.
#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/data/features.h"

namespace grim::test {

// $GRIMOIRE_TEST_DATA/NAME, else ../shared/data/NAME beside the source tree.
inline std::string data_file(const std::string& name) {
  const char* const folder = std::getenv("GRIMOIRE_TEST_DATA");
  return (folder ? std::string(folder) : std::string(GRIM_SOURCE_DIR) + "/../shared/data") + "/" + name;
}

// Real models, where `grimoire model get` or a friend has laid them out: ~/.cache/grimoire/models/NAME.
inline std::string model_file(const std::string& name) {
  const char* const home = std::getenv("HOME");
  return std::string(home ? home : "") + "/.cache/grimoire/models/" + name;
}

// Iris, wine, breast cancer: scikit-learn's layout.
inline Dataset tabular(const std::string& name) {
  return load_dataset(data_file("tabular/" + name), {.target = "target", .weight = {}, .classes = {}, .columns = {}, .csv = {}});
}
inline Dataset digits() {
  return load_dataset(data_file("tabular/digits.csv.gz"),
                      {.target = "x64", .weight = {}, .as = Target::classes, .classes = {}, .columns = {}, .csv = {}});
}
// Ten columns as they were measured, and the target: as in scikit-learn, each column about its mean and of length 1 when `scaled`.
Dataset diabetes(bool scaled);
Features z_scored(const Features& x);  // about the mean, divided by the deviation (n)
Features sparse_of(const Features& x);  // the same rows, zeros left out

}  // namespace grim::test

// Its words are counted at the end of ./grimoire test.
#define GRIMOIRE_NEEDED(variable, path, what, name)     \
  [[maybe_unused]] const std::string variable = (path); \
  if (!::grim::exists(variable)) GTEST_SKIP() << "the " << (what) << " " << (name) << " is not here"
#define GRIMOIRE_DATA(variable, name) GRIMOIRE_NEEDED(variable, ::grim::test::data_file(name), "data file", name)
#define GRIMOIRE_MODEL(variable, name) GRIMOIRE_NEEDED(variable, ::grim::test::model_file(name), "model file", name)
