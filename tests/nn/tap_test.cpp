#include "grimoire/nn/tap.h"

#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/model/gpt.h"
#include "grimoire/nn/recurrent.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct Taps : ::testing::Test {
  Taps() {
    model.visit_modules([&](const std::string& name, Module& m) { path.emplace(&m, name); });
  }
  Tensor logits() {
    Pass pass = Pass::evaluation();
    return model.logits(tokens, pass);
  }
  Rng rng{RngMode::philox, 3, "tap"};
  Gpt model{GptConfig{.vocab_size = 11, .n_positions = 8, .n_embd = 8, .n_layer = 2, .n_head = 2}, rng};
  std::map<const Module*, std::string> path;  // a nameless product after its layer: the layer's name stays
  Tensor tokens = Tensor::from(std::vector<int64_t>{1, 5, 2, 7, 0, 3}, {1, 6});
};

TEST_F(Taps, SeeEverySiteUnderItsName) {
  std::vector<std::string> seen;
  constexpr const char* kKinds[] = {"output", "heads", "attention", "residual_mid", "residual", "gates"};
  const auto look = [&](const Site& site, const Tensor&) {
    if (site.kind != SiteKind::output || path[&site.layer] == "lm_head") seen.push_back(path[&site.layer] + " " + kKinds[static_cast<size_t>(site.kind)]);
    return Tensor();
  };
  const Tensor plain = logits();
  {
    const Tap tap(look);
    EXPECT_TRUE(test::bit_equal(logits(), plain));  // who only looks changes nothing
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"transformer.h.0.attn heads", "transformer.h.0 residual_mid", "transformer.h.0 residual",
                                            "transformer.h.1.attn heads", "transformer.h.1 residual_mid", "transformer.h.1 residual", "lm_head output"}));
  seen.clear();
  {
    const Tap tap(look, Tap::Attention::weights);
    EXPECT_LT(max(abs(logits() - plain)).item(), 1e-5);  // the composed form
  }
  EXPECT_EQ(seen[0], "transformer.h.0.attn attention");
  EXPECT_EQ(seen.size(), 9u);
  seen.clear();
  logits();
  EXPECT_TRUE(seen.empty());
}

TEST_F(Taps, AnswersTakeTheTensorsPlace) {
  // The residual stream of one run put into another: from there on the second run is the first.
  Tensor kept;
  Tensor first;
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      if (site.kind == SiteKind::residual && path[&site.layer] == "transformer.h.0") kept = y;
      return Tensor();
    });
    first = logits();
  }
  tokens = Tensor::from(std::vector<int64_t>{9, 9, 9, 9, 9, 9}, {1, 6});
  EXPECT_FALSE(test::bit_equal(logits(), first));
  const Tap tap([&](const Site& site, const Tensor&) {
    return site.kind == SiteKind::residual && path[&site.layer] == "transformer.h.0" ? kept : Tensor();
  });
  EXPECT_TRUE(test::bit_equal(logits(), first));
}

TEST_F(Taps, AHeadWithoutAttentionBringsTheMean) {
  const Tap tap(
      [&](const Site& site, const Tensor& y) {
        if (site.kind != SiteKind::attention) return Tensor();
        EXPECT_EQ(y.shape(), Shape({1, 2, 6, 6}));
        EXPECT_NEAR(sum(y).item(), 12, 1e-5);      // rows sum to 1
        EXPECT_EQ(y.at({0, 0, 2, 3}), 0);          // no look ahead
        return Tensor::zeros(y.shape(), y.dtype());
      },
      Tap::Attention::weights);
  Tensor heads;
  {
    const Tap inner(  // the innermost alone sees
        [&](const Site& site, const Tensor& y) {
          if (site.kind == SiteKind::heads) heads = y;
          return site.kind == SiteKind::attention ? Tensor::zeros(y.shape(), y.dtype()) : Tensor();
        },
        Tap::Attention::weights);
    logits();
  }
  EXPECT_EQ(sum(abs(heads)).item(), 0);
  logits();
}

TEST_F(Taps, GradientsFlowThroughAnswers) {
  const auto wanted = [&](double scale) {
    const Tap tap([&](const Site& site, const Tensor& y) { return site.kind == SiteKind::residual_mid ? y * scale : Tensor(); });
    Pass pass = Pass::evaluation();
    for (const NamedTensor& p : model.parameters()) zero_grad(p.tensor);
    backward(model.loss(tokens, tokens, pass));
    return sum(abs(grad(model.parameters()[0].tensor))).item();
  };
  EXPECT_GT(wanted(1), 0);
  EXPECT_NE(wanted(1), wanted(0.5));
}

TEST_F(Taps, AnAnswerAtTheHeadReachesTheLoss) {
  const Tensor targets = Tensor::zeros({1, 6}, Dtype::i64);
  Pass pass = Pass::evaluation();
  const Tap tap([&](const Site& site, const Tensor& y) { return path[&site.layer] == "lm_head" ? y * 0.0 : Tensor(); });
  EXPECT_NEAR(model.loss(tokens, targets, pass).item(), std::log(static_cast<double>(model.vocabulary())), 1e-6);
}

TEST_F(Taps, AnAnswerMustFit) {
  const Tap tap([](const Site&, const Tensor&) { return Tensor::zeros({1}); });
  EXPECT_THROW(logits(), Error);
}

TEST(TapsOfCells, SeeGates) {
  Rng rng(RngMode::philox, 3, "tap");
  for (const auto& [cell, gates] : {std::pair{Cell::rnn, int64_t{0}}, {Cell::gru, int64_t{2}}, {Cell::lstm, int64_t{4}}}) {
    Module root;
    const RecurrentStack stack("stack", root, {.cell = cell, .in = 3, .hidden = 5}, rng);
    int64_t seen = 0;
    const Tap tap([&, gates = gates](const Site& site, const Tensor& y) {
      if (site.kind != SiteKind::gates) return Tensor();
      EXPECT_EQ(y.shape(), Shape({2, gates * 5}));
      ++seen;
      return Tensor();
    });
    stack(test::random_tensor({{2, 4, 3}, -1, 1}, Dtype::f32, 1));
    EXPECT_EQ(seen, gates == 0 ? 0 : 4);
  }
}

}  // namespace
}  // namespace grim
