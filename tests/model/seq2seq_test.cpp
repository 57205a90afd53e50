// Small encoder-decoders written by transformers (tools/golden/seq2seq.py) give the same hidden states, logits, loss, gradients and greedy text here.

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/bart.h"
#include "grimoire/model/conv_seq2seq.h"
#include "grimoire/model/register.h"
#include "grimoire/model/rnn_attention.h"
#include "grimoire/model/rnn_seq2seq.h"
#include "grimoire/model/t5.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

// "seq2seq/bart", "plain_seq2seq/lstm": of each of these folders.
std::vector<std::string> golden_in(std::initializer_list<std::string> folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders)
    for (const std::string& name : test::golden_names(kGolden + folder)) names.push_back(folder + "/" + name);
  return names;
}
const auto kName = [](const auto& info) { return info.param.substr(info.param.find('/') + 1); };

TokenBatch batch_of(const Tensor& ids, const Tensor& lengths) {
  TokenBatch b{ids, Tensor::zeros({ids.numel()}, Dtype::i64), {0}};
  for (const int64_t n : lengths.to_vector<int64_t>()) b.offsets.push_back(b.offsets.back() + n);
  return b;
}

class Seq2SeqGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string path = kGolden + GetParam();
    Rng rng(RngMode::philox, 1);
    std::unique_ptr<Pretrained> model = build_model(Json::parse(read_file(path + ".json")), rng);
    model_ = capability_in<Seq2Seq>(model);
    ASSERT_TRUE(model_);
    std::vector<NamedTensor> weights;
    for (const auto& [name, tensor] : read_safetensors(path + ".safetensors"))
      if (name.starts_with("weight.")) weights.push_back({name.substr(7), tensor});
      else golden_[name] = tensor;
    model_->load(weights);
    sources_ = batch_of(golden_.at("sources"), golden_.at("source_lengths"));
    targets_ = batch_of(golden_.at("targets"), golden_.at("target_lengths"));
  }
  std::unique_ptr<Seq2Seq> model_;
  TensorMap golden_;
  TokenBatch sources_, targets_;
};

class Seq2SeqStates : public Seq2SeqGolden {};
TEST_P(Seq2SeqStates, SameHiddenStates) {
  std::map<std::string, std::vector<Tensor>> seen;
  std::set<const Module*> embeddings;  // what gives the stream before the first block
  const bool t5 = dynamic_cast<const T5*>(model_.get()) != nullptr;
  model_->visit_modules([&](const std::string& name, Module& m) {
    if (t5 ? name == "shared" : name == "model.encoder" || name == "model.decoder") embeddings.insert(&m);
  });
  std::string side = "encoder";
  const Tap tap([&](const Site& site, const Tensor& y) {
    if (embeddings.contains(&site.layer) || site.kind == SiteKind::residual) seen[side].push_back(y);
    return Tensor();
  });
  Pass pass;
  const SourceMemory memory = model_->read(sources_, pass);
  seen["encoder"].back() = memory.hidden;  // after the last norm
  side = "decoder";
  const Tensor written = model_->written(shifted_right(targets_, model_->start()), memory, pass);
  seen["decoder"].back() = written;
  for (const char* which : {"encoder", "decoder"})
    for (size_t i = 0; i < seen[which].size(); ++i) {
      const Tensor want = golden_.at(str("{}.{}", which, i));
      EXPECT_LT(test::relative_difference(reshape(seen[which][i], {-1, want.dim(1)}), want), 1e-5) << which << i;
    }
  for (const char* which : {"encoder", "decoder"}) EXPECT_FALSE(golden_.contains(str("{}.{}", which, seen[which].size()))) << "all of them";
}

INSTANTIATE_TEST_SUITE_P(Golden, Seq2SeqStates, ::testing::ValuesIn(golden_in({"seq2seq"})), kName);

TEST_P(Seq2SeqGolden, SameLogitsLossAndGradients) {
  Pass pass;
  const SourceMemory memory = model_->read(sources_, pass);
  EXPECT_LT(test::relative_difference(model_->logits(model_->written(shifted_right(targets_, model_->start()), memory, pass)), golden_.at("logits")), 1e-5);
  const Tensor loss = model_->loss(sources_, targets_, pass);
  EXPECT_NEAR(loss.item(), golden_.at("loss").item(), 1e-5);
  backward(loss);
  test::expect_gradients(*model_, golden_);
}

