// A text is the same alone, beside others, with a cache, without one, and guessed ahead.
#include "grimoire/generate/batch.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/generate/contrastive.h"
#include "grimoire/generate/generate.h"
#include "grimoire/generate/stop_finder.h"
#include "grimoire/model/bart.h"
#include "grimoire/model/bigram.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/gpt_neox.h"
#include "grimoire/model/llama.h"
#include "grimoire/model/t5.h"
#include "grimoire/text/char_tokenizer.h"
#include "generate/forgetful.h"
#include "support/byte_tokenizer.h"

namespace grim {
namespace {

using Texts = std::vector<std::vector<int64_t>>;
const Texts kPrompts = {{1, 2, 3}, {4}, {5, 6, 7}, {9, 8, 7, 6, 5, 4}, {1, 2, 3}, {10, 11, 12}};  // of unequal lengths
constexpr int64_t kVocabulary = 15;

std::vector<std::unique_ptr<CausalLm>> models() {
  std::vector<std::unique_ptr<CausalLm>> all;
  Rng rng(RngMode::philox, 1, "weights");
  const GptConfig gpt{.vocab_size = kVocabulary, .n_positions = 48, .n_embd = 32, .n_layer = 2, .n_head = 4, .init = GptInit::torch};
  all.push_back(std::make_unique<Gpt>(gpt, rng));
  const LlamaConfig llama{.vocab_size = kVocabulary, .context = 48, .n_embd = 32, .n_layer = 2, .n_head = 4, .n_kv_head = 2, .window = 7};
  all.push_back(std::make_unique<Llama>(llama, rng));
  GptNeoxConfig neox{.vocab_size = kVocabulary, .context = 48, .n_embd = 32, .n_layer = 2, .n_head = 4};
  all.push_back(std::make_unique<GptNeox>(neox, rng));
  neox.kind = GptNeoxKind::bloom;  // ALiBi
  all.push_back(std::make_unique<GptNeox>(neox, rng));
  return all;
}

Texts alone(const CausalLm& model, const GenerationConfig& c) {
  Texts all;
  Rng rng(RngMode::philox, 3, "batch");
  for (const auto& p : kPrompts) all.push_back(Writer(model).write(p, c, rng));
  return all;
}

TEST(Batch, GreedyTextsAreThoseOfEachPromptAlone) {
  for (const auto& model : models())
    for (const int64_t tokens : {1, 20, 60}) {  // beyond the context too
      const GenerationConfig c{.temperature = 0, .repetition_penalty = 1.1, .max_new_tokens = tokens, .ends = {2}};
      const Texts want = alone(*model, c);
      const Rng rng(RngMode::philox, 3, "batch");
      EXPECT_EQ(write_batch(*model, kPrompts, c, rng), want);
      EXPECT_EQ(write_batch(test::Forgetful(*model), kPrompts, c, rng), want);
      EXPECT_EQ(alone(test::Forgetful(*model), c), want);
    }
}

TEST(Batch, SeveralTextsOfAPromptAreDrawnEachByItself) {
  for (const auto& model : models()) {
    const Rng rng(RngMode::philox, 3, "batch");
    const GenerationConfig c{.temperature = 6, .max_new_tokens = 20, .ends = {2}, .num_return_sequences = 3};
    const Texts texts = write_batch(*model, kPrompts, c, rng);
    ASSERT_EQ(texts.size(), 3 * kPrompts.size());
    EXPECT_NE(texts[0], texts[1]);
    for (size_t i = 0; i < texts.size(); ++i) {
      Rng own = rng.at_step(static_cast<int64_t>(i));
      EXPECT_EQ(texts[i], Writer(*model).write(kPrompts[i / 3], c, own)) << i;
    }
    EXPECT_THROW(write_batch(*model, kPrompts, c, Rng(RngMode::torch, 3)), Error);
  }
}

TEST(Batch, TextsFromSeveralSourcesAreThoseOfEachAlone) {
  Rng rng(RngMode::philox, 1, "weights");
  const T5 t5({.vocab_size = kVocabulary, .n_embd = 32, .head_size = 8, .n_head = 4, .n_inner = 32, .n_layer = 2, .tied = false}, rng);
  const Bart bart({.vocab_size = kVocabulary, .context = 48, .n_embd = 32, .n_layer = 2, .n_head = 4}, rng);
  for (const Seq2Seq* const model : {static_cast<const Seq2Seq*>(&t5), static_cast<const Seq2Seq*>(&bart)}) {
    const auto writer = writer_from(*model, TokenBatch::of(kPrompts));
    const Texts starts(kPrompts.size(), {model->start()});
    std::set<size_t> lengths;
    for (const auto& [temperature, texts] : {std::pair(0.0, 1), std::pair(6.0, 3)}) {
      const GenerationConfig c{.temperature = temperature, .max_new_tokens = 20, .ends = {2, 3, 4, 5}, .num_return_sequences = texts};
      const Rng from(RngMode::philox, 3, "batch");
      const Texts together = write_batch(*writer, starts, c, from);
      for (size_t i = 0; i < together.size(); ++i) {
        const size_t source = i / static_cast<size_t>(texts);
        Rng own = from.at_step(static_cast<int64_t>(i));
        EXPECT_EQ(together[i], Writer(*writer_from(*model, TokenBatch::of(Texts{kPrompts[source]}))).write(starts[0], c, own)) << i;
        lengths.insert(together[i].size());
      }
    }
    EXPECT_GT(lengths.size(), 3u) << "some end while others go on";
  }
}

TEST(Batch, WhoIsToldFalseEndsAndTheOthersGoOn) {
  const auto all = models();
  const GenerationConfig c{.temperature = 0, .max_new_tokens = 9};
  const Texts want = alone(*all[0], c);
  std::vector<int> told(kPrompts.size());
  const Texts got = write_batch(*all[0], kPrompts, c, Rng(RngMode::philox, 3), [&](size_t i, const Choice&) { return ++told[i] < 2 + static_cast<int>(i); });
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], std::vector<int64_t>(want[i].begin(), want[i].begin() + 2 + static_cast<ptrdiff_t>(i))) << i;
}

