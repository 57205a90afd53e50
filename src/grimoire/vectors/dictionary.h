// The words and labels of a text with their counts, and the rows of the input table that a word or a line is made of. As fastText has them
// (src/dictionary.cc): rows [0, words) are the words', rows behind them belong to hashes of n-grams.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grimoire/vectors/settings.h"

namespace grim::vectors {

struct Entry {
  std::string word;
  int64_t count = 0;
  bool label = false;
};

inline constexpr std::string_view kEndOfLine = "</s>";  // stands in the text for each line end, and is a word without n-grams
inline constexpr std::string_view kLabelPrefix = "__label__";

// f(token) for each word of a text as fastText cuts it: at space, tab, vertical tab, form feed, return and NUL; a line end is kEndOfLine.
template <class F> void each_token(std::string_view text, F&& f) {
  constexpr std::string_view kBlanks = std::string_view(" \t\v\f\r\0", 6);
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool newline = text[i] == '\n';
    if (!newline && kBlanks.find(text[i]) == std::string_view::npos) continue;
    if (i > begin) f(text.substr(begin, i - begin));
    if (newline) f(kEndOfLine);
    begin = i + 1;
  }
  if (begin < text.size()) f(text.substr(begin));
}

// Which n-gram rows are left of a table that was cut down: hash mod bucket -> row behind the words.
using KeptRows = std::unordered_map<int32_t, int32_t>;

class Dictionary {
 public:
  Dictionary() = default;
  // Words first, then labels. throws: input, one twice, or a label among the words
  Dictionary(std::vector<Entry> entries, const TrainingSettings& settings, int64_t tokens, std::string_view source = "dictionary");
  // Counts a text's words; of equal counts the one that came first stands first. throws: input, no word is frequent enough
  static Dictionary of_text(std::string_view text, const TrainingSettings& settings, std::string_view source);
  // With new text: known words keep their rows and counts go on, new ones that are frequent enough come behind them.
  Dictionary extended(std::string_view text, const TrainingSettings& settings) const;

  int64_t words() const { return words_; }
  int64_t labels() const { return static_cast<int64_t>(entries_.size()) - words_; }
  int64_t tokens() const { return tokens_; }  // words and labels of the text that was counted
  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& word(int64_t id) const { return entries_[static_cast<size_t>(id)].word; }
  const std::string& label(int64_t id) const { return word(words_ + id); }
  std::vector<int64_t> counts(bool of_labels) const;
  uint32_t hash(int64_t id) const { return hashes_[static_cast<size_t>(id)]; }
  bool is_label(std::string_view token) const { return token.starts_with(kLabelPrefix); }

  int64_t find(std::string_view token) const;  // its place in entries(); -1: not there
  // The rows of a word: its own, if it has one, and those of its n-grams.
  std::span<const int32_t> rows_of(int64_t word) const {
    const auto w = static_cast<size_t>(word);
    return std::span(rows_).subspan(static_cast<size_t>(begins_[w]), static_cast<size_t>(begins_[w + 1] - begins_[w]));
  }
  std::vector<int32_t> rows_of(std::string_view word) const;
  // The n-grams of letters of a word that has no row of its own.
  void add_ngrams_of_letters(std::string_view word, std::vector<int32_t>& rows) const;
  // Runs of 2 to word_ngrams words: their hashes h1 * 116049371 + h2 ..., in 64 bits from signed ones of 32.
  void add_ngrams_of_words(std::span<const uint32_t> hashes, std::vector<int32_t>& rows) const;
  // What a line is classified by; labels in it are left out. With a line end behind it, as fastText reads a file.
  std::vector<int32_t> rows_of_line(std::string_view line) const;

  std::vector<int32_t> labels_of_line(std::string_view line) const;  // those that are known, by their places among the labels

  // Of a table that was cut down for its size: which rows of n-grams there still are.
  bool cut_down() const { return cut_down_; }
  const KeptRows& kept() const { return kept_; }
  void keep(KeptRows kept);
  int64_t ngram_rows() const { return cut_down_ ? static_cast<int64_t>(kept_.size()) : bucket_; }

 private:
  void add_row_of(uint64_t hash, std::vector<int32_t>& rows) const;
  void index(std::string_view source);
  void find_rows();

  std::vector<Entry> entries_;
  std::vector<uint32_t> hashes_;
  std::vector<int32_t> places_;  // open addressing by hash: place in entries_, or -1
  int64_t words_ = 0, tokens_ = 0;
  int64_t min_n_ = 0, max_n_ = 0, bucket_ = 0, word_ngrams_ = 1;
  std::vector<int64_t> begins_;  // of each word in rows_
  std::vector<int32_t> rows_;
  bool cut_down_ = false;
  KeptRows kept_;
};

}  // namespace grim::vectors
