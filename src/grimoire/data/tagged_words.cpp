#include "grimoire/data/tagged_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/corpus.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

constexpr std::array kWordKeys = {"tokens", "words"};
constexpr std::array kTagKeys = {"tags", "ner_tags", "pos_tags", "upos", "chunk_tags", "labels"};
constexpr std::array kConlluNames = {"ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"};
constexpr size_t kForm = 1, kUpos = 3, kFeats = 5;

std::string no_words(const std::string& source) { return str("{}: there are no sentences", source); }

class WordReader {
 public:
  WordReader(const std::string& source, const TaggedColumns& columns, WithTags with) : columns_(columns), with_(with) { all_.source = source; }

  void take_json_lines(std::string_view text);
  void take_conllu(std::string_view text);
  void take_columns(std::string_view text);
  TaggedSentences take() {
    end_sentence();
    GRIM_CHECK(!all_.words.empty(), input, "tags", "{}", no_words(all_.source));
    all_.reading = str("{}: {}; {} sentences, {} words", all_.source, all_.reading, with_commas(all_.sentences()), with_commas(std::ssize(all_.words)));
    return std::move(all_);
  }

 private:
  std::string place() const { return str("{}: line {}", all_.source, line_); }
  void end_sentence() {
    if (all_.begins.back() < std::ssize(all_.words)) all_.begins.push_back(std::ssize(all_.words));
  }
  void add(std::string_view word, std::string_view tag, const std::string& named) {
    GRIM_CHECK(!trimmed(word).empty(), input, "tags", "{}: the word is empty", place());
    all_.words.emplace_back(word);
    all_.lines.push_back(line_);
    if (with_ == WithTags::no) return;
    GRIM_CHECK(!tag.empty(), input, "tags", "{}: the word '{}' has no tag{}", place(), word, named);
    all_.tags.emplace_back(tag);
  }
  // Of a row's columns the one that is named by its number, or of CoNLL-U by its name.
  size_t column(const std::string& name, size_t width, size_t otherwise, std::span<const char* const> names) const;

  TaggedColumns columns_;
  WithTags with_;
  TaggedSentences all_;
  int64_t line_ = 0;
};

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

size_t WordReader::column(const std::string& name, size_t width, size_t otherwise, std::span<const char* const> names) const {
  if (name.empty()) return otherwise;
  for (size_t c = 0; c < names.size(); ++c)
    if (same_letters(name, names[c])) return c;
  size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number < width) return number;
  const std::vector<std::string> known(names.begin(), names.end());
  const std::string named = known.empty() ? "" : ", or " + joined(known);
  throw Error(ErrorKind::input, str("[tags] {}: there is no column '{}', but 0 to {}{}", all_.source, name, width - 1, named), did_you_mean(name, known));
}

// The columns that a row has, without empty ones where blanks part them.
std::vector<std::string_view> columns_in(std::string_view row, bool tabs) {
  std::vector<std::string_view> cells;
  if (tabs) {
    for (const std::string_view cell : split(row, '\t')) cells.push_back(trimmed(cell));
    return cells;
  }
  constexpr std::string_view kBlanks = " \t\r";
  for (size_t at = row.find_first_not_of(kBlanks); at != std::string_view::npos; at = row.find_first_not_of(kBlanks, at)) {
    const size_t end = std::min(row.find_first_of(kBlanks, at), row.size());
    cells.push_back(row.substr(at, end - at));
    at = end;
  }
  return cells;
}

// "1"; "1-2" of a multiword token, "1.1" of an empty node.
enum class ConlluId : uint8_t { word, several, empty, none };
ConlluId id_in(std::string_view cell) {
  const size_t end = std::min(cell.find_first_not_of("0123456789"), cell.size());
  if (end == 0) return ConlluId::none;
  if (end == cell.size()) return ConlluId::word;
  const std::string_view rest = cell.substr(end + 1);
  if (rest.empty() || rest.find_first_not_of("0123456789") != std::string_view::npos) return ConlluId::none;
  return cell[end] == '-' ? ConlluId::several : cell[end] == '.' ? ConlluId::empty : ConlluId::none;
}

