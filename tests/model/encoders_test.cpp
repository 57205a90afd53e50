// Small encoders written by transformers (tools/golden/encoders.py) give the same hidden states, outputs, losses and gradients here.

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/data/windows.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/bert.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "support/golden_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

const std::string kFolder = std::string(GRIM_SOURCE_DIR) + "/tests/golden/encoders/";

class Encoders : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string path = kFolder + GetParam();
    Rng rng(RngMode::philox, 1);
    std::unique_ptr<Pretrained> model = build_model(Json::parse(read_file(path + ".json")), rng);
    ASSERT_TRUE(dynamic_cast<TextEncoder*>(model.get()));
    model_.reset(static_cast<TextEncoder*>(model.release()));
    std::vector<NamedTensor> weights;
    for (const auto& [name, tensor] : read_safetensors(path + ".safetensors"))
      if (name.starts_with("weight.")) weights.push_back({name.substr(7), tensor});
      else golden_[name] = tensor;
    model_->load(weights);
    std::vector<Tensor> ids, types;
    texts_.offsets = {0};
    const std::vector<int64_t> lengths = golden_.at("lengths").to_vector<int64_t>();
    for (size_t i = 0; i < lengths.size(); ++i) {
      const auto row = [&](const char* of) { return slice(select(golden_.at(of), 0, static_cast<int64_t>(i)), 0, 0, lengths[i]); };
      ids.push_back(row("ids"));
      types.push_back(row("types"));
      texts_.offsets.push_back(texts_.offsets.back() + lengths[i]);
    }
    texts_.ids = concat(ids, 0);
    texts_.types = concat(types, 0);
  }

  // (B, T, ...) without the padding.
  Tensor packed(const Tensor& x) const {
    std::vector<Tensor> rows;
    for (int64_t i = 0; i < texts_.texts(); ++i)
      rows.push_back(slice(select(x, 0, i), 0, 0, texts_.offsets[static_cast<size_t>(i) + 1] - texts_.offsets[static_cast<size_t>(i)]));
    return concat(rows, 0);
  }

  // What the head gives, by the names that transformers has for it.
  std::vector<std::pair<std::string, Tensor>> outputs() const {
    Pass pass;
    const Tensor hidden = model_->hidden(texts_, pass);
    std::vector<std::pair<std::string, Tensor>> all;
    const bool trains = golden_.contains("targets");
    const char* const words = golden_.contains("prediction_logits") ? "prediction_logits" : "logits";
    if (model_->has(EncoderPart::masked)) all.emplace_back(words, model_->masked_logits(hidden));
    const char* const next = trains ? "seq_relationship_logits" : "logits";
    if (model_->has(EncoderPart::next_sentence)) all.emplace_back(next, model_->next_sentence_logits(hidden, texts_));
    if (model_->has(EncoderPart::labels)) all.emplace_back("logits", model_->labels(hidden, texts_, pass));
    if (model_->has(EncoderPart::token_labels)) {
      const Tensor y = model_->token_labels(hidden, pass);
      if (!golden_.contains("start_logits")) all.emplace_back("logits", y);
      else for (const int i : {0, 1}) all.emplace_back(i == 0 ? "start_logits" : "end_logits", select(y, 1, i));
    }
    if (!all.empty()) return all;
    all.emplace_back("last_hidden_state", hidden);
    if (model_->has(EncoderPart::pooler)) all.emplace_back("pooler_output", model_->pooled(hidden, texts_));
    return all;
  }

  Tensor loss() const {
    if (!golden_.contains("targets")) {
      Tensor total;
      for (const auto& [name, y] : outputs()) {
        const Tensor probe = golden_.at("probe." + name);
        const Tensor part = sum(reshape(y, {-1}) * reshape(probe, {-1}));
        total = total.defined() ? total + part : part;
      }
      return total;
    }
    Pass pass;
    const Tensor hidden = model_->hidden(texts_, pass), targets = packed(golden_.at("targets"));
    std::vector<int64_t> places, asked;  // the masked places alone go through the head
    for (int64_t i = 0; i < targets.numel(); ++i)
      if (targets.data<int64_t>()[i] != -100) places.push_back(i), asked.push_back(targets.data<int64_t>()[i]);
    const Tensor words = model_->masked_loss(index_select(hidden, 0, test::ids_of(places)), test::ids_of(asked));
    return model_->has(EncoderPart::next_sentence) ? words + cross_entropy(model_->next_sentence_logits(hidden, texts_), golden_.at("next")) : words;
  }

  std::unique_ptr<TextEncoder> model_;
  TensorMap golden_;
  TokenBatch texts_;
};

TEST_P(Encoders, SameHiddenStates) {
  std::vector<Tensor> seen;
  {
    std::string widened;
    model_->visit_modules([&](const std::string& path, Module&) {
      if (path.ends_with("embeddings_project")) widened = path;
    });
    const Tap tap([&](const Site& site, const Tensor& y) {
      std::string path;
      model_->visit_modules([&](const std::string& p, Module& m) {
        if (&m == &site.layer) path = p;
      });
      if (site.kind == SiteKind::residual || path == widened || (widened.empty() && (path == "embeddings" || path.ends_with(".embeddings")))) seen.push_back(y);
      return Tensor();
    });
    Pass pass;
    model_->hidden(texts_, pass);
  }
  ASSERT_TRUE(golden_.contains(str("hidden.{}", seen.size() - 1)) && !golden_.contains(str("hidden.{}", seen.size())));
  for (size_t i = 0; i < seen.size(); ++i) {
    const Tensor want = golden_.at(str("hidden.{}", i)), got = reshape(seen[i], {texts_.tokens(), -1});
    if (i == 0 && want.dim(1) != got.dim(1)) continue;  // before it is widened
    EXPECT_LT(test::relative_difference(got, want), 1e-5) << i;
  }
}

