// f16, IEEE 754's binary16: how files keep numbers. Nothing is computed in it.
#pragma once

#include <cstdint>

namespace grim {

float half_to_float(uint16_t half);
uint16_t float_to_half(float value);  // to nearest even; beyond 65504 infinite; NaN stays NaN

}  // namespace grim
