#include "grimoire/nn/decode_cache.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/gather.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

DecodeCache::DecodeCache(int64_t layers, int64_t capacity) : capacity_(capacity), layers_(static_cast<size_t>(layers)) {
  GRIM_CHECK(layers > 0 && capacity > 0, argument, "decode_cache", "got {} layers of {} tokens, expected at least one of each", layers, capacity);
}

// Room doubles until it is enough: a long context costs memory once it is filled.
void DecodeCache::make_room(Layer& l, const Tensor& k, int64_t tokens) const {
  constexpr int64_t kFew = 64;
  const bool fresh = !l.k.defined() || l.length == 0;
  const auto fits = [&] { return l.k.dim(0) == k.dim(0) && l.k.dim(1) == k.dim(1) && l.k.dim(3) == k.dim(3) && l.k.dtype() == k.dtype(); };
  if (!fresh) {
    GRIM_CHECK(l.k.dtype() == k.dtype(), dtype, "decode_cache", "got {} after {}", name_of(k.dtype()), name_of(l.k.dtype()));
    GRIM_CHECK(fits(), shape, "decode_cache", "got {}, expected (B, H, T, D) of {}", k.shape(), l.k.shape());
  }
  if (l.k.defined() && fits() && l.k.dim(2) >= tokens) return;
  Shape room = k.shape();
  for (room[2] = kFew; room[2] < tokens;) room[2] *= 2;
  room[2] = std::min(room[2], capacity_);
  for (Tensor* const kept : {&l.k, &l.v}) {
    const Tensor larger = k.like(room);
    if (l.length > 0) copy_into(view::slice(larger, 2, 0, l.length), view::slice(*kept, 2, 0, l.length));
    *kept = larger;
  }
}

DecodeCache::KeysAndValues DecodeCache::extend(int64_t layer, const Tensor& k, const Tensor& v) {
  GRIM_CHECK(layer >= 0 && layer < static_cast<int64_t>(layers_.size()), argument, "decode_cache", "layer {} of {}", layer, layers_.size());
  GRIM_CHECK(k.ndim() == 4 && k.shape() == v.shape(), shape, "decode_cache", "got {} and {}, expected (B, H, T, D)", k.shape(), v.shape());
  GRIM_CHECK(!tracked(k) && !tracked(v), state, "decode_cache", "no gradient goes through what is kept: decode without recording (NoGrad)");
  Layer& l = layers_[static_cast<size_t>(layer)];
  const int64_t before = layer > 0 ? layers_[static_cast<size_t>(layer) - 1].length - k.dim(2) : past();
  GRIM_CHECK(l.length == before, state, "decode_cache",
             "layer {} holds {} tokens, expected {}: a pass ended half-way, or the model has other layers; clear() begins anew", layer, l.length, before);
  const int64_t end = l.length + k.dim(2);
  GRIM_CHECK(end <= capacity_, state, "decode_cache", "got {} tokens, expected at most {}", end, capacity_);
  make_room(l, k, end);
  copy_into(view::slice(l.k, 2, l.length, end), k);
  copy_into(view::slice(l.v, 2, l.length, end), v);
  l.length = end;
  return {view::slice(l.k, 2, 0, end), view::slice(l.v, 2, 0, end)};
}

void DecodeCache::reorder(std::span<const int64_t> rows) {
  const NoGrad no_grad;
  const Tensor order = Tensor::from(rows, {static_cast<int64_t>(rows.size())});
  for (Layer& l : layers_)
    if (l.k.defined()) l.k = index_select(l.k, 0, order), l.v = index_select(l.v, 0, order);
}

void DecodeCache::cut(int64_t tokens) {
  GRIM_CHECK(tokens >= 0 && (tokens == 0 || tokens <= past()), argument, "decode_cache", "cut: got {}, expected 0 to {}", tokens, past());
  for (Layer& l : layers_) l.length = tokens;
}

}  // namespace grim
