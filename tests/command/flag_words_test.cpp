// What the library calls a setting, a command line calls a flag.
#include "grimoire/command/flag_words.h"

#include <gtest/gtest.h>

namespace grim {
namespace {

TEST(FlagWords, SettingsBecomeFlags) {
  EXPECT_EQ(with_flags("fill it in first (`impute=median`), or use trees"), "fill it in first (--impute median), or use trees");
  EXPECT_EQ(with_flags("`delimiter`, `decimal`"), "--delimiter, --decimal");
  EXPECT_EQ(with_flags("`param=max-depth=5`"), "--param max-depth=5");  // the name ends at the first sign
  EXPECT_EQ(with_flags(std::vector<std::string>{"a", "`group`"}), (std::vector<std::string>{"a", "--group"}));
  EXPECT_EQ(with_flags(""), "");
}

TEST(FlagWords, ValuesAreSafeInAShell) {
  EXPECT_EQ(with_flags("`drop=Fare paid`"), "--drop 'Fare paid'");
  EXPECT_EQ(with_flags("`drop=it's; rm x`"), "--drop 'it'\\''s; rm x'");
  EXPECT_EQ(with_flags("`drop=`"), "--drop ''");
  EXPECT_EQ(with_flags("`drop=$HOME`"), "--drop '$HOME'");
}

TEST(FlagWords, OtherWordsStay) {
  for (const char* text : {"column `height` is wide", "one ` alone", "`", "``", "a ``` fence", "`no-such-flag=1`"}) EXPECT_EQ(with_flags(text), text);
  EXPECT_EQ(with_flags("`height` and `scale=standard`"), "`height` and --scale standard");
}

}  // namespace
}  // namespace grim
