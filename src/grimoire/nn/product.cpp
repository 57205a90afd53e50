#include "grimoire/nn/product.h"

#include "grimoire/op/view.h"

namespace grim {

Tensor Dense::dense() const { return layout_ == WeightLayout::in_out ? weight_ : transpose(weight_, 0, 1); }
Tensor Tied::dense() const { return transpose(table_.weight, 0, 1); }

}  // namespace grim
