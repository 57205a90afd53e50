// Real encoders, against what their packages gave (values to the digits that were printed).
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/view.h"
#include "support/data.h"

namespace grim {
namespace {

struct Opened {
  ModelFolder folder;
  const TextEncoder& encoder() const { return dynamic_cast<const TextEncoder&>(*folder.model); }
  TokenBatch batch(const std::vector<std::string>& texts) const { return encode_batch(*folder.tokenizer, texts); }
};

TEST(RealEncoders, BertTinyFillsInItsWords) {
  GRIMOIRE_MODEL(path, "bert-tiny");
  const NoGrad no_grad;
  const Opened bert{open_model_folder(path)};
  Pass pass;
  const TokenBatch texts = bert.batch({"The capital of France is [MASK].", "what is the weather like in new york today"});
  const Tensor hidden = bert.encoder().hidden(texts, pass);
  const double first[] = {-0.64051, -0.8587, -4.14712, -1.15718}, second[] = {-1.3746, -0.31403, -2.72658, -0.26691};
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(hidden.at({0, i}), first[i], 2e-5);
    EXPECT_NEAR(hidden.at({texts.offsets[1], i}), second[i], 2e-5) << "of a text behind another";
  }
  const std::vector<float> logits = bert.encoder().masked_logits(slice(hidden, 0, 6, 7)).to_vector<float>();  // of [MASK]
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + 8, order.end(), [&](int64_t a, int64_t b) { return logits[size_t(a)] > logits[size_t(b)]; });
  const std::pair<const char*, double> want[] = {{"city", 1.57}, {"mountains", 1.073}, {"where", 0.599}, {"and", 0.222}, {"france", -0.008},
                                                 {"origin", -0.392}, {"located", -0.498}, {"brazil", -0.541}};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(bert.folder.tokenizer->token(order[i]), want[i].first);
    EXPECT_NEAR(logits[static_cast<size_t>(order[i])], want[i].second, 6e-4);
  }
}

TEST(RealEncoders, MiniLmPlacesSentences) {
  GRIMOIRE_MODEL(path, "minilm");
  const NoGrad no_grad;
  const Opened minilm{open_model_folder(path)};
  Pass pass;
  const TokenBatch texts = minilm.batch({"A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby.",
                                         "Two plus two equals four."});
  const Tensor hidden = minilm.encoder().hidden(texts, pass);
  EXPECT_TRUE(minilm.encoder().has(EncoderPart::pooler));
  std::vector<std::vector<double>> vectors;  // the mean over all tokens, of length 1
  for (size_t i = 0; i < 4; ++i) {
    std::vector<double> v(384, 0.0);
    double squares = 0;
    for (int64_t c = 0; c < 384; ++c) {
      for (int64_t t = texts.offsets[i]; t < texts.offsets[i + 1]; ++t) v[static_cast<size_t>(c)] += hidden.at({t, c});
      squares += v[static_cast<size_t>(c)] * v[static_cast<size_t>(c)];
    }
    for (double& x : v) x /= std::sqrt(squares);
    vectors.push_back(v);
  }
  const double first[] = {0.033242, 0.004406, -0.006277, 0.048379, -0.138702, -0.033617, 0.101128, -0.054385}, cosines[] = {1, 0.755337, -0.104958, 0.005439};
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(vectors[0][i], first[i], 2e-6);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(std::inner_product(vectors[0].begin(), vectors[0].end(), vectors[i].begin(), 0.0), cosines[i], 2e-6);
}

// Of tools/golden/flan_t5.py's folder, as transformers has it: hidden values and greedy text.
TEST(RealSeq2Seq, FlanT5Translates) {
  GRIMOIRE_MODEL(path, "flan-t5-f32");
  const NoGrad no_grad;
  ModelFolder folder = open_model_folder(path);
  const auto& t5 = dynamic_cast<const Seq2Seq&>(*folder.model);
  struct Case {
    std::string text;
    std::vector<int64_t> ids, made;
    std::array<double, 4> hidden;
    std::string said;
  };
  const Case cases[] = {{"translate English to German: The house is wonderful.", {13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1},
                         {644, 4598, 229, 19250, 5, 1}, {-0.050657, -0.15765, 0.332908, -0.048028}, "Das Haus ist wunderbar."},
                        {"What is the capital of France?", {363, 19, 8, 1784, 13, 1410, 58, 1}, {3, 40, 77, 1222, 1},
                         {-0.020464, 0.028408, 0.027153, -0.061051}, "linting"}};
  std::vector<std::string> texts;
  for (const Case& c : cases) texts.push_back(c.text);
  const TokenBatch sources = encode_batch(*folder.tokenizer, texts);  // both at once, of unequal length
  Pass pass;
  SourceMemory memory = t5.read(sources, pass);
  t5.prepare(memory);
  const auto cache = t5.decode_cache();
  Pass decode = Pass::decode(*cache);
  std::vector<std::vector<int64_t>> made(2);
  std::vector<std::vector<int64_t>> last(2, {t5.start()});
  for (int step = 0; step < 8; ++step) {
    const std::vector<int64_t> next = argmax(t5.logits(t5.written(TokenBatch::of(last), memory, decode)), 1).to_vector<int64_t>();
    for (size_t i = 0; i < 2; ++i) made[i].push_back(next[i]), last[i] = {next[i]};
  }
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<int64_t> ids = sources.ids.to_vector<int64_t>();
    EXPECT_EQ(std::vector<int64_t>(ids.begin() + sources.offsets[i], ids.begin() + sources.offsets[i + 1]), cases[i].ids);
    for (int64_t c = 0; c < 4; ++c) EXPECT_NEAR(memory.hidden.at({sources.offsets[i], c}), cases[i].hidden[static_cast<size_t>(c)], 2e-6);
    made[i].resize(cases[i].made.size());
    EXPECT_EQ(made[i], cases[i].made);
    EXPECT_EQ(folder.tokenizer->decode(made[i]), cases[i].said);
  }
}

}  // namespace
}  // namespace grim
