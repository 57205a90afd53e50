// Every key of a config.json is used, refused or known to mean nothing; options of transformers' GPT-2 give its logits.

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/bert.h"
#include "grimoire/model/config_keys.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/recurrent.h"
#include "support/op_case.h"

namespace grim {
namespace {

std::vector<std::string> model_types() {
  std::vector<std::string> types;
  for (const Architecture* a : architectures())
    if (a->is_read) types.push_back(a->model_type.empty() ? a->name : a->model_type);
  return types;
}

std::string refusal(const Json& config) {
  try {
    Rng rng(RngMode::philox, 1);
    build_model(config, rng);
  } catch (const Error& e) {
    return e.kind() == ErrorKind::input ? e.what() : "not of kind input";
  }
  return "";
}

Json small(const std::string& type) {
  if (type == "gpt2")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"n_positions", 4}, {"n_embd", 8}, {"n_layer", 1}, {"n_head", 2}});
  if (type == "llama" || type == "mistral" || type == "qwen2" || type == "mixtral")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"max_position_embeddings", 4}, {"hidden_size", 8}, {"intermediate_size", 12},
                         {"num_hidden_layers", 1}, {"num_attention_heads", 4}, {"num_key_value_heads", 2}});
  if (type == "bert" || type == "roberta" || type == "electra")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"max_position_embeddings", 4}, {"hidden_size", 8}, {"intermediate_size", 12},
                         {"num_hidden_layers", 1}, {"num_attention_heads", 4}, {"pad_token_id", 0}});
  if (type == "gpt_neox")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"max_position_embeddings", 4}, {"hidden_size", 16}, {"intermediate_size", 12},
                         {"num_hidden_layers", 1}, {"num_attention_heads", 2}});
  if (type == "bloom")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"seq_length", 4}, {"n_embed", 12}, {"n_layer", 1}, {"num_attention_heads", 3}});
  if (type == "transfo-xl")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"cutoffs", Json::array({})}, {"div_val", 1}, {"d_model", 8}, {"d_embed", 8}, {"n_head", 2},
                         {"d_head", 3}, {"d_inner", 12}, {"n_layer", 1}, {"mem_len", 4}});
  if (type == "t5")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"d_model", 8}, {"d_kv", 3}, {"d_ff", 12}, {"num_layers", 1}, {"num_heads", 2}});
  if (type == "bart" || type == "marian")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"max_position_embeddings", 4}, {"d_model", 8}, {"encoder_layers", 1},
                         {"encoder_attention_heads", 2}, {"encoder_ffn_dim", 12}, {"decoder_layers", 1}, {"decoder_attention_heads", 2},
                         {"decoder_ffn_dim", 12}});
  if (type == "tcn")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"context", 4}, {"n_embd", 3}, {"n_hidden", 6}, {"n_layer", 1}, {"kernel_size", 2},
                         {"tied", false}});
  if (type == "text-cnn")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"context", 4}, {"n_embd", 8}, {"n_filters", 2}, {"kernel_sizes", "2"}, {"num_labels", 3},
                         {"dropout", 0.0}});
  if (type == "rnn-seq2seq" || type == "rnn-attention" || type == "conv-seq2seq") {
    Json json = Json::object({{"model_type", type}, {"vocab_size", 5}, {"source_vocab_size", 4}, {"context", 4}, {"n_embd", 3}, {"n_hidden", 6},
                              {"pad_token_id", 1}, {"eos_token_id", 2}, {"decoder_start_token_id", 0}});
    if (type == "conv-seq2seq") json.set("kernel_size", 3);
    else json.set("cell", "gru");
    if (type == "rnn-attention") json.set("attention", "general"), json.set("n_encoder_hidden", 4);
    else json.set("n_layer", 1);
    return json;
  }
  if (type == "distilbert")
    return Json::object({{"model_type", type}, {"vocab_size", 5}, {"max_position_embeddings", 4}, {"dim", 8}, {"hidden_dim", 12}, {"n_layers", 1},
                         {"n_heads", 4}});
  if (type == "bigram" || type == "neural-bigram") return Json::object({{"model_type", type}, {"vocab_size", 5}});
  return Json::object({{"model_type", type}, {"vocab_size", 5}, {"context", 4}, {"n_embd", 8}, {"n_hidden", 8}});
}

Json with(Json config, const std::string& key, Json value) {
  config.set(key, std::move(value));
  return config;
}

