#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "support/data.h"

namespace grim {
namespace {

Tensor counting(const Shape& shape, float from = 0) {
  Tensor x = Tensor::empty(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = from + static_cast<float>(i);
  return x;
}

GgufPair number(const char* key, int64_t value) { return {key, GgufValue::of(GgufType::u32, value)}; }

// One block, 8 wide, two heads of 4, one of keys and values.
std::string small_llama(const test::TempFolder& folder) {
  const std::string path = folder / "small.gguf";
  std::vector<GgufTensor> tensors = {{"token_embd.weight", counting({5, 8}), "F32"}, {"output_norm.weight", counting({8}), "F32"}};
  for (const char* name : {"attn_norm", "ffn_norm"}) tensors.push_back({str("blk.0.{}.weight", name), counting({8}), "F32"});
  for (const char* name : {"attn_q", "attn_output", "ffn_gate", "ffn_up", "ffn_down"})
    tensors.push_back({str("blk.0.{}.weight", name), counting({8, 8}), "F32"});
  for (const char* name : {"attn_k", "attn_v"}) tensors.push_back({str("blk.0.{}.weight", name), counting({4, 8}), "F32"});
  write_gguf(path,
             {{"general.architecture", GgufValue::of(std::string("llama"))}, number("llama.block_count", 1), number("llama.context_length", 32),
              number("llama.embedding_length", 8), number("llama.feed_forward_length", 8), number("llama.attention.head_count", 2),
              number("llama.attention.head_count_kv", 1), {"llama.attention.layer_norm_rms_epsilon", GgufValue::of(GgufType::f32, 1e-5)}},
             tensors);
  return path;
}

TEST(GgufModel, BecomesAFolderOfHuggingFace) {
  test::TempFolder folder;
  const GgufFile file(small_llama(folder));
  const Json config = config_in(file);
  EXPECT_EQ(config.integer("num_key_value_heads"), 1);
  EXPECT_EQ(config.integer("vocab_size"), 5);
  EXPECT_TRUE(config.boolean("tie_word_embeddings"));
  std::map<std::string, Tensor> tensors;
  for (const NamedTensor& t : tensors_in(file)) tensors[t.name] = t.tensor;
  EXPECT_EQ(tensors.size(), file.entries().size());
  ASSERT_TRUE(tensors.count("model.layers.0.mlp.down_proj.weight"));
  // Rows of a head of 4: (0, 1), (2, 3) are neighbours there; here the first of each pair stand before the second.
  const Tensor q = tensors.at("model.layers.0.self_attn.q_proj.weight"), k = tensors.at("model.layers.0.self_attn.k_proj.weight");
  const int rows[] = {0, 2, 1, 3, 4, 6, 5, 7};
  for (int r = 0; r < 8; ++r) EXPECT_EQ(q.data<float>()[r * 8], static_cast<float>(rows[r] * 8)) << r;
  for (int r = 0; r < 4; ++r) EXPECT_EQ(k.data<float>()[r * 8 + 1], static_cast<float>(rows[r] * 8 + 1)) << r;
  EXPECT_EQ(tensors.at("model.layers.0.self_attn.v_proj.weight").data<float>()[8], 8.0f);

  const std::string to = folder / "out";
  convert_weights(file.path(), to, {});
  EXPECT_EQ(open_weights(to)->entries().size(), tensors.size());
  EXPECT_TRUE(exists(join_path(to, "config.json")));
}

TEST(GgufModel, OtherArchitecturesAreRefused) {
  test::TempFolder folder;
  const std::string path = folder / "x.gguf";
  write_gguf(path, {{"general.architecture", GgufValue::of(std::string("mamba"))}}, {{"a", counting({2}), "F32"}});
  const GgufFile file(path);
  EXPECT_FALSE(is_whole_model(file));
  EXPECT_THROW(config_in(file), Error);
  EXPECT_EQ(tokenizer_in(file), nullptr);
}

// The ids that llama.cpp's own tests expect of its vocabularies.
class Vectors : public testing::TestWithParam<const char*> {};
TEST_P(Vectors, GiveTheIdsOfLlamaCpp) {
  GRIMOIRE_DATA(path, str("tokenizers/ggml_vocab_test_vectors/ggml-vocab-{}.gguf", GetParam()));
  const auto tokenizer = open_tokenizer(path);
  const std::string inputs = read_file(path + ".inp"), outputs = read_file(path + ".out");
  const std::vector<std::string_view> lines = split(outputs, '\n');
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  size_t texts = 0;
  for (size_t at = 0; at <= inputs.size(); ++texts) {
    const size_t end = std::min(inputs.find(kBetween, at), inputs.size());
    const std::string text = inputs.substr(at, end - at);
    at = end + kBetween.size();
    std::string ids;
    for (const int64_t id : tokenizer->encode(text)) ids += str("{}{}", ids.empty() ? "" : " ", id);
    ASSERT_LT(texts, lines.size());
    EXPECT_EQ(ids, trimmed(lines[texts])) << text;
  }
  EXPECT_EQ(texts, 47u);
}
INSTANTIATE_TEST_SUITE_P(GgufModel, Vectors, testing::Values("bert-bge", "gpt-2", "llama-spm"));

}  // namespace
}  // namespace grim
