// Llama's relatives in GGUF: Mistral, which is a `llama` there, and Qwen2, whose rows are not turned and which has biases of q, k and v alone.
#include <gtest/gtest.h>

#include <cmath>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/register.h"
#include "hub/small_llama.h"

namespace grim {
namespace {

using test::complaint;

// A folder with such a model, none of whose numbers are alike.
std::string small_relative(const test::TempFolder& folder, const std::string& type, const std::string& more = "") {
  const Json config = Json::parse(str(R"({{"model_type": "{}", "vocab_size": 7, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
      "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32, "rms_norm_eps": 1e-6,
      "rope_theta": 50000.0{}}})", type, more), "made");
  Rng rng(RngMode::philox, 1);
  const std::unique_ptr<CausalLm> model = build_causal_lm(config, rng);
  float next = 0;
  for (const NamedTensor& t : model->checkpoint()) {
    Tensor numbers = t.tensor;
    for (int64_t i = 0; i < numbers.numel(); ++i) numbers.data<float>()[i] = std::sin(next += 1);
  }
  std::string path = folder / "model-1";
  save_checkpoint(path, model_files(*model, nullptr));
  return path;
}

// There and back: what says the architecture in GGUF, and the class that comes back; the model is the same to the bit.
void expect_return(const std::string& type, const std::string& more, const std::string& in_gguf, const std::string& comes_back) {
  SCOPED_TRACE(type + more);
  test::TempFolder folder;
  const std::string path = small_relative(folder, type, more);
  convert_weights(path, folder / "small.gguf", {.to = WeightsFormat::gguf});
  const GgufFile file(folder / "small.gguf");
  EXPECT_EQ(file.text("general.architecture"), in_gguf);
  EXPECT_EQ(file.integer(in_gguf + ".attention.head_count_kv"), 2);
  EXPECT_TRUE(file.holds("blk.1.attn_q.weight"));
  convert_weights(folder / "small.gguf", folder / "back", {});
  const ModelFolder before = open_model_folder(path), after = open_model_folder(folder / "back"), whole = open_model_folder(folder / "small.gguf");
  EXPECT_EQ(after.config.text("model_type"), comes_back);
  EXPECT_EQ(whole.config.text("model_type"), comes_back);
  const std::vector<TensorDifference> all = difference(*open_weights(path), *open_weights(folder / "back"));
  EXPECT_GE(all.size(), 20u);
  for (const TensorDifference& d : all) EXPECT_TRUE(d.equal()) << d.name << " " << d.problem;
  for (const char* const key : {"rope_theta", "rms_norm_eps", "sliding_window", "tie_word_embeddings"})
    if (const Json a = after.model->config(), b = before.model->config(); a.find(key) && b.find(key)) EXPECT_EQ(a.at(key), b.at(key)) << key;
}

TEST(GgufRelatives, ComeBackWithTheirConfig) {
  expect_return("mistral", "", "llama", "llama");
  expect_return("mistral", R"(, "sliding_window": 5)", "llama", "mistral");
  expect_return("qwen2", "", "qwen2", "qwen2");
  expect_return("qwen2", R"(, "tie_word_embeddings": true, "rope_scaling": {"rope_type": "linear", "factor": 2.0})", "qwen2", "qwen2");
}

TEST(GgufRelatives, RowsOfQwen2AreNotTurned) {
  test::TempFolder folder;
  const std::string path = small_relative(folder, "qwen2");
  convert_weights(path, folder / "small.gguf", {.to = WeightsFormat::gguf});
  const GgufFile file(folder / "small.gguf");
  for (const char* const kind : {"weight", "bias"})
    EXPECT_TRUE(test::bit_equal(file.read(str("blk.0.attn_q.{}", kind)), open_weights(path)->read(str("model.layers.0.self_attn.q_proj.{}", kind))));
}

TEST(GgufRelatives, AWindowIsWrittenAndSaid) {
  test::TempFolder folder;
  const std::string path = small_relative(folder, "mistral", R"(, "sliding_window": 5)");
  const std::vector<std::string> notes = convert_weights(path, folder / "small.gguf", {.to = WeightsFormat::gguf}).notes;
  EXPECT_EQ(notes, std::vector<std::string>{"sliding_window 5 is written, and llama.cpp does not look at it: there a token sees all before it"});
  EXPECT_EQ(GgufFile(folder / "small.gguf").integer("llama.attention.sliding_window"), 5);
}

TEST(GgufRelatives, WhatTheyHaveNotIsRefused) {
  test::TempFolder folder;
  const auto refusal = [&](const std::string& path, const char* bias, const std::vector<GgufPair>& more) {
    convert_weights(path, folder / "good.gguf", {.to = WeightsFormat::gguf});
    const GgufFile good(folder / "good.gguf");
    std::vector<GgufPair> pairs = good.pairs();
    pairs.insert(pairs.end(), more.begin(), more.end());
    std::vector<GgufTensor> tensors;
    for (const TensorSource& t : sources_of(good)) tensors.push_back({t, "F32"});
    tensors.push_back({bias, test::counting({16}), "F32"});
    write_gguf(folder / "bad.gguf", pairs, tensors);
    files().remove(folder / "good.gguf");
    return complaint([&] { convert_weights(folder / "bad.gguf", folder / "out", {}); });
  };
  const std::string qwen2 = small_relative(folder, "qwen2");
  EXPECT_NE(refusal(qwen2, "blk.0.attn_output.bias", {}).find("'blk.0.attn_output.bias' is not one of the qwen2 architecture"), std::string::npos);
  test::TempFolder other;
  const std::string mistral = small_relative(other, "mistral");
  const std::vector<GgufPair> window = {test::number("llama.attention.sliding_window", 4)};
  EXPECT_NE(refusal(mistral, "blk.0.attn_q.bias", window).find("'blk.0.attn_q.bias' is not one of the mistral architecture"), std::string::npos);
  // Tensors of a Qwen2 model under other names than llama.cpp's are tensors alone.
  write_gguf(folder / "names.gguf", {{"general.architecture", GgufValue::of("qwen2")}}, {{"model.norm.weight", test::counting({16}), "F32"}});
  EXPECT_FALSE(is_whole_model(GgufFile(folder / "names.gguf")));
}

}  // namespace
}  // namespace grim