bool is_comment(std::string_view row) { return row.starts_with('#'); }

// Ten columns, the first of them a number, behind comments. Elsewhere a line that begins with # is a word.
bool is_conllu(std::string_view text) {
  for (const std::string_view row : lines_in(text)) {
    if (trimmed(row).empty() || is_comment(row)) continue;
    const std::vector<std::string_view> cells = split(row, '\t');
    return cells.size() == kConlluNames.size() && id_in(cells[0]) != ConlluId::none;
  }
  return false;
}

void WordReader::take_conllu(std::string_view text) {
  const size_t width = kConlluNames.size(), word = column(columns_.word, width, kForm, kConlluNames);
  const size_t tag = column(with_ == WithTags::no ? "" : columns_.label, width, kUpos, kConlluNames);
  all_.reading = str("CoNLL-U, words from {}{}", kConlluNames[word], with_ == WithTags::required ? str(", tags from {}", kConlluNames[tag]) : "");
  for (const std::string_view row : lines_in(text)) {
    ++line_;
    if (trimmed(row).empty()) end_sentence();
    if (trimmed(row).empty() || is_comment(row)) continue;
    const std::vector<std::string_view> cells = columns_in(row, true);
    GRIM_CHECK(cells.size() == width, input, "tags", "{}: got {} columns, expected the ten of CoNLL-U, with tabs between them", place(),
               cells.size());
    const ConlluId id = id_in(cells[0]);
    GRIM_CHECK(id != ConlluId::none, input, "tags", "{}: got the id '{}', expected a number, or 1-2, or 1.1", place(), cells[0]);
    if (id != ConlluId::word) continue;
    const bool missing = cells[tag] == "_" && tag != kFeats;
    add(cells[word], missing ? "" : cells[tag], str(" ({} is '{}')", kConlluNames[tag], cells[tag]));
  }
}

void WordReader::take_columns(std::string_view text) {
  std::optional<bool> tabs;
  size_t width = 0, word = 0, tag = 0;
  int64_t first_line = 0;
  for (const std::string_view row : lines_in(text)) {
    ++line_;
    if (trimmed(row).empty() || row.starts_with("-DOCSTART-")) {
      end_sentence();
      continue;
    }
    if (!tabs) tabs = row.find('\t') != std::string_view::npos;
    const std::vector<std::string_view> cells = columns_in(row, *tabs);
    if (width == 0) {
      width = cells.size(), first_line = line_;
      GRIM_CHECK(width > 1 || with_ == WithTags::no, input, "tags", "{}: got the word '{}' alone, expected its tag in a column behind it", place(), cells[0]);
      word = column(columns_.word, width, 0, {});
      tag = column(with_ == WithTags::no ? "" : columns_.label, width, width - 1, {});
      GRIM_CHECK(with_ == WithTags::no || word != tag, input, "tags", "{}: column {} cannot hold both word and tag", place(), word);
      all_.reading = str("columns parted by {}, words from column {}{}", *tabs ? "tabs" : "blanks", word,
                         with_ == WithTags::required ? str(", tags from column {}", tag) : "");
    }
    if (cells.size() != width)
      throw Error(ErrorKind::input, str("[tags] {}: got {} column{}, expected {} as in line {}", place(), cells.size(), cells.size() == 1 ? "" : "s", width,
                                        first_line),
                  "a word stands in a line of its own, with its tag; sentences are parted by blank lines");
    add(cells[word], cells[tag], str(" (column {} is empty)", tag));
  }
}

