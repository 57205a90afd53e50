// Released weights against the values that their publishers test them by. They lie in no package: a folder of them is given by GRIMOIRE_WEIGHTS, a folder a
// model in it, named and filled as on the Hub; what is not there is skipped.
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/generate/fill.h"
#include "grimoire/generate/writer.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/optimizer.h"
#include "support/data.h"

namespace grim {
namespace {

std::string weights_folder(const std::string& name) {
  const char* const all = std::getenv("GRIMOIRE_WEIGHTS");
  return all ? join_path(all, name) : "";
}
#define GRIMOIRE_RELEASED(variable, name) GRIMOIRE_NEEDED(variable, weights_folder(name), "folder", std::string(name) + " of GRIMOIRE_WEIGHTS")

using Ids = std::vector<int64_t>;
using Block = std::vector<std::vector<double>>;
TokenBatch one_text(const Ids& ids) { return TokenBatch::of(std::vector<Ids>{ids}); }

// As torch.testing.assert_close(rtol=1e-4, atol=1e-4) of transformers' tests: rows `row`, ... and columns `column`, ... of x.
void expect_block(const Tensor& x, int64_t row, int64_t column, const Block& want) {
  for (size_t i = 0; i < want.size(); ++i)
    for (size_t j = 0; j < want[i].size(); ++j)
      EXPECT_NEAR(x.at({row + int64_t(i), column + int64_t(j)}), want[i][j], 1e-4 * (1 + std::abs(want[i][j]))) << "place " << i << ", number " << j;
}

// transformers, tests/models/{bert,distilbert}/test_modeling_*.py, test_inference_no_head_absolute_embedding: last hidden state [0, 1:4, 1:4] of these ids,
// the first of which the attention mask hides. The others see nothing of it: without it they are the same at places 1 to 10, whence the table of places moves.
constexpr int64_t kBertIds[] = {345, 232, 328, 740, 140, 1695, 69, 6078, 1588, 2};
void expect_hidden_behind_a_hidden_token(const std::string& path, const Block& want) {
  const NoGrad no_grad;
  const ModelFolder folder = open_model_folder(path);
  auto& encoder = dynamic_cast<TextEncoder&>(*folder.model);
  std::vector<NamedTensor> tensors = encoder.checkpoint();
  int64_t tables = 0;
  for (NamedTensor& t : tensors)
    if (t.name.ends_with("position_embeddings.weight")) t.tensor = concat({slice(t.tensor, 0, 1, t.tensor.dim(0)), slice(t.tensor, 0, 0, 1)}, 0), ++tables;
  ASSERT_EQ(tables, 1);
  encoder.load(tensors);
  Pass pass;
  expect_block(encoder.hidden(one_text({std::begin(kBertIds), std::end(kBertIds)}), pass), 0, 1, want);
}

TEST(ReleasedWeights, BertBaseUncased) {
  GRIMOIRE_RELEASED(path, "bert-base-uncased");
  expect_hidden_behind_a_hidden_token(path, {{.4249, .1008, .7531}, {.3771, .1188, .7467}, {.4152, .1098, .7108}});
}

TEST(ReleasedWeights, DistilBertBaseUncased) {
  GRIMOIRE_RELEASED(path, "distilbert-base-uncased");
  expect_hidden_behind_a_hidden_token(path, {{-.1639, .3299, .1648}, {-.1746, .3289, .1710}, {-.1884, .3357, .1810}});
}

// transformers, tests/models/roberta/test_modeling_roberta.py: of these ids the first 3 x 3 of the hidden states (test_inference_no_head) and of the logits
// of words (test_inference_masked_lm). "Hello world!" is cut so in its tokenizer's tests; the words in the gap are reported of its
// fill-mask pipeline, likeliest first.
const Ids kRobertaIds = {0, 31414, 232, 328, 740, 1140, 12695, 69, 46078, 1588, 2};

TEST(ReleasedWeights, RobertaBase) {
  GRIMOIRE_RELEASED(path, "roberta-base");
  const NoGrad no_grad;
  const ModelFolder folder = open_model_folder(path);
  const auto& encoder = dynamic_cast<const TextEncoder&>(*folder.model);
  Pass pass;
  const Tensor hidden = encoder.hidden(one_text(kRobertaIds), pass);
  expect_block(hidden, 0, 0, {{-.0231, .0782, .0074}, {-.1854, .0540, -.0175}, {.0548, .0799, .1687}});
  expect_block(encoder.masked_logits(slice(hidden, 0, 0, 3)), 0, 0,
               {{33.8802, -4.3103, 22.7761}, {4.6539, -2.8098, 13.6253}, {1.8228, -3.6898, 8.8600}});
  EXPECT_EQ(folder.tokenizer->encode_with("Hello world!").ids, (Ids{0, 31414, 232, 328, 2}));
  const std::vector<Gap> gaps = fill(encoder, *folder.tokenizer, "The goal of life is <mask>.", 5);
  ASSERT_EQ(gaps.size(), 1u);
  std::vector<std::string> words;
  for (const Gap::Word& w : gaps[0].words) words.push_back(folder.tokenizer->decode(Ids{w.token}));
  EXPECT_EQ(words, (std::vector<std::string>{" happiness", " love", " peace", " freedom", " simplicity"}));
}

// The same file, test_inference_classification_head: contradiction, neutral, entailment of the same ids.
TEST(ReleasedWeights, RobertaLargeMnli) {
  GRIMOIRE_RELEASED(path, "roberta-large-mnli");
  const NoGrad no_grad;
  const ModelFolder folder = open_model_folder(path);
  const auto& encoder = dynamic_cast<const TextEncoder&>(*folder.model);
  Pass pass;
  const TokenBatch text = one_text(kRobertaIds);
  expect_block(encoder.labels(encoder.hidden(text, pass), text, pass), 0, 0, {{-.9469, .3913, .5118}});
}

// Of BART no numbers are published but the ids of a text, which are RoBERTa's.
TEST(ReleasedWeights, BartLargeCutsAsRobertaDoes) {
  GRIMOIRE_RELEASED(path, "bart-large");
  EXPECT_EQ(open_tokenizer(path)->encode_with("Hello world!").ids, (Ids{0, 31414, 232, 328, 2}));
}

// transformers, tests/models/gpt2/test_modeling_gpt2.py, test_lm_generate_gpt2: "The dog", gone on with greedily up to 20 tokens.
TEST(ReleasedWeights, Gpt2GoesOnGreedily) {
  GRIMOIRE_RELEASED(path, "gpt2");
  const NoGrad no_grad;
  const TrainedModel gpt2 = load_trained(path);
  const Ids dog = {464, 3290};
  EXPECT_EQ(gpt2.tokenizer->encode("The dog"), dog);
  EXPECT_EQ(gpt2.model->parameter_count(), 124'439'808) << "llm.c counts these";
  Rng rng(RngMode::philox, 1);
  EXPECT_EQ(Writer(*gpt2.model).write(dog, {.temperature = 0, .max_new_tokens = 18, .ends = gpt2.ends}, rng),
            (Ids{373, 1043, 287, 257, 2214, 1474, 262, 16246, 286, 2688, 290, 2688, 27262, 13, 198, 198, 464, 3290}));
}

// llm.c, test_gpt2.c: the losses of ten steps of AdamW on the first 4 x 64 tokens of tiny Shakespeare, an end of text before each of its sections, to 1e-2
// as there; and its README: the mean loss of the first five such batches before any step.
TEST(ReleasedWeights, Gpt2LearnsAsInLlmC) {
  GRIMOIRE_RELEASED(path, "gpt2");
  GRIMOIRE_DATA(plays, "tinyshakespeare/input.txt");
  const TrainedModel gpt2 = load_trained(path);
  const std::string text = read_file(plays);
  Ids tokens;
  for (size_t from = 0; tokens.size() < 5 * 256 + 1;) {
    const size_t to = text.find("\n\n", from) + 2;
    tokens.push_back(50256);
    for (const int64_t id : gpt2.tokenizer->encode(text.substr(from, to - from))) tokens.push_back(id);
    from = to;
  }
  const auto loss = [&](int64_t batch) {
    const auto from = tokens.begin() + 256 * batch;
    Pass pass;
    return gpt2.model->loss(Tensor::from(Ids(from, from + 256), {4, 64}), Tensor::from(Ids(from + 1, from + 257), {4, 64}), pass);
  };
  {
    const NoGrad no_grad;
    double sum = 0;
    for (int64_t i = 0; i < 5; ++i) sum += loss(i).item();
    EXPECT_NEAR(sum / 5, 5.252026, 1e-3);
  }
  Parameters parameters(gpt2.model->parameters());
  Adam adam(parameters, {.weight_decay = 0.01});
  for (const double want : {5.270007, 4.059707, 3.375123, 2.800783, 2.315382, 1.849029, 1.394656, 0.999147, 0.624080, 0.376511}) {
    adam.zero_grad();
    const Tensor now = loss(0);
    EXPECT_NEAR(now.item(), want, 1e-2) << "after " << adam.steps() << " steps";
    backward(now);
    adam.step(1e-4);
  }
}

// transformers, tests/models/t5/test_modeling_t5.py, test_small_integration_test, test_small_v1_1_integration_test and test_small_byt5_integration_test:
// minus the tokens of "Hi I am", its end among them, times their mean loss behind "Hello there", as T5's own code in Mesh TensorFlow scores it.
void expect_score(const std::string& path, const Ids& source, const Ids& target, double want) {
  const NoGrad no_grad;
  const ModelFolder folder = open_model_folder(path);
  if (folder.tokenizer) {  // ByT5's is no file
    Ids cut = folder.tokenizer->encode("Hello there");
    cut.push_back(1);
    EXPECT_EQ(cut, source);
    cut = folder.tokenizer->encode("Hi I am");
    cut.push_back(1);
    EXPECT_EQ(cut, target);
  }
  Pass pass;
  const double loss = dynamic_cast<const Seq2Seq&>(*folder.model).loss(one_text(source), one_text(target), pass).item();
  EXPECT_NEAR(-static_cast<double>(target.size()) * loss, want, 1e-3);  // of sums in another order, to a few units of their last places
}

TEST(ReleasedWeights, T5Small) {
  GRIMOIRE_RELEASED(path, "t5-small");
  expect_score(path, {8774, 132, 1}, {2018, 27, 183, 1}, -19.0845);
}

TEST(ReleasedWeights, T5V11Small) {
  GRIMOIRE_RELEASED(path, "t5-v1_1-small");
  expect_score(path, {8774, 132, 1}, {2018, 27, 183, 1}, -59.0293);
}

TEST(ReleasedWeights, ByT5Small) {
  GRIMOIRE_RELEASED(path, "byt5-small");
  const auto bytes = [](const std::string& text) {  // behind the three special tokens, pad, end and unknown
    Ids ids;
    for (const char c : text) ids.push_back(c + 3);
    ids.push_back(1);
    return ids;
  };
  expect_score(path, bytes("Hello there"), bytes("Hi I am"), -60.7397);
}

}  // namespace
}  // namespace grim
