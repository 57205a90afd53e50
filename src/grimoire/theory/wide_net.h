// A stack of tanh layers at its start, in the limit of endless width: sums are then normal, and one integral a layer tells the story.
//   Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016 (what goes forward); Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017 (back).
#pragma once

#include <cstdint>
#include <vector>

namespace grim {

struct WideTanhLayer {
  double deviation;  // of its activations: q_0 = 1, q_(l+1) = E tanh(gain sqrt(q_l) z)^2; this is sqrt(q_l)
  double saturated;  // share of them beyond +-.97
  double gradient;   // deviation of the loss's gradient with respect to them, over that with respect to the first layer's
};
// Of layers 1 to `layers`; what enters has deviation 1, weights are N(0, gain^2 / inputs), biases 0. gain > 0.
std::vector<WideTanhLayer> wide_tanh_layers(double gain, int64_t layers);

}  // namespace grim
