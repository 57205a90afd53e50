#include "grimoire/vectors/product_quantizer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/nearest_centroid.h"

namespace grim::vectors {
namespace {

// The places of 256 points, each drawn with a probability that rises with the square of its distance to those before (k-means++: Arthur and Vassilvitskii
// 2007, section 2.2), among the first 16,384 of w numbers each.
std::vector<int64_t> spread_out(const std::vector<float>& points, int64_t w, uint64_t seed) {
  constexpr int64_t kLooked = 1 << 14;
  const int64_t n = std::min(static_cast<int64_t>(points.size()) / w, kLooked);
  Rng rng(RngMode::philox, seed, "vectors centroids");
  std::vector<int64_t> places = {rng.randint(0, n)};
  std::vector<float> nearest(static_cast<size_t>(n), std::numeric_limits<float>::infinity());
  while (static_cast<int64_t>(places.size()) < ProductQuantizer::kCentroids) {
    const float* const last = points.data() + places.back() * w;
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      float squared = 0;
      for (int64_t k = 0; k < w; ++k) {
        const float off = points[static_cast<size_t>(i * w + k)] - last[k];
        squared += off * off;
      }
      float& least = nearest[static_cast<size_t>(i)];
      least = std::min(least, squared);
      sum += static_cast<double>(least);
    }
    double left = rng.uniform_double() * sum;
    int64_t place = 0;
    while (place + 1 < n && (left -= static_cast<double>(nearest[static_cast<size_t>(place)])) > 0) ++place;
    places.push_back(place);
  }
  return places;
}

}  // namespace

ProductQuantizer::ProductQuantizer(int64_t dim, int64_t part) : dim_(dim), parts_((dim + part - 1) / part), part_(part) {
  last_ = dim - (parts_ - 1) * part;
  centroids_.resize(static_cast<size_t>(dim * kCentroids));
}

ProductQuantizer ProductQuantizer::read(Reader& reader) {
  constexpr int32_t kWidest = 1 << 20;
  const auto dim = reader.read_between<int32_t>(1, kWidest, "numbers of a quantised vector");
  const auto parts = reader.read_between<int32_t>(1, dim, "its parts");
  const auto part = reader.read_between<int32_t>(1, dim, "numbers of a part");
  const auto last = reader.read_between<int32_t>(1, part, "numbers of the last part");
  if (int64_t{parts - 1} * part + last != dim)
    reader.refuse("parts of a quantised vector", str("{} parts of {}, the last of {}, are not {} numbers", parts, part, last, dim));
  const std::string_view bytes = reader.take(static_cast<uint64_t>(dim) * kCentroids * sizeof(float), "centroids");
  ProductQuantizer q(dim, part);
  std::memcpy(q.centroids_.data(), bytes.data(), bytes.size());
  return q;
}

void ProductQuantizer::write(const std::function<void(std::string_view)>& out) const {
  for (const int64_t n : {dim_, parts_, part_, last_}) {
    const auto number = static_cast<int32_t>(n);
    out({reinterpret_cast<const char*>(&number), sizeof(number)});
  }
  out({reinterpret_cast<const char*>(centroids_.data()), centroids_.size() * sizeof(float)});
}

std::vector<float> ProductQuantizer::columns_of(int64_t part) const {
  const int64_t w = width(part);
  std::vector<float> columns(static_cast<size_t>(w * kCentroids));
  for (int64_t c = 0; c < kCentroids; ++c)
    for (int64_t k = 0; k < w; ++k) columns[static_cast<size_t>(k * kCentroids + c)] = centroids(part)[c * w + k];
  return columns;
}