TEST_P(Seq2SeqGolden, SameGreedyTextWithACacheAndWithout) {
  const NoGrad no_grad;
  const Tensor want = golden_.at("greedy");  // (2, steps)
  const auto cache = model_->decode_cache();
  Pass whole, cached = Pass::decode(*cache);
  SourceMemory memory = model_->read(sources_, whole);
  const SourceMemory bare = memory;
  model_->prepare(memory);
  std::vector<std::vector<int64_t>> texts(2, {model_->start()});
  for (int64_t step = 0; step < want.dim(1); ++step) {
    const TokenBatch all = TokenBatch::of(texts), last = TokenBatch::of(std::vector<std::vector<int64_t>>{{texts[0].back()}, {texts[1].back()}});
    const Tensor a = model_->written(all, bare, whole), b = model_->written(last, memory, cached);
    const int64_t T = step + 1;
    for (int64_t i = 0; i < 2; ++i)
      EXPECT_LT(test::relative_difference(slice(b, 0, i, i + 1), slice(a, 0, (i + 1) * T - 1, (i + 1) * T)), 1e-5) << "with a cache as without";
    const std::vector<int64_t> next = argmax(model_->logits(b), 1).to_vector<int64_t>();
    for (int64_t i = 0; i < 2; ++i) {
      ASSERT_EQ(static_cast<double>(next[static_cast<size_t>(i)]), want.at({i, step})) << "step " << step;
      texts[static_cast<size_t>(i)].push_back(next[static_cast<size_t>(i)]);
    }
  }
}

// Several targets of one source side by side, as beams are, give what each gives alone.
TEST_P(Seq2SeqGolden, WritesFromOneSourceAsALanguageModelDoes) {
  const NoGrad no_grad;
  const int64_t length = golden_.at("target_lengths").to_vector<int64_t>()[0];
  const TokenBatch source = batch_of(slice(sources_.ids, 0, 0, sources_.offsets[1]), Tensor::from<int64_t>(std::vector<int64_t>{sources_.offsets[1]}, {1}));
  const auto lm = writer_from(*model_, source);
  const Tensor read = slice(shifted_right(targets_, model_->start()).ids, 0, 0, length), other = Tensor::full({length}, 5, Dtype::i64);
  Pass pass;
  const Tensor both = lm->logits(stack({other, read}, 0), pass);
  EXPECT_LT(test::relative_difference(select(both, 0, 1), slice(golden_.at("logits"), 0, 0, length)), 1e-5);
  const auto cache = lm->decode_cache();
  Pass decode = Pass::decode(*cache);
  lm->logits(stack({slice(other, 0, 0, 2), slice(read, 0, 0, 2)}, 0), decode);
  const Tensor third = lm->logits(stack({slice(other, 0, 2, 3), slice(read, 0, 2, 3)}, 0), decode);  // (2, 1, V)
  EXPECT_LT(test::relative_difference(select(third, 1, 0), select(both, 1, 2)), 1e-5);
}

TEST_P(Seq2SeqGolden, CheckpointAndConfigComeBackAsTheyWere) {
  Rng rng(RngMode::philox, 2);
  const std::unique_ptr<Pretrained> other = build_model(model_->config(), rng);
  other->load(model_->checkpoint());
  EXPECT_EQ(parameter_count(model_->config()), static_cast<double>(model_->parameter_count()));
  Pass pass;
  EXPECT_EQ(model_->loss(sources_, targets_, pass).item(), dynamic_cast<Seq2Seq&>(*other).loss(sources_, targets_, pass).item());
}

INSTANTIATE_TEST_SUITE_P(Golden, Seq2SeqGolden, ::testing::ValuesIn(golden_in({"seq2seq", "plain_seq2seq"})), kName);

