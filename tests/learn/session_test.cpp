// Sessions at a time of the test's own: which card comes when, what is taken back, and two at once.
#include "grimoire/learn/session.h"

#include <cstdlib>
#include <ctime>
#include <map>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/str.h"

namespace grim::learn {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;
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
  const Memory m = first.grade(*first.next(kNoon), Grade::good, kNoon, 0).memory;
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
  EXPECT_EQ(s.counts(kNoon).fresh, 2);
  EXPECT_EQ(s.counts(kNoon).later, 2);
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "[...] b c");
  EXPECT_EQ(s.counts(kNoon).fresh, 1);
  EXPECT_EQ(asked(s, kNoon), "Q?");
  EXPECT_TRUE(s.undo());
  EXPECT_EQ(grade(s, Grade::good, kNoon), "[...] b c");
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "Q?");
  EXPECT_EQ(asked(s, kNoon), "[...] b c");  // its own next step may come
  Session same_day(decks, history, {}, kNoon + 16 * kHour - 1);  // 3:59
  EXPECT_EQ(asked(same_day, kNoon + 10 * kMinute), "[...] b c");
  EXPECT_EQ(grade(same_day, Grade::good, kNoon + 10 * kMinute), "[...] b c");
  EXPECT_EQ(asked(same_day, kNoon + 16 * kHour - 1), "-");
  EXPECT_EQ(grade(same_day, Grade::easy, kNoon + 16 * kHour), "a [...] c");  // the day has turned
  EXPECT_EQ(asked(same_day, kNoon + 16 * kHour), "-");
  Session next_day(decks, history, {}, kNoon + 2 * kDay);
  EXPECT_EQ(asked(next_day, kNoon + 2 * kDay), "[...] b c");  // due; the others must wait
  EXPECT_EQ(next_day.counts(kNoon + 2 * kDay).due, 1);
}

TEST_F(SessionTest, ThoseOfAnotherFileAreNoNeighbours) {
  const std::vector<Deck> decks = merged({deck_of("{{c1::a}} {{c2::b}}\n---\n"), deck_of("Q?\nA\n---\n")});  // on line 3 both
  History history(path());
  Session s(decks, history, {}, kNoon);
  EXPECT_EQ(s.counts(kNoon).fresh, 2);
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "[...] b");
  EXPECT_EQ(grade(s, Grade::easy, kNoon), "Q?");
  EXPECT_EQ(asked(s, kNoon), "-");
}

TEST_F(SessionTest, ACardThatLapsedEightTimesIsPutAsideOnce) {
  const std::vector<Deck> decks = {numbered(1)};
  History history(path());
  int64_t now = kNoon;
  const auto grade_until = [&](int lapses) {  // true: the last one put it aside
    for (;;) {
      Session s(decks, history, {}, now);
      const auto next = s.next(now);
      if (!next) {
        if (s.counts(now).suspended == 1) return true;
        now += kDay;
        continue;
      }
      const bool lapse = next->state.memory.phase == Phase::review;
      const Reviewed done = s.grade(*next, lapse ? Grade::again : Grade::easy, now, 0);
      EXPECT_EQ(done.put_aside, lapse && done.memory.lapses == 8);
      if (done.put_aside && lapses == 8) {
        EXPECT_FALSE(s.next(now));
        EXPECT_TRUE(s.undo());  // as if nothing had been
        EXPECT_TRUE(s.next(now));
        EXPECT_TRUE(s.grade(*s.next(now), Grade::again, now, 0).put_aside);
        return true;
      }
      if (done.memory.lapses == lapses) return false;
    }
  };
  EXPECT_TRUE(grade_until(8));
  EXPECT_TRUE(history.state(decks[0].cards[0]).suspended);
  history.suspend("test", decks[0].cards[0], false);
  EXPECT_FALSE(grade_until(20));
  EXPECT_FALSE(history.state(decks[0].cards[0]).suspended);
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
  EXPECT_TRUE(s.undo());
  EXPECT_TRUE(s.undo());
  EXPECT_EQ(s.asked(), 28);
  EXPECT_EQ(grade(s, Grade::good, kNoon), order[28]);
  EXPECT_EQ(s.recalled(), 1);
  EXPECT_EQ(grade(s, Grade::good, kNoon), order[29]);
  s.undo();
  s.suspend(*s.next(kNoon));
  EXPECT_EQ(asked(s, kNoon), "-");
  while (s.undo()) {
  }
  EXPECT_EQ(s.asked(), 0);
  EXPECT_EQ(s.recalled(), 0);
  EXPECT_TRUE(history.states("test").empty());
  EXPECT_TRUE(history.reviews("test").empty());
}

TEST_F(SessionTest, WhatIsForeseenIsRecorded) {
  const std::vector<Deck> decks = {numbered(40)};
  History history(path());
  int64_t now = kNoon, fuzzed = 0;
  for (int day = 0; day < 6; ++day, now += 20 * kDay) {
    Session s(decks, history, {.new_a_day = 40, .seed = 7}, now);
    while (const auto next = s.next(now)) {
      const Grade g = next->card->line % 3 == 0 ? Grade::good : Grade::easy;
      const Memory foreseen = s.foreseen(*next, g, now);
      const Memory without = reviewed({}, next->state.memory, g, now);
      const Memory recorded = s.grade(*next, g, now, 0).memory;
      ASSERT_EQ(foreseen.interval, recorded.interval) << next->card->question << " on day " << day;
      fuzzed += without.interval != recorded.interval;
    }
  }
  EXPECT_GT(fuzzed, 50);
}

TEST_F(SessionTest, ACardGivenTwiceIsAskedOnce) {
  const Deck one = parse_deck("Q?\nA\n---\n\nR?\nB\n---\n", "a/cards.md"), other = parse_deck("Q?\nA\n---\n", "b/cards.md");
  const std::vector<Deck> decks = merged({one, other, one});
  ASSERT_EQ(decks.size(), 2u);
  EXPECT_EQ(decks[0].cards.size(), 2u);
  EXPECT_EQ(decks[1].cards.size(), 1u);
  History history(path());
  Session s(decks, history, {}, kNoon);
  EXPECT_EQ(s.counts(kNoon).fresh, 3);
  for (const char* question : {"Q?", "R?", "Q?", "-"}) EXPECT_EQ(grade(s, Grade::easy, kNoon), question);
  for (const Deck& d : decks)
    for (const Card& c : d.cards) EXPECT_EQ(history.state(c).memory.reviews, 1) << d.key << " " << c.question;
  // Two files of one title are one deck.
  const std::vector<Deck> titled = merged({deck_of("Q?\nA\n---\n\nR?\nB\n---\n"), deck_of("Q?\nA\n---\n\nS?\nC\n---\n")});
  ASSERT_EQ(titled.size(), 1u);
  EXPECT_EQ(titled[0].cards.size(), 3u);
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

}  // namespace
}  // namespace grim::learn
