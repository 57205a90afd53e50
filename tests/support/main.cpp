#include <gtest/gtest.h>

#include "grimoire/device/instructions.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  grim::device::limit_instructions();
  return RUN_ALL_TESTS();
}
