// Product quantisation (Jegou, Douze and Schmid 2011; of text classifiers: Joulin et al. 2016b, FastText.zip, section 3.2). A vector is cut into parts
// of `part` numbers; each part is replaced by the number of the nearest of 256 centroids, found by k-means: a byte instead of 4 * part.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "grimoire/base/reader.h"

namespace grim::vectors {

class ProductQuantizer {
 public:
  static constexpr int64_t kCentroids = 256;

  ProductQuantizer() = default;
  ProductQuantizer(int64_t dim, int64_t part);                     // of no centroids yet
  static ProductQuantizer read(Reader& reader);                    // as fastText writes it. throws: input
  void write(const std::function<void(std::string_view)>& out) const;

  int64_t dim() const { return dim_; }
  int64_t parts() const { return parts_; }
  int64_t width(int64_t part) const { return part + 1 == parts_ ? last_ : part_; }
  // (256, width(part)), rows one behind the other
  const float* centroids(int64_t part) const { return centroids_.data() + part * kCentroids * part_; }

  // Centroids for `rows` rows that begin `stride` numbers apart: Lloyd's k-means from rows drawn by `seed`, on at most 65,536 of them; each part by
  // itself, so that threads change no bit. Of at most 256 rows each is a centroid, and nothing is lost.
  void fit(const float* numbers, int64_t rows, int64_t stride, uint64_t seed);
  void encode(const float* numbers, int64_t rows, int64_t stride, uint8_t* codes) const;  // parts() bytes a row

  void add(const uint8_t* codes, float scale, float* to) const;    // to += scale * the vector
  float dot(const uint8_t* codes, const float* x) const;

 private:
  void fit_part(int64_t part, const float* numbers, int64_t stride, const std::vector<int64_t>& sample, uint64_t seed);
  std::vector<float> columns_of(int64_t part) const;  // (width, 256)
  float* centroid(int64_t part, int64_t c) { return centroids_.data() + part * kCentroids * part_ + c * width(part); }
  int64_t dim_ = 0, parts_ = 0, part_ = 0, last_ = 0;
  std::vector<float> centroids_;
};

}  // namespace grim::vectors
