#include "grimoire/vectors/dictionary.h"

#include <algorithm>
#include <bit>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/subwords.h"

namespace grim::vectors {
namespace {

// A table of counts that grows: open addressing by the words' hashes, at most half full.
class Counter {
 public:
  void add(std::string_view token, uint32_t hash) {
    size_t at = hash & mask();
    for (; places_[at] >= 0; at = (at + 1) & mask()) {
      Entry& e = entries_[static_cast<size_t>(places_[at])];
      if (e.word == token) {
        ++e.count;
        return;
      }
    }
    places_[at] = static_cast<int32_t>(entries_.size());
    entries_.push_back({std::string(token), 1, token.starts_with(kLabelPrefix)});
    hashes_.push_back(hash);
    if (entries_.size() * 2 > places_.size()) grow();
  }
  std::vector<Entry>& entries() { return entries_; }

 private:
  size_t mask() const { return places_.size() - 1; }
  void grow() {
    places_.assign(places_.size() * 2, -1);
    for (size_t i = 0; i < entries_.size(); ++i) {
      size_t at = hashes_[i] & mask();
      while (places_[at] >= 0) at = (at + 1) & mask();
      places_[at] = static_cast<int32_t>(i);
    }
  }
  std::vector<Entry> entries_;
  std::vector<uint32_t> hashes_;
  std::vector<int32_t> places_ = std::vector<int32_t>(1 << 16, -1);
};

}  // namespace

Dictionary::Dictionary(std::vector<Entry> entries, const TrainingSettings& s, int64_t tokens, std::string_view source)
    : entries_(std::move(entries)), tokens_(tokens), min_n_(s.min_n), max_n_(s.max_n), bucket_(s.has_ngrams() ? s.bucket : 0), word_ngrams_(s.word_ngrams) {
  words_ = std::ranges::find(entries_, true, &Entry::label) - entries_.begin();
  index(source);
  find_rows();
}

Dictionary Dictionary::of_text(std::string_view text, const TrainingSettings& s, std::string_view source) {
  Counter counter;
  int64_t tokens = 0;
  each_token(text, [&](std::string_view token) {
    counter.add(token, word_hash(token));
    ++tokens;
  });
  std::vector<Entry>& all = counter.entries();
  const auto most = std::ranges::max_element(all, {}, [](const Entry& e) { return e.label || e.word == kEndOfLine ? 0 : e.count; });
  const int64_t most_frequent = most == all.end() || most->label ? 0 : most->count;
  std::erase_if(all, [&](const Entry& e) { return e.count < (e.label ? s.min_count_label : s.min_count); });
  std::ranges::stable_sort(all, [](const Entry& a, const Entry& b) { return a.label != b.label ? b.label : a.count > b.count; });
  if (all.empty() || all.front().label)
    throw Error(ErrorKind::input, str("[vectors] {}: no word occurs {} times: the most frequent one does {} times", source, s.min_count, most_frequent),
                "give more text, or take rarer words: " GRIM_SETTING("min-count=1"));
  if (s.kind == Kind::supervised && !all.back().label)
    throw Error(ErrorKind::input, str("[vectors] {}: no line has a label", source),
                str("a label is a word that begins with {}, as in: {}good what a film", kLabelPrefix, kLabelPrefix));
  return Dictionary(std::move(all), s, tokens, source);
}

Dictionary Dictionary::extended(std::string_view text, const TrainingSettings& s) const {
  Counter counter;
  int64_t tokens = 0;
  each_token(text, [&](std::string_view token) {
    counter.add(token, word_hash(token));
    ++tokens;
  });
  std::vector<Entry> known = entries_, fresh;
  for (Entry& e : counter.entries()) {
    if (const int64_t at = find(e.word); at >= 0) known[static_cast<size_t>(at)].count += e.count;
    else if (e.count >= (e.label ? s.min_count_label : s.min_count)) fresh.push_back(std::move(e));
  }
  std::ranges::stable_sort(fresh, [](const Entry& a, const Entry& b) { return a.count > b.count; });
  std::vector<Entry> all(known.begin(), known.begin() + words_);
  for (const bool label : {false, true}) {
    if (label) all.insert(all.end(), known.begin() + words_, known.end());
    std::ranges::copy_if(fresh, std::back_inserter(all), [label](const Entry& e) { return e.label == label; });
  }
  return Dictionary(std::move(all), s, tokens_ + tokens);
}

std::vector<int64_t> Dictionary::counts(bool of_labels) const {
  std::vector<int64_t> counts;
  for (const Entry& e : entries_)
    if (e.label == of_labels) counts.push_back(e.count);
  return counts;
}

void Dictionary::index(std::string_view source) {
  places_.assign(std::bit_ceil(std::max<size_t>(entries_.size() * 2, 16)), -1);
  const size_t mask = places_.size() - 1;
  hashes_.reserve(entries_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    GRIM_CHECK(e.label == (static_cast<int64_t>(i) >= words_), input, "vectors", "{}: '{}' is a word behind the first label", source, e.word);
    const uint32_t hash = word_hash(e.word);
    size_t at = hash & mask;
    for (; places_[at] >= 0; at = (at + 1) & mask)
      GRIM_CHECK(entries_[static_cast<size_t>(places_[at])].word != e.word, input, "vectors", "{}: the word '{}' stands there twice", source, e.word);
    places_[at] = static_cast<int32_t>(i);
    hashes_.push_back(hash);
  }
}

int64_t Dictionary::find(std::string_view token) const {
  if (places_.empty()) return -1;
  const size_t mask = places_.size() - 1;
  for (size_t at = word_hash(token) & mask; places_[at] >= 0; at = (at + 1) & mask)
    if (entries_[static_cast<size_t>(places_[at])].word == token) return places_[at];
  return -1;
}

void Dictionary::find_rows() {
  constexpr int64_t kGrain = 1024;
  std::vector<std::vector<int32_t>> parts(static_cast<size_t>((words_ + kGrain - 1) / kGrain));
  begins_.assign(static_cast<size_t>(words_) + 1, 0);
  device::parallel_for(words_, kGrain, [&](int64_t from, int64_t to) {
    std::vector<int32_t>& rows = parts[static_cast<size_t>(from / kGrain)];
    for (int64_t w = from; w < to; ++w) {
      const size_t before = rows.size();
      rows.push_back(static_cast<int32_t>(w));
      if (word(w) != kEndOfLine) add_ngrams_of_letters(word(w), rows);
      begins_[static_cast<size_t>(w) + 1] = static_cast<int64_t>(rows.size() - before);
    }
  });
  rows_.clear();
  for (const auto& part : parts) rows_.insert(rows_.end(), part.begin(), part.end());
  for (size_t w = 0; w < static_cast<size_t>(words_); ++w) begins_[w + 1] += begins_[w];
}

void Dictionary::keep(KeptRows kept) {
  kept_ = std::move(kept);
  cut_down_ = true;
  find_rows();
}

void Dictionary::add_row_of(uint64_t hash, std::vector<int32_t>& rows) const {
  auto row = static_cast<int32_t>(hash % static_cast<uint64_t>(bucket_));
  if (cut_down_) {
    const auto kept = kept_.find(row);
    if (kept == kept_.end()) return;
    row = kept->second;
  }
  rows.push_back(static_cast<int32_t>(words_) + row);
}

void Dictionary::add_ngrams_of_letters(std::string_view word, std::vector<int32_t>& rows) const {
  if (max_n_ <= 0 || bucket_ <= 0) return;
  each_subword(word, min_n_, max_n_, [&](std::string_view gram) { add_row_of(word_hash(gram), rows); });
}

void Dictionary::add_ngrams_of_words(std::span<const uint32_t> hashes, std::vector<int32_t>& rows) const {
  if (word_ngrams_ <= 1 || bucket_ <= 0) return;
  const auto extended = [](uint32_t hash) { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(hash))); };
  for (size_t i = 0; i < hashes.size(); ++i) {
    uint64_t hash = extended(hashes[i]);
    for (size_t j = i + 1; j < hashes.size() && j < i + static_cast<size_t>(word_ngrams_); ++j) {
      hash = hash * 116049371u + extended(hashes[j]);
      add_row_of(hash, rows);
    }
  }
}

