// Every seed and every finding of the fuzzers of tokenizers and chat templates, replayed.
#include <gtest/gtest.h>

#include "fuzz/template_target.h"
#include "fuzz/tokenizer_target.h"
#include "support/fuzz_seeds.h"

namespace grim {
namespace {

TEST(FuzzSeeds, Tokenizers) {
  test::replay_seeds("tokenizer_json", fuzz::accepts_tokenizer_json, 12);
  test::replay_seeds("sentencepiece", fuzz::accepts_sentencepiece, 2);
  test::replay_seeds("vocabulary", fuzz::accepts_vocabulary, 4);
}

TEST(FuzzSeeds, ChatTemplates) { test::replay_seeds("template", fuzz::accepts_template, 20); }

}  // namespace
}  // namespace grim
