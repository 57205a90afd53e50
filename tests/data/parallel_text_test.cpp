#include "grimoire/data/parallel_text.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

class Pairs : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    write_atomically(folder_ / name, text);
    return folder_ / name;
  }
  template <class F> static std::string message(const F& f) {
    try {
      f();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      return e.what();
    }
    return "";
  }
  test::TempFolder folder_;
};

TEST_F(Pairs, AreReadFromOneFileAsFromTwo) {
  const ParallelText one = load_pairs(file("one.tsv", "\xef\xbb\xbf" "ein Haus\ta house\tsaid by whom\r\n\nzwei \t two\r\n\tnothing\nlast\tone"));
  EXPECT_EQ(one.sources, (std::vector<std::string>{"ein Haus", "zwei", "last"}));
  EXPECT_EQ(one.targets, (std::vector<std::string>{"a house", "two", "one"}));
  EXPECT_EQ(one.left_out, 1) << "a pair without a source";
  const ParallelText two = load_pairs(file("a", "ein Haus\nzwei\n\nlast\n"), file("b", "a house\ntwo\nnothing\none\n"));
  EXPECT_EQ(two.sources, one.sources);
  EXPECT_EQ(two.targets, one.targets);
  EXPECT_EQ(two.left_out, 1);
  EXPECT_EQ(content_hash(one), content_hash(two));
  EXPECT_NE(content_hash(one), content_hash(load_pairs(file("other", "ein\tHaus a house\n"))));
}

TEST_F(Pairs, ThatAreNoneAreRefused) {
  EXPECT_NE(message([&] { load_pairs(file("t", "a\tb\nno tab\n")); }).find("line 2: got no tab"), std::string::npos);
  EXPECT_NE(message([&] { load_pairs(file("a", "1\n2\n"), file("b", "1\n")); }).find("has 2 lines and"), std::string::npos);
  EXPECT_NE(message([&] { load_pairs(file("t", "\tb\n")); }).find("no pair"), std::string::npos);
  EXPECT_NE(message([&] { load_pairs(file("t", "\n \n")); }).find("no pair"), std::string::npos);
  EXPECT_NE(message([&] { load_pairs(file("t", "")); }).find("empty"), std::string::npos);
  EXPECT_NE(message([&] { load_pairs(folder_ / "nowhere"); }), "");
}

}  // namespace
}  // namespace grim
