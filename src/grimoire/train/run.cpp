#include "grimoire/train/run.h"

#include <cmath>
#include <optional>

#include "grimoire/base/clock.h"
#include "grimoire/base/lock_file.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/bigram.h"
#include "grimoire/train/diagnosis.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run_log.h"
#include "grimoire/train/session.h"

namespace grim {
namespace {

constexpr double kReportSeconds = 0.5;
constexpr int64_t kFinalTrainBatches = 64;  // the train loss of the end is a sample of about 260,000 targets

// Reports and evaluations of a run, and the decision when it ends.
class Loop {
 public:
  Loop(Session& session, RunEvents& events, const std::string& folder)
      : session_(session), events_(events), folder_(folder), log_(join_path(folder, "metrics.jsonl")) {}

  RunResult run() {
    const RunConfig& c = session_.config();
    Session::Position& at = session_.position;
    log_.drop_after(at.step);
    Ending ending = Ending::finished;
    window_start_ = monotonic_seconds();
    while (at.step < c.steps) {
      const double begin = monotonic_seconds();
      const Session::Step step = session_.train_step();
      const double end = monotonic_seconds();
      at.seconds += end - begin;
      trained_seconds_ += end - begin;
      trained_tokens_ += step.tokens;
      report(step, end);
      if (at.step % c.eval_every == 0 || at.step == c.steps) evaluate_now();
      if (c.patience > 0 && at.evaluations_since_best >= c.patience) {
        ending = Ending::early;
        break;
      }
      if (events_.stop_requested() && at.step < c.steps) {
        ending = Ending::stopped;
        break;
      }
      if (at.step % c.save_every == 0 && at.step < c.steps) save();
    }
    save();
    return finish(ending);
  }

 private:
  void report(const Session::Step& step, double now) {
    loss_sum_ += step.loss;
    ++loss_count_;
    window_tokens_ += step.tokens;
    const Session::Position& at = session_.position;
    if (now - window_start_ < kReportSeconds && at.step != session_.config().steps && at.step != 1) return;
    const Progress p{.step = at.step, .steps = session_.config().steps, .loss = loss_sum_ / static_cast<double>(loss_count_),
                     .lr = step.lr, .gradient_norm = step.gradient_norm,
                     .tokens_per_second = static_cast<double>(window_tokens_) / std::max(1e-9, now - window_start_), .seconds = at.seconds};
    train_loss_ = p.loss;
    events_.progress(p);
    Json event = Json::object({{"event", "step"}, {"step", p.step}, {"loss", p.loss}, {"lr", p.lr}, {"tokens_per_second", p.tokens_per_second},
                               {"seconds", p.seconds}});
    if (p.gradient_norm > 0) event.set("gradient_norm", p.gradient_norm);
    log_.write(event);
    loss_sum_ = 0;
    loss_count_ = 0;
    window_tokens_ = 0;
    window_start_ = now;
  }

  void evaluate_now() {
    Session::Position& at = session_.position;
    if (loss_count_ > 0) train_loss_ = loss_sum_ / static_cast<double>(loss_count_);
    EvaluationReport r{.step = at.step, .train_loss = train_loss_, .dev_loss = NAN, .best = true};
    if (!session_.data().dev.empty()) {
      r.dev_loss = session_.judge(session_.data().dev, session_.config().eval_batches).nll_nats;
      GRIM_CHECK(std::isfinite(r.dev_loss), numeric, "train", "step {}: the dev loss is not finite", at.step);
      r.best = r.dev_loss < at.best_loss;
    }
    at.evaluations_since_best = r.best ? 0 : at.evaluations_since_best + 1;
    if (r.best) {
      if (std::isfinite(r.dev_loss)) at.best_loss = r.dev_loss;
      at.best_step = at.step;
      keep("best", [&](const std::string& path) { session_.save_weights(path); }, 1);
    }
    log_.write(Json::object({{"event", "evaluation"}, {"step", at.step}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss}, {"best", r.best}}));
    events_.evaluated(r);
    window_start_ = monotonic_seconds();  // evaluations do not count as training time
    window_tokens_ = 0;
  }

  void save() {
    if (session_.position.step == saved_step_) return;
    const std::string path = keep("checkpoints", [&](const std::string& to) { session_.save(to); }, 2);
    saved_step_ = session_.position.step;
    log_.write(Json::object({{"event", "saved"}, {"step", saved_step_}, {"path", path}}));
    events_.saved(path, saved_step_);
  }

  template <class F> std::string keep(const std::string& kind, F&& write, int count) {
    const std::string folder = join_path(folder_, kind);
    files().make_dirs(folder);
    const std::string path = join_path(folder, str("step-{}", session_.position.step));
    write(path);
    prune_checkpoints(folder, count);
    return path;
  }

