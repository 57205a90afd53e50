// Sessions at a time of the test's own: which card comes when, what is kept of it, and that nothing of it is ever lost.
#include "grimoire/learn/session.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/answer.h"

namespace grim::learn {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kNoon = 1'767'268'800'000;  // 2026-01-01 12:00 UTC

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { in_zone("UTC"); }
  void TearDown() override { in_zone(""); }
  static void in_zone(const char* zone) {
    *zone ? setenv("TZ", zone, 1) : unsetenv("TZ");
    tzset();
  }
  static Deck deck_of(const std::string& text) { return parse_deck("# deck: test\n\n" + text, "test.md"); }
  static Deck numbered(int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) text += str("Question {}?\nanswer {}\n---\n\n", i, i);
    return deck_of(text);
  }
  static std::string asked(Session& s, int64_t now) {
    const auto next = s.next(now);
    return next ? next->card->question : "-";
  }
  static std::string grade(Session& s, Grade g, int64_t now) {
    const auto next = s.next(now);
    if (!next) return "-";
    s.grade(*next, g, now, 1000);
    return next->card->question;
  }
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

TEST_F(SessionTest, TheDayTurnsAtFour) {
  for (const char* zone : {"UTC", "America/New_York", "Asia/Kathmandu"}) {
    in_zone(zone);
    const int64_t start = day_start(kNoon);
    const auto seconds = static_cast<std::time_t>(start / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    EXPECT_EQ(local.tm_hour, 4) << zone;
    EXPECT_EQ(local.tm_min, 0) << zone;
    EXPECT_LE(start, kNoon);
    EXPECT_GT(start + kDay, kNoon);
    EXPECT_EQ(day_start(start), start);
    EXPECT_EQ(day_start(start - 1), start - kDay);
    EXPECT_EQ(day_start(start + kDay - 1), start);
  }
}

TEST_F(SessionTest, NewCardsComeInOrderUpToTheDaysNumber) {
  const std::vector<Deck> decks = {numbered(5)};
  History history(path());
  Session s(decks, history, {.new_a_day = 2}, kNoon);
  EXPECT_EQ(s.counts(kNoon).fresh, 2);
  EXPECT_EQ(s.counts(kNoon).later, 3);
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "Question 1?");
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "Question 2?");
  EXPECT_EQ(asked(s, kNoon), "-");
  Session later(decks, history, {.new_a_day = 2}, kNoon + 10 * kHour);
  EXPECT_EQ(asked(later, kNoon + 10 * kHour), "-");  // the same day
  Session night(decks, history, {.new_a_day = 2}, kNoon + 16 * kHour - 1);
  EXPECT_EQ(asked(night, kNoon + 16 * kHour - 1), "-");  // 3:59 counts to the day before
  Session next_day(decks, history, {.new_a_day = 2}, kNoon + 16 * kHour);
  EXPECT_EQ(grade(next_day, Grade::easy, kNoon + 16 * kHour), "Question 3?");
  Session more(decks, history, {.new_a_day = 20, .most = 1}, kNoon + 17 * kHour);
  EXPECT_EQ(grade(more, Grade::easy, kNoon + 17 * kHour), "Question 4?");
  EXPECT_EQ(asked(more, kNoon + 17 * kHour), "-");  // asked at most one
}

TEST_F(SessionTest, StepsWhenTheirMinutesAreUpThenDueThenNew) {
  const std::vector<Deck> decks = {numbered(4)};
  History history(path());
  for (int i : {0, 1}) history.review("test", decks[0].cards[static_cast<size_t>(i)], Grade::easy, kNoon - 20 * kDay + i, 0, {});  // for 8 days
  Session s(decks, history, {}, kNoon);
  EXPECT_EQ(s.counts(kNoon).due, 2);
  EXPECT_EQ(s.counts(kNoon).fresh, 2);
  EXPECT_EQ(grade(s, Grade::again, kNoon), "Question 1?");             // due first, the longest overdue before others
  EXPECT_EQ(asked(s, kNoon + 9 * kMinute), "Question 2?");             // relearning takes ten minutes
  EXPECT_EQ(asked(s, kNoon + 10 * kMinute), "Question 1?");            // then it goes before what is due
  EXPECT_EQ(grade(s, Grade::good, kNoon + 9 * kMinute), "Question 2?");
  EXPECT_EQ(grade(s, Grade::again, kNoon + 9 * kMinute), "Question 3?");
  EXPECT_EQ(s.counts(kNoon + 9 * kMinute).learning, 2);
  EXPECT_EQ(grade(s, Grade::easy, kNoon + 9 * kMinute), "Question 4?");
  EXPECT_EQ(grade(s, Grade::good, kNoon + 9 * kMinute), "Question 1?");  // nothing else is left: a minute early
  EXPECT_EQ(grade(s, Grade::good, kNoon + 9 * kMinute), "Question 3?");
  EXPECT_EQ(grade(s, Grade::good, kNoon + 9 * kMinute), "Question 3?");  // its second step, ten minutes early
  EXPECT_EQ(asked(s, kNoon + 9 * kMinute), "-");
  EXPECT_EQ(s.asked(), 7);
  EXPECT_EQ(s.recalled(), 5);
}