void ProductQuantizer::fit_part(int64_t part, const float* numbers, int64_t stride, const std::vector<int64_t>& sample, uint64_t seed) {
  constexpr int kRounds = 25;
  constexpr float kApart = 1e-3f;
  const int64_t w = width(part), n = static_cast<int64_t>(sample.size());
  std::vector<float> points(static_cast<size_t>(n * w));
  for (int64_t i = 0; i < n; ++i) std::copy_n(numbers + sample[static_cast<size_t>(i)] * stride + part * part_, w, points.data() + i * w);
  if (n <= kCentroids) {
    std::ranges::copy(points, centroid(part, 0));
    return;
  }
  const std::vector<int64_t> first = spread_out(points, w, seed + static_cast<uint64_t>(part));
  for (int64_t c = 0; c < kCentroids; ++c) std::copy_n(points.data() + first[static_cast<size_t>(c)] * w, w, centroid(part, c));
  std::vector<uint8_t> codes(static_cast<size_t>(n));
  std::vector<double> sums(static_cast<size_t>(kCentroids * w));
  for (int round = 0; round < kRounds; ++round) {
    cpu::nearest_centroids(points.data(), w, n, columns_of(part).data(), w, codes.data(), 1);
    std::array<int64_t, kCentroids> members{};
    std::ranges::fill(sums, 0.0);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t c = codes[static_cast<size_t>(i)];
      ++members[static_cast<size_t>(c)];
      for (int64_t k = 0; k < w; ++k) sums[static_cast<size_t>(c * w + k)] += static_cast<double>(points[static_cast<size_t>(i * w + k)]);
    }
    for (int64_t c = 0; c < kCentroids; ++c)
      for (int64_t k = 0; k < w && members[static_cast<size_t>(c)] > 0; ++k)
        centroid(part, c)[k] = static_cast<float>(sums[static_cast<size_t>(c * w + k)] / static_cast<double>(members[static_cast<size_t>(c)]));
    for (int64_t c = 0; c < kCentroids; ++c) {  // one without members takes half of those of the largest
      if (members[static_cast<size_t>(c)] > 0) continue;
      const auto largest = std::ranges::max_element(members);
      const int64_t from = largest - members.begin();
      for (int64_t k = 0; k < w; ++k) {
        const float middle = centroid(part, from)[k];
        centroid(part, c)[k] = middle * (1 + kApart);
        centroid(part, from)[k] = middle * (1 - kApart);
      }
      members[static_cast<size_t>(c)] = *largest / 2;
      *largest -= *largest / 2;
    }
  }
}

void ProductQuantizer::fit(const float* numbers, int64_t rows, int64_t stride, uint64_t seed) {
  constexpr int64_t kMostPoints = kCentroids * 256;
  std::vector<int64_t> sample = Rng(RngMode::philox, seed, "vectors quantiser").permutation(rows);
  if (rows > kMostPoints) sample.resize(static_cast<size_t>(kMostPoints));
  std::ranges::fill(centroids_, 0.0f);
  device::for_chunks(parts_, [&](int64_t part) { fit_part(part, numbers, stride, sample, seed); });
}

void ProductQuantizer::encode(const float* numbers, int64_t rows, int64_t stride, uint8_t* codes) const {
  device::for_chunks(parts_, [&](int64_t part) {
    cpu::nearest_centroids(numbers + part * part_, stride, rows, columns_of(part).data(), width(part), codes + part, parts_);
  });
}

void ProductQuantizer::add(const uint8_t* codes, float scale, float* to) const {
  for (int64_t p = 0; p < parts_; ++p) {
    const int64_t n = width(p);
    const float* const c = centroids(p) + codes[p] * n;
    for (int64_t i = 0; i < n; ++i) to[p * part_ + i] += scale * c[i];
  }
}

float ProductQuantizer::dot(const uint8_t* codes, const float* x) const {
  float sum = 0;
  for (int64_t p = 0; p < parts_; ++p) {
    const int64_t n = width(p);
    const float* const c = centroids(p) + codes[p] * n;
    for (int64_t i = 0; i < n; ++i) sum += x[p * part_ + i] * c[i];
  }
  return sum;
}

}  // namespace grim::vectors
