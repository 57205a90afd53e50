#include "grimoire/model/language_model.h"

#include <algorithm>

#include "grimoire/model/bigram.h"
#include "grimoire/model/bow.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/neural_bigram.h"
#include "grimoire/model/recurrent.h"
#include "grimoire/model/wavenet.h"
#include "grimoire/model/weights.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/view.h"

namespace grim {

Tensor LanguageModel::loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const {
  const Tensor y = logits(tokens, pass);
  return cross_entropy(reshape(y, {-1, vocabulary()}), reshape(targets, {-1}), {.ignore_index = kIgnore});
}

std::unique_ptr<DecodeCache> LanguageModel::decode_cache() const { return nullptr; }

std::vector<NamedTensor> LanguageModel::checkpoint() const {
  std::vector<NamedTensor> tensors;
  visit([&](const std::string& name, const Tensor& tensor, Kind) { tensors.push_back({name, tensor}); });
  return tensors;
}

void LanguageModel::load(const std::vector<NamedTensor>& tensors, const std::string& source) { assign(*this, tensors, source); }

const std::vector<std::string>& language_model_types() {
  static const std::vector<std::string> types = {"bigram", "neural-bigram", "mlp", "bow", "rnn", "gru", "lstm", "wavenet", "gpt2"};
  return types;
}

namespace {

struct Added {
  Reading reading;
  ModelBuilder build;
};
std::map<std::string, Added, std::less<>>& added_models() {
  static std::map<std::string, Added, std::less<>> models;
  return models;
}

}  // namespace

void add_language_model(const std::string& model_type, Reading reading, ModelBuilder build) {
  const std::vector<std::string>& own = language_model_types();
  const bool taken = model_type.empty() || std::find(own.begin(), own.end(), model_type) != own.end() || added_models().contains(model_type);
  GRIM_CHECK(!taken, argument, "model", "model_type '{}' is taken: expected a new name", model_type);
  added_models()[model_type] = {reading, std::move(build)};
}

std::map<std::string, Reading> added_language_models() {
  std::map<std::string, Reading> found;
  for (const auto& [name, added] : added_models()) found[name] = added.reading;
  return found;
}

std::unique_ptr<LanguageModel> make_language_model(const Json& config, Rng& rng) {
  const std::string type = config.text("model_type");
  if (const auto found = added_models().find(type); found != added_models().end()) return found->second.build(config, rng);
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
