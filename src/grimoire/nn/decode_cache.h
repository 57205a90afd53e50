// DecodeCache: the keys and values of what a decoder has read, so that the next token costs one row instead of the whole text again. A Pass
// carries it; a model whose forward extends it answers for the new tokens alone.
#pragma once

#include <span>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

class DecodeCache {
 public:
  DecodeCache(int64_t layers, int64_t capacity);  // of tokens
  int64_t past() const { return layers_.back().length; }  // tokens that all layers have seen
  int64_t capacity() const { return capacity_; }

  struct KeysAndValues {
    Tensor k, v;  // (B, H, S, D)
  };
  // k, v (B, H, T, D) of a layer's new tokens: those of all tokens so far, S = past + T. Layers take their
  // turn, 0 first. throws: state, beyond the capacity, out of turn, or while a gradient would be recorded, which numbers copied here lose; shape; dtype
  KeysAndValues extend(int64_t layer, const Tensor& k, const Tensor& v);
  // Text i goes on where text rows[i] was: beams.
  void reorder(std::span<const int64_t> rows);
  void cut(int64_t tokens);   // what comes behind the first so many is forgotten. throws: argument, there are fewer
  void clear() { cut(0); }    // keeps the memory

 private:
  struct Layer {
    Tensor k, v;  // (B, H, at least length, D)
    int64_t length = 0;
  };
  void make_room(Layer& layer, const Tensor& k, int64_t tokens) const;
  int64_t capacity_;
  std::vector<Layer> layers_;
};

}  // namespace grim
