#include <algorithm>
#include <filesystem>
#include <set>
#include <span>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/learn/cloze.h"
#include "grimoire/learn/deck.h"
#include "grimoire/report/markdown.h"

namespace grim::learn {
namespace {

constexpr size_t kMostBytes = size_t{16} << 20, kMostLine = 65536, kMostCards = 100000;
constexpr std::string_view kUntitled = "file:";
using Weight = DeckMessage::Weight;

bool is_blank(std::string_view line) { return trimmed(line).empty(); }
bool is_near_rule(std::string_view line) {  // dashes that are not the rule, or another writer's dash
  const std::string_view t = trimmed(line);
  if (t == "\u2014" || t == "\u2013" || t == "\u2014\u2014\u2014") return true;
  return t != "---" && t.size() >= 2 && t.find_first_not_of("- ") == t.npos && std::count(t.begin(), t.end(), '-') >= 2;
}

struct Block {
  int64_t first;  // line number
  std::vector<std::string_view> lines = {};
  size_t rule = SIZE_MAX;  // the first one that is not in code
  bool has_rule() const { return rule < lines.size(); }
  int64_t number_of(size_t line) const { return first + static_cast<int64_t>(line); }
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

class Reader {
 public:
  Reader(std::string_view text, std::string_view source) : source_(source), lines_(lines_in(text)) {
    deck_.name = deck_name_of(source);
  }

  Deck read() {
    find_code();
    split_into_blocks(title());
    Card* last = nullptr;
    int64_t damaged = 0;
    for (size_t i = tags_and_description(); i < blocks_.size(); ++i) {
      const Block& b = blocks_[i];
      if (b.has_rule()) last = card(b), damaged = b.first;
      else if (last) follow(*last, b, i);
      else near_rules(b), say(Weight::warning, b.first, str("paragraph below the card at line {}, which is left out: mend that one first.", damaged));
    }
    spread_hidden_parts();
    identify(deck_, titled_ ? "" : std::string(kUntitled) + source_);
    drop_doubles();
    std::ranges::stable_sort(deck_.messages, {}, &DeckMessage::line);
    if (deck_.cards.empty()) {
      std::string told;
      for (const DeckMessage& m : deck_.messages) told += to_text(m, source_) + "\n";
      throw Error(ErrorKind::input, told + str("{}: no cards. A card is three or more lines: question, answer, '---', then the explanation.", source_),
                  "for example\nWhat is the capital of France?\nParis\n---\nIt lies on the Seine.");
    }
    return std::move(deck_);
  }

 private:
  void say(Weight weight, int64_t line, std::string text) { deck_.messages.push_back({weight, line, std::move(text)}); }
  [[noreturn]] void refuse(int64_t line, const std::string& text) const {
    throw Error(ErrorKind::input, to_text(DeckMessage{Weight::error, line, text}, source_));
  }

  // Lines of fenced code: blank lines and rules part nothing there. A fence that nothing closes is a line like any other.
  void find_code() {
    in_code_.assign(lines_.size(), false);
    std::vector<std::pair<size_t, report::Fence>> fences;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].size() > kMostLine) refuse(static_cast<int64_t>(i) + 1, str("a line of {} bytes, expected at most {}", lines_[i].size(), kMostLine));
      if (const report::Fence f = report::fence_of(lines_[i]); f.length > 0) fences.emplace_back(i, f);
    }
    std::vector<size_t> later(fences.size());  // the longest one that follows and can close it
    std::unordered_map<char, size_t> longest;
    for (size_t k = fences.size(); k-- > 0;) {
      const report::Fence& f = fences[k].second;
      later[k] = longest[f.mark];
      if (f.bare) longest[f.mark] = std::max(longest[f.mark], f.length);
    }
    for (size_t k = 0; k < fences.size(); ++k) {
      const auto& [line, f] = fences[k];
      if (later[k] < f.length) {
        say(Weight::error, static_cast<int64_t>(line) + 1, "code fence opened here is never closed. Close it with the same marks.");
        continue;
      }
      while (!fences[++k].second.closes(f)) {
      }
      std::fill(in_code_.begin() + static_cast<std::ptrdiff_t>(line), in_code_.begin() + static_cast<std::ptrdiff_t>(fences[k].first) + 1, true);
    }
  }

  void split_into_blocks(size_t from) {
    bool open = false;
    for (size_t i = from; i < lines_.size(); ++i) {
      const std::string_view line = lines_[i];
      if (!in_code_[i] && is_blank(line)) {
        open = false;
        continue;
      }
      if (!open) blocks_.push_back({static_cast<int64_t>(i) + 1}), open = true;
      Block& b = blocks_.back();
      if (!in_code_[i] && is_rule(line)) b.rule = std::min(b.rule, b.lines.size());
      b.lines.push_back(line);
    }
  }

  // The line below the title.
  size_t title() {
    const auto first = static_cast<size_t>(std::ranges::find_if_not(lines_, is_blank) - lines_.begin());
    if (first == lines_.size() || !folded_text(lines_[first]).starts_with("# deck:")) return first;
    const std::string_view name = trimmed(lines_[first].substr(lines_[first].find(':') + 1));
    if (name.empty()) say(Weight::warning, static_cast<int64_t>(first) + 1, "the title has no name. Write '# deck: NAME'.");
    else deck_.name = std::string(name), titled_ = true;
    return first + 1;
  }

