#include "grimoire/command/quiz_decks.h"

#include <algorithm>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/glossary_deck.h"
#include "grimoire/report/layout.h"

namespace grim {
namespace {

using namespace learn;

// Nothing: it is left open.
std::optional<bool> agrees(Console& console, const std::string& question) {
  const std::string word = folded_text(console.ask(question + " (y/n): ").value_or(""));
  if (word == "y" || word == "yes") return true;
  return word == "n" || word == "no" ? std::optional(false) : std::nullopt;
}

void meet_under_another_name(Console& console, History& history, const Deck& deck) {
  const auto known = history.known_as(deck);
  if (!known) return;
  const std::string path = path_of_key(known->key);
  const std::string told = str("{}: {} of its cards {} on record under '{}'", report::shown(deck.name), known->cards, known->cards == 1 ? "is" : "are",
                               report::shown(path.empty() ? known->key : path));
  if (!console.has_person()) return console.say(told + ": they are new here, unless their history is taken over at a terminal");
  const auto agreed = agrees(console, told + ". Take its history over?");
  if (agreed) *agreed ? history.take_over(deck, known->key) : history.keep_apart(deck, known->key);
}

}  // namespace

std::vector<Deck> open_decks(Console& console, const std::vector<std::string>& names, bool reversed) {
  std::vector<Deck> decks;
  for (const std::string& n : names) {
    const Family* family = exists(n) ? nullptr : find_family(n);
    if (!family && !exists(n)) throw Error(ErrorKind::input, str("{}: no such deck", n), "a Markdown file, or a family of the glossary: " + family_ids());
    decks.push_back(family ? deck_of(*family) : read_deck(n));
    for (const DeckMessage& m : decks.back().messages)
      if (m.weight != DeckMessage::Weight::notice) console.say(to_text(m, n));
    const bool both = reversed || std::ranges::find(decks.back().tags, "reversed") != decks.back().tags.end();
    if (both) add_reversed(decks.back());
  }
  return merged(std::move(decks));
}

void meet(Console& console, History& history, const Deck& deck) {
  meet_under_another_name(console, history, deck);
  const Meeting meeting = history.meet(deck);
  const std::string name = report::shown(deck.name);
  for (const Moved& m : meeting.moved) console.say(str("{}: line {}: reworded, its history goes with it: {}", name, m.line, report::shown(m.to)));
  for (const Meeting::Guess& g : meeting.guesses) {
    const std::string told = str("{}: line {}: '{}' has the answer of '{}', which is gone", name, g.moved.line, report::shown(g.moved.to),
                                 report::shown(g.moved.from));
    if (!console.has_person()) {
      console.say(told + ": it is new here, unless the history is taken over at a terminal");
      continue;
    }
    const auto agreed = agrees(console, told + ". The same card in other words?");
    if (agreed) *agreed ? history.take(g) : history.keep_apart(deck, *g.card);
  }
}

}  // namespace grim
