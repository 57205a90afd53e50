#include "grimoire/classic/preprocess.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

struct Weighted {
  double value, weight;
};

// The filled-in values of a column with their weights, in rising order.
std::vector<Weighted> sorted_column(const Dataset& data, int64_t column) {
  std::vector<double> values(static_cast<size_t>(data.rows()));
  data.x.read_column(column, values.data());
  std::vector<Weighted> sorted;
  for (int64_t r = 0; r < data.rows(); ++r)
    if (!std::isnan(values[r])) sorted.push_back({values[r], data.weight_of(r)});
  std::sort(sorted.begin(), sorted.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  return sorted;
}

// Linear interpolation between order statistics; a row of weight w stands w times (Hyndman and Fan 1996, type 7).
double quantile(const std::vector<Weighted>& sorted, double q) {
  double total = 0;
  for (const Weighted& w : sorted) total += w.weight;
  const double place = q * (total - 1);
  double below = 0, low = sorted.front().value, high = low;
  for (const Weighted& w : sorted) {
    if (below <= place) low = w.value;
    if (below <= std::ceil(place)) high = w.value;
    below += w.weight;
  }
  const double part = place - std::floor(place);
  return std::isfinite(high - low) ? low + part * (high - low) : (1 - part) * low + part * high;
}

double most_frequent(const std::vector<Weighted>& sorted) {
  double best = sorted.front().value, best_weight = 0, run = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    run = (i && sorted[i].value == sorted[i - 1].value ? run : 0) + sorted[i].weight;
    if (run > best_weight) best_weight = run, best = sorted[i].value;
  }
  return best;
}

// Mean, then the mean square about it: two passes lose no digits. In a unit, a power of two, whose squares stay in range.
void standardise(const std::vector<Weighted>& column, double& centre, double& scale) {
  centre = column.front().value;
  scale = 0;
  if (column.back().value == centre) return;
  constexpr int kReach = 400;
  const double unit = binary_scale(std::max(std::abs(column.front().value), std::abs(column.back().value)), kReach);
  double total = 0, mean = 0, square = 0, left = 0;
  for (const Weighted& w : column) total += w.weight, mean += w.weight * (w.value * unit);
  mean /= total;
  const auto squares = [&] {
    square = left = 0;
    for (const Weighted& w : column) {
      const double d = w.value * unit - mean;
      square += w.weight * d * d, left += w.weight * d;
    }
  };
  squares();
  constexpr double kLargeOffset = 0x1p40;  // of the square of mean / deviation: the mean is then told by what is left about it
  if (mean * mean > kLargeOffset * square / total) mean += left / total, squares();
  const double spread = unit == 1 ? 1 : binary_scale(std::sqrt(square / total), kReach);
  if (spread != 1) {  // narrow beside its offset: once more in a unit of its own
    square = 0;
    for (const Weighted& w : column) square += w.weight * std::pow((w.value * unit - mean) * spread, 2);
  }
  centre = mean / unit;
  scale = std::sqrt(square / total) / spread / unit;
}

// fn(value, column) on every number that is held, into a copy of the same kind; dense becomes f64.
template <class F> Features mapped(const Features& x, std::vector<ColumnInfo> columns, F&& fn) {
  if (x.is_sparse()) {
    auto rows = std::make_shared<SparseRows>(x.sparse());
    for (size_t k = 0; k < rows->value.size(); ++k) rows->value[k] = fn(rows->value[k], rows->column[k]);
    return Features(std::move(rows), std::move(columns));
  }
  const Tensor out = Tensor::empty({x.rows(), x.width()}, Dtype::f64);
  x.read_rows(0, x.rows(), out.data<double>());
  for (int64_t i = 0, P = x.width(), n = out.numel(); i < n; ++i) out.data<double>()[i] = fn(out.data<double>()[i], i % P);
  return Features(out, std::move(columns));
}

}  // namespace

// --- Scaler ----------------------------------------------------------------------------------------------------------

Options Scaler::params() {
  return {{.name = "kind", .help = "how columns are scaled", .target = &kind, .choices = {"standard", "minmax", "maxabs", "robust"}}};
}

void Scaler::fit_on(const Dataset& data) {
  const int64_t P = data.x.width();
  centre_.assign(static_cast<size_t>(P), 0);
  scale_.assign(static_cast<size_t>(P), 1);
  if (data.x.is_sparse() && kind != "maxabs") report_.warnings.push_back("sparse rows are scaled but not centred, so that zeros stay zero");
  for (int64_t c = 0; c < P; ++c) {
    if (data.x.columns()[c].kind == ColumnKind::category) continue;
    const std::vector<Weighted> column = sorted_column(data, c);
    if (column.empty()) continue;
    double& centre = centre_[c];
    double& scale = scale_[c];
    const double low = column.front().value, high = column.back().value;
    if (kind == "standard") standardise(column, centre, scale);
    if (kind == "minmax") centre = low, scale = high - low;
    if (kind == "maxabs") scale = std::max(std::abs(low), std::abs(high));
    if (kind == "robust") centre = quantile(column, 0.5), scale = quantile(column, 0.75) - quantile(column, 0.25);
    const bool reaches = std::isfinite(scale) && std::isfinite(low - centre) && std::isfinite(high - centre);
    GRIM_CHECK(reaches, input, name(), "column '{}' reaches from {:g} to {:g}, further than a number can", data.x.columns()[c].name, low, high);
    if (scale == 0) scale = 1;
    if (data.x.is_sparse()) centre = 0;
  }
}

