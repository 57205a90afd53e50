// What the library calls a setting, a command line calls a flag.
#include "grimoire/command/flag_words.h"

#include <gtest/gtest.h>

#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

// Of a command that has these flags.
std::string said(std::string_view text) {
  static std::string value;
  Options flags;
  for (const char* name : {"impute", "delimiter", "decimal", "param", "group", "drop", "scale"}) flags.push_back({.name = name, .help = "", .target = &value});
  return with_flags(text, flags);
}

TEST(FlagWords, SettingsBecomeFlags) {
  EXPECT_EQ(said("fill it in first (" GRIM_SETTING("impute=median") "), or use trees"), "fill it in first (--impute median), or use trees");
  EXPECT_EQ(said(GRIM_SETTING("delimiter") ", " GRIM_SETTING("decimal")), "--delimiter, --decimal");
  EXPECT_EQ(said(GRIM_SETTING("param=max-depth=5")), "--param max-depth=5");  // the name ends at the first sign
  EXPECT_EQ(said(""), "");
}

TEST(FlagWords, ValuesAreSafeInAShell) {
  EXPECT_EQ(said(GRIM_SETTING("drop=Fare paid")), "--drop 'Fare paid'");
  EXPECT_EQ(said(GRIM_SETTING("drop=it's; rm x")), "--drop 'it'\\''s; rm x'");
  EXPECT_EQ(said(GRIM_SETTING("drop=")), "--drop ''");
  EXPECT_EQ(said(GRIM_SETTING("drop=$HOME")), "--drop '$HOME'");
  EXPECT_EQ(said(GRIM_SETTING("drop=a`b`c")), "--drop 'a`b`c'");
}

TEST(FlagWords, WhatUsersWroteStays) {
  for (const char* text : {"column `drop` is wide", "my`scale`file.txt", "one ` alone", "`", "``", "a ``` fence", "`drop=1`", "\u2060`drop"})
    EXPECT_EQ(said(text), text);
  EXPECT_EQ(said("`drop` and " GRIM_SETTING("scale=standard")), "`drop` and --scale standard");
}

TEST(FlagWords, OnlyThoseOfTheCommand) {
  EXPECT_EQ(said("(or " GRIM_SETTING("split=100/0/0") ")"), "(or `split=100/0/0`)");
  EXPECT_EQ(said("grimoire resume r " GRIM_SETTING("steps=9") ", " GRIM_SETTING("drop=x")), "grimoire resume r --steps 9, `drop=x`");
  EXPECT_EQ(said("grimoire resume my/grimoire " GRIM_SETTING("steps=9") ", " GRIM_SETTING("drop=x")), "grimoire resume my/grimoire --steps 9, `drop=x`");
  EXPECT_EQ(said("grimoire books " GRIM_SETTING("drop=x")), "grimoire books --drop x");
}

}  // namespace
}  // namespace grim
