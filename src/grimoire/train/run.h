// Training runs: a run folder is made, filled, interrupted, resumed and read back.
//
//   DIR/config.json         the resolved RunConfig
//   DIR/metrics.jsonl       one JSON object an event
//   DIR/checkpoints/step-N  everything to go on from step N: weights, optimiser, random numbers, data order
//   DIR/best/step-N         the weights with the lowest dev loss, in the Hugging Face layout
//   DIR/data.txt            the data, when they came through a pipe
//   DIR/report.html, samples.txt   what became of it
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grimoire/data/corpus.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/events.h"
#include "grimoire/train/run_config.h"

namespace grim {

// `config` is filled in with the defaults it leaves open. throws: input, usage, resource; numeric when a loss or gradient is not
// finite, naming the first bad tensor, or the loss ends far above that of guessing: the last good checkpoint stands and is named.
RunResult train(RunConfig config, RunEvents& events);
RunResult train(RunConfig config, const TaskSource& source, RunEvents& events);  // of config.open_task(), read already

bool holds_run(const std::string& folder);  // with a whole checkpoint: train refuses it

enum class Recompute { as_before, yes, no };

// Goes on from the newest valid checkpoint in the folder; ends with the same bits as a run that was never stopped.
// throws: as train; input, data, split or tokenizer that are not the checkpoint's; usage, a goal that lies behind it.
struct ResumeChanges {
  int64_t steps = -1;           // a new goal, kept from now on; -1 keeps the old one
  int64_t threads = -1;         // may differ without changing a bit
  Recompute recompute = Recompute::as_before;  // RunConfig::recompute from now on; changes no bit
  bool accept_changes = false;  // of data and split: the symbols stay numbered as in the checkpoint, and what is best is judged anew
};
RunResult resume(const std::string& folder, RunEvents& events, const ResumeChanges& changes = {});

bool is_run_folder(const std::string& folder);  // it keeps checkpoints or best weights, whole or not

// The best weights of a run folder, or the newest when it has no best yet; the folder itself when it is a model's.
// throws: input, there is no whole model in it
std::string model_folder_in(const std::string& folder);

// A trained model with its tokenizer, from a run folder (its best weights) or a checkpoint folder.
struct TrainedModel {
  std::unique_ptr<CausalLm> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::optional<int64_t> begin;  // as ModelFolder has them
  std::vector<int64_t> ends;
  std::string path;  // of the checkpoint
  Json about = {};       // as its manifest has it: what it was trained on (provenance.h); null where nothing is known
  Json generation = {};  // its generation_config.json; null where there is none
};
TrainedModel load_trained(const std::string& folder);

struct TrainedEncoder {
  std::unique_ptr<TextEncoder> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::string path;
  Json about = {};
};
TrainedEncoder load_encoder(const std::string& folder);

struct TrainedSeq2Seq {
  std::unique_ptr<Seq2Seq> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<int64_t> ends;
  std::string path;
  Json about = {}, generation = {};
};
// What it writes from `source`, as a language model that writes behind nothing. `trained` must outlive it. throws: input, as Tokenizer::encode_with
TrainedModel writer_from(const TrainedSeq2Seq& trained, const std::string& source);
using AnyTrained = std::variant<TrainedModel, TrainedEncoder, TrainedSeq2Seq>;
AnyTrained load_any(const std::string& folder);  // whichever of them it holds
const TrainedModel& language_model_in(const AnyTrained& any);  // throws: input, another kind of model

// The model that `config.init_from` holds becomes that of the run, in its shape. throws: input, as load_trained
void take_shape_of_init(RunConfig& config);

}  // namespace grim
