#include "grimoire/adapt/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/temp_folder.h"
#include "grimoire/adapt/merge_method.h"
#include "grimoire/base/error.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"
#include "support/golden.h"

namespace grim {
namespace {

std::string golden(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/tests/golden/merge/" + name; }

// The YAML of a case with its models where they lie.
std::string placed(const std::string& yaml) {
  std::string all;
  for (const std::string_view line : lines_in(yaml)) {
    const size_t colon = line.find(": ");
    const std::string_view key = colon == line.npos ? "" : line.substr(0, colon), value = colon == line.npos ? "" : line.substr(colon + 2);
    const bool names = (key.ends_with("model") || key == "tokenizer_source") && exists(golden(std::string(value)));
    all += names ? str("{}: {}\n", key, golden(std::string(value))) : str("{}\n", line);
  }
  return all;
}

double furthest(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double most = a.shape() == b.shape() ? 0 : INFINITY;
  for (size_t i = 0; i < x.size() && std::isfinite(most); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

std::string said(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return "";
}

struct Merge : ::testing::Test {
  test::TempFolder folder;
  int made = 0;

  MergedModel merge(const std::string& yaml, std::string* to = nullptr, const MergeOptions& options = {}) {
    const std::string out = folder / str("made-{}", made++);
    if (to) *to = out;
    return merge_models(parse_merge_config(placed(yaml), "m.yml"), out, options);
  }
  TensorMap tensors(const std::string& yaml, const MergeOptions& options = {}) {
    std::string to;
    merge(yaml, &to, options);
    return read_all(*open_weights(to));
  }
  // Nothing is written where a file is refused.
  std::string refusal(const std::string& yaml) {
    std::string to;
    const std::string words = said([&] { merge(yaml, &to); });
    EXPECT_FALSE(exists(to)) << words;
    return words;
  }
};

TEST_F(Merge, GivesMergekitsNumbers) {
  const Json cases = golden_file("merge/cases.json");
  const TensorMap expected = read_safetensors(golden("expected.safetensors"));
  int compared = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string& name = cases.keys()[i];
    if (name.starts_with("words_")) continue;
    const TensorMap ours = tensors(cases[i].as_text());
    for (const auto& [key, value] : expected) {
      if (!key.starts_with(name + "/")) continue;
      const std::string tensor = key.substr(name.size() + 1);
      ASSERT_TRUE(ours.contains(tensor)) << key;
      EXPECT_LT(furthest(ours.at(tensor), value), 1e-6) << key;
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
}

TEST_F(Merge, JoinsVocabulariesAsMergekitDoes) {
  const Json cases = golden_file("merge/cases.json"), words = golden_file("merge/words.json");
  const TensorMap expected = read_safetensors(golden("expected.safetensors"));
  for (const std::string name : {"words_union", "words_other"}) {
    std::string to;
    merge(cases.text(name), &to);
    const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(to);
    EXPECT_EQ(Json::parse(read_file(to + "/config.json")).integer("vocab_size"), tokenizer->vocab_size());
    const Json& theirs = words.at(name);
    EXPECT_EQ(tokenizer->vocab_size(), std::ssize(theirs.keys()));
    const TensorMap ours = read_all(*open_weights(to));
    for (const std::string tensor : {"model.embed_tokens.weight", "lm_head.weight"}) {
      const Tensor &x = ours.at(tensor), &y = expected.at(name + "/" + tensor);
      ASSERT_EQ(x.shape(), y.shape()) << name;
      for (const std::string& token : theirs.keys()) {
        const auto id = tokenizer->id_of(token);
        ASSERT_TRUE(id) << token;
        for (int64_t c = 0; c < x.dim(1); ++c) EXPECT_NEAR(x.at({*id, c}), y.at({theirs.integer(token), c}), 1e-6) << name << " " << token;
      }
    }
  }
}

// What is dropped at random: as many, and scaled by as much, as mergekit does, by tenths of the magnitudes.
TEST_F(Merge, DropsAsMergekitDoes) {
  const Json rates = golden_file("merge/rates.json");
  for (size_t m = 0; m < rates.size(); ++m) {
    const std::string name = rates.keys()[m];
    const Json& parameters = rates[m].at("parameters");
    MergeCase c{.base = Tensor::zeros({40, 3000}), .models = {Tensor::empty({40, 3000})}};
    Rng rng(RngMode::philox, 11);
    rng.fill_normal({c.models[0].data<float>(), 120000});
    const Tensor was = copy(c.models[0]);
    const MergeMethod& method = merge_method(name == "dare_plain" ? "dare_linear" : name);
    c.of_models.resize(1);
    for (const MergeParameter& p : method.parameters) {
      const double value = parameters.real(p.name, p.initial.value_or(1));
      if (p.of == MergeParameter::Of::model) c.of_models[0][p.name] = value;
      else c.values[p.name] = p.name == "rescale" && name == "dare_plain" ? 0 : value;
    }
    const Tensor now = method.merge(c);
    std::vector<double> stays(10), factor(10);
    for (int64_t row = 0; row < 40; ++row) {
      std::vector<int64_t> order(3000);
      for (int64_t i = 0; i < 3000; ++i) order[static_cast<size_t>(i)] = row * 3000 + i;
      std::ranges::sort(order, {}, [&](int64_t i) { return std::abs(was.data<float>()[i]); });
      for (size_t r = 0; r < 3000; ++r)
        if (const float v = now.data<float>()[order[r]]; v != 0) stays[r / 300] += 1, factor[r / 300] += v / was.data<float>()[order[r]];
    }
    for (size_t t = 0; t < 10; ++t) {
      EXPECT_NEAR(stays[t] / 12000, rates[m].list("stays")[t].as_real(), 0.025) << name << " " << t;
      EXPECT_NEAR(factor[t] / stays[t], rates[m].list("factor")[t].as_real(), 0.08) << name << " " << t;
    }
  }
}

TEST_F(Merge, EndsOfAnArcAreTheModels) {
  const std::string yaml = "merge_method: slerp\nbase_model: one\nmodels:\n- model: one\n- model: two\nparameters:\n  t: ";
  for (const auto& [t, name] : {std::pair("0", "one"), {"1", "two"}})
    for (const auto& [tensor, value] : tensors(yaml + t + "\n"))
      EXPECT_EQ(furthest(value, read_safetensors(golden(name) + "/model.safetensors").at(tensor)), 0) << t << " " << tensor;
}

TEST_F(Merge, AModelWithItselfIsItself) {
  const TensorMap own = read_safetensors(golden("one/model.safetensors"));
  for (const MergeMethod& m : merge_methods()) {
    if (m.name == "nearswap" || m.name == "passthrough" || m.reads_data) continue;
    // The same folder under several names, so that none is left out as the base.
    std::string yaml = str("merge_method: {}\nparameters: {{t: 0.3, weight: 0.5}}\n", m.name);
    if (m.base == MergeMethod::Base::required || m.base == MergeMethod::Base::among_models) yaml += str("base_model: {}\n", golden("one"));
    yaml += str("models:\n- model: {}\n- model: {}\n", golden(m.base == MergeMethod::Base::required ? "./././one" : "one"), golden("././one"));
    const std::string to = folder / m.name;
    merge_models(parse_merge_config(yaml, "m.yml"), to);
    for (const auto& [tensor, value] : read_safetensors(to + "/model.safetensors")) EXPECT_LE(furthest(value, own.at(tensor)), 6e-8) << m.name << " " << tensor;
  }
}

TEST_F(Merge, LayersOneBehindTheOtherAreAModelWithMore) {
  std::string to;
  const MergedModel m = merge("merge_method: passthrough\nslices:\n- sources:\n  - model: one\n    layer_range: [0, 2]\n"
                              "- sources:\n  - model: two\n    layer_range: [1, 3]\n",
                              &to);
  EXPECT_EQ(m.layers, 4);
  EXPECT_EQ(Json::parse(read_file(to + "/config.json")).integer("num_hidden_layers"), 4);
  const TensorMap ours = read_all(*open_weights(to));
  const std::string rest = "mlp.up_proj.weight";
  EXPECT_EQ(furthest(ours.at("model.layers.1." + rest), read_safetensors(golden("one/model.safetensors")).at("model.layers.1." + rest)), 0);
  EXPECT_EQ(furthest(ours.at("model.layers.2." + rest), read_safetensors(golden("two/model.safetensors")).at("model.layers.1." + rest)), 0);
  EXPECT_EQ(furthest(ours.at("lm_head.weight"), read_safetensors(golden("two/model.safetensors")).at("lm_head.weight")), 0);
}

TEST_F(Merge, WritesTheTypeThatIsAskedForAndShards) {
  const std::string yaml = "merge_method: linear\ndtype: bfloat16\nparameters:\n  weight: 1\nmodels:\n- model: one\n- model: two\n";
  std::string to;
  merge(yaml, &to, {.shard_bytes = 1500});
  EXPECT_TRUE(exists(to + "/model.safetensors.index.json"));
  EXPECT_EQ(open_weights(to)->find("lm_head.weight")->type->name, "BF16");
  EXPECT_EQ(read_file(to + "/mergekit_config.yml"), placed(yaml));
  EXPECT_EQ(golden_file("merge/one/config.json").find("torch_dtype") != nullptr, true);
  EXPECT_EQ(Json::parse(read_file(to + "/config.json")).text("torch_dtype"), "bfloat16");
}

TEST_F(Merge, TheSameSeedDropsTheSameNumbers) {
  const std::string yaml = "merge_method: dare_ties\nbase_model: base\nparameters:\n  weight: 1\n  density: 0.4\nmodels:\n- model: one\n- model: two\n";
  const std::string tensor = "model.layers.0.mlp.up_proj.weight";
  const Tensor first = tensors(yaml).at(tensor);
  EXPECT_EQ(furthest(tensors(yaml).at(tensor), first), 0);
  EXPECT_GT(furthest(tensors(yaml, {.seed = 2}).at(tensor), first), 0);
}

TEST_F(Merge, TellsHowFarModelsGetInEachOthersWay) {
  Interference all{.models = 2};
  const Tensor base = Tensor::from({1.f, 1.f, 1.f, 1.f}, {4});
  add_interference(all.part("x"), base, {Tensor::from({2.f, 2.f, 1.f, 3.f}, {4}), Tensor::from({3.f, 0.f, 5.f, 3.f}, {4})});
  const Interference::Part p = all.whole();
  EXPECT_EQ(p.moved, 3);     // 1 2, 1 -1, 2 2
  EXPECT_EQ(p.disagree, 1);
  EXPECT_NEAR(p.cosine(0, 1), (2 - 1 + 4) / std::sqrt(6. * 25), 1e-12);
  const MergedModel m = merge("merge_method: ties\nbase_model: base\nparameters:\n  weight: 1\nmodels:\n- model: one\n- model: two\n");
  EXPECT_EQ(m.interference.models, 2u);
  EXPECT_EQ(m.interference.whole().numbers, m.numbers);
  EXPECT_LT(std::abs(m.interference.whole().mean_cosine()), 0.2);  // shaken by themselves
  EXPECT_NEAR(m.interference.whole().disagreeing(), 0.5, 0.1);
}

TEST_F(Merge, SaysWhatItDoesNotMerge) {
  const std::string models = "models:\n- model: one\n- model: two\n";
  EXPECT_EQ(refusal("merge_method: tiess\n" + models), "[merge] there is no merge_method 'tiess' | did you mean 'ties'?");
  EXPECT_EQ(refusal("merge_method: ties\nparameters:\n  weight: 1\n" + models),
            "[merge] m.yml: merge_method ties needs a base_model: none is given | name the model that all the others were made of: 'base_model: FOLDER'");
  EXPECT_EQ(refusal("merge_metod: ties\n" + models), "[merge] m.yml: line 1: the file: there is no key 'merge_metod' | did you mean 'merge_method'?");
  EXPECT_EQ(refusal("merge_method: linear\nparameters:\n  wieght: 1\n" + models),
            "[merge] m.yml: merge_method linear has no parameter 'wieght' | did you mean 'weight'?");
  EXPECT_EQ(refusal("merge_method: linear\n" + models + "  parameters:\n    weight: much\n"),
            "[merge] m.yml: line 6: weight: got 'much', expected a number, true or false | ");
  EXPECT_NE(refusal("merge_method: linear\n" + models).find("parameter 'weight' of linear"), std::string::npos);
  EXPECT_NE(refusal("merge_method: ties\nbase_model: base\nparameters:\n  weight: 1\n  density: 1.5\n" + models).find("'density': got 1.5, expected 0 to 1"),
            std::string::npos);
  EXPECT_NE(refusal("merge_method: linear\nparameters:\n  weight: 1\nmodels:\n- model: one\n- model: words-a\n")
                .find("one has a vocabulary of 11"), std::string::npos);
  EXPECT_NE(refusal("merge_method: slerp\nbase_model: one\nparameters:\n  t: 0.5\nmodels:\n- model: two\n- model: three\n")
                .find("slerp merges 2 models, the base among them, got 3"),
            std::string::npos);
  EXPECT_NE(refusal("merge_method: linear\nmodels:\n- model: nowhere\n  parameters: {weight: 1}\n").find("nowhere"), std::string::npos);
  EXPECT_NE(refusal("merge_method: linear\nmodels: [\n").find("no YAML"), std::string::npos);
  EXPECT_NE(refusal("merge_method: passthrough\nslices:\n- sources:\n  - model: one\n    layer_range: [1, 4]\n").find("layer_range [1, 4]"), std::string::npos);
  EXPECT_NE(refusal("merge_method: passthrough\nslices:\n- sources:\n  - model: one\n    layer_range: [2, 2]\n").find("at least one layer"), std::string::npos);
  EXPECT_NE(refusal("models:\n- model: one\n").find("there is no 'merge_method'"), std::string::npos);
  EXPECT_NE(refusal("merge_method: linear\n").find("neither 'models' nor 'slices'"), std::string::npos);
}

TEST_F(Merge, RefusesOtherShapesAndBadNumbersBeforeItWrites) {
  const auto write = [&](const std::string& name, const std::function<void(TensorMap&)>& change) {
    TensorMap all = read_safetensors(golden("one/model.safetensors"));
    change(all);
    files().make_dirs(folder / name);
    write_safetensors(folder / name + "/model.safetensors", all);
    write_atomically(folder / name + "/config.json", read_file(golden("one/config.json")));
  };
  const auto yaml = [&](const std::string& name) {
    return str("merge_method: linear\nparameters:\n  weight: 1\nmodels:\n- model: one\n- model: {}\n", folder / name);
  };
  write("narrow", [](TensorMap& all) { all["model.norm.weight"] = Tensor::ones({5}); });
  EXPECT_NE(refusal(yaml("narrow")).find("'model.norm.weight': "), std::string::npos);
  write("short", [](TensorMap& all) { all.erase("model.norm.weight"); });
  EXPECT_NE(refusal(yaml("short")).find("has no tensor 'model.norm.weight'"), std::string::npos);
  write("odd", [](TensorMap& all) { all["model.norm.weight"] = Tensor::full({6}, NAN); });
  EXPECT_NE(refusal(yaml("odd")).find("'model.norm.weight' holds nan"), std::string::npos);
  const std::string to = folder / "there";
  write("there", [](TensorMap&) {});
  EXPECT_NE(said([&] { merge_models(parse_merge_config(placed(yaml("there")), "m.yml"), to); }).find("is there already"), std::string::npos);
}

}  // namespace
}  // namespace grim
