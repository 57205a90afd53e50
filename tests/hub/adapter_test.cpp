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

class Adapters : public ::testing::TestWithParam<const char*> {  // "MODEL-KIND"
 protected:
  std::string own = GetParam(), name = own.substr(0, own.find('-')), folder = golden(own);
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
  const AdapterConfig again = read_adapter_config(out / "again-1");
  EXPECT_EQ(again.kind, config.kind);
  EXPECT_EQ(again.rank, config.rank);
  EXPECT_EQ(again.ranks, config.ranks);
  EXPECT_EQ(again.alphas, config.alphas);
  EXPECT_EQ(again.dropout, config.dropout);
  EXPECT_EQ(again.task_type, config.task_type);
  EXPECT_LT(furthest(logits_of(*open_model_folder(out / "again-1").model, expected["ids"]), expected["logits"]), 1e-5);
  const TensorMap theirs = read_safetensors(join_path(folder, kAdapterWeights)), ours = read_safetensors(join_path(out / "again-1", kAdapterWeights));
  ASSERT_EQ(ours.size(), theirs.size());
  for (const auto& [tensor, values] : theirs) EXPECT_TRUE(test::bit_equal(ours.at(tensor), values)) << tensor;

  EXPECT_GT(merge_adapters(*model), 0);
  EXPECT_LT(furthest(logits_of(*model, expected["ids"]), expected["logits"]), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Peft, Adapters, ::testing::Values("gpt2-lora", "llama-lora", "bert-lora", "llama-pattern", "gpt2-dora", "llama-dora", "gpt2-ia3",
                                                           "bert-ia3"));

// The base is the body alone, and its config knows of no labels.
TEST(HeadlessBase, GetsTheHeadThatWasTrainedBesideIt) {
  const TensorMap expected = read_safetensors(golden("bert-body-lora/logits.safetensors"));
  const ModelFolder opened = open_model_folder(golden("bert-body-lora"));
  EXPECT_LT(furthest(logits_of(*opened.model, expected.at("ids")), expected.at("logits")), 1e-5);
  EXPECT_EQ(dynamic_cast<const TextEncoder&>(*opened.model).label_set().names, (std::vector<std::string>{"LABEL_0", "LABEL_1", "LABEL_2"}));
}

// --- in training -----------------------------------------------------------------------------------------------------

struct DroppingAdapters : ::testing::Test {
  Rng rng{RngMode::philox, 1};
  std::unique_ptr<Pretrained> model = open_adapted(golden("llama-lora")).opened.model;
  Tensor ids = Tensor::from(std::vector<int64_t>{3, 4, 5, 9}, {1, 4});

