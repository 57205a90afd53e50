// A model folder is read as it was written, and one whose parts contradict each other is refused with the part named.
#include "grimoire/hub/model_folder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/gpt.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/tensor/copy.h"
#include "io/made_files.h"
#include "support/op_case.h"

namespace grim {
namespace {

class ModelFolders : public ::testing::Test {
 protected:
  ModelFolders() : tokenizer_(CharTokenizer::of_items({"abc", "bcd"})) {
    Rng rng(RngMode::philox, 1);
    model_ = std::make_unique<Gpt>(GptConfig{.vocab_size = 5, .n_positions = 4, .n_embd = 8, .n_layer = 1, .n_head = 2}, rng);
    path_ = folder_ / "model-1";
    save_checkpoint(path_, model_files(*model_, &tokenizer_));
  }
  // What opening says; "" when it opens.
  std::string refusal() const {
    try {
      open_model_folder(path_);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      return e.what();
    }
    return "";
  }
  void expect_same(const ModelFolder& opened) const {
    const std::vector<NamedTensor> before = model_->checkpoint(), after = opened.model->checkpoint();
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(test::bit_equal(before[i].tensor, after[i].tensor)) << before[i].name;
  }
  void change(const std::string& file, const std::string& key, const Json& value) {
    const std::string path = join_path(path_, file);
    Json json = Json::parse(read_file(path), path);
    json.set(key, value);
    write_atomically(path, json.dump());
  }
  test::TempFolder folder_;
  std::string path_;
  CharTokenizer tokenizer_;
  std::unique_ptr<Gpt> model_;
};

TEST_F(ModelFolders, ComeBackAsTheyWere) {
  const ModelFolder opened = open_model_folder(path_);
  ASSERT_NE(dynamic_cast<const Gpt*>(opened.model.get()), nullptr);
  expect_same(opened);
  EXPECT_EQ(opened.tokenizer->encode("bad"), tokenizer_.encode("bad"));
  EXPECT_EQ(opened.generation.integer("bos_token_id"), 0);
  EXPECT_EQ(opened.config.integer("eos_token_id"), 0);
}

TEST_F(ModelFolders, WithoutATokenizerHoldAModelAlone) {
  const std::string alone = folder_ / "model-2";
  save_checkpoint(alone, model_files(*model_, nullptr));
  EXPECT_FALSE(open_model_folder(alone).tokenizer);
}

TEST_F(ModelFolders, ContradictionsAreRefusedByName) {
  change("generation_config.json", "eos_token_id", 7);
  EXPECT_NE(refusal().find("eos_token_id"), std::string::npos);
  change("generation_config.json", "eos_token_id", 0);
  EXPECT_EQ(refusal(), "");
  change("config.json", "n_layer", 2);
  const std::string config = join_path(path_, "config.json");
  EXPECT_EQ(refusal(), "[checkpoint] " + config + ": key 'n_layer' is 2, but model.safetensors holds 1 layer 'h.0.', ...: expected 2");
  change("config.json", "n_layer", 60000);
  EXPECT_NE(refusal().find("key 'n_layer' is 60000"), std::string::npos) << "before anything is allocated";
  change("config.json", "n_layer", 1);
  change("config.json", "n_embd", 16);
  EXPECT_EQ(refusal(), "[checkpoint] " + config + ": key 'n_embd' is 16, but tensor 'transformer.wte.weight' of model.safetensors is (5, 8): expected (5, 16)");
  change("config.json", "n_embd", 9);
  EXPECT_EQ(refusal(), "[config] " + config + ": key 'n_embd' must divide by key 'n_head': got 9 and 2");
  change("config.json", "n_embd", 8);
  save_tokenizer(CharTokenizer::of_items({"ab"}), path_);
  EXPECT_EQ(refusal(), config + ": key 'vocab_size' is 5, but the tokenizer beside it has 3 tokens");
  save_tokenizer(tokenizer_, path_);
  write_atomically(join_path(path_, "tokenizer.json"), "{");
  EXPECT_NE(refusal().find("tokenizer.json"), std::string::npos);
}

// A byte-level tokenizer of letters, as transformers writes it beside a GPT-2 whose table is padded.
TEST_F(ModelFolders, OfOthersHaveTheirOwnEnds) {
  write_atomically(join_path(path_, "tokenizer.json"), R"({"version": "1.0", "added_tokens": [{"id": 3, "content": "<end>", "special": true}],
      "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}})");
  files().remove(join_path(path_, "tokenizer_config.json"));
  files().remove(join_path(path_, "generation_config.json"));
  change("config.json", "bos_token_id", 3);
  change("config.json", "eos_token_id", 3);
  EXPECT_EQ(open_model_folder(path_).ends, std::vector<int64_t>{3});
  EXPECT_EQ(open_model_folder(path_).begin, 3);
  write_atomically(join_path(path_, "generation_config.json"), R"({"eos_token_id": [3, 2]})");
  EXPECT_EQ(open_model_folder(path_).ends, (std::vector<int64_t>{3, 2})) << "the settings of generation come first";
  EXPECT_EQ(open_model_folder(path_).begin, 3) << "what they do not say, config.json says";
  write_atomically(join_path(path_, "tokenizer_config.json"), R"({"eos_token": {"content": "<end>"}, "bos_token": "<begin>"})");
  const ModelFolder opened = open_model_folder(path_);
  const std::string again = folder_ / "model-3";
  save_checkpoint(again, model_files(*opened.model, opened.tokenizer.get()));
  EXPECT_EQ(open_model_folder(again).ends, std::vector<int64_t>{3}) << "what is saved ends as its tokenizer says";
  EXPECT_FALSE(open_model_folder(again).begin) << "<begin> is no token";
  change("generation_config.json", "eos_token_id", 5);
  EXPECT_NE(refusal().find("eos_token_id"), std::string::npos) << "the model has ids 0 to 4";
  change("generation_config.json", "eos_token_id", Json());
  change("config.json", "vocab_size", 3);
  EXPECT_NE(refusal(), "") << "the tokenizer has more tokens than the model";
}

TEST(ModelFolder, OfACheckpointOfLlmcIsAGpt2) {
  for (const std::string name : {"llmc_f32.bin", "llmc_bf16.bin"}) {
    const test::TempFolder folder;
    const std::string golden = test::golden_file("tensor_files/" + name), to = folder / "gpt2";
    convert_weights(golden, to, {});
    const ModelFolder opened = open_model_folder(to);
    ASSERT_NE(dynamic_cast<const Gpt*>(opened.model.get()), nullptr);
    const auto weights = open_tensor_file(golden);
    for (const NamedTensor& t : opened.model->checkpoint()) EXPECT_TRUE(test::bit_equal(t.tensor, cast(weights->read(t.name), t.tensor.dtype()))) << t.name;
  }
}

// Not only the first of what is wrong.
TEST_F(ModelFolders, AllThatIsWrongIsFound) {
  EXPECT_TRUE(faults_of_folder(path_).empty());
  const std::string weights = join_path(path_, "model.safetensors");
  TensorMap tensors = read_safetensors(weights);
  const std::string bias = "transformer.h.0.mlp.c_fc.bias", norm = "transformer.ln_f.weight", other = "transformer.h.0.ln_1.weight";
  ASSERT_TRUE(tensors.contains(bias) && tensors.contains(norm) && tensors.contains(other));
  tensors.erase(bias);
  tensors[norm] = Tensor::zeros({8, 1});
  tensors[other] = Tensor::full({8}, std::nan(""));
  tensors["surplus.a"] = tensors["surplus.b"] = Tensor::zeros({2});
  write_safetensors(weights, tensors);
  change("config.json", "bos_token_id", 99);
  change("config.json", "eos_token_id", -1);
  change("generation_config.json", "eos_token_id", 2);
  std::string all;
  for (const Fault& f : faults_of_folder(path_)) all += f.problem + " | " + f.hint + "\n";
  for (const std::string& words :
       {str("tensor '{}' is missing", bias), str("tensor '{}': got (8, 1), expected (8,)", norm), str("tensor '{}': 8 of its 8 numbers are NaN", other),
        std::string("tensor 'transformer.surplus.a' belongs to no part"), std::string("tensor 'transformer.surplus.b' belongs to no part"),
        std::string("config.json: key 'bos_token_id': got 99, expected"), std::string("config.json: key 'eos_token_id': got -1, expected"),
        std::string("generation_config.json: key 'eos_token_id' is 2, but the tokenizer's boundary is 0")})
    EXPECT_NE(all.find(words), std::string::npos) << words << " is not in\n" << all;
  EXPECT_NE(all.find(refusal()), std::string::npos) << refusal();  // what opening says is among them
  change("config.json", "n_layer", 3);
  change("config.json", "n_inner", 12);
  all.clear();
  for (const Fault& f : faults_of_folder(path_)) all += f.problem + "\n";
  for (const char* const words : {"key 'n_layer' is 3", "key 'n_inner' is 12"}) EXPECT_NE(all.find(words), std::string::npos) << all;
  write_atomically(join_path(path_, "config.json"), "{");
  files().remove(weights);
  EXPECT_EQ(faults_of_folder(path_).size(), 2u);
}

// --- weights in other files --------------------------------------------------------------------------------------------

TEST_F(ModelFolders, InShardsAreTheSameModel) {
  const std::string sharded = folder_ / "model-2";
  save_checkpoint(sharded, model_files(*model_, &tokenizer_, 1000));
  EXPECT_FALSE(exists(join_path(sharded, "model.safetensors")));
  EXPECT_TRUE(exists(join_path(sharded, "model-00001-of-00007.safetensors"))) << joined(files().list(sharded));
  expect_same(open_model_folder(sharded));
  files().remove(join_path(sharded, "model-00002-of-00007.safetensors"));
  path_ = sharded;
  EXPECT_NE(refusal().find("the shard model-00002-of-00007.safetensors is missing"), std::string::npos) << refusal();
  files().remove(join_path(sharded, "model.safetensors.index.json"));
  EXPECT_NE(refusal().find("model-00001-of-00007.safetensors is one of 7 shards; missing: their index model.safetensors.index.json, and "
                           "model-00002-of-00007.safetensors"), std::string::npos) << refusal();
  for (int i = 1; i <= 7; ++i)
    if (i != 2) files().remove(join_path(sharded, str("model-0000{}-of-00007.safetensors", i)));
  EXPECT_NE(refusal().find("there are no weights, it holds config.json"), std::string::npos) << refusal();
}

TEST_F(ModelFolders, WithACheckpointOfPyTorchAreTheSameModel) {
  files().remove(join_path(path_, "model.safetensors"));
  EXPECT_NE(refusal().find("there are no weights"), std::string::npos) << refusal();
  std::vector<std::pair<std::string, std::string>> members = {{"archive/data.pkl", ""}};
  std::string body = "}";
  for (const NamedTensor& t : model_->checkpoint()) {
    const Tensor dense = contiguous(t.tensor);
    const std::string key = std::to_string(members.size());
    test::PickledLie truth{.key = key, .elements = static_cast<int32_t>(dense.numel())};
    truth.shape.assign(dense.shape().begin(), dense.shape().end());
    truth.strides.assign(dense.strides().begin(), dense.strides().end());
    body += test::text(t.name) + test::tensor_of(truth) + "s";
    members.emplace_back("archive/data/" + key, std::string(dense.raw(), static_cast<size_t>(dense.numel()) * sizeof(float)));
  }
  members[0].second = test::pickle_of(body);
  write_atomically(join_path(path_, "pytorch_model.bin"), test::zip_of(members));
  expect_same(open_model_folder(path_));
  write_atomically(join_path(path_, "model.safetensors"), "");  // comes first, and is empty
  EXPECT_NE(refusal().find("model.safetensors: the file is empty"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace grim
