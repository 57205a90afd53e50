#include "grimoire/learn/deck.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/io/hash.h"
#include "grimoire/learn/cloze.h"
#include "grimoire/report/markdown.h"

namespace grim::learn {

std::string folded_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string card_id(std::string_view key, std::string_view question, std::string_view variant) {
  return hash_of(std::string(key) + '\n' + folded_text(question) + '\n' + std::string(variant));
}

bool is_rule(std::string_view line) { return trimmed(line) == "---"; }

namespace {
const std::string& as_asked(const Card& c) { return c.cloze > 0 ? c.written : c.reversed ? c.answer : c.question; }  // in the file
}  // namespace

void identify(Deck& deck, std::string key) {
  deck.key = key.empty() ? folded_text(deck.name) : std::move(key);
  for (Card& c : deck.cards) {
    c.id = id_under(deck.key, c);
    c.note = c.cloze > 0 || c.reversed ? card_id(deck.key, as_asked(c)) : c.id;
  }
}

std::string id_under(std::string_view key, const Card& c) {
  return card_id(key, as_asked(c), c.cloze > 0 ? str("c{}", c.cloze) : c.reversed ? "reversed" : "");
}

std::vector<Deck> merged(std::vector<Deck> decks) {
  if (decks.size() < 2) return decks;
  std::vector<Deck> all;
  std::unordered_map<std::string, std::unordered_set<std::string>> ids;  // by key
  for (Deck& d : decks) {
    const auto [seen, fresh] = ids.try_emplace(d.key);
    std::erase_if(d.cards, [&](const Card& c) { return !seen->second.insert(c.id).second; });
    if (fresh) {
      all.push_back(std::move(d));
      continue;
    }
    std::vector<Card>& cards = std::ranges::find(all, d.key, &Deck::key)->cards;
    std::ranges::move(d.cards, std::back_inserter(cards));
  }
  return all;
}

std::string to_text(const DeckMessage& m, std::string_view source) {
  return m.line > 0 ? str("{}:{}: {}", source, m.line, m.text) : str("{}: {}", source, m.text);
}

void add_tags(Deck& deck, std::string_view words) {
  for (size_t at = 0; at < words.size();) {
    const size_t begin = std::min(words.find_first_not_of(" ,\t", at), words.size()), end = std::min(words.find_first_of(" ,\t", begin), words.size());
    const std::string tag(words.substr(begin, end - begin));
    if (!tag.empty() && std::ranges::find(deck.tags, tag) == deck.tags.end()) deck.tags.push_back(tag);
    at = end + 1;
  }
}

std::vector<std::span<const Card>> notes_of(const Deck& deck) {
  std::vector<std::span<const Card>> notes;
  for (auto at = deck.cards.begin(); at != deck.cards.end();) {
    const auto end = at->cloze == 0 ? at + 1 : std::find_if(at + 1, deck.cards.end(), [&](const Card& c) { return c.cloze == 0 || c.written != at->written; });
    if (!at->reversed) notes.emplace_back(at, end);
    at = end;
  }
  return notes;
}

std::string counted_cards(const Deck& deck) { return str("{} card{}", deck.cards.size(), deck.cards.size() == 1 ? "" : "s"); }

std::string deck_name_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  const size_t dot = path.rfind('.');
  return std::string(dot == 0 ? path : path.substr(0, dot));
}

Deck as_written(Deck deck, std::string_view source) {
  const auto line = [](std::string& text, const char* otherwise) {
    std::ranges::replace(text, '\n', ' ');
    text = std::string(trimmed(text));
    if (text.empty() || is_rule(text)) text = otherwise;
  };
  for (Card& c : deck.cards) {
    line(c.question, "(no question)"), line(c.answer, "(no answer)");
    if (!hidden_parts(c.question).empty()) c.cloze = 1, c.written = c.question;
  }
  Deck read = parse_deck(to_markdown(deck), source);
  std::erase_if(read.messages, [](const DeckMessage& m) { return m.weight != DeckMessage::Weight::error; });
  read.messages.insert(read.messages.begin(), deck.messages.begin(), deck.messages.end());
  return read;
}

Json to_json(const Deck& deck) {
  Json cards = Json::array();
  for (const Card& c : deck.cards)
    cards.push(Json::object({{"id", c.id}, {"question", c.question}, {"answer", c.answer}, {"explanation", c.explanation}, {"cloze", c.cloze},
                             {"written", c.written}}));
  return Json::object({{"name", deck.name}, {"tags", Json::array_of(deck.tags)}, {"description", deck.description}, {"cards", cards}});
}

Deck deck_of_json(const Json& json, std::string_view source) {
  Deck deck;
  deck.name = json.text("name");
  deck.description = json.text("description", "");
  if (const Json* tags = json.find("tags"))
    for (const Json& t : tags->items()) deck.tags.push_back(t.as_text());
  for (const Json& c : json.list("cards")) {
    const std::string written = c.text("written", "");
    deck.cards.push_back({.id = {},
                          .question = written.empty() ? c.text("question") : written,
                          .answer = c.text("answer"),
                          .explanation = c.text("explanation", "")});
  }
  return as_written(std::move(deck), source);
}

std::string mnemonic_first(const std::string& explanation) {
  std::string first, rest;
  for (std::string_view line : lines_in(explanation)) (line.starts_with("Memory:") ? first : rest).append(line).append("\n");
  return first + rest;
}

void add_reversed(Deck& deck) {
  if (std::ranges::any_of(deck.cards, &Card::reversed)) return;
  const size_t count = deck.cards.size();
  for (size_t i = 0; i < count; ++i) {
    Card c = deck.cards[i];
    if (c.cloze != 0 || c.computed) continue;
    std::swap(c.question, c.answer);
    c.reversed = true;
    c.id = id_under(deck.key, c);
    deck.cards.push_back(std::move(c));
  }
}

namespace {
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// A rule below a blank line would make a card of the lines above it: it is written as Markdown's other one.
std::string without_rules(const std::string& explanation) {
  std::string out;
  bool below_blank = false;
  report::Fence open;
  for (std::string_view line : lines_in(explanation)) {
    const report::Fence f = report::fence_of(line);
    if (open.length == 0) open = f;
    else if (f.closes(open)) open = {};
    below_blank |= trimmed(line).empty();
    out.append(open.length == 0 && below_blank && is_rule(line) ? "***" : line).append("\n");
  }
  return out;
}
}  // namespace

std::string to_markdown(const Deck& deck) {
  std::string out = "# deck: " + on_one_line(deck.name) + "\n";
  if (!deck.tags.empty() || !deck.description.empty()) {  // the first line by itself is the tags'
    out += "\ntags:";
    for (const std::string& t : deck.tags) out += " " + t;
    out += "\n";
  }
  if (!deck.description.empty()) out += "\n" + deck.description + "\n";
  for (const auto& note : notes_of(deck)) {
    const Card& c = note.front();
    out += "\n" + (c.cloze > 0 ? c.written : on_one_line(c.question) + "\n" + on_one_line(c.answer)) + "\n---\n" + without_rules(c.explanation);
  }
  return out;
}

}  // namespace grim::learn
