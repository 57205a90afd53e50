#include "grimoire/data/token_batch.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr size_t kChunk = 16 * 1024;  // bytes of text that a thread takes at once: about 0.2 ms

// Where chunks of texts begin, and the end of the last.
std::vector<size_t> chunk_bounds(std::span<const std::string> texts, std::span<const std::string> pairs) {
  std::vector<size_t> bounds = {0};
  size_t bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    bytes += texts[i].size() + (pairs.empty() ? 0 : pairs[i].size());
    if (bytes < kChunk && i + 1 < texts.size()) continue;
    bounds.push_back(i + 1);
    bytes = 0;
  }
  return bounds;
}

}  // namespace

namespace {

Tensor i64_of(const std::vector<int64_t>& values) { return Tensor::from<int64_t>(values, {static_cast<int64_t>(values.size())}); }

}  // namespace

int64_t TokenBatch::longest() const {
  int64_t most = 0;
  for (size_t i = 1; i < offsets.size(); ++i) most = std::max(most, offsets[i] - offsets[i - 1]);
  return most;
}

Tensor TokenBatch::places() const {
  const Tensor all = Tensor::empty({tokens()}, Dtype::i64);
  for (size_t i = 1; i < offsets.size(); ++i)
    std::iota(all.data<int64_t>() + offsets[i - 1], all.data<int64_t>() + offsets[i], int64_t{0});
  return all;
}

Tensor TokenBatch::firsts() const {
  for (size_t i = 1; i < offsets.size(); ++i) GRIM_CHECK(offsets[i] > offsets[i - 1], argument, "batch", "text {} has no tokens", i - 1);
  return i64_of({offsets.begin(), offsets.end() - 1});
}

TokenBatch TokenBatch::of(std::span<const Encoding> encodings) {
  GRIM_CHECK(!encodings.empty(), argument, "batch", "there are no texts");
  std::vector<int64_t> ids, types, offsets = {0};
  for (const Encoding& e : encodings) {
    for (size_t i = 0; i < e.size(); ++i) {
      if (!e.attention[i]) continue;
      ids.push_back(e.ids[i]);
      types.push_back(e.type_ids[i]);
    }
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  return {i64_of(ids), i64_of(types), std::move(offsets)};
}

TokenBatch TokenBatch::of(std::span<const std::vector<int64_t>> texts) {
  GRIM_CHECK(!texts.empty(), argument, "batch", "there are no texts");
  std::vector<int64_t> ids, offsets = {0};
  for (const std::vector<int64_t>& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  return {i64_of(ids), Tensor::zeros({offsets.back()}, Dtype::i64), std::move(offsets)};
}

PaddedTokens PaddedTokens::of(std::span<const Encoding> encodings, const TokenPadding& padding) {
  GRIM_CHECK(!encodings.empty(), argument, "batch", "there are no texts");
  const size_t longest = std::ranges::max_element(encodings, {}, &Encoding::size)->size(), length = std::max(longest, padding.length_for(longest));
  const Shape shape{static_cast<int64_t>(encodings.size()), static_cast<int64_t>(length)};
  PaddedTokens batch{Tensor::full(shape, static_cast<double>(padding.id), Dtype::i64), Tensor::zeros(shape, Dtype::i64),
                     Tensor::full(shape, static_cast<double>(padding.type_id), Dtype::i64), {}};
  for (size_t row = 0; row < encodings.size(); ++row) {
    const Encoding& e = encodings[row];
    const auto place = static_cast<ptrdiff_t>(row * length + (padding.side == Side::left ? length - e.size() : 0));
    std::ranges::copy(e.ids, batch.ids.data<int64_t>() + place);
    std::ranges::copy(e.attention, batch.attention.data<int64_t>() + place);
    std::ranges::copy(e.type_ids, batch.types.data<int64_t>() + place);
    batch.lengths.push_back(std::ranges::count(e.attention, uint8_t{1}));
  }
  return batch;
}

std::vector<Encoding> encode_all(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs,
                                 const EncodeOptions& options) {
  GRIM_CHECK(pairs.empty() || pairs.size() == texts.size(), argument, "batch", "{} texts and {} pairs: expected as many", texts.size(), pairs.size());
  GRIM_CHECK(!options.pair, argument, "batch", "a pair for all texts: expected one for each, or none");
  std::vector<Encoding> encodings(texts.size());
  const std::vector<size_t> bounds = chunk_bounds(texts, pairs);
  device::for_chunks(static_cast<int64_t>(bounds.size()) - 1, [&](int64_t chunk) {
    const auto c = static_cast<size_t>(chunk);
    for (size_t i = bounds[c]; i < bounds[c + 1]; ++i) {
      EncodeOptions own = options;
      if (!pairs.empty()) own.pair = pairs[i];
      encodings[i] = tokenizer.encode_with(texts[i], own);
    }
  });
  return encodings;
}

TokenBatch encode_batch(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs, const EncodeOptions& options) {
  return TokenBatch::of(encode_all(tokenizer, texts, pairs, options));
}

namespace {
Encoding encoding_of_all(const Tokenizer& tokenizer, const std::string& text, int64_t most, std::string_view what, const EncodeOptions& options = {}) {
  Encoding encoding = tokenizer.encode_with(text, options);
  const auto n = std::ssize(encoding.ids);
  if (!encoding.overflowing.empty() && n <= most)
    fail(ErrorKind::input, "text", str("{} has more than {} tokens, where the tokenizer cuts it (truncation in tokenizer.json)", what, n),
         "give a shorter one");
  if (n > most) fail(ErrorKind::input, "text", str("{} has {} tokens, and the model reads at most {}", what, n, most), "give a shorter one");
  return encoding;
}
}  // namespace

TokenBatch encode_whole(const Tokenizer& tokenizer, const std::string& text, int64_t most, std::string_view what, const std::optional<std::string>& pair) {
  EncodeOptions options;
  if (pair) options.pair = *pair;
  return TokenBatch::of(std::vector<Encoding>{encoding_of_all(tokenizer, text, most, what, options)});
}

TokenBatch encode_whole(const Tokenizer& tokenizer, std::span<const std::string> texts, int64_t most) {
  std::vector<Encoding> encodings;
  for (const std::string& text : texts) encodings.push_back(encoding_of_all(tokenizer, text, most, "the text"));
  return TokenBatch::of(encodings);
}

PaddedTokens encode_padded(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs, const EncodeOptions& options) {
  return PaddedTokens::of(encode_all(tokenizer, texts, pairs, options), tokenizer.padding().value_or(TokenPadding()));
}

}  // namespace grim
