// Of every architecture: a config.json that contradicts the weights is refused, and the key is named that was changed.
#include "grimoire/model/config_shapes.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/model/register.h"

namespace grim {
namespace {

// Told by no tensor of the file, alone at least.
bool is_told_elsewhere(const std::string& model, const std::string& key) {
  if (key.find("token") != key.npos || key == "eos_token_id" || key == "bos_token_id") return true;
  return model == "bigram" || model == "ngram" || key == "mem_len" || key == "clamp_len";
}

std::string refusal(const std::string& folder) {
  try {
    open_model_folder(folder);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return e.what();
  }
  return "";
}

TEST(ConfigShapes, NameTheKeyThatWasChanged) {
  int named = 0;
  for (const Architecture* a : architectures()) {
    SCOPED_TRACE(a->name);
    const test::TempFolder folder;
    const std::unique_ptr<ModelConfig> config = a->defaults();
    config->set_vocabulary(40);
    if (a->name != "gpt-neox")  // a quarter of whose narrowest heads is not turned
      for (const SizeAxis& axis : config->axes()) config->set_size(axis.option, axis.low);
    if (config->axes().empty())
      for (const char* width : {"n-hidden", "n-embd"}) config->set_size(width, std::min<int64_t>(config->size(width), 32));
    Rng rng(RngMode::philox, 1);
    const std::string path = folder / "model-1";
    save_checkpoint(path, model_files(*config->build(rng), nullptr));
    ASSERT_EQ(refusal(path), "");
    const std::string file = join_path(path, "config.json");
    const Json whole = Json::parse(read_file(file), file);
    for (const std::string& key : std::vector<std::string>(whole.keys())) {
      const Json& value = *whole.find(key);
      if (value.kind() != Json::Kind::integer || is_told_elsewhere(a->name, key)) continue;
      for (const int64_t other : {2 * value.as_integer(), value.as_integer() + 2}) {
        Json changed = whole;
        changed.set(key, other);
        write_atomically(file, changed.dump());
        const std::string said = refusal(path);
        if (said.empty()) continue;  // heads that share the width, a context without positions
        ++named;
        EXPECT_NE(said.find("'" + key + "'"), std::string::npos) << key << " " << other << ": " << said;
        EXPECT_NE(said.find(file), std::string::npos) << said;
      }
    }
  }
  EXPECT_GT(named, 150);
}

TEST(ConfigShapes, KeysThatADimensionOfTheirOwnConfirmsAreNotNamed) {
  const ConfigShapes shapes{.tensors = {{"q.weight", {{{"heads", "head"}, 12}}}, {"bias", {{{"heads"}, 3}}}}};
  const auto said = [&](int64_t q, int64_t bias) {
    const std::vector<TensorEntry> tensors = {{.name = "a.q.weight", .shape = {q}}, {.name = "a.bias", .shape = {bias}}};
    return joined(contradictions(Json::object({{"heads", 3}, {"head", 4}}), shapes, tensors, "f"), "; ");
  };
  EXPECT_EQ(said(12, 3), "");
  EXPECT_EQ(said(15, 3), "key 'head' is 4, but tensor 'a.q.weight' of f is (15,): expected (12,)");
  EXPECT_EQ(said(16, 4), "key 'heads' is 3, but tensor 'a.bias' of f is (4,): expected (3,)");
}

TEST(ConfigShapes, WhatIsThereOrNot) {
  const ConfigShapes shapes{.layers = {{"h.", "n_layer|layers", 2}}, .presence = {{"head.weight", "tied", true}, {"q.bias", "biases", false}}};
  const auto said = [&](const std::vector<std::string>& names) {
    std::vector<TensorEntry> tensors;
    for (const std::string& name : names) tensors.push_back({.name = name, .shape = {1}});
    return joined(contradictions(Json::object({{"layers", 2}, {"tied", false}}), shapes, tensors, "f"), "; ");
  };
  EXPECT_EQ(said({"h.0.w", "h.1.w", "head.weight"}), "");
  EXPECT_EQ(said({"h.0.w", "head.weight"}), "key 'layers' is 2, but f holds 1 layer 'h.0.', ...: expected 2");
  EXPECT_EQ(said({"h.0.w", "h.1.w", "ahead.weight"}), "key 'tied' is false, but f has no tensor 'head.weight'");
  EXPECT_EQ(said({"h.0.w", "h.1.w", "head.weight", "h.0.q.bias"}), "key 'biases' is not given, but f has the tensor 'h.0.q.bias'");
}

}  // namespace
}  // namespace grim