TEST_F(SessionTest, StepsAreNotTakenMoreThanTwentyMinutesEarly) {
  const std::vector<Deck> decks = {numbered(1)};
  History history(path());
  Session s(decks, history, {.schedule = {.learning_steps = {30 * kMinute}}}, kNoon);
  grade(s, Grade::again, kNoon);
  EXPECT_EQ(asked(s, kNoon), "-");
  EXPECT_EQ(asked(s, kNoon + 9 * kMinute), "-");
  EXPECT_EQ(asked(s, kNoon + 10 * kMinute), "Question 1?");
}

TEST_F(SessionTest, DueUntilTheDayEnds) {
  const std::vector<Deck> decks = {numbered(1)};
  History history(path());
  Session first(decks, history, {}, kNoon);
  grade(first, Grade::good, kNoon);
  const Memory m = first.grade(*first.next(kNoon), Grade::good, kNoon, 0);
  EXPECT_EQ(m.due, kNoon + 2 * kDay);
  Session early(decks, history, {}, kNoon + 2 * kDay - 8 * kHour - 1);  // 3:59 of that day
  EXPECT_EQ(asked(early, kNoon + 2 * kDay - 8 * kHour - 1), "-");
  EXPECT_EQ(asked(early, kNoon + 2 * kDay - 8 * kHour), "Question 1?");  // from 4:00, though it is due at noon
  EXPECT_EQ(early.due_by(m.due), 0);
  EXPECT_EQ(early.due_by(m.due + 1), 1);
}

TEST_F(SessionTest, OfOneLineOneCard) {
  const std::vector<Deck> decks = {deck_of("{{c1::a}} {{c2::b}} {{c3::c}}\n---\n\nQ?\nA\n---\n")};
  History history(path());
  Session s(decks, history, {}, kNoon);
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "[...] b c");
  EXPECT_EQ(asked(s, kNoon), "Q?");
  EXPECT_TRUE(s.undo());
  EXPECT_EQ(grade(s, Grade::good, kNoon), "[...] b c");
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "Q?");
  EXPECT_EQ(asked(s, kNoon), "[...] b c");  // its own next step may come
  Session next(decks, history, {}, kNoon);
  EXPECT_EQ(asked(next, kNoon), "a [...] c");  // another session
}

TEST_F(SessionTest, UndoTakesBackOneAfterTheOther) {
  const std::vector<Deck> decks = {numbered(3)};
  History history(path());
  Session s(decks, history, {.new_a_day = 3}, kNoon);
  EXPECT_FALSE(s.undo());
  grade(s, Grade::easy, kNoon);
  grade(s, Grade::again, kNoon + kMinute);
  grade(s, Grade::easy, kNoon + kMinute);
  EXPECT_EQ(s.recalled(), 2);
  EXPECT_TRUE(s.undo());
  EXPECT_EQ(asked(s, kNoon + 2 * kMinute), "Question 3?");  // though question 2 is due in its steps
  EXPECT_TRUE(s.undo());
  EXPECT_EQ(asked(s, kNoon + 2 * kMinute), "Question 2?");
  EXPECT_EQ(s.asked(), 1);
  EXPECT_EQ(s.recalled(), 1);
  EXPECT_EQ(s.counts(kNoon).fresh, 2);
  EXPECT_TRUE(s.undo());
  EXPECT_FALSE(s.undo());
  EXPECT_EQ(s.counts(kNoon).fresh, 3);
  EXPECT_EQ(history.reviews("test").size(), 0u);
  EXPECT_EQ(grade(s, Grade::good, kNoon), "Question 1?");
  EXPECT_EQ(history.reviews("test").size(), 1u);
  Session other(decks, history, {}, kNoon);
  EXPECT_FALSE(other.undo());  // the grade is not of this session
}

