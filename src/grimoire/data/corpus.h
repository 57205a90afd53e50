// A corpus: a text file as a list of items, one a line (names, words), or as running text (books, code).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

enum class CorpusFormat {
  automatic,  // lines when they are short and almost free of spaces, else text
  lines,
  text,
};

struct Corpus {
  CorpusFormat format = CorpusFormat::text;  // lines or text
  std::string source;                        // the path, for messages
  std::string file_hash;                     // XXH3-128 of the bytes that were read
  std::string text;                          // format text: all of it, line ends turned into LF, without a byte order mark
  std::vector<std::string> items;            // format lines: without surrounding spaces; never empty
  std::vector<int64_t> line_numbers;         // of the items, from 1
  int64_t empty_lines = 0;                   // skipped, format lines
};

// throws: input, for a file that is missing, a folder, empty, binary (NUL bytes) or not UTF-8 (with line and column);
// resource, for one that would not fit in memory.
Corpus load_corpus(const std::string& path, CorpusFormat format = CorpusFormat::automatic);
Corpus corpus_of(std::string bytes, const std::string& source, CorpusFormat format = CorpusFormat::automatic);

void check_is_text(std::string_view bytes, const std::string& source);  // throws: input, as load_corpus

// Of what a model sees: the same for a copy of the text with other line ends or blank lines between items. content_of gives it back.
std::string content_hash(const Corpus& corpus);
std::string content_of(const Corpus& corpus);

int64_t longest_item(const Corpus& corpus);  // in characters; 0 for running text
// throws: input, naming the first line that is longer than `limit` characters.
void check_item_lengths(const Corpus& corpus, int64_t limit);

}  // namespace grim
