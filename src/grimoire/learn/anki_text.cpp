#include <algorithm>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/anki.h"
#include "grimoire/report/markdown.h"
#include "grimoire/text/utf8.h"

namespace grim::learn {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of("\t\"\n") == std::string::npos && !field.starts_with('#')) return field;
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

}  // namespace

std::string html_to_markdown(std::string_view html) {
  std::string out;
  std::vector<int> lists;  // numbers; -1: bullets
  const auto new_line = [&] {
    while (out.ends_with(' ')) out.pop_back();
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
  };
  for (size_t i = 0; i < html.size();) {
    const char c = html[i];
    if (c == '&') {
      static const std::pair<const char*, const char*> kEntities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"},
                                                                      {"&#x27;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}};
      const auto e = std::ranges::find_if(kEntities, [&](const auto& pair) { return html.substr(i).starts_with(pair.first); });
      if (e != std::end(kEntities)) out += e->second, i += std::string_view(e->first).size();
      else out += c, ++i;
      continue;
    }
    const bool tag = c == '<' && i + 1 < html.size() && (std::isalpha(static_cast<unsigned char>(html[i + 1])) || html[i + 1] == '/' || html[i + 1] == '!');
    const size_t end = tag ? html.find('>', i) : html.npos;
    if (end == html.npos) {
      if (c == '\n' || c == '\r') out += out.empty() || out.ends_with('\n') || out.ends_with(' ') ? "" : "\n";
      else out += c;
      ++i;
      continue;
    }
    std::string name = folded_text(html.substr(i + 1, end - i - 1));
    name = name.substr(0, name.find_first_of(" /", name.starts_with('/') ? 1 : 0));
    i = end + 1;
    if (name == "b" || name == "strong" || name == "/b" || name == "/strong") out += "**";
    else if (name == "i" || name == "em" || name == "/i" || name == "/em") out += "*";
    else if (name == "code" || name == "/code") out += "`";
    else if (name == "br" || name == "div" || name == "/div" || name == "p" || name == "/p" || name == "/li" || name == "tr") new_line();
    else if (name == "hr") new_line(), out += "---\n";
    else if (name == "ul") new_line(), lists.push_back(-1);
    else if (name == "ol") new_line(), lists.push_back(1);
    else if (name == "/ul" || name == "/ol") new_line(), lists.empty() ? void() : lists.pop_back();
    else if (name == "li") {
      new_line();
      if (!lists.empty()) out += std::string(2 * (lists.size() - 1), ' ') + (lists.back() < 0 ? "- " : str("{}. ", lists.back()++));
    } else if (name == "blockquote") new_line(), out += "> ";
  }
  while (out.ends_with('\n') || out.ends_with(' ')) out.pop_back();
  return out;
}

std::string to_anki_text(const Deck& deck) {
  std::string tags;
  for (const std::string& t : deck.tags) tags += (tags.empty() ? "" : " ") + t;
  std::string out = "#separator:tab\n#html:true\n#deck:" + deck.name + "\n#guid column:1\n#notetype column:2\n#tags column:5\n";
  const auto inline_html = [](const std::string& markdown) {  // without the paragraph around it
    std::string html = report::markdown_to_html(markdown);
    while (html.ends_with('\n')) html.pop_back();
    if (html.starts_with("<p>") && html.ends_with("</p>") && html.find("<p>", 3) == std::string::npos) html = html.substr(3, html.size() - 7);
    return html;
  };
  const std::string* before = nullptr;  // the hidden parts of one line are one note
  for (const Card& c : deck.cards) {
    const bool cloze = c.cloze > 0;
    if (cloze && before && *before == c.written) continue;
    before = cloze ? &c.written : nullptr;
    const std::string more = c.explanation.empty() ? "" : report::markdown_to_html(c.explanation);
    const std::string back = cloze ? more : inline_html(c.answer) + (more.empty() ? "" : "<hr>" + more);
    out += c.id + (cloze ? "\tCloze\t" : "\tBasic\t") + quoted(inline_html(cloze ? c.written : c.question)) + "\t" + quoted(back) + "\t" + tags + "\n";
  }
  return out;
}

Deck from_anki_text(std::string_view text, std::string_view source) {
  check_utf8(text, source);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::map<std::string, std::string> head;
  while (text.starts_with('#')) {
    const size_t end = std::min(text.find('\n', 0), text.size());
    std::string line(text.substr(1, end - 1));
    if (line.ends_with('\r')) line.pop_back();
    const size_t colon = line.find(':');
    if (colon != std::string::npos) head[folded_text(line.substr(0, colon))] = line.substr(colon + 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const std::string_view first = text.substr(0, text.find('\n'));
  const char separator = head.contains("separator")                ? separator_named(head["separator"])
                         : first.find('\t') != first.npos          ? '\t'
                         : first.find(';') != first.npos           ? ';'
                                                                   : ',';
  std::vector<size_t> special;
  for (const char* name : {"guid column", "notetype column", "deck column", "tags column"})
    if (head.contains(name)) special.push_back(static_cast<size_t>(std::max(1, std::atoi(head[name].c_str()))) - 1);
  Deck deck;
  deck.name = head.contains("deck") ? head["deck"] : std::string(source.substr(source.rfind('/') + 1));
  if (const size_t dot = deck.name.rfind('.'); !head.contains("deck") && dot != std::string::npos && dot > 0) deck.name.resize(dot);
  const size_t tags_column = head.contains("tags column") ? special.back() : SIZE_MAX;
  add_tags(deck, head["tags"]);
  const bool html = head.contains("html") && folded_text(head["html"]) == "true";
  for (const auto& row : rows_of(text, separator, source)) {
    std::vector<std::string> fields;
    if (tags_column < row.size()) add_tags(deck, row[tags_column]);
    for (size_t c = 0; c < row.size(); ++c)
      if (std::ranges::find(special, c) == special.end()) fields.push_back(html ? html_to_markdown(row[c]) : row[c]);
    if (fields.size() < 2) throw Error(ErrorKind::input, str("{}: '{}' has one field, expected question and answer", source, fields.empty() ? "" : fields[0]));
    Card card;
    card.question = fields[0];
    const size_t cut = fields[1].find("\n---\n"), end = std::min(fields[1].find('\n'), cut);
    if (card.question.find("{{c") != std::string::npos) {
      card.explanation = fields[1];
    } else {
      card.answer = fields[1].substr(0, end);
      if (end != std::string::npos) card.explanation = fields[1].substr(end == cut ? cut + 5 : end + 1);
    }
    for (size_t k = 2; k < fields.size(); ++k)
      if (!fields[k].empty()) card.explanation += (card.explanation.empty() ? "" : "\n") + fields[k];
    deck.cards.push_back(std::move(card));
  }
  if (deck.cards.empty()) throw Error(ErrorKind::input, str("{}: no cards, expected lines of question, tab, answer", source));
  return as_written(std::move(deck), source);
}

}  // namespace grim::learn
