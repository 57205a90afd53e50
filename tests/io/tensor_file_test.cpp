// Every format against files that the reference libraries wrote (tools/golden/tensor_files.py), to the bit.
#include "grimoire/io/tensor_file.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/io/gguf.h"
#include "grimoire/io/llama2c.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/io/shards.h"
#include "grimoire/tensor/copy.h"
#include "io/made_files.h"
#include "support/data.h"

namespace grim {
namespace {

using test::llama2c_of;
using test::TempFolder;

std::string golden(const std::string& name) { return test::golden_file("tensor_files/" + name); }

// The same numbers in the same bits; one NaN is as good as another.
void expect_same(const Tensor& got, const Tensor& expected, const std::string& name) {
  ASSERT_EQ(got.dtype(), expected.dtype()) << name;
  ASSERT_EQ(got.shape(), expected.shape()) << name;
  ASSERT_TRUE(got.contiguous()) << name;
  const int64_t width = size_of(got.dtype());
  const std::vector<double> g = is_float(got.dtype()) ? got.to_vector<double>() : std::vector<double>();
  const std::vector<double> e = is_float(got.dtype()) ? expected.to_vector<double>() : g;
  for (int64_t i = 0; i < got.numel(); ++i) {
    const bool both_nan = !g.empty() && std::isnan(g[static_cast<size_t>(i)]) && std::isnan(e[static_cast<size_t>(i)]);
    ASSERT_TRUE(both_nan || std::memcmp(got.raw() + i * width, expected.raw() + i * width, static_cast<size_t>(width)) == 0) << name << " at " << i;
  }
}

void expect_golden(const std::string& file, const std::string& format, const std::string& values) {
  const std::unique_ptr<TensorFile> opened = open_tensor_file(golden(file));
  EXPECT_EQ(opened->format(), format);
  const TensorMap expected = read_safetensors(golden(values + ".values.safetensors"));
  EXPECT_EQ(opened->entries().size(), expected.size()) << file;
  for (const auto& [name, tensor] : expected) {
    const TensorEntry* const entry = opened->find(name);
    ASSERT_NE(entry, nullptr) << file << ": " << name;
    EXPECT_EQ(entry->shape, tensor.shape()) << name;
    expect_same(opened->read(*entry), tensor, file + ": " + name);
  }
}

TEST(TensorFiles, SafetensorsOfEveryType) {
  expect_golden("types.safetensors", "safetensors", "types.safetensors");
  const auto file = open_tensor_file(golden("types.safetensors"));
  EXPECT_EQ(file->metadata().at("note"), "é");
  EXPECT_EQ(file->find("float8_e4m3fn")->type->name, "F8_E4M3");
  EXPECT_EQ(file->find("float8_e4m3fn")->bytes, 256u);
}

TEST(TensorFiles, PyTorchOfEveryType) { expect_golden("types.pt", "PyTorch", "types.pt"); }

TEST(TensorFiles, PyTorchViewsAndSharedStorages) {
  expect_golden("views.pt", "PyTorch", "views.pt");
  const Metadata values = open_tensor_file(golden("views.pt"))->metadata();
  EXPECT_EQ(values, (Metadata{{"epoch", "3"}, {"rate", "0.5"}, {"note", "é"}, {"done", "true"}, {"large", "1099511627776"},
                              {"negative", "-5"}, {"size.0", "2"}, {"size.1", "3"}}));
}

TEST(TensorFiles, GgufOfEveryType) {
  expect_golden("types.gguf", "GGUF", "types.gguf");
  expect_golden("aligned.gguf", "GGUF", "aligned.gguf");
}

TEST(TensorFiles, ShardsUnderAnIndex) {
  expect_golden("model.safetensors.index.json", "safetensors", "shards");
  expect_golden("pytorch_model.bin.index.json", "PyTorch", "shards");
  EXPECT_EQ(open_tensor_file(golden("model.safetensors.index.json"))->metadata().at("total_size"), "128");
}

// --- halves, all 65,536 of them ---------------------------------------------------------------------------------------

TEST(StoredTypes, EveryTypeOfOursHasItsOwn) {
  for (Dtype d : {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::i64, Dtype::i32, Dtype::u8, Dtype::boolean}) {
    EXPECT_EQ(stored_type_of(d).becomes, d);
    EXPECT_EQ(stored_type_of(d).bytes, size_of(d));
  }
  EXPECT_EQ(stored_type("F31"), nullptr);
  EXPECT_EQ(stored_type_of_ggml(4), nullptr);  // Q4_2, removed from ggml
  EXPECT_EQ(stored_type_of_ggml(12)->name, "Q4_K");
}

// --- llama2.c ---------------------------------------------------------------------------------------------------------

TEST(TensorFiles, Llama2c) {
  GRIMOIRE_DATA(path, "checkpoints/stories260K/stories260K.bin");
  const auto file = open_tensor_file(path);
  EXPECT_EQ(file->format(), "llama2.c");
  const auto& config = dynamic_cast<const Llama2cFile&>(*file).config();
  EXPECT_EQ(config.dim, 64);
  EXPECT_EQ(config.n_layers, 5);
  EXPECT_EQ(config.n_kv_heads, 4);
  EXPECT_TRUE(config.tied);
  EXPECT_EQ(file->metadata().at("hidden_dim"), "172");
  EXPECT_EQ(file->entries().size(), 4u + 9 * 5);
  EXPECT_EQ(file->find("layers.4.attention.wk.weight")->shape, (Shape{32, 64}));
  EXPECT_EQ(file->find("layers.2.feed_forward.w2.weight")->shape, (Shape{64, 172}));
  // The rotations are known: cos and sin of position / 10000^(i / 4), so a place that is wrong anywhere before shows.
  const std::vector<float> cosines = file->read("freqs_cos").to_vector<float>(), sines = file->read("freqs_sin").to_vector<float>();
  ASSERT_EQ(cosines.size(), 512u * 4);
  for (size_t position : {0u, 1u, 100u, 511u})
    for (size_t i = 0; i < 4; ++i) {
      const double angle = static_cast<double>(position) / std::pow(10000, static_cast<double>(i) / 4);
      EXPECT_NEAR(cosines[position * 4 + i], std::cos(angle), 1e-4);
      EXPECT_NEAR(sines[position * 4 + i], std::sin(angle), 1e-4);
    }
}

// Where each tensor begins, counted in floats by hand from llama2.c's memory_map_weights: all layers of one part follow each other.
TEST(TensorFiles, Llama2cInItsOrder) {
  const TempFolder folder;
  std::vector<float> numbers(12 + 2 * (4 + 16 + 8 + 8 + 16 + 4 + 24 + 24 + 24) + 4 + 5 + 5 + 12);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  std::string bytes = llama2c_of({4, 6, 2, 2, 1, -3, 5}, 0);
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  const auto file = open_tensor_file(folder.put("made.bin", bytes));
  const std::pair<const char*, float> places[] = {{"tok_embeddings.weight", 0},         {"layers.0.attention_norm.weight", 12},
                                                  {"layers.1.attention_norm.weight", 16}, {"layers.0.attention.wq.weight", 20},
                                                  {"layers.0.attention.wk.weight", 52},   {"layers.1.attention.wk.weight", 60},
                                                  {"layers.0.attention.wv.weight", 68},   {"layers.0.attention.wo.weight", 84},
                                                  {"layers.0.ffn_norm.weight", 116},      {"layers.0.feed_forward.w1.weight", 124},
                                                  {"layers.0.feed_forward.w2.weight", 172}, {"layers.1.feed_forward.w3.weight", 244},
                                                  {"norm.weight", 268},                   {"freqs_cos", 272},
                                                  {"freqs_sin", 277},                     {"output.weight", 282}};
  for (const auto& [name, first] : places) EXPECT_EQ(file->read(name).to_vector<float>()[0], first) << name;
}

// --- llm.c ------------------------------------------------------------------------------------------------------------

TEST(TensorFiles, Llmc) {
  for (const char* name : {"llmc_f32.bin", "llmc_bf16.bin"}) expect_golden(name, "llm.c", name);
  const auto file = open_tensor_file(golden("llmc_bf16.bin"));
  EXPECT_EQ(file->metadata().at("padded_vocab_size"), "8");
  EXPECT_EQ(file->find("transformer.wte.weight")->shape, (Shape{5, 8}));
  EXPECT_EQ(file->find("transformer.wte.weight")->bytes, 80u);
}

// --- files that people hold -------------------------------------------------------------------------------------------

TEST(TensorFiles, ARealCheckpointOfPyTorch) {
  GRIMOIRE_DATA(path, "checkpoints/tinypellm/pytorch_model.bin");
  const auto file = open_tensor_file(path);
  EXPECT_EQ(file->format(), "PyTorch");
  EXPECT_EQ(file->find("model.embed_tokens.weight")->shape, (Shape{3000, 128}));
  for (const TensorEntry& e : file->entries()) EXPECT_EQ(file->read(e).shape(), e.shape) << e.name;
}

TEST(TensorFiles, RealModels) {
  GRIMOIRE_MODEL(heads, "bert-tiny/heads.pt");
  GRIMOIRE_MODEL(quantised, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
  const auto torch_file = open_tensor_file(heads);
  EXPECT_EQ(torch_file->entries().size(), 18u);
  EXPECT_EQ(torch_file->find("nli.net.0.weight") != nullptr, true);
  const auto file = open_tensor_file(quantised);
  const auto& model = dynamic_cast<const GgufFile&>(*file);
  EXPECT_EQ(model.entries().size(), 272u);
  EXPECT_EQ(model.text("general.architecture"), "llama");
  EXPECT_EQ(model.integer("llama.block_count"), 30);
  EXPECT_EQ(model.texts("tokenizer.ggml.tokens").size(), 49152u);
  EXPECT_EQ(model.find("token_embd.weight")->shape, (Shape{49152, 576}));
  EXPECT_EQ(model.find("blk.0.attn_q.weight")->type->name, "Q4_1");
  EXPECT_EQ(model.read("blk.0.attn_q.weight").dtype(), Dtype::f32);
}

}  // namespace
}  // namespace grim
