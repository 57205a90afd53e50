#include "grimoire/hub/importance_matrix.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/reader.h"
#include "grimoire/base/str.h"
#include "grimoire/io/gguf.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr std::string_view kSums = ".in_sum2", kCounts = ".counts";

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  fail(ErrorKind::input, "imatrix", str("{}: {}", path, problem), "expected an importance matrix as llama.cpp writes it, or grimoire imatrix");
}

void add(ImportanceMatrix& all, const std::string& path, std::string name, InputSquares x) {
  for (const float v : x.squares)
    if (!(v >= 0) || !std::isfinite(v)) refuse(path, str("'{}' holds {}, expected squares", name, v));
  if (!(x.rows > 0)) refuse(path, str("'{}' was seen in {} rows, expected more", name, x.rows));
  if (!all.emplace(name, std::move(x)).second) refuse(path, str("'{}' stands in it twice", name));
}

ImportanceMatrix of_gguf(const std::string& path) {
  const GgufFile file(path);
  const GgufValue* const type = file.value("general.type");
  if (!type || file.text("general.type") != "imatrix") refuse(path, "general.type is not 'imatrix'");
  ImportanceMatrix all;
  for (const TensorEntry& e : file.entries()) {
    if (!e.name.ends_with(kSums)) continue;
    const std::string name = e.name.substr(0, e.name.size() - kSums.size());
    if (e.shape.numel() != e.shape.back()) refuse(path, str("'{}' is of several experts, which are not read", name));
    if (!file.holds(name + std::string(kCounts))) refuse(path, str("'{}' has no counts", name));
    const Tensor sums = cast(file.read(e), Dtype::f32), counts = cast(file.read(name + std::string(kCounts)), Dtype::f32);
    add(all, path, name, {sums.to_vector<float>(), counts.numel() == 1 ? counts.item() : 0});
  }
  return all;
}

// i32 entries, each: i32 length, name, i32 calls, i32 values, f32 values: means over rows, times calls.
ImportanceMatrix of_dat(const std::string& path, const std::string& bytes) {
  Reader r(bytes, path);
  ImportanceMatrix all;
  const auto entries = r.read_between<int32_t>(1, 1 << 20, "number of entries");
  for (int32_t i = 0; i < entries; ++i) {
    std::string name(r.take(static_cast<uint64_t>(r.read_between<int32_t>(1, 4096, "length of a name")), "name"));
    const double calls = r.read_between<int32_t>(1, INT32_MAX, "calls");
    const auto values = static_cast<size_t>(r.read_between<int32_t>(1, static_cast<int32_t>(std::min<uint64_t>(r.remaining() / 4, INT32_MAX)), "values"));
    InputSquares x{std::vector<float>(values), calls};
    for (float& v : x.squares) v = r.read<float>("value");
    add(all, path, std::move(name), std::move(x));
  }
  return all;
}

}  // namespace

ImportanceMatrix read_importances(const std::string& path) {
  const std::string bytes = read_file(path);
  ImportanceMatrix all = bytes.starts_with("GGUF") ? of_gguf(path) : of_dat(path, bytes);
  if (all.empty()) refuse(path, "it holds nothing");
  return all;
}

void write_importances(const std::string& path, const ImportanceMatrix& all, const std::string& data, int64_t chunk) {
  double rows = 0;
  std::vector<GgufTensor> tensors;
  for (const auto& [name, x] : all) {
    rows = std::max(rows, x.rows);
    tensors.emplace_back(name + std::string(kSums), Tensor::from<float>(x.squares, {1, std::ssize(x.squares)}), "F32");
    tensors.emplace_back(name + std::string(kCounts), Tensor::from<float>({static_cast<float>(x.rows)}, {1, 1}), "F32");
  }
  const GgufValue datasets{GgufType::text, true, std::vector<std::string>{data}};
  write_gguf(path, {{"general.type", GgufValue::of(std::string("imatrix"))},
                    {"imatrix.datasets", datasets},
                    {"imatrix.chunk_count", GgufValue::of(GgufType::u32, std::max<int64_t>(1, static_cast<int64_t>(rows) / std::max<int64_t>(chunk, 1)))},
                    {"imatrix.chunk_size", GgufValue::of(GgufType::u32, chunk)}},
             tensors);
}

std::vector<float> mean_squares(const InputSquares& x) {
  std::vector<float> mean = x.squares;
  for (float& v : mean) v = static_cast<float>(v / x.rows);
  return mean;
}

}  // namespace grim
