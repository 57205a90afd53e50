#include "grimoire/hub/adapter.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "support/golden.h"
#include "support/op_case.h"

namespace grim {
namespace {

std::string golden(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/tests/golden/adapters/" + name; }

Tensor logits_of(const Pretrained& model, const Tensor& ids) {
  const NoGrad evaluated;
  Pass pass;
  if (const auto* const lm = dynamic_cast<const CausalLm*>(&model)) return lm->logits(ids, pass);
  const auto& encoder = dynamic_cast<const TextEncoder&>(model);
  const TokenBatch texts = TokenBatch::of(std::vector<std::vector<int64_t>>{ids.to_vector<int64_t>()});
  return encoder.labels(encoder.hidden(texts, pass), texts, pass);
}

double furthest(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

class Adapters : public ::testing::TestWithParam<const char*> {
 protected:
  std::string name = GetParam(), folder = golden(name + "-lora");
  TensorMap expected = read_safetensors(join_path(folder, "logits.safetensors"));
};

TEST_P(Adapters, OfPeftGiveItsLogits) {
  const ModelFolder opened = open_model_folder(folder);
  EXPECT_LT(furthest(logits_of(*opened.model, expected["ids"]), expected["logits"]), 1e-5);
  EXPECT_GT(furthest(logits_of(*open_model_folder(golden(name)).model, expected["ids"]), expected["logits"]), 0.1) << "it has to change something";
}

TEST_P(Adapters, AreTheSameBesideTheModelAndInIt) {
  const std::unique_ptr<Pretrained> model = open_model_folder(golden(name)).model;
  AdapterConfig config = read_adapter_config(folder);
  Rng rng(RngMode::philox, 1);
  const Tensor before = logits_of(*model, expected["ids"]);
  attach_adapter(*model, config, rng);
  EXPECT_EQ(config.saved.empty() ? furthest(logits_of(*model, expected["ids"]), before) : 0, 0);
  load_weights(*model, folder);
  EXPECT_LT(furthest(logits_of(*model, expected["ids"]), expected["logits"]), 1e-5);

  // Written here, read again.
  const test::TempFolder out;
  save_checkpoint(out / "again-1", adapter_files(*model, config, model_files(*model, nullptr)));
  EXPECT_EQ(read_adapter_config(out / "again-1").rank, config.rank);
  EXPECT_LT(furthest(logits_of(*open_model_folder(out / "again-1").model, expected["ids"]), expected["logits"]), 1e-5);
  const TensorMap theirs = read_safetensors(join_path(folder, kAdapterWeights)), ours = read_safetensors(join_path(out / "again-1", kAdapterWeights));
  ASSERT_EQ(ours.size(), theirs.size());
  for (const auto& [tensor, values] : theirs) EXPECT_TRUE(test::bit_equal(ours.at(tensor), values)) << tensor;

  EXPECT_GT(merge_adapters(*model), 0);
  EXPECT_LT(furthest(logits_of(*model, expected["ids"]), expected["logits"]), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Peft, Adapters, ::testing::Values("gpt2", "llama", "bert"));

// --- what is refused -------------------------------------------------------------------------------------------------

struct RefusedAdapters : ::testing::Test {
  test::TempFolder folder;
  Rng rng{RngMode::philox, 1};
  std::unique_ptr<Pretrained> model = open_model_folder(golden("llama")).model;

  std::string said(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& e) {
      return std::string(e.what()) + " | " + e.hint();
    }
    return "";
  }
  void write(const std::string& key, const Json& value) {
    Json config = Json::parse(read_file(join_path(golden("llama-lora"), kAdapterConfig)));
    config.set("base_model_name_or_path", absolute_path(golden("llama")));
    config.set(key, value);
    write_atomically(folder / kAdapterConfig, config.dump());
    write_atomically(folder / kAdapterWeights, read_file(join_path(golden("llama-lora"), kAdapterWeights)));
  }
};

TEST_F(RefusedAdapters, ATargetThatIsNotThere) {
  EXPECT_EQ(said([&] { attach_adapter(*model, {.kind = AdapterKind::lora, .targets = {"qproj"}}, rng); }),
            "[adapter] no layer is called 'qproj' | did you mean 'q_proj'?");
  EXPECT_NE(said([&] { attach_adapter(*model, {.kind = AdapterKind::lora, .targets = {"layers.(7|8).*"}}, rng); }), "");
  EXPECT_TRUE(model->frozen().empty()) << "nothing is done then";
}

TEST_F(RefusedAdapters, WhatIsNotUnderstood) {
  write("use_dora", true);
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("key 'use_dora' is true, which is not understood here"), std::string::npos);
  write("peft_type", "IA3");
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("key 'peft_type': got 'IA3', expected LORA"), std::string::npos);
  write("rank_pattern", Json::object({{"q_proj", 2}}));
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("rank_pattern"), std::string::npos);
}

TEST_F(RefusedAdapters, AnotherBase) {
  write("base_model_name_or_path", "nowhere");
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("there is no 'nowhere'"), std::string::npos);
  write("base_model_name_or_path", Json());
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("is null"), std::string::npos);
  write("base_model_name_or_path", absolute_path(golden("gpt2")));
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }), "");
  write("r", 3);  // other shapes than the file's
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("lora_A.weight': got (4, 12), expected (3, 12)"), std::string::npos);
}

}  // namespace
}  // namespace grim