  Tensor trained(double p, uint32_t step, int64_t batches) {  // logits of the last of so many batches of a step
    Pass pass = Pass::train(7, step);
    Tensor y;
    for (int64_t i = 0; i < batches; ++i) {
      const AdapterDropout dropping(*model, p, pass);
      y = logits_of(*model, ids);
    }
    return y;
  }
};

TEST_F(DroppingAdapters, DropOtherNumbersEachBatchAndStep) {
  const Tensor all = logits_of(*model, ids);
  EXPECT_TRUE(test::bit_equal(trained(0, 1, 1), all));
  const Tensor first = trained(0.5, 1, 1);
  EXPECT_GT(furthest(first, all), 1e-3);
  EXPECT_TRUE(test::bit_equal(trained(0.5, 1, 1), first)) << "a step that is done again drops the same";
  EXPECT_GT(furthest(trained(0.5, 2, 1), first), 1e-3);
  EXPECT_GT(furthest(trained(0.5, 1, 2), first), 1e-3);
  EXPECT_TRUE(test::bit_equal(logits_of(*model, ids), all)) << "nothing is dropped behind the batch";
}

TEST_F(DroppingAdapters, DropTheSameWhenLayersAreComputedAgain) {
  const auto gradients = [&](bool recompute) {
    Pass pass = Pass::train(7, 3);
    pass.recompute = recompute;
    const AdapterDropout dropping(*model, 0.3, pass);
    for (const NamedTensor& p : model->parameters()) zero_grad(p.tensor);
    backward(dynamic_cast<const CausalLm&>(*model).loss(ids, ids, pass));
    std::vector<Tensor> all;
    for (const NamedTensor& p : model->parameters()) all.push_back(copy(grad(p.tensor)));
    return all;
  };
  const std::vector<Tensor> kept = gradients(false), again = gradients(true);
  ASSERT_EQ(kept.size(), 28u);
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(test::bit_equal(kept[i], again[i])) << i;
}

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
  const auto opening = [&](const std::string& key, const Json& value) {
    write(key, value);
    return said([&] { open_model_folder(folder.path()); });
  };
  EXPECT_NE(opening("use_qalora", true).find("key 'use_qalora' is true, which is not understood here"), std::string::npos);
  EXPECT_NE(opening("peft_type", "LOHA").find("key 'peft_type': got 'LOHA', expected LORA or IA3"), std::string::npos);
  EXPECT_NE(opening("use_dora", true).find("lora_magnitude_vector' is missing"), std::string::npos);
  EXPECT_NE(opening("rank_pattern", Json::object({{"q_proj", 2}})).find("expected (2, 12)"), std::string::npos);
  EXPECT_NE(opening("rank_pattern", Json::object({{"q_proj", 0}})).find("key 'rank_pattern': 'q_proj' is 0, expected 1 or more"), std::string::npos);
  EXPECT_NE(opening("lora_dropout", 1).find("key 'lora_dropout': got 1"), std::string::npos);
}

TEST_F(RefusedAdapters, AVocabularyThatHasGrown) {
  write("modules_to_save", Json::array({"embed_tokens"}));
  TensorMap tensors = read_safetensors(folder / kAdapterWeights);
  tensors["base_model.model.model.embed_tokens.weight"] = Tensor::zeros({21, 12});
  write_safetensors(folder / kAdapterWeights, tensors);
  EXPECT_EQ(said([&] { open_model_folder(folder.path()); }).find("[adapter] "), 0u);
  EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find("'model.embed_tokens.weight' has 21 rows, the base's 19: its vocabulary has grown"),
            std::string::npos);
}

TEST_F(RefusedAdapters, AFileThatIsCutShort) {
  write("r", 4);
  const std::string bytes = read_file(folder / kAdapterWeights);
  for (const size_t left : {size_t{0}, size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
    write_atomically(folder / kAdapterWeights, bytes.substr(0, left));
    EXPECT_NE(said([&] { open_model_folder(folder.path()); }).find(kAdapterWeights), std::string::npos) << left;
  }
}

TEST_F(RefusedAdapters, PatternsThatFitNothing) {
  const auto attaching = [&](const AdapterConfig& config) {
    return said([&] { attach_adapter_of_run(*open_model_folder(golden("llama")).model, config, golden("llama"), rng); });
  };
  EXPECT_EQ(attaching({.kind = AdapterKind::lora, .ranks = {"q_prj=2"}}), "[adapter] no layer is called 'q_prj' | did you mean 'q_proj'?");
  EXPECT_NE(attaching({.kind = AdapterKind::lora, .ranks = {"q_proj"}}).find("expected NAME=RANK"), std::string::npos);
  EXPECT_NE(attaching({.kind = AdapterKind::lora, .ranks = {"q_proj=1.5"}}).find("expected NAME=RANK"), std::string::npos);
  EXPECT_NE(attaching({.kind = AdapterKind::lora, .alphas = {"q_proj=x"}}).find("expected NAME=ALPHA"), std::string::npos);
  EXPECT_EQ(attaching({.kind = AdapterKind::lora, .ranks = {"q_proj=2"}, .alphas = {"v_proj=.5"}}), "");
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