class Seq2SeqSteps : public Seq2SeqGolden {};
TEST_P(Seq2SeqSteps, SameTenAdamwLosses) {
  test::expect_ten_steps(*model_, golden_, [&] {
    Pass pass;
    return model_->loss(sources_, targets_, pass);
  });
}
INSTANTIATE_TEST_SUITE_P(Golden, Seq2SeqSteps, ::testing::Values("seq2seq/t5", "seq2seq/bart", "seq2seq/bart_uneven", "seq2seq/transformer"),
                         kName);

class T5Golden : public Seq2SeqGolden {};
TEST_P(T5Golden, SameBuckets) {
  for (int64_t d = -300; d <= 300; ++d) {
    EXPECT_EQ(static_cast<double>(t5_bucket(d, Sight::both, 32, 128)), golden_.at("buckets.both").at({d + 300})) << d;
    EXPECT_EQ(static_cast<double>(t5_bucket(d, Sight::before, 32, 128)), golden_.at("buckets.before").at({d + 300})) << d;
  }
}
INSTANTIATE_TEST_SUITE_P(Golden, T5Golden, ::testing::Values("seq2seq/t5"), kName);

// Raffel et al. 2020, table 14: about 60 and 220 million; transformers counts these.
TEST(T5, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ(T5Config().parameter_count(), 60'506'624);
  EXPECT_EQ((T5Config{.n_embd = 768, .n_head = 12, .n_inner = 3072, .n_layer = 12}.parameter_count()), 222'903'552);
}

// Transformers counts these; Lewis et al. 2019 say about 140 and 400 million, Vaswani et al. 2017, table 3, 65 million.
TEST(Bart, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ(BartConfig().parameter_count(), 139'420'416);
  EXPECT_EQ((BartConfig{.n_embd = 1024, .n_layer = 12, .n_head = 16}.parameter_count()), 406'291'456);
  EXPECT_EQ((BartConfig{.vocab_size = 37000, .n_embd = 512, .n_head = 8, .kind = BartKind::marian}.parameter_count()), 63'082'496);
}

class MarianGolden : public Seq2SeqGolden {};
// What a folder of the model alone, without "model." before the names, and without what need not be stored, gives; and what is worked out of it here.
TEST_P(MarianGolden, ComesBackWithoutWhatNeedNotBeStored) {
  std::vector<NamedTensor> bare;
  for (NamedTensor& t : model_->checkpoint()) {
    if (t.name.ends_with("embed_positions.weight")) {
      EXPECT_LT(test::relative_difference(sinusoids(16, 12), t.tensor), 1e-7) << "as transformers stored it";
      continue;
    }
    if (t.name == "final_logits_bias") continue;
    t.name = t.name.substr(std::string("model.").size());
    if (t.name == "shared.weight") bare.push_back({"decoder.embed_tokens.weight", t.tensor});
    bare.push_back(t);
  }
  Rng rng(RngMode::philox, 2);
  const std::unique_ptr<Pretrained> other = build_model(model_->config(), rng);
  other->load(bare);
  Pass pass;
  EXPECT_NEAR(dynamic_cast<Seq2Seq&>(*other).loss(sources_, targets_, pass).item(), model_->loss(sources_, targets_, pass).item(), 1e-6);
  bare.push_back({"encoder.embed_tokens.weight", Tensor::zeros({23, 12})});
  EXPECT_THROW(other->load(bare), Error) << "another table for the sources";
}
INSTANTIATE_TEST_SUITE_P(Golden, MarianGolden, ::testing::Values("seq2seq/transformer"), kName);