// null, or a token of the vocabulary; more than one where transformers takes a list.
TEST(ConfigKeys, TokensAreOfTheVocabulary) {
  const auto said = [](const std::string& key, const Json& value) -> std::string {
    const std::vector<Fault> faults = token_id_faults(Json::object({{"do_sample", true}, {key, value}}), "m/config.json", 5);
    return faults.empty() ? "" : faults[0].problem;
  };
  EXPECT_EQ(token_id_faults(Json::object({{"bos_token_id", 5}, {"eos_token_id", 4}, {"pad_token_id", -1}}), "m/config.json", 5).size(), 2u);
  const Json list = Json::array({0, 4}), outside = Json::array({0, 5}), lists = Json::array({list});
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id", "forced_bos_token_id"}) {
    for (const Json& good : {Json(), Json(0), Json(4)}) EXPECT_EQ(said(key, good), "") << key << good.dump();
    for (const Json& bad : {Json(5), Json(-1), Json(99), Json(1.0), Json("x"), Json(true), outside, lists, Json::object()}) {
      const std::string expected = str("[config] m/config.json: key '{}': got {}, expected the number of a token", key, bad.dump());
      EXPECT_TRUE(said(key, bad).starts_with(expected)) << said(key, bad);
    }
    EXPECT_EQ(said(key, list).empty(), std::string(key) == "eos_token_id") << key;
  }
  for (const char* key : {"suppress_tokens", "begin_suppress_tokens"}) {
    EXPECT_EQ(said(key, list), "");
    for (const Json& bad : {Json(1), outside, lists}) EXPECT_NE(said(key, bad), "") << key << bad.dump();
  }
  EXPECT_EQ(said("bad_words_ids", lists), "");
  EXPECT_NE(said("bad_words_ids", Json::array({outside})), "");
  EXPECT_EQ(said("top_k", 99), "");
}

// tools/golden/gpt_variants.py: the config.json files are as transformers writes them, with every key it knows.
TEST(ConfigKeys, OptionsOfTransformersGiveItsLogits) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/golden/gpt_variants/";
  const Json variants = Json::parse(read_file(folder + "variants.json"));
  ASSERT_GE(variants.size(), 11u);
  for (size_t v = 0; v < variants.size(); ++v) {
    const std::string& name = variants.keys()[v];
    Rng rng(RngMode::philox, 1);
    const auto model = build_causal_lm(variants[v].at("config"), rng);
    std::vector<NamedTensor> tensors;
    for (const auto& [tensor, value] : read_safetensors(folder + name + ".safetensors")) tensors.push_back({tensor, value});
    model->load(tensors);
    EXPECT_EQ(parameter_count(variants[v].at("config")), model->parameter_count()) << name;
    Pass pass;
    const std::vector<float> got = model->logits(Tensor::from(std::vector<int64_t>{0, 1, 2, 3, 4, 5}, {1, 6}), pass).to_vector<float>();
    size_t at = 0;
    for (const Json& row : variants[v].list("logits"))
      for (const Json& logit : row.items()) ASSERT_NEAR(got[at++], logit.as_real(), 2e-5) << name;
    // What is written back means the same.
    const auto again = build_causal_lm(model->config(), rng);
    again->load(model->checkpoint());
    EXPECT_TRUE(test::bit_equal(again->logits(Tensor::from(std::vector<int64_t>{0, 1, 2}, {1, 3}), pass),
                                model->logits(Tensor::from(std::vector<int64_t>{0, 1, 2}, {1, 3}), pass))) << name;
  }
}

TEST(ConfigKeys, WhatWouldChangeTheNumbersIsRefusedByName) {
  const std::vector<std::pair<std::string, Json>> wrong = {
      {"activation_function", "quick_gelu"}, {"add_cross_attention", true}, {"is_encoder_decoder", true},
      {"pruned_heads", Json::object({{"0", Json::array({1})}})},
      {"quantization_config", Json::object({{"bits", 4}})}, {"auto_map", Json::object({{"AutoModel", "x.Y"}})}, {"n_ctx", 3}, {"rope_theta", 10000.0},
      {"num_key_value_heads", 1}, {"layer_norm_epsilon", 0.0}, {"layer_norm_epsilon", -1e-5}, {"n_inner", 0}, {"n_layer", -1}, {"n_head", 3}, {"n_embd", 0},
      {"vocab_size", int64_t{1} << 40}, {"resid_pdrop", 1.0}, {"grimoire_init", "xavier"}, {"sliding_window", 2}};
  for (const auto& [key, value] : wrong) EXPECT_NE(refusal(with(small("gpt2"), key, value)).find(key), std::string::npos) << key;
  EXPECT_NE(refusal(with(small("gpt2"), "scale_attn_weigths", true)), "");
}

