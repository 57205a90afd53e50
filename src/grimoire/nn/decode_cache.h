// DecodeCache: the keys and values of what a decoder has read, so that the next token costs one row instead of the whole text again. A Pass
// carries it; a model whose forward extends it answers for the new tokens alone. Texts of unequal lengths go on side by side, each behind its own
// last token: there is no padding that a model could mistake for text.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

enum class TextLengths : uint8_t { equal, any };  // of the texts that a model reads side by side

class DecodeCache {
 public:
  DecodeCache(int64_t layers, int64_t capacity, TextLengths lengths = TextLengths::equal);  // capacity: tokens of a text
  int64_t past() const { return layers_.back().length; }  // tokens of the longest text that all layers have seen
  int64_t capacity() const { return capacity_; }
  TextLengths lengths() const { return lengths_; }  // what the model can read
  // Where the next T tokens of each text stand: past, past + 1, ..., for all alike; of texts of unequal lengths (B, T) in rows.
  std::vector<int64_t> places(int64_t T) const;
  bool unequal() const { return !behind_.empty(); }

  struct KeysAndValues {
    Tensor k, v;                        // (B, H, S, D); in memory each number of the keys lies beside those of its neighbours, as products read them
    std::vector<int64_t> lengths = {};  // of text i only the first lengths[i] of S: AttentionOptions::key_lengths; empty: all
  };
  // k, v (B, H, T, D) of a layer's new tokens: those of all tokens so far, S = past + T. Layers take their
  // turn, 0 first. throws: state, beyond the capacity, out of turn, or while a gradient would be recorded, which numbers copied here lose; shape; dtype
  KeysAndValues extend(int64_t layer, const Tensor& k, const Tensor& v);
  // What it holds of a layer, with nothing added: for models that need what was before to work out what comes. throws: state, nothing
  KeysAndValues held(int64_t layer) const;
  // Text i goes on where text rows[i] was: beams.
  void reorder(std::span<const int64_t> rows);
  // Goes on with the texts of all of these, one behind the other, whatever their lengths, and with nothing that it held. Their memory is given back on
  // the way. throws: state, lengths() does not allow it; shape, another model's
  void join(std::vector<std::unique_ptr<DecodeCache>> caches);
  // Of each text the number of the source that it is written from (model/seq2seq.h), which goes where the text goes; empty: not said.
  void set_sources(std::vector<int64_t> sources) { sources_ = std::move(sources); }
  const std::vector<int64_t>& sources() const { return sources_; }
  void cut(int64_t tokens);   // what comes behind the first so many is forgotten. throws: argument, there are fewer; state, texts of unequal lengths
  void clear() { cut(0); }    // keeps the memory

 private:
  struct Layer {
    Tensor turned_k, v;  // (B, H, D, more than length), (B, H, at least length, D)
    int64_t length = 0;  // of the longest text
    Tensor k() const;    // (B, H, more than length, D)
  };
  void make_room(Layer& layer, const Tensor& like, int64_t texts, int64_t tokens) const;
  void put(const Layer& layer, const Tensor& k, const Tensor& v) const;  // behind each text
  void settle();  // the longest text is behind none
  int64_t capacity_;
  TextLengths lengths_;
  std::vector<Layer> layers_;
  std::vector<int64_t> sources_;
  std::vector<int64_t> behind_;  // tokens by which text i is shorter than the longest; empty: none is
};

}  // namespace grim
