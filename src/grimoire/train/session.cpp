#include "grimoire/train/session.h"

#include <bit>
#include <cmath>
#include <unordered_map>

#include "grimoire/autograd/tape.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/finite.h"

namespace grim {
namespace {

RngMode rng_mode(const RunConfig& c) { return c.rng == "torch" ? RngMode::torch : RngMode::philox; }
uint64_t seed_of(const RunConfig& c) { return static_cast<uint64_t>(c.seed); }

std::unique_ptr<Optimizer> make_optimizer(const RunConfig& c, Parameters& parameters) {
  if (!c.decay_all) parameters.scale_weight_decay(decay_matrices_only);
  if (c.optimizer == "sgd")
    return std::make_unique<Sgd>(parameters, SgdOptions{.momentum = c.momentum,
                                                        .form = c.nesterov ? Momentum::nesterov : Momentum::classic,
                                                        .l2 = c.l2, .l1 = c.l1});
  return std::make_unique<Adam>(parameters, AdamOptions{.beta1 = c.beta1, .beta2 = c.beta2,
                                                        .weight_decay = c.optimizer == "adamw" ? c.weight_decay : 0.0,
                                                        .l2 = c.l2, .l1 = c.l1});
}

Schedule make_schedule(const RunConfig& c) {
  Schedule s{.lr = c.lr, .min_lr = c.min_lr, .warmup = c.warmup, .total = c.steps, .factor = c.decay_factor};
  s.decay = c.schedule == "cosine" ? Decay::cosine : c.schedule == "step" ? Decay::step
          : c.schedule == "inverse-sqrt" ? Decay::inverse_sqrt : Decay::constant;
  s.step_every = std::max<int64_t>(1, static_cast<int64_t>(c.decay_at * static_cast<double>(c.steps)));
  return s;
}

TensorMap as_map(const std::vector<NamedTensor>& tensors) {
  TensorMap map;
  for (const NamedTensor& t : tensors) map[t.name] = t.tensor;
  return map;
}

CheckpointFile tensor_file(const std::string& name, const std::vector<NamedTensor>& tensors) {
  return {name, [tensors](OutFile& out) { write_safetensors(out, as_map(tensors)); }};
}

// The Hugging Face layout. Items begin and end with the boundary; running text has no token that ends it.
std::vector<CheckpointFile> model_files(const LanguageModel& model, const CharTokenizer& tokenizer) {
  const Json boundary = tokenizer.boundary() ? Json(*tokenizer.boundary()) : Json();
  Json config = model.config(), generation = Json::object({{"bos_token_id", boundary}, {"eos_token_id", boundary}});
  for (const std::string& key : generation.keys())
    if (config.find(key)) config.set(key, boundary);
  return {{"config.json", config.dump_pretty()},
          tensor_file("model.safetensors", model.checkpoint()),
          {"tokenizer.json", tokenizer.to_json().dump_pretty()},
          {"tokenizer_config.json", tokenizer.config_json().dump_pretty()},
          {"generation_config.json", generation.dump_pretty()}};
}

Json number_or_null(double v) { return std::isfinite(v) ? Json(v) : Json(); }
Json json_of(const Session::Window& w) { return Json::array({w.loss, w.steps}); }
Session::Window window_in(const Json& object, std::string_view key) {
  const Json* const w = object.find(key);  // not in checkpoints of earlier versions
  return w && w->size() == 2 ? Session::Window{(*w)[0].as_real(), (*w)[1].as_integer()} : Session::Window{};
}

}  // namespace

void load_model(LanguageModel& model, const std::string& folder) {
  const std::string path = join_path(folder, "model.safetensors");
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : read_safetensors(path)) tensors.push_back({name, tensor});
  model.load(tensors, path);
}

CorpusFormat format_of(const RunConfig& c) {
  return c.format == "lines" ? CorpusFormat::lines : c.format == "text" ? CorpusFormat::text : CorpusFormat::automatic;
}

Reading reading_of(const std::string& model) {
  const std::map<std::string, Reading> added = added_language_models();
  if (const auto found = added.find(model); found != added.end()) return found->second;
  return model == "mlp" || model == "wavenet" || model == "bigram" || model == "neural-bigram" ? Reading::window : Reading::sequence;
}

