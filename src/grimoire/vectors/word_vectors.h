// Words with a vector each, from whatever file: what is near a word, analogies, and the numbers for another model's table of embeddings.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grimoire/vectors/subword_model.h"

namespace grim::vectors {

struct Neighbour {
  int64_t word;       // its place
  double similarity;  // cosine, -1 to 1
};

class WordVectors {
 public:
  // throws: input, a word twice, fewer words than rows or more
  WordVectors(std::vector<std::string> words, Table vectors, std::string_view source = "vectors");
  // With all words of a model; words outside have the vector that it puts together.
  explicit WordVectors(std::shared_ptr<const SubwordModel> model);

  int64_t size() const { return static_cast<int64_t>(words_.size()); }
  int64_t dim() const { return table_.dim(); }
  const std::vector<std::string>& words() const { return words_; }
  const Table& table() const { return table_; }
  const SubwordModel* model() const { return model_.get(); }
  int64_t find(std::string_view word) const;                  // -1: not there
  // throws: argument, a word that is not there, with the nearest spelling as a hint
  std::vector<float> vector_of(std::string_view word) const;

  // The most similar words by the cosine, best first, among the `among` first ones; those in `without` (places) left out. Words whose vector is 0 are
  // similar to none.
  static constexpr int64_t kAllWords = std::numeric_limits<int64_t>::max();
  std::vector<Neighbour> nearest(std::span<const float> to, int64_t most, std::span<const int64_t> without = {}, int64_t among = kAllWords) const;
  std::vector<Neighbour> nearest(std::string_view word, int64_t most) const;
  // a is to b as c is to what? Nearest to b - a + c, each of length 1, without the three (3CosAdd: Mikolov, Yih and Zweig 2013, section 4).
  std::vector<Neighbour> analogy(std::string_view a, std::string_view b, std::string_view c, int64_t most, int64_t among = kAllWords) const;
  double similarity(std::string_view a, std::string_view b) const;

  // (tokens, dim): the vector of each token for a model's table of embeddings; rows of tokens without one are 0 and `known` says which are there.
  Tensor embeddings(std::span<const std::string> tokens, std::vector<bool>& known) const;

 private:
  void index(std::string_view source);
  std::vector<std::string> words_;
  Table table_, directions_;  // directions_: rows of length 1
  std::unordered_map<std::string_view, int64_t> places_;
  std::shared_ptr<const SubwordModel> model_;
};

}  // namespace grim::vectors
