#include "grimoire/train/loop.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/train/ending.h"

namespace grim {
namespace {

constexpr double kProgressSeconds = 0.5;
constexpr size_t kRecent = 16;

// A run has gone wrong when its recent steps lie this far above both its first one and guessing (ln V): random weights and a
// rate that is merely too high stay below. One beyond kHopeless times that is not worth going on with.
constexpr double kWorse = 1.25, kWorseNats = 0.5, kHopeless = 100;

}  // namespace

Loop::Loop(Trainer& trainer, RunEvents& events, const std::string& folder)
    : trainer_(trainer), events_(events), folder_(folder), log_(join_path(folder, "metrics.jsonl")),
      log_every_(std::max<int64_t>(1, trainer.options().eval_every / 10)) {}

RunResult Loop::run() {
  log_.drop_after(trainer_.position.step);
  shown_at_ = monotonic_seconds();
  logged_seconds_ = trainer_.position.seconds;
  try {
    if (trainer_.position.evaluation_due) evaluate_now();
    steps();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::numeric) throw;
    const double loss = std::isnan(lost_) ? worst_loss() : lost_;
    log_.write(Json::object({{"event", "diverged"}, {"step", trainer_.position.step}, {"loss", loss}, {"error", e.what()}}));
    const std::string good = last_good(), stands = good.empty() ? "nothing was worth saving" : "the last good checkpoint is " + good;
    throw Error(e.kind(), e.what(), (e.hint().empty() ? "" : e.hint() + "; ") + stands);
  }
  return finish();
}

void Loop::steps() {
  const TrainerOptions& c = trainer_.options();
  Trainer::Position& at = trainer_.position;
  while (at.step < c.steps && !stopping_) {
    take_step();
    if (at.step % c.eval_every == 0 || at.step == c.steps) evaluate_now();
    if (c.patience > 0 && at.evaluations_since_best >= c.patience) {
      ending_ = Ending::early;
      break;
    }
    if (!stopping() && at.step % c.save_every == 0 && at.step < c.steps) save();
  }
  if (!stopping_ && worst_loss() > loss_limit()) diverged("the loss", worst_loss());
  save();
}

void Loop::take_step() {
  Trainer::Position& at = trainer_.position;
  const double begin = monotonic_seconds();
  const Trainer::Step step = trainer_.step();
  const double end = monotonic_seconds();
  at.seconds += end - begin;
  trained_seconds_ += end - begin;
  judged_.reset();  // those weights are gone
  trained_tokens_ += step.weight;
  logged_tokens_ += step.weight;
  shown_tokens_ += step.weight;
  at.since_log.add(step.loss);
  at.since_evaluation.add(step.loss);
  shown_.add(step.loss);
  recent_.push_back(step.loss);
  if (recent_.size() > kRecent) recent_.pop_front();
  tell_progress(step, end);
  if (at.step % log_every_ == 0 || at.step == trainer_.options().steps) log_step(step);
}

// By the clock, for people; what is logged goes by steps.
void Loop::tell_progress(const Trainer::Step& step, double now) {
  const Trainer::Position& at = trainer_.position;
  if (now - shown_at_ < kProgressSeconds && at.step != trainer_.options().steps) return;
  events_.progress({.step = at.step, .steps = trainer_.options().steps, .loss = shown_.mean(), .lr = step.lr, .gradient_norm = step.gradient_norm,
                    .tokens_per_second = shown_tokens_ / std::max(1e-9, now - shown_at_), .seconds = at.seconds});
  shown_ = {};
  shown_tokens_ = 0;
  shown_at_ = now;
}

void Loop::log_step(const Trainer::Step& step) {
  Trainer::Position& at = trainer_.position;
  Json event = Json::object({{"event", "step"}, {"step", at.step}, {"loss", at.since_log.mean()}, {"lr", step.lr},
                             {"tokens_per_second", logged_tokens_ / std::max(1e-9, at.seconds - logged_seconds_)},
                             {"seconds", at.seconds}});
  if (step.gradient_norm > 0) event.set("gradient_norm", step.gradient_norm);
  if (!step.routers.layers.empty()) {
    event.set("balance_loss", step.routers.mean_balance());
    event.set("busiest_expert", step.routers.busiest());
    if (step.routers.dropped() > 0) event.set("dropped", step.routers.dropped());
  }
  log_.write(event);
  at.since_log = {};
  logged_tokens_ = 0;
  logged_seconds_ = at.seconds;
}

