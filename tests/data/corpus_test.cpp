#include "grimoire/data/corpus.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "support/data.h"

namespace grim {
namespace {

using Items = std::vector<std::string>;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Corpus, LineEndsOfEveryKind) {
  EXPECT_EQ(corpus_of("one two three\r\nfour\r\n", "f", CorpusFormat::text).text, "one two three\nfour\n");
  EXPECT_EQ(corpus_of("one two three\rfour\r", "f", CorpusFormat::text).text, "one two three\nfour\n");  // no LF at all: CR ends lines
  EXPECT_EQ(corpus_of("one\rtwo\nthree\r", "f", CorpusFormat::text).text, "one\rtwo\nthree\r");        // here it is a character
  EXPECT_EQ(corpus_of("\r\r\n\r\n", "f", CorpusFormat::text).text, "\r\n\n");
  EXPECT_EQ(corpus_of("emma\rolivia\rava\r", "f", CorpusFormat::lines).items, (std::vector<std::string>{"emma", "olivia", "ava"}));
  std::string crlf, lf;
  for (int i = 0; i < 200000; ++i) crlf += "ab c\r\n", lf += "ab c\n";
  EXPECT_EQ(corpus_of(crlf, "f", CorpusFormat::text).text, lf);
  EXPECT_EQ(content_hash(corpus_of(crlf, "f", CorpusFormat::text)), content_hash(corpus_of(lf, "f", CorpusFormat::text)));
  EXPECT_NE(corpus_of(crlf, "f", CorpusFormat::text).file_hash, corpus_of(lf, "f", CorpusFormat::text).file_hash);
}

TEST(Corpus, ItemsAreTrimmedAndEmptyLinesCounted) {
  const Corpus c = corpus_of("\xef\xbb\xbf" "emma\r\n\r\n  olivia \t\n\nava", "f");
  EXPECT_EQ(c.format, CorpusFormat::lines);
  EXPECT_EQ(c.items, (Items{"emma", "olivia", "ava"}));
  EXPECT_EQ(c.line_numbers, (std::vector<int64_t>{1, 3, 5}));
  EXPECT_EQ(c.empty_lines, 2);
  EXPECT_EQ(longest_item(c), 6);
}

TEST(Corpus, TextKeepsItsLines) {
  const Corpus c = corpus_of("\xef\xbb\xbfOne two.\r\n\r\n three\rfour\n", "f");
  EXPECT_EQ(c.format, CorpusFormat::text);
  EXPECT_EQ(c.text, "One two.\n\n three\rfour\n");
  EXPECT_TRUE(c.items.empty());
  EXPECT_EQ(longest_item(c), 0);
}

TEST(Corpus, FormatIsFoundOrGiven) {
  EXPECT_EQ(corpus_of("one line", "f").format, CorpusFormat::text);
  EXPECT_EQ(corpus_of("a b\nc d\n", "f").format, CorpusFormat::text);
  EXPECT_EQ(corpus_of("a b\nc d\n", "f", CorpusFormat::lines).items, (Items{"a b", "c d"}));
  EXPECT_EQ(corpus_of("a\nb\n", "f", CorpusFormat::text).text, "a\nb\n");
  EXPECT_EQ(corpus_of(std::string(100, 'x') + "\n" + std::string(100, 'y'), "f").format, CorpusFormat::text);
}

TEST(Corpus, SaysWhatIsWrong) {
  const test::TempFolder folder;
  EXPECT_NE(refusal([&] { load_corpus(folder / "none"); }).find("no such file"), std::string::npos);
  EXPECT_NE(refusal([&] { load_corpus(folder.path()); }).find("it is a folder"), std::string::npos);
  EXPECT_EQ(refusal([&] { load_corpus(folder.put("e", "")); }), str("[corpus] {}: the file is empty", folder / "e"));
  EXPECT_EQ(refusal([] { corpus_of("\n \r\n", "f", CorpusFormat::lines); }), "[corpus] f: all 2 lines are empty");
  EXPECT_EQ(refusal([] { corpus_of("\xef\xbb\xbf", "f", CorpusFormat::text); }), "[corpus] f: the file is empty");
  EXPECT_EQ(refusal([] { corpus_of(std::string("ab\0c", 4), "f"); }),
            "[corpus] f: byte 2 is NUL: this is a binary file, expected text");
  EXPECT_EQ(refusal([] { corpus_of("ab\nc\xff\n", "f"); }),
            "[text] f: line 2, column 2 (byte 4): not UTF-8: byte 0xff cannot begin a character");
  const Corpus c = corpus_of("ab\n\nabcé\n", "f", CorpusFormat::lines);
  EXPECT_NO_THROW(check_item_lengths(c, 4));
  EXPECT_EQ(refusal([&] { check_item_lengths(c, 3); }), "[corpus] f: line 3: got 4 characters, expected at most 3");
}

TEST(Corpus, RealFiles) {
  GRIMOIRE_DATA(names, "names/names.txt");
  GRIMOIRE_DATA(shakespeare, "tinyshakespeare/input.txt");
  const Corpus n = load_corpus(names);
  EXPECT_EQ(n.format, CorpusFormat::lines);
  EXPECT_EQ(n.items.size(), 32033u);
  EXPECT_EQ(n.items[0], "emma");
  EXPECT_EQ(longest_item(n), 15);
  const Corpus s = load_corpus(shakespeare);
  EXPECT_EQ(s.format, CorpusFormat::text);
  EXPECT_EQ(s.text.size(), 1115394u);
}

TEST(Corpus, FormatsOfRealFiles) {
  GRIMOIRE_DATA(arabic, "surnames/Arabic.txt");
  GRIMOIRE_DATA(words, "wikitext2/test.txt");
  GRIMOIRE_DATA(stories, "tinystories/tinystories_sample.txt");
  GRIMOIRE_DATA(articles, "wiki_sample/wiki_text.txt");
  for (const char* language : {"Arabic", "Chinese", "English", "Russian", "Vietnamese", "Spanish", "Portuguese"})
    EXPECT_EQ(load_corpus(test::data_file(std::string("surnames/") + language + ".txt")).format, CorpusFormat::lines) << language;
  for (const std::string& path : {words, stories, articles}) EXPECT_EQ(load_corpus(path).format, CorpusFormat::text) << path;
}

}  // namespace
}  // namespace grim
