#include "grimoire/data/encoded_texts.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {

TextWindows TextWindows::within(int64_t context) const {
  TextWindows windows = *this;
  windows.most = most == 0 ? context : std::min(most, context);
  return windows;
}

std::string long_texts_in_words(int64_t longer, int64_t texts, const TextWindows& windows) {
  const char* const how = windows.longer == LongTexts::head ? "up to there" : windows.longer == LongTexts::tail ? "from their ends"
                                                                            : "in windows, whose answers are averaged";
  return str("{} of {} texts are longer than {} tokens, and are read {}", with_commas(longer), with_commas(texts), windows.most, how);
}

EncodedTexts::EncodedTexts(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs, const TextWindows& windows,
                           std::span<const std::string> places) {
  texts_ = std::ssize(texts);
  const bool strides = windows.longer == LongTexts::window;
  GRIM_CHECK(windows.most > 0 && windows.stride >= 0 && (!strides || windows.stride < windows.most), argument, "texts",
             "windows of {} tokens that share {}: expected fewer", windows.most, windows.stride);
  const TokenTruncation cut{.max_length = windows.most, .stride = strides ? windows.stride : 0,
                            .side = windows.longer == LongTexts::tail ? Side::left : Side::right};
  const std::vector<Encoding> all = encode_all(tokenizer, texts, pairs, {.truncation = cut});
  const auto add_window = [&](const Encoding& e, size_t text) {
    GRIM_CHECK(std::ssize(e.ids) <= windows.most, input, "texts", "{}: {} tokens, and its tokenizer cannot cut it to {}", places[text], e.ids.size(),
               windows.most);
    add(e, static_cast<int64_t>(text));
    GRIM_CHECK(tokens(this->windows() - 1) > 0, input, "texts", "{}: the text has no tokens", places[text]);
  };
  for (size_t i = 0; i < all.size(); ++i) {
    longer_ += !all[i].overflowing.empty();
    if (!all[i].overflowing.empty() && windows.longer == LongTexts::refuse)
      throw Error(ErrorKind::input, str("[texts] {}: the text has more than {} tokens", places[i], windows.most),
                  "shorten it, or say what is to be read of it: " GRIM_SETTING("long-texts=window"));
    add_window(all[i], i);
    for (const Encoding& more : all[i].overflowing)
      if (strides) add_window(more, i);
  }
}

void EncodedTexts::add(const Encoding& window, int64_t text) {
  add_tokens(window, 0, window.size());
  end_window(text);
}

void EncodedTexts::add_tokens(const Encoding& encoding, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    if (!encoding.attention[i]) continue;
    ids_.push_back(static_cast<int32_t>(encoding.ids[i]));
    types_.push_back(static_cast<uint8_t>(encoding.type_ids[i]));
  }
}

void EncodedTexts::end_window(int64_t text) {
  begin_.push_back(std::ssize(ids_));
  text_of_.push_back(text);
  texts_ = std::max(texts_, text + 1);
}

TokenBatch EncodedTexts::batch(std::span<const int64_t> windows) const {
  std::vector<int64_t> offsets = {0};
  for (const int64_t w : windows) offsets.push_back(offsets.back() + tokens(w));
  const Tensor ids = Tensor::empty({offsets.back()}, Dtype::i64), types = Tensor::empty({offsets.back()}, Dtype::i64);
  for (size_t i = 0; i < windows.size(); ++i) {
    const int64_t from = begin_[static_cast<size_t>(windows[i])], n = tokens(windows[i]);
    std::copy_n(ids_.begin() + from, n, ids.data<int64_t>() + offsets[i]);
    std::copy_n(types_.begin() + from, n, types.data<int64_t>() + offsets[i]);
  }
  return {ids, types, std::move(offsets)};
}

std::vector<int64_t> EncodedTexts::by_length() const {
  std::vector<int64_t> order(static_cast<size_t>(windows()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater<>(), [&](int64_t w) { return tokens(w); });
  return order;
}

std::vector<std::span<const int64_t>> EncodedTexts::batches(std::span<const int64_t> order) const {
  constexpr int64_t kTokensAtOnce = 2048;
  std::vector<std::span<const int64_t>> all;
  for (size_t begin = 0; begin < order.size(); begin += all.back().size()) {
    const auto many = static_cast<size_t>(std::max<int64_t>(1, kTokensAtOnce / tokens(order[begin])));
    all.push_back(order.subspan(begin, std::min(many, order.size() - begin)));
  }
  return all;
}

}  // namespace grim
