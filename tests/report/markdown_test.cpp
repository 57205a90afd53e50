// Markdown as cards have it, for a terminal and for a page; and the laying out of text below it.
#include "grimoire/report/markdown.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"

namespace grim::report {
namespace {

std::string text(std::string_view markdown, int width = 80, bool styled = false) { return markdown_to_text(markdown, {.width = width, .styled = styled}); }

TEST(Markdown, Emphasis) {
  EXPECT_EQ(text("a **bold** and *leaning* `code` word"), "a bold and leaning `code` word\n");
  EXPECT_EQ(text("a **bold** and *leaning* `code` word", 80, true),
            "a \x1b[1mbold\x1b[22m and \x1b[3mleaning\x1b[23m \x1b[36mcode\x1b[39m word\n");
  EXPECT_EQ(markdown_to_html("a **bold** and *leaning* `code` word"), "<p>a <strong>bold</strong> and <em>leaning</em> <code>code</code> word</p>\n");
  EXPECT_EQ(text("**\"I say 'x!\u201D ['##u', '!\u2019]\"**: so"), "\"I say 'x!\u201D ['##u', '!\u2019]\": so\n");
  EXPECT_EQ(text("2 * 3 * 4 and snake_case_word"), "2 * 3 * 4 and snake_case_word\n");
}

TEST(Markdown, EscapesAndWhatIsNoMark) {
  EXPECT_EQ(text("of \\[MASK] and \\*stars\\*"), "of [MASK] and *stars*\n");
  EXPECT_EQ(text("##u is a piece"), "##u is a piece\n");
  EXPECT_EQ(markdown_to_html("##u is a piece"), "<p>##u is a piece</p>\n");
  EXPECT_EQ(text("## A heading"), "A heading\n");
  EXPECT_EQ(text("a &amp; b &lt;c&gt; &#39;d&#39; &unknown;"), "a & b <c> 'd' &unknown;\n");
  EXPECT_EQ(markdown_to_html("a &amp; b & c"), "<p>a &amp; b &amp; c</p>\n");
}

TEST(Markdown, EveryLineStartsALine) {
  EXPECT_EQ(text("one\ntwo  \nthree"), "one\ntwo\nthree\n");
  EXPECT_EQ(markdown_to_html("one\ntwo"), "<p>one<br>\ntwo</p>\n");
  EXPECT_EQ(text("one\n\ntwo"), "one\n\ntwo\n");
}

TEST(Markdown, Lists) {
  EXPECT_EQ(text("* one\n* two\n    * deeper\n    * and\n    goes on\n* three"), "- one\n- two\n  - deeper\n  - and\n  goes on\n- three\n");
  EXPECT_EQ(text("3. three\n4. four"), "3. three\n4. four\n");
  EXPECT_EQ(markdown_to_html("3. three\n4. four"), "<ol start=\"3\"><li>three</li>\n<li>four</li>\n</ol>\n");
  EXPECT_EQ(text("* one\n  below it"), "- one\n  below it\n");
  EXPECT_EQ(text("*   **Wide (W):**  mark"), "- Wide (W): mark\n");
  EXPECT_EQ(text("* a long item that has to be broken", 20), "- a long item that\n  has to be broken\n");
}

// Text straight below a list or a quote is no part of it; these may stand straight below text.
TEST(Markdown, HouseRules) {
  EXPECT_EQ(text("Two:\n* one\n* two\nThat is all."), "Two:\n- one\n- two\nThat is all.\n");
  EXPECT_EQ(text("So:\n> quoted\n> twice\nplain"), "So:\n| quoted\n| twice\nplain\n");
  EXPECT_EQ(markdown_to_html("* one\nplain"), "<ul><li>one</li>\n</ul>\n<p>plain</p>\n");
  EXPECT_EQ(markdown_to_html("> one\nplain"), "<blockquote><p>one</p>\n</blockquote>\n<p>plain</p>\n");
  EXPECT_EQ(text("text\n| a | b |\n|---|---|\n| 1 | 2 |\ntext"), "text\na  b\n-  -\n1  2\ntext\n");
  EXPECT_EQ(text("no heading\n---\nbelow"), "no heading\n" + std::string(40, '-') + "\nbelow\n");
  // Lines left blank in the source stay so.
  EXPECT_EQ(text("Two:\n\n* one\n* two\n\n\nText\n\n```\ncode\n```\n\n> quote\n\n| a |\n|---|\n| b |\n\nend"),
            "Two:\n\n- one\n- two\n\nText\n\n  code\n\n| quote\n\na\n-\nb\n\nend\n");
  EXPECT_EQ(text("    four blanks are no code"), "four blanks are no code\n");
}

TEST(Markdown, Code) {
  EXPECT_EQ(text("see\n```cpp\nif (a < b)\n\n  * no list\n---\n```\nthen"), "see\n  if (a < b)\n\n    * no list\n  ---\nthen\n");
  EXPECT_EQ(markdown_to_html("```\na < b\n\nc\n```"), "<pre>a &lt; b\n\nc\n</pre>\n");
  EXPECT_EQ(text("~~~\n```\n~~~"), "  ```\n");
  EXPECT_EQ(text("```never closed\n* a"), "  * a\n");
}

TEST(Markdown, Fences) {
  EXPECT_EQ(fence_of("```").length, 3u);
  EXPECT_EQ(fence_of("  ~~~~ \r").length, 4u);
  EXPECT_FALSE(fence_of("```cpp").bare);
  EXPECT_EQ(fence_of("``` a`b").length, 0u);  // code within a line
  EXPECT_EQ(fence_of("~~~ a`b").length, 3u);
  EXPECT_EQ(fence_of("``").length, 0u);
  EXPECT_EQ(fence_of("text ```").length, 0u);
  EXPECT_TRUE(fence_of("````").closes(fence_of("```x")));
  EXPECT_FALSE(fence_of("```").closes(fence_of("````")));
  EXPECT_FALSE(fence_of("~~~").closes(fence_of("```")));
  EXPECT_FALSE(fence_of("```x").closes(fence_of("```")));
}

TEST(Markdown, OneLineIsOnlyALine) {
  for (const char* line : {"# hash", "1. first", "12) twelfth", "- minus", "* star", "+ plus", "> more", "---", "| a |", "```x", "[a]: b", "***", "#", "2 - 1",
                           "-5", "plain"})
    EXPECT_EQ(text(inline_markdown(line)), std::string(line) + "\n");
  EXPECT_EQ(text(inline_markdown("  **bold** 1. x ")), "bold 1. x\n");
}

TEST(Markdown, Tables) {
  const char* const table = "| Model | Heads |\n|---------|--------|\n| base **big** | 12 |\n| \u5B57\u5B57 | 6 |";
  EXPECT_EQ(text(table), "Model     Heads\n--------  -----\nbase big  12\n\u5B57\u5B57      6\n");
  EXPECT_EQ(markdown_to_html("| a |\n|---|\n| <b> |"), "<table><tr><th>a</th>\n</tr>\n<tr><td>&lt;b&gt;</td>\n</tr>\n</table>\n");
  const std::string wide = "| what | says |\n|---|---|\n| one | " + std::string(30, 'x') + " and then a good many words more than fit on one line of it |";
  EXPECT_EQ(text(wide, 40), "what  says\n----  ----------------------------------\none   " + std::string(30, 'x') +
                                " and\n      then a good many words more than\n      fit on one line of it\n");
  std::string columns = "|", rule = "|", cells = "|";
  for (int i = 0; i < 12; ++i) columns += str(" head{} |", i), rule += "---|", cells += str(" value{} |", i);
  const std::string listed = text(columns + "\n" + rule + "\n" + cells + "\n" + cells, 60);  // no width would do: row by row
  EXPECT_TRUE(listed.starts_with("head0: value0\nhead1: value1\n")) << listed;
  EXPECT_NE(listed.find("head11: value11\n\nhead0: value0\n"), std::string::npos) << listed;
}

TEST(Markdown, QuotesWithinQuotesAndLists) {
  EXPECT_EQ(text("> a\n> > b"), "| a\n| | b\n");
  EXPECT_EQ(text("> a long quote that is broken", 16), "| a long quote\n| that is broken\n");
  EXPECT_EQ(text("> * item"), "| - item\n");
}

// What stands in a deck stays text: no HTML, no script, no control of the terminal.
TEST(Markdown, NothingInItActs) {
  EXPECT_EQ(text("<b>x</b> <script>alert(1)</script>"), "<b>x</b> <script>alert(1)</script>\n");
  EXPECT_EQ(markdown_to_html("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
  EXPECT_EQ(markdown_to_html("[x](https://a.b/?c=\"d)"), "<p><a href=\"https://a.b/?c=&quot;d\">x</a></p>\n");
  for (const char* address : {"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:x", "java&#115;cript:x",
                              "&#106;avascript:x"}) {
    const std::string html = markdown_to_html(str("[x](<{}>)", address));
    EXPECT_EQ(html.find("href"), std::string::npos) << html;
  }
  EXPECT_NE(markdown_to_html("[x](page.html)").find("href=\"page.html\""), std::string::npos);
  EXPECT_EQ(text("[x](https://a.b)"), "x (https://a.b)\n");
  EXPECT_EQ(text("![picture](x.png)").find("\x1b"), std::string::npos);
  EXPECT_EQ(text("a\x1b[31mred\x07 \x7f\x08"), "a\\x1b[31mred\\x07 \\x7f\\x08\n");
  EXPECT_EQ(text("a \xC2\x9B" "31m b"), "a \\x9b31m b\n");  // the one-byte form of the same
  EXPECT_EQ(text("`\x1b]0;x\x07`"), "`\\x1b]0;x\\x07`\n");
  EXPECT_EQ(text("```\n\x1b[2J\n```"), "  \\x1b[2J\n");
  EXPECT_EQ(text("[x](<\x1b[2J>)").find('\x1b'), std::string::npos);
  EXPECT_EQ(markdown_to_html("a\x1b" "b"), "<p>a\\x1bb</p>\n");
  EXPECT_EQ(text(std::string_view("a\0b", 3)), "a\\x00b\n");
}

// Anything at all: never wider than it may be unless one word is, no control character.
TEST(Markdown, KeepsItsWidth) {
  static const char* const kPieces[] = {"word ", "another ", "**bold** ", "*it* ", "`code` ", "\n", "\n\n", "* ", "    * ", "1. ", "> ",
                                        "| a | bb |\n|---|---|\n| c | ", " | ", "---\n", "# ", "\u5B57\u5B57 ", "e\u0301 ", "[x](y) ",
                                        "\\[", "<b>", "\x1b[2J", "\t", "&amp; ", "**", "`", "|\n"};
  Rng rng(RngMode::philox, 2, "markdown");
  for (int round = 0; round < 3000; ++round) {
    std::string source;
    for (int64_t n = rng.randint(1, 60); n > 0; --n) source += kPieces[rng.randint(0, std::ssize(kPieces))];
    for (const int width : {40, 60, 80}) {
      const std::string plain = text(source, width), styled = text(source, width, true);
      EXPECT_TRUE(plain.empty() || plain.ends_with('\n'));
      EXPECT_EQ(plain.find('\x1b'), std::string::npos) << source;
      for (const std::string& whole : {plain, styled})
        for (std::string_view line : lines_in(whole)) {
          const size_t begin = std::min(line.find_first_not_of(" |-"), line.size());
          const bool one_word = line.find(' ', begin) == line.npos;
          EXPECT_TRUE(display_width(line) <= static_cast<size_t>(width) || one_word) << display_width(line) << ": " << line << "\nfrom\n" << source;
        }
    }
  }
}

TEST(Layout, Widths) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("Gr\u00F6\u00DFe"), 5u);
  EXPECT_EQ(display_width("\u5B57\u5178"), 4u);          // ideographs
  EXPECT_EQ(display_width("\uD55C\uAE00"), 4u);          // Hangul
  EXPECT_EQ(display_width("\uFF21\uFF22"), 4u);          // full width
  EXPECT_EQ(display_width("e\u0301"), 1u);               // a combining acute
  EXPECT_EQ(display_width("\u05E9\u05C1"), 1u);          // a Hebrew point
  EXPECT_EQ(display_width("x\u20D7"), 1u);               // a vector's arrow
  EXPECT_EQ(display_width("a\u200Bb"), 2u);              // no width
  EXPECT_EQ(display_width("\U0001F600"), 2u);            // an emoji
  EXPECT_EQ(display_width("\x1b[1mab\x1b[22m"), 2u);     // escapes
  EXPECT_EQ(display_width("\x1b["), 0u);                 // cut
  EXPECT_EQ(display_width("\xE5\xAD"), display_width("\xE5\xAD"));  // cut: any width, no crash
}

// "6." is an answer, "-" a sign: a mark with nothing behind it begins no list.
TEST(Markdown, AMarkAloneIsAText) {
  for (const std::string mark : {"6.", "6)", "1000.", "-", "+", "*", "123456789."}) {
    EXPECT_EQ(markdown_to_text(mark), mark + "\n");
    EXPECT_EQ(markdown_to_text(inline_markdown(mark)), mark + "\n");
    EXPECT_EQ(markdown_to_html(mark), "<p>" + mark + "</p>\n");
    EXPECT_EQ(markdown_to_text("text\n" + mark + "\n\nmore"), "text\n" + mark + "\n\nmore\n");
  }
  EXPECT_EQ(markdown_to_text("- one\n- two"), "- one\n- two\n");
  EXPECT_EQ(markdown_to_text("```\n6.\n```"), "  6.\n");
}

TEST(Layout, Shortened) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(shortened("abcdefghi", 8), "abcde...");
  EXPECT_EQ(shortened("\u00e4\u00e4\u00e4\u00e4", 4), "\u00e4\u00e4\u00e4\u00e4");  // two bytes each
  EXPECT_EQ(shortened("\u6f22\u5b57\u6f22\u5b57", 7), "\u6f22\u5b57...");            // two columns each
  EXPECT_EQ(shortened("a\nb\x1b[1m", 40), "a\\x0ab\\x1b[1m");
  EXPECT_EQ(display_width(shortened(std::string(100000, 'x'), 60)), 60u);
}

TEST(Layout, Flowed) {
  EXPECT_EQ(flowed("a b c d", "> ", "  ", 5), "> a b\n  c d\n");
  EXPECT_EQ(flowed("", "> ", "  ", 5), "> \n");
  EXPECT_EQ(flowed("abcdefgh i", "", "", 5), "abcdefgh\ni\n");
  EXPECT_EQ(flowed("\u5B57\u5B57 \u5B57", "", "", 6), "\u5B57\u5B57\n\u5B57\n");
}

TEST(Layout, AlignedTable) {
  EXPECT_EQ(aligned_table({{"name", "n"}, {"a", "1.5"}, {"bb", "-10"}}, {.first_is_head = true, .numbers_right = true}),
            "name    n\n----  ---\na     1.5\nbb    -10\n");
  EXPECT_EQ(aligned_table({{"a", "b"}, {"c"}}), "a  b\nc\n");
  EXPECT_EQ(aligned_table({}), "");
  EXPECT_EQ(aligned_table({{"x\u0301", "|"}, {"yy", "|"}}), "x\u0301   |\nyy  |\n");
}

}  // namespace
}  // namespace grim::report
