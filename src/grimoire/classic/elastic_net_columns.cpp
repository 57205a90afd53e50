#include "grimoire/classic/elastic_net_columns.h"

#include <cmath>

#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

void prepare_rows(RegressionColumns& c, const Dataset& data, bool intercept) {
  c.rows = data.rows();
  c.count = data.x.width();
  const double total = data.total_weight();
  for (int64_t r = 0; r < c.rows; ++r) {
    c.root.push_back(std::sqrt(data.weight_of(r) / total));
    if (intercept) c.target_mean += data.weight_of(r) / total * data.y[r];
  }
  for (int64_t r = 0; r < c.rows; ++r) c.target.push_back(c.root[r] * (data.y[r] - c.target_mean));
  c.target_square = cpu::dot(c.target.data(), c.target.data(), c.rows);
  c.mean.assign(static_cast<size_t>(c.count), 0.0);
  c.norm.assign(static_cast<size_t>(c.count), 0.0);
  c.scale.assign(static_cast<size_t>(c.count), 1.0);
}

// The dense rows themselves, and beside them all columns in bfloat16: a quarter of the bytes to read at every screening. The norm of what
// rounding took from a column bounds what its product can be wrong by (Cauchy and Schwarz), so nothing is lost by it.
class DenseColumns : public RegressionColumns {
 public:
  DenseColumns(const Dataset& data, bool intercept, bool standardise) : x_(data.x) {
    prepare_rows(*this, data, intercept);
    padded_ = (rows + 63) / 64 * 64;
    short_ = Tensor::empty({count, padded_}, Dtype::bf16);
    lost_.resize(static_cast<size_t>(count));
    const int64_t block = std::clamp<int64_t>((1 << 17) / rows / 8 * 8, 8, 64);
    device::for_chunks((count + block - 1) / block, [&](int64_t chunk) {
      const int64_t first = chunk * block, many = std::min(block, count - first);
      std::vector<double> columns(static_cast<size_t>(many * rows)), row(static_cast<size_t>(count));
      const bool direct = x_.dense().dtype() == Dtype::f64;
      for (int64_t r = 0; r < rows; ++r) {
        const double* from = direct ? x_.dense().data<double>() + r * count : row.data();
        if (!direct) x_.read_rows(r, r + 1, row.data());
        for (int64_t j = 0; j < many; ++j) columns[j * rows + r] = from[first + j];
      }
      for (int64_t j = 0; j < many; ++j) prepare_column(first + j, &columns[j * rows], intercept, standardise);
    });
  }

  void read(int64_t j, double* out, int64_t stride) const override {
    for (int64_t r = 0; r < rows; ++r) out[r * stride] = root[r] * (x_.at(r, j) - mean[j]) * scale[j];
  }

  void screen(const std::vector<double>& r, double* product, double* slack) const override {
    // As bf16_products wants it: the even places, then the odd ones.
    std::vector<float> halves(static_cast<size_t>(padded_), 0.0f);
    for (int64_t i = 0; i < rows; ++i) halves[(i % 2) * padded_ / 2 + i / 2] = static_cast<float>(r[i]);
    const double size = std::sqrt(cpu::dot(r.data(), r.data(), rows));
    const double rounding = (static_cast<double>(rows) / 32 + 24) * 0x1p-24;  // of the float sums
    device::parallel_for(count, std::max<int64_t>(1, 400000 / padded_), [&](int64_t begin, int64_t end) {
      std::vector<float> out(static_cast<size_t>(end - begin));
      cpu::bf16_products(short_.data<Bf16>() + begin * padded_, padded_, end - begin, halves.data(), padded_, out.data());
      for (int64_t j = begin; j < end; ++j) {
        product[j] = static_cast<double>(out[j - begin]) * norm[j];
        slack[j] = (lost_[j] + rounding) * norm[j] * size;
      }
    });
  }