std::vector<int32_t> Dictionary::rows_of(std::string_view word) const {
  const int64_t id = find(word);
  if (id >= 0 && id < words_) {
    const std::span<const int32_t> rows = rows_of(id);
    return {rows.begin(), rows.end()};
  }
  std::vector<int32_t> rows;
  if (word != kEndOfLine) add_ngrams_of_letters(word, rows);
  return rows;
}

std::vector<int32_t> Dictionary::rows_of_line(std::string_view line) const {
  std::vector<int32_t> rows;
  std::vector<uint32_t> hashes;
  const auto add = [&](std::string_view token) {
    const int64_t id = find(token);
    if (id >= words_ || (id < 0 && is_label(token))) return;
    hashes.push_back(word_hash(token));
    if (id >= 0) rows.insert(rows.end(), rows_of(id).begin(), rows_of(id).end());
    else if (token != kEndOfLine) add_ngrams_of_letters(token, rows);
  };
  each_token(line, [&](std::string_view token) {
    if (token != kEndOfLine) add(token);
  });
  add(kEndOfLine);
  add_ngrams_of_words(hashes, rows);
  return rows;
}

std::vector<int32_t> Dictionary::labels_of_line(std::string_view line) const {
  std::vector<int32_t> labels;
  each_token(line, [&](std::string_view token) {
    if (const int64_t id = find(token); id >= words_) labels.push_back(static_cast<int32_t>(id - words_));
  });
  return labels;
}

}  // namespace grim::vectors