template <class Keys> std::string key_in(const Json& json, const std::string& named, const Keys& usual, const std::string& place, const char* what) {
  if (!named.empty()) return named;
  for (const char* key : usual)
    if (json.find(key)) return key;
  throw Error(ErrorKind::input, str("[tags] {}: which key holds the {} cannot be told: {}", place, what, first_few(json.keys(), 8)),
              "say so: " GRIM_SETTING("word-column") " and " GRIM_SETTING("label-column") " take the name of a key");
}

void WordReader::take_json_lines(std::string_view text) {
  std::string word_key, tag_key;
  for (const std::string_view row : lines_in(text)) {
    ++line_;
    if (trimmed(row).empty()) continue;
    const Json json = Json::parse(row, place());
    GRIM_CHECK(json.is_object(), input, "tags", "{}: got {}, expected an object as in the lines before", place(), name_of(json.kind()));
    if (word_key.empty()) {
      word_key = key_in(json, columns_.word, kWordKeys, place(), "words");
      if (with_ == WithTags::required) tag_key = key_in(json, columns_.label, kTagKeys, place(), "tags");
      all_.reading = str("JSON Lines, words from '{}'{}", word_key, tag_key.empty() ? "" : str(", tags from '{}'", tag_key));
    }
    const std::vector<Json>& words = json.list(word_key);
    const std::vector<Json>* const tags = tag_key.empty() ? nullptr : &json.list(tag_key);
    GRIM_CHECK(!words.empty(), input, "tags", "{}: '{}' is empty, expected words", place(), word_key);
    GRIM_CHECK(!tags || tags->size() == words.size(), input, "tags", "{}: got {} words in '{}' and {} tags in '{}', expected as many", place(), words.size(),
               word_key, tags->size(), tag_key);
    for (size_t i = 0; i < words.size(); ++i) {
      if (tags && (*tags)[i].kind() == Json::Kind::integer)
        throw Error(ErrorKind::input, str("[tags] {}: got the number {} in '{}', expected the tag's name", place(), (*tags)[i].as_integer(), tag_key),
                    "write names, as in \"B-PER\": what a number stands for is not in the file");
      add(words[i].as_text(), tags ? (*tags)[i].as_text() : "", "");
    }
    end_sentence();
  }
}

}  // namespace

std::string TaggedSentences::place(int64_t word) const { return str("{}: line {}", source, lines[static_cast<size_t>(word)]); }

TaggedSentences TaggedSentences::picked(std::span<const int64_t> sentences) const {
  TaggedSentences some;
  some.source = source, some.content_hash = content_hash;
  for (const int64_t s : sentences) {
    const std::span<const std::string> own = words_of(s), named = tags.empty() ? std::span<const std::string>() : tags_of(s);
    some.words.insert(some.words.end(), own.begin(), own.end());
    some.tags.insert(some.tags.end(), named.begin(), named.end());
    const auto line = lines.begin() + begins[static_cast<size_t>(s)];
    some.lines.insert(some.lines.end(), line, line + std::ssize(own));
    some.begins.push_back(std::ssize(some.words));
  }
  return some;
}

TaggedSentences parse_tagged_words(std::string bytes, const std::string& source, const TaggedColumns& columns, WithTags with) {
  check_is_text(bytes, source);
  const std::string_view text = without_byte_order_mark(bytes), begin = trimmed(text.substr(0, text.find('\n', text.find_first_not_of(" \t\r\n"))));
  GRIM_CHECK(!begin.empty(), input, "tags", "{}", no_words(source));
  WordReader reader(source, columns, with);
  if (begin.starts_with('{') && begin.ends_with('}')) reader.take_json_lines(text);
  else if (is_conllu(text)) reader.take_conllu(text);
  else reader.take_columns(text);
  TaggedSentences all = reader.take();
  all.content_hash = hash_of(bytes);
  return all;
}

TaggedSentences read_tagged_words(const std::string& path, const TaggedColumns& columns, WithTags with) {
  return parse_tagged_words(gunzip(read_file(path), path), path, columns, with);
}

}  // namespace grim
