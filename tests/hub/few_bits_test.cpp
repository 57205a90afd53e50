// Adapters beside matrices of few bits: which are held so, from what, and that what was learned stands beside the base however that is held.
#include "grimoire/hub/few_bits.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/hub/weights.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/adapter.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim {
namespace {

constexpr const char* kLlama = R"({"model_type": "llama", "vocab_size": 90, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
  "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
  "tie_word_embeddings": false})";
constexpr const char* kGpt = R"({"model_type": "gpt2", "vocab_size": 90, "n_positions": 64, "n_embd": 64, "n_layer": 2, "n_head": 2})";
constexpr int64_t kHeld = 2 * (64 * 64 * 2 + 64 * 32 * 2 + 64 * 96 * 3), kHeldOfGpt = 2 * 12 * 64 * 64;

struct FewBitsBase : ::testing::Test {
  test::TempFolder folder;
  Rng rng{RngMode::philox, 1, "base"};
  Tensor ids = Tensor::from(std::vector<int64_t>{3, 89, 5, 0, 17, 3}, {2, 3});

  std::string made(const char* config_text) {
    const Json config = Json::parse(config_text, "config.json");
    const std::unique_ptr<Pretrained> model = architecture_of(config).from_json(config)->build(rng);
    const std::string path = folder / config.text("model_type");
    files().make_dirs(path);
    for (const CheckpointFile& f : model_files(*model, nullptr)) write_atomically(join_path(path, f.name), f.write);
    return path;
  }
  static AdapterConfig beside(const std::string& base, BaseDtype dtype, AdapterKind kind = AdapterKind::lora) {
    return {.kind = kind, .base_dtype = dtype, .targets = {kAllLinear}, .base = base};
  }
  std::unique_ptr<Pretrained> adapted(const AdapterConfig& config) {
    std::unique_ptr<Pretrained> model = open_model_folder(config.base).model;
    Rng same(RngMode::philox, 2, "adapter");
    attach_adapter(*model, config, same);
    return model;
  }
  void learn(Pretrained& model) {  // as if it had
    Rng same(RngMode::philox, 4, "learned");
    for (const NamedTensor& p : model.parameters())
      if (p.name.ends_with("lora_B.weight")) copy_into(p.tensor, randn(p.tensor.shape(), same) * .1);
  }
  Tensor loss_of(Pretrained& model) {
    Pass pass = Pass::train(1, 0);
    for (const NamedTensor& p : model.parameters()) requires_grad(p.tensor);
    return dynamic_cast<CausalLm&>(model).loss(ids, ids, pass);
  }
  static std::string said(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& e) {
      return str("{} | {}", e.what(), e.hint());
    }
    return "";
  }
};

TEST_F(FewBitsBase, IsTheDequantisedModelWhereItLearns) {
  for (const char* config : {kLlama, kGpt})
    for (const BaseDtype dtype : {BaseDtype::q8_0, BaseDtype::q4_0}) {
      const std::string base = made(config);
      const AdapterConfig held = beside(base, dtype);
      const std::unique_ptr<Pretrained> few = adapted(held), twin = adapted(beside(base, BaseDtype::same));
      EXPECT_EQ(quantised_numbers(*few), config == kLlama ? kHeld : kHeldOfGpt) << "all but tables and the output layer";
      const std::unique_ptr<Pretrained> bare = open_model_folder(base).model;
      hold_base(*bare, held);
      each_adapted(*twin, [&](const std::string& path, Linear& layer) {
        copy_into(Adapter::of(layer)->base().dense(), linear_at(*bare, path).product().dense());
      });
      learn(*few), learn(*twin);
      const Tensor loss = loss_of(*few), same = loss_of(*twin);
      constexpr double kSumsApart = 1e-5;  // a twin whose rows are outputs adds up in another order
      EXPECT_LE(test::relative_difference(loss, same), kSumsApart);
      backward(loss), backward(same);
      const std::vector<NamedTensor> a = few->parameters(), b = twin->parameters();
      ASSERT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_LE(test::relative_difference(grad(a[i].tensor), grad(b[i].tensor)), kSumsApart) << a[i].name;
      const NoGrad evaluated;
      Pass pass;
      const auto logits = [&](Pretrained& model) { return dynamic_cast<CausalLm&>(model).logits(ids, pass); };
      EXPECT_LE(test::relative_difference(logits(*few), logits(*twin)), .03);
      remove_all(base);
    }
}

