#include "grimoire/generate/text_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/view.h"

namespace grim {

void TextRows::begin_with(std::vector<std::vector<int64_t>> texts) {
  GRIM_CHECK(!texts.empty() && std::ranges::none_of(texts, &std::vector<int64_t>::empty), argument, "generate", "there is no token to write behind");
  for (const auto& t : texts)
    GRIM_CHECK(any_lengths() || t.size() == texts[0].size(), argument, "generate", "rows of {} and {} tokens, expected one length", texts[0].size(), t.size());
  texts_ = std::move(texts);
  if (read_.size() != count() || !of_one_length() || cache_->unequal()) read_.clear();  // nothing to go on from
}

bool TextRows::of_one_length() const {
  return std::ranges::all_of(texts_, [&](const auto& t) { return t.size() == length(); });
}

void TextRows::push(std::span<const int64_t> tokens) {
  for (size_t i = 0; i < texts_.size(); ++i) texts_[i].push_back(tokens[i]);
}

void TextRows::keep(std::span<const int64_t> rows) {
  std::vector<int64_t> same(count());
  std::iota(same.begin(), same.end(), 0);
  if (std::ranges::equal(rows, same)) return;
  const auto taken = [&](const std::vector<std::vector<int64_t>>& from) {
    std::vector<std::vector<int64_t>> to;
    for (const int64_t r : rows) to.push_back(from[static_cast<size_t>(r)]);
    return to;
  };
  if (!read_.empty()) {
    read_ = taken(read_);
    cache_->reorder(rows);
  }
  texts_ = taken(texts_);
}

void TextRows::cut(size_t length) {
  GRIM_CHECK(of_one_length(), state, "generate", "texts of unequal lengths are not cut");
  for (auto& t : texts_) t.resize(length);
}

size_t TextRows::read_alike() const {
  if (read_.size() != texts_.size()) return 0;
  size_t alike = length();
  for (size_t i = 0; i < count(); ++i)
    alike = std::min(alike, static_cast<size_t>(std::ranges::mismatch(read_[i], texts_[i]).in1 - read_[i].begin()));
  return alike;
}

// Those of one length are read together, and then one token of each at a time.
Tensor TextRows::read_unequal() {
  const auto last_logits = [&](const std::vector<int64_t>& rows, size_t begin, DecodeCache& cache) {
    std::vector<int64_t> tokens;
    for (const int64_t r : rows) {
      const auto& t = texts_[static_cast<size_t>(r)];
      tokens.insert(tokens.end(), t.begin() + static_cast<ptrdiff_t>(std::min(begin, t.size() - 1)), t.end());
    }
    Pass pass = Pass::decode(cache);
    const auto count = std::ssize(rows);
    return model_.last_logits(Tensor::from(tokens, {count, std::ssize(tokens) / count}), pass);
  };
  const bool begun = !read_.empty();
  for (size_t i = 0; begun && i < count(); ++i)
    GRIM_CHECK(texts_[i].size() == read_[i].size() + 1, state, "generate", "texts of unequal lengths: got {} new tokens, expected one of each",
               texts_[i].size() - read_[i].size());
  read_.clear();  // a pass that fails half-way leaves the cache out of step
  if (begun) {
    std::vector<int64_t> all(count());
    std::iota(all.begin(), all.end(), 0);
    return last_logits(all, SIZE_MAX, *cache_);
  }
  std::map<size_t, std::vector<int64_t>> by_length;
  for (size_t i = 0; i < count(); ++i) by_length[texts_[i].size()].push_back(static_cast<int64_t>(i));
  std::vector<int64_t> place(count());  // of text i among those read
  std::vector<std::unique_ptr<DecodeCache>> caches;
  std::vector<Tensor> parts;
  int64_t next = 0;
  for (const auto& [length, rows] : by_length) {
    caches.push_back(model_.decode_cache());
    parts.push_back(last_logits(rows, 0, *caches.back()));
    for (const int64_t r : rows) place[static_cast<size_t>(r)] = next++;
  }
  cache_->join(std::move(caches));
  const Tensor all = concat(parts, 0);
  if (std::ranges::is_sorted(place)) return all;
  cache_->reorder(place);
  return index_select(all, 0, Tensor::from(place, {std::ssize(place)}));
}

Tensor TextRows::read(size_t places) {
  if (!of_one_length()) {
    GRIM_CHECK(places == 1, argument, "generate", "{} places of texts of unequal lengths, expected the last of each", places);
    const Tensor y = read_unequal();
    read_ = texts_;
    return y;
  }
  const bool cached = cache_ && !beyond();  // where the window moves, every place of it changes
  const auto context = static_cast<size_t>(model_.context());
  size_t begin = length() - std::min(length(), context);
  if (cached) {
    begin = std::min(read_alike(), length() - places);  // the last tokens are read again, since their logits are not kept
    cache_->cut(static_cast<int64_t>(begin));
  }
  std::vector<int64_t> seen;
  for (const auto& t : texts_) {
    if (model_.reading() == Reading::window) seen.insert(seen.end(), context - std::min(context, t.size()), 0);  // boundaries before the first
    seen.insert(seen.end(), t.begin() + static_cast<ptrdiff_t>(begin), t.end());
  }
  const auto rows = static_cast<int64_t>(count());
  const Tensor tokens = Tensor::from(seen, {rows, static_cast<int64_t>(seen.size()) / rows});
  Pass pass = cached ? Pass::decode(*cache_) : Pass::evaluation();
  if (cached) read_.clear();  // a pass that fails half-way leaves the cache out of step
  const int64_t end = tokens.dim(1), first = end - static_cast<int64_t>(places);
  const Tensor y = places == 1 ? model_.last_logits(tokens, pass) : slice(model_.logits(tokens, pass), 1, first, end);
  if (cached) read_ = texts_;
  return y;
}

std::vector<float> TextRows::logits(size_t places) {
  const NoGrad no_grad;
  std::vector<float> all = read(places).to_vector<float>();
  const auto V = static_cast<size_t>(model_.vocabulary());
  for (size_t i = 0; i < all.size(); ++i)  // -inf is a symbol that cannot follow
    if (!(all[i] < INFINITY))
      fail(ErrorKind::numeric, "generate", str("the model's logit of token {} is {}: its weights are too large to compute with", i % V,
                                               all[i] > 0 ? "infinite" : "not a number"));
  for (size_t at = 0; at < all.size(); at += V)
    GRIM_CHECK(*std::max_element(all.begin() + static_cast<ptrdiff_t>(at), all.begin() + static_cast<ptrdiff_t>(at + V)) > -INFINITY, numeric, "generate",
               "the model calls every token impossible");
  return all;
}

std::span<const float> TextRows::of_row(std::span<const float> logits, size_t row) const {
  const size_t V = logits.size() / count();
  return logits.subspan(row * V, V);
}

}  // namespace grim
