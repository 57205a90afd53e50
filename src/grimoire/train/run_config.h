// Everything that decides a training run. The same data, the same RunConfig and the same program give the same weights, bit
// for bit. A run folder keeps it as config.json: one flat object of what is trained on, how, and the shape of the model.
#pragma once

#include <algorithm>

#include "grimoire/base/option.h"
#include "grimoire/data/corpus.h"
#include "grimoire/hub/adapter_config.h"
#include "grimoire/model/register.h"
#include "grimoire/optim/schedule.h"
#include "grimoire/train/task_source.h"

namespace grim {

enum class OptimizerKind : uint8_t { sgd, adam, adamw };
enum class Qat : uint8_t { none, int8, int4, ternary, binary };  // op/fake_quantise.h

// How a model is trained, whatever it is.
struct TrainerOptions {
  int64_t steps = 0;
  double epochs = 0;           // times that the data are gone through, which say how many steps; 0: `steps` does
  int64_t batch_size = 0;      // examples of one micro-batch; 0 with full_batch
  int64_t accumulate = 1;      // micro-batches of one step
  bool full_batch = false;
  Dtype dtype = Dtype::f32;    // bf16: of the matrices that are worked with and of what layers hand on; masters, gradients and optimiser stay f32
  Qat qat = Qat::none;         // layers multiply by matrices as so few bits would hold them, which are saved as the best; not output layers and tables
  int64_t qat_start = 0;       // from this step on
  bool recompute = false;      // what layers compute is worked out again for the gradient instead of being kept; Architecture::recomputes
  OptimizerKind optimizer = OptimizerKind::adamw;
  double lr = 5e-4, min_lr = 0;
  Decay schedule = Decay::constant;
  int64_t warmup = 0;
  double decay_at = 0.75;      // step schedule: after this share of the steps
  double decay_factor = 0.1;   // the rate is multiplied by this
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.99;
  bool relative_step = false;  // learning rates in units of each parameter's root mean square
  double weight_decay = 0.01;
  bool decay_all = true;       // also biases, norms and vectors
  double l1 = 0, l2 = 0;
  double grad_clip = 0;        // 0: off
  double ema = 0;              // decay of the averaged weights; 0: off
  int64_t eval_every = 0;      // 0: chosen from steps
  int64_t eval_batches = 0;    // 0: kMostJudgements (train/task.h)
  int64_t save_every = 0;      // 0: chosen from steps
  int64_t keep_checkpoints = 2;  // the newest
  int64_t patience = 0;        // evaluations without a better dev loss before stopping; 0: off
  int64_t seed = 1337;
  RngMode rng = RngMode::philox;
  int64_t threads = 0;         // 0: every core

  Options trainer_options();
};

// A pointer whose copies are clones of what it points at.
template <class T> struct Cloned : std::unique_ptr<T> {
  using std::unique_ptr<T>::unique_ptr;
  Cloned() = default;
  Cloned(std::unique_ptr<T> other) : std::unique_ptr<T>(std::move(other)) {}
  Cloned(const Cloned& other) : std::unique_ptr<T>(other ? other->clone() : nullptr) {}
  Cloned(Cloned&&) = default;
  Cloned& operator=(Cloned other) {
    this->swap(other);
    return *this;
  }
};

struct RunConfig : TrainerOptions {
  std::string model = "gpt";   // the name of an architecture (model/register.h)
  std::string task;            // what it is trained to do, where that is not what its architecture says
  std::string data;            // path of a text file
  CorpusFormat format = CorpusFormat::automatic;
  std::string out;             // run folder
  std::string split = "80/10/10";  // train/dev/test; "100/0/0" trains on everything
  int64_t window = 0;          // tokens of an example, where the model reads more; 0: as many as it reads
  std::string embeddings;      // a file of word vectors that the token embedding begins with (train/pretrained_embeddings.h); empty: none
  bool freeze_embeddings = false;  // it stays as it began
  std::string init_from;       // a run or model folder whose weights and symbols the run begins with; empty: fresh ones
  AdapterConfig adapter;       // what learns beside those weights, which then stay as they are

  const Architecture& architecture() const { return architecture_named(model); }  // throws: usage
  const std::string& task_name() const { return task.empty() ? architecture().task : task; }
  bool has_own_shape() const;  // false: it is that of init_from
  // The shape of the model; its defaults after `model` was changed. throws: usage, no such model
  ModelConfig& shape();
  void set_shape(const std::string& name, std::unique_ptr<ModelConfig> values);
  const ModelConfig& shape() const { return const_cast<RunConfig*>(this)->shape(); }
  std::vector<SizeAxis> axes() const;  // of its shape, where that is its own: of a model that is taught all is there, and none is cut
  std::unique_ptr<ModelConfig> shape_for(int64_t vocabulary) const;  // the model's, for so many symbols
  int64_t context() const { return std::max<int64_t>(1, shape().size("context")); }  // once it is resolved

  // Tokens of an example of running text, likewise.
  int64_t places() const { return window > 0 && architecture().reading == Reading::sequence ? std::min(window, context()) : context(); }

  TaskSettings& task_settings();  // likewise of the task that trains it
  std::unique_ptr<TaskSource> open_task() const { return const_cast<RunConfig*>(this)->task_settings().open(*this); }  // reads the data. throws: input

  Options options();                                       // of all three parts, for the model that `model` names
  RunConfig& set(std::string_view name, const Json& value);  // one of them. throws: usage, the model has no such setting; input, its value

 private:
  std::string shape_of_, settings_of_;  // which model's and which task's these are
  Cloned<ModelConfig> shape_;
  Cloned<TaskSettings> settings_;
};

Option window_option(RunConfig& run);  // of tasks whose examples are cut from running text

// That the setting `recompute` has a meaning for the run's model. throws: usage, it has no layers that could be computed again
void check_recomputes(const RunConfig& config);

// Sets what the object names, the model first; `source`, a file, is named in errors. throws: input
void read_settings(RunConfig& config, const Json& object, const std::string& source);
// Of a run folder, also one of an earlier version, which kept the settings of all models: those of others, and sizes of 0, say nothing.
void read_kept_settings(RunConfig& config, const Json& object, const std::string& source);

// The recipe that this model is known by, on lines or text.
RunConfig default_run(const std::string& model, CorpusFormat format);

}  // namespace grim
