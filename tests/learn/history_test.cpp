// What is kept of reviews: through edits of a deck, and in files that are not what they should be.
#include "grimoire/learn/history.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

constexpr int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr int64_t kNoon = 1'767'268'800'000;  // 2026-01-01 12:00 UTC

class HistoryTest : public testing::Test {
 protected:
  static Deck deck_of(const std::string& text) { return parse_deck("# deck: test\n\n" + text, "test.md"); }
  std::string path() const { return folder_ / "reviews.sqlite"; }
  test::TempFolder folder_;
};

std::string refusal(const std::function<void()>& call, ErrorKind kind) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }
  return "no error";
}

TEST_F(HistoryTest, ARewordedCardKeepsItsHistory) {
  History history(path());
  const Deck before = deck_of("Waht is it?\nsalt\n---\n\nWhich?\nsugar\n---\n");
  history.review("test", before.cards[0], Grade::good, kNoon, 0, {});
  history.review("test", before.cards[1], Grade::easy, kNoon, 0, {});
  const Deck after = deck_of("Which?\nsugar\n---\n\nWhat is it?\nSalt\n---\nmore\n");
  const auto moved = history.meet(after).moved;
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].from, "Waht is it?");
  EXPECT_EQ(moved[0].to, "What is it?");
  EXPECT_EQ(moved[0].line, after.cards[1].line);
  EXPECT_EQ(history.state(after.cards[1]).memory.reviews, 1);
  EXPECT_EQ(history.states("test").size(), 2u);
  EXPECT_EQ(history.reviews("test").size(), 2u);
  EXPECT_TRUE(history.meet(after).moved.empty());
  // Two with that answer: nobody can tell which one it was.
  const Deck twins = deck_of("Which?\nsugar\n---\n\nFirst?\nsalt\n---\n\nSecond?\nsalt\n---\n");
  EXPECT_TRUE(history.meet(twins).moved.empty());
  EXPECT_EQ(history.states("test").size(), 2u);
}

TEST_F(HistoryTest, ADeckOfAnotherNameIsAnother) {
  History history(path());
  const Deck a = parse_deck("Q?\nA\n---\n", "a.md"), b = parse_deck("Q?\nA\n---\n", "b.md");
  history.review(a.key, a.cards[0], Grade::good, kNoon, 0, {});
  EXPECT_TRUE(history.meet(b).moved.empty());
  EXPECT_EQ(history.state(b.cards[0]).memory.reviews, 0);
}

// What is sure and what is a guess, one card that is gone and one that came.
TEST_F(HistoryTest, OnlyWhatLeavesNoDoubtMovesByItself) {
  struct Case {
    const char *from, *to, *said;
  };
  constexpr Case kCases[] = {{"Is BERT an encoder?\nyes", "Is Paris the capital of France?\nyes", "guess"},
                             {"Is BERT an encoder?\nyes", "Is BART an encoder?\nyes", "guess"},
                             {"Is BERT an encoder?\nyes", "Is **BERT** an encoder\nyes", "moved"},
                             {"A BERT is one\ntrue", "A BART is one\nTrue", "guess"},
                             {"Who is on page 7?\nAlbert", "Who is on page 8?\nAlbert", "guess"},
                             {"What is x > 0?\nlinear", "What is x < 0?\nlinear", "guess"},
                             {"Waht makes it rise?\nYeast", "What makes it rise?\nyeast", "moved"},
                             {"What makes it rise?\nYeast", "What is in beer?\nYeast", "guess"},
                             {"Is it 1.5?\nmaybe", "Is it 15?\nmaybe", "guess"},
                             {"Q?\nA", "Q?\nB", "-"},
                             {"Is it so?\nyes", "Is it so?\nno", "-"},
                             {"One?\nsalt", "Other?\nsugar", "-"}};
  for (const Case& c : kCases) {
    History history(folder_ / "one.sqlite");
    const Deck before = deck_of(std::string(c.from) + "\n---\n"), after = deck_of(std::string(c.to) + "\n---\n");
    history.review("test", before.cards[0], Grade::good, kNoon, 0, {});
    const Meeting m = history.meet(after);
    EXPECT_STREQ(!m.moved.empty() ? "moved" : !m.guesses.empty() ? "guess" : "-", c.said) << c.from << " -> " << c.to;
    EXPECT_EQ(history.reviews("test").size(), 1u);
    std::filesystem::remove(folder_ / "one.sqlite");
  }
}

