#include "grimoire/data/batcher.h"

#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

using Ids = std::vector<int64_t>;

Ids draw(Batcher& b, int64_t begin, int64_t end) {
  Ids all;
  for (int64_t s = begin; s < end; ++s)
    for (int64_t i : b.batch(s)) all.push_back(i);
  return all;
}

TEST(Batcher, PhiloxStepsAreRandomAccess) {
  for (Sampling sampling : {Sampling::replacement, Sampling::epochs}) {
    Rng rng(RngMode::philox, 3, "batch");
    const std::string before = rng.state();
    Batcher in_order(10, 4, sampling, rng), resumed(10, 4, sampling, rng);
    const Ids all = draw(in_order, 0, 20);
    EXPECT_EQ(draw(resumed, 13, 20), Ids(all.begin() + 52, all.end()));
    EXPECT_EQ(resumed.batch(2), in_order.batch(2));
    EXPECT_EQ(rng.state(), before);
    Rng other(RngMode::philox, 4, "batch");
    Batcher different(10, 4, sampling, other);
    EXPECT_NE(draw(different, 0, 20), all);
  }
}

TEST(Batcher, EpochsUseEveryExampleOnce) {
  for (RngMode mode : {RngMode::philox, RngMode::torch}) {
    Rng rng(mode, 3);
    Batcher b(10, 4, Sampling::epochs, rng);
    const Ids all = draw(b, 0, 5);
    const std::set<int64_t> first(all.begin(), all.begin() + 10), second(all.begin() + 10, all.end());
    EXPECT_EQ(first.size(), 10u);
    EXPECT_EQ(second.size(), 10u);
    EXPECT_NE(Ids(all.begin(), all.begin() + 10), Ids(all.begin() + 10, all.end()));
  }
}

TEST(Batcher, TorchResumesFromSavedStates) {
  for (Sampling sampling : {Sampling::replacement, Sampling::epochs}) {
    Rng rng(RngMode::torch, 3);
    Batcher b(10, 4, sampling, rng);
    draw(b, 0, 3);  // in the middle of the second epoch
    const std::string rng_state = rng.state(), batch_state = b.state();
    const Ids rest = draw(b, 3, 9);
    Rng back = Rng::from_state(rng_state);
    Batcher resumed(10, 4, sampling, back);
    EXPECT_THROW(resumed.batch(3), Error);
    resumed.restore(batch_state);
    EXPECT_EQ(draw(resumed, 3, 9), rest);
    EXPECT_EQ(back.state(), rng.state());
  }
}

TEST(Batcher, TorchEqualsTheLibraryCalls) {
  Rng a(RngMode::torch, 5), b = a;
  Batcher batcher(100, 3, Sampling::replacement, a);
  for (int64_t x : draw(batcher, 0, 4)) EXPECT_EQ(x, b.randint(0, 100));
}

TEST(Batcher, SaysWhatIsWrong) {
  Rng philox(RngMode::philox, 1), torch(RngMode::torch, 1);
  EXPECT_THROW(Batcher(0, 1, Sampling::epochs, philox), Error);
  EXPECT_THROW(Batcher(1, 0, Sampling::epochs, philox), Error);
  Batcher p(5, 2, Sampling::replacement, philox), t(5, 2, Sampling::replacement, torch);
  EXPECT_EQ(p.examples(), 5);
  EXPECT_EQ(p.batch_size(), 2);
  EXPECT_THROW(p.batch(-1), Error);
  EXPECT_THROW(t.batch(1), Error);
  EXPECT_NO_THROW(t.batch(0));
  EXPECT_THROW(t.batch(0), Error);
  for (const char* bad :
       {"", "step", "step x epoch 1 ", "step 1 epoch 1", "step -1 epoch 0 ", "step 1 epoch 1 nonsense"})
    EXPECT_THROW(t.restore(bad), Error) << bad;
  EXPECT_EQ(t.state(), "step 1 epoch -1 ");  // a refused state changes nothing
}

}  // namespace
}  // namespace grim
