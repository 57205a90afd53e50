// Session: everything a run holds in memory, built from its RunConfig, written to checkpoints and read back.
#pragma once

#include <cmath>
#include <limits>
#include <optional>

#include "grimoire/data/batcher.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/optim/schedule.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/provenance.h"
#include "grimoire/train/run.h"

namespace grim {

CorpusFormat format_of(const RunConfig& config);
Reading reading_of(const std::string& model);  // of trainable_models()

// Fills in what the configuration leaves open (0): context, evaluation and saving intervals. throws: usage, input.
void resolve(RunConfig& config, const Corpus& corpus);

// The shape of the model as config.json has it.
Json model_config(const RunConfig& config, int64_t vocab_size);

// The weights of a checkpoint folder. throws: input, as LanguageModel::load
void load_model(LanguageModel& model, const std::string& folder);

class Session {
 public:
  // Fresh weights. `known` numbers the symbols as an earlier checkpoint did; without it the corpus does.
  // throws: input, data that are too few or hold symbols that are not known
  Session(const RunConfig& config, const Corpus& corpus, const CharTokenizer* known = nullptr);

  const RunConfig& config() const { return config_; }
  LanguageModel& model() { return *model_; }
  Parameters& parameters() { return *parameters_; }
  const LmData& data() const { return data_; }
  const CharTokenizer& tokenizer() const { return tokenizer_; }
  double uniform_loss() const { return std::log(static_cast<double>(tokenizer_.vocab_size())); }  // ln V: that of guessing

  // One optimiser step; the mean loss of its tokens. throws: numeric, naming the first bad tensor.
  struct Step {
    double loss, lr, gradient_norm;
    int64_t tokens;
  };
  Step train_step();
  // The gradient of the mean loss over all tokens of all batches, added to the parameters' gradients; that loss.
  double accumulate_gradients(const std::vector<Examples>& batches);

  // With the averaged weights when the run keeps some.
  Evaluation judge(const LmPart& part, int64_t batches = 0, const StopAsked& stop = {});

  void save(const std::string& path);        // a checkpoint to go on from
  void save_weights(const std::string& path);  // the model alone, in the Hugging Face layout
  void load(const std::string& path);        // what save wrote
  void load_weights(const std::string& path);
  void forget_best();                        // other data judge from now on

  // Losses added up over some steps.
  struct Window {
    double loss = 0;
    int64_t steps = 0;
    void add(double step_loss) { loss += step_loss, ++steps; }
    double mean() const { return steps ? loss / static_cast<double>(steps) : NAN; }
  };
  // How far the run is; saved and restored with the rest.
  struct Position {
    int64_t step = 0;
    double best_loss = std::numeric_limits<double>::infinity();
    int64_t best_step = 0;
    int64_t evaluations_since_best = 0;
    double seconds = 0;
    double first_loss = NAN;       // of step 1
    Window since_log, since_evaluation;
    bool evaluation_due = false;   // it was stopped before its evaluation was over
  };
  Position position;

 private:
  std::vector<Examples> next_batches();
  [[noreturn]] void refuse_numbers(double loss);
  std::vector<NamedTensor> optimizer_state() const;
  Json about() const;

  RunConfig config_;
  Provenance provenance_;
  CharTokenizer tokenizer_;
  LmData data_;
  Rng init_rng_;  // in torch mode also what batches are drawn from, as in the notebooks
  std::unique_ptr<LanguageModel> model_;
  std::unique_ptr<Parameters> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Ema> ema_;
  std::unique_ptr<Batcher> batcher_;
  Schedule schedule_;
};

// Mean loss of the add-1 counting bigram, trained on data.train, on data.dev (or on train when there is no dev part); NaN when
// stopped.
double bigram_baseline(const LmData& data, int64_t vocab_size, const StopAsked& stop = {});

}  // namespace grim
