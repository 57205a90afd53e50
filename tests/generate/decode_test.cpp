// Generation that goes on from a cache is generation that reads everything again.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/gemm.h"
#include "grimoire/generate/generate.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/transfo_xl.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/text/char_tokenizer.h"
#include "generate/forgetful.h"
#include "support/op_case.h"

namespace grim {
namespace {

CharTokenizer letters() { return CharTokenizer::of_text("\nabcdefghij klm"); }

GptConfig shape(int64_t context, bool tied) {
  return {.vocab_size = 15, .n_positions = context, .n_embd = 32, .n_layer = 3, .n_head = 4, .tied = tied, .init = GptInit::torch};
}

struct Written {
  std::string text;
  std::vector<double> probabilities;
  Pace pace;
};
Written write(const CausalLm& model, const std::string& prompt, const GenerationConfig& config) {
  Rng rng(RngMode::philox, 5, "decode");
  Written r;
  const auto keep = [&](const Choice& c) { r.probabilities.push_back(c.model_probability); };
  r.text = generate(model, letters(), prompt, config, rng, {.choice = keep, .pace = &r.pace});
  return r;
}

TEST(Decode, TextAndProbabilitiesAreThoseWithoutACache) {
  GptConfig tied = shape(64, true), wide = tied;
  wide.heads = HeadWidth::wide;
  for (const GptConfig& c : {tied, shape(64, false), wide})
    for (const double temperature : {0.0, 1.0})
      for (const char* prompt : {"", "abc", "abcdefghij klmabcdefghij klm"}) {
        Rng rng(RngMode::philox, 1, "weights");
        const Gpt model(c, rng);
        const GenerationConfig config{.temperature = temperature, .max_new_tokens = 90, .explain = true};  // beyond the context too
        const Written with = write(model, prompt, config), without = write(test::Forgetful(model), prompt, config);
        EXPECT_EQ(with.text, without.text);
        EXPECT_EQ(with.probabilities, without.probabilities);  // to the bit
        EXPECT_EQ(with.pace.within + with.pace.beyond, 90);
        EXPECT_GT(with.pace.beyond, 0);
      }
}

// What moves is what each layer remembers, and nothing is read anew.
TEST(Decode, AMemoryGoesOnBehindTheContext) {
  for (const char* prompt : {"\n", "abc", "abcdefghij klmabcdefghij klm"}) {
    Rng rng(RngMode::philox, 1, "weights");
    const TransfoXl model({.vocab_size = 15, .context = 16, .segment = 5, .memory = 7, .n_embd = 32, .n_layer = 2, .n_head = 4}, rng);
    const Written with = write(model, prompt, {.temperature = 1, .max_new_tokens = 60, .explain = true});
    EXPECT_EQ(with.pace.within, 60);
    const std::vector<int64_t> ids = letters().encode(with.text);
    Pass pass;
    const NoGrad no_grad;
    const Tensor p = softmax(model.logits(Tensor::from(ids, {1, static_cast<int64_t>(ids.size())}), pass), -1);
    ASSERT_EQ(with.probabilities.size(), 60u);
    for (size_t i = 0, at = ids.size() - 60; i < 60; ++i, ++at)
      EXPECT_NEAR(with.probabilities[i], p.at({0, static_cast<int64_t>(at) - 1, ids[at]}), 1e-6) << i;
  }
}

// Vocabularies that leave one column over when a product is cut into stripes.
TEST(Decode, LogitsAreTheSameForEveryVocabulary) {
  const NoGrad no_grad;
  for (const int64_t V : {1, 2, 63, 64, 65, 66, 129, 257})
    for (const bool tied : {true, false}) {
      Rng rng(RngMode::philox, 1, "weights");
      const Gpt model({.vocab_size = V, .n_positions = 64, .n_embd = 128, .n_layer = 1, .n_head = 4, .tied = tied, .init = GptInit::torch}, rng);
      const auto cache = model.decode_cache();
      std::vector<int64_t> ids;
      for (int64_t i = 0; i < 64; ++i) {
        ids.push_back(i * i % V);
        Pass decode = Pass::decode(*cache), whole = Pass::evaluation();
        const Tensor one = model.logits(Tensor::from(std::vector<int64_t>{ids.back()}, {1, 1}), decode);
        const Tensor all = model.logits(Tensor::from(ids, {1, i + 1}), whole);
        ASSERT_TRUE(test::bit_equal(select(one, 1, -1), select(all, 1, -1))) << V << " at " << i;
      }
    }
}

TEST(Decode, ACacheOutOfStepOrUnderAGradientIsRefused) {
  Rng rng(RngMode::philox, 1, "weights");
  const Gpt model(shape(16, true), rng);
  const auto cache = model.decode_cache();
  Pass pass = Pass::decode(*cache);
  const Tensor token = Tensor::ones({1, 1}, Dtype::i64);
  EXPECT_THROW(model.logits(token, pass), Error) << "gradients would be recorded";
  cache->clear();
  const NoGrad no_grad;
  int sites = 0;
  try {
    const Tap tap([&](const Site&, const Tensor&) -> Tensor { return ++sites == 4 ? throw Error(ErrorKind::state, "enough") : Tensor(); });
    model.logits(token, pass);
  } catch (const Error&) {
  }
  EXPECT_THROW(model.logits(token, pass), Error) << "some layers have seen the token, some have not";
  cache->clear();
  model.logits(token, pass);
  DecodeCache three(4, 16);  // of a deeper model
  Pass wrong = Pass::decode(three);
  model.logits(token, wrong);
  EXPECT_THROW(model.logits(token, wrong), Error);
}

// A long prompt is read by oneDNN's product, whose rows are not those of the own one.
TEST(Decode, BehindALongPromptTheTextIsTheSameAndLogitsAreNear) {
  Rng rng(RngMode::philox, 1, "weights");
  const GptConfig config{.vocab_size = 15, .n_positions = 320, .n_embd = 96, .n_layer = 2, .n_head = 4, .init = GptInit::torch};
  const Gpt model(config, rng);
  std::vector<int64_t> ids(200);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>((i * i + 3 * i) % 15);
  const NoGrad no_grad;
  const auto cache = model.decode_cache();
  const auto read = [&](const std::vector<int64_t>& tokens, Pass pass) {
    return select(model.logits(Tensor::from(tokens, {1, static_cast<int64_t>(tokens.size())}), pass), 1, -1);
  };
  Tensor next = read(ids, Pass::decode(*cache));
  for (int step = 0; step < 60; ++step) {
    const Tensor again = read(ids, Pass::evaluation());
    EXPECT_LT(max(abs(next - again)).item(), 2e-5 * max(abs(again)).item()) << step;
    ids.push_back(static_cast<int64_t>(argmax(again, -1).item()));
    EXPECT_EQ(argmax(next, -1).item(), ids.back()) << step;
    next = read({ids.back()}, Pass::decode(*cache));
  }
  EXPECT_EQ(cache->past(), 260);
}

TEST(Decode, ManyTextsAtOnceAndInAnotherOrder) {
  Rng rng(RngMode::philox, 1, "weights");
  const Gpt model(shape(16, true), rng);
  const NoGrad no_grad;
  const auto cache = model.decode_cache();
  const Tensor start = Tensor::from(std::vector<int64_t>{1, 2, 3, 9, 8, 7}, {2, 3}), more = Tensor::from(std::vector<int64_t>{4, 4}, {2, 1});
  Pass pass = Pass::decode(*cache), plain = Pass::evaluation();
  model.logits(start, pass);
  cache->reorder(std::vector<int64_t>{1, 0});
  const Tensor y = model.logits(more, pass);
  const Tensor all = model.logits(Tensor::from(std::vector<int64_t>{9, 8, 7, 4, 1, 2, 3, 4}, {2, 4}), plain);
  EXPECT_TRUE(test::bit_equal(y, slice(all, 1, 3, 4)));
  EXPECT_THROW(model.logits(Tensor::zeros({2, 13}, Dtype::i64), pass), Error);  // 4 + 13 of 16
  EXPECT_THROW(model.logits(Tensor::zeros({1, 1}, Dtype::i64), pass), Error);   // one text where there were two
  cache->clear();
  EXPECT_EQ(cache->past(), 0);
  EXPECT_TRUE(test::bit_equal(model.logits(Tensor::zeros({1, 16}, Dtype::i64), pass), model.logits(Tensor::zeros({1, 16}, Dtype::i64), plain)));
}

template <class T> void rows_do_not_depend_on_each_other(bool transposed) {
  for (const auto& [N, K] : {std::pair<int64_t, int64_t>{1, 1}, {3, 5}, {47, 33}, {64, 64}, {130, 257}, {1000, 70}}) {
    const Dtype dtype = dtype_of<T>;
    const Tensor a = test::random_tensor({{64, K}, -1, 1}, dtype, 1), b = test::random_tensor({transposed ? Shape{N, K} : Shape{K, N}, -1, 1}, dtype, 2);
    const auto product = [&](int64_t first, int64_t M) {
      const Tensor c = Tensor::full({M, N}, 77, dtype);
      device::gemm_rows(device::Gemm<T>{.M = M, .N = N, .K = K, .a = a.data<T>() + first * K, .a_row = K, .b = b.data<T>(), .b_row = transposed ? 1 : N,
                                        .b_col = transposed ? K : 1, .c = c.data<T>(), .c_row = N});
      return c;
    };
    const Tensor all = product(0, 64);
    for (const int64_t M : {1, 2, 3, 4, 5, 7, 8, 9, 31})
      for (const int64_t first : {0, 20}) EXPECT_TRUE(test::bit_equal(product(first, M), copy(slice(all, 0, first, first + M)))) << N << " " << K << " " << M;
    const double want = sum(slice(a, 0, 3, 4) * (transposed ? slice(b, 0, N - 1, N) : transpose(slice(b, 1, N - 1, N), 0, 1))).item();
    EXPECT_NEAR(all.at({3, N - 1}), want, dtype == Dtype::f64 ? 1e-12 : 1e-4);
  }
}

TEST(Decode, RowsOfAProductDoNotDependOnHowManyThereAre) {
  for (const bool transposed : {false, true}) rows_do_not_depend_on_each_other<float>(transposed), rows_do_not_depend_on_each_other<double>(transposed);
}

}  // namespace
}  // namespace grim
