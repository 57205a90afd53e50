#include "grimoire/hub/rotary_rows.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// Rows (H, outer, inner) as (H, inner, outer), each of so many bytes.
void swap_rows(const char* from, char* to, int64_t heads, int64_t outer, int64_t inner, int64_t bytes) {
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t j = 0; j < inner; ++j) std::copy_n(from + ((h * outer + i) * inner + j) * bytes, bytes, to + ((h * inner + j) * outer + i) * bytes);
}

// The heads whose rows are turned in a tensor of this Hugging Face name; 0: none are.
int64_t turned_heads(const std::string& name, const Json& config) {
  if (name.find(".q_proj.") != std::string::npos) return config.integer("num_attention_heads");
  return name.find(".k_proj.") != std::string::npos ? config.integer("num_key_value_heads", config.integer("num_attention_heads")) : 0;
}

TensorSource turned(const TensorSource& x, const Json& config, bool to_halves, const std::string& path) {
  const int64_t heads = turned_heads(x.name, config);
  if (heads == 0) return x;
  GRIM_CHECK(x.shape.ndim() > 0 && x.shape[0] > 0 && x.shape[0] % (2 * heads) == 0, input, "rotary", "{}: tensor '{}' of shape {} does not split into {} heads",
             path, x.name, x.shape, heads);
  const int64_t outer = to_halves ? x.shape[0] / heads / 2 : 2;
  const int64_t rows = x.shape[0], inner = rows / heads / outer;
  TensorSource swapped = x.changed([=](const Tensor& t) {
    const Tensor from = contiguous(t), to = Tensor::empty(t.shape(), t.dtype());
    swap_rows(from.raw(), to.raw(), heads, outer, inner, from.numel() / rows * size_of(from.dtype()));
    return to;
  });
  if (x.bytes)  // whole rows change places, whatever their numbers are stored as
    swapped.bytes = [=, bytes = x.bytes] {
      const std::string from = bytes();
      std::string to(from.size(), '\0');
      swap_rows(from.data(), to.data(), heads, outer, inner, std::ssize(from) / rows);
      return to;
    };
  return swapped;
}

}  // namespace

TensorSource rotary_halves(const TensorSource& x, const Json& config, const std::string& path) { return turned(x, config, true, path); }
TensorSource rotary_neighbours(const TensorSource& x, const Json& config, const std::string& path) { return turned(x, config, false, path); }

}  // namespace grim
