#include "grimoire/learn/deck.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/io/hash.h"
#include "grimoire/text/utf8.h"

namespace grim::learn {
namespace {

constexpr size_t kMostBytes = size_t{16} << 20, kMostLine = 65536, kMostCards = 100000;
using Weight = DeckMessage::Weight;

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}
bool is_blank(std::string_view line) { return trimmed(line).empty(); }
bool is_rule(std::string_view line) { return trimmed(line) == "---"; }
bool is_fence(std::string_view line) { return trimmed(line).starts_with("```") || trimmed(line).starts_with("~~~"); }
bool is_near_rule(std::string_view line) {  // dashes that are not the rule, or another writer's dash
  const std::string_view t = trimmed(line);
  if (t == "\u2014" || t == "\u2013" || t == "\u2014\u2014\u2014") return true;
  return t != "---" && t.size() >= 2 && t.find_first_not_of("- ") == t.npos && std::count(t.begin(), t.end(), '-') >= 2;
}

struct Block {
  int64_t first;  // line number
  std::vector<std::string_view> lines;
  size_t rule() const { return static_cast<size_t>(std::ranges::find_if(lines, is_rule) - lines.begin()); }
  bool has_rule() const { return rule() < lines.size(); }
};

std::string joined(std::span<const std::string_view> lines) {
  std::string text;
  for (std::string_view line : lines) {
    const size_t end = line.find_last_not_of('\r');
    text.append(line.substr(0, end == line.npos ? 0 : end + 1)).append("\n");
  }
  if (!text.empty()) text.pop_back();
  return text;
}

// {{c2::hidden::hint}}
struct Hidden {
  size_t begin, end;
  int number;
  std::string text, hint;
};
std::vector<Hidden> hidden_parts(std::string_view question) {
  std::vector<Hidden> parts;
  for (size_t at = 0; (at = question.find("{{c", at)) != question.npos; ++at) {
    const size_t end = question.find("}}", at), colon = question.find("::", at);
    if (end == question.npos || colon == question.npos || colon > end) continue;
    const std::string_view digits = question.substr(at + 3, colon - at - 3), inside = question.substr(colon + 2, end - colon - 2);
    if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != digits.npos) continue;
    const size_t hint = inside.find("::");
    parts.push_back({at, end + 2, std::stoi(std::string(digits)), std::string(inside.substr(0, hint)),
                     hint == inside.npos ? "" : std::string(inside.substr(hint + 2))});
  }
  return parts;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view source) : source_(source), lines_(lines(text)) {
    deck_.name = std::string(source.substr(source.rfind('/') + 1));
    if (const size_t dot = deck_.name.rfind('.'); dot != std::string::npos && dot > 0) deck_.name.resize(dot);
  }

  Deck read() {
    split_into_blocks();
    size_t next = title_and_tags();
    Card* last = nullptr;
    for (; next < blocks_.size(); ++next) {
      const Block& b = blocks_[next];
      if (b.has_rule()) last = card(b);
      else if (last) follow(*last, b, next);
      else say(Weight::warning, b.first, "paragraph before the first card without '---'. A card of its own? Add an answer and '---'.");
    }
    spread_hidden_parts();
    drop_doubles();
    std::ranges::stable_sort(deck_.messages, {}, &DeckMessage::line);
    if (deck_.cards.size() > kMostCards) refuse(0, str("{} cards, expected at most {}. Part the deck.", deck_.cards.size(), kMostCards));
    if (deck_.cards.empty()) {
      std::string told;
      for (const DeckMessage& m : deck_.messages) told += to_text(m, source_) + "\n";
      throw Error(ErrorKind::input, told + str("{}: no cards. A card is three or more lines: question, answer, '---', then the explanation.", source_),
                  "for example\nWhat is the capital of France?\nParis\n---\nIt lies on the Seine.");
    }
    return std::move(deck_);
  }

 private:
  static std::vector<std::string_view> lines(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::vector<std::string_view> all;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      all.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return all;
  }
  void say(Weight weight, int64_t line, std::string text) { deck_.messages.push_back({weight, line, std::move(text)}); }
  [[noreturn]] void refuse(int64_t line, const std::string& text) const {
    throw Error(ErrorKind::input, to_text(DeckMessage{Weight::error, line, text}, source_));
  }

  // Blank lines part blocks, but not those inside of a fence of code behind a rule.
  void split_into_blocks() {
    bool open = false, ruled = false, fenced = false;
    size_t fence = 0;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const std::string_view line = lines_[i];
      if (line.size() > kMostLine) refuse(static_cast<int64_t>(i) + 1, str("a line of {} bytes, expected at most {}", line.size(), kMostLine));
      if (!fenced && is_blank(line)) {
        open = false;
        continue;
      }
      if (!open) blocks_.push_back({static_cast<int64_t>(i) + 1, {}}), open = true, ruled = false;
      if (!fenced && is_rule(line)) ruled = true;
      if (is_fence(line) && (ruled || fenced || !blocks_.back().has_rule())) {
        fenced = !fenced;
        fence = i;
      }
      blocks_.back().lines.push_back(line);
      if (fenced && i + 1 == lines_.size() && unclosed_.insert(fence).second) {  // read again, the fence as a plain line
        say(Weight::error, static_cast<int64_t>(fence) + 1, "code fence opened here is never closed. Close it with the same marks.");
        while (!blocks_.empty() && blocks_.back().first > static_cast<int64_t>(fence)) blocks_.pop_back();
        auto& block = blocks_.back().lines;
        const auto keep = static_cast<size_t>(static_cast<int64_t>(fence) + 2 - blocks_.back().first);
        block.resize(std::min(block.size(), keep));
        fenced = false, open = true, i = fence;
      }
    }
  }

  size_t title_and_tags() {
    size_t next = 0;
    if (next < blocks_.size()) {
      Block& first = blocks_[next];
      std::string start(trimmed(first.lines[0]).substr(0, 7));
      std::ranges::transform(start, start.begin(), [](unsigned char c) { return std::tolower(c); });
      if (start == "# deck:") {
        deck_.name = std::string(trimmed(trimmed(first.lines[0]).substr(7)));
        if (deck_.name.empty()) say(Weight::warning, first.first, "the title has no name. Write '# deck: NAME'.");
        first.lines.erase(first.lines.begin()), ++first.first;
        if (first.lines.empty()) ++next;
      }
    }
    bool tagged = false;
    for (; next < blocks_.size() && !blocks_[next].has_rule(); ++next) {
      const Block& b = blocks_[next];
      if (b.lines.size() == 1 && !tagged && !is_near_rule(b.lines[0])) {
        tagged = true;
        std::string_view words = trimmed(b.lines[0]);
        if (words.starts_with("tags:")) words.remove_prefix(5);
        add_tags(deck_, words);
      } else {
        near_rules(b);
        deck_.description += (deck_.description.empty() ? "" : "\n\n") + joined(b.lines);
      }
    }
    return next;
  }

  bool near_rules(const Block& b) {
    const auto near = std::ranges::find_if(b.lines, is_near_rule);
    if (near == b.lines.end()) return false;
    say(Weight::error, b.first + (near - b.lines.begin()), str("'{}' is not the rule; write exactly '---'.", trimmed(*near)));
    return true;
  }

  Card* card(const Block& b) {
    const size_t rule = b.rule();
    const std::string_view question = trimmed(b.lines[0]);
    const bool cloze = rule > 0 && !hidden_parts(question).empty();
    if (rule == 0) {
      say(Weight::error, b.first, "'---' without question and answer above it. Put both there, a line each.");
      return nullptr;
    }
    if (rule == 1 && !cloze) {
      say(Weight::error, b.first, str("question without an answer: line {} is '---'. Put the answer between them.", b.first + 1));
      return nullptr;
    }
    if (rule > 2) {
      say(Weight::error, b.first, str("{} lines before '---', expected 2 (question, answer). Move the rest below '---'.", rule));
      return nullptr;
    }
    for (size_t i = rule + 1, fenced = 0; i < b.lines.size(); ++i) {
      fenced ^= is_fence(b.lines[i]);
      if (!fenced && is_rule(b.lines[i])) say(Weight::notice, b.first + static_cast<int64_t>(i), "second '---' in a card is shown as a line.");
    }
    deck_.cards.push_back({.id = {},
                           .question = std::string(question),
                           .answer = rule == 2 ? std::string(trimmed(b.lines[1])) : "",
                           .explanation = joined(std::span(b.lines).subspan(rule + 1)),
                           .line = b.first});
    return &deck_.cards.back();
  }

  void follow(Card& last, const Block& b, size_t at) {
    last.explanation += (last.explanation.empty() ? "" : "\n\n") + joined(b.lines);
    if (near_rules(b)) return;
    std::string advice = str("paragraph without '---', kept with the card at line {}. A card of its own? Add an answer and '---'.", last.line);
    for (size_t k = at + 1; k < blocks_.size(); ++k)
      if (blocks_[k].has_rule()) {
        advice += str(" Part of the next? Move it below line {}.", blocks_[k].first + static_cast<int64_t>(blocks_[k].rule()));
        break;
      }
    say(trimmed(b.lines[0]).ends_with('?') ? Weight::warning : Weight::notice, b.first, advice);
  }

  // A card with hidden parts becomes one for each number.
  void spread_hidden_parts() {
    std::vector<Card> cards;
    for (Card& c : deck_.cards) {
      const std::vector<Hidden> parts = hidden_parts(c.question);
      if (parts.empty()) {
        c.id = card_id(deck_.name, c.question);
        cards.push_back(std::move(c));
        continue;
      }
      std::set<int> numbers;
      for (const Hidden& h : parts) numbers.insert(h.number);
      for (int number : numbers) {
        Card one = c;
        std::string shown, answer;
        size_t at = 0;
        for (const Hidden& h : parts) {
          shown += c.question.substr(at, h.begin - at);
          const bool asked = h.number == number;
          shown += asked ? "[" + (h.hint.empty() ? "..." : h.hint) + "]" : h.text;
          if (asked) answer += (answer.empty() ? "" : ", ") + h.text;
          at = h.end;
        }
        one.question = shown + c.question.substr(at);
        if (!c.answer.empty()) one.explanation = c.answer + (one.explanation.empty() ? "" : "\n\n" + one.explanation);
        one.answer = answer, one.cloze = number, one.written = c.question;
        one.id = card_id(deck_.name, c.question, str("c{}", number));
        cards.push_back(std::move(one));
      }
    }
    deck_.cards = std::move(cards);
  }

  void drop_doubles() {
    std::unordered_map<std::string, int64_t> seen;
    std::erase_if(deck_.cards, [&](const Card& c) {
      const auto [first, fresh] = seen.emplace(c.id, c.line);
      if (!fresh) say(Weight::error, c.line, str("same question as line {}: only the first is asked.", first->second));
      return !fresh;
    });
  }

  std::string source_;
  std::vector<std::string_view> lines_;
  std::vector<Block> blocks_;
  std::set<size_t> unclosed_;
  Deck deck_;
};

}  // namespace

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

