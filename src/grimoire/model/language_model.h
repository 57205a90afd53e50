// What every character or token language model answers to. One architecture per file pair; this room knows nothing of training
// loops, files or the command line.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "grimoire/base/json.h"
#include "grimoire/base/rng.h"
#include "grimoire/data/windows.h"  // kIgnore
#include "grimoire/nn/decode_cache.h"
#include "grimoire/nn/module.h"

namespace grim {

// window: tokens (N, context) predict the one token that follows each row: logits (N, V).
// sequence: tokens (B, T), T <= context, predict at every place the token that follows: logits (B, T, V).
enum class Reading { window, sequence };

class LanguageModel : public Module {
 public:
  virtual Reading reading() const = 0;
  virtual int64_t context() const = 0;     // tokens it looks back on
  virtual int64_t vocabulary() const = 0;

  virtual Tensor logits(const Tensor& tokens, Pass& pass) const = 0;
  // Of the context's size, for passes that go on where the one before ended; nullptr: every pass begins anew.
  virtual std::unique_ptr<DecodeCache> decode_cache() const;
  // Mean negative log-likelihood in nats of the targets that are not kIgnore; targets (N,) or (B, T) i64.
  virtual Tensor loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const;

  // config.json: holds model_type and everything make_language_model needs to build the same shape again.
  virtual Json config() const = 0;
  // Tensors under the names and layouts that they have in model.safetensors, and back. `source` names the file in errors.
  // throws: input, a tensor that is missing, left over, of another shape, or with numbers that are NaN or infinite.
  virtual std::vector<NamedTensor> checkpoint() const;
  virtual void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights");
};

// From config.json; weights are drawn from `rng`. throws: input, unknown model_type, with the nearest known one.
std::unique_ptr<LanguageModel> make_language_model(const Json& config, Rng& rng);

// A model that this library does not hold: from now on make_language_model, and with it training, resuming and loading, know it by this
// model_type. Its config.json has vocab_size, context, n_embd, n_hidden and, where they are not 0, n_layer, n_head and dropout.
// throws: argument, the name is taken
using ModelBuilder = std::function<std::unique_ptr<LanguageModel>(const Json& config, Rng& rng)>;
void add_language_model(const std::string& model_type, Reading reading, ModelBuilder build);
std::map<std::string, Reading> added_language_models();

// Parameters of the model that this config.json describes, without building it: what sizes would cost is known before memory is
// asked for. At most 4e18; a model that counts has none, of one that was added nothing is known (0). throws: input
int64_t parameter_count(const Json& config);

// The model_types that make_language_model knows.
const std::vector<std::string>& language_model_types();

}  // namespace grim
