#include "grimoire/nn/decode_cache.h"

#include <algorithm>
#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/gather.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

DecodeCache::DecodeCache(int64_t layers, int64_t capacity, TextLengths lengths)
    : capacity_(capacity), lengths_(lengths), layers_(static_cast<size_t>(layers)) {
  GRIM_CHECK(layers > 0 && capacity > 0, argument, "decode_cache", "got {} layers of {} tokens, expected at least one of each", layers, capacity);
}

std::vector<int64_t> DecodeCache::places(int64_t T) const {
  std::vector<int64_t> all;
  for (size_t i = 0; i < std::max<size_t>(1, behind_.size()); ++i)
    for (int64_t t = 0; t < T; ++t) all.push_back(past() - (unequal() ? behind_[i] : 0) + t);
  return all;
}

Tensor DecodeCache::Layer::k() const { return view::transpose(turned_k, 2, 3); }

// Room doubles until it is enough: a long context costs memory once it is filled. Of the turned keys it is 16 numbers longer: rows a power of two apart
// would fall on few lines of the caches.
void DecodeCache::make_room(Layer& l, const Tensor& k, int64_t texts, int64_t tokens) const {
  constexpr int64_t kFew = 64, kApart = 16;
  const bool fresh = !l.v.defined() || l.length == 0;
  const auto fits = [&] { return l.v.dim(0) == texts && l.v.dim(1) == k.dim(1) && l.v.dim(3) == k.dim(3) && l.v.dtype() == k.dtype(); };
  if (!fresh) {
    GRIM_CHECK(l.v.dtype() == k.dtype(), dtype, "decode_cache", "got {} after {}", name_of(k.dtype()), name_of(l.v.dtype()));
    GRIM_CHECK(fits(), shape, "decode_cache", "got {}, expected (B, H, T, D) of {}", k.shape(), l.v.shape());
  }
  if (l.v.defined() && fits() && l.v.dim(2) >= tokens) return;
  Shape room = k.shape();
  room[0] = texts;
  for (room[2] = kFew; room[2] < tokens;) room[2] *= 2;
  room[2] = std::min(room[2], capacity_);
  const Layer larger{k.like({room[0], room[1], room[3], room[2] + kApart}), k.like(room), l.length};
  if (l.length > 0) {
    copy_into(view::slice(larger.turned_k, 3, 0, l.length), view::slice(l.turned_k, 3, 0, l.length));
    copy_into(view::slice(larger.v, 2, 0, l.length), view::slice(l.v, 2, 0, l.length));
  }
  l = larger;
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
  make_room(l, k, k.dim(0), end);
  put(l, k, v);
  l.length = end;
  return held(layer);
}

DecodeCache::KeysAndValues DecodeCache::held(int64_t layer) const {
  GRIM_CHECK(layer >= 0 && layer < static_cast<int64_t>(layers_.size()), argument, "decode_cache", "layer {} of {}", layer, layers_.size());
  const Layer& l = layers_[static_cast<size_t>(layer)];
  GRIM_CHECK(l.v.defined() && l.length > 0, state, "decode_cache", "layer {} holds nothing", layer);
  std::vector<int64_t> lengths;
  for (const int64_t behind : behind_) lengths.push_back(l.length - behind);
  return {view::slice(l.k(), 2, 0, l.length), view::slice(l.v, 2, 0, l.length), lengths};
}

void DecodeCache::put(const Layer& l, const Tensor& k, const Tensor& v) const {
  const int64_t T = k.dim(2);
  if (!unequal()) {
    copy_into(view::slice(l.k(), 2, l.length, l.length + T), k);
    copy_into(view::slice(l.v, 2, l.length, l.length + T), v);
    return;
  }
  for (size_t i = 0; i < behind_.size(); ++i) {
    const auto b = static_cast<int64_t>(i);
    const int64_t begin = l.length - behind_[i];
    const auto text = [b](const Tensor& x) { return view::slice(x, 0, b, b + 1); };
    copy_into(view::slice(text(l.k()), 2, begin, begin + T), text(k));
    copy_into(view::slice(text(l.v), 2, begin, begin + T), text(v));
  }
}

