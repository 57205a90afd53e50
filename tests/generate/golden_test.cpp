// Distributions, greedy texts and beams are those of transformers (tools/golden/generation.py).
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/generate/beams.h"
#include "grimoire/generate/contrastive.h"
#include "grimoire/generate/writer.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

template <class T> std::vector<T> numbers(const Json& list) {
  std::vector<T> all;
  for (const Json& v : list.items()) all.push_back(static_cast<T>(v.as_real()));
  return all;
}
std::vector<int64_t> tokens(const Json& list) { return numbers<int64_t>(list); }

class GoldenGeneration : public ::testing::Test {
 protected:
  GoldenGeneration() : cases_(Json::parse(read_file(kGolden + "generation/cases.json"))), groups_(Json::parse(read_file(kGolden + "generation/groups.json"))) {
    Rng rng(RngMode::philox, 1);
    model_ = build_causal_lm(Json::parse(read_file(kGolden + "causal_families/llama.json")), rng);
    std::vector<NamedTensor> weights;
    for (const auto& [name, tensor] : read_safetensors(kGolden + "causal_families/llama.safetensors"))
      if (name.starts_with("model.") || name == "lm_head.weight") weights.push_back({name, tensor});
    model_->load(weights);
  }
  static GenerationConfig settings(const Json& c) {
    StoredGeneration stored = generation_from(c.at("config"), "case");
    EXPECT_TRUE(stored.without_meaning.empty());
    stored.config.ends = token_ids(c.at("config"), "eos_token_id");
    return stored.config;
  }
  void expect_beams(const Json& cases, const std::vector<int64_t>& begin = {}) {  // else the prompt
    for (const Json& c : cases.items()) {
      SCOPED_TRACE(c.at("config").dump() + " " + c.at("prompt").dump());
      const std::vector<BeamText> texts = search_beams(*model_, begin.empty() ? tokens(c.at("prompt")) : begin, settings(c));
      ASSERT_EQ(texts.size(), c.at("ids").size());
      for (size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(texts[i].tokens, tokens(c.at("ids")[i])) << i;
        const double want = c.at("scores")[i].as_real();
        EXPECT_NEAR(texts[i].score, want, 2e-5 + 1e-6 * std::abs(want)) << i;
      }
    }
  }
  Json cases_, groups_;
  std::unique_ptr<CausalLm> model_;
};

TEST_F(GoldenGeneration, Distributions) {
  size_t compared = 0;
  for (const Json& c : cases_.list("shaping")) {
    const GenerationConfig config = settings(c);
    const std::vector<int64_t> text = tokens(c.at("text"));
    const int64_t prompt = c.integer("prompt");
    const std::vector<float> want = numbers<float>(c.at("p")),
                             got = shape_distribution(numbers<float>(c.at("logits")), config,
                                                      {.text = text, .prompt = prompt, .longest = config.max_new_tokens > 0 ? prompt + config.max_new_tokens
                                                                                                                           : config.max_length});
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << c.at("config").dump() << c.at("text").dump() << " " << i;
    ++compared;
  }
  EXPECT_GT(compared, 100u);
}

TEST_F(GoldenGeneration, GreedyTexts) {
  for (const Json& c : cases_.list("greedy")) {
    GenerationConfig config = settings(c);
    config.temperature = 0;
    Rng rng(RngMode::philox, 1);
    EXPECT_EQ(Writer(*model_).write(tokens(c.at("prompt")), config, rng), tokens(c.at("ids"))) << c.at("config").dump();
  }
}

TEST_F(GoldenGeneration, Beams) { expect_beams(cases_.at("beams")); }

TEST_F(GoldenGeneration, BeamsOfAnEncoderDecoder) {
  Rng rng(RngMode::philox, 1);
  std::unique_ptr<Pretrained> built = build_model(Json::parse(read_file(kGolden + "seq2seq/t5.json")), rng);
  const std::unique_ptr<Seq2Seq> t5 = capability_in<Seq2Seq>(built);
  std::vector<NamedTensor> weights;
  for (const auto& [name, tensor] : read_safetensors(kGolden + "seq2seq/t5.safetensors"))
    if (name.starts_with("weight.")) weights.push_back({name.substr(7), tensor});
  t5->load(weights);
  for (const Json& c : cases_.list("t5_beams")) {
    const std::vector<int64_t> source = tokens(c.at("prompt"));
    const auto length = static_cast<int64_t>(source.size());
    model_ = writer_from(*t5, {Tensor::from(source, {length}), Tensor::zeros({length}, Dtype::i64), {0, length}});
    expect_beams(Json::array({c}), {t5->start()});
  }
  EXPECT_THROW(search_contrastive(*model_, std::vector<int64_t>{t5->start()}, {.top_k = 4, .max_new_tokens = 3, .penalty_alpha = 0.6}), Error)
      << "it shows no state for each place";
}

TEST_F(GoldenGeneration, GroupsOfBeams) { expect_beams(groups_.at("groups")); }

TEST_F(GoldenGeneration, ContrastiveSearch) {
  for (const Json& c : groups_.list("contrastive"))
    EXPECT_EQ(search_contrastive(*model_, tokens(c.at("prompt")), settings(c)), tokens(c.at("ids"))) << c.at("config").dump() << c.at("prompt").dump();
}

}  // namespace
}  // namespace grim
