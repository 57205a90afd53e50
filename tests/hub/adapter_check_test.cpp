#include "grimoire/hub/adapter_check.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

std::string golden(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/tests/golden/adapters/" + name; }

class CheckedAdapters : public ::testing::TestWithParam<const char*> {
 protected:
  std::string name = GetParam(), folder = golden(name);
  test::TempFolder temp;
};

TEST_P(CheckedAdapters, AgreeMergedAndUnmerged) {
  const AdapterVerdict v = verify_adapter(folder, "", {});
  EXPECT_EQ(v.prompts, 8u);
  EXPECT_GT(v.layers, 0);
  EXPECT_EQ(v.silent, 0);
  EXPECT_TRUE(v.silent_at_first);
  EXPECT_GT(v.effect.largest, 1e-2);
  EXPECT_LT(v.beside_and_merged.relative(), 1e-5);
}

TEST_P(CheckedAdapters, ComeOutOfAMergedModelAgain) {
  const MergedAdapter made = merge_adapter_folder(folder, "", {});
  EXPECT_LT(made.beside_and_merged.relative(), 1e-5);
  const std::string merged = temp / "merged";
  write_new_folder(merged, model_files(*made.merged.model, nullptr));
  if (name.find("dora") != name.npos) {
    EXPECT_THROW(unmerge_adapter_folder(merged, folder, ""), Error);
    return;
  }
  const UnmergedAdapter back = unmerge_adapter_folder(merged, folder, "");
  EXPECT_EQ(back.layers, made.layers);
  EXPECT_LT(back.error, 1e-6);
  EXPECT_EQ(joined(back.kept), name == "bert-body-lora" ? "classifier" : "");
}

INSTANTIATE_TEST_SUITE_P(Peft, CheckedAdapters, ::testing::Values("gpt2-lora", "llama-lora", "bert-lora", "llama-pattern", "gpt2-dora", "llama-dora",
                                                                  "gpt2-ia3", "bert-ia3", "bert-body-lora"));

// One that has not learned changes nothing, and what cannot be written is refused.
TEST(CheckedAdapter, ThatIsFreshIsSilent) {
  const test::TempFolder temp;
  TensorMap tensors = read_safetensors(join_path(golden("llama-lora"), kAdapterWeights));
  for (auto& [name, values] : tensors)
    if (name.ends_with("lora_B.weight")) fill(values, 0);
  write_safetensors(temp / kAdapterWeights, tensors);
  temp.put(kAdapterConfig, read_file(join_path(golden("llama-lora"), kAdapterConfig)));
  const AdapterVerdict v = verify_adapter(temp.path(), golden("llama"), {});
  EXPECT_EQ(v.silent, v.layers);
  EXPECT_EQ(v.effect.largest, 0);
  EXPECT_THROW(verify_adapter(temp.path(), "", {}), Error) << "the folder names a base that is not there";
  EXPECT_THROW(verify_adapter(temp.path(), golden("gpt2"), {}), Error);
}

TEST(CheckedAdapter, OfASharedTableIsNotMerged) {
  const test::TempFolder temp;
  write_safetensors(temp / kAdapterWeights, {{"base_model.model.lm_head.lora_A.weight", Tensor::full({2, 12}, 0.1)},
                                             {"base_model.model.lm_head.lora_B.weight", Tensor::full({19, 2}, 0.1)}});
  temp.put(kAdapterConfig, Json::object({{"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 2}, {"target_modules", Json::array({"lm_head"})},
                                         {"base_model_name_or_path", golden("llama")}}).dump());
  EXPECT_LT(verify_adapter(temp.path(), "", {}).beside_and_merged.relative(), 1e-5);
  EXPECT_THROW(merge_adapter_folder(temp.path(), "", {}), Error);
}

TEST(CheckedAdapter, WantsATokenizerForTexts) {
  const std::vector<std::string> texts = {"one"};
  EXPECT_THROW(verify_adapter(golden("llama-lora"), "", texts), Error);
}

}  // namespace
}  // namespace grim