  // The first block that is neither.
  size_t tags_and_description() {
    size_t next = 0;
    for (bool tagged = false; next < blocks_.size() && !blocks_[next].has_rule(); ++next) {
      const Block& b = blocks_[next];
      if (b.lines.size() > 1 || tagged || is_near_rule(b.lines[0])) {
        near_rules(b);
        deck_.description += (deck_.description.empty() ? "" : "\n\n") + joined(b.lines);
        continue;
      }
      tagged = true;
      std::string_view words = trimmed(b.lines[0]);
      if (folded_text(words.substr(0, 5)) == "tags:") words.remove_prefix(5);
      add_tags(deck_, words);
    }
    return next;
  }

  bool near_rules(const Block& b) {
    for (size_t i = 0; i < b.lines.size(); ++i) {
      if (is_code(b, i) || !is_near_rule(b.lines[i])) continue;
      say(Weight::error, b.number_of(i), str("'{}' is not the rule; write exactly '---'.", trimmed(b.lines[i])));
      return true;
    }
    return false;
  }

  Card* card(const Block& b) {
    const size_t rule = b.rule;
    const std::string_view question = trimmed(b.lines[0]);
    const bool cloze = rule > 0 && !hidden_parts(question).empty();
    if (rule == 0) {
      say(Weight::error, b.first, "'---' without question and answer above it. Put both there, a line each.");
      return nullptr;
    }
    for (const std::string& fault : faulty_parts(question)) say(Weight::warning, b.first, fault);
    if (rule == 1 && !cloze) {
      say(Weight::error, b.first, str("question without an answer: line {} is '---'. Put the answer between them.", b.first + 1));
      return nullptr;
    }
    if (rule > 2) {
      say(Weight::error, b.first, str("{} lines before '---', expected 2 (question, answer). Move the rest below '---'.", rule));
      return nullptr;
    }
    for (size_t i = rule + 1; i < b.lines.size(); ++i)
      if (!is_code(b, i) && is_rule(b.lines[i])) say(Weight::notice, b.number_of(i), "second '---' in a card is shown as a line.");
    limit(deck_.cards, b.first);
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
        advice += str(" Part of the next? Move it below line {}.", blocks_[k].number_of(blocks_[k].rule));
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
        limit(cards, c.line);
        cards.push_back(std::move(one));
      }
    }
    deck_.cards = std::move(cards);
  }

  void drop_doubles() {
    std::unordered_map<std::string, int64_t> seen(deck_.cards.size());
    int64_t told = 0;  // the line that it was last said of: it may hold several cards
    std::erase_if(deck_.cards, [&](const Card& c) {
      const auto [first, fresh] = seen.emplace(c.id, c.line);
      if (!fresh && told != c.line) say(Weight::error, told = c.line, str("same question as line {}: only the first is asked.", first->second));
      return !fresh;
    });
  }

  bool is_code(const Block& b, size_t line) const { return in_code_[static_cast<size_t>(b.number_of(line)) - 1]; }
  void limit(const std::vector<Card>& cards, int64_t line) const {
    if (cards.size() == kMostCards) refuse(line, str("more than {} cards. Part the deck.", with_commas(kMostCards)));
  }

  std::string source_;
  std::vector<std::string_view> lines_;
  std::vector<Block> blocks_;
  std::vector<bool> in_code_;  // by line
  bool titled_ = false;
  Deck deck_;
};

}  // namespace

Deck parse_deck(std::string_view text, std::string_view source) {
  const auto refuse = [&](int64_t line, const std::string& what) { throw Error(ErrorKind::input, to_text(DeckMessage{Weight::error, line, what}, source)); };
  if (text.size() > kMostBytes) refuse(0, str("{} bytes, expected at most {}", with_commas(static_cast<int64_t>(text.size())), with_commas(kMostBytes)));
  if (text.starts_with("PK\x03\x04"))
    refuse(0, str("looks like an Anki package. Make a deck of it: grimoire deck import {} " GRIM_SETTING("out=deck.md"), source));
  if (const auto fault = find_utf8_fault(text)) {
    const unsigned byte = static_cast<unsigned char>(text[fault->byte]);
    refuse(fault->line, str("not UTF-8 at byte {} (0x{:02X}); save the file as UTF-8.", fault->byte, byte));
  }
  text = without_byte_order_mark(text);
  if (text.starts_with("#separator:"))
    refuse(1, str("looks like an Anki export (#separator:...). Make a deck of it: grimoire deck import {} " GRIM_SETTING("out=deck.md"), source));
  return Reader(text, source).read();
}

Deck read_deck(const std::string& path) {
  Deck deck = parse_deck(read_file(path), path);
  std::error_code none;
  deck.path = std::filesystem::weakly_canonical(path, none).string();
  if (deck.key.starts_with(kUntitled)) identify(deck, std::string(kUntitled) + deck.path);
  return deck;
}

std::string path_of_key(std::string_view key) { return key.starts_with(kUntitled) ? std::string(key.substr(kUntitled.size())) : ""; }

}  // namespace grim::learn