TEST(ConfigKeys, WhatAFamilyCannotDoIsRefusedByName) {
  EXPECT_NE(refusal(with(small("bloom"), "apply_residual_connection_post_layernorm", true)).find("apply_residual"), std::string::npos);
  EXPECT_NE(refusal(with(small("gpt_neox"), "rotary_pct", 0.4)).find("3 of a head's 8 numbers"), std::string::npos);
  EXPECT_NE(refusal(with(small("gpt_neox"), "rope_theta", 100.0)).find("rope_theta"), std::string::npos);  // which transformers passes by there
  EXPECT_NE(refusal(with(small("transfo-xl"), "cutoffs", Json::array({2, 4}))).find("adaptive softmax"), std::string::npos);
  EXPECT_NE(refusal(with(small("transfo-xl"), "div_val", 4)).find("div_val"), std::string::npos);
  EXPECT_NE(refusal(with(small("transfo-xl"), "d_embed", 4)).find("d_embed"), std::string::npos);
  EXPECT_NE(refusal(with(small("transfo-xl"), "untie_r", false)).find("untie_r"), std::string::npos);
  EXPECT_NE(refusal(with(small("transfo-xl"), "mem_len", 0)).find("same_length"), std::string::npos);
}

TEST(ConfigKeys, EveryKindRefusesWhatItDoesNotKnow) {
  for (const std::string& type : model_types()) {
    EXPECT_EQ(refusal(small(type)), "") << type;
    EXPECT_NE(refusal(with(small(type), "n_experts", 4)).find("n_experts"), std::string::npos) << type;
    EXPECT_NE(refusal(with(small(type), "vocab_size", 0)).find("vocab_size"), std::string::npos) << type;
    EXPECT_EQ(refusal(with(small(type), "transformers_version", "5.0")), "") << type;
  }
  EXPECT_NE(refusal(with(small("bigram"), "smoothing", -1.0)).find("smoothing"), std::string::npos);
}

// Whoever asks a family by itself is told of its own; through the register no other comes to it.
TEST(ConfigKeys, AFamilyReadsItsOwnModelTypes) {
  const auto hint = [](const auto& read) -> std::string {
    try {
      read();
    } catch (const Error& e) {
      return e.kind() == ErrorKind::input ? e.hint() : "not of kind input";
    }
    return "";
  };
  EXPECT_EQ(BertConfig::from_json(small("electra")).kind, BertKind::electra);
  EXPECT_STREQ(BertConfig::from_json(small("electra")).model_type(), "electra");
  EXPECT_EQ(hint([] { BertConfig::from_json(with(small("bert"), "model_type", "robert")); }), "did you mean 'roberta'?");
  EXPECT_EQ(hint([] { BertConfig::from_json(with(small("bert"), "model_type", "gpt2")); }), "it has bert, roberta, distilbert, electra");
  EXPECT_EQ(RecurrentConfig::from_json(small("gru")).cell, Cell::gru);
  EXPECT_EQ(hint([] { RecurrentConfig::from_json(with(small("lstm"), "model_type", "lstn")); }), "did you mean 'lstm'?");
}

