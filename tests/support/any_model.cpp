#include "support/any_model.h"

#include "grimoire/model/causal_lm.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/tensor/random.h"

namespace grim::test {
namespace {

constexpr int64_t V = 31, T = 64;

std::vector<std::vector<int64_t>> texts_of(std::initializer_list<int64_t> lengths, Rng& rng) {
  std::vector<std::vector<int64_t>> texts;
  for (const int64_t n : lengths) texts.push_back(randint(4, V, {n}, rng).to_vector<int64_t>());
  return texts;
}

}  // namespace

std::vector<std::string> trained_architectures() {
  std::vector<std::string> all;
  for (const Architecture* a : architectures())
    if (!a->counts) all.push_back(a->name);
  return all;
}

std::unique_ptr<Pretrained> small_model(const Architecture& architecture, double dropout, RngMode mode) {
  const std::unique_ptr<ModelConfig> shape = architecture.defaults();
  shape->set_vocabulary(V);
  for (const auto& [size, value] : {std::pair{"context", T}, {"segment", T / 2}, {"memory", T / 2}, {"n-layer", int64_t{3}}, {"n-embd", int64_t{96}},
                                    {"n-inner", int64_t{160}}, {"n-hidden", int64_t{24}}})
    shape->set_size(size, value);
  if (const Options options = shape->options(); const Option* const option = find(options, "dropout")) option->set_json(dropout);
  Rng rng(mode, 1);
  return shape->build(rng);
}

Tensor small_loss(const Pretrained& model, Pass& pass) {
  Rng rng(RngMode::philox, 5);
  if (const auto* const lm = dynamic_cast<const CausalLm*>(&model)) {
    const Tensor x = randint(0, V, {3, lm->context()}, rng);
    return lm->loss(x, lm->reading() == Reading::window ? randint(0, V, {3}, rng) : randint(0, V, x.shape(), rng), pass);
  }
  const TokenBatch texts = TokenBatch::of(texts_of({7, T, 1, 30}, rng));
  if (const auto* const encoder = dynamic_cast<const TextEncoder*>(&model)) {
    const Tensor hidden = encoder->hidden(texts, pass);
    if (!encoder->has(EncoderPart::masked)) return cross_entropy(encoder->labels(hidden, texts, pass), randint(0, 2, {texts.texts()}, rng));
    const Tensor masked = encoder->masked_loss(hidden, randint(0, V, {texts.tokens()}, rng));
    if (!encoder->has(EncoderPart::next_sentence)) return masked;
    return masked + cross_entropy(encoder->next_sentence_logits(hidden, texts), randint(0, 2, {texts.texts()}, rng));
  }
  return dynamic_cast<const Seq2Seq&>(model).loss(texts, TokenBatch::of(texts_of({4, 20, 33, 2}, rng)), pass);
}

}  // namespace grim::test
