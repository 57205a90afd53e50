#include "grimoire/learn/glossary_deck.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

struct Part {
  std::string before;  // what stands in front of the number
  double value;
};

// A text that is numbers and commas, semicolons or blanks between them; empty: it is something else.
std::vector<Part> numbers_in(const std::string& text) {
  std::vector<Part> parts;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = std::min(text.find_first_not_of(",; ", at), text.size());
    double value;
    const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
    if (error != std::errc()) return {};
    parts.push_back({text.substr(at, begin - at), value});
    at = static_cast<size_t>(end - text.data());
    if (at < text.size() && text.find_first_of(",; ", at) != at) return {};
  }
  return parts;
}

double moved(double v, Rng& rng) {
  const int64_t size = std::llround(std::min(std::abs(v), 1e9));
  if (v == std::floor(v)) return v == 0 ? 0 : std::copysign(static_cast<double>(rng.randint(std::max<int64_t>(1, size * 2 / 3), size * 3 / 2 + 3)), v);
  if (v > 0 && v < 1) return static_cast<double>(rng.randint(1, 20)) / 20;
  return std::round(v * (0.6 + 0.9 * rng.uniform_double()) * 10) / 10;
}

std::string redrawn(const std::string& text, Rng& rng) {
  std::vector<Part> parts = numbers_in(text);
  if (parts.empty()) return text;
  double sum = 0;
  bool shares = parts.size() > 1;
  for (const Part& p : parts) sum += p.value, shares = shares && p.value >= 0 && p.value <= 1;
  if (shares && std::abs(sum - 1) < 1e-9 && parts.size() < 20) {  // of twenty twentieths each gets one, the others by chance
    std::vector<int64_t> twentieths(parts.size(), 1);
    const auto count = static_cast<int64_t>(parts.size());
    for (int64_t left = 20 - count; left > 0; --left) ++twentieths[static_cast<size_t>(rng.randint(0, count))];
    for (size_t i = 0; i < parts.size(); ++i) parts[i].value = static_cast<double>(twentieths[i]) / 20;
  } else {
    for (Part& p : parts) p.value = moved(p.value, rng);
  }
  std::string out;
  for (const Part& p : parts) out += p.before + str("{:.6g}", p.value);
  return out;
}

