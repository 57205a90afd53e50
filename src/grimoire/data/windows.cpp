#include "grimoire/data/windows.h"

#include <algorithm>
#include <cstring>

namespace grim {

Examples context_windows(const std::vector<Ids>& items, int64_t block) {
  GRIM_CHECK(block >= 1, argument, "context_windows", "block: got {}, expected 1 or more", block);
  int64_t n = 0;
  for (const Ids& item : items) n += static_cast<int64_t>(item.size()) + 1;
  const Examples e{Tensor::zeros({n, block}, Dtype::i64), Tensor::zeros({n}, Dtype::i64)};
  int64_t* x = e.x.data<int64_t>();
  int64_t* y = e.y.data<int64_t>();
  for (const Ids& item : items) {
    const auto length = static_cast<int64_t>(item.size());
    for (int64_t t = 0; t <= length; ++t, x += block) {
      const int64_t known = std::min(t, block);
      std::copy_n(item.begin() + (t - known), known, x + (block - known));
      *y++ = t < length ? item[static_cast<size_t>(t)] : 0;
    }
  }
  return e;
}

Examples padded_items(const std::vector<Ids>& items, int64_t length) {
  const auto n = static_cast<int64_t>(items.size());
  const Examples e{Tensor::zeros({n, length}, Dtype::i64), Tensor::full({n, length}, kIgnore, Dtype::i64)};
  for (int64_t i = 0; i < n; ++i) {
    const Ids& item = items[static_cast<size_t>(i)];
    GRIM_CHECK(static_cast<int64_t>(item.size()) < length, input, "padded_items",
               "item {}: got {} ids, expected at most {}", i, item.size(), length - 1);
    int64_t* const y = e.y.data<int64_t>() + i * length;
    std::copy(item.begin(), item.end(), e.x.data<int64_t>() + i * length + 1);
    std::copy(item.begin(), item.end(), y);
    y[item.size()] = 0;
  }
  return e;
}

int64_t crop_count(int64_t ids, int64_t length) {
  GRIM_CHECK(length >= 1, argument, "crop_count", "length: got {}, expected 1 or more", length);
  GRIM_CHECK(ids > length, input, "crop_count",
             "the text is too short: got {} ids, expected more than the context of {}", ids, length);
  return ids - length;
}

Examples text_crops(std::span<const int64_t> ids, std::span<const int64_t> starts, int64_t length) {
  const int64_t count = crop_count(static_cast<int64_t>(ids.size()), length), n = static_cast<int64_t>(starts.size());
  const Examples e{Tensor::empty({n, length}, Dtype::i64), Tensor::empty({n, length}, Dtype::i64)};
  for (int64_t i = 0; i < n; ++i) {
    const int64_t start = starts[static_cast<size_t>(i)];
    GRIM_CHECK(start >= 0 && start < count, argument, "text_crops", "start: got {}, expected 0 to {}", start,
               count - 1);
    std::copy_n(ids.begin() + start, length, e.x.data<int64_t>() + i * length);
    std::copy_n(ids.begin() + start + 1, length, e.y.data<int64_t>() + i * length);
  }
  return e;
}

namespace {
Tensor rows_of(const Tensor& x, std::span<const int64_t> rows) {
  Shape shape = x.shape();
  const int64_t available = shape[0];
  shape[0] = static_cast<int64_t>(rows.size());
  const Tensor out = Tensor::empty(shape, Dtype::i64);
  const int64_t width = available == 0 ? 0 : x.numel() / available;
  const int64_t* const from = x.data<int64_t>();
  int64_t* to = out.data<int64_t>();
  for (int64_t row : rows) {
    GRIM_CHECK(row >= 0 && row < available, argument, "take_rows", "row: got {}, expected 0 to {}", row, available - 1);
    to = std::copy_n(from + row * width, width, to);
  }
  return out;
}
}  // namespace

Examples take_rows(const Examples& all, std::span<const int64_t> rows) {
  return {rows_of(all.x, rows), rows_of(all.y, rows)};
}

}  // namespace grim