  RunResult finish(Ending ending) {
    const Session::Position& at = session_.position;
    RunResult r{.ending = ending, .step = at.step, .best_step = at.best_step, .parameters = session_.model().parameter_count(),
                .train_loss = train_loss_, .dev_loss = at.best_loss, .test_loss = NAN, .baseline_loss = NAN};
    r.tokens_per_second = trained_seconds_ > 0 ? static_cast<double>(trained_tokens_) / trained_seconds_ : 0;
    r.seconds = at.seconds;
    r.vocab_size = session_.tokenizer().vocab_size();
    r.folder = folder_;
    if (ending != Ending::stopped) {
      const FoundCheckpoint best = newest_valid_checkpoint(join_path(folder_, "best"));
      if (best) session_.load_weights(best.path);
      r.train_loss = evaluate(session_.model(), session_.data().train, kFinalTrainBatches).nll_nats;
      if (!session_.data().dev.empty()) r.dev_loss = evaluate(session_.model(), session_.data().dev).nll_nats;
      if (!session_.data().test.empty()) r.test_loss = evaluate(session_.model(), session_.data().test).nll_nats;
      r.baseline_loss = bigram_baseline(session_.data(), r.vocab_size);
      r.checkpoint = best.path;
    } else {
      r.checkpoint = join_path(join_path(folder_, "checkpoints"), str("step-{}", at.step));
    }
    log_.write(Json::object({{"event", "end"}, {"step", at.step}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss},
                             {"test_loss", r.test_loss}, {"baseline_loss", r.baseline_loss}}));
    return r;
  }

  Session& session_;
  RunEvents& events_;
  std::string folder_;
  RunLog log_;
  double window_start_ = 0, loss_sum_ = 0, train_loss_ = NAN, trained_seconds_ = 0;
  int64_t loss_count_ = 0, window_tokens_ = 0, trained_tokens_ = 0, saved_step_ = -1;
};

// Counting needs no loop: one pass over the data is the whole training.
RunResult count_bigrams(Session& session, RunEvents& events, const std::string& folder) {
  auto& model = static_cast<Bigram&>(session.model());
  const double begin = monotonic_seconds();
  int64_t tokens = 0;
  session.data().train.for_each_batch(1 << 20, 0, [&](const Examples& e) {
    model.count(e.x, e.y);
    tokens += e.y.numel();
  });
  session.position.step = 1;
  session.position.best_step = 1;
  const std::string best = join_path(folder, "best");
  files().make_dirs(best);
  RunResult r{.step = 1, .best_step = 1, .parameters = model.vocabulary() * model.vocabulary(), .dev_loss = NAN, .test_loss = NAN};
  r.seconds = monotonic_seconds() - begin;
  r.tokens_per_second = static_cast<double>(tokens) / std::max(1e-9, r.seconds);
  session.save_weights(join_path(best, "step-1"));
  events.saved(join_path(best, "step-1"), 1);
  r.train_loss = evaluate(model, session.data().train).nll_nats;
  if (!session.data().dev.empty()) r.dev_loss = evaluate(model, session.data().dev).nll_nats;
  if (!session.data().test.empty()) r.test_loss = evaluate(model, session.data().test).nll_nats;
  r.baseline_loss = bigram_baseline(session.data(), model.vocabulary());
  r.vocab_size = model.vocabulary();
  r.folder = folder;
  r.checkpoint = join_path(best, "step-1");
  RunLog log(join_path(folder, "metrics.jsonl"));
  log.write(Json::object({{"event", "end"}, {"step", 1}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss}, {"test_loss", r.test_loss}}));
  return r;
}

// A checkpoint holds weights, gradients are not saved, the optimiser's state is: at most three times the weights, twice over.
int64_t checkpoint_bytes(Session& session) {
  int64_t weights = 0;
  session.model().visit([&](const std::string&, const Tensor& t, Module::Kind) { weights += t.numel() * size_of(t.dtype()); });
  return weights * (session.config().optimizer == "sgd" ? 2 : 3) + 65536;
}

// The session is gone before the report is made, whose diagnosis needs one of its own: a run that fits in memory ends well too.
RunResult run_session(std::unique_ptr<Session> owned, RunEvents& events, const std::string& folder) {
  Session& session = *owned;
  const int64_t V = session.tokenizer().vocab_size();
  const bool counts = session.config().model == "bigram", layers = !counts && session.config().steps > 0;
  const std::string size = with_commas(counts ? V * V : session.model().parameter_count()) + (counts ? " counts" : " parameters");
  events.note(str("{}: {}, {} symbols, {} examples to train on", session.config().model, size, V, with_commas(session.data().train.rows())));
  check_free_space(folder, 3 * checkpoint_bytes(session));
  const RunResult result = counts ? count_bigrams(session, events, folder) : Loop(session, events, folder).run();
  if (result.ending == Ending::stopped) return result;
  std::optional<Diagnosis> diagnosis;
  owned.reset();
  if (layers) diagnosis = diagnose_run(folder);
  write_report(folder, diagnosis ? &*diagnosis : nullptr);
  events.note(str("report: {}", join_path(folder, "report.html")));
  return result;
}

}  // namespace

