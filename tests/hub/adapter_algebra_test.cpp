#include "grimoire/hub/adapter_algebra.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/temp_folder.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_check.h"
#include "grimoire/hub/adapter_parts.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

std::string golden(const std::string& name) { return std::string(GRIM_SOURCE_DIR) + "/tests/golden/adapters/" + name; }
double furthest(const Tensor& a, const Tensor& b) { return max(abs(cast(a, Dtype::f64) - cast(b, Dtype::f64))).item(); }

std::string said(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return "";
}

struct CombinedAdapters : ::testing::Test {
  test::TempFolder folder;
  std::string out = folder / "made";
  std::string one = golden("llama-one"), two = golden("llama-two"), three = golden("llama-three");

  // Beside what add_weighted_adapter makes: halves as they are, products where an SVD leaves signs free.
  void check(const std::string& name, const std::vector<std::string>& from, const CombineOptions& options, bool halves) {
    const std::string to = folder / name;
    const Combined made = combine_adapters(from, options, to);
    const AdapterParts ours = read_adapter_parts(to);
    EXPECT_EQ(std::ssize(ours.layers), made.layers);
    EXPECT_EQ(ours.config.rank, made.rank);
    std::map<std::string, LowRank> theirs;
    for (const auto& [tensor, values] : read_safetensors(golden("combined.safetensors"))) {
      if (!tensor.starts_with(name + "/")) continue;
      const std::string path = tensor.substr(name.size() + 1, tensor.find(".lora_") - name.size() - 1);
      (tensor.ends_with("lora_A.weight") ? theirs[path].a : theirs[path].b) = values;
    }
    ASSERT_EQ(theirs.size(), ours.layers.size());
    for (const auto& [path, update] : theirs) {
      const LowRank& own = ours.layers.at(path).update;
      EXPECT_EQ(own.scale, 1);
      EXPECT_EQ(own.rank(), update.rank()) << path;
      EXPECT_LT(furthest(product_of(own), product_of(update)), 2e-6) << name << " " << path;
      if (!halves) continue;
      EXPECT_LT(furthest(own.a, update.a), 1e-6) << name << " " << path;
      EXPECT_LT(furthest(own.b, update.b), 1e-6) << name << " " << path;
    }
    EXPECT_NO_THROW(open_model_folder(to));
  }
};

TEST_F(CombinedAdapters, AreThoseOfPeft) {
  check("linear", {one, two}, {.method = CombineMethod::linear, .weights = {.7, -.3}}, true);
  check("cat", {one, two, three}, {.method = CombineMethod::cat, .weights = {.7, -.3, 1.5}}, true);
  check("svd", {one, two, three}, {.method = CombineMethod::svd, .weights = {.7, -.3, 1.5}, .rank = 4}, false);
  check("svd-largest", {one, three}, {.method = CombineMethod::svd}, false);
  check("ties", {one, two}, {.method = CombineMethod::ties, .weights = {.7, .3}, .density = .6}, true);
  check("ties-rank", {one, three}, {.method = CombineMethod::ties, .weights = {.7, -.3}, .rank = 2, .density = .3}, false);
  check("prune", {one, two}, {.method = CombineMethod::prune, .weights = {-.7, .3}, .density = .4}, true);
}

// Of one behind the other the model is the sum of what each does to the base, since each layer's update is.
TEST_F(CombinedAdapters, DropTheSameForASeed) {
  const CombineOptions options{.method = CombineMethod::dare, .density = .5, .seed = 4};
  combine_adapters(std::vector{one, two}, options, folder / "a");
  combine_adapters(std::vector{one, two}, options, folder / "b");
  combine_adapters(std::vector{one, two}, {.method = CombineMethod::dare, .density = .5, .seed = 5}, folder / "c");
  const auto numbers = [&](const char* name) { return read_file(join_path(folder / name, kAdapterWeights)); };
  EXPECT_EQ(numbers("a"), numbers("b"));
  EXPECT_NE(numbers("a"), numbers("c"));
}

