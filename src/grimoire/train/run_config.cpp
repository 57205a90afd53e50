#include "grimoire/train/run_config.h"

#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {

ModelConfig& RunConfig::shape() {
  if (!shape_ || shape_of_ != model) {
    shape_ = architecture().defaults();
    shape_of_ = model;
  }
  return *shape_;
}

void RunConfig::set_shape(const std::string& name, std::unique_ptr<ModelConfig> values) {
  model = shape_of_ = name;
  shape_ = std::move(values);
}

bool RunConfig::has_own_shape() const { return task.empty() || (init_from.empty() && std::ranges::count(architecture().tasks, task) > 0); }

std::vector<SizeAxis> RunConfig::axes() const { return has_own_shape() && !adapter.adapts() ? shape().axes() : std::vector<SizeAxis>(); }

std::unique_ptr<ModelConfig> RunConfig::shape_for(int64_t vocabulary) const {
  std::unique_ptr<ModelConfig> own = shape().clone();
  own->set_vocabulary(vocabulary);
  return own;
}

TaskSettings& RunConfig::task_settings() {
  if (const std::string& name = task_name(); !settings_ || settings_of_ != name) {
    settings_ = default_task_settings(name);
    settings_of_ = name;
  }
  return *settings_;
}

namespace {

// Those that are of use with its model.
Options training_options(RunConfig& config) {
  Options all = config.trainer_options();
  const Architecture& a = config.architecture();
  if (!a.token_table.empty()) {
    all.push_back({.name = "embeddings", .help = "word vectors that the token embedding begins with: fastText's, word2vec's, GloVe's",
                   .target = &config.embeddings, .basic = true});
    all.push_back({.name = "freeze-embeddings", .help = "they stay as they are, instead of being trained on", .target = &config.freeze_embeddings,
                   .with = "embeddings"});
  }
  std::erase_if(all, [&](const Option& o) {
    return (o.name == "recompute" && !a.recomputes) || ((o.name == "dtype" || o.name == "epochs" || o.name.starts_with("qat")) && a.counts);
  });
  return all;
}

}  // namespace

Options RunConfig::options() {
  std::vector<std::string> models;
  for (const Architecture* a : architectures()) models.push_back(a->name);
  Options all = {
      {.name = "model", .help = "which model to train", .target = &model, .choices = models, .basic = true},
      {.name = "out", .help = "folder for the run; made if missing", .target = &out, .basic = true}};
  if (!task.empty()) all.push_back({.name = "task", .help = "what the model is trained to do", .target = &task, .choices = task_names(), .basic = true});
  const auto add = [&](Options own, const char* whose) {  // a name is a flag and a key of config.json: it can mean one thing
    for (Option& o : own) {
      GRIM_CHECK(!find(all, o.name), argument, "train", "{}: its {} would have a second setting '{}': expected a name that is not taken", model, whose, o.name);
      all.push_back(std::move(o));
    }
  };
  const Options of_task = task_settings().options(*this);
  add(of_task, "task");
  Options training = training_options(*this);
  if (find(of_task, "epochs")) std::erase_if(training, [](const Option& o) { return o.name == "epochs"; });
  add(std::move(training), "training");
  if (!architecture().counts) add(adapter.options(), "adapter");
  if (has_own_shape()) add(shape().options(), "model");
  return all;
}

RunConfig& RunConfig::set(std::string_view name, const Json& value) {
  const Options all = options();
  const Option* const o = find(all, name);
  if (!o) throw Error(ErrorKind::usage, str("{} has no setting '{}'", model, name), did_you_mean(name, all));
  o->set_json(value);
  return *this;
}

Option window_option(RunConfig& run) {
  return {.name = "max-length", .help = "tokens of an example, where the model reads more; 0: as many as it reads", .target = &run.window, .low = 0,
          .with = "init-from"};
}

void check_recomputes(const RunConfig& config) {
  if (!config.architecture().recomputes)
    throw Error(ErrorKind::usage, str(GRIM_SETTING("recompute") ": a {} has no layers that could be computed again", config.model), "leave it out");
}

