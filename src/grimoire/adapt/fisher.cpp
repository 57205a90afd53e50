#include "grimoire/adapt/fisher.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/optim/parameters.h"
#include "grimoire/tensor/copy.h"

namespace grim {

TensorMap fisher_information(CausalLm& model, const TextLoss& text, int64_t rows, Rng& rng) {
  GRIM_CHECK(rows > 0, argument, "fisher", "got {} rows, expected 1 or more", rows);
  const Parameters parameters(model.parameters());
  std::vector<double> squares(static_cast<size_t>(parameters.gradients().numel()));
  for (int64_t row = 0; row < rows; ++row) {
    const auto [tokens, targets] = text.drawn(rng, 1);
    parameters.zero_grad();
    Pass pass = Pass::evaluation();
    backward(model.loss(tokens, targets, pass));
    const float* const g = parameters.gradients().data<float>();
    for (size_t i = 0; i < squares.size(); ++i) squares[i] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  }
  TensorMap all;
  for (const Parameters::Range& r : parameters.ranges()) {
    const Tensor f = Tensor::empty(r.tensor.shape());
    for (int64_t i = r.begin; i < r.end && i - r.begin < f.numel(); ++i)
      f.data<float>()[i - r.begin] = static_cast<float>(squares[static_cast<size_t>(i)] / static_cast<double>(rows));
    all[r.name] = f;
  }
  return all;
}

}  // namespace grim