void resolve(RunConfig& c, const Corpus& corpus) {
  const bool lines = corpus.format == CorpusFormat::lines, window = reading_of(c.model) == Reading::window;
  c.format = lines ? "lines" : "text";
  const bool bigram = c.model == "bigram" || c.model == "neural-bigram";
  if (bigram) c.context = 1;
  if (c.context == 0) c.context = lines && !window ? longest_item(corpus) + 1 : 64;
  if (c.model == "wavenet" && (c.context < 2 || !std::has_single_bit(static_cast<uint64_t>(c.context))))
    throw Error(ErrorKind::usage, str("--context: got {}, expected a power of two from 2 for wavenet, which fuses neighbours pairwise", c.context),
                c.context > 2 ? str("the nearest is {}", int64_t{1} << std::lround(std::log2(static_cast<double>(c.context)))) : "");
  if (lines && !window) check_item_lengths(corpus, c.context - 1);
  if (c.batch_size == 0 && !c.full_batch) c.batch_size = 32;
  if (c.eval_every == 0) c.eval_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 10, 10000));
  if (c.save_every == 0) c.save_every = std::max<int64_t>(1, std::min<int64_t>(c.steps / 5, 20000));
  SplitPercent::parse(c.split);
  const auto needs = [&](const char* flag, int64_t size) {
    if (size < 1) throw Error(ErrorKind::usage, str("--{}: got {}, expected 1 or more for {}", flag, size, c.model));
  };
  if (bigram) return;
  needs("n-embd", c.n_embd);
  if (c.model != "gpt") return needs("n-hidden", c.n_hidden);
  needs("n-head", c.n_head);
  if (c.n_embd % c.n_head != 0) throw Error(ErrorKind::usage, str("--n-embd must divide by --n-head: got {} and {}", c.n_embd, c.n_head));
}

Json model_config(const RunConfig& c, int64_t V) {
  if (c.model == "gpt")
    return Json::object({{"model_type", "gpt2"}, {"vocab_size", V}, {"n_positions", c.context}, {"n_embd", c.n_embd},
                         {"n_layer", c.n_layer}, {"n_head", c.n_head}, {"resid_pdrop", c.dropout},
                         {"tie_word_embeddings", c.tied}, {"grimoire_biases", c.biases}, {"grimoire_init", c.init}});
  Json j = Json::object({{"model_type", c.model}, {"vocab_size", V}});
  if (c.model == "bigram") j.set("smoothing", c.smoothing);
  if (c.model == "bigram" || c.model == "neural-bigram") return j;
  for (const auto& [key, size] : {std::pair{"context", c.context}, {"n_embd", c.n_embd}, {"n_hidden", c.n_hidden}}) j.set(key, size);
  if (c.model == "mlp") {
    j.set("batch_norm", c.batch_norm);
    if (c.gain > 0) j.set("grimoire_gain", c.gain);
    if (c.last_scale > 0) j.set("grimoire_last_scale", c.last_scale);
  }
  if (added_language_models().contains(c.model)) {
    for (const auto& [key, size] : {std::pair{"n_layer", c.n_layer}, {"n_head", c.n_head}})
      if (size > 0) j.set(key, size);
    if (c.dropout > 0) j.set("dropout", c.dropout);
  }
  if (c.n_layer > 0 && (c.model == "mlp" || c.model == "rnn" || c.model == "gru" || c.model == "lstm")) j.set("n_layer", c.n_layer);
  return j;
}

Session::Session(const RunConfig& config, const Corpus& corpus, const CharTokenizer* known)
    : config_(config), provenance_(provenance_of(config, corpus)), tokenizer_(known ? *known : make_tokenizer(corpus)),
      init_rng_(rng_mode(config), seed_of(config), "init") {
  model_ = make_language_model(model_config(config_, tokenizer_.vocab_size()), init_rng_);
  data_ = make_lm_data(corpus, tokenizer_, SplitPercent::parse(config_.split), model_->reading(), model_->context());
  if (config_.model == "bigram") return;
  parameters_ = std::make_unique<Parameters>(model_->parameters());
  optimizer_ = make_optimizer(config_, *parameters_);
  if (config_.ema > 0) ema_ = std::make_unique<Ema>(*parameters_, config_.ema);
  schedule_ = make_schedule(config_);
  const int64_t rows = data_.train.rows();
  GRIM_CHECK(rows > 0, input, "data", "{}: nothing to train on", corpus.source);
  if (config_.full_batch) return;
  Rng batch_rng(rng_mode(config_), seed_of(config_), "batch");
  batcher_ = std::make_unique<Batcher>(rows, config_.batch_size, Sampling::replacement,
                                       rng_mode(config_) == RngMode::torch ? init_rng_ : batch_rng);
}

