// Windows and likelihoods are those of EleutherAI's harness and of transformers' guide to perplexity (tools/golden/likelihood.py).
#include "grimoire/train/rolling.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "support/golden_model.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

Ids ids_in(const Json& list) {
  Ids ids;
  for (const Json& id : list.items()) ids.push_back(id.as_integer());
  return ids;
}

class Rolling : public ::testing::Test {
 protected:
  const Json golden_ = Json::parse(read_file(kGolden + "likelihood.json"));
  const Ids ids_ = ids_in(golden_.at("ids"));
  const std::unique_ptr<CausalLm> model_ = test::golden_causal_lm(kGolden + "gpt/config.json", kGolden + "gpt/model.safetensors");
};

TEST_F(Rolling, WindowsAreTheHarnesss) {
  for (const Json& c : golden_.list("windows")) {
    SCOPED_TRACE(c.dump());
    const std::vector<RollingWindow> windows = rolling_windows(11, c.integer("context"), c.integer("stride"));
    const std::vector<Json>& rows = c.list("rows");
    ASSERT_EQ(windows.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ((Ids{windows[i].start, windows[i].counted}), ids_in(rows[i])) << i;
  }
}

TEST_F(Rolling, LikelihoodIsThatOfTransformers) {
  for (const Json& c : golden_.list("rolling")) {
    SCOPED_TRACE(c.dump());
    const int64_t n = c.integer("ids");
    const Evaluation e = evaluate_rolling(*model_, std::span(ids_).first(static_cast<size_t>(n)), c.integer("context"), c.integer("stride"));
    EXPECT_EQ(e.tokens, n - 1);
    EXPECT_NEAR(e.nll_nats, c.real("nll"), 2e-6);
    if (c.find("guide")) EXPECT_NEAR(e.nll_nats, c.real("guide"), 2e-6);
  }
}

// What training judges is the same as blocks here, to the bit: a test's figure and eval's are one.
TEST_F(Rolling, BlocksAreThoseOfTraining) {
  const Evaluation trained = evaluate(*model_, LmPart::of_text(ids_, Reading::sequence, 16)), rolled = evaluate_rolling(*model_, ids_, 16, 16);
  EXPECT_EQ(trained.nll_nats, rolled.nll_nats);
  EXPECT_EQ(trained.tokens, rolled.tokens);
}

TEST_F(Rolling, RefusesWhatDoesNotFit) {
  EXPECT_THROW(evaluate_rolling(*model_, ids_, 17, 1), Error);
  EXPECT_THROW(evaluate_rolling(*model_, ids_, 8, 9), Error);
  EXPECT_THROW(evaluate_rolling(*model_, ids_, 8, 0), Error);
  EXPECT_THROW(evaluate_rolling(*model_, std::span(ids_).first(1), 8, 8), Error);
}

}  // namespace
}  // namespace grim