TEST(Bart, SaysWhatAConfigMeansThatIsNotHere) {
  const auto message = [](const char* key, const Json& value) {
    Json json = BartConfig{.vocab_size = 5, .context = 4, .n_embd = 8, .n_layer = 1, .n_head = 2, .pad_token = 0, .kind = BartKind::marian}.to_json();
    json.set(key, value);
    try {
      Rng rng(RngMode::philox, 1);
      build_model(json, rng);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << key;
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(message("vocab_size", 5), "");
  EXPECT_NE(message("decoder_vocab_size", 6).find("only one vocabulary for both sides is supported"), std::string::npos);
  for (const auto& [key, value] : {std::pair<const char*, Json>("share_encoder_decoder_embeddings", false), {"normalize_before", true},
                                   {"normalize_embedding", true}, {"static_position_embeddings", false}, {"encoder_attention_heads", 3},
                                   {"activation_function", "glu"}, {"pad_token_id", 5}, {"decoder_start_token_id", -1}, {"sinusoids", true},
                                   {"architectures", Json::array({"MarianForCausalLM"})}})
    EXPECT_NE(message(key, value), "") << key;
}

TEST(Bart, ReadsNoFurtherThanItsPositions) {
  Rng rng(RngMode::philox, 1);
  const Bart model({.vocab_size = 5, .context = 3, .n_embd = 8, .n_layer = 1, .n_head = 2}, rng);
  const std::vector<std::vector<int64_t>> fits = {{1, 2, 3}}, longer = {{1, 2, 3, 4}};
  Pass pass;
  const SourceMemory memory = model.read(TokenBatch::of(fits), pass);
  EXPECT_THROW(model.read(TokenBatch::of(longer), pass), Error);
  EXPECT_THROW(model.written(TokenBatch::of(longer), memory, pass), Error);
}

TEST(Bart, TakesTheTokensOfANewVocabulary) {
  Rng rng(RngMode::philox, 1);
  Bart bart({.vocab_size = 9, .context = 4, .n_embd = 8, .n_layer = 1, .n_head = 2}, rng);
  bart.take_tokens({.end = 7, .begin = 6, .pad = 5});
  EXPECT_EQ(bart.start(), 7) << "BART writes behind an end";
  EXPECT_EQ(bart.config().integer("pad_token_id"), 5);
  EXPECT_EQ(bart.config().integer("bos_token_id"), 6);
  Bart marian({.vocab_size = 9, .context = 4, .n_embd = 8, .n_layer = 1, .n_head = 2, .kind = BartKind::marian}, rng);
  marian.take_tokens({.end = 7, .begin = 6, .pad = 5});
  EXPECT_EQ(marian.start(), 5) << "Marian behind the pad token";
  marian.take_tokens({.end = 7});
  EXPECT_EQ(marian.start(), 7);
}

// Those of pytorch-seq2seq's notebooks on Multi30k, German to English, with their 7853 and 5893 words.
constexpr int64_t kGerman = 7853, kEnglish = 5893;
TEST(RnnSeq2Seq, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ((RnnSeq2SeqConfig{.vocab_size = kEnglish, .source_vocab_size = kGerman}.parameter_count()), 13'898'501) << "2 layers of lstm";
  EXPECT_EQ((RnnSeq2SeqConfig{.cell = Cell::gru, .vocab_size = kEnglish, .source_vocab_size = kGerman, .n_layer = 1, .every_step = true}.parameter_count()),
            14'219'781) << "the vector at every step, in what is read and what is written out of";
  EXPECT_EQ((RnnAttentionConfig{.vocab_size = kEnglish, .source_vocab_size = kGerman}.parameter_count()), 20'518'405);
  EXPECT_EQ((ConvSeq2SeqConfig{.vocab_size = kEnglish, .source_vocab_size = kGerman, .context = 100}.parameter_count()), 37'351'173);
  // Theirs has a table of its own for the sources and an output layer of its own, with a bias; ours one table for all three, and a norm behind each embedding.
  const BartConfig transformer{.vocab_size = kEnglish, .context = 98, .n_embd = 256, .n_layer = 3, .n_head = 8, .n_inner = 512};
  EXPECT_EQ(transformer.parameter_count() + kGerman * 256 + 256 * kEnglish + kEnglish - 2 * 2 * 256, 9'038'341);
}

// The weights of what looked at the source: alignments, shown to whoever wants them.
class AlignmentGolden : public Seq2SeqGolden {};
TEST_P(AlignmentGolden, SameAlignment) {
  const NoGrad no_grad;
  std::vector<Tensor> rows;
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      if (site.kind == SiteKind::attention) rows.push_back(y);
      return Tensor();
    }, Tap::Attention::weights);
    const std::vector<std::vector<int64_t>> source = {slice(sources_.ids, 0, 0, sources_.offsets[1]).to_vector<int64_t>()},
                                            target = {slice(targets_.ids, 0, 0, targets_.offsets[1]).to_vector<int64_t>()};
    Pass pass;
    model_->written(shifted_right(TokenBatch::of(target), model_->start()), model_->read(TokenBatch::of(source), pass), pass);
  }
  const Tensor want = golden_.at("alignment");  // (T, S)
  const Tensor got = rows.back().dim(2) == 1 ? concat(rows, 2) : rows.back();  // of a step at a time, or of the last layer
  EXPECT_LT(test::relative_difference(reshape(got, want.shape()), want), 1e-5);
}
INSTANTIATE_TEST_SUITE_P(Golden, AlignmentGolden,
                         ::testing::Values("plain_seq2seq/additive", "plain_seq2seq/additive_lstm", "plain_seq2seq/dot", "plain_seq2seq/general",
                                           "plain_seq2seq/concat", "plain_seq2seq/conv", "plain_seq2seq/conv_wide"),
                         kName);