TEST_F(FewBitsBase, StaysAsItsFileHasIt) {
  const std::string from = made(kLlama), to = folder / "few.gguf";
  convert_weights(from, to, {.to = WeightsFormat::gguf, .dtype = "Q4_0"});
  const std::unique_ptr<Pretrained> kept = adapted(beside(to, BaseDtype::automatic)), rounded = adapted(beside(from, BaseDtype::q4_0));
  EXPECT_EQ(quantised_numbers(*kept), kHeld);
  const std::vector<QuantisedLayer> a = quantised_layers(*kept), b = quantised_layers(*rounded);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(test::bit_equal(dense(a[i].matrix, Dtype::f32), dense(b[i].matrix, Dtype::f32))) << a[i].path;
}

TEST_F(FewBitsBase, WhatWasLearnedStandsBesideTheBaseHoweverItIsHeld) {
  const std::string base = made(kLlama), out = folder / "learned-1";
  const AdapterConfig config = beside(base, BaseDtype::q8_0);
  const std::unique_ptr<Pretrained> trained = adapted(config);
  learn(*trained);
  save_checkpoint(out, adapter_files(*trained, config, model_files(*trained, nullptr)));
  const AdapterConfig read = read_adapter_config(out);
  EXPECT_EQ(read.base_dtype, BaseDtype::same) << "it is no part of peft's file";
  AdapterConfig again = read;
  again.base_dtype = BaseDtype::q8_0;
  const std::unique_ptr<Pretrained> back = adapted(again);
  load_weights(*back, out);
  EXPECT_TRUE(test::bit_equal(loss_of(*back), loss_of(*trained)));
  load_weights(*back, out);  // the best of a run, over what stands there
  EXPECT_TRUE(test::bit_equal(loss_of(*back), loss_of(*trained)));
  const std::unique_ptr<Pretrained> wide = open_model_folder(out).model;
  EXPECT_LE(test::relative_difference(loss_of(*wide), loss_of(*trained)), .01);
}

TEST_F(FewBitsBase, DoraBeginsWithTheLengthsOfWhatIsHeld) {
  const std::unique_ptr<Pretrained> model = adapted(beside(made(kLlama), BaseDtype::q4_0, AdapterKind::dora));
  each_adapted(*model, [](const std::string& path, Linear& layer) { EXPECT_TRUE(Adapter::of(layer)->changes_nothing()) << path; });
}

TEST_F(FewBitsBase, LeavesWhatLearnsWholeAsItIs) {
  AdapterConfig config = beside(made(kLlama), BaseDtype::q8_0);
  config.saved = {"down_proj"};
  EXPECT_EQ(quantised_numbers(*adapted(config)), kHeld - 2 * 64 * 96);
}

TEST_F(FewBitsBase, RefusesWhatItCannotHold) {
  const std::string base = made(kLlama);
  EXPECT_NE(said([&] { adapted(beside(base, BaseDtype::automatic)); }).find("holds no matrix of a layer in Q8_0 or Q4_0 | say which"), std::string::npos);
  remove_all(base);
  std::string narrow = kLlama;
  for (const char* size : {"64, \"inter", "96"}) narrow.replace(narrow.find(size), 2, "24");
  EXPECT_NE(said([&] { adapted(beside(made(narrow.c_str()), BaseDtype::q8_0)); }).find("has no layer whose rows are a multiple of 32"), std::string::npos);
}

}  // namespace
}  // namespace grim