std::vector<Examples> Session::next_batches() {
  std::vector<Examples> batches;
  if (config_.full_batch) {
    data_.train.for_each_batch(data_.train.rows(), 1, [&](const Examples& e) { batches.push_back(e); });
    return batches;
  }
  for (int64_t i = 0; i < config_.accumulate; ++i)
    batches.push_back(data_.train.take(batcher_->batch(position.step * config_.accumulate + i)));
  return batches;
}

// Micro-batches are weighted by their tokens: k batches of b examples give the gradient of one batch of k b.
double Session::accumulate_gradients(const std::vector<Examples>& batches) {
  int64_t tokens = 0;
  for (const Examples& e : batches) tokens += counted_targets(e.y);
  GRIM_CHECK(tokens > 0, input, "train", "step {}: the batch holds no target", position.step);
  Pass pass = Pass::train(seed_of(config_), static_cast<uint32_t>(position.step));
  double mean = 0;
  for (const Examples& e : batches) {
    const double share = static_cast<double>(counted_targets(e.y)) / static_cast<double>(tokens);
    const Tensor loss = model_->loss(e.x, e.y, pass);
    mean += share * loss.item();
    backward(loss, Tensor::full(loss.shape(), share, loss.dtype()));
  }
  return mean;
}

Session::Step Session::train_step() {
  const std::vector<Examples> batches = next_batches();
  Step step{.loss = 0, .lr = learning_rate(schedule_, position.step), .gradient_norm = 0, .tokens = 0};
  for (const Examples& e : batches) step.tokens += counted_targets(e.y);
  optimizer_->zero_grad();
  step.loss = accumulate_gradients(batches);
  if (!std::isfinite(step.loss)) refuse_numbers(step.loss);
  if (position.step == 0) position.first_loss = step.loss;
  double scale = 1;
  if (config_.grad_clip > 0) {
    step.gradient_norm = parameters_->gradient_norm();
    if (!std::isfinite(step.gradient_norm)) refuse_numbers(step.loss);
    scale = clip_scale(step.gradient_norm, config_.grad_clip);
  }
  optimizer_->step(step.lr, scale);
  if (ema_) ema_->update();
  ++position.step;
  return step;
}

void Session::refuse_numbers(double loss) {
  std::string where = parameters_->first_bad_value();
  std::string what = where.empty() ? "" : str("the weights '{}'", where);
  if (what.empty() && !(where = parameters_->first_bad_gradient()).empty()) what = str("the gradient of '{}'", where);
  throw Error(ErrorKind::numeric,
              str("step {}: {} {} not finite (loss {})", position.step, what.empty() ? "the loss" : what, what.starts_with("the weights") ? "are" : "is",
                  std::isnan(loss) ? "nan" : str("{}", loss)),
              str("a lower learning rate (now {:.3g}) or clipped gradients (a norm of 1) keep it in bounds", learning_rate(schedule_, position.step)));
}

namespace {
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
}  // namespace

Evaluation Session::judge(const LmPart& part, int64_t batches, const StopAsked& stop) {
  const Averaged averaged(ema_.get());
  return evaluate(*model_, part, batches, stop);
}

Json Session::about() const { return Json::object({{"step", position.step}, {"run", to_json(provenance_)}}); }

std::vector<NamedTensor> Session::optimizer_state() const {
  std::vector<NamedTensor> state = optimizer_->state();
  if (ema_) state.push_back({"ema", ema_->average()});
  return state;
}

