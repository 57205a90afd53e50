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
  const auto moved = history.meet(after);
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].from, "Waht is it?");
  EXPECT_EQ(moved[0].to, "What is it?");
  EXPECT_EQ(moved[0].line, after.cards[1].line);
  EXPECT_EQ(history.state(after.cards[1]).memory.reviews, 1);
  EXPECT_EQ(history.states("test").size(), 2u);
  EXPECT_EQ(history.reviews("test").size(), 2u);
  EXPECT_TRUE(history.meet(after).empty());
  // Two with that answer: nobody can tell which one it was.
  const Deck twins = deck_of("Which?\nsugar\n---\n\nFirst?\nsalt\n---\n\nSecond?\nsalt\n---\n");
  EXPECT_TRUE(history.meet(twins).empty());
  EXPECT_EQ(history.states("test").size(), 2u);
}

TEST_F(HistoryTest, ADeckOfAnotherNameIsAnother) {
  History history(path());
  const Deck a = parse_deck("Q?\nA\n---\n", "a.md"), b = parse_deck("Q?\nA\n---\n", "b.md");
  history.review(a.name, a.cards[0], Grade::good, kNoon, 0, {});
  EXPECT_TRUE(history.meet(b).empty());
  EXPECT_EQ(history.state(b.cards[0]).memory.reviews, 0);
}

// A thousand edits between reviews. A row for each review ever made stays; a card that kept its question keeps its memory, and one that
// went away and came back finds it again.
TEST_F(HistoryTest, EditsLoseNoHistory) {
  History history(path());
  Rng rng(RngMode::philox, 4, "edits");
  struct Written {
    std::string question, answer, explanation;
  };
  std::vector<Written> cards, away;
  int64_t made = 0, now = kNoon;
  std::map<std::string, int> reviews;  // of each question that is here or away
  const auto fresh = [&] {
    ++made;
    cards.push_back({str("Question {}?", made), str("answer {}", made), ""});
  };
  const auto any = [&](auto& list) { return static_cast<size_t>(rng.randint(0, std::ssize(list))); };
  for (int i = 0; i < 12; ++i) fresh();
  int64_t rows = 0;
  for (int edit = 0; edit < 1000; ++edit) {
    const int64_t kind = rng.randint(0, 7);
    const size_t at = any(cards);
    if (kind == 0) std::rotate(cards.begin(), cards.begin() + static_cast<std::ptrdiff_t>(at), cards.end());
    if (kind == 1) cards[at].explanation = str("told anew {}\nin two lines", edit);
    if (kind == 2) cards[at].answer = str("answer {} of edit {}", at, edit);
    if (kind == 3) {  // reworded: the answer tells which one it was
      const std::string old = cards[at].question;
      cards[at].question = str("Question {} in other words?", ++made);
      reviews[cards[at].question] = reviews[old];
      reviews.erase(old);
    }
    if (kind == 4 && cards.size() > 5) away.push_back(cards[at]), cards.erase(cards.begin() + static_cast<std::ptrdiff_t>(at));
    if (kind == 5 && !away.empty()) {
      const size_t back = any(away);
      cards.push_back(away[back]), away.erase(away.begin() + static_cast<std::ptrdiff_t>(back));
    }
    if (kind == 6) fresh();
    std::string text;
    for (const Written& w : cards) text += w.question + "\n" + w.answer + "\n---\n" + w.explanation + "\n\n";
    const Deck deck = deck_of(text);
    history.meet(deck);
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