TEST_F(HistoryTest, AGuessIsTakenOrNeverMadeAgain) {
  History history(path());
  const Deck before = deck_of("Is BERT an encoder?\nyes\n---\n\nIs GPT one?\nyes\n---\n");
  for (const Card& c : before.cards) history.review("test", c, Grade::good, kNoon, 0, {});
  const Deck after = deck_of("Is GPT-2 one?\nyes\n---\n\nIs Paris a town?\nyes\n---\n");
  const Meeting m = history.meet(after);
  ASSERT_EQ(m.guesses.size(), 2u);
  EXPECT_EQ(m.guesses[0].moved.from, "Is GPT one?");  // the nearest
  history.take(m.guesses[0]);
  history.keep_apart(after, *m.guesses[1].card);
  EXPECT_TRUE(history.meet(after).guesses.empty());
  EXPECT_EQ(history.state(after.cards[0]).memory.reviews, 1);
  EXPECT_EQ(history.state(after.cards[1]).memory.reviews, 0);
  EXPECT_EQ(history.reviews("test").size(), 2u);
  EXPECT_EQ(history.state(before.cards[0]).memory.reviews, 1);
}

TEST_F(HistoryTest, TheOtherWayRoundGoesWithIt) {
  History history(path());
  Deck before = deck_of("What is the captial of France?\nParis\n---\n"), after = deck_of("What is the capital of France?\nParis\n---\n");
  add_reversed(before), add_reversed(after);
  for (const Card& c : before.cards) history.review("test", c, Grade::good, kNoon, 0, {});
  EXPECT_EQ(history.meet(after).moved.size(), 2u);
  for (const Card& c : after.cards) EXPECT_EQ(history.state(c).memory.reviews, 1) << c.question;
}

std::string many_cards(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += str("Question {}?\nanswer {}\n---\n\n", i, i);
  return text;
}

TEST_F(HistoryTest, ADeckIsKnownUnderAnotherName) {
  History history(path());
  Deck old = parse_deck("# deck: old\n\n" + many_cards(0, 6) + "The {{c1::a}} {{c2::b}}.\n---\n", "d.md");
  add_reversed(old);
  EXPECT_FALSE(history.known_as(old));
  for (const Card& c : old.cards) history.review(old.key, c, Grade::good, kNoon, 0, {});
  EXPECT_FALSE(history.known_as(old));
  Deck now = parse_deck("# deck: new\n\n" + many_cards(1, 9) + "The {{c1::a}} {{c2::b}}.\n---\n", "d.md");
  std::ranges::find(now.cards, "Question 2?", &Card::question)->answer = "another one";
  add_reversed(now);
  EXPECT_TRUE(history.meet(now).moved.empty());
  const auto known = history.known_as(now);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->key, "old");
  EXPECT_EQ(known->cards, 12);  // five plain ones, the same reversed, two parts
  EXPECT_FALSE(history.known_as(parse_deck("# deck: third\n\n" + many_cards(5, 30), "d.md")));  // one card in common
  history.take_over(now, "old");
  EXPECT_FALSE(history.known_as(now));
  EXPECT_EQ(history.reviews("new").size(), old.cards.size());
  EXPECT_TRUE(history.states("old").empty());
  for (const Card& c : now.cards)
    EXPECT_EQ(history.state(c).memory.reviews, std::ranges::count(old.cards, id_under("old", c), &Card::id)) << c.question;
  const Deck last = parse_deck("# deck: last\n\n" + many_cards(1, 9), "d.md");
  ASSERT_TRUE(history.known_as(last));
  history.keep_apart(last, "new");
  EXPECT_FALSE(history.known_as(last));
  EXPECT_EQ(history.reviews("new").size(), old.cards.size());
}

TEST_F(HistoryTest, ADeckWithoutATitleIsWhereItsFileIs) {
  History history(path());
  std::filesystem::create_directories(folder_ / "a");
  std::filesystem::create_directories(folder_ / "b");
  const std::string here = folder_.put("a/cards.md", many_cards(0, 4)), there = folder_ / "b/cards.md";
  const Deck a = read_deck(here);
  EXPECT_EQ(read_deck(folder_ / "b/../a/cards.md").key, a.key);
  for (const Card& c : a.cards) history.review(a.key, c, Grade::good, kNoon, 0, {});
  folder_.put("b/cards.md", many_cards(0, 4));
  const Deck b = read_deck(there);
  EXPECT_NE(b.key, a.key);
  EXPECT_EQ(b.name, a.name);
  EXPECT_TRUE(history.states(b.key).empty());
  EXPECT_FALSE(history.known_as(b));  // the other one is still there
  std::filesystem::remove(here);
  ASSERT_TRUE(history.known_as(b));  // it was moved
  history.take_over(b, history.known_as(b)->key);
  EXPECT_EQ(history.reviews(b.key).size(), 4u);
  folder_.put("b/cards.md", "# deck: titled\n\n" + many_cards(0, 4));
  const Deck titled = read_deck(there);
  ASSERT_TRUE(history.known_as(titled));  // the same file
  EXPECT_EQ(history.known_as(titled)->key, b.key);
}

