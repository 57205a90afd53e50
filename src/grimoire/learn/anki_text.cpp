#include <algorithm>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/learn/anki.h"
#include "grimoire/report/markdown.h"

namespace grim::learn {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of("\t,;\"\n") == std::string::npos && !field.starts_with('#')) return field;
  std::string out = "\"";
  for (char c : field) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

// Rows of fields, which may be quoted and then hold anything, "" standing for one quote.
std::vector<std::vector<std::string>> rows_of(std::string_view text, char separator, std::string_view source) {
  std::vector<std::vector<std::string>> rows(1, {""});
  int64_t line = 1, opened = 0;
  bool quotes = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = rows.back().back();
    line += c == '\n';
    if (quotes) {
      if (c != '"') field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"') field += '"', ++i;
      else quotes = false;
    } else if (c == '"' && field.empty()) {
      quotes = true, opened = line;
    } else if (c == separator) {
      rows.back().emplace_back();
    } else if (c == '\n') {
      rows.emplace_back(1);
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quotes) throw Error(ErrorKind::input, str("{}:{}: a quote opened here is never closed", source, opened));
  std::erase_if(rows, [](const auto& row) { return row.size() == 1 && row[0].find_first_not_of(' ') == std::string::npos; });
  return rows;
}

char separator_named(const std::string& name) {
  static const std::map<std::string, char> kNames = {{"tab", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'}, {"colon", ':'}, {"space", ' '}};
  const auto found = kNames.find(folded_text(name));
  return found != kNames.end() ? found->second : name.empty() ? '\t' : name[0];
}

// A tab, a semicolon or a comma, whichever stands first in that order in the first line outside quotes.
char separator_of(std::string_view text) {
  std::string bare;
  bool quotes = false;
  for (char c : text) {
    if (c == '\n' && !quotes) break;
    if (c == '"') quotes = !quotes;
    else if (!quotes) bare += c;
  }
  return bare.find('\t') != bare.npos ? '\t' : bare.find(';') != bare.npos ? ';' : ',';
}

// Takes the lines "#key:value" off the text's front.
std::map<std::string, std::string> head_of(std::string_view& text) {
  std::map<std::string, std::string> head;
  while (text.starts_with('#')) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(1, end - 1));
    const size_t colon = line.find(':');
    if (colon != line.npos) head[folded_text(line.substr(0, colon))] = std::string(line.substr(colon + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return head;
}

std::string line_html(const std::string& line) {  // without the paragraph around it
  std::string html = report::markdown_to_html(report::inline_markdown(line));
  while (html.ends_with('\n')) html.pop_back();
  if (html.starts_with("<p>") && html.ends_with("</p>") && html.find("<p>", 3) == std::string::npos) html = html.substr(3, html.size() - 7);
  return html;
}

}  // namespace

std::string to_anki_text(const Deck& deck) {
  const std::string tags = joined(deck.tags, " ");
  std::string out = "#separator:tab\n#html:true\n#deck:" + deck.name + "\n#guid column:1\n#notetype column:2\n#tags column:5\n";
  for (const auto& note : notes_of(deck)) {
    const Card& c = note.front();
    const bool cloze = c.cloze > 0;
    const std::string more = c.explanation.empty() ? "" : report::markdown_to_html(c.explanation);
    const std::string back = cloze ? more : line_html(c.answer) + (more.empty() ? "" : "<hr>" + more);
    out += c.id + (cloze ? "\tCloze\t" : "\tBasic\t") + quoted(line_html(cloze ? c.written : c.question)) + "\t" + quoted(back) + "\t" + tags + "\n";
  }
  return out;
}

std::string to_table(const Deck& deck, char separator) {
  std::string out;
  for (const auto& note : notes_of(deck)) {
    const Card& c = note.front();
    const bool cloze = c.cloze > 0;
    out += quoted(cloze ? c.written : c.question) + separator + quoted(cloze ? "" : c.answer) + separator + quoted(c.explanation) + "\n";
  }
  return out;
}

bool is_anki_text(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::string_view line : lines_in(text)) {
    if (line.starts_with("#separator:") || line.starts_with("#html:")) return true;
    if (!line.starts_with('#') && !trimmed(line).empty()) return trimmed(line).find('\t') != line.npos;
  }
  return false;
}

void set_back(Card& card, std::string_view back) {
  const size_t end = back.find('\n');
  card.answer = std::string(back.substr(0, end));
  if (end == back.npos) return;
  back.remove_prefix(end);
  back.remove_prefix(back.starts_with("\n---\n") ? 5 : std::min(back.find_first_not_of('\n'), back.size()));
  card.explanation = std::string(back);
}

Deck from_anki_text(std::string_view text, std::string_view source) {
  check_utf8(text, source);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::map<std::string, std::string> head = head_of(text);
  const auto column = [&](const char* name) {  // from 0; SIZE_MAX: there is none
    return head.contains(name) ? static_cast<size_t>(std::max(1, std::atoi(head[name].c_str()))) - 1 : SIZE_MAX;
  };
  const size_t decks = column("deck column"), tags = column("tags column"), guids = column("guid column"), types = column("notetype column");
  const auto rows = rows_of(text, head.contains("separator") ? separator_named(head["separator"]) : separator_of(text), source);
  Deck deck;
  deck.name = head.contains("deck") ? head["deck"] : !rows.empty() && decks < rows[0].size() ? rows[0][decks] : deck_name_of(source);
  add_tags(deck, head["tags"]);
  const bool html = head.contains("html") && folded_text(head["html"]) == "true";
  int64_t media = 0;
  for (const auto& row : rows) {
    std::vector<std::string> fields;
    if (tags < row.size()) add_tags(deck, row[tags]);
    for (size_t c = 0; c < row.size(); ++c) {
      if (c == decks || c == tags || c == guids || c == types) continue;
      media += html ? media_in(row[c]) : 0;
      fields.push_back(html ? html_to_markdown(row[c]) : row[c]);
    }
    if (fields.size() < 2) throw Error(ErrorKind::input, str("{}: '{}' has one field, expected question and answer", source, fields.empty() ? "" : fields[0]));
    Card card;
    card.question = fields[0];
    if (card.question.find("{{c") != std::string::npos) card.explanation = fields[1];
    else set_back(card, fields[1]);
    if (html) card.question = as_line(card.question), card.answer = as_line(card.answer);
    for (size_t k = 2; k < fields.size(); ++k)
      if (!fields[k].empty()) card.explanation += (card.explanation.empty() ? "" : "\n") + fields[k];
    deck.cards.push_back(std::move(card));
  }
  if (deck.cards.empty()) throw Error(ErrorKind::input, str("{}: no cards, expected lines of question, tab, answer", source));
  tell_media(deck, media);
  return as_written(std::move(deck), source);
}

}  // namespace grim::learn