namespace {
EnumTarget dtype_target(Dtype* dtype) {
  return {dtype, [](const void* place) -> size_t { return *static_cast<const Dtype*>(place) == Dtype::bf16 ? 1 : 0; },
          [](void* place, size_t choice) { *static_cast<Dtype*>(place) = choice ? Dtype::bf16 : Dtype::f32; }};
}
}  // namespace

Options TrainerOptions::trainer_options() {
  return {
      {.name = "steps", .help = "optimiser steps", .target = &steps, .low = 0, .basic = true},
      {.name = "epochs", .help = "instead, times that the data are gone through; 0: steps say", .target = &epochs, .low = 0, .high = 1e6, .basic = true,
       .without = {"steps"}},
      {.name = "seed", .help = "seed of every random number", .target = &seed, .low = 0, .basic = true},
      {.name = "threads", .help = "threads; 0 takes every core", .target = &threads, .low = 0, .high = 256, .basic = true},
      {.name = "rng", .help = "random numbers: our own, or PyTorch's value for value", .target = by_choice(&rng),
       .choices = {"philox", "torch"}, .basic = true},
      {.name = "batch-size", .help = "examples in a batch; 0: 32", .target = &batch_size, .low = 0, .high = 1 << 24, .without = {"full-batch"}},
      {.name = "accumulate", .help = "batches added up for one step", .target = &accumulate, .low = 1, .without = {"full-batch"}},
      {.name = "full-batch", .help = "every example in every step", .target = &full_batch},
      {.name = "recompute", .help = "keep only what goes into each layer, and compute its inside again for the gradient: less memory, more time",
       .target = &recompute},
      {.name = "dtype", .help = "what layers compute with: f32, or bf16 beside f32 masters, in half the memory and on most new processors sooner",
       .target = dtype_target(&dtype), .choices = {"f32", "bf16"}, .basic = true},
      {.name = "qat", .help = "train for few bits: layers but the output's multiply by rounded matrices, as q8_0 (int8) or q4_0 (int4) hold them, or by "
                              "-1, 0, 1 (ternary) or -1, 1 (binary) times a mean",
       .target = by_choice(&qat), .choices = {"none", "int8", "int4", "ternary", "binary"}, .without = {"adapter=lora|dora|ia3"}},
      {.name = "qat-start", .help = "from this step on; before, matrices are exact", .target = &qat_start, .low = 0, .with = "qat=int8|int4|ternary|binary"},
      {.name = "optimizer", .help = "how weights are updated", .target = by_choice(&optimizer), .choices = {"sgd", "adam", "adamw"}},
      {.name = "lr", .help = "learning rate (its peak)", .target = &lr, .low = 0},
      {.name = "min-lr", .help = "learning rate at the end of a cosine or a line", .target = &min_lr, .low = 0, .with = "schedule=cosine|linear"},
      {.name = "schedule", .help = "course of the learning rate", .target = by_choice(&schedule),
       .choices = {"constant", "cosine", "step", "inverse-sqrt", "linear"}},
      {.name = "warmup", .help = "steps of linear growth at the start", .target = &warmup, .low = 0},
      {.name = "decay-at", .help = "share of the steps after which the rate drops", .target = &decay_at, .low = 0, .high = 1, .with = "schedule=step"},
      {.name = "decay-factor", .help = "the rate is multiplied by this", .target = &decay_factor, .low = 0, .high = 1, .with = "schedule=step"},
      {.name = "momentum", .help = "momentum of sgd", .target = &momentum, .low = 0, .high = 0.9999, .with = "optimizer=sgd"},
      {.name = "nesterov", .help = "Nesterov's form of momentum", .target = &nesterov, .with = "momentum", .without = {"momentum=0"}},
      {.name = "beta1", .help = "decay of Adam's first moment", .target = &beta1, .low = 0, .high = 0.999999, .with = "optimizer=adam|adamw"},
      {.name = "beta2", .help = "decay of Adam's second moment", .target = &beta2, .low = 0, .high = 0.999999, .with = "optimizer=adam|adamw"},
      {.name = "relative-step", .help = "learning rates in units of each parameter's root mean square", .target = &relative_step,
       .with = "optimizer=adam|adamw"},
      {.name = "weight-decay", .help = "decoupled weight decay", .target = &weight_decay, .low = 0, .with = "optimizer=adamw"},
      {.name = "decay-all", .help = "decay biases, norms and vectors too", .target = &decay_all, .with = "optimizer=adamw", .without = {"weight-decay=0"}},
      {.name = "l1", .help = "L1 penalty on the weights", .target = &l1, .low = 0},
      {.name = "l2", .help = "L2 penalty on the weights", .target = &l2, .low = 0},
      {.name = "grad-clip", .help = "largest gradient norm; 0 is off", .target = &grad_clip, .low = 0},
      {.name = "ema", .help = "decay of averaged weights; 0 is off", .target = &ema, .low = 0, .high = 0.999999},
      {.name = "eval-every", .help = "steps between evaluations; 0 chooses", .target = &eval_every, .low = 0},
      {.name = "eval-batches", .help = "batches of an evaluation; 0 is the whole part, of a long one a million symbols", .target = &eval_batches, .low = 0},
      {.name = "save-every", .help = "steps between checkpoints; 0 chooses", .target = &save_every, .low = 0},
      {.name = "keep-checkpoints", .help = "the newest checkpoints that stay, to be averaged", .target = &keep_checkpoints, .low = 1, .high = 1e6},
      {.name = "patience", .help = "evaluations without a better dev loss before stopping; 0 is off", .target = &patience, .low = 0},
  };
}

