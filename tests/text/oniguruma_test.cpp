// Regular expressions in the reference's dialect (tools/golden/regex_dialect.py).
#include "grimoire/text/oniguruma.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/normalizer.h"
#include "grimoire/text/pattern.h"
#include "grimoire/text/token_decoder.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = Json::parse(read_file(str("{}/tests/golden/regex_dialect.json", GRIM_SOURCE_DIR)), "regex_dialect.json");
  return g;
}

// A sign a character: m begins a match and c continues it, g begins what is between (empty matches cut there too) and . continues it.
std::string marks(const Pattern& pattern, const std::string& text) {
  std::string of_bytes(text.size() + 1, '.'), signs;
  of_bytes[0] = 'g';
  each_match(pattern, text, [&](const Match& m) {
    if (m.end > m.begin) of_bytes.replace(m.begin, m.end - m.begin, "m" + std::string(m.end - m.begin - 1, 'c'));
    of_bytes[m.end] = 'g';
  });
  for (size_t at = 0; at < text.size(); next_code_point(text, at)) signs += of_bytes[at];
  return signs;
}

TEST(Oniguruma, MatchesAsTheReferenceDoes) {
  const Json& texts = golden().at("texts");
  EXPECT_GE(golden().at("matches").size(), 100u);
  ASSERT_EQ(texts.size(), 40u);
  for (const Json& entry : golden().at("matches").items()) {
    const std::string regex = entry.text("regex");
    SCOPED_TRACE(regex + " became " + pcre2_of_oniguruma(regex));
    const auto pattern = regex_pattern(regex);
    for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(marks(*pattern, texts[i].as_text()), entry.at("marks")[i].as_text()) << texts[i].dump();
  }
}

TEST(Oniguruma, ClassesHoldTheReferencesCharacters) {
  std::string every;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xd800 || c >= 0xe000) append_utf8(every, c);
  EXPECT_GE(golden().at("sets").size(), 100u);
  for (const Json& entry : golden().at("sets").items()) {
    int64_t held = 0, sum = 0;
    each_match(*regex_pattern(entry.text("regex") + "+"), every, [&](const Match& m) {
      for (size_t at = m.begin; at < m.end; ++held) sum += next_code_point(every, at);
    });
    EXPECT_EQ(held, entry.integer("held")) << entry.text("regex");
    EXPECT_EQ(sum, entry.integer("sum")) << entry.text("regex");
  }
}

TEST(Oniguruma, EmptyMatchesAreReplacedInDecodersAlone) {
  for (const Json& entry : golden().at("replaced").items()) {
    const Json json = Json::object({{"type", "Replace"}, {"pattern", Json::object({{"Regex", entry.at("regex")}})}, {"content", "-"}});
    const bool may_match_nothing = entry.text("regex") != R"(\w+?)";
    EXPECT_EQ(regex_pattern(entry.text("regex"))->may_match_nothing(), may_match_nothing);
    if (may_match_nothing) {
      EXPECT_THROW(make_normalizer(json), Error) << entry.text("regex");
    }
    for (size_t i = 0; i < entry.at("out").size(); ++i) {
      const std::string &text = golden().at("texts")[i].as_text(), &expected = entry.at("out")[i].as_text();
      std::vector<std::string> tokens = {text};
      make_token_decoder(json)->apply(tokens);
      EXPECT_EQ(tokens[0], expected) << entry.text("regex");
    }
  }
}