 private:
  void prepare_column(int64_t j, double* v, bool intercept, bool standardise) {
    for (int64_t r = 0; r < rows && intercept; ++r) mean[j] += root[r] * root[r] * v[r];
    double square = 0;
    for (int64_t r = 0; r < rows; ++r) {
      v[r] = root[r] * (v[r] - mean[j]);
      square += v[r] * v[r];
    }
    const double length = std::sqrt(square), unit = length > 0 ? 1 / length : 0;
    if (standardise) scale[j] = unit;
    norm[j] = standardise ? (length > 0 ? 1.0 : 0.0) : length;
    Bf16* out = short_.data<Bf16>() + j * padded_;
    double lost = 0;
    for (int64_t r = 0; r < padded_; ++r) {
      const double u = r < rows ? v[r] * unit : 0.0;
      out[r] = Bf16(static_cast<float>(u));
      const double e = u - static_cast<double>(static_cast<float>(out[r]));
      lost += e * e;
    }
    lost_[j] = std::sqrt(lost);
  }

  const Features& x_;
  int64_t padded_ = 0;
  Tensor short_;              // columns at norm 1
  std::vector<double> lost_;  // norm of their rounding
};

class SparseColumns : public RegressionColumns {
 public:
  SparseColumns(const Dataset& data, bool intercept, bool standardise) : columns_(transposed(data.x.sparse())) {
    prepare_rows(*this, data, intercept);
    for (int64_t j = 0; j < count; ++j) {
      double sum = 0, square = 0;
      for (int64_t k = columns_.row_start[j]; k < columns_.row_start[j + 1]; ++k) {
        const double share = root[columns_.column[k]] * root[columns_.column[k]];
        sum += share * columns_.value[k];
        square += share * columns_.value[k] * columns_.value[k];
      }
      if (intercept) mean[j] = sum;
      norm[j] = std::sqrt(std::max(0.0, square - mean[j] * mean[j]));
      if (!standardise) continue;
      scale[j] = norm[j] > 0 ? 1 / norm[j] : 0;
      norm[j] = norm[j] > 0 ? 1 : 0;
    }
  }

  void read(int64_t j, double* out, int64_t stride) const override {
    for (int64_t r = 0; r < rows; ++r) out[r * stride] = -root[r] * mean[j] * scale[j];
    for (int64_t k = columns_.row_start[j]; k < columns_.row_start[j + 1]; ++k)
      out[columns_.column[k] * stride] += root[columns_.column[k]] * columns_.value[k] * scale[j];
  }

  void screen(const std::vector<double>& r, double* product, double* slack) const override {
    std::vector<double> weighted(static_cast<size_t>(rows));
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i) sum += weighted[i] = root[i] * r[i];
    device::parallel_for(count, std::max<int64_t>(1, 20000 * count / (static_cast<int64_t>(columns_.value.size()) + 1)),
                         [&](int64_t begin, int64_t end) {
                           for (int64_t j = begin; j < end; ++j) {
                             double dot = -mean[j] * sum;
                             for (int64_t k = columns_.row_start[j]; k < columns_.row_start[j + 1]; ++k)
                               dot += columns_.value[k] * weighted[columns_.column[k]];
                             product[j] = dot * scale[j];
                             slack[j] = 0;
                           }
                         });
  }

 private:
  SparseRows columns_;
};

}  // namespace

double RegressionColumns::product(int64_t j, const std::vector<double>& r) const {
  std::vector<double> v(static_cast<size_t>(rows));
  read(j, v.data(), 1);
  return cpu::dot(v.data(), r.data(), rows);
}

std::unique_ptr<RegressionColumns> regression_columns(const Dataset& data, bool intercept, bool standardise) {
  if (data.x.is_sparse()) return std::make_unique<SparseColumns>(data, intercept, standardise);
  return std::make_unique<DenseColumns>(data, intercept, standardise);
}

}  // namespace grim
