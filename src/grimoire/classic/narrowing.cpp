#include "grimoire/classic/narrowing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kSample = 512, kLargeSample = 16384;
constexpr double kLargeOffset = 1024;

Features sample_of(const Features& x, int64_t most) {
  if (x.rows() <= most) return x;
  std::vector<int64_t> rows(static_cast<size_t>(most));
  for (int64_t i = 0; i < most; ++i) rows[i] = i * x.rows() / most;
  return x.pick_rows(rows);
}

struct Spread {
  double mean = 0, deviation = 0;
};

// Of these numbers and so many zeros. About the first one, so that equal numbers have a deviation of 0.
Spread spread_of(std::span<const double> column, size_t zeros = 0) {
  Spread s;
  size_t n = zeros;
  double first = 0, sum = 0;
  for (double v : column) {
    if (std::isnan(v)) continue;
    if (n++ == 0) first = v;
    sum += v - first;
  }
  if (n == 0) return s;
  s.mean = first + sum / static_cast<double>(n);
  double most = zeros > 0 ? std::abs(s.mean) : 0, squares = 0;
  for (double v : column)
    if (!std::isnan(v)) most = std::max(most, std::abs(v - s.mean));
  s.deviation = most;
  if (most == 0 || !std::isfinite(most)) return s;
  for (double v : column)
    if (!std::isnan(v)) squares += (v - s.mean) / most * ((v - s.mean) / most);
  squares += static_cast<double>(zeros) * (s.mean / most) * (s.mean / most);
  s.deviation = most * std::sqrt(squares / static_cast<double>(n));
  return s;
}

bool far_from_0(const Spread& s) {
  constexpr double kLargestConstant = 1e5;  // a constant column is harmless up to here
  return std::abs(s.mean) > (s.deviation > 0 ? kLargeOffset * s.deviation : kLargestConstant);
}

// f(column, its spread) of the sample's columns of numbers.
template <class F> void for_spreads(const Features& x, F&& f) {
  const Features some = sample_of(x, kSample);
  if (some.is_sparse()) {
    const SparseRows turned = transposed(some.sparse());
    for (int64_t c = 0; c < x.width(); ++c) {
      const auto values = turned.values_of(c);
      f(c, spread_of(values, static_cast<size_t>(some.rows()) - values.size()));
    }
    return;
  }
  std::vector<double> column(static_cast<size_t>(some.rows()));
  for (int64_t c = 0; c < x.width(); ++c) {
    some.read_column(c, column.data());
    f(c, spread_of(column));
  }
}

bool is_bytes(const Features& x) { return !x.is_sparse() && (x.width() == 0 || x.dense().dtype() == Dtype::u8); }

}  // namespace

bool floats_lose(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  bool inexact = false;
  for (double v : values) {
    const auto narrow = static_cast<float>(v);
    if (std::isinf(narrow) && std::isfinite(v)) return true;
    inexact |= static_cast<double>(narrow) != v;
  }
  if (!inexact) return false;
  std::sort(values.begin(), values.end());
  FloatLoss loss;
  for (size_t i = 0; i < values.size();) {
    size_t end = i + 1;
    while (end < values.size() && static_cast<float>(values[end]) == static_cast<float>(values[i])) ++end;
    loss.add(end - i, values[end - 1] != values[i]);
    i = end;
  }
  return loss.matters();
}

bool floats_lose(const Features& all) {
  if (is_bytes(all) || (!all.is_sparse() && all.dense().dtype() == Dtype::f32)) return false;
  const Features x = sample_of(all, kLargeSample);
  const SparseRows turned = x.is_sparse() ? transposed(x.sparse()) : SparseRows{};
  std::vector<uint8_t> lost(static_cast<size_t>(x.width()));
  device::for_chunks(x.width(), [&](int64_t c) {
    if (x.columns()[static_cast<size_t>(c)].kind == ColumnKind::category) return;
    std::vector<double> column;
    if (x.is_sparse()) {
      const auto values = turned.values_of(c);
      column.assign(values.begin(), values.end());
    } else {
      column.resize(static_cast<size_t>(x.rows()));
      x.read_column(c, column.data());
    }
    lost[static_cast<size_t>(c)] = floats_lose(std::move(column));
  });
  return std::any_of(lost.begin(), lost.end(), [](uint8_t l) { return l != 0; });
}

