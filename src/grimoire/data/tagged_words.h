// Sentences of words with a tag each, as people keep them; plain or gzip:
//   columns      a word a line, blank lines between sentences (CoNLL-2003, WNUT-17): columns parted by tabs where the file has one, else by blanks; lines
//                that begin with -DOCSTART- part documents and hold no word
//   CoNLL-U      ten columns and comments (Universal Dependencies, https://universaldependencies.org/format.html): words are syntactic words; what stands
//                for several (1-2) or was left out by the writer (1.1) is skipped
//   JSON Lines   {"tokens": ["Ada", "spoke"], "ner_tags": ["B-PER", "O"]}
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace grim {

// Where words and tags stand: the number of a column from 0, a column of CoNLL-U by its name (upos, xpos, feats, deprel), a key of JSON. Empty: the first
// column and the last; FORM and UPOS; the first usual key there is ("tokens", "words"; "tags", "ner_tags", "pos_tags", ...).
struct TaggedColumns {
  std::string word = {}, label = {};
};

enum class WithTags : uint8_t {
  required,
  no,  // none are read
};

struct TaggedSentences {
  std::string source;                  // the path, for messages
  std::vector<std::string> words;      // of all sentences, one behind the other
  std::vector<std::string> tags;       // of each word; without tags none
  std::vector<int64_t> lines;          // of each word in the file, from 1
  std::vector<int64_t> begins = {0};   // sentence s is words begins[s] up to begins[s + 1]
  std::string content_hash;            // XXH3-128 of the bytes
  std::string reading;                 // how the file was read, in words: what a careful user wants to know

  int64_t sentences() const { return static_cast<int64_t>(begins.size()) - 1; }
  std::span<const std::string> words_of(int64_t sentence) const { return part_of(words, sentence); }
  std::span<const std::string> tags_of(int64_t sentence) const { return part_of(tags, sentence); }
  std::string place(int64_t word) const;                           // "FILE: line 3"
  TaggedSentences picked(std::span<const int64_t> sentences) const;  // those, in that order

 private:
  std::span<const std::string> part_of(const std::vector<std::string>& all, int64_t sentence) const {
    const auto begin = static_cast<size_t>(begins[static_cast<size_t>(sentence)]), end = static_cast<size_t>(begins[static_cast<size_t>(sentence) + 1]);
    return std::span(all).subspan(begin, end - begin);
  }
};

// throws: input, naming the line: no text file, rows of other widths, a column that is not there, an empty word, an empty tag (in CoNLL-U "_", which is a
// value of FEATS alone), other numbers of tags than of words; no sentences
TaggedSentences read_tagged_words(const std::string& path, const TaggedColumns& columns = {}, WithTags with = WithTags::required);
TaggedSentences parse_tagged_words(std::string bytes, const std::string& source, const TaggedColumns& columns = {}, WithTags with = WithTags::required);

}  // namespace grim
