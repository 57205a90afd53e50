#include "grimoire/task/mlm_data.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/text/special_token.h"

namespace grim {

MlmTokens MlmTokens::of(const Tokenizer& tokenizer) {
  return {.begin = needed_token(tokenizer, TokenRole::classes), .separator = needed_token(tokenizer, TokenRole::separator),
          .mask = needed_token(tokenizer, TokenRole::mask), .vocabulary = tokenizer.vocab_size()};
}

// --- masks -----------------------------------------------------------------------------------------------------------

namespace {

bool stands_around(int64_t id, const MlmTokens& tokens) { return id == tokens.begin || id == tokens.separator; }  // and is never hidden

}  // namespace

void MlmExamples::add(std::span<const int32_t> ids, std::span<const uint8_t> begins_word, int32_t second, bool follows, const MlmTokens& tokens) {
  if (std::ranges::all_of(ids, [&](int32_t id) { return stands_around(id, tokens); })) return;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  begins_word_.insert(begins_word_.end(), begins_word.begin(), begins_word.end());
  offsets_.push_back(static_cast<int64_t>(ids_.size()));
  second_.push_back(second);
  follows_.push_back(follows);
}

std::span<const int32_t> MlmExamples::ids_of(int64_t row) const {
  const auto r = static_cast<size_t>(row);
  return std::span(ids_).subspan(static_cast<size_t>(offsets_[r]), static_cast<size_t>(offsets_[r + 1] - offsets_[r]));
}

int64_t MlmExamples::tokens(std::span<const int64_t> rows) const {
  int64_t sum = 0;
  for (const int64_t r : rows) sum += std::ssize(ids_of(r));
  return sum;
}

int64_t MlmExamples::asked_in(int64_t row, const MaskOptions& options) const {
  return std::max<int64_t>(1, std::llround(options.rate * static_cast<double>(ids_of(row).size())));
}

// The places in the text, in the order of the text. A word is taken whole or, if it would be too much, left.
std::vector<int64_t> MlmExamples::drawn(int64_t row, const MlmTokens& tokens, const MaskOptions& options, Rng& rng) const {
  const std::span<const int32_t> ids = ids_of(row);
  const uint8_t* const begins = begins_word_.data() + offsets_[static_cast<size_t>(row)];
  std::vector<std::vector<int64_t>> words;
  bool inside = false;
  for (int64_t i = 0; i < static_cast<int64_t>(ids.size()); ++i) {
    const int64_t id = ids[static_cast<size_t>(i)];
    if (stands_around(id, tokens)) {
      inside = false;
      continue;
    }
    if (!options.whole_words || !inside || begins[i]) words.emplace_back();
    words.back().push_back(i);
    inside = true;
  }
  const auto asked = static_cast<size_t>(asked_in(row, options));
  std::vector<int64_t> places;
  for (const int64_t w : rng.permutation(static_cast<int64_t>(words.size()))) {
    const std::vector<int64_t>& word = words[static_cast<size_t>(w)];
    if (places.size() >= asked) break;
    if (places.size() + word.size() > asked && !(places.empty() && word.size() > asked)) continue;
    places.insert(places.end(), word.begin(), word.end());
  }
  std::ranges::sort(places);
  return places;
}

MlmExamples::Batch MlmExamples::batch(std::span<const int64_t> rows, const MlmTokens& tokens, const MaskOptions& options, uint64_t seed,
                                      uint32_t step) const {
  std::vector<int64_t> ids, types, places, targets, next, offsets = {0};
  for (const int64_t row : rows) {
    const auto r = static_cast<size_t>(row);
    const std::span<const int32_t> text = ids_of(row);
    const auto from = static_cast<int64_t>(ids.size());
    ids.insert(ids.end(), text.begin(), text.end());
    types.resize(ids.size(), 0);
    if (second_[r] > 0) std::fill(types.begin() + from + second_[r], types.end(), 1);
    offsets.push_back(static_cast<int64_t>(ids.size()));
    next.push_back(follows_[r] ? 0 : 1);
    Rng rng(RngMode::philox, seed ^ 0x6d61736b, static_cast<uint32_t>(row), options.fixed ? 0 : step);
    for (const int64_t place : drawn(row, tokens, options, rng)) {
      const int64_t at = from + place;
      places.push_back(at);
      targets.push_back(ids[static_cast<size_t>(at)]);
      const double u = rng.uniform_double();
      if (u < 0.8) ids[static_cast<size_t>(at)] = tokens.mask;
      else if (u < 0.9) ids[static_cast<size_t>(at)] = rng.randint(0, tokens.vocabulary);
    }
  }
  const auto column = [](const std::vector<int64_t>& values) { return Tensor::from<int64_t>(values, {static_cast<int64_t>(values.size())}); };
  return {{column(ids), column(types), std::move(offsets)}, column(places), column(targets), column(next)};
}

// --- texts -----------------------------------------------------------------------------------------------------------

std::vector<TokenDocument> tokenized(const std::vector<Document>& documents, const Tokenizer& tokenizer) {
  std::vector<std::string> sentences;
  for (const Document& d : documents) sentences.insert(sentences.end(), d.begin(), d.end());
  const std::vector<Encoding> encodings = encode_all(tokenizer, sentences, {}, {.special_tokens = false});
  std::vector<TokenDocument> all;
  auto next = encodings.begin();
  for (const Document& d : documents) {
    TokenDocument document;
    for (size_t i = 0; i < d.size(); ++i, ++next) {
      TokenSentence s;
      for (size_t t = 0; t < next->size(); ++t) {
        s.ids.push_back(static_cast<int32_t>(next->ids[t]));
        s.begins_word.push_back(t == 0 || next->words[t] != next->words[t - 1]);
      }
      if (!s.ids.empty()) document.push_back(std::move(s));
    }
    if (!document.empty()) all.push_back(std::move(document));
  }
  return all;
}

namespace {

// A text in the making: ids, and where words begin.
struct Pieces {
  std::vector<int32_t> ids;
  std::vector<uint8_t> begins;
  void push(int64_t id) {
    ids.push_back(static_cast<int32_t>(id));
    begins.push_back(1);
  }
  void append(const TokenSentence& s) {
    ids.insert(ids.end(), s.ids.begin(), s.ids.end());
    begins.insert(begins.end(), s.begins_word.begin(), s.begins_word.end());
  }
  void append(const Pieces& p) {
    ids.insert(ids.end(), p.ids.begin(), p.ids.end());
    begins.insert(begins.end(), p.begins.begin(), p.begins.end());
  }
  void drop(bool front) {
    if (front) ids.erase(ids.begin()), begins.erase(begins.begin());
    else ids.pop_back(), begins.pop_back();
  }
};

// The longer of the two loses a token, at either end, until both fit.
void cut(Pieces& a, Pieces& b, size_t length, Rng& rng) {
  while (a.ids.size() + b.ids.size() > length) (a.ids.size() > b.ids.size() ? a : b).drop(rng.bernoulli(0.5));
}

void add_pair(MlmExamples& examples, const Pieces& a, const Pieces& b, bool follows, const MlmTokens& tokens) {
  Pieces text;
  text.push(tokens.begin);
  text.append(a);
  text.push(tokens.separator);
  const auto second = static_cast<int32_t>(text.ids.size());
  text.append(b);
  text.push(tokens.separator);
  examples.add(text.ids, text.begins, second, follows, tokens);
}

}  // namespace

MlmExamples sentence_pairs(const std::vector<TokenDocument>& documents, const MlmTokens& tokens, int64_t length, Rng& rng) {
  GRIM_CHECK(length >= 5, argument, "mlm", "texts of {} tokens: expected at least 5, two parts and what stands around them", length);
  MlmExamples examples;
  const auto most = static_cast<size_t>(length - 3);
  const auto fresh_target = [&] { return rng.bernoulli(0.1) ? static_cast<size_t>(rng.randint(2, static_cast<int64_t>(most) + 1)) : most; };
  const auto count = static_cast<int64_t>(documents.size());
  for (int64_t number = 0; number < count; ++number) {
    const TokenDocument& document = documents[static_cast<size_t>(number)];
    size_t target = fresh_target(), collected = 0, first = 0;
    for (size_t i = 0; i < document.size(); ++i) {
      collected += document[i].ids.size();
      if (collected < target && i + 1 < document.size()) continue;
      const size_t chunk = i + 1 - first, a_end = chunk > 1 ? static_cast<size_t>(rng.randint(1, static_cast<int64_t>(chunk))) : 1;
      Pieces a, b;
      for (size_t s = 0; s < a_end; ++s) a.append(document[first + s]);
      const bool follows = chunk > 1 && (count == 1 || rng.bernoulli(0.5));
      size_t used = i + 1;
      if (follows) {
        for (size_t s = a_end; s < chunk; ++s) b.append(document[first + s]);
      } else if (count > 1) {
        const int64_t step = rng.randint(1, count);
        const TokenDocument& other = documents[static_cast<size_t>((number + step) % count)];
        const size_t wanted = target > a.ids.size() ? target - a.ids.size() : 1;
        const auto from = static_cast<size_t>(rng.randint(0, static_cast<int64_t>(other.size())));
        for (size_t s = from; s < other.size() && b.ids.size() < wanted; ++s) b.append(other[s]);
        used = first + a_end;  // what was not used stands for the next
      }
      if (!b.ids.empty()) {
        cut(a, b, target, rng);
        if (!a.ids.empty() && !b.ids.empty()) add_pair(examples, a, b, follows, tokens);
      }
      first = used;
      i = used - 1;
      collected = 0;
      target = fresh_target();
    }
  }
  return examples;
}

MlmExamples full_sentences(const std::vector<TokenDocument>& documents, const MlmTokens& tokens, int64_t length) {
  GRIM_CHECK(length >= 3, argument, "mlm", "texts of {} tokens: expected at least 3, a token and what stands around it", length);
  MlmExamples examples;
  const auto most = static_cast<size_t>(length - 1);  // room for the last separator
  Pieces text;
  const auto finish = [&] {
    if (text.ids.size() > 1) {
      text.push(tokens.separator);
      examples.add(text.ids, text.begins, 0, true, tokens);
    }
    text = {};
    text.push(tokens.begin);
  };
  finish();
  for (const TokenDocument& document : documents) {
    if (text.ids.size() > 1 && text.ids.size() < most) text.push(tokens.separator);
    for (const TokenSentence& s : document) {
      if (text.ids.size() + s.ids.size() > most) finish();
      text.append(s);
      if (text.ids.size() > most) text.ids.resize(most), text.begins.resize(most);  // one that is longer than all of it
    }
  }
  finish();
  return examples;
}

}  // namespace grim
