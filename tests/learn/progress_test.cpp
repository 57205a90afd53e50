// Reports of what is known, at a time of the test's own.
#include "grimoire/learn/progress.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "base/temp_folder.h"

namespace grim::learn {
namespace {

constexpr int64_t kNoon = 1'767'268'800'000;  // 2026-01-01 12:00 UTC

class ProgressTest : public testing::Test {
 protected:
  void SetUp() override { setenv("TZ", "UTC", 1), tzset(); }
  void TearDown() override { unsetenv("TZ"), tzset(); }
  static Deck deck_of(const std::string& text) { return parse_deck("# deck: test\n\n" + text, "test.md"); }
  static double figure(const report::Report& r, const std::string& name) {
    for (const report::Block& b : r.blocks)
      if (const auto* f = std::get_if<report::Figure>(&b); f && f->name == name) return std::get<double>(f->value);
    return -1;
  }
  template <class T> static const T* first(const report::Report& r) {
    for (const report::Block& b : r.blocks)
      if (const T* one = std::get_if<T>(&b)) return one;
    return nullptr;
  }
  std::string path() const { return folder_ / "reviews.sqlite"; }
  test::TempFolder folder_;
};

TEST_F(ProgressTest, Statistics) {
  const std::vector<Deck> decks = {deck_of("A?\na\n---\n\nB?\nb\n---\n\nC?\nc\n---\n\nD?\nd\n---\n")};
  const auto& cards = decks[0].cards;
  History history(path());
  EXPECT_EQ(figure(statistics(decks, history, kNoon), "reviews"), 0);
  EXPECT_EQ(figure(statistics(decks, history, kNoon), "recalled, of cards past learning"), -1);  // there are none
  EXPECT_EQ(first<report::Table>(statistics(decks, history, kNoon)), nullptr);
  history.review("test", cards[0], Grade::easy, kNoon - 8 * kDay, 0, {});  // for 8 days: due today
  history.review("test", cards[1], Grade::easy, kNoon - 8 * kDay, 0, {});
  history.review("test", cards[1], Grade::again, kNoon, 0, {});            // in its steps today
  history.review("test", cards[2], Grade::easy, kNoon - 2 * kDay, 0, {});  // due in 6 days
  const report::Report r = statistics(decks, history, kNoon);
  EXPECT_EQ(figure(r, "reviews"), 4);
  EXPECT_EQ(figure(r, "reviews today"), 1);
  EXPECT_EQ(figure(r, "recalled, of cards past learning"), 0);
  EXPECT_NEAR(figure(r, "the chance that was predicted"), 0.9, 0.01);
  const auto* bars = first<report::Bars>(r);
  ASSERT_TRUE(bars);
  EXPECT_EQ(bars->values, (std::vector<double>{2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
  const auto* hardest = first<report::Table>(r);
  ASSERT_TRUE(hardest);
  ASSERT_EQ(hardest->rows.size(), 3u);  // the new one is not known to be hard
  EXPECT_EQ(std::get<std::string>(hardest->rows[0][0]), "B?");
  EXPECT_EQ(std::get<double>(hardest->rows[0][1]), 1);
  const report::Report later = statistics(decks, history, kNoon + 2 * kDay);
  EXPECT_EQ(figure(later, "reviews today"), 0);
  EXPECT_EQ(first<report::Bars>(later)->values[0], 2);  // overdue counts today
  EXPECT_EQ(first<report::Bars>(later)->values[4], 1);
}

TEST_F(ProgressTest, ListsCardsThatAreGoneFromTheFile) {
  const Deck before = deck_of("A?\na\n---\n\nB?\nb\n---\n\nC?\nc\n---\n");
  History history(path());
  history.review("test", before.cards[2], Grade::easy, kNoon, 0, {});
  history.review("test", before.cards[0], Grade::easy, kNoon, 0, {});
  history.suspend("test", before.cards[1], true);
  const auto rows = [&](const std::string& text) {
    const report::Report r = cards_of({deck_of(text)}, history);
    std::string all;
    for (const auto& row : first<report::Table>(r)->rows)
      all += std::get<std::string>(row[0]) + " " + std::get<std::string>(row[1]) + " " + std::get<std::string>(row[2]) + "\n";
    return all;
  };
  EXPECT_EQ(rows("D?\nd\n---\n\nC?\nc\n---\n\nB?\nb\n---\n"),
            "D? new -\nC? review 2026-01-09\nB? put aside -\nA? gone from the file 2026-01-09\n");
  EXPECT_EQ(rows("D?\nd\n---\n"), "D? new -\nA? gone from the file 2026-01-09\nB? gone from the file -\nC? gone from the file 2026-01-09\n");
}

}  // namespace
}  // namespace grim::learn
