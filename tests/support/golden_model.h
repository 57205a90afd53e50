// What tests of models against those of another library share: golden files as tools/golden writes them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/io/tensor_file.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/nn/module.h"

namespace grim::test {

std::vector<std::string> golden_names(const std::string& folder);  // of its .json files, sorted

// A model that another library wrote: its config.json and its weights.
std::unique_ptr<CausalLm> golden_causal_lm(const std::string& config, const std::string& weights);

// Targets in which PyTorch's -100 has become kIgnore.
Tensor with_ignored(const Tensor& targets);

// After a backward: every parameter has the gradient golden["grad.NAME"], to 1e-5 of its largest; one that has none there has none here.
// Gradients that are zero in theory (of the keys' biases) are rounding noise of those around them, hence 2e-7 of the model's largest beside it.
void expect_gradients(const Module& model, const TensorMap& golden);

struct AdamwRecipe {
  double lr = 1e-2, beta1 = 0.9, beta2 = 0.95, eps = 1e-8, weight_decay = 0.1, clip = 1;
};
// Ten steps of AdamW, matrices alone decayed: the losses and norms of the gradients that golden has as adamw.losses and adamw.norms.
void expect_ten_steps(const Module& model, const TensorMap& golden, const std::function<Tensor()>& loss, const AdamwRecipe& recipe = {});

}  // namespace grim::test