std::string card_id(std::string_view deck, std::string_view question, std::string_view variant) {
  const std::string key = folded_text(deck) + '\n' + folded_text(question) + '\n' + std::string(variant);
  return hash_of(key);
}

std::string to_text(const DeckMessage& m, std::string_view source) {
  return m.line > 0 ? str("{}:{}: {}", source, m.line, m.text) : str("{}: {}", source, m.text);
}

Deck parse_deck(std::string_view text, std::string_view source) {
  const auto refuse = [&](int64_t line, const std::string& what) { throw Error(ErrorKind::input, to_text(DeckMessage{Weight::error, line, what}, source)); };
  if (text.size() > kMostBytes) refuse(0, str("{} bytes, expected at most {}", with_commas(static_cast<int64_t>(text.size())), with_commas(kMostBytes)));
  if (const auto fault = find_utf8_fault(text)) {
    const unsigned byte = static_cast<unsigned char>(text[fault->byte]);
    refuse(fault->line, str("not UTF-8 at byte {} (0x{:02X}); save the file as UTF-8.", fault->byte, byte));
  }
  if (text.starts_with("#separator:"))
    refuse(1, str("looks like an Anki export (#separator:...). Make a deck of it: grimoire deck import {} --out deck.md", source));
  return Reader(text, source).read();
}