Features Scaler::transform_on(const Features& x) const {
  return mapped(x, x.columns(), [&](double v, int64_t c) { return (v - centre_[c]) / scale_[c]; });
}

void Scaler::write(State& state) const {
  state.set("centre", centre_);
  state.set("scale", scale_);
}
void Scaler::read(const State& state) {
  const int64_t P = static_cast<int64_t>(columns().size());
  centre_ = state.numbers("centre", P);
  scale_ = state.numbers("scale", P);
  for (double s : scale_) GRIM_CHECK(s > 0, input, "scaler", "a column's scale is {}", s);
}

// --- Imputer ---------------------------------------------------------------------------------------------------------

Options Imputer::params() {
  return {{.name = "strategy",
           .help = "what a missing number becomes",
           .target = &strategy,
           .choices = {"median", "mean", "most-frequent", "constant"}},
          {.name = "value", .help = "the number of strategy constant", .target = &value}};
}

void Imputer::fit_on(const Dataset& data) {
  fills_.assign(static_cast<size_t>(data.x.width()), value);
  for (int64_t c = 0; c < data.x.width(); ++c) {
    const ColumnInfo& info = data.x.columns()[c];
    const bool category = info.kind == ColumnKind::category;
    if (strategy == "constant" && !category) continue;
    const std::vector<Weighted> column = sorted_column(data, c);
    GRIM_CHECK(!column.empty(), input, "imputer", "column '{}' has no value at all; leave it out", info.name);
    double scale;
    if (category || strategy == "most-frequent")
      fills_[c] = most_frequent(column);
    else if (strategy == "median")
      fills_[c] = quantile(column, 0.5);
    else
      standardise(column, fills_[c], scale);
  }
}

Features Imputer::transform_on(const Features& x) const {
  return mapped(x, x.columns(), [&](double v, int64_t c) { return std::isnan(v) ? fills_[c] : v; });
}
void Imputer::write(State& state) const { state.set("fills", fills_); }
void Imputer::read(const State& state) { fills_ = state.numbers("fills", static_cast<int64_t>(columns().size())); }

// --- Encoder ---------------------------------------------------------------------------------------------------------

Options Encoder::params() {
  return {{.name = "kind", .help = "how categories become numbers", .target = &kind, .choices = {"onehot", "ordinal"}}};
}

std::vector<ColumnInfo> Encoder::output_columns() const {
  std::vector<ColumnInfo> out;
  for (const ColumnInfo& c : columns()) {
    if (c.kind == ColumnKind::number || kind == "ordinal")
      out.push_back({c.name});
    else
      for (const std::string& level : c.levels) out.push_back({c.name + "=" + level});
  }
  return out;
}

namespace {

[[noreturn]] void refuse_unseen(const Features& x, int64_t row, int64_t column, double level) {
  const ColumnInfo& info = x.columns()[static_cast<size_t>(column)];
  const auto place = static_cast<size_t>(level);
  throw Error(ErrorKind::input,
              str("[encoder] column '{}', row {}: '{}' was not there when the model was fitted, and an ordinal code has no place for it",
                  info.name, x.row_number(row), place < info.levels.size() ? info.levels[place] : "?"),
              "leave the row out, or fit anew with it or one-hot encoded (" GRIM_SETTING("encode=onehot") ")");
}

}  // namespace

Features Encoder::transform_on(const Features& x) const {
  std::vector<ColumnInfo> out_columns = output_columns();
  if (x.is_sparse()) return x;  // sparse files have no categories
  const int64_t N = x.rows(), P = x.width(), Q = static_cast<int64_t>(out_columns.size());
  const Tensor in = Tensor::empty({N, P}, Dtype::f64), out = Tensor::zeros({N, Q}, Dtype::f64);
  x.read_rows(0, N, in.data<double>());
  int64_t to = 0;
  for (int64_t c = 0; c < P; ++c) {
    const ColumnInfo& info = columns()[c];
    const bool spread = info.kind == ColumnKind::category && kind == "onehot";
    for (int64_t r = 0; r < N; ++r) {
      const double v = in.data<double>()[r * P + c];
      double* row = out.data<double>() + r * Q + to;
      if (!spread && info.kind == ColumnKind::category && v >= static_cast<double>(info.levels.size())) refuse_unseen(x, r, c, v);
      if (!spread)
        *row = v;
      else if (v >= 0 && v < static_cast<double>(info.levels.size()))
        row[static_cast<int64_t>(v)] = 1;
    }
    to += spread ? static_cast<int64_t>(info.levels.size()) : 1;
  }
  return Features(out, std::move(out_columns));
}

}  // namespace grim
