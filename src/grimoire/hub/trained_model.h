// A trained model with its tokenizer and whatever else its folder says, ready to be used: from a run folder (its best weights), a model folder, or a file
// that is a whole model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/nn/products.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct TrainedModel {
  std::unique_ptr<CausalLm> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::optional<int64_t> begin;  // as ModelFolder has them
  std::vector<int64_t> ends;
  std::string path;  // of the checkpoint
  Json about = {};       // as its manifest has it: what it was trained on (train/provenance.h); null where nothing is known
  Json generation = {};  // its generation_config.json; null where there is none
  WeightType products = WeightType::f32;  // the matrices it multiplies by
};
struct TrainedEncoder {
  std::unique_ptr<TextEncoder> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::string path;
  Json about = {};
  WeightType products = WeightType::f32;
};
struct TrainedSeq2Seq {
  std::unique_ptr<Seq2Seq> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<int64_t> ends;
  std::string path;
  Json about = {}, generation = {};
  WeightType products = WeightType::f32;
};
int64_t end_token(const TrainedSeq2Seq& trained);  // behind what it writes. throws: input, its tokenizer has none
using AnyTrained = std::variant<TrainedModel, TrainedEncoder, TrainedSeq2Seq>;

// Whichever of them it holds. throws: input, as model_folder_in (hub/run_folder.h) and open_model_folder; there is no tokenizer; it does nothing with texts
// `products`: as the matrices it multiplies by are held (open_model_folder). throws: argument, there are none
AnyTrained load_any(const std::string& folder, WeightType products = WeightType::f32);
// throws: input, also another kind of model
TrainedModel load_trained(const std::string& folder, WeightType products = WeightType::f32);
TrainedEncoder load_encoder(const std::string& folder, WeightType products = WeightType::f32);
const TrainedModel& language_model_in(const AnyTrained& any);

// What it writes from `sources`, as a language model that writes behind nothing (writer_from, model/seq2seq.h). `trained` must outlive it.
// throws: input, as encode_whole (data/token_batch.h)
TrainedModel writer_from(const TrainedSeq2Seq& trained, std::span<const std::string> sources);

}  // namespace grim