namespace {

void take_model(RunConfig& config, const Json& object, const std::string& source) {
  if (const Json* const task = object.find("task"); task && task->kind() == Json::Kind::text) config.task = task->as_text();
  const Json* const model = object.find("model");
  if (!model || model->kind() != Json::Kind::text) return;
  try {
    config.model = architecture_named(model->as_text()).name;
  } catch (const Error& e) {  // the file's fault, not that of who gave it
    throw Error(ErrorKind::input, str("{}: {}", source, e.what()), e.hint());
  }
}

// Settings of any architecture.
std::set<std::string> shape_keys() {
  std::set<std::string> keys;
  for (const Architecture* a : architectures())
    for (const Option& o : a->defaults()->options()) keys.insert(o.key());
  return keys;
}

// "gpt, transformer": which have a setting of this name; "" where none has.
std::string architectures_with(const std::string& key) {
  std::vector<std::string> names;
  for (const Architecture* a : architectures()) {
    RunConfig run;
    run.model = a->name;
    if (find(training_options(run), key) || find(run.shape().options(), key)) names.push_back(a->name);
  }
  return joined(names);
}

}  // namespace

void read_settings(RunConfig& config, const Json& object, const std::string& source) {
  if (object.is_object()) take_model(config, object, source);
  const Options own = config.options();
  for (size_t i = 0; object.is_object() && i < object.size(); ++i)
    if (const std::string& key = object.keys()[i]; !find(own, key))
      if (const std::string others = architectures_with(key); !others.empty())
        throw Error(ErrorKind::input, str("{}: unknown setting '{}': a {} has none", source, key, config.model), str("it is a setting of {}", others));
  from_json(own, object, source);
}

void read_kept_settings(RunConfig& config, const Json& object, const std::string& source) {
  if (!object.is_object()) return read_settings(config, object, source);  // says what is wrong
  take_model(config, object, source);
  const Options own = config.shape().options();
  const std::set<std::string> shapes = shape_keys();
  Json kept = Json::object();
  for (size_t i = 0; i < object.size(); ++i) {
    const std::string& key = object.keys()[i];
    const Option* const o = find(own, key);
    const bool silent = o ? o->low > 0 && object[i].dump() == "0" : shapes.contains(key);
    if (!silent) kept.set(key, object[i]);
  }
  read_settings(config, kept, source);
}

RunConfig default_run(const std::string& model, CorpusFormat format) {
  RunConfig c;
  c.model = model;
  c.format = format;
  const Architecture& a = c.architecture();
  if (!a.tasks.empty()) c.task = a.task;
  const std::string source = "the recipe of " + a.name;
  from_json(c.options(), Json::parse(format == CorpusFormat::text ? a.text_recipe : a.items_recipe, source), source);
  return c;
}

}  // namespace grim