// Counts the tokens that the model reads.
class Counted final : public CausalLm {
 public:
  explicit Counted(const CausalLm& model) : model_(model) {}
  Reading reading() const override { return model_.reading(); }
  int64_t context() const override { return model_.context(); }
  int64_t vocabulary() const override { return model_.vocabulary(); }
  Tensor logits(const Tensor& tokens, Pass& pass) const override {
    read += tokens.numel();
    shapes.push_back(tokens.shape());
    return model_.logits(tokens, pass);
  }
  std::unique_ptr<DecodeCache> decode_cache() const override { return model_.decode_cache(); }
  Json config() const override { return model_.config(); }
  mutable int64_t read = 0;
  mutable std::vector<Shape> shapes;

 private:
  const CausalLm& model_;
};

TEST(Batch, UnequalPromptsAreReadOneTokenEachAtATime) {
  for (const auto& model : models()) {
    const Counted counted(*model);
    const Texts prompts = {{1, 2, 3, 4, 5}, {6}, {7, 8}};
    const GenerationConfig c{.temperature = 0, .max_new_tokens = 4};
    write_batch(counted, prompts, c, Rng(RngMode::philox, 3));
    EXPECT_EQ(counted.shapes, (std::vector<Shape>{{1, 1}, {1, 2}, {1, 5}, {3, 1}, {3, 1}, {3, 1}}));
  }
}

TEST(Batch, MoreTextsThanGoTogetherAreTheSame) {
  const auto all = models();
  const GenerationConfig c{.temperature = 0, .max_new_tokens = 5};
  Texts prompts, want;
  Rng rng(RngMode::philox, 3);
  for (int64_t i = 0; i < 70; ++i) {
    prompts.emplace_back(static_cast<size_t>(1 + i % 7), i % kVocabulary);
    want.push_back(Writer(*all[1]).write(prompts.back(), c, rng));
  }
  EXPECT_EQ(write_batch(*all[1], prompts, c, rng), want);
}

