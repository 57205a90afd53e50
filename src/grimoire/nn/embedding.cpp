#include "grimoire/nn/embedding.h"

#include <utility>

namespace grim {

Tensor Embedding::operator()(const Tensor& ids) const {
  return tapped(*this, quantised.defined() ? quantised_rows(quantised, ids, rows_dtype()) : embedding(weight, ids, rows_dtype()));
}

Dtype Embedding::rows_dtype() const {
  if (quantised.defined()) return keeps_bf16 ? Dtype::bf16 : Dtype::f32;
  return keeps_bf16 ? weight.dtype() : computed_in(weight.dtype());
}

void Embedding::hold(QuantisedMatrix matrix) {
  forget("weight");
  weight = Tensor();
  quantised = std::move(matrix);
}

void compute_in_bf16(Module& root) {
  root.visit_modules([](const std::string&, Module& module) {
    if (auto* const table = dynamic_cast<Embedding*>(&module)) table->keeps_bf16 = true;
  });
}

}  // namespace grim
