#include "grimoire/text/text_size.h"

#include <gtest/gtest.h>

namespace grim {
namespace {

TEST(TextSize, WordsAndBytes) {
  const auto is = [](std::string_view text, int64_t words, int64_t bytes) {
    EXPECT_EQ(text_size(text).words, words) << text;
    EXPECT_EQ(text_size(text).bytes, bytes) << text;
  };
  is("", 0, 0);
  is(" \n\t", 0, 3);
  is("  two words\n", 2, 12);
  is("café, 3\u00a0€", 3, 13);  // a no-break space parts words too
}

}  // namespace
}  // namespace grim