void Session::save(const std::string& path) {
  const std::string bad = parameters_->first_bad_value();
  if (!bad.empty()) throw Error(ErrorKind::numeric, str("not saved: the weights '{}' are not finite", bad), "the last checkpoint stands");
  std::vector<CheckpointFile> files = model_files(*model_, tokenizer_);
  const Json training = Json::object({{"step", position.step},
                                      {"optimizer_steps", optimizer_->steps()},
                                      {"best_loss", number_or_null(position.best_loss)},
                                      {"best_step", position.best_step},
                                      {"evaluations_since_best", position.evaluations_since_best},
                                      {"seconds", position.seconds},
                                      {"first_loss", number_or_null(position.first_loss)},
                                      {"since_log", json_of(position.since_log)},
                                      {"since_evaluation", json_of(position.since_evaluation)},
                                      {"evaluation_due", position.evaluation_due},
                                      {"rng", init_rng_.state()},
                                      {"batcher", batcher_ ? batcher_->state() : ""}});
  files.push_back({"training.json", training.dump_pretty()});
  files.push_back(tensor_file("optimizer.safetensors", optimizer_state()));
  save_checkpoint(path, files, about());
}

void Session::save_weights(const std::string& path) {
  const Averaged averaged(ema_.get());
  std::vector<CheckpointFile> files = model_files(*model_, tokenizer_);
  save_checkpoint(path, files, about());
}

void Session::forget_best() {
  position.best_loss = std::numeric_limits<double>::infinity();
  position.best_step = position.step;
  position.evaluations_since_best = 0;
}

void Session::load_weights(const std::string& path) { load_model(*model_, path); }

void Session::load(const std::string& path) {
  load_weights(path);
  const std::string training_path = join_path(path, "training.json");
  const Json t = Json::parse(read_file(training_path), training_path);
  position.step = t.integer("step");
  position.best_loss = t.real("best_loss", std::numeric_limits<double>::infinity());
  position.best_step = t.integer("best_step");
  position.evaluations_since_best = t.integer("evaluations_since_best");
  position.seconds = t.real("seconds");
  position.first_loss = t.real("first_loss", NAN);
  position.since_log = window_in(t, "since_log");
  position.since_evaluation = window_in(t, "since_evaluation");
  position.evaluation_due = t.boolean("evaluation_due", false);
  optimizer_->set_steps(t.integer("optimizer_steps"));
  init_rng_ = Rng::from_state(t.text("rng"));
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

// Counted pair by pair: the table of all pairs would not fit where there are tens of thousands of symbols.
//   -log p(next | last) = log(count(last) + V) - log(count(last, next) + 1)
double bigram_baseline(const LmData& data, int64_t vocab_size, const StopAsked& stop) {
  constexpr int64_t kRows = 4096;
  bool stopped = false;
  // f(last, next) for each row's last token and its target, or for every place of a sequence.
  const auto each_pair = [&](const LmPart& part, const auto& f) {
    part.for_each_batch(kRows, 0, [&](const Examples& e) {
      const int64_t* const x = e.x.data<int64_t>();
      const int64_t* const y = e.y.data<int64_t>();
      const int64_t stride = e.x.numel() / e.y.numel();
      for (int64_t i = 0; i < e.y.numel(); ++i)
        if (y[i] != kIgnore) f(x[(i + 1) * stride - 1], y[i]);
      return !(stopped = stopped || (stop && stop()));
    });
  };
  std::unordered_map<int64_t, int64_t> pairs;
  std::vector<int64_t> lasts(static_cast<size_t>(vocab_size), 0);
  each_pair(data.train, [&](int64_t last, int64_t next) {
    ++pairs[last * vocab_size + next];
    ++lasts[static_cast<size_t>(last)];
  });
  double sum = 0;
  int64_t tokens = 0;
  each_pair(data.dev.empty() ? data.train : data.dev, [&](int64_t last, int64_t next) {
    const auto seen = pairs.find(last * vocab_size + next);
    sum += std::log(static_cast<double>(lasts[static_cast<size_t>(last)] + vocab_size)) -
           std::log(static_cast<double>((seen == pairs.end() ? 0 : seen->second) + 1));
    ++tokens;
  });
  return stopped ? NAN : sum / static_cast<double>(tokens);
}

}  // namespace grim