TEST(ConfigKeys, ParametersAreCountedWithoutBuilding) {
  for (const std::string& type : model_types()) {
    std::vector<Json> configs = {small(type)};
    if (type == "gpt2")
      configs = {with(small(type), "grimoire_biases", false), with(small(type), "tie_word_embeddings", false), with(small(type), "n_layer", 3),
                 with(small(type), "grimoire_heads", "wide"), with(with(small(type), "grimoire_heads", "wide"), "grimoire_biases", false)};
    if (type == "mlp") {
      const Json deep = with(small(type), "n_layer", 3);
      configs.insert(configs.end(), {with(small(type), "batch_norm", true), deep, with(deep, "batch_norm", true)});
    }
    if (type == "lstm" || type == "gru" || type == "rnn") configs.push_back(with(with(small(type), "n_layer", 3), "n_embd", 5));
    if (type == "llama") configs.push_back(with(with(small(type), "mlp_bias", true), "head_dim", 4));
    if (type == "gpt_neox") configs.push_back(with(with(small(type), "attention_bias", false), "tie_word_embeddings", true));
    if (type == "transfo-xl") configs.push_back(with(small(type), "tie_word_embeddings", false));
    if (type == "bert") configs.push_back(with(small(type), "architectures", Json::array({"BertForPreTraining"})));
    if (type == "t5")
      configs.push_back(with(with(with(small(type), "num_decoder_layers", 3), "tie_word_embeddings", false), "feed_forward_proj", "gated-gelu"));
    if (type == "bart" || type == "marian") configs.push_back(with(with(small(type), "decoder_layers", 3), "decoder_ffn_dim", 7));
    if (type == "electra") configs.push_back(with(small(type), "embedding_size", 6));
    if (type == "wavenet") configs.push_back(with(small(type), "context", 16));
    for (const Json& config : configs) {
      Rng rng(RngMode::philox, 1);
      EXPECT_EQ(parameter_count(config), build_model(config, rng)->parameter_count()) << config.dump();
    }
  }
}

TEST(ConfigKeys, WeightsThatAreNotFiniteAreRefusedByNameAndCount) {
  for (const std::string& type : model_types()) {
    Rng rng(RngMode::philox, 1);
    const auto model = build_model(small(type), rng);
    std::vector<NamedTensor> tensors = model->checkpoint();
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (!is_float(tensors[i].tensor.dtype())) continue;
      std::vector<NamedTensor> bad = tensors;
      bad[i].tensor = Tensor::from(tensors[i].tensor.to_vector<float>(), tensors[i].tensor.shape());
      bad[i].tensor.data<float>()[0] = i % 2 ? INFINITY : NAN;
      if (bad[i].tensor.numel() > 1) bad[i].tensor.data<float>()[bad[i].tensor.numel() - 1] = -INFINITY;
      try {
        model->load(bad, "model.safetensors");
        ADD_FAILURE() << type << " took " << bad[i].name;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::input);
        const std::string expected = str("model.safetensors: tensor '{}': {} of its", bad[i].name, std::min<int64_t>(2, bad[i].tensor.numel()));
        EXPECT_NE(std::string(e.what()).find(expected), std::string::npos) << e.what();
      }
    }
  }
}

// An output layer that is the embedding may be repeated in a file; another one would be lost.
TEST(ConfigKeys, AnOutputLayerOfItsOwnIsRefusedWhereItIsTied) {
  const std::vector<std::tuple<Json, std::string, std::string>> tied = {
      {small("gpt2"), "lm_head.weight", "transformer.wte.weight"},
      {with(small("llama"), "tie_word_embeddings", true), "lm_head.weight", "model.embed_tokens.weight"},
      {small("t5"), "lm_head.weight", "shared.weight"},
      {small("bart"), "lm_head.weight", "model.shared.weight"},
      {with(small("bert"), "architectures", Json::array({"BertForMaskedLM"})), "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"}};
  for (const auto& [config, head, table] : tied) {
    Rng rng(RngMode::philox, 1);
    const auto model = build_model(config, rng);
    std::vector<NamedTensor> tensors = model->checkpoint();
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == table; });
    ASSERT_NE(found, tensors.end()) << table;
    tensors.push_back({head, found->tensor});
    EXPECT_NO_THROW(model->load(tensors)) << head;
    tensors.back().tensor = Tensor::zeros(tensors.back().tensor.shape());
    EXPECT_THROW(model->load(tensors), Error) << head;
  }
}

TEST(ConfigKeys, CountsAndVariancesBelowZeroAreRefused) {
  for (const Json& config : {small("bigram"), small("wavenet"), with(small("mlp"), "batch_norm", true)}) {
    Rng rng(RngMode::philox, 1);
    const auto model = build_causal_lm(config, rng);
    std::vector<NamedTensor> tensors = model->checkpoint();
    for (NamedTensor& t : tensors)
      if (t.name == "counts") t.tensor = Tensor::full(t.tensor.shape(), -1, Dtype::i64);
      else if (t.name.ends_with("running_var")) t.tensor = Tensor::full(t.tensor.shape(), -0.5, Dtype::f32);
    EXPECT_THROW(model->load(tensors), Error) << config.dump();
  }
}

}  // namespace
}  // namespace grim
