#include "grimoire/learn/anki.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/report/markdown.h"
#include "grimoire/learn/database.h"

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
  const std::string none = testing::TempDir() + "none.sqlite";
  write_atomically(none, std::string(200, 'x'));
  try {
    Database(none).run("CREATE TABLE t (a)");
    ADD_FAILURE() << "no database was taken for one";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find("--"), std::string::npos) << e.what();
  }
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

// What people's decks hold: lists in lists, a table, a quote, bold, code, escapes, more paragraphs than one.
constexpr const char* kShapes =
    "# deck: shapes\n\nx\n\nWhat is `[MASK]`?\n15% of *tokens*\n---\n"
    "The \\[MASK] is 2 \\* 3, snake_case, `a|b` and ``c`d``.\n- **Pair 1 (Contiguous):** one\n  - two & three\n    1. four\n    2. five\n  - six\n- seven\n"
    "> **Sentence 1:** \"The cat\"\n> *Sentence* 2\n\\# no heading\n\\---\n| h | k |\n|---|---|\n| 1 \\| 2 | **b** |\n\n```\n<b> * \\\n\nend\n```\n\n"
    "One paragraph.\n\nAnother, [linked](https://example.org).\n\n- dash?\n- 5\n---\n1\\. no list\n";

TEST(AnkiText, ShapesComeBack) {
  const Deck d = parse_deck(kShapes, "s.md"), back = from_anki_text(to_anki_text(d), "s.txt");
  ASSERT_EQ(d.cards.size(), 2u);
  ASSERT_EQ(back.cards.size(), 2u);
  for (size_t i = 0; i < d.cards.size(); ++i) {  // the spelling may change, what it shows may not
    EXPECT_EQ(d.cards[i].question, back.cards[i].question);
    EXPECT_EQ(report::markdown_to_html(d.cards[i].explanation), report::markdown_to_html(back.cards[i].explanation));
  }
}

TEST(AnkiHtml, BecomesMarkdown) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p><ul><li><div>c</div></li></ul></li>\n</ul>", "- a\n- b\n  - c"},
      {"<ol start=\"3\"><li>a<ul><li>b<li>c</ul></li><li>d</li></ol>e", "3. a\n   - b\n   - c\n4. d\ne"},
      {"<blockquote><p>a<br>\nb</p></blockquote>", "> a\n> b"},
      {"<p>a</p>\n<p>b</p><div>c</div>", "a\n\nb\nc"},
      {"x[1]*y_z* _u_ `v` \\(w\\) 2 * 3", "x\\[1]\\*y_z\\* \\_u\\_ \\`v\\` \\\\(w\\\\) 2 * 3"},
      {"# a<br>#b<br>---<br>- c<br>1. d<br>&gt; e<br>===", "\\# a\n\\#b\n\\---\n\\- c\n1\\. d\n\\> e\n\\==="},
      {"<table><thead><tr><th>h</th><th>k</th></tr></thead><tr><td>1|2</td><td><b>a</b><br>b</td></tr><tr><td>3</td></tr></table>",
       "| h | k |\n|---|---|\n| 1\\|2 | **a** b |\n| 3 |  |"},
      {"&#8212;&#x2014;&#233;&eacute;&nbsp;&amp;lt;&#0;&#xZ;", "\xE2\x80\x94\xE2\x80\x94\xC3\xA9\\&eacute; \\&lt;\\&#0;\\&#xZ;"},
      {"<b> a </b>b<i></i> <code>*`</code>", "**a** b `` *` ``"},
      {"a<img src=\"x.png\">b[sound:y.mp3]<!-- c --><style>d</style>e", "abe"},
      {"<pre>if a &lt; b:\n  *c\n</pre>d", "```\nif a < b:\n  *c\n```\nd"},
      {"<code>never closed", "`never closed`"},
      {"3 < 4 <5 and a <b", "3 < 4 <5 and a <b"},
  };
  for (const auto& [html, markdown] : kPairs) EXPECT_EQ(html_to_markdown(html), markdown) << html;
}

TEST(AnkiHtml, WhatStaysBehindIsSaid) {
  const Deck d = from_anki_text("#separator:tab\n#html:true\na <img src=x>\tb [sound:c.mp3]\n", "x.txt");
  EXPECT_EQ(d.cards[0].answer, "b");
  ASSERT_EQ(d.messages.size(), 1u);
  EXPECT_EQ(to_text(d.messages[0], "x.txt"), "x.txt: 2 pictures or sounds stayed behind: cards are text.");
}

TEST(AnkiText, Columns) {
  const Deck d = from_anki_text("#separator:tab\n#html:false\n#tags column:1\n#deck column:2\nt u\tRivers\tq\ta\nv\tRivers\tr\tb\n", "x.txt");
  EXPECT_EQ(d.name, "Rivers");
  EXPECT_EQ(d.tags, (std::vector<std::string>{"t", "u", "v"}));
  EXPECT_EQ(d.cards[1].answer, "b");
}

TEST(AnkiText, IsKnownByItsHead) {
  EXPECT_TRUE(is_anki_text("#separator:tab\nx"));
  EXPECT_TRUE(is_anki_text("#notetype:Basic\n#html:true\nx"));
  EXPECT_TRUE(is_anki_text("\nq\ta\n"));
  EXPECT_FALSE(is_anki_text("# deck: d\n\nq\na\n---\n\tindented\n"));
  EXPECT_FALSE(is_anki_text("q\na\n---\nb\tc\n"));
}

TEST(AnkiText, TablesComeBack) {
  const Deck d = parse_deck("# deck: t\n\nWhy; and, how?\n\"So\", he said\n---\na, b\n\n- c\n\n{{c1::One}} and {{c2::two}}.\n---\nmore\n", "t.md");
  ASSERT_EQ(d.cards.size(), 3u);
  for (const auto& [separator, name] : {std::pair{'\t', "t.tsv"}, {',', "t.csv"}}) expect_same(d, from_anki_text(to_table(d, separator), name));
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
