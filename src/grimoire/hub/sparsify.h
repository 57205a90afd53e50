// What methods that join several updates do to each of them first: they keep a part of its numbers, and then let those count whose signs agree.
// Of float and double.
#pragma once

#include <cstdint>
#include <span>

#include "grimoire/base/rng.h"

namespace grim {

// All but the `kept` largest by magnitude, of equal ones the first, become 0.  Yadav et al. 2023, "TIES-Merging", section 4
template <class T> void keep_largest(std::span<T> x, int64_t kept);
// Each stays with probability `density`, those times 1 / density, so that the sum is to be expected the same.  Yu et al. 2023, "Language Models are
// Super Mario". One draw a number, none where density is 1. Rescale::no: they stay as they are.
enum class Rescale : uint8_t { no, yes };
template <class T> void drop_at_random(std::span<T> x, double density, Rng& rng, Rescale rescale = Rescale::yes);

// Does a number count at a place where `elected`, a sum over all that stand there, has the sign that outweighs? 0 outweighs as what is positive.
inline bool agrees(double value, double elected) { return elected >= 0 ? value > 0 : value < 0; }

}  // namespace grim
