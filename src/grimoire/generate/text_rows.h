// Several texts that a model reads side by side, and goes on reading where it stopped.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "grimoire/model/causal_lm.h"

namespace grim {

class TextRows {
 public:
  explicit TextRows(const CausalLm& model) : model_(model), cache_(model.decode_cache()) {}

  // What they begin with as those before did is not read again, if all are of one length. throws: argument, texts of unequal lengths where
  // any_lengths() is false; texts without a token
  void begin_with(std::vector<std::vector<int64_t>> texts);
  void push(std::span<const int64_t> tokens);  // one behind each
  void keep(std::span<const int64_t> rows);    // row i goes on where rows[i] was, which may be taken several times, or never
  void cut(size_t length);                     // what comes behind so many tokens is taken back; texts of one length alone

  size_t count() const { return texts_.size(); }
  size_t length() const { return texts_[0].size(); }  // of the first
  const std::vector<int64_t>& text(size_t row = 0) const { return texts_[row]; }
  bool goes_on() const { return cache_ != nullptr; }                                         // the model keeps what it read
  // Texts of unequal lengths can be read side by side, each up to the context.
  bool any_lengths() const { return cache_ && cache_->lengths() == TextLengths::any; }
  // Its window moves, and is read anew for each token. A cache may go on behind the context.
  bool beyond() const { return static_cast<int64_t>(length()) > (cache_ ? cache_->capacity() : model_.context()); }

  // (rows, places, V): the logits behind each of the last so many places of every text. Several places: within the context alone,
  // and of texts of one length.
  // throws: numeric, logits that are not finite
  std::vector<float> logits(size_t places = 1);
  std::span<const float> of_row(std::span<const float> logits, size_t row) const;  // of one place each

 private:
  size_t read_alike() const;  // tokens at the beginning of the texts that the cache has read
  bool of_one_length() const;
  Tensor read(size_t places);
  Tensor read_unequal();

  const CausalLm& model_;
  std::unique_ptr<DecodeCache> cache_;
  std::vector<std::vector<int64_t>> texts_, read_;  // read_: what the cache holds
};

}  // namespace grim
