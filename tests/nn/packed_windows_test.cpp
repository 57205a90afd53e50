#include "grimoire/nn/packed_windows.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/conv1d.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {

using Ids = std::vector<int64_t>;

// A Linear over the windows is the convolution of each text alone.
TEST(PackedWindows, ALinearOverThemIsAConvolution) {
  const Ids offsets = {0, 1, 5, 7};
  const Tensor x = test::random_tensor({{7, 3}}, Dtype::f64, 1), w = test::random_tensor({{4, 3, 3}}, Dtype::f64, 2);  // (out, in, K)
  const Tensor flat = reshape(permute(w, {2, 1, 0}), {9, 4});
  for (const auto& [place, padding] : {std::pair(WindowPlace::around, Padding::same), std::pair(WindowPlace::before, Padding::causal)}) {
    const Tensor y = matmul(packed_windows(x, offsets, 3, place), flat);
    for (size_t i = 1; i < offsets.size(); ++i) {
      const Tensor alone = unsqueeze(transpose(slice(x, 0, offsets[i - 1], offsets[i]), 0, 1), 0);  // (1, C, T)
      const Tensor want = transpose(select(conv1d(alone, w, {}, {.padding = padding}), 0, 0), 0, 1);
      EXPECT_LE(test::relative_difference(slice(y, 0, offsets[i - 1], offsets[i]), want), 1e-13);
    }
  }
}

TEST(PackedWindows, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({3, 2});
  EXPECT_THROW(packed_windows(x, Ids{0, 3}, 2, WindowPlace::around), Error) << "an even window has no middle";
  EXPECT_EQ(packed_windows(x, Ids{0, 3}, 2, WindowPlace::before).shape(), Shape({3, 4}));
  EXPECT_THROW(packed_windows(x, Ids{0, 4}, 3, WindowPlace::around), Error);
  EXPECT_THROW(packed_windows(x, Ids{}, 3, WindowPlace::around), Error);
}

}  // namespace
}  // namespace grim
