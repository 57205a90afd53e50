#include "grimoire/model/language_model.h"

#include <set>

#include "grimoire/model/bigram.h"
#include "grimoire/model/bow.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/neural_bigram.h"
#include "grimoire/model/recurrent.h"
#include "grimoire/model/wavenet.h"
#include "grimoire/op/loss.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/finite.h"

namespace grim {

Tensor LanguageModel::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  const Tensor y = logits(tokens, pass);
  return cross_entropy(reshape(y, {-1, vocabulary()}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

std::vector<NamedTensor> LanguageModel::checkpoint() const {
  std::vector<NamedTensor> tensors;
  visit([&](const std::string& name, const Tensor& tensor, Kind) { tensors.push_back({name, tensor}); });
  return tensors;
}

void LanguageModel::load(const std::vector<NamedTensor>& tensors, const std::string& source) {
  std::set<std::string> loaded;
  visit([&](const std::string& name, const Tensor& tensor, Kind) {
    const NamedTensor* found = nullptr;
    for (const NamedTensor& t : tensors)
      if (t.name == name) found = &t;
    GRIM_CHECK(found, input, "checkpoint", "{}: tensor '{}' is missing", source, name);
    GRIM_CHECK(found->tensor.shape() == tensor.shape(), input, "checkpoint", "{}: tensor '{}': got {}, config.json expects {}", source, name,
               found->tensor.shape(), tensor.shape());
    check_finite(*found, source);
    copy_into(tensor, found->tensor);
    loaded.insert(name);
  });
  for (const NamedTensor& t : tensors)
    GRIM_CHECK(loaded.contains(t.name), input, "checkpoint", "{}: tensor '{}' belongs to no part of this model", source, t.name);
}

const std::vector<std::string>& language_model_types() {
  static const std::vector<std::string> types = {"bigram", "neural-bigram", "mlp", "bow", "rnn", "gru", "lstm", "wavenet", "gpt2"};
  return types;
}

std::unique_ptr<LanguageModel> make_language_model(const Json& config, Rng& rng) {
  const std::string type = config.text("model_type");
  if (type == "gpt2") return std::make_unique<Gpt>(GptConfig::from_json(config), rng);
  if (type == "mlp") return std::make_unique<Mlp>(MlpConfig::from_json(config), rng);
  if (type == "wavenet") return std::make_unique<WaveNet>(WaveNetConfig::from_json(config), rng);
  if (type == "bigram") return std::make_unique<Bigram>(BigramConfig::from_json(config));
  if (type == "neural-bigram") return std::make_unique<NeuralBigram>(NeuralBigramConfig::from_json(config), rng);
  if (type == "bow") return std::make_unique<Bow>(BowConfig::from_json(config), rng);
  if (type == "rnn" || type == "gru" || type == "lstm") return std::make_unique<Recurrent>(RecurrentConfig::from_json(config), rng);
  const std::vector<std::string>& known = language_model_types();
  const std::string near = nearest(type, known.data(), known.size());
  fail(ErrorKind::input, "model", str("model_type '{}' is not known", type), near.empty() ? "" : str("did you mean '{}'?", near));
}

}  // namespace grim
