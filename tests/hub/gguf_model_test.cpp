#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/model/register.h"
#include "grimoire/tensor/copy.h"
#include "hub/small_llama.h"
#include "support/data.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::complaint;
using test::counting;
using test::expect_same_model;
using test::number;
using test::small_llama;

TEST(GgufModel, BecomesAFolderOfHuggingFace) {
  test::TempFolder folder;
  const GgufFile file(small_llama(folder));
  const Json config = config_in(file);
  EXPECT_EQ(config.integer("num_key_value_heads"), 1);
  EXPECT_EQ(config.integer("vocab_size"), 5);
  EXPECT_TRUE(config.boolean("tie_word_embeddings"));
  std::map<std::string, Tensor> tensors;
  for (const TensorSource& t : tensors_in(file, config)) tensors[t.name] = t.read();
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

TEST(GgufModel, AFolderIsWrittenBack) {
  test::TempFolder folder;
  const GgufFile file(small_llama(folder));
  convert_weights(file.path(), folder / "out", {});
  convert_weights(folder / "out", folder / "back.gguf", {.to = WeightsFormat::gguf});
  const GgufFile back(folder / "back.gguf");
  expect_same_model(file, back);
  EXPECT_EQ(back.text("general.name"), "out");
  convert_weights(folder / "out", folder / "half.gguf", {.to = WeightsFormat::gguf, .dtype = "BF16"});
  EXPECT_EQ(GgufFile(folder / "half.gguf").find("blk.0.attn_q.weight")->type->name, "BF16");
  EXPECT_EQ(GgufFile(folder / "half.gguf").find("blk.0.attn_norm.weight")->type->name, "F32");
}

// Rows of a head of 6: 0 1 2 | 3 4 5 there become neighbours, 0 3 1 4 2 5.
TEST(GgufModel, HalvesOfAHeadBecomeNeighbours) {
  const Json config = Json::object({{"num_attention_heads", 2}});
  const std::vector<TensorSource> q = {TensorSource::of("model.layers.7.self_attn.q_proj.weight", counting({12, 1}))};
  const TensorSource turned = gguf_tensors(config, q).at(0);
  EXPECT_EQ(turned.name, "blk.7.attn_q.weight");
  EXPECT_EQ(turned.read().to_vector<float>(), (std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  EXPECT_THROW(gguf_tensors(config, {TensorSource::of("model.layers.0.mlp.experts.weight", counting({2}))}), Error);
}

TEST(GgufModel, WhatHasNoPlaceThereIsRefused) {
  test::TempFolder folder;
  convert_weights(small_llama(folder), folder / "out", {});
  const std::string path = folder / "out/config.json";
  const Json good = Json::parse(read_file(path), path);
  const auto said = [&](const char* key, const Json& value) {
    Json config = good;
    config.set(key, value);
    write_atomically(path, config.dump());
    try {
      convert_weights(folder / "out", folder / "back.gguf", {.to = WeightsFormat::gguf});
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(said("rope_scaling", Json()), "");
  EXPECT_NE(said("rope_scaling", Json::object({{"rope_type", "llama3"}, {"factor", 8.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0},
                                                 {"original_max_position_embeddings", 8192}})).find("key 'rope_scaling': got {"), std::string::npos);
  EXPECT_NE(said("rope_scaling", Json::object({{"type", "dynamic"}, {"factor", 2.0}})).find("key 'rope_scaling': got {"), std::string::npos);
  for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{{"truncate", false}, {"beta_fast", 16.0}, {"beta_slow", 2.0}}) {
    Json yarn = Json::object({{"rope_type", "yarn"}, {"factor", 4.0}});
    yarn.set(key, value);
    EXPECT_NE(said("rope_parameters", yarn).find("key 'rope_parameters': got {"), std::string::npos) << key;
  }
  EXPECT_NE(said("rope_parameters", Json::object({{"rope_type", "longrope"}})).find("rope_parameters of type 'longrope'"), std::string::npos);
  EXPECT_NE(said("hidden_act", "gelu").find("got gelu, which is not written as GGUF: expected silu"), std::string::npos);
  EXPECT_NE(said("num_attention_heads", 3).find("3 heads do not divide a hidden_size of 8"), std::string::npos);
  EXPECT_NE(said("num_key_value_heads", 8).find("does not split into 8 heads"), std::string::npos);
}

TEST(GgufModel, LinearScalingOfPositionsGoesThereAndBack) {
  test::TempFolder folder;
  const std::string path = small_llama(folder, {{"llama.rope.scaling.type", GgufValue::of("linear")},
                                                {"llama.rope.scaling.factor", GgufValue::of(GgufType::f32, 4.0)}});
  convert_weights(path, folder / "out", {});
  const Json config = open_model_folder(folder / "out").config;
  EXPECT_EQ(config.at("rope_parameters").text("rope_type"), "linear");
  EXPECT_EQ(config.at("rope_parameters").real("factor"), 4);
  convert_weights(folder / "out", folder / "back.gguf", {.to = WeightsFormat::gguf});
  const GgufFile back(folder / "back.gguf");
  EXPECT_EQ(back.text("llama.rope.scaling.type"), "linear");
  EXPECT_EQ(back.real("llama.rope.scaling.factor"), 4);
  EXPECT_EQ(config_in(back), config);
  // A factor without a type is linear, as llama.cpp has it; what has no place in a config.json is refused.
  EXPECT_EQ(config_in(GgufFile(small_llama(folder, {{"llama.rope.scale_linear", GgufValue::of(GgufType::f32, 2.0)}}))).at("rope_parameters").real("factor"), 2);
  const GgufFile longrope(small_llama(folder, {{"llama.rope.scaling.type", GgufValue::of("longrope")}}));
  EXPECT_NE(complaint([&] { config_in(longrope); }).find("llama.rope.scaling.type is 'longrope'"), std::string::npos);
}

Tensor logits_of(const std::string& path) {
  const ModelFolder opened = open_model_folder(path);
  Pass pass;
  return dynamic_cast<const CausalLm&>(*opened.model).logits(cast(Tensor::from<float>({1, 2, 3}, {1, 3}), Dtype::i32), pass);
}

// A file whose positions are scaled by yarn, with more said of it.
std::string with_yarn(const test::TempFolder& folder, std::vector<GgufPair> more = {}, double factor = 4) {
  more.insert(more.begin(), {{"llama.rope.scaling.type", GgufValue::of("yarn")}, {"llama.rope.scaling.factor", GgufValue::of(GgufType::f32, factor)},
                             number("llama.rope.scaling.original_context_length", 8)});
  return small_llama(folder, more);
}

TEST(GgufModel, YarnGoesThereAndBack) {
  test::TempFolder folder;
  for (const double attention : {1.0, 0.8782484}) {  // on top of 0.1 ln 4 + 1: the second makes 1
    const std::string path = with_yarn(folder, {{"llama.rope.scaling.attn_factor", GgufValue::of(GgufType::f32, attention)}});
    const std::string out = folder / (attention == 1 ? "usual" : "out"), back = out + ".gguf";
    convert_weights(path, out, {});
    const Json config = open_model_folder(out).config, rope = config.at("rope_parameters");
    EXPECT_EQ(rope.text("rope_type"), "yarn");
    EXPECT_EQ(rope.real("factor"), 4);
    EXPECT_EQ(rope.integer("original_max_position_embeddings"), 8);
    EXPECT_EQ(rope.find("attention_factor") != nullptr, attention != 1);
    EXPECT_NEAR(rope.real("attention_factor", 1), 1, 1e-6);
    convert_weights(out, back, {.to = WeightsFormat::gguf});
    EXPECT_TRUE(test::bit_equal(logits_of(out), logits_of(back)));
    expect_same_model(GgufFile(path), GgufFile(back));
  }
  const std::string unsaid = small_llama(folder, {{"llama.rope.scaling.type", GgufValue::of("yarn")},
                                                  {"llama.rope.scaling.factor", GgufValue::of(GgufType::f32, 4.0)}});
  EXPECT_EQ(config_in(GgufFile(unsaid)).at("rope_parameters").integer("original_max_position_embeddings"), 32);  // the context's
}

TEST(GgufModel, ScalingThatLlamaCppWouldNotComputeIsRefused) {
  test::TempFolder folder;
  const auto said = [&](const char* key, double value) {
    const std::string path = with_yarn(folder, {{str("llama.rope.scaling.{}", key), GgufValue::of(GgufType::f32, value)}});
    return complaint([&] { config_in(GgufFile(path)); });
  };
  EXPECT_EQ(said("yarn_beta_fast", 32), "");
  EXPECT_EQ(said("yarn_log_multiplier", 0), "");
  EXPECT_NE(said("yarn_beta_fast", 16).find("llama.rope.scaling.yarn_beta_fast is 16, expected 32"), std::string::npos);
  EXPECT_NE(said("yarn_log_multiplier", 0.1).find("yarn_log_multiplier"), std::string::npos);
  EXPECT_NE(said("yarn_attn_factor", 1).find("llama.rope.scaling.yarn_attn_factor scales rotary positions in a way that is not read"), std::string::npos);
  EXPECT_NE(said("attn_factor", 0).find("llama.rope.scaling.attn_factor is 0, expected above 0"), std::string::npos);
  EXPECT_NE(complaint([&] { config_in(GgufFile(with_yarn(folder, {}, 0.5))); }).find("is 0.5, expected 1 or more"), std::string::npos);
  const std::string linear = small_llama(folder, {{"llama.rope.scaling.attn_factor", GgufValue::of(GgufType::f32, 2.0)}});
  EXPECT_NE(complaint([&] { config_in(GgufFile(linear)); }).find("attn_factor is 2 where yarn scales nothing"), std::string::npos);
}

// The divisors of llama.cpp's converter (convert_hf_to_gguf.py, generate_extra_tensors) for heads of 4 with theta 10000: one pair turns often, one seldom.
TEST(GgufModel, Llama3sScalingOfPositionsIsKnownByItsDivisors) {
  test::TempFolder folder;
  const auto with = [&](std::vector<float> divisors) {
    const int64_t n = static_cast<int64_t>(divisors.size());
    return small_llama(folder, {}, {{"rope_freqs.weight", Tensor::from<float>(divisors, {n}), "F32"}});
  };
  // 8192 positions are 1303.8 turns of the first pair and 13.038 of the second with theta 10000; 0.326 with theta 1.6e7
  const std::string plain = with({1, 1});
  EXPECT_EQ(config_in(GgufFile(plain)).at("rope_parameters").real("factor"), 1);
  const std::string slow = small_llama(folder, {{"llama.rope.freq_base", GgufValue::of(GgufType::f32, 1.6e7)}},
                                       {{"rope_freqs.weight", Tensor::from<float>({1.f, 8.f}, {2}), "F32"}});
  const Json rope = config_in(GgufFile(slow)).at("rope_parameters");
  EXPECT_EQ(rope.text("rope_type"), "llama3");
  EXPECT_EQ(rope.real("factor"), 8);
  EXPECT_EQ(rope.integer("original_max_position_embeddings"), 8192);
  EXPECT_NE(complaint([&] { config_in(GgufFile(with({1, 8}))); }).find("is not Llama 3's scaling"), std::string::npos);
  EXPECT_NE(complaint([&] { config_in(GgufFile(with({1, 1, 1}))); }).find("is not Llama 3's scaling"), std::string::npos);
}

TEST(GgufModel, BiasesAndTokensAreThoseOfTheFolderThatWasWritten) {
  test::TempFolder folder;
  std::vector<GgufTensor> biases;
  for (const char* name : {"ffn_gate", "ffn_up", "ffn_down"}) biases.push_back({str("blk.0.{}.bias", name), counting({8}, 1), "F32"});
  convert_weights(small_llama(folder, {}, biases), folder / "out", {});
  const std::string path = folder / "out/config.json";
  Json config = Json::parse(read_file(path), path);
  EXPECT_TRUE(config.boolean("mlp_bias"));
  config.set("bos_token_id", 3);
  config.set("eos_token_id", Json::array({1, 4}));
  write_atomically(path, config.dump());
  remove_all(folder / "out/generation_config.json");
  EXPECT_EQ(convert_weights(folder / "out", folder / "back.gguf", {.to = WeightsFormat::gguf}).notes, std::vector<std::string>());
  EXPECT_EQ(config_in(GgufFile(folder / "back.gguf")), config);  // the original's, and not what another file says
  EXPECT_TRUE(test::bit_equal(logits_of(folder / "out"), logits_of(folder / "back.gguf")));
  folder.put("out/generation_config.json", R"({"eos_token_id": [4, 3, 2, 1], "temperature": 0.7})");
  EXPECT_EQ(convert_weights(folder / "out", folder / "more.gguf", {.to = WeightsFormat::gguf}).notes,
            (std::vector<std::string>{"generation_config.json's temperature is not written",
                                      "eos_token_id 1 is not written: GGUF has no more room for such tokens"}));
}

// What a text is encoded with stays the tokenizer's; else the model's come first.
TEST(GgufModel, TokensOfTheModelStandBesideThoseOfTheTokenizer) {
  const auto ids = [](bool begins, const Json& settings, std::vector<std::string>& notes) {
    std::vector<GgufPair> pairs = {number("tokenizer.ggml.bos_token_id", 1), number("tokenizer.ggml.eos_token_id", 2),
                                   {"tokenizer.ggml.add_bos_token", GgufValue::of(GgufType::boolean, int64_t{begins})}};
    notes = add_token_ids(settings, pairs);
    std::map<std::string, int64_t> all;
    for (const GgufPair& p : pairs) all[p.key] = std::get<std::vector<int64_t>>(p.value.values)[0];
    return std::vector<int64_t>{all["tokenizer.ggml.bos_token_id"], all["tokenizer.ggml.eos_token_id"], all["tokenizer.ggml.eot_token_id"]};
  };
  std::vector<std::string> notes;
  const Json settings = Json::object({{"bos_token_id", 3}, {"eos_token_id", Json::array({5, 7})}});
  EXPECT_EQ(ids(false, settings, notes), (std::vector<int64_t>{3, 5, 7}));
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "the tokenizer's bos token 1 is not written: the model's bos_token_id 3 takes its place");
  EXPECT_EQ(ids(true, settings, notes), (std::vector<int64_t>{1, 5, 7}));
  EXPECT_EQ(notes[0], "bos_token_id 3 is not written: GGUF has no more room for such tokens");
  EXPECT_EQ(ids(false, Json::object({{"eos_token_id", Json::array({7, 2})}}), notes), (std::vector<int64_t>{1, 2, 7}));
  EXPECT_TRUE(notes.empty());
}

TEST(GgufModel, FlagsOfAddedTokensThatAreNotWrittenAreSaid) {
  GRIMOIRE_DATA(path, "tokenizers/ggml_vocab_test_vectors/ggml-vocab-gpt-2.gguf");
  Json json = tokenizer_in(GgufFile(path))->to_json();
  test::TempFolder folder;
  folder.put("tokenizer.json", json.dump());
  EXPECT_TRUE(unsaid_of(*load_tokenizer(folder.path())).empty());
  Json token = json.at("added_tokens")[0];
  token.set("lstrip", true);
  json.set("added_tokens", Json::array({token}));
  json.set("truncation", Json::object({{"max_length", 7}, {"stride", 0}, {"strategy", "LongestFirst"}, {"direction", "Right"}}));
  folder.put("tokenizer.json", json.dump());
  EXPECT_EQ(unsaid_of(*load_tokenizer(folder.path())),
            (std::vector<std::string>{"'lstrip' of the added tokens <|endoftext|> is not written: texts with them may get other ids",
                                      "truncation to 7 tokens is not written"}));
}

TEST(GgufModel, MayBeAllOfAFolder) {
  test::TempFolder folder;
  const std::string path = small_llama(folder);
  EXPECT_EQ(open_weights_at(folder.path())->path(), path);
  EXPECT_EQ(find_tokenizer(folder.path()), nullptr);
  EXPECT_NE(complaint([&] { open_tokenizer(folder.path()); }).find("there is no tokenizer in it"), std::string::npos);
}

// llama.cpp adds the biases that are there, which may be those of q, k and v alone; a LlamaConfig has those of all four or none.
TEST(GgufModel, BiasesThatAreNotThereAreZeros) {
  test::TempFolder folder;
  const auto with = [&](const std::vector<const char*>& names) {
    std::vector<GgufTensor> biases;
    for (const char* const name : names)
      biases.push_back({str("blk.0.{}.bias", name), counting({std::string_view(name) == "attn_k" || std::string_view(name) == "attn_v" ? 4 : 8}, -2), "F32"});
    return small_llama(folder, {}, biases);
  };
  const Tensor biased = logits_of(with({"attn_q", "attn_k", "attn_v"}));
  convert_weights(folder / "small.gguf", folder / "out", {});
  EXPECT_TRUE(Json::parse(read_file(folder / "out/config.json"), "").boolean("attention_bias"));
  EXPECT_EQ(open_weights(folder / "out")->read("model.layers.0.self_attn.o_proj.bias").to_vector<float>(), std::vector<float>(8, 0));
  EXPECT_TRUE(test::bit_equal(logits_of(folder / "out"), biased));
  EXPECT_FALSE(test::bit_equal(logits_of(with({})), biased));
  for (const char* const one : {"attn_k", "attn_output", "ffn_down"}) EXPECT_NO_THROW(logits_of(with({one}))) << one;
}

TEST(GgufModel, WhatALlamaHasNotIsRefused) {
  test::TempFolder folder;
  const auto refusal = [&](const char* name, const std::vector<GgufPair>& more = {}) {
    const std::string path = small_llama(folder, more, {{name, counting({8}), "F32"}});
    return complaint([&] { convert_weights(path, folder / "out", {}); });
  };
  for (const char* const name : {"blk.0.attn_norm.bias", "blk.0.attn_q.scale"})
    EXPECT_NE(refusal(name).find("is not one of the llama architecture"), std::string::npos) << name;
  for (const char* const name : {"blk.1.attn_norm.weight", "blk.x.attn_norm.weight"})
    EXPECT_NE(refusal(name).find("is not one of 1 blocks"), std::string::npos) << name;
  const std::string path = small_llama(folder), bytes = read_file(path), count = "block_count";
  std::string more = bytes;
  more[more.find(count) + count.size() + 4] = 2;  // behind the type
  write_atomically(path, more);
  EXPECT_NE(complaint([&] { convert_weights(path, folder / "out", {}); }).find("there is no tensor 'blk.1.attn_norm.weight'"), std::string::npos);
  const std::string narrow = small_llama(folder, {number("llama.attention.key_length", 8)});
  EXPECT_NE(complaint([&] { convert_weights(narrow, folder / "out", {}); }).find("llama.attention.key_length is 8, expected 4"), std::string::npos);
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

// Its vocabulary in another file that is written from the tokenizer gives the same ids.
void expect_same_ids(const Tokenizer& a, const Tokenizer& b, bool marks_alike = true) {
  constexpr std::string_view kTexts[] = {"", " ", "Hello world", "  a  b\n\n", "it's 12345 Führer",
                                         "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\x89",
                                         "<s>x</s>", "caf\xc3\xa9 \xe2\x96\x81 _x", "<|endoftext|> if (a == b) { return; }"};
  EXPECT_EQ(a.vocab_size(), b.vocab_size());
  for (const std::string_view text : kTexts) {
    if (!marks_alike && text.find("\u2581") != text.npos) continue;
    EXPECT_EQ(a.encode(text), b.encode(text)) << text;
    EXPECT_EQ(a.encode_with(text).ids, b.encode_with(text).ids) << text;
    EXPECT_EQ(a.decode(a.encode(text)), b.decode(a.encode(text))) << text;
  }
}

std::shared_ptr<const Tokenizer> written_and_read(const Tokenizer& tokenizer, int64_t tokens, const std::string& path) {
  write_gguf(path, gguf_pairs(tokenizer, tokens), {});
  return tokenizer_in(GgufFile(path));
}

TEST(GgufModel, TokenizersAreWrittenBack) {
  test::TempFolder folder;
  for (const char* const name : {"gpt-2", "llama-spm"}) {
    SCOPED_TRACE(name);
    GRIMOIRE_DATA(path, str("tokenizers/ggml_vocab_test_vectors/ggml-vocab-{}.gguf", name));
    const GgufFile file(path);
    const auto tokenizer = tokenizer_in(file);
    const auto back = written_and_read(*tokenizer, tokenizer->vocab_size() + 3, folder / "back.gguf");  // with rows that no token needs
    expect_same_ids(*tokenizer, *back);
    const GgufFile again(folder / "back.gguf");
    EXPECT_EQ(again.texts("tokenizer.ggml.tokens").back(), str("[PAD{}]", tokenizer->vocab_size() + 2));
    const std::vector<std::string>&all = again.texts("tokenizer.ggml.tokens"), &before = file.texts("tokenizer.ggml.tokens");
    EXPECT_TRUE(std::equal(before.begin(), before.end(), all.begin()));
    const std::vector<int64_t>&types = again.integers("tokenizer.ggml.token_type"), &were = file.integers("tokenizer.ggml.token_type");
    EXPECT_TRUE(std::equal(were.begin(), were.end(), types.begin()));
  }
  GRIMOIRE_DATA(path, "tokenizers/llama2/tokenizer.model");
  const auto tokenizer = open_tokenizer(path);
  expect_same_ids(*tokenizer, *written_and_read(*tokenizer, tokenizer->vocab_size(), folder / "back.gguf"));
  EXPECT_TRUE(unsaid_of(*tokenizer).empty());
}

// llama2.c's spaces are themselves, llama.cpp's are marked.
TEST(GgufModel, PiecesWithSpacesAreWrittenWithMarks) {
  test::TempFolder folder;
  GRIMOIRE_DATA(path, "checkpoints/stories260K/tok512.bin");
  const auto tokenizer = open_tokenizer(path), back = written_and_read(*tokenizer, tokenizer->vocab_size(), folder / "back.gguf");
  expect_same_ids(*tokenizer, *back, false);
  EXPECT_EQ(tokenizer->encode("a\u2581b").size(), 5u);  // a with the space in front, three bytes, b
  EXPECT_EQ(back->token(tokenizer->encode(" ")[0]), "\u2581");
  EXPECT_EQ(unsaid_of(*tokenizer), (std::vector<std::string>{"'\u2581' in a text, which is no space here, is one to llama.cpp"}));
}

TEST(GgufModel, TokensBeforeATextComeBack) {
  test::TempFolder folder;
  GRIMOIRE_DATA(path, "tokenizers/llama2/tokenizer.model");
  folder.put("tokenizer.model", read_file(path));
  folder.put("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": {"content": "</s>"}})");
  const auto tokenizer = load_tokenizer(folder.path());
  const auto back = written_and_read(*tokenizer, 32000, folder / "back.gguf");
  EXPECT_EQ(back->encode_with("a").ids.front(), 1);
  expect_same_ids(*tokenizer, *back);
  EXPECT_THROW(gguf_pairs(*tokenizer, 31999), Error);
}

INSTANTIATE_TEST_SUITE_P(GgufModel, Vectors, testing::Values("bert-bge", "gpt-2", "llama-spm"));

}  // namespace
}  // namespace grim
