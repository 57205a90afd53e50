// Every seed and every finding of the fuzzer of vector files, replayed.
#include <gtest/gtest.h>

#include "fuzz/vectors_target.h"
#include "support/fuzz_seeds.h"

namespace grim {
namespace {

TEST(FuzzSeeds, Vectors) { test::replay_seeds("vectors", fuzz::accepts_vectors, 6); }

}  // namespace
}  // namespace grim
