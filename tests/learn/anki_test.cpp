#include "grimoire/learn/anki.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim::learn {
namespace {

std::string golden(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/tests/golden/anki/" + name; }

constexpr const char* kDeck =
    "# deck: capitals\n\ntags: towns europe\n\nWith one line of description & <signs>.\n\nThe capital of {{c1::France::country}} is {{c2::Paris}}.\n---\n"
    "Seen from the *Seine*.\n\nWhat is 2 < 3 && \"x\"?\n`true`\n---\n- a\n- b\n\n| h | k |\n|---|---|\n| 1 | 2 |\n";

void expect_same(const Deck& a, const Deck& b) {
  ASSERT_EQ(a.cards.size(), b.cards.size());
  for (size_t i = 0; i < a.cards.size(); ++i) {
    EXPECT_EQ(a.cards[i].question, b.cards[i].question);
    EXPECT_EQ(a.cards[i].answer, b.cards[i].answer);
    EXPECT_EQ(a.cards[i].explanation, b.cards[i].explanation);
    EXPECT_EQ(a.cards[i].cloze, b.cards[i].cloze);
    EXPECT_EQ(a.cards[i].id, b.cards[i].id);
  }
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.tags, b.tags);
}

// tools/golden/anki_packages.py: what Anki itself exports, for old programs and packed with zstd for new ones.
TEST(AnkiPackage, ReadsWhatAnkiExports) {
  for (const char* name : {"old.apkg", "new.apkg"}) {
    const Deck d = read_anki_package(golden(name));
    EXPECT_TRUE(d.name == "Rivers::Europe") << name << ": " << d.name;
    EXPECT_EQ(d.tags, std::vector<std::string>{"rivers"}) << name;
    ASSERT_EQ(d.cards.size(), 3u) << name;
    EXPECT_EQ(d.cards[0].question, "Which river flows through **Vienna**?");
    EXPECT_EQ(d.cards[0].answer, "The Danube");
    EXPECT_EQ(d.cards[0].explanation, "It ends in the Black Sea & is long");
    EXPECT_EQ(d.cards[1].question, "The [river] begins in Switzerland");
    EXPECT_EQ(d.cards[1].answer, "Rhine");
    EXPECT_EQ(d.cards[1].explanation, "- at Lake Toma\n- and ends in the Netherlands");
    EXPECT_EQ(d.cards[2].question, "The Rhine begins in [...]");
  }
}

TEST(AnkiPackage, ComesBackEqual) {
  const Deck d = parse_deck(kDeck, "d.md");
  ASSERT_EQ(d.cards.size(), 3u);
  const std::string path = testing::TempDir() + "comes_back.apkg";
  write_anki_package(d, path);
  const Deck back = read_anki_package(path);
  expect_same(d, back);
  EXPECT_EQ(back.description, d.description);
}

TEST(AnkiPackage, DamageIsRefused) {
  const std::string whole = read_file(golden("new.apkg")), path = testing::TempDir() + "damaged.apkg";
  for (size_t cut : {size_t{0}, size_t{10}, whole.size() / 2, whole.size() - 1}) {
    write_atomically(path, whole.substr(0, cut));
    EXPECT_THROW(read_anki_package(path), Error) << cut;
  }
  for (size_t at = 0; at < whole.size(); at += 997) {  // a wrong byte: refused or harmless, never worse
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write_atomically(path, bytes);
    try {
      read_anki_package(path);
    } catch (const Error& e) {
      EXPECT_TRUE(e.kind() == ErrorKind::input || e.kind() == ErrorKind::resource) << e.what();
    }
  }
}

TEST(AnkiText, ComesBack) {
  const Deck d = parse_deck("# deck: t\n\ntags: x\n\nA \"b\"?\nyes\n---\n**bold** and `code`\n\nSecond?\nno\n---\n", "t.md");
  expect_same(d, from_anki_text(to_anki_text(d), "t.txt"));
  const Deck cloze = parse_deck("# deck: t\n\n{{c1::One}} and {{c2::two}}.\n---\nmore\n", "t.md");
  expect_same(cloze, from_anki_text(to_anki_text(cloze), "t.txt"));
}

TEST(AnkiText, Tables) {
  Deck d = from_anki_text("#separator:semicolon\n#html:true\n#tags column:3\n\"a; b\";c<br>d;\"one two\"\n\"q \"\"x\"\"\";\"line\n&lt;b&gt;\";two\n", "x.txt");
  ASSERT_EQ(d.cards.size(), 2u);
  EXPECT_EQ(d.cards[0].question, "a; b");
  EXPECT_EQ(d.cards[0].answer, "c");
  EXPECT_EQ(d.cards[0].explanation, "d");
  EXPECT_EQ(d.cards[1].question, "q \"x\"");
  EXPECT_EQ(d.cards[1].explanation, "<b>");
  EXPECT_EQ(d.tags, (std::vector<std::string>{"one", "two"}));
  d = from_anki_text("one,1\ntwo,2\n", "plain.csv");
  EXPECT_EQ(d.name, "plain");
  EXPECT_EQ(d.cards[1].answer, "2");
  EXPECT_THROW(from_anki_text("\"never closed,1\n", "x.csv"), Error);
  EXPECT_THROW(from_anki_text("one field\n", "x.csv"), Error);
  EXPECT_THROW(from_anki_text("", "x.csv"), Error);
}

TEST(DeckJson, ComesBack) {
  const Deck d = parse_deck(kDeck, "d.md");
  expect_same(d, deck_of_json(Json::parse(to_json(d).dump(), "d.json"), "d.json"));
}

}  // namespace
}  // namespace grim::learn