Deck read_deck(const std::string& path) { return parse_deck(read_file(path), path); }

void add_tags(Deck& deck, std::string_view words) {
  for (size_t at = 0; at < words.size();) {
    const size_t begin = std::min(words.find_first_not_of(" ,\t", at), words.size()), end = std::min(words.find_first_of(" ,\t", begin), words.size());
    const std::string tag(words.substr(begin, end - begin));
    if (!tag.empty() && std::ranges::find(deck.tags, tag) == deck.tags.end()) deck.tags.push_back(tag);
    at = end + 1;
  }
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
  std::erase_if(read.messages, [](const DeckMessage& m) { return m.weight != Weight::error; });
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
    if (!written.empty() && !deck.cards.empty() && deck.cards.back().question == written) continue;  // another hidden part of the same line
    deck.cards.push_back({.id = {},
                          .question = written.empty() ? c.text("question") : written,
                          .answer = c.text("answer"),
                          .explanation = c.text("explanation", "")});
  }
  return as_written(std::move(deck), source);
}

void add_reversed(Deck& deck) {
  const size_t count = deck.cards.size();
  for (size_t i = 0; i < count; ++i) {
    Card c = deck.cards[i];
    if (c.cloze != 0 || c.reversed) continue;
    c.id = card_id(deck.name, c.question, "reversed");
    std::swap(c.question, c.answer);
    c.reversed = true;
    deck.cards.push_back(std::move(c));
  }
}

std::string to_markdown(const Deck& deck) {
  std::string out = "# deck: " + deck.name + "\n";
  if (!deck.tags.empty() || !deck.description.empty()) {
    out += "\ntags:";
    for (const std::string& t : deck.tags) out += " " + t;
    out += "\n";
  }
  if (!deck.description.empty()) out += "\n" + deck.description + "\n";
  const std::string* before = nullptr;  // the cards of one line are written once
  for (const Card& c : deck.cards) {
    if (c.reversed || (c.cloze > 0 && before && *before == c.written)) continue;
    out += "\n" + (c.cloze > 0 ? c.written : c.question + "\n" + c.answer) + "\n---\n" + c.explanation + (c.explanation.empty() ? "" : "\n");
    before = &c.written;
  }
  return out;
}

}  // namespace grim::learn
