// Every seed and every finding of the fuzzers of tokenizers and chat templates, replayed: those whose name begins with "good" are taken, the others refused.
#include <gtest/gtest.h>

#include "fuzz/template_target.h"
#include "fuzz/tokenizer_target.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

void replay(const std::string& kind, bool (*accepts)(std::string_view), int at_least) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/" + kind;
  int files_seen = 0;
  for (const std::string& name : files().list(folder)) {
    bool good = false;
    EXPECT_NO_THROW(good = accepts(read_file(join_path(folder, name)))) << kind << ": " << name;
    EXPECT_EQ(good, name.starts_with("good")) << kind << ": " << name;
    ++files_seen;
  }
  EXPECT_GE(files_seen, at_least) << kind;
}

TEST(FuzzSeeds, Tokenizers) {
  replay("tokenizer_json", fuzz::accepts_tokenizer_json, 12);
  replay("sentencepiece", fuzz::accepts_sentencepiece, 2);
  replay("vocabulary", fuzz::accepts_vocabulary, 4);
}

TEST(FuzzSeeds, ChatTemplates) { replay("template", fuzz::accepts_template, 20); }

}  // namespace
}  // namespace grim
