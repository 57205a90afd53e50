#include "grimoire/data/text_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

constexpr std::array kTextNames = {"text", "sentence", "sentence1", "question", "question1", "premise", "review", "title", "content"};
constexpr std::array kPairNames = {"sentence2", "text2", "pair", "question2", "hypothesis", "answer", "description", "context"};
constexpr std::array kLabelNames = {"label", "labels", "class", "category", "sentiment", "score", "target", "is_duplicate", "topic"};

template <class Names> bool among(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const auto& n) { return std::string_view(n) == name; });
}
bool is_usual(std::string_view name) { return among(kTextNames, name) || among(kPairNames, name) || among(kLabelNames, name); }

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

void take_json_lines(std::string_view text, TextTable& rows) {
  std::vector<std::vector<std::string>> all;
  std::map<std::string, size_t, std::less<>> number;
  int64_t line = 0;
  for (const std::string_view row : lines_in(text)) {
    ++line;
    if (trimmed(row).empty()) continue;
    const std::string place = str("{}: line {}", rows.source, line);
    const Json json = Json::parse(row, place);
    GRIM_CHECK(json.is_object(), input, "texts", "{}: got {}, expected an object as in the lines before", place, name_of(json.kind()));
    std::vector<std::string>& cells = all.emplace_back();
    for (size_t i = 0; i < json.size(); ++i) {
      const auto [at, fresh] = number.try_emplace(json.keys()[i], rows.columns.size());
      if (fresh) rows.columns.push_back(json.keys()[i]);
      if (cells.size() <= at->second) cells.resize(at->second + 1);
      cells[at->second] = json[i].kind() == Json::Kind::text ? json[i].as_text() : json[i].is_null() ? "" : json[i].dump();
    }
    rows.lines.push_back(line);
  }
  for (std::vector<std::string>& cells : all) {
    cells.resize(rows.columns.size());
    std::ranges::move(cells, std::back_inserter(rows.cells));
  }
  rows.named = true;
}

// Without quotes: a tab cannot stand in a cell.
Cells split_tabs(std::string_view text) {
  Cells cells;
  int64_t line = 0;
  for (const std::string_view row : lines_in(text)) {
    ++line;
    if (trimmed(row).empty()) continue;
    for (const std::string_view cell : split(row, '\t')) cells.text.push_back(cell);
    cells.row_start.push_back(cells.text.size());
    cells.line.push_back(line);
  }
  return cells;
}

void take_cells(const Cells& cells, const std::vector<std::string>& names, TextTable& rows) {
  GRIM_CHECK(cells.rows() > 0, input, "texts", "{}: there are no rows", rows.source);
  const size_t width = cells.width(0);
  for (size_t c = 0; c < width; ++c) {
    const std::string_view cell = cells.at(0, c);
    rows.named = rows.named || (!cell.empty() && among(names, cell)) || is_usual(in_lower_case(trimmed(cell)));
  }
  std::set<std::string> seen;
  for (size_t c = 0; c < width; ++c) {
    rows.columns.push_back(rows.named ? std::string(trimmed(cells.at(0, c))) : std::to_string(c));
    GRIM_CHECK(seen.insert(rows.columns.back()).second, input, "texts", "{}: two columns are called '{}', expected a name of its own for each", rows.source,
               rows.columns.back());
  }
  GRIM_CHECK(!rows.named || cells.rows() > 1, input, "texts", "{}: no rows below the names of the columns", rows.source);
  for (size_t r = rows.named ? 1 : 0; r < cells.rows(); ++r) {
    if (cells.width(r) != width)
      throw Error(ErrorKind::input,
                  str("[texts] {}: line {}: got {} cells, expected {} as in the first row", rows.source, cells.line[r], cells.width(r), width),
                  "a text that holds the delimiter has to stand in quotes; in a file of tabs it cannot hold one");
    for (size_t c = 0; c < width; ++c) rows.cells.emplace_back(cells.at(r, c));
    rows.lines.push_back(cells.line[r]);
  }
}

}  // namespace

std::string TextTable::place(size_t row) const { return str("{}: row {} (line {})", source, row + 1, lines[row]); }

size_t TextTable::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  for (size_t c = 0; c < columns.size(); ++c)
    if (std::to_string(c) == name) return c;
  throw Error(ErrorKind::input, str("[texts] {}: there is no column '{}', but {}", source, name, first_few(columns, 8)), did_you_mean(name, columns));
}

TextTable parse_text_table(std::string bytes, const std::string& source, const std::vector<std::string>& names) {
  TextTable rows{.source = source, .columns = {}, .cells = {}, .lines = {}, .content_hash = hash_of(bytes)};
  check_is_text(bytes, source);
  std::string_view text = without_byte_order_mark(bytes);
  const size_t first = text.find_first_not_of(" \t\r\n");
  GRIM_CHECK(first != std::string_view::npos, input, "texts", "{}: the file is empty", source);
  if (text[first] == '{') take_json_lines(text, rows);
  else if (text.substr(0, text.find('\n')).find('\t') != std::string_view::npos) take_cells(split_tabs(text), names, rows);
  else if (const char guess = guess_delimiter(text, source, ','); guess == ' ') take_cells(split_cells(text, ',', source), names, rows);  // words are no cells
  else take_cells(split_cells(text, guess, source), names, rows);
  GRIM_CHECK(rows.rows() > 0, input, "texts", "{}: there are no rows", source);
  return rows;
}

TextTable read_text_table(const std::string& path, const std::vector<std::string>& names) {
  return parse_text_table(gunzip(read_file(path), path), path, names);
}

