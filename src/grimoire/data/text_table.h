// Rows of texts with what is known of them, as people keep them: CSV (RFC 4180), TSV, or JSON Lines; plain or gzip.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

struct TextTable {
  std::string source;                 // the path, for messages
  std::vector<std::string> columns;   // their names; "0", "1", ... where the file names none
  std::vector<std::string> cells;     // row after row
  std::vector<int64_t> lines;         // of each row in the file, from 1
  bool named = false;
  std::string content_hash;           // XXH3-128 of the bytes

  size_t rows() const { return lines.size(); }
  const std::string& at(size_t row, size_t column) const { return cells[row * columns.size() + column]; }
  std::string place(size_t row) const;  // "FILE: row 3 (line 4)"
  // By name, or by number from 0. throws: input, naming the columns there are
  size_t column(std::string_view name) const;
};

// JSON Lines where the first character is a brace: an object a line, whose keys are the columns; texts stand as they are, other values as JSON, what is
// missing or null empty. Else cells parted by tabs, where the first line has one, without quotes; else CSV. A first row is taken for names when one of its
// cells is among `names`, of which empty ones name nothing, or a usual one (text, sentence, label, question, ...). throws: input, naming the line: no text
// file, rows of other widths, no rows
TextTable read_text_table(const std::string& path, const std::vector<std::string>& names = {});
TextTable parse_text_table(std::string bytes, const std::string& source, const std::vector<std::string>& names = {});

// Which columns hold what. Empty: found.
struct LabelledColumns {
  std::string text, pair, label;
};
// Texts, or pairs of them, each with its label as it is written.
struct LabelledTexts {
  std::vector<std::string> texts, pairs, labels;  // pairs, labels: as many, or none
  std::vector<std::string> places;                // of each, for messages
  std::string content_hash;
  std::string reading;                            // which columns were taken, in words: what a careful user wants to know

  size_t size() const { return texts.size(); }
  LabelledTexts picked(std::span<const int64_t> rows) const;  // those, in that order
};

enum class WithLabels : uint8_t {
  required,
  if_there,  // where a column is named, or found by a usual name
};
// A column that nobody names is found by its usual name, or else: the label where fewest values differ, the texts among the others, where there are at
// most two. throws: input, a column that is not there or cannot be told; an empty text or label, by its row
LabelledTexts labelled_texts(const TextTable& rows, const LabelledColumns& columns = {}, WithLabels with = WithLabels::required);

// Class names in the order of their numbers: as numbers where all are, else by their letters.
std::vector<std::string> class_names(const std::vector<std::string>& labels);
// "a, b", "a|b" or ["a", "b"]: the labels of a text that may have several, or none. throws: input, of JSON that is no list of texts
std::vector<std::string> several_labels(const std::string& cell, const std::string& place);

}  // namespace grim