TEST(Lookup, GuessesWhatFollowedTheLongestMatch) {
  const std::vector<int64_t> text = {1, 2, 3, 4, 9, 2, 5, 1, 2};
  EXPECT_EQ(looked_up(text, 2, 3), (std::vector<int64_t>{3, 4, 9}));
  EXPECT_EQ(looked_up(text, 9, 10), (std::vector<int64_t>{3, 4, 9, 2, 5, 1, 2}));
  EXPECT_EQ(looked_up(std::vector<int64_t>{1, 2, 3}, 2, 3), std::vector<int64_t>{});
  EXPECT_EQ(looked_up(std::vector<int64_t>{7, 7}, 2, 3), std::vector<int64_t>{7});
  EXPECT_EQ(looked_up(std::vector<int64_t>{7}, 2, 3), std::vector<int64_t>{});
}

TEST(Lookup, TheTextIsTheSame) {
  for (const auto& model : models()) {
    int64_t guessed = 0, right = 0;
    for (const double temperature : {0.0, 1.0, 4.0})
      for (const auto& prompt : kPrompts) {
        Rng rng(RngMode::philox, 3), again(RngMode::philox, 3);
        GenerationConfig c{.temperature = temperature, .presence_penalty = 0.1, .max_new_tokens = 60, .ends = {2}, .explain = true};
        std::vector<double> p, q;
        Pace pace;
        const std::vector<int64_t> plain = Writer(*model).write(prompt, c, rng, [&](const Choice& x) { return p.push_back(x.model_probability), true; });
        c.prompt_lookup_num_tokens = 4;
        EXPECT_EQ(Writer(*model).write(prompt, c, again, [&](const Choice& x) { return q.push_back(x.model_probability), true; }, &pace), plain);
        EXPECT_EQ(p, q);  // to the bit
        guessed += pace.guessed, right += pace.right;
      }
    const bool repeats = !dynamic_cast<const GptNeox*>(model.get());  // at its first weights
    if (repeats) EXPECT_GT(right, 0);
    if (repeats) EXPECT_GT(guessed, right);
  }
  Rng rng(RngMode::philox, 3);
  const auto all = models();
  EXPECT_THROW(Writer(test::Forgetful(*all[0])).write(kPrompts[0], {.max_new_tokens = 3, .prompt_lookup_num_tokens = 2}, rng), Error);
}

TEST(Cache, NothingIsReadTwice) {
  for (const auto& model : models()) {
    const Counted counted(*model);
    const auto reads = [&](auto&& write) {
      counted.read = 0;
      write();
      return counted.read;
    };
    Rng rng(RngMode::philox, 3);
    const std::vector<int64_t>& prompt = kPrompts[3];  // of 6 tokens
    const GenerationConfig greedy{.temperature = 0, .max_new_tokens = 10};
    EXPECT_EQ(reads([&] { Writer(counted).write(prompt, greedy, rng); }), 6 + 9);
    EXPECT_EQ(reads([&] { search_beams(counted, prompt, {.max_new_tokens = 10, .num_beams = 3}); }), 6 + 9 * 3);
    EXPECT_EQ(reads([&] { search_contrastive(counted, prompt, {.top_k = 4, .max_new_tokens = 10, .penalty_alpha = 0.5}); }), 6 + 10 * 4);
    const GenerationConfig several{.temperature = 0, .max_new_tokens = 10, .num_return_sequences = 3};
    EXPECT_EQ(reads([&] { write_batch(counted, std::vector{prompt, prompt}, several, rng); }), 2 * 6 + 9 * 6) << "a prompt is read once for its texts";
    GenerationConfig ahead = greedy;
    ahead.prompt_lookup_num_tokens = 3;
    Pace pace;
    const int64_t read = reads([&] { Writer(counted).write(prompt, ahead, rng, {}, &pace); });
    EXPECT_GT(pace.right, 0);
    EXPECT_EQ(read, 6 + 9 - pace.right + pace.guessed) << "one token and the guesses for each reading";
  }
}

