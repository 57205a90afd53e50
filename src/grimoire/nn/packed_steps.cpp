#include "grimoire/nn/packed_steps.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim {
namespace {

Tensor i64_of(const std::vector<int64_t>& values) { return Tensor::from<int64_t>(values, {static_cast<int64_t>(values.size())}); }

std::vector<int64_t> inverse(const std::vector<int64_t>& order) {
  std::vector<int64_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  return place;
}

}  // namespace

PackedSteps::PackedSteps(std::span<const int64_t> offsets) {
  GRIM_CHECK(offsets.size() > 1, argument, "recurrent", "there are no texts");
  const auto length = [&](int64_t text) { return offsets[static_cast<size_t>(text) + 1] - offsets[static_cast<size_t>(text)]; };
  std::vector<int64_t> texts(offsets.size() - 1), forth, back;
  std::iota(texts.begin(), texts.end(), int64_t{0});
  for (const int64_t text : texts) GRIM_CHECK(length(text) > 0, argument, "recurrent", "text {} has no tokens", text);
  std::ranges::stable_sort(texts, std::greater<>(), length);
  for (int64_t t = 0; t < length(texts[0]); ++t) {
    int64_t count = 0;
    for (; count < std::ssize(texts) && length(texts[static_cast<size_t>(count)]) > t; ++count) {
      const auto text = static_cast<size_t>(texts[static_cast<size_t>(count)]);
      forth.push_back(offsets[text] + t);
      back.push_back(offsets[text + 1] - 1 - t);
    }
    running.push_back(count);
  }
  order = i64_of(texts);
  place = i64_of(inverse(texts));
  forwards = {i64_of(forth), i64_of(inverse(forth))};
  backwards = {i64_of(back), i64_of(inverse(back))};
}

}  // namespace grim
