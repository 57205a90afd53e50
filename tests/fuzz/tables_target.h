// What the fuzzer calls and what the ordinary tests replay: bytes as every kind of table that a learner can be fitted on, and as tagged words.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/safetensors_target.h"
#include "grimoire/data/features.h"
#include "grimoire/data/idx.h"
#include "grimoire/data/libsvm.h"
#include "grimoire/data/tagged_words.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/npy.h"

namespace grim::fuzz {

inline void check_dataset(const Dataset& d) {
  hold(d.y.empty() || static_cast<int64_t>(d.y.size()) == d.rows(), "targets do not fit the rows");
  for (double y : d.y) hold(!d.classifies() || (y >= 0 && y < static_cast<double>(d.classes.size())), "a class that does not exist");
  if (d.rows() > 0 && d.x.width() > 0) d.x.at(d.rows() - 1, d.x.width() - 1);
}

inline bool accepts_csv(std::string_view bytes) {
  return takes([&] {
    const Table table = parse_csv(bytes, "fuzz");
    for (const Column& c : table.columns) {
      hold(static_cast<int64_t>(c.values.size()) == table.rows(), "columns of different lengths");
      for (double v : c.values)
        hold(c.kind == ColumnKind::number || v != v || (v >= 0 && v < static_cast<double>(c.levels.size())), "a level that does not exist");
    }
    check_dataset(dataset_of(table, {.target = table.columns.back().name, .weight = ""}));
  });
}
inline bool accepts_libsvm(std::string_view bytes) {
  return takes([&] {
    const LibsvmFile file = parse_libsvm(bytes, "fuzz");
    hold(file.rows->rows() == static_cast<int64_t>(file.labels.size()), "labels do not fit the rows");
    for (int32_t c : file.rows->column) hold(c >= 0 && c < file.rows->columns, "a column that does not exist");
    hold(file.rows->columns > 100000 || Features(file.rows).rows() == file.rows->rows(), "rows are lost");
  });
}
inline bool accepts_idx(std::string_view bytes) {
  return takes([&] { parse_idx(bytes, "fuzz"); });
}
inline bool accepts_npy(std::string_view bytes) {
  return takes([&] {
    const Tensor t = parse_npy(bytes, "fuzz");
    hold(parse_npy(npy_bytes(t), "again").shape() == t.shape(), "another shape the second time");
  });
}
inline bool accepts_npz(std::string_view bytes) {
  return takes([&] { parse_npz(bytes, "fuzz"); });
}
inline bool accepts_tagged_words(std::string_view bytes) {
  return takes([&] {
    const TaggedSentences s = parse_tagged_words(std::string(bytes), "fuzz");
    hold(s.tags.size() == s.words.size() && s.lines.size() == s.words.size(), "words without a tag or a line");
    hold(s.begins.back() == static_cast<int64_t>(s.words.size()), "words outside of sentences");
    for (int64_t i = 0; i < s.sentences(); ++i) hold(!s.words_of(i).empty(), "a sentence without words");
    for (const std::string& tag : s.tags) hold(!tag.empty(), "an empty tag");
  });
}
inline bool accepts_gzip(std::string_view bytes) {
  return takes([&] { gunzip(std::string(bytes), "fuzz", size_t{1} << 26); });
}

// The first byte chooses the parser, so that one corpus serves all.
inline bool accepts_table(std::string_view bytes) {
  if (bytes.empty()) return false;
  const std::string_view rest = bytes.substr(1);
  switch (bytes[0]) {
    case 'c': return accepts_csv(rest);
    case 'l': return accepts_libsvm(rest);
    case 'i': return accepts_idx(rest);
    case 'n': return accepts_npy(rest);
    case 'z': return accepts_npz(rest);
    case 'g': return accepts_gzip(rest);
    case 't': return accepts_tagged_words(rest);
    case 'k': {  // a CSV file in which the first column is called a category, read by a fitted model's eyes
      const std::vector<ColumnInfo> known = {{"a"}, {.name = "b", .kind = ColumnKind::category, .levels = {"u", "1"}}};
      return takes([&] { check_dataset(dataset_of(parse_csv(rest, "fuzz"), {.target = "", .weight = "", .columns = known})); });
    }
    default: return false;
  }
}

}  // namespace grim::fuzz