TEST_F(SessionTest, UndoBringsTheMemoryBack) {
  const std::vector<Deck> decks = {numbered(1)};
  History history(path());
  Session s(decks, history, {}, kNoon);
  grade(s, Grade::good, kNoon);
  const CardState before = history.state(decks[0].cards[0]);
  s.grade(*s.next(kNoon), Grade::good, kNoon + 10 * kMinute, 0);
  EXPECT_EQ(history.state(decks[0].cards[0]).memory.phase, Phase::review);
  EXPECT_TRUE(s.undo());
  const CardState after = history.state(decks[0].cards[0]);
  EXPECT_EQ(after.memory.phase, Phase::learning);
  EXPECT_EQ(after.memory.due, before.memory.due);
  EXPECT_EQ(after.memory.stability, before.memory.stability);
  EXPECT_EQ(after.introduced, kNoon);
}

TEST_F(SessionTest, PutAside) {
  const std::vector<Deck> decks = {numbered(2)};
  History history(path());
  Session s(decks, history, {}, kNoon);
  s.suspend(*s.next(kNoon));
  EXPECT_EQ(asked(s, kNoon), "Question 2?");
  EXPECT_EQ(s.counts(kNoon).suspended, 1);
  Session next(decks, history, {}, kNoon);
  EXPECT_EQ(asked(next, kNoon), "Question 2?");
  history.suspend("test", decks[0].cards[0], false);
  Session last(decks, history, {}, kNoon);
  EXPECT_EQ(asked(last, kNoon), "Question 1?");
}

TEST_F(SessionTest, CramAsksAllOnceAndKeepsNothing) {
  const std::vector<Deck> decks = {numbered(30)};
  History history(path());
  Session s(decks, history, {.new_a_day = 1, .cram = true, .seed = 3}, kNoon);
  std::map<std::string, int> seen;
  std::vector<std::string> order;
  for (std::string q; (q = grade(s, Grade::again, kNoon)) != "-";) ++seen[q], order.push_back(q);
  EXPECT_EQ(seen.size(), 30u);
  EXPECT_EQ(order.size(), 30u);
  EXPECT_NE(order[0] + order[1] + order[2], "Question 1?Question 2?Question 3?");
  EXPECT_FALSE(s.undo());
  EXPECT_TRUE(history.states("test").empty());
  EXPECT_TRUE(history.reviews("test").empty());
}

TEST_F(SessionTest, TwoSessionsAtOnceLoseNothingAndSeeEachOther) {
  const std::vector<Deck> decks = {numbered(6)};
  History a(path()), b(path());
  Session one(decks, a, {.new_a_day = 4}, kNoon), two(decks, b, {.new_a_day = 4}, kNoon);
  EXPECT_EQ(grade(one, Grade::easy, kNoon), "Question 1?");
  EXPECT_EQ(grade(two, Grade::easy, kNoon), "Question 2?");  // what the other asked does not come
  const auto held = *one.next(kNoon);                        // both look at the same card
  EXPECT_EQ(grade(two, Grade::again, kNoon + 1), "Question 3?");
  one.grade(held, Grade::good, kNoon + 2, 0);
  EXPECT_EQ(a.reviews("test").size(), 4u);
  EXPECT_EQ(b.state(decks[0].cards[2]).memory.reviews, 2);
  EXPECT_FALSE(two.undo());  // the other one graded it since
  EXPECT_TRUE(one.undo());
  EXPECT_TRUE(two.undo());
  EXPECT_EQ(b.state(decks[0].cards[2]).memory.reviews, 0);
  for (int i = 0; i < 4; ++i) grade(i % 2 ? one : two, Grade::easy, kNoon + 3);
  EXPECT_EQ(a.states("test").size(), 4u);  // four new ones a day between them (the third card's row among them)
  EXPECT_EQ(a.reviews("test").size(), 4u);
}

// --- the history of a deck that is edited

