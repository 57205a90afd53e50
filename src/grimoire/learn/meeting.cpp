// A deck meets what is on record: cards in other words, and decks under another name.
#include <algorithm>
#include <unordered_map>

#include "grimoire/base/files.h"
#include "grimoire/learn/history.h"
#include "grimoire/learn/reworded.h"

namespace grim::learn {

// Within a transaction. false: the card has begun with a history of its own meanwhile.
bool History::give(const std::string& from, const Card& card) {
  if (state(card).memory.reviews > 0) return false;
  Statement(database_, "DELETE FROM card WHERE id = ?1 AND EXISTS (SELECT 1 FROM card WHERE id = ?2)").bind(card.id).bind(from).run();
  Statement(database_, "UPDATE card SET id = ?, question = ? WHERE id = ?").bind(card.id).bind(card.question).bind(from).run();
  Statement(database_, "UPDATE review SET card = ? WHERE card = ?").bind(card.id).bind(from).run();
  return true;
}

Meeting History::meet(const Deck& deck) {
  std::unordered_map<std::string_view, size_t> here(deck.cards.size());  // places
  for (size_t i = 0; i < deck.cards.size(); ++i) here.emplace(deck.cards[i].id, i);
  std::vector<bool> known(deck.cards.size());
  std::vector<const Card*> mended;  // whose answer is another one now
  std::vector<GoneCard> gone;
  {
    Statement s(database_, "SELECT id, question, answer, memory <> '' OR suspended FROM card WHERE deck = ?");
    s.bind(deck.key);
    while (s.step()) {
      if (const auto found = here.find(s.text(0)); found != here.end()) {
        const Card& c = deck.cards[found->second];
        known[found->second] = true;
        if (!c.computed && folded_text(c.answer) != s.text(2)) mended.push_back(&c);
      } else if (s.integer(3) != 0) {
        gone.push_back({s.text(0), s.text(1), s.text(2)});
      }
    }
  }
  std::vector<const Card*> fresh;
  if (!gone.empty())
    for (size_t i = 0; i < known.size(); ++i)
      if (!known[i]) fresh.push_back(&deck.cards[i]);
  const std::vector<Reworded> pairs = reworded(gone, fresh);
  Meeting meeting;
  if (mended.empty() && pairs.empty()) return meeting;
  Transaction t(database_);
  for (const Card* c : mended) add(deck.key, *c);
  for (const Reworded& p : pairs) {
    const Card& c = *fresh[p.fresh];
    Moved moved{c.line, gone[p.gone].question, c.question};
    if (!p.sure) meeting.guesses.push_back({gone[p.gone].id, &c, std::move(moved)});
    else if (give(gone[p.gone].id, c)) meeting.moved.push_back(std::move(moved));
  }
  t.commit();
  return meeting;
}

void History::take(const Meeting::Guess& guess) {
  Transaction t(database_);
  give(guess.id, *guess.card);
  t.commit();
}

void History::keep_apart(const Deck& deck, const Card& card) {
  Transaction t(database_);
  add(deck.key, card);
  t.commit();
}

void History::keep_apart(const Deck& deck, const std::string& key) {
  Transaction t(database_);
  const std::unordered_map<std::string, CardState> there = states(key);
  for (const Card& c : deck.cards)
    if (there.contains(id_under(key, c))) add(deck.key, c);
  t.commit();
}

std::optional<KnownAs> History::known_as(const Deck& deck) {
  if (deck.cards.empty() || deck.cards[0].line == 0) return std::nullopt;  // of no file
  const auto all = static_cast<int64_t>(deck.cards.size());
  int64_t here = 0;
  std::vector<std::pair<std::string, int64_t>> others;
  {
    Statement s(database_, "SELECT deck, count(*) FROM card GROUP BY deck");
    while (s.step())
      if (s.text(0) == deck.key) here = s.integer(1);
      else others.emplace_back(s.text(0), s.integer(1));
  }
  std::optional<KnownAs> best;
  for (const auto& [key, count] : others) {
    const std::string path = path_of_key(key);  // of another deck that is still there, unless it is this one, which has a title now
    if (count <= here || 2 * here > all || (!path.empty() && path != deck.path && exists(path))) continue;
    Statement s(database_, "SELECT count(*) FROM card WHERE id = ? AND (memory <> '' OR suspended)");
    int64_t same = 0;
    for (const Card& c : deck.cards) {
      s.bind(id_under(key, c)).step();
      same += s.integer(0);
      s.run();
    }
    if (same > std::max(here, best ? best->cards : 0) && (2 * same >= count || 2 * same >= all)) best = {key, same};
  }
  return best;
}

void History::take_over(const Deck& deck, const std::string& key) {
  Transaction t(database_);
  for (const Card& c : deck.cards) give(id_under(key, c), c);
  Statement(database_, "UPDATE card SET deck = ? WHERE deck = ?").bind(deck.key).bind(key).run();
  t.commit();
}

}  // namespace grim::learn
