#include "grimoire/train/trainer.h"

#include <cmath>
#include <numeric>
#include <set>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/fake_quantised.h"
#include "grimoire/nn/products.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/finite.h"
#include "grimoire/train/pretrained_embeddings.h"
#include "grimoire/train/provenance.h"

namespace grim {
namespace {

uint64_t seed_of(const TrainerOptions& c) { return static_cast<uint64_t>(c.seed); }

std::unique_ptr<Optimizer> make_optimizer(const TrainerOptions& c, Parameters& parameters) {
  if (!c.decay_all) parameters.scale_weight_decay(decay_matrices_only);
  if (c.optimizer == OptimizerKind::sgd)
    return std::make_unique<Sgd>(parameters, SgdOptions{.momentum = c.momentum,
                                                        .form = c.nesterov ? Momentum::nesterov : Momentum::classic,
                                                        .l2 = c.l2, .l1 = c.l1});
  return std::make_unique<Adam>(parameters, AdamOptions{.beta1 = c.beta1, .beta2 = c.beta2,
                                                        .weight_decay = c.optimizer == OptimizerKind::adamw ? c.weight_decay : 0.0,
                                                        .l2 = c.l2, .l1 = c.l1, .relative_step = c.relative_step});
}

Schedule make_schedule(const TrainerOptions& c) {
  Schedule s{.decay = c.schedule, .lr = c.lr, .min_lr = c.min_lr, .warmup = c.warmup, .total = c.steps, .factor = c.decay_factor};
  s.step_every = std::max<int64_t>(1, static_cast<int64_t>(c.decay_at * static_cast<double>(c.steps)));
  return s;
}

Json number_or_null(double v) { return std::isfinite(v) ? Json(v) : Json(); }
Json json_of(const Trainer::Window& w) { return Json::array({w.loss, w.steps}); }
Trainer::Window window_in(const Json& object, std::string_view key) {
  const Json* const w = object.find(key);  // not in checkpoints of earlier versions
  return w && w->size() == 2 ? Trainer::Window{(*w)[0].as_real(), (*w)[1].as_integer()} : Trainer::Window{};
}

// The averaged weights stand in for the trained ones while this lives, also when saving fails.
class Averaged {
 public:
  explicit Averaged(Ema* ema) : ema_(ema) { if (ema_) ema_->swap(); }
  ~Averaged() { if (ema_) ema_->swap(); }
  Averaged(const Averaged&) = delete;
  Averaged& operator=(const Averaged&) = delete;

 private:
  Ema* ema_;
};

// A task of the source: fresh weights begin with vectors from a file, and what learns beside weights is put there, as the configuration says.
std::unique_ptr<Task> make_task(const RunConfig& config, const TaskSource& source, Rng& rng, const std::string& checkpoint, AdapterConfig& adapter,
                                std::string& about_embeddings) {
  std::unique_ptr<Task> task = source.make(config, rng, checkpoint);
  if (checkpoint.empty() && !config.embeddings.empty()) about_embeddings = take_embeddings(*task, config);
  if (config.adapter.adapts()) {
    if (checkpoint.empty()) adapter = attach_adapter_of_run(task->model(), config.adapter, config.init_from, rng);
    else {
      adapter = read_adapter_config(checkpoint);
      adapter.base_dtype = config.adapter.base_dtype;
      attach_adapter(task->model(), adapter, rng);
    }
  }
  freeze_as_asked(config, *task);
  if (config.qat != Qat::none) {
    const auto bits = static_cast<FakeBits>(static_cast<int>(config.qat) - 1);
    if (fake_quantise_layers(task->model(), bits, [](const std::string& path, const Linear& layer) { return !is_output_layer(path, layer); }) == 0)
      throw Error(ErrorKind::usage, str(GRIM_SETTING("qat") ": a {} has no layer beside its output whose rows are a multiple of 32", config.model),
                  "other widths, or ternary or binary, which have no blocks");
  }
  return task;
}

// While one lives all weights are those that are saved and loaded, none of them rounded.
class Exact {
 public:
  Exact(const Parameters& parameters, const std::vector<Rounded>& frozen) : masters_(parameters), frozen_(frozen) {
    for (const Rounded& r : frozen_) r.tensor.rebind(r.exact);
  }
  ~Exact() {
    for (const Rounded& r : frozen_) copy_into(r.narrow, r.exact), r.tensor.rebind(r.narrow);
  }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;

 private:
  const WithMasters masters_;
  const std::vector<Rounded>& frozen_;
};

// While one lives, fake-quantised layers hold what they act as, which then is what is saved.
class AsHeld {
 public:
  explicit AsHeld(Module& model) : layers_(fake_quantised(model)) {
    const NoGrad constant;
    for (const FakeQuantised* layer : layers_) held_.push_back(copy(cast(layer->as_held(), Dtype::f32)));
  }
  void put() {
    for (size_t i = 0; i < layers_.size(); ++i) exact_.push_back(copy(layers_[i]->exact())), copy_into(layers_[i]->exact(), held_[i]);
  }
  ~AsHeld() {
    for (size_t i = 0; i < exact_.size(); ++i) copy_into(layers_[i]->exact(), exact_[i]);
  }
  AsHeld(const AsHeld&) = delete;
  AsHeld& operator=(const AsHeld&) = delete;

