#include "grimoire/text/word_counts.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/text/normalizer.h"
#include "grimoire/text/pre_tokenizer.h"
#include "grimoire/text/vocabulary.h"

namespace grim {

void WordCounts::add(std::string_view word, int64_t count) {
  if (2 * words_.size() >= slots_.size()) grow();
  const auto hash = static_cast<uint32_t>(token_hash(word));
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    Word& w = words_[slots_[at] - 1];
    if (w.hash != hash || std::string_view(text_).substr(w.begin, w.bytes) != word) continue;
    w.count += count;
    return;
  }
  if (size() >= most_words_)
    fail(ErrorKind::resource, "tokenizer", str("the texts hold more than {} different words", with_commas(most_words_)),
         "train on a part of them, cut them into smaller words, or allow more with word_limit");
  words_.push_back({text_.size(), static_cast<uint32_t>(word.size()), hash, count});
  slots_[at] = static_cast<uint32_t>(words_.size());
  text_ += word;
}

void WordCounts::grow() {
  slots_.assign(std::max<size_t>(1024, 2 * slots_.size()), 0);
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < words_.size(); ++i) {
    size_t at = words_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

std::string_view WordCounts::word(int64_t i) const {
  const Word& w = words_[static_cast<size_t>(i)];
  return std::string_view(text_).substr(w.begin, w.bytes);
}

std::vector<int64_t> WordCounts::by_bytes() const {
  std::vector<int64_t> order(words_.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::sort(order, {}, [this](int64_t i) { return word(i); });
  return order;
}

namespace {

// f(part) for parts of a text that can be normalised and cut one by one.
template <class F> void for_each_part(const CutRule& rule, std::string_view text, F&& f) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  size_t at = 0;
  switch (rule.cuts) {
    case Cuts::pattern:
      for (size_t end; at < text.size(); at = end) f(text.substr(at, (end = rule.scanner(text, at)) - at));
      return;
    case Cuts::words:
    case Cuts::blanks:
      for (size_t end = 0; end < text.size(); at = end) {
        while (at < text.size() && is_blank(text[at])) ++at;
        for (end = at; end < text.size() && !is_blank(text[end]);) ++end;
        if (end > at) f(text.substr(at, end - at));
      }
      return;
    default:
      f(text);
  }
}

}  // namespace

WordCounts count_words(const TextSource& texts, const Json& normalizer, const Json& pre_tokenizer, int64_t most_words) {
  const auto normalize = make_normalizer(normalizer);
  const auto cut = make_pre_tokenizer(pre_tokenizer);
  CutRule rule = cut->cuts();
  // A pattern looks at neighbours, so that the text must be as it was; elsewhere it is enough that parts are normalised alike.
  if (rule.cuts == Cuts::pattern ? !normalizer.is_null() : !normalize->is_local()) rule = {};
  WordCounts parts(most_words), words(most_words);
  const auto count_in = [&](std::string_view part, int64_t count) {
    AlignedText text(part, 0);
    normalize->apply(text);
    cut->split(std::move(text), [&](const AlignedText& w) { words.add(w.text(), count); });
  };
  texts([&](std::string_view text) {
    GRIM_CHECK(text.size() < UINT32_MAX, input, "tokenizer", "a text of {} bytes: expected less than 4 GiB", text.size());
    if (rule.cuts == Cuts::none) return count_in(text, 1);
    for_each_part(rule, text, [&](std::string_view part) { parts.add(part, 1); });
  });
  for (int64_t i = 0; i < parts.size(); ++i) count_in(parts.word(i), parts.count(i));
  return words;
}

}  // namespace grim
