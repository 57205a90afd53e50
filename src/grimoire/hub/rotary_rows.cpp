#include "grimoire/hub/rotary_rows.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// Rows (H, outer, inner) as (H, inner, outer).
Tensor swap_rows(const Tensor& x, int64_t heads, int64_t outer) {
  const Tensor from = contiguous(x);
  Tensor to = Tensor::empty(x.shape(), x.dtype());
  const int64_t inner = x.dim(0) / heads / outer, bytes = x.numel() / x.dim(0) * size_of(x.dtype());
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < outer; ++i)
      for (int64_t j = 0; j < inner; ++j)
        std::copy_n(from.raw() + ((h * outer + i) * inner + j) * bytes, bytes, to.raw() + ((h * inner + j) * outer + i) * bytes);
  return to;
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
  return x.changed([heads, outer](const Tensor& t) { return swap_rows(t, heads, outer); });
}

}  // namespace

TensorSource rotary_halves(const TensorSource& x, const Json& config, const std::string& path) { return turned(x, config, true, path); }
TensorSource rotary_neighbours(const TensorSource& x, const Json& config, const std::string& path) { return turned(x, config, false, path); }

}  // namespace grim
