#include "grimoire/hub/gguf_types.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr std::pair<std::string_view, std::string_view> kOfShorterRows[] = {{"Q4_K", "Q5_0"}, {"Q5_K", "Q5_1"}, {"Q6_K", "Q8_0"}};

std::string upper(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name;
}

std::string fitting(std::string type, const TensorSource& x) {
  for (const auto& [large, small] : kOfShorterRows)
    if (type == large && !stored_type(type)->fits(x.shape)) type = small;
  return stored_type(type)->fits(x.shape) ? type : x.dtype == Dtype::f64 ? "F64" : "F32";
}

struct Rule {
  PathTest fits;
  std::string type;
};
Rule rule_of(const std::string& text) {
  const size_t at = text.rfind('=');
  const std::string type = at == text.npos ? "" : upper(text.substr(at + 1));
  const StoredType* const stored = stored_type(type);
  if (at == text.npos || at == 0 || !stored || !stored->encode || stored->ggml < 0)
    throw Error(ErrorKind::usage, str(GRIM_SETTING("types") ": got '{}', expected PATTERN=TYPE with a type that is written: {}", text, written_types()),
                "for one, attn_v=q6_k");
  return {names_with(text.substr(0, at)), type};
}

// Numbers of a block may be none of f16's, and have no way to be infinite.
void check_rounded(const TensorSource& x, const float* from, const float* back, int64_t n, const StoredType& type) {
  for (int64_t i = 0; i < n; ++i)
    GRIM_CHECK(std::isfinite(from[i]) && std::isfinite(back[i]), argument, "tensors", "tensor '{}': {} does not fit {}", x.name, from[i], type.name);
}

// f(first number, numbers, importance of these or null) for whole rows, on all threads.
void each_rows(const Tensor& x, const std::vector<float>& importance, const std::function<void(int64_t at, int64_t n, const float* importance)>& f) {
  const int64_t row = x.dim(-1), rows = row > 0 ? x.numel() / row : 0;
  device::parallel_for(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(row, 1)), [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) f(r * row, row, importance.empty() ? nullptr : importance.data());
  });
}

std::string encoded(const TensorSource& source, const StoredType& type, const std::vector<float>& importance) {
  const Tensor x = contiguous(cast(source.read(), Dtype::f32)), back = x.like();
  std::string bytes(static_cast<size_t>(x.numel() / type.block * type.bytes), '\0');
  each_rows(x, importance, [&](int64_t at, int64_t n, const float* weights) {
    char* const to = bytes.data() + at / type.block * type.bytes;
    if (weights && type.encode_weighted) type.encode_weighted(x.data<float>() + at, weights, to, n);
    else type.encode(x.data<float>() + at, to, n);
    type.decode(to, back.data<float>() + at, n);
    check_rounded(source, x.data<float>() + at, back.data<float>() + at, n, type);
  });
  return bytes;
}

// Does the type hold each of its numbers?
bool holds_exactly(const TensorSource& source, const StoredType& type) {
  const Tensor x = contiguous(cast(source.read(), Dtype::f32)), back = x.like();
  std::string bytes(static_cast<size_t>(x.numel() / type.block * type.bytes), '\0');
  each_rows(x, {}, [&](int64_t at, int64_t n, const float*) {
    char* const to = bytes.data() + at / type.block * type.bytes;
    type.encode(x.data<float>() + at, to, n);
    type.decode(to, back.data<float>() + at, n);
  });
  return std::equal(x.data<float>(), x.data<float>() + x.numel(), back.data<float>());
}

std::vector<float> importance_of(const TensorSource& x, const std::string& name, const GgufTypes& types) {
  if (!types.importance) return {};
  const auto found = types.importance->find(name);
  if (found == types.importance->end()) return {};
  GRIM_CHECK(std::ssize(found->second.squares) == x.shape.back(), input, "imatrix", "'{}' has {} inputs there and {} in the model: they are of two models",
             name, found->second.squares.size(), x.shape.back());
  return mean_squares(found->second);
}

}  // namespace

void check_types(const GgufTypes& types) {
  for (const std::string& text : types.rules) rule_of(text);
}

std::string type_for_gguf(const TensorSource& x, const std::string& name, const GgufTypes& types, bool keeps_vectors) {
  const bool vector = x.shape.ndim() <= 1, kept = x.keeps_type() && x.type().ggml >= 0;
  if (!is_float(x.dtype)) return std::string(kept ? x.type().name : stored_type_of(x.dtype).name);
  if (!vector)
    for (const std::string& text : types.rules)
      if (const Rule rule = rule_of(text); rule.fits(name)) return fitting(rule.type, x);
  if (types.dtype.empty() && kept && (keeps_vectors || !vector)) return std::string(x.type().name);
  if (vector || types.dtype.empty()) return x.dtype == Dtype::f64 ? "F64" : "F32";
  const std::string type = fitting(types.dtype, x);
  if (types.exact && stored_type(type)->block > 1 && !holds_exactly(x, *stored_type(type))) return kept ? std::string(x.type().name) : "F32";
  return type;
}

TensorSource rounded(const TensorSource& x, const std::string& name, const std::string& type, const GgufTypes& types) {
  const StoredType& stored = *stored_type(type);
  if (stored.block == 1 || !stored.encode || (x.stored == &stored && x.bytes)) return x;
  TensorSource made = x;
  made.stored = &stored;
  made.bytes = [x, &stored, importance = importance_of(x, name, types)] { return encoded(x, stored, importance); };
  return made;
}

}  // namespace grim