TEST(RnnSeq2Seq, SaysWhatCannotBe) {
  EXPECT_THROW((RnnSeq2SeqConfig{.cell = Cell::lstm, .n_layer = 1, .every_step = true}.check()), Error);
  EXPECT_THROW((RnnSeq2SeqConfig{.cell = Cell::gru, .n_layer = 2, .every_step = true}.check()), Error);
  EXPECT_THROW((RnnAttentionConfig{.attention = AlignmentScore::dot, .n_hidden = 8, .n_encoder_hidden = 8}.check()), Error);
  EXPECT_THROW((ConvSeq2SeqConfig{.kernel_size = 4}.check()), Error);
  Json json = RnnSeq2SeqConfig{.vocab_size = 5}.to_json();
  for (const auto& [key, value] : {std::pair<const char*, Json>("cell", "gpu"), {"pad_token_id", 5}, {"is_encoder_decoder", false}, {"n_heads", 2}}) {
    Json wrong = json;
    wrong.set(key, value);
    EXPECT_THROW(RnnSeq2SeqConfig::from_json(wrong), Error) << key;
  }
}

TEST(Register, ATransformerIsWrittenAsMarianAndReadAsOne) {
  EXPECT_EQ(architecture_of(architecture_named("transformer").defaults()->to_json()).name, "marian");
}

TEST(Seq2Seq, SaysWhatIsWrong) {
  Rng rng(RngMode::philox, 1);
  const T5 model({.vocab_size = 5, .n_embd = 8, .head_size = 4, .n_head = 2, .n_inner = 8, .n_layer = 1}, rng);
  std::vector<std::vector<int64_t>> two = {{1, 2}, {3}};
  const std::vector<std::vector<int64_t>> one = {{1}}, beyond = {{5}}, empty = {{1}, {}};
  Pass pass;
  const SourceMemory memory = model.read(TokenBatch::of(two), pass);
  EXPECT_THROW(model.written(TokenBatch::of(one), memory, pass), Error) << "one target of two sources";
  EXPECT_THROW(writer_from(model, TokenBatch{Tensor::zeros({0}, Dtype::i64), Tensor::zeros({0}, Dtype::i64), {0}}), Error) << "no source";
  const NoGrad no_grad;
  const std::unique_ptr<DecodeCache> cache = model.decode_cache();
  Pass decode = Pass::decode(*cache);
  model.written(TokenBatch::of(two = {{1}, {3}}), memory, decode);
  EXPECT_THROW(model.written(TokenBatch::of(one), memory, decode), Error) << "another number than began";
  cache->reorder(std::vector<int64_t>{1, 0});
  EXPECT_THROW(model.written(TokenBatch::of(two), memory, decode), Error) << "not in the order of their sources";
  EXPECT_THROW(model.read(TokenBatch::of(beyond), pass), Error);
  EXPECT_THROW(shifted_right(TokenBatch::of(empty), 0), Error);
  EXPECT_THROW(T5Config::from_json(Json::object({{"model_type", "t5"}, {"vocab_size", 5}, {"d_model", 8}, {"d_kv", 4}, {"d_ff", 8}, {"num_heads", 2},
                                                 {"num_layers", 1}, {"feed_forward_proj", "gated-glu"}})), Error);
}

}  // namespace
}  // namespace grim
