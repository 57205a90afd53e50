// A model of an outside program is trained, interrupted, resumed, loaded and sampled like our own.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/view.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"

namespace grim {
namespace {

// The last token's embedding through one hidden layer.
struct LastToken final : LanguageModel {
  LastToken(const Json& c, Rng& rng)
      : V(c.integer("vocab_size")), T(c.integer("context")), wte("wte", *this, V, c.integer("n_embd"), rng),
        hidden("hidden", *this, c.integer("n_embd"), c.integer("n_hidden"), rng), out("out", *this, c.integer("n_hidden"), V, rng) {}
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return T; }
  int64_t vocabulary() const override { return V; }
  Tensor logits(const Tensor& tokens, Pass&) const override {
    return out(hidden(wte(reshape(slice(tokens, 1, T - 1, T), {-1})), Activation::tanh));
  }
  Json config() const override {
    return Json::object({{"model_type", "last-token"}, {"vocab_size", V}, {"context", T}, {"n_embd", wte.weight.dim(1)},
                         {"n_hidden", hidden.weight().dim(1)}});
  }
  int64_t V, T;
  Embedding wte;
  Linear hidden, out;
};

TEST(AddedModel, TrainsResumesAndLoads) {
  add_language_model("last-token", Reading::window, [](const Json& c, Rng& rng) { return std::make_unique<LastToken>(c, rng); });
  EXPECT_THROW(add_language_model("last-token", Reading::window, {}), Error);
  EXPECT_THROW(add_language_model("gpt2", Reading::window, {}), Error);
  const test::TempFolder folder;
  std::string words;
  for (int i = 0; i < 200; ++i) words += i % 3 ? "abab\n" : "bababa\n";
  RunConfig config = default_run("last-token", "lines");
  config.data = folder.put("words.txt", words);
  config.out = folder / "whole";
  config.steps = 60;
  config.context = 2;
  config.lr = 0.01;
  RunEvents quiet;
  const RunResult whole = train(config, quiet);
  EXPECT_LT(whole.dev_loss, 0.6) << "ln 3 is 1.1";
  config.out = folder / "parts";
  config.steps = 30;
  train(config, quiet);
  resume(folder / "parts", quiet, {.steps = 60});
  const TrainedModel a = load_trained(folder / "whole"), b = load_trained(folder / "parts");
  ASSERT_NE(dynamic_cast<const LastToken*>(a.model.get()), nullptr);
  EXPECT_TRUE(test::bit_equal(dynamic_cast<const LastToken&>(*a.model).out.weight(), dynamic_cast<const LastToken&>(*b.model).out.weight()));
}

}  // namespace
}  // namespace grim