TEST_P(Encoders, SameOutputsLossAndGradients) {
  for (const auto& [name, y] : outputs())
    EXPECT_LT(test::relative_difference(reshape(y, {-1}), reshape(golden_.at(name), {-1})), 1e-5) << name;
  const Tensor all = loss();
  EXPECT_NEAR(all.item(), golden_.at("loss").item(), 1e-5 * std::max(1.0, std::abs(golden_.at("loss").item())));
  backward(all);
  test::expect_gradients(*model_, golden_);
}

TEST_P(Encoders, ATextAmongOthersIsThatOfTheTextAlone) {
  Pass pass;
  const Tensor all = model_->hidden(texts_, pass);
  const int64_t from = texts_.offsets[1], to = texts_.offsets[2];
  const TokenBatch alone{slice(texts_.ids, 0, from, to), slice(texts_.types, 0, from, to), {0, to - from}};
  EXPECT_LT(test::relative_difference(slice(all, 0, from, to), model_->hidden(alone, pass)), 1e-6);
}

TEST_P(Encoders, CheckpointAndConfigComeBackAsTheyWere) {
  Rng rng(RngMode::philox, 2);
  const std::unique_ptr<Pretrained> other = build_model(model_->config(), rng);
  other->load(model_->checkpoint());
  EXPECT_EQ(parameter_count(model_->config()), static_cast<double>(model_->parameter_count()));
  Pass pass;
  EXPECT_TRUE(test::bit_equal(model_->hidden(texts_, pass), dynamic_cast<TextEncoder&>(*other).hidden(texts_, pass)));
}

TEST(Bert, HasThePublishedNumberOfParameters) {
  BertConfig base;
  base.head = BertHead::none;
  EXPECT_EQ(base.parameter_count(), 109'482'240);
}

// A folder with the body's name before its parts, as one with a head has it, and of old names; and one without a pooler.
TEST(Bert, TakesTheNamesOfOtherFolders) {
  Rng rng(RngMode::philox, 3);
  const Json bare = Json::object({{"model_type", "bert"}, {"architectures", Json::array({"BertModel"})}, {"vocab_size", 5}, {"max_position_embeddings", 4},
                                  {"hidden_size", 8}, {"intermediate_size", 12}, {"num_hidden_layers", 1}, {"num_attention_heads", 4}});
  Json headed = bare;
  headed.set("architectures", Json::array({"BertForPreTraining"}));
  const auto encoder = [&](const Json& config) {
    std::unique_ptr<Pretrained> model = build_model(config, rng);
    return std::unique_ptr<TextEncoder>(dynamic_cast<TextEncoder*>(model.release()));
  };
  const auto whole = encoder(headed), body = encoder(bare), again = encoder(headed), other = encoder(bare);
  std::vector<NamedTensor> old = whole->checkpoint();
  for (NamedTensor& t : old)
    for (const auto& [now, then] : {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}})
      if (t.name.ends_with(now)) t.name.replace(t.name.size() - std::string_view(now).size(), std::string::npos, then);
  body->load(old);
  const TokenBatch texts = TokenBatch::of(std::vector<std::vector<int64_t>>{{1, 2, 3}});
  Pass pass;
  EXPECT_TRUE(test::bit_equal(body->hidden(texts, pass), whole->hidden(texts, pass)));
  EXPECT_EQ(body->checkpoint()[0].name, "embeddings.word_embeddings.weight");
  std::vector<NamedTensor> without = body->checkpoint();
  std::erase_if(without, [](const NamedTensor& t) { return t.name.starts_with("pooler."); });
  other->load(without);
  EXPECT_TRUE(body->has(EncoderPart::pooler) && !other->has(EncoderPart::pooler));
  EXPECT_EQ(other->checkpoint().size(), without.size());
  EXPECT_THROW(other->pooled(other->hidden(texts, pass), texts), Error);
  EXPECT_THROW(again->load(without), Error) << "the heads are missing";
  EXPECT_THROW(whole->hidden(TokenBatch::of(std::vector<std::vector<int64_t>>{{1, 2, 3, 4, 1}}), pass), Error) << "beyond the context";
  EXPECT_THROW(whole->hidden(TokenBatch::of(std::vector<std::vector<int64_t>>{{1, 5}}), pass), Error) << "beyond the vocabulary";
}

INSTANTIATE_TEST_SUITE_P(Golden, Encoders, ::testing::ValuesIn(test::golden_names(kFolder)), [](const auto& info) { return info.param; });

class BertPretraining : public Encoders {};
TEST_P(BertPretraining, SameTenAdamwLosses) {
  test::expect_ten_steps(*model_, golden_, [&] { return loss(); });
}
INSTANTIATE_TEST_SUITE_P(Golden, BertPretraining, ::testing::Values("bert_pretraining"));

}  // namespace
}  // namespace grim
