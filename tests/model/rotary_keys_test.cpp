// What a config.json says of rotary positions gives transformers' angles (tools/golden/rotary.py), is written as it was read, or is refused.
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/model/rotary_keys.h"

namespace grim {
namespace {

Json golden() { return Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/rotary.json")); }

RotaryOptions sized(const Json& config, int64_t size) {
  RotaryOptions r = rotary_from(config);
  r.size = size;
  return r;
}

TEST(RotaryKeys, GiveTheAnglesOfTransformers) {
  const Json cases = golden();
  ASSERT_GE(cases.size(), 12u);
  for (size_t c = 0; c < cases.size(); ++c) {
    SCOPED_TRACE(cases.keys()[c]);
    const RotaryOptions r = sized(cases[c].at("config"), cases[c].integer("head_dim"));
    const std::vector<float> got = rotary_frequencies(r);
    const std::vector<Json>& want = cases[c].list("frequencies");
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i].as_real(), 1e-6 * want[i].as_real()) << i;
    EXPECT_NEAR(rotary_attention_factor(r), cases[c].real("attention_factor"), 1e-12);
  }
}

TEST(RotaryKeys, AreWrittenAsTheyWereRead) {
  const Json cases = golden();
  for (size_t c = 0; c < cases.size(); ++c) {
    SCOPED_TRACE(cases.keys()[c]);
    const RotaryOptions r = sized(cases[c].at("config"), cases[c].integer("head_dim"));
    const Json written = rotary_json(r);
    const RotaryOptions again = sized(Json::object({{"rope_parameters", written}}), r.size);
    EXPECT_EQ(again.scaling, r.scaling);
    EXPECT_EQ(again.factor, r.factor);
    EXPECT_EQ(rotary_frequencies(again), rotary_frequencies(r));
    EXPECT_EQ(rotary_attention_factor(again), rotary_attention_factor(r));
    EXPECT_EQ(rotary_json(again), written);
  }
  const Json yarn = rotary_json(rotary_from(cases.at("exact ends").at("config")));
  EXPECT_EQ(yarn.dump(), R"({"rope_theta": 10000.0, "rope_type": "yarn", "factor": 16.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0, )"
                         R"("beta_slow": 1.0, "truncate": false})");
  EXPECT_EQ(rotary_json(rotary_from(cases.at("dynamic").at("config"))).dump(), R"({"rope_theta": 10000.0, "rope_type": "dynamic", "factor": 8.0})");
}

std::string refusal(const std::string& config) {
  try {
    rotary_from(Json::parse(config));
  } catch (const Error& e) {
    return e.kind() == ErrorKind::input ? e.what() : "not of kind input";
  }
  return "";
}

TEST(RotaryKeys, WhatIsNotReadIsRefusedInOneSentence) {
  const auto yarn = [](const std::string& more) {
    return refusal(R"({"max_position_embeddings": 64, "rope_parameters": {"rope_type": "yarn", "factor": 4.0, )" + more + R"("rope_theta": 100.0}})");
  };
  const auto says = [](const std::string& said, std::string_view what) { EXPECT_NE(said.find(what), std::string::npos) << said << "; without " << what; };
  EXPECT_EQ(yarn(""), "");
  EXPECT_EQ(yarn(R"("attention_factor": null, "mscale": null, "beta_fast": null, "partial_rotary_factor": 1.0, )"), "");
  says(yarn(R"("attn_factor": 1.0, )"), "config.json: rope_parameters: key 'attn_factor' is not known of type 'yarn'");
  says(yarn(R"("low_freq_factor": 1.0, )"), "key 'low_freq_factor'");
  says(yarn(R"("partial_rotary_factor": 0.5, )"), "key 'partial_rotary_factor'");
  says(yarn(R"("type": "linear", )"), "got rope_type 'yarn' and type 'linear', expected one of them");
  for (const char* const betas : {R"("beta_fast": 1.0, )", R"("beta_slow": 32, )", R"("beta_slow": 0, )", R"("beta_slow": -1.0, )", R"("beta_fast": "NaN", )"})
    says(yarn(betas), "expected both above 0 and beta_fast above beta_slow");
  for (const char* const factor : {R"("attention_factor": 0.0, )", R"("attention_factor": -1.0, )", R"("attention_factor": "Infinity", )"})
    says(yarn(factor), "rope_parameters: attention_factor: got");
  says(yarn(R"("mscale": 0.0, "mscale_all_dim": 1.0, )"), "mscale: got 0, expected above 0");
  for (const char* const one : {R"("mscale": 1.0, )", R"("mscale_all_dim": 1.0, )", R"("mscale": 1.0, "mscale_all_dim": 1.0, "attention_factor": 1.0, )"})
    says(yarn(one), "expected attention_factor alone, or mscale and mscale_all_dim, or none of them");
  says(yarn(R"("original_max_position_embeddings": 0, )"), "original_max_position_embeddings: got 0, expected 1 or more");
  says(yarn(R"("truncate": null, )"), "truncate");
  says(refusal(R"({"rope_parameters": {"rope_type": "yarn", "factor": 4.0}})"), "max_position_embeddings");
  says(refusal(R"({"max_position_embeddings": 64, "rope_theta": 1.0, "rope_scaling": {"type": "yarn", "factor": 4.0}})"),
       "got rope_theta 1, expected above 1");
  says(refusal(R"({"max_position_embeddings": 64, "rope_scaling": {"type": "yarn"}})"), "factor");
  for (const char* const type : {"yarn", "dynamic", "linear"})
    for (const char* const factor : {"0.5", "-4.0", "0", "\"NaN\"", "\"Infinity\""})
      says(refusal(std::string(R"({"max_position_embeddings": 64, "rope_scaling": {"type": ")") + type + R"(", "factor": )" + factor + "}}"),
           "expected 1 or more");
  says(refusal(R"({"rope_scaling": {"type": "dynamic", "factor": 4.0, "alpha": 1000.0}})"), "rope_scaling: key 'alpha' is not known of type 'dynamic'");
  says(refusal(R"({"rope_scaling": {"rope_type": "default", "factor": 4.0}})"), "key 'factor' is not known of type 'default'");
  says(refusal(R"({"rope_scaling": {"type": "longrope", "short_factor": [1.0], "long_factor": [2.0]}})"),
       "rope_scaling of type 'longrope', which is not read: expected one of default, linear, llama3, yarn, dynamic");
}

// transformers takes rope_scaling where both are there; what only repeats the base beside it is no contradiction.
TEST(RotaryKeys, MayStandInBothPlacesWhereTheyAgree) {
  const std::string yarn = R"({"rope_theta": 100.0, "rope_type": "yarn", "factor": 4.0})", plain = R"({"rope_theta": 100.0, "rope_type": "default"})";
  const auto both = [](const std::string& first, const std::string& second) {
    return R"({"max_position_embeddings": 64, "rope_parameters": )" + first + R"(, "rope_scaling": )" + second + "}";
  };
  for (const std::string& config : {both(plain, yarn), both(yarn, yarn), both(yarn, "null"), both(yarn, "{}")})
    EXPECT_EQ(rotary_from(Json::parse(config)).scaling, RotaryScaling::yarn) << config;
  for (const std::string& config : {both(yarn, plain), both(yarn, R"({"type": "linear", "factor": 4.0})")})
    EXPECT_NE(refusal(config).find("both scale positions"), std::string::npos) << config;
}

}  // namespace
}  // namespace grim
