#include "grimoire/data/documents.h"

#include <algorithm>
#include <array>

#include "grimoire/base/error.h"

namespace grim {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

// How many bytes of an end of a sentence stand at `s`, 0 for none.
size_t end_mark(std::string_view s) {
  for (const std::string_view mark : {".", "!", "?", "…", "。", "！", "？"})
    if (s.starts_with(mark)) return mark.size();
  return 0;
}
size_t closing(std::string_view s) {
  for (const std::string_view mark : {"\"", "'", ")", "]", "”", "’", "»", "」", "』", "）"})
    if (s.starts_with(mark)) return mark.size();
  return 0;
}

// Is the full stop that of an initial, or of a title and its like, which may stand apart from it where words were cut (et al . 2007)?
bool is_abbreviation(std::string_view before) {
  constexpr std::array<std::string_view, 19> kTitles = {"Mr",   "Mrs", "Ms",  "Dr",  "St", "Prof", "Rev", "Capt", "Col", "Gen",
                                                        "Hon", "vs",  "al",  "e.g", "i.e", "cf", "Fig",  "Figs", "Eq"};
  const std::string_view text = trimmed(before);
  size_t begin = text.size();
  while (begin > 0 && !is_space(text[begin - 1]) && text[begin - 1] != '(' && text[begin - 1] != '"') begin -= 1;
  const std::string_view word = text.substr(begin);
  const bool apart = !before.empty() && is_space(before.back());
  return (!apart && word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z') || std::ranges::find(kTitles, word) != kTitles.end();
}

// What a sentence cannot begin with.
bool goes_on(char c) { return (c >= 'a' && c <= 'z') || std::string_view(",;:)]").find(c) != std::string_view::npos; }

// One line out of many, with single spaces.
std::string joined(std::string_view s) {
  std::string out;
  for (const char c : trimmed(s)) {
    if (!is_space(c)) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

// Most lines that another follows directly end in the middle of a sentence.
bool looks_wrapped(const std::vector<std::string_view>& lines) {
  int64_t inside = 0, open = 0;
  for (size_t i = 0; i + 1 < lines.size() && inside < 2000; ++i) {
    if (lines[i].empty() || lines[i + 1].empty()) continue;
    ++inside;
    size_t at = lines[i].size() - 1;
    while (at > 0 && (static_cast<unsigned char>(lines[i][at]) & 0xC0) == 0x80) --at;  // back to where the last character begins
    open += end_mark(lines[i].substr(at)) == 0 && closing(lines[i].substr(at)) == 0;
  }
  return inside > 0 && 2 * open > inside;
}

}  // namespace

std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> sentences;
  const auto take = [&](size_t begin, size_t end) {
    if (std::string s = joined(text.substr(begin, end - begin)); !s.empty()) sentences.push_back(std::move(s));
  };
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\n' && trimmed(text.substr(i, std::min(text.find('\n', i + 1), text.size()) - i)).empty()) {  // a blank line
      take(begin, i);
      begin = ++i;
      continue;
    }
    const size_t mark = end_mark(text.substr(i));
    if (mark == 0) {
      ++i;
      continue;
    }
    size_t end = i + mark;
    while (const size_t more = end_mark(text.substr(end)) + closing(text.substr(end))) end += more;
    const bool wide = static_cast<unsigned char>(text[i]) >= 0x80;  // written without spaces
    size_t next = end;
    while (next < text.size() && is_space(text[next])) ++next;
    const bool inside = next < text.size() && goes_on(text[next]);
    const bool ends = (wide || next > end || next == text.size()) && !inside && !(text[i] == '.' && is_abbreviation(text.substr(begin, i - begin)));
    if (ends) take(begin, end), begin = end;
    i = end;
  }
  take(begin, text.size());
  return sentences;
}

std::vector<Document> documents_of(std::string_view text, const std::string& source, DocumentForm form) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (form == DocumentForm::automatic) form = looks_wrapped(lines) ? DocumentForm::sentences : DocumentForm::lines;
  std::vector<Document> documents;
  if (form == DocumentForm::sentences) {
    for (std::string& s : sentences_of(text)) {
      if (documents.empty() || documents.back().size() == kSentencesOfADocument) documents.emplace_back();
      documents.back().push_back(std::move(s));
    }
  } else {
    bool begins = true;
    for (const std::string_view line : lines) {
      if (!line.empty() && begins) documents.emplace_back();
      if (!line.empty()) documents.back().emplace_back(line);
      begins = line.empty();
    }
  }
  if (documents.empty()) fail(ErrorKind::input, "documents", str("{}: there is no text in it", source));
  return documents;
}

std::string packed_documents(std::string_view text, std::string_view begin, std::string_view end) {
  std::string packed(begin);
  for (size_t at = 0; at <= text.size();) {
    const size_t mark = std::min(text.find(end, at), text.size());
    if (const std::string_view document = trimmed(text.substr(at, mark - at)); !document.empty()) {
      if (packed.size() > begin.size() && begin != end) packed += begin;
      packed += document;
      packed += end;
    }
    at = mark + end.size();
  }
  return packed;
}

}  // namespace grim
