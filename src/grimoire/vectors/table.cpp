#include "grimoire/vectors/table.h"

#include <cmath>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/rows_kernel.h"

namespace grim::vectors {
namespace {

constexpr int64_t kLine = 64 / sizeof(float), kGrain = 4096;

int64_t padded(int64_t dim) { return (dim + kLine - 1) / kLine * kLine; }

template <class T> void put(const std::function<void(std::string_view)>& out, T value) { out({reinterpret_cast<const char*>(&value), sizeof(T)}); }
std::string_view bytes_of(const std::vector<uint8_t>& v) { return {reinterpret_cast<const char*>(v.data()), v.size()}; }
std::vector<uint8_t> codes_in(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

Table::Table(int64_t rows, int64_t dim) : rows_(rows), dim_(dim), stride_(padded(dim)), numbers_(Tensor::zeros(Shape{rows, padded(dim)})) {}

Table Table::read(Reader& reader, bool quantised, std::string_view what) {
  constexpr int64_t kMost = int64_t{1} << 40, kWidest = 1 << 20;
  const bool norms_apart = quantised && reader.read_between<uint8_t>(0, 1, "whether lengths have codes of their own") == 1;
  const auto rows = reader.read_between<int64_t>(0, kMost, str("rows of {}", what));
  const auto dim = reader.read_between<int64_t>(1, kWidest, str("numbers a row of {}", what));
  if (!quantised) {
    if (static_cast<uint64_t>(rows) > reader.remaining() / (static_cast<uint64_t>(dim) * sizeof(float)))
      reader.refuse(what, str("the file ends too early: {} rows of {} numbers, {} bytes left", rows, dim, reader.remaining()));
    Table t(rows, dim);
    for (int64_t r = 0; r < rows; ++r) {
      const std::string_view numbers = reader.take(static_cast<uint64_t>(dim) * sizeof(float), what);
      std::memcpy(t.row(r), numbers.data(), numbers.size());
    }
    return t;
  }
  Table t;
  t.rows_ = rows;
  t.dim_ = dim;
  const auto size = reader.read_between<int32_t>(0, std::numeric_limits<int32_t>::max(), "bytes of codes");
  t.codes_ = codes_in(reader.take(static_cast<uint64_t>(size), "codes"));
  t.quantizer_ = ProductQuantizer::read(reader);
  if (t.quantizer_->dim() != dim || rows != size / t.quantizer_->parts() || size % t.quantizer_->parts() != 0)
    reader.refuse(what, str("{} bytes of codes, {} parts of {} numbers, for {} rows of {}", size, t.quantizer_->parts(), t.quantizer_->dim(), rows, dim));
  if (norms_apart) {
    t.norm_codes_ = codes_in(reader.take(static_cast<uint64_t>(rows), "codes of lengths"));
    t.norm_quantizer_ = ProductQuantizer::read(reader);
    if (t.norm_quantizer_->dim() != 1) reader.refuse("codes of lengths", str("got parts of {} numbers, expected 1", t.norm_quantizer_->dim()));
  }
  return t;
}

void Table::write(const std::function<void(std::string_view)>& out) const {
  if (is_quantised()) put<uint8_t>(out, norm_quantizer_ ? 1 : 0);
  put<int64_t>(out, rows_);
  put<int64_t>(out, dim_);
  if (!is_quantised()) {
    for (int64_t r = 0; r < rows_; ++r) out({reinterpret_cast<const char*>(row(r)), static_cast<size_t>(dim_) * sizeof(float)});
    return;
  }
  put<int32_t>(out, static_cast<int32_t>(codes_.size()));
  out(bytes_of(codes_));
  quantizer_->write(out);
  if (!norm_quantizer_) return;
  out(bytes_of(norm_codes_));
  norm_quantizer_->write(out);
}

int64_t Table::bytes() const {
  if (!is_quantised()) return rows_ * dim_ * static_cast<int64_t>(sizeof(float));
  const auto centroids = [](const std::optional<ProductQuantizer>& q) {
    return q ? q->dim() * ProductQuantizer::kCentroids * static_cast<int64_t>(sizeof(float)) : 0;
  };
  return static_cast<int64_t>(codes_.size() + norm_codes_.size()) + centroids(quantizer_) + centroids(norm_quantizer_);
}

Tensor Table::dense() const {
  Tensor t = Tensor::zeros(Shape{rows_, dim_});
  float* const to = t.data<float>();
  device::parallel_for(rows_, kGrain, [&](int64_t from, int64_t end) {
    for (int64_t r = from; r < end; ++r) {
      if (is_quantised()) add(r, 1, to + r * dim_);
      else std::memcpy(to + r * dim_, row(r), static_cast<size_t>(dim_) * sizeof(float));
    }
  });
  return t;
}

Table Table::quantised(int64_t part, Lengths lengths, uint64_t seed) const {
  GRIM_CHECK(!is_quantised(), argument, "vectors", "the table is quantised already");
  GRIM_CHECK(part >= 1 && part <= dim_, argument, "vectors", "got parts of {} numbers, expected 1 to {}", part, dim_);
  Table directions = *this;
  Table t;
  t.rows_ = rows_;
  t.dim_ = dim_;
  if (lengths == Lengths::apart) {
    directions = Table(rows_, dim_);
    std::vector<float> length(static_cast<size_t>(rows_));
    device::parallel_for(rows_, kGrain, [&](int64_t from, int64_t to) {
      for (int64_t r = from; r < to; ++r) {
        const float l = std::sqrt(cpu::dot(row(r), row(r), dim_));
        length[static_cast<size_t>(r)] = l;
        if (l > 0) cpu::axpy(1 / l, row(r), directions.row(r), dim_);
      }
    });
    t.norm_quantizer_.emplace(1, 1);
    t.norm_quantizer_->fit(length.data(), rows_, 1, seed);
    t.norm_codes_.resize(static_cast<size_t>(rows_));
    t.norm_quantizer_->encode(length.data(), rows_, 1, t.norm_codes_.data());
  }
  t.quantizer_.emplace(dim_, part);
  t.quantizer_->fit(directions.row(0), rows_, stride_, seed);
  GRIM_CHECK(rows_ * t.quantizer_->parts() <= std::numeric_limits<int32_t>::max(), argument, "vectors",
             "{} rows of {} codes are more than a file holds: take wider parts, or keep fewer rows", rows_, t.quantizer_->parts());
  t.codes_.resize(static_cast<size_t>(rows_ * t.quantizer_->parts()));
  t.quantizer_->encode(directions.row(0), rows_, stride_, t.codes_.data());
  return t;
}

void Table::add(int64_t r, float scale, float* to) const {
  if (!is_quantised()) return cpu::axpy(scale, row(r), to, dim_);
  if (norm_quantizer_) scale *= norm_quantizer_->centroids(0)[norm_codes_[static_cast<size_t>(r)]];
  quantizer_->add(codes_.data() + r * quantizer_->parts(), scale, to);
}

float Table::dot(int64_t r, const float* x) const {
  if (!is_quantised()) return cpu::dot(row(r), x, dim_);
  const float product = quantizer_->dot(codes_.data() + r * quantizer_->parts(), x);
  return norm_quantizer_ ? product * norm_quantizer_->centroids(0)[norm_codes_[static_cast<size_t>(r)]] : product;
}

}  // namespace grim::vectors