TEST(Penalties, OfOpenAi) {
  const std::vector<int64_t> text = {0, 0, 1, 2, 2, 2};  // of which two were given
  const std::vector<float> p = shape_distribution({0, 0, 0, 0}, {.frequency_penalty = 0.5, .presence_penalty = 1}, {.text = text, .prompt = 2});
  const double sum = 2 + std::exp(-1.5) + std::exp(-2.5);
  EXPECT_NEAR(p[0], 1 / sum, 1e-6) << "the prompt counts for nothing";
  EXPECT_NEAR(p[1], std::exp(-1.5) / sum, 1e-6);
  EXPECT_NEAR(p[2], std::exp(-2.5) / sum, 1e-6);
  EXPECT_THROW(shape_distribution({0, 0}, {.suppress_tokens = {0, 1}}), Error) << "nothing is left";
}

TEST(Stop, TextIsGivenAsSoonAsNoStopCanBeginInIt) {
  const CharTokenizer letters = CharTokenizer::of_text("abcdef");
  StopFinder finder(letters, {"cde", "ff"});
  finder.read(letters.encode("abcde"));
  std::string given;
  std::vector<std::string> pieces;
  for (const int64_t id : letters.encode("acdfcdeb")) pieces.push_back(finder.found() ? "-" : finder.put(id));
  EXPECT_EQ(pieces, (std::vector<std::string>{"a", "", "", "cd", "f", "", "", "-"}));
  EXPECT_EQ(finder.text(), "abcdeacdf");
  StopFinder other(letters, {"cde"});
  EXPECT_EQ(other.put(letters.encode("c")[0]), "");
  EXPECT_EQ(other.rest(), "c");
}

TEST(Stop, BytesThatAreNoCharacterAreReplaced) {
  const auto bytes = test::byte_tokenizer();
  const std::string r = "\ufffd";
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"a\xe2\x82\xac", "a€"}, {"a\xf0\x9f\x98", "a" + r}, {"\xe2\x82\xe2\x82 b", r + r + " b"},
           {"\xe2\x82\xff\xff\xff\xe2\x82", r + r + r + r + r}}) {
    StopFinder finder(*bytes, {"stop"});
    std::string given;
    for (const char c : text) {
      const std::string piece = finder.put(static_cast<uint8_t>(c));
      EXPECT_FALSE(find_utf8_fault(piece));
      given += piece;
    }
    given += finder.rest();
    EXPECT_EQ(given, expected);
    EXPECT_EQ(finder.text(), expected);
  }
}

TEST(Beams, OfAModelThatLooksBackOnOneToken) {
  const CharTokenizer tokenizer = CharTokenizer::of_items({"ab"});
  Bigram model({.vocab_size = 3, .smoothing = 0});
  // . -> a 3, b 2;  a -> b 1, a 1;  b -> . 9, a 1: the likeliest text is not the greedy one
  std::vector<int64_t> from, to;
  for (const auto& [a, b, times] : std::vector<std::array<int64_t, 3>>{{0, 1, 3}, {0, 2, 2}, {1, 2, 1}, {1, 1, 1}, {2, 0, 9}, {2, 1, 1}})
    for (int64_t i = 0; i < times; ++i) from.push_back(a), to.push_back(b);
  model.count(Tensor::from<int64_t>(from, {static_cast<int64_t>(from.size()), 1}), Tensor::from<int64_t>(to, {static_cast<int64_t>(to.size())}));
  GenerationConfig c{.max_new_tokens = 6, .num_beams = 3, .length_penalty = 0, .num_return_sequences = 2};
  const std::vector<ScoredText> texts = generate_beams(model, tokenizer, "", c);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0].text, "b");
  EXPECT_NEAR(texts[0].score, std::log(0.4 * 0.9), 1e-6);
  EXPECT_EQ(texts[1].text, "ab");
  EXPECT_NEAR(texts[1].score, std::log(0.6 * 0.5 * 0.9), 1e-6);
  c.stop = {"b"};
  EXPECT_EQ(generate_beams(model, tokenizer, "", c)[0].text, "") << "ended by b, which is left out";
  EXPECT_THROW(search_beams(model, std::vector<int64_t>{0}, {.num_beams = 2}), Error) << "without a length";
}

}  // namespace
}  // namespace grim