void DecodeCache::reorder(std::span<const int64_t> rows) {
  const NoGrad no_grad;
  const Tensor order = Tensor::from(rows, {static_cast<int64_t>(rows.size())});
  for (Layer& l : layers_)
    if (l.v.defined()) l.turned_k = index_select(l.turned_k, 0, order), l.v = index_select(l.v, 0, order);
  for (std::vector<int64_t>* const of_texts : {&behind_, &sources_}) {
    if (of_texts->empty()) continue;
    std::vector<int64_t> taken;
    for (const int64_t r : rows) taken.push_back((*of_texts)[static_cast<size_t>(r)]);
    *of_texts = std::move(taken);
  }
  settle();
}

void DecodeCache::join(std::vector<std::unique_ptr<DecodeCache>> caches) {
  GRIM_CHECK(lengths_ == TextLengths::any, state, "decode_cache", "the model reads texts of one length side by side: none can join");
  GRIM_CHECK(!caches.empty(), argument, "decode_cache", "join: got no text");
  const NoGrad no_grad;
  int64_t texts = 0, longest = 0;
  for (const auto& c : caches) {
    GRIM_CHECK(c->layers_.size() == layers_.size() && c->past() > 0, shape, "decode_cache", "join: got {} layers of {} tokens, expected {} that have read",
               c->layers_.size(), c->past(), layers_.size());
    for (size_t i = 0; i < layers_.size(); ++i) {
      const Tensor &v = c->layers_[i].v, &first = caches[0]->layers_[i].v;
      GRIM_CHECK(c->layers_[i].length == c->past(), state, "decode_cache", "join: layer {} holds {} tokens, expected {}: a pass ended half-way", i,
                 c->layers_[i].length, c->past());
      GRIM_CHECK(v.dim(1) == first.dim(1) && v.dim(3) == first.dim(3) && v.dtype() == first.dtype(), shape, "decode_cache",
                 "join: got {} of {} and {} of {}", v.shape(), name_of(v.dtype()), first.shape(), name_of(first.dtype()));
    }
    texts += c->layers_[0].v.dim(0);
    longest = std::max(longest, c->past());
  }
  GRIM_CHECK(longest <= capacity_, state, "decode_cache", "join: got a text of {} tokens, expected at most {}", longest, capacity_);
  behind_.clear();
  sources_.clear();
  for (const auto& c : caches)
    for (int64_t i = 0; i < c->layers_[0].v.dim(0); ++i) behind_.push_back(longest - c->past() + (c->unequal() ? c->behind_[static_cast<size_t>(i)] : 0));
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer all;
    make_room(all, caches[0]->layers_[i].v, texts, longest);
    int64_t row = 0;
    for (const auto& c : caches) {
      const Layer own = std::exchange(c->layers_[i], {});
      const auto take = [&](const Tensor& from, const Tensor& to) {
        copy_into(view::slice(view::slice(to, 0, row, row + from.dim(0)), 2, 0, own.length), view::slice(from, 2, 0, own.length));
      };
      take(own.k(), all.k());
      take(own.v, all.v);
      row += own.v.dim(0);
    }
    all.length = longest;
    layers_[i] = all;
  }
  settle();
}

void DecodeCache::settle() {
  if (!unequal()) return;
  const int64_t nearest = *std::ranges::min_element(behind_);
  for (Layer& l : layers_) l.length -= nearest;
  for (int64_t& b : behind_) b -= nearest;
  if (std::ranges::count(behind_, 0) == std::ssize(behind_)) behind_.clear();
}

void DecodeCache::cut(int64_t tokens) {
  GRIM_CHECK(tokens >= 0 && (tokens == 0 || tokens <= past()), argument, "decode_cache", "cut: got {}, expected 0 to {}", tokens, past());
  GRIM_CHECK(tokens == 0 || tokens == past() || !unequal(), state, "decode_cache", "cut: texts of unequal lengths, expected one length");
  for (Layer& l : layers_) l.length = tokens;
  if (tokens == 0) behind_.clear(), sources_.clear();
}

}  // namespace grim
