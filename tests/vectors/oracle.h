// What fastText and gensim said of their models (tools/golden/vectors.py), and texts to train on.
#pragma once

#include <string>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/vectors/train.h"

namespace grim::test {

inline std::string vectors_file(const std::string& name) { return golden_file("vectors/" + name); }
inline const Json& vectors_answers() {
  static const Json answers = Json::parse(read_file(vectors_file("answers.json")));
  return answers;
}

inline std::vector<std::pair<std::string, Json>> members(const Json& object) {
  std::vector<std::pair<std::string, Json>> all;
  for (const std::string& key : object.keys()) all.emplace_back(key, object.at(key));
  return all;
}

// A small run that tells topics apart in a second.
inline vectors::TrainingSettings small_run(vectors::Kind kind) {
  vectors::TrainingSettings s = vectors::TrainingSettings::defaults(kind);
  s.dim = 12;
  s.bucket = 500;
  s.epochs = 10;
  s.min_count = 1;
  s.sampling = 0.01;
  return s;
}

inline std::string bytes_of(const vectors::SubwordModel& model) {
  const TempFolder folder;
  model.save(folder / "model.bin");
  return read_file(folder / "model.bin");
}

}  // namespace grim::test
