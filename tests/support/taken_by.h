// What a run takes of memory.
#pragma once

#include <gtest/gtest.h>

#include "grimoire/device/memory.h"
#include "grimoire/device/memory_trace.h"
#include "grimoire/train/run.h"

namespace grim::test {

// What a fresh pool takes for the run.
inline double taken_by(const RunConfig& c, RunResult& result) {
  const int64_t before = device::memory_use().live_bytes;
  device::MemoryTrace trace;
  {
    const device::MemoryRecorder recorder(trace);
    RunEvents quiet;
    result = train(c, quiet);
  }
  EXPECT_EQ(device::memory_use().live_bytes, before) << "a run gives back all that it took";
  return trace.bytes();
}

}  // namespace grim::test
