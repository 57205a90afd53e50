// Runs without a console, and what two of them came to.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/train/events.h"
#include "support/op_case.h"

namespace grim::test {

struct Quiet : RunEvents {
  int64_t stop_at = -1, seen = 0;  // asked for the so-manieth time, it wants to stop
  std::vector<std::string> notes;
  void note(const std::string& text) override { notes.push_back(text); }
  bool stop_requested() override { return ++seen == stop_at; }
};

// Of the newest checkpoint of a run's folder.
inline TensorMap weights_of_run(const std::string& run) {
  const FoundCheckpoint found = newest_valid_checkpoint(run + "/checkpoints");
  EXPECT_TRUE(static_cast<bool>(found)) << run;
  return read_safetensors(found.path + "/model.safetensors");
}

inline void expect_same_weights(const std::string& a, const std::string& b) {
  const TensorMap x = weights_of_run(a), y = weights_of_run(b);
  ASSERT_EQ(x.size(), y.size());
  for (const auto& [name, tensor] : x) ASSERT_TRUE(bit_equal(tensor, y.at(name))) << name;
}

}  // namespace grim::test
