// Checkpoints that others made: read, written and read again, every tensor equal to the bit.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/hub/whole_file.h"
#include "support/data.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::bit_equal;

// One tensor in memory at a time.
void expect_same_tensors(const std::vector<TensorSource>& a, const TensorFile& b) {
  for (const TensorSource& x : a) {
    ASSERT_TRUE(b.holds(x.name)) << x.name;
    EXPECT_TRUE(bit_equal(x.read(), b.read(x.name))) << x.name;
  }
  EXPECT_GE(a.size(), b.entries().size());
}

// As one file, in shards, and as one file again.
void expect_round_trips(const std::string& path) {
  SCOPED_TRACE(path);
  const test::TempFolder folder;
  const auto original = open_weights_at(path);
  const std::vector<TensorSource> tensors = is_whole_model(*original) ? tensors_of(*original, config_of(*original)) : sources_of(*original);
  ASSERT_FALSE(tensors.empty());
  convert_weights(path, folder / "whole.safetensors", {});
  expect_same_tensors(tensors, *open_weights_at(folder / "whole.safetensors"));
  convert_weights(path, folder / "shards", {.shard_bytes = 300'000});
  expect_same_tensors(tensors, *open_weights(folder / "shards"));
  convert_weights(folder / "shards", folder / "again", {});
  expect_same_tensors(tensors, *open_weights(folder / "again"));
}

TEST(RealModels, TinyPelLmInPyTorchsFormat) {
  GRIMOIRE_DATA(path, "checkpoints/tinypellm");
  expect_round_trips(path);
  expect_round_trips(join_path(path, "pytorch_model.bin"));
}

TEST(RealModels, StoriesOfLlama2c) {
  GRIMOIRE_DATA(path, "checkpoints/stories260K/stories260K.bin");
  expect_round_trips(path);
  const test::TempFolder folder;
  convert_weights(path, folder / "x.gguf", {.to = WeightsFormat::gguf});
  convert_weights(path, folder / "x.safetensors", {});
  convert_weights(folder / "x.safetensors", folder / "named.gguf", {.to = WeightsFormat::gguf});  // no whole model: Hugging Face's names are kept
  const auto whole = open_tensor_file(folder / "x.gguf");
  for (const std::string& other : {path, std::string(folder / "x.safetensors"), std::string(folder / "named.gguf")})
    for (const TensorDifference& d : difference(*whole, *open_tensor_file(other))) EXPECT_TRUE(d.equal()) << other << ": " << d.name << " " << d.problem;
}

// Word vectors stand in formats of their own: what is asked of them here is a clear word.
TEST(RealModels, WordVectorsAreNoTensors) {
  for (const char* const name : {"euclidean_vectors.bin", "lee_fasttext_new.bin", "pang_lee_polarity_fasttext.bin", "pang_lee_polarity_fasttext.vec"}) {
    GRIMOIRE_DATA(path, str("checkpoints/fasttext_word2vec/{}", name));
    try {
      open_tensor_file(path);
      ADD_FAILURE() << name << " was opened";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      EXPECT_NE(std::string(e.what()).find(path), std::string::npos) << e.what();
    }
  }
}

TEST(RealModels, BertTinyUnderItsOldNames) {
  GRIMOIRE_MODEL(path, "bert-tiny");
  expect_round_trips(path);
  EXPECT_TRUE(open_weights(path)->holds("bert.embeddings.LayerNorm.gamma"));
  const auto tokenizer = open_tokenizer(path);
  const test::TempFolder folder;
  save_tokenizer(*tokenizer, folder.path());
  EXPECT_EQ(load_tokenizer(folder.path())->to_json(), tokenizer->to_json());
}

TEST(RealModels, HeadsOfBertTinyInPyTorchsFormat) {
  GRIMOIRE_MODEL(path, "bert-tiny/heads.pt");
  expect_round_trips(path);
}

TEST(RealModels, MiniLm) {
  GRIMOIRE_MODEL(path, "minilm");
  expect_round_trips(path);
}

// Its 4-bit blocks become f32 in a folder, and these f32 a GGUF file again: tensors, settings, vocabulary and chat template stay.
TEST(RealModels, SmolLm2OutOfGgufAndBack) {
  GRIMOIRE_MODEL(path, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
  const test::TempFolder folder;
  const GgufFile original(path);
  convert_weights(path, folder / "folder", {});
  expect_same_tensors(tensors_in(original, config_in(original)), *open_weights(folder / "folder"));
  convert_weights(folder / "folder", folder / "back.gguf", {.to = WeightsFormat::gguf});
  const GgufFile back(folder / "back.gguf");
  expect_same_tensors(sources_of(original), back);
  EXPECT_EQ(config_in(back), config_in(original));
  const auto before = tokenizer_in(original), after = tokenizer_in(back);
  EXPECT_EQ(before->to_json(), after->to_json());
  EXPECT_EQ(before->config_json(), after->config_json());
  for (const char* const key : {"tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.pre", "tokenizer.chat_template"})
    EXPECT_EQ(*original.value(key), *back.value(key)) << key;
}

}  // namespace
}  // namespace grim