RunResult train(RunConfig config, RunEvents& events) {
  GRIM_CHECK(!config.out.empty(), usage, "train", "--out is missing: the folder for the run");
  device::set_threads(static_cast<int>(config.threads));
  const Corpus corpus = load_corpus(config.data, format_of(config));
  resolve(config, corpus);
  auto session = std::make_unique<Session>(config, corpus);
  const std::string folder = config.out;
  files().make_dirs(folder);
  const FolderLock lock(folder);
  if (newest_valid_checkpoint(join_path(folder, "checkpoints")) || newest_valid_checkpoint(join_path(folder, "best")))
    throw Error(ErrorKind::usage, str("--out: '{}' holds a run already", folder), str("choose another folder, or go on with: grimoire resume {}", folder));
  for (const std::string& done : tidy_checkpoints(join_path(folder, "checkpoints"))) events.note(done);
  write_atomically(join_path(folder, "config.json"), to_json(config.options()).dump_pretty());
  return run_session(std::move(session), events, folder);
}

RunConfig read_run_config(const std::string& folder) {
  const std::string path = join_path(folder, "config.json");
  if (!exists(path)) throw Error(ErrorKind::input, str("'{}' is not a run folder: it holds no config.json", folder));
  RunConfig config;
  from_json(config.options(), Json::parse(read_file(path), path));
  config.out = folder;
  return config;
}

RunResult resume(const std::string& folder, RunEvents& events, const ResumeChanges& changes) {
  RunConfig config = read_run_config(folder);
  if (changes.steps >= 0) config.steps = changes.steps;
  if (changes.threads >= 0) config.threads = changes.threads;
  device::set_threads(static_cast<int>(config.threads));
  const FolderLock lock(folder);
  for (const char* kind : {"checkpoints", "best"})
    for (const std::string& done : tidy_checkpoints(join_path(folder, kind))) events.note(done);
  auto session = std::make_unique<Session>(config, load_corpus(config.data, format_of(config)));
  const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder, "checkpoints"));
  for (const RejectedCheckpoint& r : found.rejected) events.note(str("skipped {}: {}", r.path, r.reason));
  if (found) session->load(found.path);
  events.note(found ? str("going on from step {} of {}", session->position.step, config.steps) : "no checkpoint yet: starting again from step 0");
  return run_session(std::move(session), events, folder);
}

Diagnosis diagnose_run(const std::string& folder) {
  const RunConfig config = read_run_config(folder);
  GRIM_CHECK(config.model != "bigram", usage, "doctor", "'{}' is a counting model: it has no layers to look at", folder);
  device::set_threads(static_cast<int>(config.threads));
  const Corpus corpus = load_corpus(config.data, format_of(config));
  const double start = initial_loss(config, corpus);
  Session session(config, corpus);
  const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder, "checkpoints"));
  if (found) session.load(found.path);
  return diagnose(session, start);
}

TrainedModel load_trained(const std::string& folder) {
  if (!exists(folder)) throw Error(ErrorKind::input, str("'{}' does not exist", folder), "expected a run folder or a checkpoint folder");
  std::string path;
  for (const char* kind : {"best", "checkpoints"}) {
    const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder, kind));
    if (path.empty() && found) path = found.path;
    if (path.empty() && !found.rejected.empty())
      throw Error(ErrorKind::input, str("{}: {}", found.rejected[0].path, found.rejected[0].reason), "no whole checkpoint is left in this folder");
  }
  if (path.empty() && exists(join_path(folder, "model.safetensors"))) {
    path = folder;
    if (exists(join_path(folder, kManifestName))) verify_checkpoint(folder);
  }
  if (path.empty()) throw Error(ErrorKind::input, str("'{}' holds no model", folder), "expected a run folder (grimoire train --out) or a checkpoint folder");
  const std::string config_path = join_path(path, "config.json");
  const Json config = Json::parse(read_file(config_path), config_path);
  Rng rng(RngMode::philox, 0);
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : read_safetensors(join_path(path, "model.safetensors"))) tensors.push_back({name, tensor});
  TrainedModel trained{make_language_model(config, rng), CharTokenizer::load(path), path};
  trained.model->load(tensors);
  return trained;
}

}  // namespace grim
