#pragma once

#include <optional>
#include <string>

#include "grimoire/base/fault.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

// How many elements are NaN or infinite; 0 for whole numbers.
int64_t count_not_finite(const Tensor& x);

int64_t count_below_zero(const Tensor& x);

// "[checkpoint] SOURCE: tensor 'wte.weight': 3 of its 432 numbers are NaN or infinite"; nothing: all are finite.
std::optional<Fault> fault_of_numbers(const NamedTensor& t, const std::string& source);
// throws: input, that
void check_finite(const NamedTensor& t, const std::string& source);

}  // namespace grim
