#include "grimoire/adapt/align.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "grimoire/adapt/barrier.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/tensor/copy.h"
#include "support/any_model.h"

namespace grim {
namespace {

double furthest(const Tensor& a, const Tensor& b) {
  double most = 0;
  for (int64_t i = 0; i < a.numel(); ++i) most = std::max(most, std::abs(static_cast<double>(a.data<float>()[i]) - static_cast<double>(b.data<float>()[i])));
  return most;
}
Tensor answers(const Pretrained& model) {
  Rng rng(RngMode::philox, 9);
  return answers_to_random_tokens(model, rng);
}

// Numbers of one size everywhere, so that no unit is without a part in what the model says.
void shake(const Pretrained& model, uint64_t seed) {
  Rng rng(RngMode::philox, seed);
  for (const NamedTensor& t : ModelTensors(model).all())
    for (int64_t i = 0; i < t.tensor.numel(); ++i) t.tensor.data<float>()[i] += static_cast<float>(0.05 * rng.normal());
}

void shuffle(Pretrained& model, const UnitGroups& groups, uint64_t seed) {
  const ModelTensors tensors(model);
  Rng rng(RngMode::philox, seed);
  for (const UnitGroup& g : groups.all) {
    reorder(tensors, g, rng.permutation(g.units));
    for (const auto& axes : g.inner)
      for (int64_t head = 0; head < g.units; ++head) reorder_inside(tensors, axes, head, rng.permutation(axes[0].inner));
  }
}

struct Pair {
  std::unique_ptr<Pretrained> first, second;  // the same model twice
  explicit Pair(const std::string& name) : first(test::small_model(architecture_named(name))), second(test::small_model(architecture_named(name))) {
    shake(*first, 3), shake(*second, 3);
  }
};

size_t groups_of(const UnitGroups& groups, UnitGroup::Kind kind) { return static_cast<size_t>(std::ranges::count(groups.all, kind, &UnitGroup::kind)); }

TEST(UnitGroups, OfATransformerAreItsStreamHiddenUnitsAndHeads) {
  for (const std::string name : {"gpt", "llama", "gpt-neox"}) {
    Pair p(name);
    const UnitGroups groups = unit_groups(*p.first);
    EXPECT_EQ(groups_of(groups, UnitGroup::Kind::stream), 1u) << name;
    EXPECT_EQ(groups_of(groups, UnitGroup::Kind::hidden), 3u) << name;
    EXPECT_EQ(groups_of(groups, UnitGroup::Kind::heads), 3u) << name;
    EXPECT_TRUE(groups.notes.empty()) << name;
    // Queries and keys that are turned by their place keep their order inside a head.
    for (const UnitGroup& g : groups.all)
      if (g.kind == UnitGroup::Kind::heads) EXPECT_EQ(g.inner.size(), name == "gpt" ? 2u : 1u) << name;
    EXPECT_EQ(furthest(answers(*p.first), answers(*p.second)), 0) << name;  // as it was
  }
}

TEST(UnitGroups, ShuffledTheyGiveTheSameAnswers) {
  for (const std::string name : {"gpt", "llama", "gpt-neox", "mlp"}) {
    Pair p(name);
    const Tensor before = answers(*p.second);
    double most = 0;
    for (int64_t i = 0; i < before.numel(); ++i) most = std::max(most, std::abs(static_cast<double>(before.data<float>()[i])));
    shuffle(*p.second, unit_groups(*p.first), 5);
    EXPECT_LT(furthest(answers(*p.second), before), 3e-6 * std::max(most, 1.0)) << name;
    EXPECT_LT(cosine_of_weights(ModelTensors(*p.first), ModelTensors(*p.second)), 0.9) << name;
  }
}

TEST(Align, FindsAShuffledModelAgain) {
  for (const std::string name : {"gpt", "llama", "gpt-neox", "mlp"}) {
    Pair p(name);
    shuffle(*p.second, unit_groups(*p.first), 5);
    const Aligned a = align_units(*p.first, *p.second);
    const ModelTensors x(*p.first), y(*p.second);
    for (const NamedTensor& t : x.all()) EXPECT_EQ(furthest(t.tensor, y.at(t.name)), 0) << name << " " << t.name;
    EXPECT_NEAR(a.after, 1, 1e-6) << name;
    EXPECT_LT(a.before, 0.9) << name;
    for (const Aligned::Moved& m : a.groups)
      if (m.units > 4) EXPECT_GT(m.moved, m.units / 3) << name << " " << m.group;
  }
}

TEST(Align, FindsAShuffledModelByItsActivations) {
  for (const std::string name : {"gpt", "llama"}) {
    Pair p(name);
    shuffle(*p.second, unit_groups(*p.first), 5);
    Rng rng(RngMode::philox, 8);
    const auto batches = [&] {
      const Tensor x = Tensor::empty({4, 32}, Dtype::i64);
      for (int64_t i = 0; i < x.numel(); ++i) x.data<int64_t>()[i] = rng.randint(0, 31);
      return std::pair(x, x);
    };
    const Tensor before = answers(*p.second);
    const Aligned a = align_units(*p.first, *p.second, {.by = AlignBy::activations}, batches);
    EXPECT_LT(furthest(answers(*p.second), before), 1e-5) << name;
    EXPECT_NEAR(a.after, 1, 1e-6) << name;
  }
}

TEST(Align, SaysWhatItCannotCompare) {
  Pair p("gpt");
  const std::unique_ptr<Pretrained> other = test::small_model(architecture_named("llama"));
  EXPECT_THROW(align_units(*p.first, *other), Error);
  EXPECT_THROW(align_units(*p.first, *p.second, {.by = AlignBy::activations}), Error);
  const std::unique_ptr<Pretrained> encoder = test::small_model(architecture_named("bert"));
  EXPECT_THROW(unit_groups(*encoder), Error);
}

TEST(LossLine, OfAShuffledModelIsFlatOnceItIsAligned) {
  Pair p("mlp");
  const std::unique_ptr<Pretrained> judged = test::small_model(architecture_named("mlp"));
  shuffle(*p.second, unit_groups(*p.first), 5);
  const ModelTensors at(*judged), a(*p.first), b(*p.second);
  const Tensor right = answers(*p.first);
  const auto loss = [&] { return furthest(answers(*judged), right); };
  const LossLine naive = loss_line(at, a, b, 5, loss);
  EXPECT_EQ(naive.t, (std::vector<double>{0, .25, .5, .75, 1}));
  EXPECT_GT(naive.barrier(), 0.05);
  align_units(*p.first, *p.second);
  EXPECT_EQ(loss_line(at, a, b, 5, loss).barrier(), 0);
  EXPECT_THROW(loss_line(at, a, b, 4, loss), Error);
}

TEST(LossLine, BarrierIsTheRiseAboveTheStraightLine) {
  EXPECT_NEAR((LossLine{{0, .5, 1}, {1, 2, 2}}).barrier(), .5, 1e-12);
  EXPECT_EQ((LossLine{{0, .5, 1}, {1, 1, 2}}).barrier(), 0);
}

}  // namespace
}  // namespace grim
