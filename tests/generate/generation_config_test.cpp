#include "grimoire/generate/generation_config.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

StoredGeneration stored(const std::string& text, const GenerationConfig& fallback = {}) {
  return generation_from(Json::parse(text, "m/generation_config.json"), "m/generation_config.json", fallback);
}
std::string refusal(const std::string& text) {
  try {
    stored(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return e.what();
  }
  return "";
}

TEST(GenerationConfig, ReadsWhatTransformersWrites) {
  const GenerationConfig c = stored(R"({"temperature": 0.6, "top_k": 20, "bad_words_ids": [[1, 2], [3]], "sequence_bias": [[[4, 5], -2.0]],
    "early_stopping": "never", "forced_eos_token_id": 7, "suppress_tokens": [8, 9], "exponential_decay_length_penalty": [10, 1.5],
    "stop_strings": ["END"], "max_new_tokens": null, "do_sample": true})").config;
  EXPECT_EQ(c.temperature, 0.6);
  EXPECT_EQ(c.top_k, 20);
  EXPECT_EQ(c.bad_words_ids, (std::vector<std::vector<int64_t>>{{1, 2}, {3}}));
  EXPECT_EQ(c.sequence_bias.at(0).tokens, (std::vector<int64_t>{4, 5}));
  EXPECT_EQ(c.sequence_bias[0].bias, -2);
  EXPECT_EQ(c.early_stopping, EarlyStopping::never);
  EXPECT_EQ(c.forced_eos_token_id, std::vector<int64_t>{7});
  EXPECT_EQ(c.exponential_decay_length_penalty->second, 1.5);
  EXPECT_EQ(c.stop, std::vector<std::string>{"END"});
  EXPECT_EQ(c.max_new_tokens, 0);
}

TEST(GenerationConfig, WithoutDrawingTheLikeliestIsTaken) {
  EXPECT_EQ(stored(R"({"do_sample": false, "temperature": 0.7})").config.temperature, 0);
  EXPECT_EQ(stored(R"({"top_p": 0.5})", {.temperature = 0.7, .top_k = 3}).config.temperature, 0.7) << "where the file is silent";
  EXPECT_EQ(stored("null", {.top_k = 3}).config.top_k, 3);
}

TEST(GenerationConfig, NoKeyIsSilentlyWithoutMeaning) {
  EXPECT_EQ(stored(R"({"max_window_size": 24000, "transformers_version": "5.24.0", "eos_token_id": [1, 2]})").without_meaning,
            std::vector<std::string>{"max_window_size"});
  EXPECT_NE(refusal(R"({"max_time": 3.0, "guidance_scale": null})"), "");
  EXPECT_NE(refusal(R"({"encoder_no_repeat_ngram_size": 1})"), "");
  EXPECT_EQ(refusal(R"({"encoder_no_repeat_ngram_size": 0, "encoder_repetition_penalty": 1.0})"), "");
  EXPECT_EQ(refusal(R"({"max_time": null, "guidance_scale": 1.0, "constraints": null})"), "");
  EXPECT_NE(refusal(R"({"guidance_scale": 3.0})").find("m/generation_config.json: key 'guidance_scale': [config] got 3.0"), std::string::npos);
  EXPECT_NE(refusal(R"({"num_beams": 4, "do_sample": true})"), "");
}

TEST(GenerationConfig, ValuesOutOfRangeNameFileAndKey) {
  for (const auto& [text, key] : std::vector<std::pair<std::string, std::string>>{{R"({"top_p": 0})", "top_p"}, {R"({"temperature": "hot"})", "temperature"},
           {R"({"num_beams": 4, "num_beam_groups": 3})", "num_beam_groups"}, {R"({"diversity_penalty": 1.0})", "diversity_penalty"},
           {R"({"early_stopping": "soon"})", "early_stopping"}, {R"({"sequence_bias": [[4, -2.0, 1]]})", "sequence_bias"},
           {R"({"bad_words_ids": [[]]})", "bad_words_ids"}, {R"({"num_beams": 2, "num_return_sequences": 3})", "num_return_sequences"}}) {
    const std::string said = refusal(text);
    EXPECT_NE(said.find("m/generation_config.json"), std::string::npos) << text << said;
    EXPECT_NE(said.find(key), std::string::npos) << text << said;
  }
}

TEST(GenerationConfig, FileAndKeyAreNamedOnce) {
  for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
           {R"({"temperature": "hot"})", "[json] m/generation_config.json: key 'temperature': got text, expected number"},
           {R"({"do_sample": 3})", "[json] m/generation_config.json: key 'do_sample': got integer, expected boolean"},
           {R"({"suppress_tokens": ["a"]})", "[json] m/generation_config.json: key 'suppress_tokens': got text, expected integer"},
           {R"({"sequence_bias": [1]})", "m/generation_config.json: key 'sequence_bias': [config] got 1, expected a list of tokens and a number"}})
    EXPECT_EQ(refusal(text), said);
}

TEST(GenerationConfig, Lengths) {
  EXPECT_EQ((GenerationConfig{.max_new_tokens = 5, .max_length = 8}).longest(6), 11) << "new tokens come first";
  EXPECT_EQ((GenerationConfig{.max_length = 8}).longest(6), 8);
  EXPECT_EQ(GenerationConfig{}.longest(6), 0);
  EXPECT_THROW((GenerationConfig{.max_length = 6}).longest(6), Error);
  EXPECT_THROW(check_tokens({.suppress_tokens = {13}}, 13), Error);
  EXPECT_NO_THROW(check_tokens({.suppress_tokens = {12}}, 13));
}

}  // namespace
}  // namespace grim
