// A model of an outside program is trained, interrupted, resumed, loaded and sampled like our own.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/view.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct LastTokenConfig {
  int64_t vocab_size = 27, context = 3, width = 32;
  Options options() {
    return {{.name = "context", .help = "tokens that are read", .target = &context, .low = 1},
            {.name = "width", .help = "of its layers", .target = &width, .low = 1}};
  }
  Json to_json() const { return Json::object({{"model_type", "last-token"}, {"vocab_size", vocab_size}, {"context", context}, {"width", width}}); }
  static LastTokenConfig from_json(const Json& c) { return {c.integer("vocab_size"), c.integer("context"), c.integer("width")}; }
  double parameter_count() const { return double(2 * vocab_size * width + width * width + width + vocab_size); }
};

// The last token's embedding through one hidden layer.
struct LastToken final : CausalLm {
  LastToken(const LastTokenConfig& c, Rng& rng)
      : c(c), wte("wte", *this, c.vocab_size, c.width, rng), hidden("hidden", *this, c.width, c.width, rng), out("out", *this, c.width, c.vocab_size, rng) {}
  Reading reading() const override { return Reading::window; }
  int64_t context() const override { return c.context; }
  int64_t vocabulary() const override { return c.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass&) const override {
    return out(hidden(wte(reshape(slice(tokens, 1, c.context - 1, c.context), {-1})), Activation::tanh));
  }
  Json config() const override { return c.to_json(); }
  LastTokenConfig c;
  Embedding wte;
  Linear hidden, out;
};

TEST(AddedModel, TrainsResumesAndLoads) {
  const auto named = [](const char* name) { return architecture<LastToken, LastTokenConfig>({.name = name}, Reading::window); };
  add_architecture(named("last-token"));
  EXPECT_THROW(add_architecture(named("last-token")), Error);
  EXPECT_THROW(add_architecture(named("gpt2")), Error);
  const test::TempFolder folder;
  std::string words;
  for (int i = 0; i < 200; ++i) words += i % 3 ? "abab\n" : "bababa\n";
  RunConfig config = default_run("last-token", CorpusFormat::lines);
  config.data = folder.put("words.txt", words);
  config.out = folder / "whole";
  config.steps = 60;
  config.set("context", 2).set("width", 16);
  EXPECT_THROW(config.set("n_embd", 16), Error);
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