double large_offset(std::span<const double> values) {
  const Spread s = spread_of(values);
  return far_from_0(s) ? s.mean : 0;
}

std::vector<double> large_offsets(const Features& x) {
  std::vector<double> offset;
  if (is_bytes(x)) return offset;
  for_spreads(x, [&](int64_t c, const Spread& s) {
    if (!far_from_0(s)) return;
    offset.resize(static_cast<size_t>(x.width()));
    offset[static_cast<size_t>(c)] = s.mean;
  });
  return offset;
}

Features less_offsets(const Features& x, const std::vector<double>& offset) {
  constexpr int64_t kMostCells = int64_t{1} << 28;
  GRIM_CHECK(!x.is_sparse() || x.rows() * x.width() <= kMostCells, resource, "offsets",
             "{} sparse rows of {} columns, some far from 0, are too many to be centred: subtract the offsets first", x.rows(), x.width());
  const Tensor moved = Tensor::empty({x.rows(), x.width()}, Dtype::f64);
  const int64_t P = x.width();
  device::parallel_for(x.rows(), std::max<int64_t>(1, 65536 / std::max<int64_t>(1, P)), [&](int64_t begin, int64_t end) {
    double* out = moved.data<double>() + begin * P;
    x.read_rows(begin, end, out);
    for (int64_t r = begin; r < end; ++r, out += P)
      for (int64_t c = 0; c < P; ++c) out[c] -= offset[static_cast<size_t>(c)];
  });
  return Features(moved, x.columns());
}

double mean_square_distance(const Features& x) {
  double sum = 0;
  for_spreads(x, [&](int64_t, const Spread& s) { sum += 2 * s.deviation * s.deviation; });
  return sum;
}

int64_t tiny_column(const Features& x, double least) {
  constexpr int64_t kFirst = 64;  // rows that nearly always show that a column is not tiny
  if (is_bytes(x)) return -1;
  const int64_t P = x.width(), N = x.rows();
  std::vector<double> largest(static_cast<size_t>(P), 0);
  if (x.is_sparse()) {
    const SparseRows& s = x.sparse();
    for (size_t k = 0; k < s.value.size(); ++k) largest[s.column[k]] = std::max(largest[s.column[k]], std::abs(static_cast<double>(s.value[k])));
  } else {
    std::vector<double> row(static_cast<size_t>(P));
    for (int64_t r = 0; r < std::min(N, kFirst); ++r) {
      x.read_rows(r, r + 1, row.data());
      for (int64_t c = 0; c < P; ++c) largest[c] = std::max(largest[c], std::abs(row[c]));
    }
  }
  std::vector<double> column(x.is_sparse() ? 0 : static_cast<size_t>(N));
  for (int64_t c = 0; c < P; ++c) {
    if (largest[c] < least && !x.is_sparse()) {
      x.read_column(c, column.data());
      for (double v : column) largest[c] = std::max(largest[c], std::abs(v));
    }
    if (largest[c] > 0 && largest[c] < least) return c;
  }
  return -1;
}

std::vector<double> column_units(const Features& x) {
  constexpr int kReach = 10;
  std::vector<double> unit;
  if (is_bytes(x)) return unit;
  for_spreads(x, [&](int64_t c, const Spread& s) {
    const double size = std::max(s.deviation, std::abs(s.mean));
    if (size == 0 || (size >= std::ldexp(1.0, -kReach) && size <= std::ldexp(1.0, kReach))) return;
    if (unit.empty()) unit.assign(static_cast<size_t>(x.width()), 1.0);
    unit[static_cast<size_t>(c)] = std::ldexp(1.0, -std::ilogb(size));
  });
  return unit;
}

}  // namespace grim
