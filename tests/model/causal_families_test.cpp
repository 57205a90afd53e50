// Small models written by transformers (tools/golden/causal_families.py, transfo_xl.py) give the same hidden states, logits, loss, gradients and greedy
// text here.

#include <algorithm>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/register.h"
#include "grimoire/model/rotary_keys.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

std::vector<std::string> families() {
  std::vector<std::string> all;
  for (const std::string folder : {"causal_families/", "transfo_xl/"})
    for (const std::string& name : test::golden_names(kGolden + folder)) all.push_back(folder + name);
  return all;
}

class CausalFamilies : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string path = kGolden + GetParam();
    Rng rng(RngMode::philox, 1);
    model_ = build_causal_lm(Json::parse(read_file(path + ".json")), rng);
    std::vector<NamedTensor> weights;
    for (const auto& [name, tensor] : read_safetensors(path + ".safetensors")) {
      const bool ours = name.find('.') == std::string::npos || name.starts_with("hidden.") || name.starts_with("grad.");
      if (ours) golden_[name] = tensor;
      else weights.push_back({name, tensor});
    }
    model_->load(weights);
    targets_ = test::with_ignored(golden_.at("targets"));
  }
  std::unique_ptr<CausalLm> model_;
  TensorMap golden_;
  Tensor targets_;
};

TEST_P(CausalFamilies, SameHiddenStates) {
  std::vector<std::pair<const Module*, std::vector<Tensor>>> seen;  // of each layer
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      const auto layer = std::ranges::find(seen, &site.layer, [](const auto& s) { return s.first; });
      const bool again = layer != seen.end() && (site.kind == SiteKind::residual || layer == seen.begin());
      if (again) layer->second.push_back(y);
      else if (seen.empty() || site.kind == SiteKind::residual) seen.push_back({&site.layer, {y}});  // the embedding is the first that is shown
      return Tensor();
    });
    Pass pass;
    model_->logits(golden_.at("tokens"), pass);
  }
  ASSERT_TRUE(golden_.contains(str("hidden.{}", seen.size() - 1)) && !golden_.contains(str("hidden.{}", seen.size())));
  for (size_t i = 0; i < seen.size(); ++i) {
    const Tensor& wanted = golden_.at(str("hidden.{}", i));
    const Tensor rows = reshape(concat(seen[i].second, 1), {wanted.dim(0), -1, wanted.dim(2)});  // segments of a row lie one behind the other
    EXPECT_LT(test::relative_difference(slice(rows, 1, 0, wanted.dim(1)), wanted), 1e-5) << i;
  }
}

TEST_P(CausalFamilies, SameLogitsLossAndGradients) {
  Pass pass;
  const Tensor logits = model_->logits(golden_.at("tokens"), pass);
  if (golden_.contains("log_p")) EXPECT_LT(test::relative_difference(log_softmax(logits, -1), golden_.at("log_p")), 1e-5);
  else EXPECT_LT(test::relative_difference(logits, golden_.at("logits")), 1e-5);
  const Tensor loss = model_->loss(golden_.at("tokens"), targets_, pass);
  EXPECT_NEAR(loss.item(), golden_.at("loss").item(), 1e-5);
  backward(loss);
  test::expect_gradients(*model_, golden_);
}

TEST_P(CausalFamilies, SameAnglesOfScaledPositions) {
  if (!golden_.contains("frequencies")) return;  // positions are not scaled there
  const std::vector<double> want = golden_.at("frequencies").to_vector<double>();
  for (const Json& config : {Json::parse(read_file(kGolden + GetParam() + ".json")), model_->config()}) {
    RotaryOptions r = rotary_from(config, {"partial_rotary_factor"});
    r.size = 2 * static_cast<int64_t>(want.size());
    const std::vector<float> got = rotary_frequencies(r);
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6 * want[i]) << i;
    EXPECT_NEAR(rotary_attention_factor(r), golden_.at("attention_factor").item(), 1e-6);
  }
}

TEST_P(CausalFamilies, SameGreedyText) {
  if (!golden_.contains("greedy")) GTEST_SKIP() << "transformers reads all of a text at once there, and this one segments";
  const bool alike = model_->config().boolean("same_length", true);  // else a token sees the more, the longer the segment
  const NoGrad no_grad;
  const std::vector<int64_t> want = golden_.at("greedy").to_vector<int64_t>();
  const std::unique_ptr<DecodeCache> cache = model_->decode_cache();
  ASSERT_TRUE(cache);
  Pass pass = Pass::decode(*cache), whole;
  Tensor next = slice(slice(golden_.at("tokens"), 0, 0, 1), 1, 0, 4);
  std::vector<int64_t> read = next.to_vector<int64_t>();
  for (const int64_t id : want) {
    const Tensor logits = select(model_->logits(next, pass), 1, -1);  // (1, V)
    const Tensor again = select(model_->logits(Tensor::from<int64_t>(read, {1, static_cast<int64_t>(read.size())}), whole), 1, -1);
    if (alike) {
      EXPECT_LT(test::relative_difference(logits, again), 1e-5) << "with a cache as without";
    }
    ASSERT_EQ(argmax(logits, 1).to_vector<int64_t>()[0], id);
    next = Tensor::from<int64_t>({&id, 1}, {1, 1});
    read.push_back(id);
  }
}

TEST_P(CausalFamilies, CheckpointAndConfigComeBackAsTheyWere) {
  Rng rng(RngMode::philox, 2);
  const std::unique_ptr<CausalLm> other = build_causal_lm(model_->config(), rng);
  other->load(model_->checkpoint());
  EXPECT_EQ(parameter_count(model_->config()), model_->parameter_count());
  Pass pass;
  EXPECT_TRUE(test::bit_equal(model_->logits(golden_.at("tokens"), pass), other->logits(golden_.at("tokens"), pass)));
}

INSTANTIATE_TEST_SUITE_P(Golden, CausalFamilies, ::testing::ValuesIn(families()),
                         [](const auto& info) { return info.param.substr(info.param.find('/') + 1); });

}  // namespace
}  // namespace grim
