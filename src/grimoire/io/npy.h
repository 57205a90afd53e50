// NumPy's array files (format versions 1 to 3) and archives of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "grimoire/tensor/tensor.h"

namespace grim {

// bool, u8, i32, i64, f32, f64 as they are; the others become what stored_type.h says; Fortran order is turned round.
// throws: input, not such a file, cut, big-endian or of a dtype without counterpart
Tensor read_npy(const std::string& path);
Tensor parse_npy(std::string_view bytes, std::string_view source);
std::map<std::string, Tensor> read_npz(const std::string& path);  // names without ".npy"
std::map<std::string, Tensor> parse_npz(std::string_view bytes, std::string_view source);

std::string npy_bytes(const Tensor& tensor);  // version 1; bf16 is written as f32

}  // namespace grim