// Nothing: it cannot be worked out with these, or gives no number.
std::optional<Worked> tried(const Concept& c, const Settings& settings) {
  try {
    Worked w = work_out(c, Inputs(c, settings));
    const bool finite = std::ranges::all_of(w.answers(), [](const Figure& f) {
      const double* v = std::get_if<double>(&f.value);
      return !v || std::isfinite(*v);
    });
    return w.answers().empty() || !finite ? std::nullopt : std::optional(std::move(w));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::pair<Settings, Worked> fresh_work(const Concept& c, uint64_t seed) {
  Rng rng(RngMode::philox, seed, c.id);
  for (int tries = 0; tries < 20; ++tries) {
    Settings drawn = Inputs(c).all();
    for (auto& [name, text] : drawn) text = redrawn(text, rng);
    if (auto w = tried(c, drawn)) return {std::move(drawn), std::move(*w)};
  }
  return {Inputs(c).all(), work_out(c, Inputs(c))};
}

// Concepts whose first answer is no number: nothing to judge. To find out by working them all out takes as long as an experiment does.
constexpr std::array<std::string_view, 16> kWithoutNumber = {
    "rule-based-ai", "knn",     "decision-tree", "bigram-pairs",  "neural-bigram", "q-cross", "contextual-embedding",
    "wordpiece",     "subword", "pos",           "do-what-i-mean", "e-acc",         "np", "decision-problem",
    "bpe",           "chat-template"};

std::string fenced(const std::vector<std::string>& lines) {
  std::string text = "```\n";
  for (const std::string& l : lines) text += l + "\n";
  return text + "```";
}

}  // namespace

bool gives_a_number(const Concept& c) { return std::ranges::find(kWithoutNumber, c.id) == kWithoutNumber.end(); }

Settings fresh_inputs(const Concept& c, uint64_t seed) { return fresh_work(c, seed).first; }

Deck deck_of(const Family& family) {
  Deck deck;
  deck.name = deck.key = str("grimoire {}", family.id);
  deck.tags = {"grimoire", family.id};
  const auto add = [&](const Concept& c, const std::string& id, Card card) {
    card.id = card.note = card_id(deck.key, id);
    card.entry = c.id;
    deck.cards.push_back(std::move(card));
  };
  for (const Concept& c : family.concepts) {
    for (const std::string& line : lines_of(c.ask)) {
      const auto [question, reply] = split_once(line, "|");
      add(c, question, {.id = "", .question = question, .answer = reply, .explanation = c.what});
    }
    if (!c.compute || !gives_a_number(c)) continue;
    add(c, str("compute {}", c.id), {.id = "", .question = str("{}: a computation", c.title), .answer = "", .explanation = "", .computed = true});
  }
  return deck;
}

Card dealt(Card card, uint64_t seed) {
  if (!card.computed || !card.answer.empty()) return card;
  const Concept& c = *find_concept(card.entry);
  const auto [settings, worked] = fresh_work(c, seed);
  card.question = str("{}: with {}, work out: {}.", c.title, Inputs(c, settings).as_line(), worked.answers()[0].name);
  card.answer = str("{:.5g}", std::get<double>(worked.answers()[0].value));
  card.explanation = fenced(lines_of(c.formula)) + "\n" + fenced(worked.steps());
  return card;
}

Deck deck_of(const Family& family, uint64_t seed) {
  Deck deck = deck_of(family);
  for (Card& card : deck.cards) card = dealt(std::move(card), seed);
  return deck;
}

const Concept* entry_for(const Card& card) {
  if (!card.entry.empty()) return find_concept(card.entry);
  // The longest name that stands in the card as whole words.
  const auto padded = [](std::string_view text) {
    std::string words = " ";
    for (char c : folded_text(text)) words += std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) ? c : ' ';
    return words + " ";
  };
  const std::string text = padded(card.question) + padded(card.answer);
  const Concept* best = nullptr;
  size_t longest = 2;
  for (const Concept* c : all_concepts()) {
    std::vector<std::string> names = lines_of(c->names);
    names.emplace_back(c->title);
    for (const std::string& n : names) {
      const std::string word = padded(n);
      if (word.size() - 2 > longest && text.find(word) != std::string::npos) best = c, longest = word.size() - 2;
    }
  }
  return best;
}

namespace {
constexpr Told kToldTooSimply[] = {{"throw away recurrence", "recurrence-free"},
                                    {"are the word embeddings", "qkv-self"},
                                    {"k = v =", "kv-cross"},
                                    {"3 transformer variants", "transformer-variants"},
                                    {"15% of tokens replaced", "mlm"},
                                    {"whether they're contiguous", "nsp"},
                                    {"3 key features of bert", "bidirectional"},
                                    {"two special tokens from bert", "sep"},
                                    {"summary of entire input", "cls"},
                                    {"distilbert use segment", "distilbert"},
                                    {"retain 97%", "97-60-40"},
                                    {"multi-task learning", "multi-task-prompt"}};

bool has_words(std::string_view text, std::string_view words) {
  const auto joins = [](char a, char b) {
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80); };
    return letter(a) && letter(b);
  };
  for (size_t at = 0; (at = text.find(words, at)) != std::string_view::npos; ++at) {
    const size_t end = at + words.size();
    if (!(at > 0 && joins(text[at - 1], text[at])) && !(end < text.size() && joins(text[end - 1], text[end]))) return true;
  }
  return false;
}
}  // namespace

std::span<const Told> told_too_simply() { return kToldTooSimply; }

const Concept* correction_of(const Card& card) {
  const std::string text = folded_text(card.question + " " + card.answer);
  for (const auto& told : kToldTooSimply)
    if (has_words(text, told.words))
      if (const Concept* c = find_concept(told.entry); c && *c->mistake) return c;
  return nullptr;
}

}  // namespace grim::learn
