// A text as training reads it: lines of word ids, with the labels of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grimoire/vectors/dictionary.h"

namespace grim::vectors {

// Of a word that is not in the dictionary: what a classifier still takes from it.
struct Stranger {
  uint32_t hash;
  std::vector<int32_t> rows;  // of its letter n-grams
};

struct TrainingText {
  std::vector<int32_t> tokens;        // ids of words; of a stranger, for classifiers alone, -1 - its place
  std::vector<int64_t> line_begins = {0};  // in tokens, and the end; word vectors: a line of more than 1,024 words becomes several
  std::vector<int32_t> labels;        // their places among the labels
  std::vector<int64_t> label_begins = {0};
  std::vector<Stranger> strangers;

  // Read on all threads, in parts that are cut at line ends by size alone.
  static TrainingText of(std::string_view text, const Dictionary& dictionary, Kind kind);
  int64_t lines() const { return static_cast<int64_t>(line_begins.size()) - 1; }
  std::span<const int32_t> line(int64_t i) const {
    const auto n = static_cast<size_t>(i);
    return std::span(tokens).subspan(static_cast<size_t>(line_begins[n]), static_cast<size_t>(line_begins[n + 1] - line_begins[n]));
  }
  std::span<const int32_t> labels_of(int64_t i) const {
    const auto n = static_cast<size_t>(i);
    return std::span(labels).subspan(static_cast<size_t>(label_begins[n]), static_cast<size_t>(label_begins[n + 1] - label_begins[n]));
  }
};

}  // namespace grim::vectors
