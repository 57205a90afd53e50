// Weights written anew: what is kept, what is said, what is refused.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "hub/small_llama.h"

namespace grim {
namespace {

using test::complaint;
using test::counting;
using test::expect_same_model;
using test::small_llama;

TEST(Convert, AGgufFileKeepsAllThatItSays) {
  test::TempFolder folder;
  const std::string from = small_llama(folder, {{"general.name", GgufValue::of("Small")}, {"general.alignment", GgufValue::of(GgufType::u32, int64_t{64})},
                                                {"general.file_type", GgufValue::of(GgufType::u32, int64_t{0})},
                                                {"general.tags", {GgufType::text, true, std::vector<std::string>{"a", "b"}}}},
                                       {{"blk.0.attn_q.bias", counting({8}), "F16"}, {"blk.0.attn_k.bias", counting({4}), "F32"},
                                        {"blk.0.attn_v.bias", counting({4}), "BF16"}, {"blk.0.attn_output.bias", counting({8}), "F32"}});
  EXPECT_TRUE(convert_weights(from, folder / "b.gguf", {.to = WeightsFormat::gguf}).notes.empty());
  EXPECT_EQ(read_file(folder / "b.gguf"), read_file(from));
  EXPECT_TRUE(convert_weights(from, folder / "half.gguf", {.to = WeightsFormat::gguf, .dtype = "F16"}).notes.empty());
  const GgufFile half(folder / "half.gguf");
  EXPECT_EQ(half.text("general.architecture"), "llama");
  EXPECT_EQ(half.texts("general.tags").size(), 2u);
  EXPECT_EQ(half.integer("general.file_type"), 1);
  EXPECT_EQ(half.find("blk.0.ffn_up.weight")->type->name, "F16");
  EXPECT_EQ(half.find("blk.0.ffn_norm.weight")->type->name, "F32");
  EXPECT_EQ(half.pairs().size(), GgufFile(from).pairs().size());
  // In a folder the types are said too; what has no place there is named.
  EXPECT_EQ(convert_weights(folder / "half.gguf", folder / "out", {}).notes, std::vector<std::string>{"general.name, general.tags are not written"});
  EXPECT_EQ(Json::parse(read_file(folder / "out/config.json"), "").text("torch_dtype"), "float16");
  EXPECT_EQ(open_weights(folder / "out")->find("model.layers.0.self_attn.q_proj.weight")->type->name, "F16");
  convert_weights(folder / "out", folder / "back.gguf", {.to = WeightsFormat::gguf});
  expect_same_model(half, GgufFile(folder / "back.gguf"));
  for (const TensorDifference& d : difference(half, *open_weights(folder / "out"))) EXPECT_TRUE(d.equal()) << d.name << " " << d.problem << d.types;
  EXPECT_NE(convert_weights(from, folder / "alone.safetensors", {}).notes.at(0).find(": a folder holds what describes the model"), std::string::npos);
}

TEST(Convert, OverwritesNothing) {
  test::TempFolder folder;
  const std::string path = small_llama(folder), before = read_file(path);
  EXPECT_NE(complaint([&] { convert_weights(path, path, {.to = WeightsFormat::gguf}); }).find("is there already"), std::string::npos);
  EXPECT_EQ(read_file(path), before);
  EXPECT_NE(complaint([&] { convert_weights(path, folder.put("file", "x"), {}); }).find("is a file: expected a new folder"), std::string::npos);
}

TEST(Convert, SaysWhatLlamaCppDoesNotOpen) {
  test::TempFolder folder;
  convert_weights(small_llama(folder), folder / "out", {});
  EXPECT_TRUE(convert_weights(folder / "out", folder / "llama.gguf", {.to = WeightsFormat::gguf}).notes.empty());
  folder.put("out/config.json", R"({"model_type": "gpt_neox"})");
  const std::vector<std::string> notes = convert_weights(folder / "out", folder / "gpt_neox.gguf", {.to = WeightsFormat::gguf}).notes;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("'gpt_neox' has no form in GGUF"), std::string::npos);
}

// Tokenizers of other files than tokenizer.json belong to a folder too, and go along.
TEST(Convert, TakesEveryKindOfTokenizerFileAlong) {
  test::TempFolder folder;
  convert_weights(small_llama(folder), folder / "out", {});
  EXPECT_EQ(find_tokenizer(folder / "out"), nullptr);
  folder.put("out/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
  EXPECT_NE(open_model_folder(folder / "out").tokenizer, nullptr);
  EXPECT_EQ(find_tokenizer(folder / "out")->vocab_size(), 5);
  for (const char* const name : {"tokenizer.bin", "spiece.model"}) folder.put(str("out/{}", name), "x");
  convert_weights(folder / "out", folder / "copy", {});
  for (const char* const name : {"tokenizer.bin", "spiece.model", "vocab.txt"}) EXPECT_TRUE(exists(folder / str("copy/{}", name))) << name;
}

}  // namespace
}  // namespace grim
