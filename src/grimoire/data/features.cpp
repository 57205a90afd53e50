#include "grimoire/data/features.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

std::shared_ptr<const std::vector<ColumnInfo>> named(std::vector<ColumnInfo> columns, int64_t width) {
  if (columns.empty())
    for (int64_t c = 0; c < width; ++c) columns.push_back({str("x{}", c)});
  GRIM_CHECK(static_cast<int64_t>(columns.size()) == width, shape, "features", "got {} column names, expected {}", columns.size(), width);
  return std::make_shared<const std::vector<ColumnInfo>>(std::move(columns));
}

// fn(pointer) with the numbers in their own type.
template <class F> auto with_numbers(const Tensor& t, F&& fn) {
  switch (t.dtype()) {
    case Dtype::u8: return fn(t.data<uint8_t>());
    case Dtype::f32: return fn(t.data<float>());
    default: return fn(t.data<double>());
  }
}

}  // namespace

Features::Features(const Tensor& dense, std::vector<ColumnInfo> columns) {
  GRIM_CHECK(dense.ndim() == 2, shape, "features", "got {}, expected (rows, columns)", dense.shape());
  const bool kept = dense.dtype() == Dtype::u8 || dense.dtype() == Dtype::f32 || dense.dtype() == Dtype::f64;
  dense_ = contiguous(kept ? dense : cast(dense, Dtype::f64));
  rows_ = dense.dim(0);
  columns_ = named(std::move(columns), dense.dim(1));
}

Features::Features(std::shared_ptr<const SparseRows> sparse, std::vector<ColumnInfo> columns)
    : rows_(sparse->rows()), sparse_(std::move(sparse)), columns_(named(std::move(columns), sparse_->columns)) {}

Features Features::from(const Table& table, const std::vector<std::string>& without) {
  std::vector<const Column*> kept;
  for (const Column& c : table.columns)
    if (std::find(without.begin(), without.end(), c.name) == without.end()) kept.push_back(&c);
  const int64_t N = table.rows(), P = static_cast<int64_t>(kept.size());
  const Tensor dense = Tensor::empty({N, P}, Dtype::f64);
  std::vector<ColumnInfo> columns;
  for (int64_t c = 0; c < P; ++c) {
    columns.push_back({kept[c]->name, kept[c]->kind, kept[c]->levels});
    for (int64_t r = 0; r < N; ++r) dense.data<double>()[r * P + c] = kept[c]->values[r];
  }
  return Features(dense, std::move(columns));
}

bool Features::has_missing() const {
  if (is_sparse()) {
    for (double v : sparse_->value)
      if (std::isnan(v)) return true;
    return false;
  }
  if (!dense_.defined()) return false;
  return with_numbers(dense_, [n = dense_.numel()](const auto* p) {
    for (int64_t i = 0; i < n; ++i)
      if (p[i] != p[i]) return true;
    return false;
  });
}

bool Features::has_categories() const {
  for (const ColumnInfo& c : *columns_)
    if (c.kind == ColumnKind::category) return true;
  return false;
}

template <class T> void Features::read_rows(int64_t begin, int64_t end, T* out, int64_t stride) const {
  const int64_t P = width(), step = stride ? stride : P;
  if (is_sparse()) {
    for (int64_t r = begin; r < end; ++r, out += step) {
      std::fill(out, out + P, T(0));
      for (int64_t k = sparse_->row_start[r]; k < sparse_->row_start[r + 1]; ++k)
        out[sparse_->column[k]] = static_cast<T>(sparse_->value[k]);
    }
    return;
  }
  with_numbers(dense_, [&](const auto* p) {
    for (int64_t r = begin; r < end; ++r, out += step)
      for (int64_t c = 0; c < P; ++c) out[c] = static_cast<T>(p[r * P + c]);
  });
}

template <class T> void Features::read_column(int64_t column, T* out) const {
  if (is_sparse()) {
    for (int64_t r = 0; r < rows_; ++r) out[r] = static_cast<T>(at(r, column));
    return;
  }
  const int64_t P = width();
  with_numbers(dense_, [&](const auto* p) {
    for (int64_t r = 0; r < rows_; ++r) out[r] = static_cast<T>(p[r * P + column]);
  });
}

double Features::at(int64_t row, int64_t column) const {
  if (!is_sparse()) return with_numbers(dense_, [&](const auto* p) { return static_cast<double>(p[row * width() + column]); });
  const auto columns = sparse_->columns_of(row);
  const auto found = std::lower_bound(columns.begin(), columns.end(), static_cast<int32_t>(column));
  return found != columns.end() && *found == column ? sparse_->values_of(row)[static_cast<size_t>(found - columns.begin())] : 0.0;
}