TEST_F(SessionTest, ARewordedCardKeepsItsHistory) {
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

TEST_F(SessionTest, ADeckOfAnotherNameIsAnother) {
  History history(path());
  const Deck a = parse_deck("Q?\nA\n---\n", "a.md"), b = parse_deck("Q?\nA\n---\n", "b.md");
  history.review(a.name, a.cards[0], Grade::good, kNoon, 0, {});
  EXPECT_TRUE(history.meet(b).empty());
  EXPECT_EQ(history.state(b.cards[0]).memory.reviews, 0);
}

// A thousand edits between reviews. A row for each review ever made stays; a card that kept its question keeps its memory, and one that
// went away and came back finds it again.
TEST_F(SessionTest, EditsLoseNoHistory) {
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
  Database d(path, Open::create);
  d.run(sql);
}

TEST_F(SessionTest, AnotherProgramsDatabaseIsLeftAlone) {
  const std::string other = folder_ / "other.sqlite";
  with_sqlite(other, "CREATE TABLE bookmark (name TEXT); INSERT INTO bookmark VALUES ('mine');");
  const std::string before = read_file(other);
  EXPECT_NE(refusal([&] { History h(other); }, ErrorKind::input).find("other.sqlite: a database of another program"), std::string::npos);
  EXPECT_EQ(read_file(other), before);
  with_sqlite(other, "PRAGMA user_version = 7");
  EXPECT_NE(refusal([&] { History h(other); }, ErrorKind::input).find("a database of another program"), std::string::npos);
}

TEST_F(SessionTest, ANewerVersionIsRefused) {
  { History h(path()); }
  with_sqlite(path(), "PRAGMA user_version = 2");
  EXPECT_NE(refusal([&] { History h(path()); }, ErrorKind::input).find("got version 2, expected at most 1"), std::string::npos);
}

TEST_F(SessionTest, DamagedFilesAreRefused) {
  folder_.put("text.sqlite", "Dear diary, " + std::string(5000, '.'));
  EXPECT_NE(refusal([&] { History h(folder_ / "text.sqlite"); }, ErrorKind::input).find("text.sqlite: cannot "), std::string::npos);
  const std::vector<Deck> decks = {numbered(200)};
  {
    History h(path());
    for (const Card& c : decks[0].cards) h.review("test", c, Grade::good, kNoon, 0, {});
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
      h.review("test", decks[0].cards[static_cast<size_t>(round)], Grade::good, kNoon + kDay, 0, {});
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("damaged.sqlite"), std::string::npos) << e.what();
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      ++refused;
    }
    for (const char* rest : {"-wal", "-shm", "-journal"}) std::filesystem::remove(folder_ / ("damaged.sqlite" + std::string(rest)));
  }
  EXPECT_GT(refused, 100);
}

TEST_F(SessionTest, AFolderThatCannotBeWritten) {
  EXPECT_NE(refusal([&] { History h(folder_.put("file", "x") + "/reviews.sqlite"); }, ErrorKind::input).find("file: "), std::string::npos);
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_NE(refusal([&] { History h(folder_ / "folder"); }, ErrorKind::resource).find("folder: cannot "), std::string::npos);
}

// --- typed answers

TEST(Answer, Judged) {
  const auto says = [](const char* typed, const char* answer) { return judge(typed, answer).said; };
  EXPECT_EQ(says("paris", "Paris"), "right");
  EXPECT_EQ(says("  The   softmax. ", "softmax"), "right");
  EXPECT_EQ(says("softmax", "the **softmax**"), "right");
  EXPECT_EQ(says("[CLS] and [SEP]", "`[CLS]` and `[SEP]`"), "right");
  EXPECT_EQ(says("they're close", "they\u2019re close"), "right");
  EXPECT_EQ(says("v, q and k", "Q, K, V"), "right");  // in any order
  EXPECT_EQ(says("seq2seq; autoencoder; autoregressive", "Autoregressive, Autoencoder, Seq2Seq"), "right");
  EXPECT_EQ(says("q, k", "Q, K, V"), "no");
  EXPECT_EQ(says("sofmax", "softmax"), "almost: one letter off");
  EXPECT_EQ(says("sfotmax", "softmax"), "almost: one letter off");  // two exchanged
  EXPECT_EQ(says("hardmax", "softmax"), "no");
  EXPECT_EQ(says("v", "k"), "no");  // of a short word every letter counts
  EXPECT_EQ(says("no", "so"), "no");
  EXPECT_EQ(says("0.6931", "0.69315"), "right");
  EXPECT_EQ(says("0.70", "0.69315"), "right");  // 1 %: 0.6862 to 0.7001
  EXPECT_EQ(says("0.71", "0.69315"), "near");
  EXPECT_EQ(says("0.8", "0.69315"), "no");
  EXPECT_EQ(says("+1e3", "1000"), "right");
  EXPECT_EQ(says("-2", "2"), "no");
  EXPECT_EQ(says("0", "0"), "right");
  EXPECT_EQ(says("", "softmax"), "");
  EXPECT_EQ(says(" . ", "softmax"), "");
  EXPECT_EQ(judge("softmax", "softmax").suggested, Grade::good);
  EXPECT_EQ(judge("sofmax", "softmax").suggested, Grade::hard);
  EXPECT_EQ(judge("x", "softmax").suggested, Grade::again);
  EXPECT_EQ(judge(std::string(60000, 'a'), std::string(60000, 'b')).said, "no");  // at once
}

}  // namespace
}  // namespace grim::learn
