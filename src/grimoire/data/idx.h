// IDX: the array format of MNIST (LeCun, Cortes, Burges): two zero bytes, a type, a rank, big-endian sizes, numbers.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/tensor/tensor.h"

namespace grim {

// u8 as it is; i8, i16, i32 become i32, f32 and f64 stay. throws: input, not such a file, cut, longer than it says
Tensor parse_idx(std::string_view bytes, const std::string& source);
Tensor read_idx(const std::string& path);  // also gzipped
bool looks_like_idx(std::string_view bytes);

}  // namespace grim