namespace {

// The one that stands for so many texts: fewest different values, of those the shortest.
size_t likely_label(const TextTable& rows) {
  size_t best = 0;
  std::pair<size_t, size_t> least{SIZE_MAX, SIZE_MAX};
  for (size_t c = 0; c < rows.columns.size(); ++c) {
    std::set<std::string_view> values;
    size_t length = 0;
    for (size_t r = 0; r < rows.rows(); ++r) values.insert(rows.at(r, c)), length += rows.at(r, c).size();
    if (const std::pair<size_t, size_t> own{values.size(), length}; own < least) least = own, best = c;
  }
  return best;
}

template <class Names> std::optional<size_t> usual(const TextTable& rows, const Names& names) {
  for (const auto& name : names)
    for (size_t c = 0; rows.named && c < rows.columns.size(); ++c)
      if (in_lower_case(rows.columns[c]) == name) return c;
  return {};
}

struct Chosen {
  size_t text = 0;
  std::optional<size_t> pair, label;
};

Chosen choose(const TextTable& rows, const LabelledColumns& named, WithLabels with) {
  std::optional<size_t> text, pair, label;
  if (!named.text.empty()) text = rows.column(named.text);
  if (!named.pair.empty()) pair = rows.column(named.pair);
  if (!named.label.empty()) label = rows.column(named.label);
  else label = usual(rows, kLabelNames);
  const bool looks = with == WithLabels::required || (!rows.named && rows.columns.size() > 1);
  if (!label && looks && rows.columns.size() > 1) label = likely_label(rows);
  if (!text) text = usual(rows, kTextNames);
  if (!text || !pair) {
    std::vector<size_t> left;
    for (size_t c = 0; c < rows.columns.size(); ++c)
      if (c != text && c != pair && c != label) left.push_back(c);
    if (!text) {
      if (left.empty() || left.size() > 2)
        throw Error(ErrorKind::input, str("[texts] {}: which of its columns holds the texts cannot be told: {}", rows.source, first_few(rows.columns, 8)),
                    "say so: " GRIM_SETTING("text-column") " and " GRIM_SETTING("label-column") " take a name, or a number from 0");
      text = left.front();
      left.erase(left.begin());
    }
    if (!pair && named.text.empty()) pair = rows.named ? usual(rows, kPairNames) : left.empty() ? std::nullopt : std::optional(left.front());
    if (pair == text || pair == label) pair.reset();
  }
  GRIM_CHECK(label || with == WithLabels::if_there, input, "texts", "{}: it has the column '{}' alone, expected one of texts and one of labels", rows.source,
             rows.columns[0]);
  GRIM_CHECK(text != label, input, "texts", "{}: the column '{}' cannot hold both text and label", rows.source, rows.columns[*text]);
  return {*text, pair, label};
}

}  // namespace

LabelledTexts LabelledTexts::picked(std::span<const int64_t> rows) const {
  LabelledTexts some;
  some.content_hash = content_hash;
  for (const int64_t r : rows) {
    const auto i = static_cast<size_t>(r);
    some.texts.push_back(texts[i]);
    if (!pairs.empty()) some.pairs.push_back(pairs[i]);
    if (!labels.empty()) some.labels.push_back(labels[i]);
    some.places.push_back(places[i]);
  }
  return some;
}

LabelledTexts labelled_texts(const TextTable& rows, const LabelledColumns& columns, WithLabels with) {
  const Chosen at = choose(rows, columns, with);
  LabelledTexts all;
  all.content_hash = rows.content_hash;
  all.reading = str("{}: text '{}'{}{}, {} rows", rows.source, rows.columns[at.text], at.pair ? str(", pair '{}'", rows.columns[*at.pair]) : "",
                    at.label ? str(", label '{}'", rows.columns[*at.label]) : "", with_commas(static_cast<int64_t>(rows.rows())));
  const auto take = [&](size_t row, size_t column, std::vector<std::string>& to, const char* what) {
    const std::string_view cell = trimmed(rows.at(row, column));
    GRIM_CHECK(!cell.empty(), input, "texts", "{}: column '{}' is empty, expected {}", rows.place(row), rows.columns[column], what);
    to.emplace_back(cell);
  };
  for (size_t r = 0; r < rows.rows(); ++r) {
    take(r, at.text, all.texts, "a text");
    if (at.pair) take(r, *at.pair, all.pairs, "the text beside the first");
    if (at.label) all.labels.emplace_back(trimmed(rows.at(r, *at.label)));
    all.places.push_back(rows.place(r));
  }
  return all;
}

std::vector<std::string> class_names(const std::vector<std::string>& labels) {
  std::set<std::string> different(labels.begin(), labels.end());
  std::vector<std::string> names(different.begin(), different.end());
  const bool numbers = std::ranges::all_of(names, [](const std::string& n) { return is_number(n); });
  if (numbers)
    std::ranges::stable_sort(names, {}, [](const std::string& n) {
      double value = 0;
      to_number(n, value);
      return value;
    });
  return names;
}

std::vector<std::string> several_labels(const std::string& cell, const std::string& place) {
  std::vector<std::string> labels;
  if (cell.starts_with('[')) {
    const Json list = Json::parse(cell, place);
    for (const Json& label : list.items()) labels.push_back(label.kind() == Json::Kind::text ? label.as_text() : label.dump());
    return labels;
  }
  const char separator = cell.find('|') != std::string::npos ? '|' : cell.find(';') != std::string::npos ? ';' : ',';
  for (const std::string_view part : split(cell, separator))
    if (!trimmed(part).empty()) labels.emplace_back(trimmed(part));
  return labels;
}

}  // namespace grim