 private:
  std::vector<FakeQuantised*> layers_;
  std::vector<Tensor> held_, exact_;
};

}  // namespace

void freeze_as_asked(const RunConfig& config, Task& task) {
  std::set<std::string> frozen;
  for (const NamedTensor& t : task.model().frozen()) frozen.insert(t.name);
  task.model().freeze([&](const std::string& name) {
    return frozen.contains(name) || (config.freeze_embeddings && is_token_table(config.architecture(), name)) || task.rate_scale(name) == 0;
  });
}

Trainer::Trainer(const RunConfig& config, const TaskSource& source, const std::string& checkpoint)
    : options_(config), rng_(config.rng, seed_of(config), "init"), task_(make_task(config, source, rng_, checkpoint, adapter_, about_embeddings_)),
      run_(to_json(provenance_of(config, source))), parameters_(std::make_unique<Parameters>(task_->model().parameters(), config.dtype)),
      optimizer_(make_optimizer(config, *parameters_)), schedule_(make_schedule(config)) {
  parameters_->scale_rates([&](const Parameters::Range& r) { return task_->rate_scale(r.name); });
  if (config.recompute) check_recomputes(config);
  if (config.dtype == Dtype::bf16) {
    rounded_ = round_frozen_to_bf16(task_->model());
    if (adapter_.adapts()) rounded_.clear();  // what it stands beside is not saved
    compute_in_bf16(task_->model());
  }
  if (config.ema > 0) ema_ = std::make_unique<Ema>(*parameters_, config.ema);
  const int64_t rows = task_->rows();
  GRIM_CHECK(rows > 0, input, "data", "there is nothing to train on");
  if (config.full_batch) return;
  Rng batch_rng(config.rng, seed_of(config), "batch");
  batcher_ = std::make_unique<Batcher>(rows, config.batch_size, task_->sampling(), config.rng == RngMode::torch ? rng_ : batch_rng);
}

std::vector<Trainer::Rows> Trainer::batches_of(int64_t step) {
  if (options_.full_batch) return {{}};
  std::vector<Rows> batches;
  for (int64_t i = 0; i < options_.accumulate; ++i) batches.push_back(batcher_->batch(step * options_.accumulate + i));
  return batches;
}

// Batches of one step are weighed: k batches of b examples give the gradient of one batch of k b.
Trainer::Mean Trainer::accumulate_gradients(const std::vector<Rows>& batches) {
  std::vector<double> weights;
  for (const Rows& rows : batches) weights.push_back(options_.full_batch ? task_->full_weight() : task_->weight(rows));
  Mean mean{.loss = 0, .weight = std::accumulate(weights.begin(), weights.end(), 0.0)};
  GRIM_CHECK(mean.weight > 0, input, "train", "step {}: the batch holds no target", position.step);
  Pass pass = Pass::train(seed_of(options_), static_cast<uint32_t>(position.step));
  pass.recompute = options_.recompute;
  for (size_t i = 0; i < batches.size(); ++i) {
    const double share = weights[i] / mean.weight;
    const RouterScope routers(share, &mean.routers);
    const AdapterDropout dropping(task_->model(), adapter_.dropout, pass);
    const Tensor loss = options_.full_batch ? task_->full_loss(pass) : task_->loss(batches[i], pass);
    mean.loss += share * loss.item();
    backward(loss, Tensor::full(loss.shape(), share, loss.dtype()));
  }
  return mean;
}

Trainer::Step Trainer::step() { return step_with(batches_of(position.step)); }

Trainer::Step Trainer::step_with(const std::vector<Rows>& batches) {
  if (options_.qat != Qat::none && position.step >= options_.qat_start) {
    if (position.step == options_.qat_start && position.step > 0) forget_best();  // it was no model of few bits
    turn_fake_quantised(true);
  }
  optimizer_->zero_grad();
  Mean mean = accumulate_gradients(batches);
  Step step{.loss = mean.loss, .lr = learning_rate(schedule_, position.step), .gradient_norm = 0, .weight = mean.weight,
            .routers = std::move(mean.routers)};
  if (!std::isfinite(step.loss)) refuse_numbers(step.loss);
  if (position.step == 0) position.first_loss = step.loss;
  double scale = 1;
  if (options_.grad_clip > 0) {
    step.gradient_norm = parameters_->gradient_norm();
    if (!std::isfinite(step.gradient_norm)) refuse_numbers(step.loss);
    scale = clip_scale(step.gradient_norm, options_.grad_clip);
  }
  optimizer_->step(step.lr, scale);
  if (ema_) ema_->update();
  ++position.step;
  return step;
}

void Trainer::refuse_numbers(double loss) {
  std::string where = parameters_->first_bad_value();
  std::string what = where.empty() ? "" : str("the weights '{}'", where);
  if (what.empty() && !(where = parameters_->first_bad_gradient()).empty()) what = str("the gradient of '{}'", where);
  throw Error(ErrorKind::numeric,
              str("step {}: {} {} not finite (loss {})", position.step, what.empty() ? "the loss" : what, what.starts_with("the weights") ? "are" : "is",
                  std::isnan(loss) ? "nan" : str("{}", loss)),
              str("a lower learning rate (now {:.3g}) or clipped gradients (a norm of 1) keep it in bounds", learning_rate(schedule_, position.step)));
}

Judgement Trainer::judge(Part part, int64_t batches, const StopAsked& stop) {
  const Averaged averaged(ema_.get());
  return task_->judge(part, batches, stop);
}

std::vector<NamedTensor> Trainer::optimizer_state() const {
  std::vector<NamedTensor> state = optimizer_->state();
  if (ema_) state.push_back({"ema", ema_->average()});
  return state;
}

std::vector<CheckpointFile> Trainer::files() const {
  return adapter_.adapts() ? adapter_files(task_->model(), adapter_, task_->files()) : task_->files();
}

void Trainer::save(const std::string& path) {
  const std::string bad = parameters_->first_bad_value();
  if (!bad.empty()) throw Error(ErrorKind::numeric, str("not saved: the weights '{}' are not finite", bad), "the last checkpoint stands");
  const Exact exact(*parameters_, rounded_);
  std::vector<CheckpointFile> files = this->files();
  const Json training = Json::object({{"step", position.step},
                                      {"optimizer_steps", optimizer_->steps()},
                                      {"best_loss", number_or_null(position.best_loss)},
                                      {"best_score", number_or_null(position.best_score)},
                                      {"best_step", position.best_step},
                                      {"evaluations_since_best", position.evaluations_since_best},
                                      {"seconds", position.seconds},
                                      {"first_loss", number_or_null(position.first_loss)},
                                      {"since_log", json_of(position.since_log)},
                                      {"since_evaluation", json_of(position.since_evaluation)},
                                      {"evaluation_due", position.evaluation_due},
                                      {"rng", rng_.state()},
                                      {"batcher", batcher_ ? batcher_->state() : ""}});
  files.push_back({"training.json", training.dump_pretty()});
  files.push_back(tensor_file("optimizer.safetensors", optimizer_state()));
  save_checkpoint(path, files, about_step(position.step, run_));
}

void Trainer::save_weights(const std::string& path) {
  const Averaged averaged(ema_.get());
  AsHeld held(task_->model());  // made of the numbers that layers see
  const Exact exact(*parameters_, rounded_);
  held.put();
  save_checkpoint(path, files(), about_step(position.step, run_));
}

void Trainer::load_best(const std::string& path) {
  turn_fake_quantised(false);
  task_->load(path);
}

void Trainer::turn_fake_quantised(bool on) {
  for (FakeQuantised* const layer : fake_quantised(task_->model())) layer->turn(on);
}

void Trainer::forget_best() {
  position.best_loss = std::numeric_limits<double>::infinity();
  position.best_score = NAN;
  position.best_step = position.step;
  position.evaluations_since_best = 0;
}

void Trainer::load(const std::string& path) {
  {
    const Exact exact(*parameters_, rounded_);
    task_->load(path);
  }
  const std::string training_path = join_path(path, "training.json");
  const Json t = Json::parse(read_file(training_path), training_path);
  position.step = t.integer("step");
  position.best_loss = t.real("best_loss", std::numeric_limits<double>::infinity());
  position.best_score = t.real("best_score", NAN);
  position.best_step = t.integer("best_step");
  position.evaluations_since_best = t.integer("evaluations_since_best");
  position.seconds = t.real("seconds");
  position.first_loss = t.real("first_loss", NAN);
  position.since_log = window_in(t, "since_log");
  position.since_evaluation = window_in(t, "since_evaluation");
  position.evaluation_due = t.boolean("evaluation_due", false);
  turn_fake_quantised(position.step > options_.qat_start);
  optimizer_->set_steps(t.integer("optimizer_steps"));
  rng_ = Rng::from_state(t.text("rng"));
  if (batcher_) batcher_->restore(t.text("batcher"));
  const SafetensorsFile saved_state(join_path(path, "optimizer.safetensors"));
  for (const NamedTensor& s : optimizer_state()) {
    const Tensor from = saved_state.read(s.name);
    GRIM_CHECK(from.shape() == s.tensor.shape(), input, "resume", "optimizer.safetensors: '{}': got {}, expected {}", s.name,
               from.shape(), s.tensor.shape());
    check_finite({s.name, from}, saved_state.path());
    copy_into(s.tensor, from);
  }
}

}  // namespace grim
