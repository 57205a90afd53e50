// Models whose matrices are of few bits in a GGUF file stay so when they are opened, one matrix after the other; and any other model becomes one.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/io/gguf.h"
#include "grimoire/model/register.h"
#include "support/op_case.h"

namespace grim {
namespace {

// A llama of random numbers with two heads of 32, tied or not, as a model folder.
std::string llama_at(const std::string& path, bool tied) {
  const Json config = Json::parse(str(R"({{"model_type": "llama", "vocab_size": 90, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": {}}})", tied), "config.json");
  Rng rng(RngMode::philox, 1, "llama");
  const std::unique_ptr<Pretrained> model = architecture_of(config).from_json(config)->build(rng);
  for (const CheckpointFile& f : model_files(*model, nullptr)) write_atomically(join_path(path, f.name), f.write);
  return path;
}

Tensor logits_of(const Pretrained& model) {
  const NoGrad evaluated;
  Pass pass = Pass::evaluation();
  return dynamic_cast<const CausalLm&>(model).logits(Tensor::from(std::vector<int64_t>{3, 89, 5, 0, 17, 3}, {2, 3}), pass);
}

TEST(GgufQuantised, StaysSoWhenItIsOpened) {
  for (const bool tied : {true, false})
    for (const WeightType type : {WeightType::q8_0, WeightType::q4_0}) {
      const test::TempFolder folder;
      files().make_dirs(folder / "llama");
      const std::string from = llama_at(folder / "llama", tied), to = folder / "few.gguf";
      convert_weights(from, to, {.to = WeightsFormat::gguf, .dtype = type == WeightType::q8_0 ? "Q8_0" : "Q4_0"});
      const ModelFolder kept = open_model_folder(to, WeightType::automatic), rounded = open_model_folder(from, type), wide = open_model_folder(to);
      EXPECT_EQ(kept.products, type);
      EXPECT_EQ(rounded.products, type);
      EXPECT_EQ(wide.products, WeightType::f32);
      EXPECT_EQ(kept.model->parameters().size(), size_t{5} + (tied ? 0 : 1));  // the norms, and a table that no layer multiplies by
      if (tied) EXPECT_TRUE(test::bit_equal(logits_of(*kept.model), logits_of(*rounded.model)));  // else the table was rounded in the file alone
      EXPECT_LE(test::relative_difference(logits_of(*kept.model), logits_of(*wide.model)), .03);
      EXPECT_EQ(quantise_products(*wide.model, *block_type(type)), 15);
      EXPECT_TRUE(test::bit_equal(logits_of(*kept.model), logits_of(*wide.model)));
      EXPECT_EQ(open_model_folder(from, WeightType::automatic).products, WeightType::f32);
    }
}

TEST(GgufQuantised, AModelWithoutSuchMatricesIsRefused) {
  const test::TempFolder folder;
  Rng rng(RngMode::philox, 1, "mlp");
  const Json config = Json::parse(R"({"model_type": "neural-bigram", "vocab_size": 7})", "config.json");
  const std::unique_ptr<Pretrained> model = architecture_of(config).from_json(config)->build(rng);
  for (const CheckpointFile& f : model_files(*model, nullptr)) write_atomically(folder / f.name, f.write);
  try {
    open_model_folder(folder / "", WeightType::q8_0);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::argument);
    EXPECT_NE(std::string(e.what()).find("multiplies by no matrix whose rows are a multiple of 32"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace grim
