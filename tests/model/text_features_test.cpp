#include "grimoire/model/text_features.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/model/bert.h"
#include "grimoire/op/view.h"
#include "support/byte_tokenizer.h"
#include "support/op_case.h"

namespace grim {
namespace {

TEST(TextFeatures, LayersAreNamedFromEitherEnd) {
  EXPECT_EQ(layers_in("-4..-1", 6), (std::vector<int64_t>{3, 4, 5, 6}));
  EXPECT_EQ(layers_in("0, 6,-1", 6), (std::vector<int64_t>{0, 6}));
  EXPECT_EQ(layers_in("all", 2), (std::vector<int64_t>{0, 1, 2}));
  for (const char* wrong : {"7", "-8", "", "a", "3..1", "1,"}) EXPECT_THROW(layers_in(wrong, 6), Error) << wrong;
}

class Features : public ::testing::Test {
 protected:
  Rng rng_{RngMode::philox, 3};
  Bert bert_{{.vocab_size = 256, .context = 32, .n_embd = 8, .n_layer = 2, .n_head = 2, .dropout = 0, .head = BertHead::none}, rng_};
  const std::shared_ptr<const Tokenizer> tokenizer_ = test::byte_tokenizer();
  const std::vector<std::string> texts_ = {"ab", "a longer text", "c"}, places_ = {"1", "2", "3"};
  const EncodedTexts encoded_{*tokenizer_, texts_, {}, {.most = 32}, places_};
  // Of a text by itself, the stream behind the last block.
  Tensor alone(int64_t text) {
    const NoGrad no_grad;
    Pass pass = Pass::evaluation();
    return bert_.hidden(encoded_.batch(std::vector<int64_t>{text}), pass);
  }
};

TEST_F(Features, AreThoseOfEachTextAlone) {
  for (const Pool pool : {Pool::cls, Pool::mean, Pool::max, Pool::last}) {
    const TextFeatures f = text_features(bert_, encoded_, {0, 2}, pool);
    ASSERT_EQ(f.layers.size(), 2u);
    EXPECT_EQ(f.layers[1].shape(), Shape({3, 8}));
    for (int64_t t = 0; t < 3; ++t) {
      const Tensor h = alone(t);
      for (int64_t c = 0; c < 8; ++c) {
        double sum = 0, most = -1e9;
        for (int64_t n = 0; n < h.dim(0); ++n) sum += h.at({n, c}), most = std::max(most, h.at({n, c}));
        const double last = h.at({h.dim(0) - 1, c}), mean = sum / double(h.dim(0));
        const double wanted = pool == Pool::cls ? h.at({0, c}) : pool == Pool::last ? last : pool == Pool::max ? most : mean;
        EXPECT_NEAR(f.layers[1].at({t, c}), wanted, 1e-5);
      }
    }
    EXPECT_GT(test::relative_difference(f.layers[0], f.layers[1]), .1) << "the embeddings are another layer";
  }
}

TEST_F(Features, OfTokensStandTextAfterText) {
  const TextFeatures f = text_features(bert_, encoded_, {2}, Pool::none);
  EXPECT_EQ(f.layers[0].dim(0), encoded_.tokens(0) + encoded_.tokens(1) + encoded_.tokens(2));
  EXPECT_EQ(f.text_of.front(), 0);
  EXPECT_EQ(f.text_of.back(), 2);
  EXPECT_LE(test::relative_difference(slice(f.layers[0], 0, encoded_.tokens(0), encoded_.tokens(0) + encoded_.tokens(1)), alone(1)), 1e-5);
}

TEST_F(Features, AreTheSameWhereNothingIsReadAboveThem) {
  const TextFeatures both = text_features(bert_, encoded_, {1, 2}, Pool::mean);
  EXPECT_TRUE(test::bit_equal(text_features(bert_, encoded_, {1}, Pool::mean).layers[0], both.layers[0]));
}

TEST_F(Features, LayersAreCombined) {
  const TextFeatures f = text_features(bert_, encoded_, {1, 2}, Pool::mean);
  EXPECT_EQ(combined(f, Combine::concat).shape(), Shape({3, 16}));
  EXPECT_TRUE(test::bit_equal(combined(f, Combine::last), f.layers[1]));
  EXPECT_NEAR(combined(f, Combine::weighted, {.25, .75}).at({1, 3}), .25 * f.layers[0].at({1, 3}) + .75 * f.layers[1].at({1, 3}), 1e-6);
  EXPECT_THROW(combined(f, Combine::weighted, {1}), Error);
  EXPECT_THROW(text_features(bert_, encoded_, {3}, Pool::mean), Error);
}

}  // namespace
}  // namespace grim