// Everything else means something else in PCRE2, or may: it is refused, with the place.
TEST(Oniguruma, RefusesWhatItDoesNotKnow) {
  const std::string backslash = "what stands behind this backslash is not supported", group = "this kind of group";
  const std::string several = "which one character folds to as well", folding = "letters beyond ASCII, or marks, under (?i)";
  const std::string repeat = "a repeat of a repeat", nothing = "with nothing in it", hyphen = "a '-' that neither begins nor ends a class";
  const std::pair<const char*, std::string> wrong[] = {
      {R"(é\R)", "at 2: " + backslash}, {R"(\X)", "at 0: " + backslash}, {R"(\d\K\d)", "at 2: " + backslash}, {R"(\Ga)", "at 0: " + backslash},
      {R"((a)\1)", "at 3: " + backslash}, {R"(\101)", "at 0: " + backslash}, {R"(\pL)", "at 0: " + backslash}, {R"([\b])", "at 1: " + backslash},
      {R"(\cA)", "at 0: " + backslash}, {R"(\é)", "at 0: " + backslash}, {R"(\N)", "at 0: " + backslash}, {R"(a\)", "at 1: " + backslash},
      {R"(\xe9)", "at 0: expected the number of a character"}, {R"(\x{d800})", "at 0: expected the number"}, {R"(\u12)", "at 0: expected the number"},
      {R"((?x) a)", "at 0: " + group}, {R"(a(?i)b|c)", "at 1: " + group}, {R"((?<n>a))", "at 0: " + group}, {R"((?~ab))", "at 0: " + group},
      {R"((?(1)a|b))", "at 0: " + group}, {R"((?s:.))", "at 0: " + group}, {R"((?#b))", "at 0: " + group}, {R"((*FAIL))", "at 0: a callout"},
      {R"((?i)straße)", "at 5: 'ss', 'st'"}, {R"((?i)s(?:s))", several}, {R"((?i:fi))", several}, {R"((?i)s{1}t)", several},
      {R"((?i)é)", "at 4: " + folding}, {R"((?i)[\p{L}])", folding}, {R"((?i)[^\s\p{L}])", folding}, {R"((?i:ſ))", folding}, {R"((?i)\u0345)", folding},
      {R"([a-z&&[^aeiou)", "at 6: a '['"},
      {R"(a**)", "at 2: " + repeat}, {R"(\p{N}{1,3}+)", "at 10: " + repeat}, {R"(a{2}?)", "at 4: a '?' behind {n}"},
      {R"((?:a*)*)", "at 6: a repeat of what may"},
      {R"(\b+)", "at 2: a repeat of an assertion"}, {R"((?=a)*)", "at 5: a repeat of an assertion"}, {R"(a{0})", "at 1: an interval"},
      {R"(a{2,1})", "at 1: an interval"}, {R"(a{1,9999})", "at 1: an interval"}, {R"({2})", "at 0: nothing to repeat"}, {R"(a|*)", "at 2: nothing to repeat"},
      {R"((?<=a+)b)", "at 0: look-behind"}, {R"((?<!a|bc)d)", "at 0: look-behind"}, {R"(\p{Script=Han})", "at 0: this property"},
      {R"(\p{Foo})", "this property"}, {R"(\p{})", "this property"}, {R"(\p{L)", "this property"}, {R"([[:graph:]])", "at 1: this class"},
      {R"([[:alpha])", "at 1: this class"}, {R"([]a])", "at 1: a class, or a side of &&, " + nothing}, {R"([a&&])", nothing}, {R"([])", nothing},
      {R"([a-c-e])", "at 4: " + hyphen}, {R"([\w-x])", hyphen}, {R"([--a])", hyphen}, {R"([a-[b]])", "at 1: a range that has no end"},
      {R"([a-\d])", backslash}, {R"([z-a])", "at 1: a range that falls"}, {R"([a&&b])", "at 0: a class that holds nothing"},
      {R"([\p{Nd}[^\x{0}-\x{10ffff}]])", "at 7: a class that holds nothing"}, {R"((a)", "at 0: a '(' without its ')'"},
      {R"(a))", "at 1: a ')' without its '('"}, {R"([a)", "at 0: a '[' without its ']'"},
  };
  for (const auto& [regex, says] : wrong) {
    try {
      pcre2_of_oniguruma(regex);
      ADD_FAILURE() << regex << " was taken";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      EXPECT_NE(std::string(e.what()).find(says), std::string::npos) << e.what() << "\nexpected " << says;
      EXPECT_FALSE(e.hint().empty());
    }
  }
}

}  // namespace
}  // namespace grim
