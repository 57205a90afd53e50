#include "support/golden_model.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/data/windows.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/register.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/copy.h"

namespace grim::test {

std::vector<std::string> golden_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".json") names.push_back(file.path().stem());
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<CausalLm> golden_causal_lm(const std::string& config, const std::string& weights) {
  Rng rng(RngMode::philox, 1);
  std::unique_ptr<CausalLm> model = build_causal_lm(Json::parse(read_file(config)), rng);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : read_safetensors(weights)) tensors.push_back({name, tensor});
  model->load(tensors);
  return model;
}

Tensor with_ignored(const Tensor& targets) {
  const Tensor own = copy(targets);
  std::replace(own.data<int64_t>(), own.data<int64_t>() + own.numel(), int64_t{-100}, kIgnore);
  return own;
}

void expect_gradients(const Module& model, const TensorMap& golden) {
  std::ptrdiff_t compared = 0;
  double largest = 1;
  for (const auto& [name, tensor] : golden)
    if (name.starts_with("grad."))
      for (const float g : tensor.to_vector<float>()) largest = std::fmax(largest, std::abs(g));
  for (const NamedTensor& p : model.parameters()) {
    const auto found = golden.find("grad." + p.name);
    if (found == golden.end()) {
      EXPECT_FALSE(grad(p.tensor).defined()) << p.name;
      continue;
    }
    ASSERT_TRUE(grad(p.tensor).defined()) << p.name;
    const std::vector<float> got = grad(p.tensor).to_vector<float>(), want = found->second.to_vector<float>();
    ASSERT_EQ(got.size(), want.size()) << p.name;
    double scale = 0;
    for (const float w : want) scale = std::fmax(scale, std::abs(w));
    for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-5 * scale + 2e-7 * largest) << p.name << " " << i;
    ++compared;
  }
  EXPECT_EQ(compared, std::ranges::count_if(golden, [](const auto& entry) { return entry.first.starts_with("grad."); }));
}

void expect_ten_steps(const Module& model, const TensorMap& golden, const std::function<Tensor()>& loss, const AdamwRecipe& recipe) {
  Parameters parameters(model.parameters());
  parameters.scale_weight_decay(decay_matrices_only);
  Adam adam(parameters, {.beta1 = recipe.beta1, .beta2 = recipe.beta2, .eps = recipe.eps, .weight_decay = recipe.weight_decay});
  const std::vector<float> losses = golden.at("adamw.losses").to_vector<float>(), norms = golden.at("adamw.norms").to_vector<float>();
  ASSERT_EQ(losses.size(), 10u);
  for (size_t step = 0; step < losses.size(); ++step) {
    adam.zero_grad();
    const Tensor now = loss();
    EXPECT_NEAR(now.item(), losses[step], 3e-5) << "step " << step;
    backward(now);
    const double norm = parameters.gradient_norm();
    EXPECT_NEAR(norm, norms[step], 1e-4) << "step " << step;
    adam.step(recipe.lr, clip_scale(norm, recipe.clip));
  }
}

}  // namespace grim::test
