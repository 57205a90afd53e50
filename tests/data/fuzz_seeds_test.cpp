// Every seed and every finding of the fuzzer of files of questions, replayed.
#include <gtest/gtest.h>

#include "fuzz/questions_target.h"
#include "support/fuzz_seeds.h"

namespace grim {
namespace {

TEST(FuzzSeeds, Questions) { test::replay_seeds("questions", fuzz::accepts_questions, 6); }

}  // namespace
}  // namespace grim
