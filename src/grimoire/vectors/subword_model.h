// A model of words and their letter n-grams (fastText): vectors of any word, in the vocabulary or not, of a line, and the labels of a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/vectors/dictionary.h"
#include "grimoire/vectors/label_tree.h"
#include "grimoire/vectors/table.h"

namespace grim::vectors {

struct LabelProbability {
  int64_t label;       // its place among the dictionary's labels
  double probability;  // of softmax and its tree they add up to 1; else each is for itself
};

class SubwordModel {
 public:
  SubwordModel(TrainingSettings settings, Dictionary dictionary, Table input, Table output);  // throws: input, sizes that do not fit each other
  // A .bin or .ftz file of fastText, version 12 or 11. throws: input
  static SubwordModel load(const std::string& path);
  static SubwordModel parse(Reader& reader, std::string_view source);
  void save(const std::string& path) const;

  const TrainingSettings& settings() const { return settings_; }
  const Dictionary& dictionary() const { return dictionary_; }
  const Table& input() const { return input_; }
  const Table& output() const { return output_; }
  int64_t dim() const { return settings_.dim; }
  bool classifies() const { return settings_.kind == Kind::supervised; }

  // The mean of the rows of the word and its n-grams; zeros for a word that has none.
  std::vector<float> word_vector(std::string_view word) const;
  // Of a classifier the mean of what a line is classified by; else the mean of its words' vectors, each scaled to length 1.
  std::vector<float> line_vector(std::string_view line) const;
  // At most `most` labels with a probability of `threshold` or more, the likeliest first; none for a line without known words. As fastText says them: with
  // 1e-5 added to each probability, of a tree to that of each decision; never above 1. throws: state, the model was trained without labels
  std::vector<LabelProbability> predict(std::string_view line, int64_t most = 1, double threshold = 0) const;

 private:
  std::vector<float> mean_of(const std::vector<int32_t>& rows) const;
  TrainingSettings settings_;
  Dictionary dictionary_;
  Table input_, output_;
  std::optional<LabelTree> tree_;
};

}  // namespace grim::vectors