void Loop::evaluate_now() {
  Trainer::Position& at = trainer_.position;
  EvaluationReport r{.step = at.step, .train_loss = at.since_evaluation.mean(), .dev_loss = NAN, .best = true};
  const bool has_dev = trainer_.task().has(Part::dev);
  if (has_dev) {
    const Judgement e = trainer_.judge(Part::dev, trainer_.options().eval_batches, [&] { return stopping(); });
    if ((at.evaluation_due = e.stopped)) return;
    r.dev_loss = e.loss;
    r.dev_score = e.score;
    r.score_name = trainer_.task().score_name();
    const bool level = !std::isfinite(e.score) || e.score == at.best_score;  // of equal scores, F1 0 say, the loss tells
    r.best = level ? r.dev_loss < at.best_loss : !(e.score <= at.best_score);
  }
  if (at.step == trainer_.options().steps) judged_ = trainer_.judge(Part::train, 1).loss;  // what the last step did shows nowhere else
  at.evaluation_due = false;
  at.since_evaluation = {};
  train_loss_ = r.train_loss;
  const bool dev_is_lost = has_dev && !(r.dev_loss <= kHopeless * loss_limit());  // a high one may be overfitting
  if (dev_is_lost) diverged("the dev loss", r.dev_loss);
  if (worst_loss() > kHopeless * loss_limit()) diverged("the loss", worst_loss());
  r.best = r.best && !(worst_loss() > loss_limit());
  at.evaluations_since_best = r.best ? 0 : at.evaluations_since_best + 1;
  if (r.best) {
    if (std::isfinite(r.dev_loss)) at.best_loss = r.dev_loss, at.best_score = r.dev_score;
    at.best_step = at.step;
    keep("best", [&](const std::string& path) { trainer_.save_weights(path); }, 1);
  }
  Json event = Json::object({{"event", "evaluation"}, {"step", at.step}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss}, {"best", r.best}});
  if (std::isfinite(r.dev_score)) event.set("dev_score", r.dev_score), event.set("score", r.score_name);
  log_.write(event);
  events_.evaluated(r);
  shown_at_ = monotonic_seconds();  // evaluations do not count as training time
  shown_tokens_ = 0;
}

// A state that has gone wrong does not push out one that has not.
void Loop::save() {
  if (trainer_.position.step == saved_step_) return;
  if (worst_loss() > loss_limit()) {
    events_.note(str("not saved at step {}: the loss is {:.4g}, guessing has {:.2f}", trainer_.position.step, worst_loss(), trainer_.task().guessing()));
    return;
  }
  const std::string path = keep("checkpoints", [&](const std::string& to) { trainer_.save(to); }, static_cast<int>(trainer_.options().keep_checkpoints));
  saved_step_ = trainer_.position.step;
  log_.write(Json::object({{"event", "saved"}, {"step", saved_step_}, {"path", path}}));
  events_.saved(path, saved_step_);
}

template <class F> std::string Loop::keep(const std::string& kind, F&& write, int count) {
  const std::string folder = join_path(folder_, kind);
  files().make_dirs(folder);
  const std::string path = join_path(folder, str("step-{}", trainer_.position.step));
  write(path);
  prune_checkpoints(folder, count);
  return path;
}

RunResult Loop::finish() {
  const Trainer::Position& at = trainer_.position;
  Module& model = trainer_.task().model();
  RunResult r{.ending = ending_, .step = at.step, .best_step = at.best_step, .parameters = model.parameter_count() + quantised_numbers(model),
              .train_loss = train_loss_,
              .dev_loss = std::isfinite(at.best_loss) ? at.best_loss : NAN,
              .test_loss = NAN, .common_loss = NAN, .baseline_loss = NAN};
  r.tokens_per_second = trained_seconds_ > 0 ? trained_tokens_ / trained_seconds_ : 0;
  r.seconds = at.seconds;
  r.uniform_loss = trainer_.task().guessing();
  r.folder = folder_;
  r.checkpoint = last_good();
  if (!stopping_) judge_best(r);
  if (stopping_) r.ending = Ending::stopped;
  log_.write(end_event(r));
  return r;
}

void Loop::judge_best(RunResult& r) {
  const FoundCheckpoint best = newest_valid_checkpoint(join_path(folder_, "best"));
  Task& task = trainer_.task();
  if (best) trainer_.load_best(best.path);
  judge_parts(task, kFinalTrainBatches, [&] { return stopping(); }, r);
  r.checkpoint = best.path;
}

bool Loop::stopping() { return stopping_ = stopping_ || events_.stop_requested(); }

// The median of the last steps: one step that jumps is no trend.
double Loop::recent_loss() const {
  if (recent_.empty()) return NAN;
  std::vector<double> sorted(recent_.begin(), recent_.end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(sorted.size() / 2), sorted.end());
  return sorted[sorted.size() / 2];
}

// Of the last steps and of the evaluation after them; infinite when that was not a number.
double Loop::worst_loss() const {
  const double recent = recent_.empty() ? -INFINITY : recent_loss();
  return judged_ ? std::max(recent, std::isnan(*judged_) ? INFINITY : *judged_) : recent;
}

double Loop::loss_limit() const {
  const double first = trainer_.position.first_loss, guessing = trainer_.task().guessing();
  return kWorse * (std::isnan(guessing) || first > guessing ? first : guessing) + kWorseNats;
}

void Loop::diverged(const char* which, double loss) {
  const Trainer::Position& at = trainer_.position;
  lost_ = loss;
  fail(ErrorKind::numeric, "train",
       str("the run diverged: after step {} {} is {:.4g}; training began at {:.4g}, and guessing has {:.2f}", at.step, which, loss, at.first_loss,
           trainer_.task().guessing()),
       str("a lower learning rate than {:.3g}, or clipped gradients, keep it in bounds", trainer_.options().lr));
}

std::string Loop::last_good() const {
  for (const char* kind : {"checkpoints", "best"})
    if (const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder_, kind))) return found.path;
  return "";
}

}  // namespace grim
