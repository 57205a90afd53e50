#include "grimoire/device/bf16.h"

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace grim::device {
namespace {

TEST(Bf16Bulk, WidensEveryNumber) {
  std::vector<Bf16> all(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i].bits = static_cast<uint16_t>(i);
  for (const size_t n : {size_t{1}, size_t{15}, size_t{33}, all.size()}) {
    std::vector<float> wide(n + 1, 7.0f);
    widen(all.data() + (all.size() - n), static_cast<int64_t>(n), wide.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(std::bit_cast<uint32_t>(wide[i]), static_cast<uint32_t>(all[all.size() - n + i].bits) << 16);
    EXPECT_EQ(wide[n], 7.0f);
  }
}

// As Bf16(float) does one by one: ties to even, overflow to infinity, NaN stays one, with its sign.
TEST(Bf16Bulk, RoundsAsOneByOne) {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, 1.00390625f, 1.01171875f, -1.00390625f, 3.4e38f, -3.4e38f, INFINITY, -INFINITY, NAN, -NAN, 1e-40f, -1e-45f,
                          std::bit_cast<float>(0x7f800001u), std::bit_cast<float>(0xffffffffu), std::bit_cast<float>(0x7fffffffu)};
  std::mt19937 engine(1);
  while (x.size() < 20011) x.push_back(std::bit_cast<float>(static_cast<uint32_t>(engine())));
  for (const size_t n : {size_t{1}, size_t{17}, size_t{31}, x.size()}) {
    std::vector<Bf16> to(n + 1, Bf16(7.0f));
    narrow(x.data(), static_cast<int64_t>(n), to.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(to[i].bits, Bf16(x[i]).bits) << i << ": " << x[i];
    EXPECT_EQ(to[n].bits, Bf16(7.0f).bits);
  }
  std::vector<float> row(x.begin(), x.begin() + 1000);  // into its own first half, as the loss over a vocabulary does
  narrow(row.data(), 1000, reinterpret_cast<Bf16*>(row.data()));
  for (size_t i = 0; i < 1000; ++i) ASSERT_EQ(reinterpret_cast<const Bf16*>(row.data())[i].bits, Bf16(x[i]).bits);
}

TEST(Bf16Bulk, TransposesAnyShape) {
  for (const int64_t rows : {1, 7, 8, 9, 40, 65})
    for (const int64_t columns : {1, 7, 8, 31, 33, 72}) {
      const int64_t step = columns + 5, to_step = rows + 3;
      std::vector<Bf16> from(static_cast<size_t>(rows * step)), to(static_cast<size_t>(columns * to_step));
      for (size_t i = 0; i < from.size(); ++i) from[i].bits = static_cast<uint16_t>(i);
      for (Bf16& v : to) v.bits = 0xffff;
      transpose(from.data(), rows, columns, step, to.data(), to_step);
      for (int64_t c = 0; c < columns; ++c)
        for (int64_t r = 0; r < to_step; ++r)
          ASSERT_EQ(to[static_cast<size_t>(c * to_step + r)].bits, r < rows ? from[static_cast<size_t>(r * step + c)].bits : 0xffff) << rows << " " << columns;
    }
}

}  // namespace
}  // namespace grim::device