TEST_F(HistoryTest, ReadingChangesNothing) {
  const Deck before = deck_of("Waht is it?\nsalt\n---\n"), after = deck_of("What is it?\nsalt\n---\n");
  {
    History none(path(), Access::reading);
    EXPECT_TRUE(none.states("test").empty());
    EXPECT_TRUE(none.reviews("test").empty());
  }
  EXPECT_FALSE(exists(path()));
  { History(path()).review("test", before.cards[0], Grade::good, kNoon, 0, {}); }
  const std::string bytes = read_file(path());
  {
    History reading(path(), Access::reading);
    EXPECT_EQ(reading.reviews("test").size(), 1u);
    EXPECT_FALSE(reading.known_as(after));
    EXPECT_THROW(reading.meet(after), Error);
    EXPECT_THROW(reading.suspend("test", before.cards[0], true), Error);
  }
  EXPECT_EQ(read_file(path()), bytes);
  EXPECT_NE(refusal([&] { History h(folder_.put("text.sqlite", "Dear diary"), Access::reading); }, ErrorKind::input), "no error");
}

// A thousand edits between reviews, every third card with the answer "yes". A row for each review ever made stays; a card that kept its
// question keeps its memory, one that went away and came back finds it again, one whose letters were mended takes it along, and a new card
// has none, whatever its answer. Guesses are taken when they are right.
TEST_F(HistoryTest, EditsLoseNoHistory) {
  History history(path());
  Rng rng(RngMode::philox, 4, "edits");
  struct Written {
    std::string question, answer, explanation;
  };
  std::vector<Written> cards, away;
  int64_t made = 0, now = kNoon, rows = 0, mended = 0, taken = 0, refused = 0;
  std::map<std::string, int> reviews;  // of every question there ever was
  const auto fresh = [&] {
    ++made;
    cards.push_back({str("Wich one is question {}?", made), made % 3 == 0 ? "yes" : str("answer {}", made), ""});
  };
  const auto any = [&](auto& list) { return static_cast<size_t>(rng.randint(0, std::ssize(list))); };
  for (int i = 0; i < 12; ++i) fresh();
  for (int edit = 0; edit < 1000; ++edit) {
    const int64_t kind = rng.randint(0, 9);
    const size_t at = any(cards);
    std::pair<std::string, std::string> moves;  // questions
    bool sure = false;
    const auto ask = [&](const std::string& question) { moves = {cards[at].question, question}, cards[at].question = question; };
    if (kind == 0) std::rotate(cards.begin(), cards.begin() + static_cast<std::ptrdiff_t>(at), cards.end());
    if (kind == 1) cards[at].explanation = str("told anew {}\nin two lines", edit);
    if (kind == 2 && cards[at].answer != "yes") cards[at].answer = str("answer {} of edit {}", at, edit);
    if (kind == 3) ask(str("Question {} in other words?", ++made));
    if (kind == 4 && cards.size() > 5) away.push_back(cards[at]), cards.erase(cards.begin() + static_cast<std::ptrdiff_t>(at));
    if (kind == 5 && !away.empty()) {
      const size_t back = any(away);
      cards.push_back(away[back]), away.erase(away.begin() + static_cast<std::ptrdiff_t>(back));
    }
    if (kind == 6) fresh();
    if (kind == 7 && cards[at].question.starts_with("Wich") && cards[at].answer != "yes") sure = true, ask("Which" + cards[at].question.substr(4));
    if (kind == 8) cards[at] = {str("Is {} another card?", ++made), cards[at].answer, ""};
    std::string text;
    for (const Written& w : cards) text += w.question + "\n" + w.answer + "\n---\n" + w.explanation + "\n\n";
    const Deck deck = deck_of(text);
    const Meeting meeting = history.meet(deck);
    const auto follows = [&](const std::string& from, const std::string& to) {
      ASSERT_EQ(std::pair(from, to), moves) << "edit " << edit;
      reviews[to] = reviews[from];
      reviews.erase(from);
    };
    EXPECT_EQ(meeting.moved.size(), sure && reviews[moves.first] > 0) << "edit " << edit;
    for (const Moved& m : meeting.moved) follows(m.from, m.to), ++mended;
    for (const Meeting::Guess& g : meeting.guesses) {
      if (g.moved.to != moves.second || g.moved.from != moves.first) history.keep_apart(deck, *g.card), ++refused;
      else history.take(g), follows(g.moved.from, g.moved.to), ++taken;
    }
    const auto states = history.states("test");
    int64_t all = 0;
    for (const auto& [id, state] : states) all += state.memory.reviews;
    ASSERT_EQ(all, rows) << "edit " << edit;
    ASSERT_EQ(std::ssize(history.reviews("test")), rows) << "edit " << edit;
    for (const Card& c : deck.cards) {
      const auto s = states.find(c.id);
      ASSERT_EQ(s == states.end() ? 0 : s->second.memory.reviews, reviews[c.question]) << "edit " << edit << ": " << c.question;
    }
    for (const Card& c : deck.cards) {
      if (rng.randint(0, 8) != 0) continue;
      history.review("test", c, static_cast<Grade>(rng.randint(1, 5)), now += kHour, 0, {});
      ++reviews[c.question], ++rows;
    }
  }
  EXPECT_GT(rows, 800);
  EXPECT_GT(mended, 10);
  EXPECT_GT(taken, 10);
  EXPECT_GT(refused, 10);
}