TEST_F(CombinedAdapters, HaveToBelongTogether) {
  const auto of = [&](const std::vector<std::string>& from, const CombineOptions& options = {}) {
    const std::string words = said([&] { combine_adapters(from, options, out); });
    EXPECT_FALSE(exists(out)) << words;
    return words;
  };
  EXPECT_NE(of({one}).find("got 1 adapter, expected two or more"), std::string::npos);
  EXPECT_NE(of({one, two}, {.weights = {1}}).find("got 1 weights for 2 adapters"), std::string::npos);
  EXPECT_NE(of({one, three}).find("ranks 2 and 3, expected one"), std::string::npos);
  EXPECT_NE(of({one, golden("gpt2-lora")}).find("expected one base"), std::string::npos);
  EXPECT_NE(of({one, golden("llama-dora")}).find("it is DoRA, expected LoRA"), std::string::npos);
  EXPECT_NE(of({golden("bert-lora"), golden("bert-lora")}).find("learned modules whole"), std::string::npos);
  EXPECT_NE(of({one, folder / "nowhere"}).find("nowhere"), std::string::npos);
  folder.put("made", "");
  EXPECT_NE(said([&] { combine_adapters(std::vector{one, two}, {}, out); }).find("is there already"), std::string::npos);
}

struct ExtractedAdapters : CombinedAdapters {
  std::string merged(const std::string& adapter) {
    const std::string to = folder / (adapter + "-merged");
    write_new_folder(to, model_files(*open_model_folder(golden(adapter)).model, nullptr));
    return to;
  }
  static double gap(const std::string& a, const std::string& b) {
    const ModelFolder x = open_model_folder(a), y = open_model_folder(b);
    const Prompts prompts = prompts_for(x, {});
    return gap_of(outputs_on(*x.model, prompts), outputs_on(*y.model, prompts)).relative();
  }
};

TEST_F(ExtractedAdapters, AreAllOfADifferenceOfTheirRank) {
  for (const char* const name : {"llama-lora", "gpt2-lora"}) {  // matrices (out, in) and (in, out)
    const std::string tuned = merged(name), base = golden(std::string(name).substr(0, std::string_view(name).find('-')));
    const std::string to = folder / (std::string(name) + "-x");
    const Extracted made = extract_adapter(base, tuned, {.rank = 4}, to);
    EXPECT_GT(made.kept, 1 - 1e-9);
    EXPECT_TRUE(made.left_out.empty());
    EXPECT_LT(gap(to, tuned), 1e-5);
    const std::string less = folder / (std::string(name) + "-less");
    const Extracted thin = extract_adapter(base, tuned, {.rank = 1}, less);
    EXPECT_LT(thin.kept, 0.95);
    EXPECT_LE(thin.worst_kept, thin.kept);
    EXPECT_GT(gap(less, tuned), 1e-3);
  }
}

TEST_F(ExtractedAdapters, TakeOverWhatTheBaseLacksAndSayWhatIsLeft) {
  const std::string tuned = merged("bert-body-lora");
  const Extracted made = extract_adapter(golden("bert-body"), tuned, {.rank = 2}, folder / "headed");
  EXPECT_EQ(made.whole, std::vector<std::string>{"classifier"});
  EXPECT_LT(gap(folder / "headed", tuned), 1e-5);
  // gains of IA3 change biases, which are in no matrix
  const Extracted rest = extract_adapter(golden("bert"), merged("bert-ia3"), {.rank = 12, .targets = {"key", "value"}}, folder / "rest");
  EXPECT_NE(std::ranges::find(rest.left_out, "bert.encoder.layer.0.attention.self.key.bias"), rest.left_out.end());
}

TEST_F(ExtractedAdapters, WantModelsOfOneShape) {
  EXPECT_NE(said([&] { extract_adapter(golden("llama"), golden("gpt2"), {}, out); }), "");
  const std::string misspelt = said([&] { extract_adapter(golden("llama"), merged("llama-lora"), {.targets = {"qproj"}}, out); });
  EXPECT_NE(misspelt.find("did you mean 'q_proj'"), std::string::npos);
  EXPECT_FALSE(exists(out));
}

}  // namespace
}  // namespace grim
