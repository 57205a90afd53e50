#include "grimoire/model/text_features.h"

#include <algorithm>
#include <charconv>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// The stream behind the embeddings and behind each block, as a pass goes through them.
class LayerTap {
 public:
  explicit LayerTap(TextEncoder& encoder) : tap_([this, width = encoder.width()](const Site& site, const Tensor& y) {
      const bool begins = &site.layer == embeddings_ && site.kind == SiteKind::output && y.shape().back() == width;
      if (begins || site.kind == SiteKind::residual) seen_.push_back(y);
      return Tensor();
    }) {
    encoder.visit_modules([&](const std::string& name, Module& module) {
      if (name == "embeddings" || name.ends_with(".embeddings")) embeddings_ = &module;
    });
  }
  // (N, C) f32. throws: argument
  Tensor layer(int64_t number) const {
    GRIM_CHECK(number >= 0 && number < std::ssize(seen_), argument, "features", "layer {} is not shown by this model: it shows {}", number, seen_.size());
    return contiguous(cast(squeeze(seen_[static_cast<size_t>(number)], 0), Dtype::f32));
  }

 private:
  std::vector<Tensor> seen_;  // (1, N, C)
  const Module* embeddings_ = nullptr;
  Tap tap_;
};

// What lies above the highest layer that is asked for is not worked out.
int64_t highest(const std::vector<int64_t>& layers) { return layers.empty() ? 0 : std::ranges::max(layers); }

// Tokens [begin, end) of C numbers each, into `to`.
void pool_rows(Pool pool, const float* rows, int64_t begin, int64_t end, int64_t C, float* to) {
  const int64_t n = end - begin;
  const float* const first = rows + begin * C;
  if (pool == Pool::none) return std::copy_n(first, n * C, to), void();
  if (pool == Pool::cls || pool == Pool::last) return std::copy_n(pool == Pool::cls ? first : first + (n - 1) * C, C, to), void();
  std::copy_n(first, C, to);
  for (int64_t t = 1; t < n; ++t)
    for (int64_t c = 0; c < C; ++c) to[c] = pool == Pool::mean ? to[c] + first[t * C + c] : std::max(to[c], first[t * C + c]);
  if (pool == Pool::mean)
    for (int64_t c = 0; c < C; ++c) to[c] /= static_cast<float>(n);
}

}  // namespace

std::vector<int64_t> layers_in(const std::string& words, int64_t last) {
  std::vector<int64_t> layers;
  const auto number = [&](std::string_view word) {
    int64_t layer = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), layer);
    GRIM_CHECK(!word.empty() && error == std::errc() && end == word.data() + word.size(), argument, "layers", "got '{}', expected numbers as in -4..-1 or 0,6",
               words);
    if (layer < 0) layer += last + 1;
    GRIM_CHECK(layer >= 0 && layer <= last, argument, "layers", "there is no layer '{}': expected 0 (the embeddings) to {}, or -1 to {}", word, last,
               -last - 1);
    return layer;
  };
  if (words == "all") return layers_in(str("0..{}", last), last);
  for (const std::string_view part : split(words, ',')) {
    const size_t dots = part.find("..");
    const int64_t from = number(trimmed(part.substr(0, dots))), to = dots == std::string_view::npos ? from : number(trimmed(part.substr(dots + 2)));
    GRIM_CHECK(from <= to, argument, "layers", "got '{}': {} stands behind {}", words, from, to);
    for (int64_t l = from; l <= to; ++l)
      if (std::ranges::find(layers, l) == layers.end()) layers.push_back(l);
  }
  return layers;
}

TextFeatures text_features(TextEncoder& encoder, const EncodedTexts& texts, const std::vector<int64_t>& layers, Pool pool,
                           const std::function<bool()>& stop) {
  const NoGrad no_grad;
  const int64_t C = encoder.width();
  std::vector<int64_t> first(static_cast<size_t>(texts.texts()), -1), row = {0};  // the window of each text, and where its rows begin
  for (int64_t w = texts.windows(); w-- > 0;) first[static_cast<size_t>(texts.text_of(w))] = w;
  TextFeatures all;
  for (size_t t = 0; t < first.size(); ++t) {
    const int64_t rows = pool == Pool::none ? texts.tokens(first[t]) : 1;
    row.push_back(row.back() + rows);
    all.text_of.insert(all.text_of.end(), static_cast<size_t>(rows), static_cast<int64_t>(t));
  }
  for (size_t i = 0; i < layers.size(); ++i) all.layers.push_back(Tensor::empty({row.back(), C}));
  std::vector<int64_t> order = texts.by_length();
  std::erase_if(order, [&](int64_t w) { return first[static_cast<size_t>(texts.text_of(w))] != w; });
  for (const std::span<const int64_t> some : texts.batches(order)) {
    if ((all.stopped = stop && stop())) return all;
    const TokenBatch batch = texts.batch(some);
    LayerTap tap(encoder);
    Pass pass = Pass::evaluation();
    encoder.hidden_behind(highest(layers), batch, pass);
    for (size_t i = 0; i < layers.size(); ++i) {
      const Tensor rows = tap.layer(layers[i]);
      for (size_t b = 0; b < some.size(); ++b)
        pool_rows(pool, rows.data<float>(), batch.offsets[b], batch.offsets[b + 1], C,
                  all.layers[i].data<float>() + row[static_cast<size_t>(texts.text_of(some[b]))] * C);
    }
  }
  return all;
}

std::vector<Tensor> word_features(TextEncoder& encoder, const EncodedWords& words, const std::vector<int64_t>& layers) {
  const NoGrad no_grad;
  const int64_t C = encoder.width();
  std::vector<Tensor> features;
  for (size_t i = 0; i < layers.size(); ++i) features.push_back(Tensor::empty({words.words(), C}));
  const std::vector<int64_t> order = words.windows().by_length();
  for (const std::span<const int64_t> some : words.windows().batches(order)) {
    const WordBatch batch = words.batch(some);
    LayerTap tap(encoder);
    Pass pass = Pass::evaluation();
    encoder.hidden_behind(highest(layers), batch.tokens, pass);
    for (size_t i = 0; i < layers.size(); ++i) {
      const Tensor rows = index_select(tap.layer(layers[i]), 0, batch.firsts);
      for (size_t w = 0; w < batch.words.size(); ++w)
        std::copy_n(rows.data<float>() + static_cast<int64_t>(w) * C, C, features[i].data<float>() + batch.words[w] * C);
    }
  }
  return features;
}

Tensor combined(const TextFeatures& features, Combine how, const std::vector<double>& weights) {
  GRIM_CHECK(!features.layers.empty(), argument, "features", "there is no layer to combine");
  if (how == Combine::last) return features.layers.back();
  if (how == Combine::concat) return concat(features.layers, 1);
  GRIM_CHECK(how != Combine::weighted || weights.size() == features.layers.size(), argument, "features", "got {} weights for {} layers", weights.size(),
             features.layers.size());
  Tensor sum;
  for (size_t i = 0; i < features.layers.size(); ++i) {
    const Tensor part = how == Combine::weighted ? features.layers[i] * weights[i] : features.layers[i];
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

}  // namespace grim