// --- files that are not what they should be

void with_sqlite(const std::string& path, const char* sql) {
  Database d(path);
  d.run(sql);
}

TEST_F(HistoryTest, AnotherProgramsDatabaseIsLeftAlone) {
  const std::string other = folder_ / "other.sqlite";
  with_sqlite(other, "CREATE TABLE bookmark (name TEXT); INSERT INTO bookmark VALUES ('mine');");
  const std::string before = read_file(other);
  EXPECT_NE(refusal([&] { History h(other); }, ErrorKind::input).find("other.sqlite: a database of another program"), std::string::npos);
  EXPECT_EQ(read_file(other), before);
  with_sqlite(other, "PRAGMA user_version = 7");
  EXPECT_NE(refusal([&] { History h(other); }, ErrorKind::input).find("a database of another program"), std::string::npos);
}

TEST_F(HistoryTest, ANewerVersionIsRefused) {
  { History h(path()); }
  with_sqlite(path(), "PRAGMA user_version = 2");
  EXPECT_NE(refusal([&] { History h(path()); }, ErrorKind::input).find("got version 2, expected at most 1"), std::string::npos);
}

TEST_F(HistoryTest, DamagedFilesAreRefused) {
  folder_.put("text.sqlite", "Dear diary, " + std::string(5000, '.'));
  EXPECT_NE(refusal([&] { History h(folder_ / "text.sqlite"); }, ErrorKind::input).find("text.sqlite: cannot "), std::string::npos);
  std::string text;
  for (int i = 0; i < 200; ++i) text += str("Question {}?\nanswer {}\n---\n\n", i, i);
  const Deck deck = deck_of(text);
  {
    History h(path());
    for (const Card& c : deck.cards) h.review("test", c, Grade::good, kNoon, 0, {});
  }
  const std::string whole = read_file(path());
  Rng rng(RngMode::philox, 5, "damage");
  int64_t refused = 0;
  for (int round = 0; round < 200; ++round) {  // cut, or a stretch overwritten: an error or an answer, never a crash
    std::string bytes = whole;
    if (round % 4 == 0) bytes.resize(static_cast<size_t>(rng.randint(1, std::ssize(whole))));
    else
      for (int64_t at = rng.randint(0, std::ssize(bytes)), end = std::min<int64_t>(at + 3000, std::ssize(bytes)); at < end; ++at)
        bytes[static_cast<size_t>(at)] = static_cast<char>(rng.randint(0, 256));
    folder_.put("damaged.sqlite", bytes);
    try {
      History h(folder_ / "damaged.sqlite");
      h.states("test");
      h.reviews("test");
      h.review("test", deck.cards[static_cast<size_t>(round)], Grade::good, kNoon + kDay, 0, {});
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("damaged.sqlite"), std::string::npos) << e.what();
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      ++refused;
    }
    for (const char* rest : {"-wal", "-shm", "-journal"}) std::filesystem::remove(folder_ / ("damaged.sqlite" + std::string(rest)));
  }
  EXPECT_GT(refused, 100);
}

TEST_F(HistoryTest, AFolderThatCannotBeWritten) {
  EXPECT_NE(refusal([&] { History h(folder_.put("file", "x") + "/reviews.sqlite"); }, ErrorKind::input).find("file: "), std::string::npos);
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_NE(refusal([&] { History h(folder_ / "folder"); }, ErrorKind::resource).find("folder: cannot "), std::string::npos);
}

}  // namespace
}  // namespace grim::learn