Features Features::pick_rows(std::span<const int64_t> rows) const {
  for (int64_t r : rows) GRIM_CHECK(r >= 0 && r < rows_, argument, "pick_rows", "row {} of {}", r, rows_);
  auto numbers = std::make_shared<std::vector<int64_t>>();
  for (int64_t r : rows) numbers->push_back(row_number(r));
  const auto numbered = [&](Features picked) {
    picked.numbers_ = std::move(numbers);
    return picked;
  };
  if (is_sparse()) {
    auto picked = std::make_shared<SparseRows>();
    picked->columns = sparse_->columns;
    for (int64_t r : rows) {
      const auto columns = sparse_->columns_of(r);
      const auto values = sparse_->values_of(r);
      picked->column.insert(picked->column.end(), columns.begin(), columns.end());
      picked->value.insert(picked->value.end(), values.begin(), values.end());
      picked->row_start.push_back(static_cast<int64_t>(picked->column.size()));
    }
    return numbered(Features(std::move(picked), *columns_));
  }
  const int64_t row_bytes = width() * size_of(dense_.dtype());
  const Tensor picked = Tensor::empty({static_cast<int64_t>(rows.size()), width()}, dense_.dtype());
  for (size_t i = 0; i < rows.size(); ++i) std::memcpy(picked.raw() + i * row_bytes, dense_.raw() + rows[i] * row_bytes, row_bytes);
  return numbered(Features(picked, *columns_));
}

Features Features::pick_columns(std::span<const int64_t> columns) const {
  std::vector<ColumnInfo> infos;
  for (int64_t c : columns) {
    GRIM_CHECK(c >= 0 && c < width(), argument, "pick_columns", "column {} of {}", c, width());
    infos.push_back((*columns_)[c]);
  }
  const int64_t P = static_cast<int64_t>(columns.size());
  const Tensor picked = Tensor::empty({rows_, P}, Dtype::f64);
  for (int64_t c = 0; c < P; ++c)
    for (int64_t r = 0; r < rows_; ++r) picked.data<double>()[r * P + c] = at(r, columns[c]);
  return Features(picked, std::move(infos)).number_as(*this);
}

Features& Features::number_as(const Features& origin) {
  GRIM_CHECK(rows_ == origin.rows_, shape, "number_as", "got {} rows, expected {}", rows_, origin.rows_);
  numbers_ = origin.numbers_;
  return *this;
}

Tensor Features::to_tensor(Dtype dtype) const {
  if (!is_sparse()) return cast(dense_, dtype);
  const Tensor spread = Tensor::empty({rows_, width()}, Dtype::f64);
  read_rows(0, rows_, spread.data<double>());
  return cast(spread, dtype);
}

SparseRows transposed(const SparseRows& x) {
  SparseRows t;
  t.columns = x.rows();
  t.row_start.assign(static_cast<size_t>(x.columns) + 1, 0);
  for (int32_t c : x.column) ++t.row_start[c + 1];
  for (int64_t c = 0; c < x.columns; ++c) t.row_start[c + 1] += t.row_start[c];
  t.column.resize(x.column.size());
  t.value.resize(x.value.size());
  std::vector<int64_t> at(t.row_start.begin(), t.row_start.end() - 1);
  for (int64_t r = 0; r < x.rows(); ++r)
    for (int64_t k = x.row_start[r]; k < x.row_start[r + 1]; ++k) {
      const int64_t to = at[x.column[k]]++;
      t.column[to] = static_cast<int32_t>(r);
      t.value[to] = x.value[k];
    }
  return t;
}

double Dataset::total_weight() const {
  double total = 0;
  for (int64_t r = 0; r < rows(); ++r) total += weight_of(r);
  return total;
}

std::vector<double> Dataset::class_totals() const {
  std::vector<double> totals(classes.size(), 0.0);
  for (int64_t r = 0; r < rows(); ++r) totals[static_cast<size_t>(y[r])] += weight_of(r);
  return totals;
}

std::vector<int64_t> Dataset::class_counts() const {
  std::vector<int64_t> counts(classes.size(), 0);
  for (double k : y) ++counts[static_cast<size_t>(k)];
  return counts;
}

Dataset Dataset::pick(std::span<const int64_t> rows) const {
  Dataset d{.x = x.pick_rows(rows), .y = {}, .weight = {}, .classes = classes};
  for (int64_t r : rows) {
    if (!y.empty()) d.y.push_back(y[r]);
    if (!weight.empty()) d.weight.push_back(weight[r]);
  }
  return d;
}

template void Features::read_rows<float>(int64_t, int64_t, float*, int64_t) const;
template void Features::read_rows<double>(int64_t, int64_t, double*, int64_t) const;
template void Features::read_column<float>(int64_t, float*) const;
template void Features::read_column<double>(int64_t, double*) const;

}  // namespace grim
