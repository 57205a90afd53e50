#include "grimoire/train/loop.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/bigram.h"

namespace grim {
namespace {

constexpr double kProgressSeconds = 0.5;
constexpr int64_t kFinalTrainBatches = 64;  // the train loss of the end is a sample of about 260,000 targets
constexpr size_t kRecent = 16;

// A run has gone wrong when its recent steps lie this far above both its first one and guessing (ln V): random weights and a
// rate that is merely too high stay below. One beyond kHopeless times that is not worth going on with.
constexpr double kWorse = 1.25, kWorseNats = 0.5, kHopeless = 100;

}  // namespace

Loop::Loop(Session& session, RunEvents& events, const std::string& folder)
    : session_(session), events_(events), folder_(folder), log_(join_path(folder, "metrics.jsonl")),
      log_every_(std::max<int64_t>(1, session.config().eval_every / 10)) {}

RunResult Loop::run() {
  log_.drop_after(session_.position.step);
  shown_at_ = monotonic_seconds();
  logged_seconds_ = session_.position.seconds;
  try {
    if (session_.position.evaluation_due) evaluate_now();
    steps();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::numeric) throw;
    const double loss = std::isnan(lost_) ? worst_loss() : lost_;
    log_.write(Json::object({{"event", "diverged"}, {"step", session_.position.step}, {"loss", loss}, {"error", e.what()}}));
    const std::string good = last_good(), stands = good.empty() ? "nothing was worth saving" : "the last good checkpoint is " + good;
    throw Error(e.kind(), e.what(), (e.hint().empty() ? "" : e.hint() + "; ") + stands);
  }
  return finish();
}

void Loop::steps() {
  const RunConfig& c = session_.config();
  Session::Position& at = session_.position;
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
  Session::Position& at = session_.position;
  const double begin = monotonic_seconds();
  const Session::Step step = session_.train_step();
  const double end = monotonic_seconds();
  at.seconds += end - begin;
  trained_seconds_ += end - begin;
  judged_.reset();  // those weights are gone
  trained_tokens_ += step.tokens;
  logged_tokens_ += step.tokens;
  shown_tokens_ += step.tokens;
  at.since_log.add(step.loss);
  at.since_evaluation.add(step.loss);
  shown_.add(step.loss);
  recent_.push_back(step.loss);
  if (recent_.size() > kRecent) recent_.pop_front();
  tell_progress(step, end);
  if (at.step % log_every_ == 0 || at.step == session_.config().steps) log_step(step);
}

// By the clock, for people; what is logged goes by steps.
void Loop::tell_progress(const Session::Step& step, double now) {
  const Session::Position& at = session_.position;
  if (now - shown_at_ < kProgressSeconds && at.step != session_.config().steps) return;
  events_.progress({.step = at.step, .steps = session_.config().steps, .loss = shown_.mean(), .lr = step.lr, .gradient_norm = step.gradient_norm,
                    .tokens_per_second = static_cast<double>(shown_tokens_) / std::max(1e-9, now - shown_at_), .seconds = at.seconds});
  shown_ = {};
  shown_tokens_ = 0;
  shown_at_ = now;
}

void Loop::log_step(const Session::Step& step) {
  Session::Position& at = session_.position;
  Json event = Json::object({{"event", "step"}, {"step", at.step}, {"loss", at.since_log.mean()}, {"lr", step.lr},
                             {"tokens_per_second", static_cast<double>(logged_tokens_) / std::max(1e-9, at.seconds - logged_seconds_)},
                             {"seconds", at.seconds}});
  if (step.gradient_norm > 0) event.set("gradient_norm", step.gradient_norm);
  log_.write(event);
  at.since_log = {};
  logged_tokens_ = 0;
  logged_seconds_ = at.seconds;
}

void Loop::evaluate_now() {
  Session::Position& at = session_.position;
  EvaluationReport r{.step = at.step, .train_loss = at.since_evaluation.mean(), .dev_loss = NAN, .best = true};
  const LmData& data = session_.data();
  if (!data.dev.empty()) {
    const Evaluation e = session_.judge(data.dev, session_.config().eval_batches, [&] { return stopping(); });
    if ((at.evaluation_due = e.stopped)) return;
    r.dev_loss = e.nll_nats;
    r.best = r.dev_loss < at.best_loss;
  }
  if (at.step == session_.config().steps) judged_ = session_.judge(data.train, 1).nll_nats;  // what the last step did shows nowhere else
  at.evaluation_due = false;
  at.since_evaluation = {};
  train_loss_ = r.train_loss;
  const bool dev_is_lost = !data.dev.empty() && !(r.dev_loss <= kHopeless * loss_limit());  // a high one may be overfitting
  if (dev_is_lost) diverged("the dev loss", r.dev_loss);
  if (worst_loss() > kHopeless * loss_limit()) diverged("the loss", worst_loss());
  r.best = r.best && !(worst_loss() > loss_limit());
  at.evaluations_since_best = r.best ? 0 : at.evaluations_since_best + 1;
  if (r.best) {
    if (std::isfinite(r.dev_loss)) at.best_loss = r.dev_loss;
    at.best_step = at.step;
    keep("best", [&](const std::string& path) { session_.save_weights(path); }, 1);
  }
  log_.write(Json::object({{"event", "evaluation"}, {"step", at.step}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss}, {"best", r.best}}));
  events_.evaluated(r);
  shown_at_ = monotonic_seconds();  // evaluations do not count as training time
  shown_tokens_ = 0;
}

// A state that has gone wrong does not push out one that has not.
void Loop::save() {
  if (session_.position.step == saved_step_) return;
  if (worst_loss() > loss_limit()) {
    events_.note(str("not saved at step {}: the loss is {:.4g}, guessing has {:.2f}", session_.position.step, worst_loss(), session_.uniform_loss()));
    return;
  }
  const std::string path = keep("checkpoints", [&](const std::string& to) { session_.save(to); }, 2);
  saved_step_ = session_.position.step;
  log_.write(Json::object({{"event", "saved"}, {"step", saved_step_}, {"path", path}}));
  events_.saved(path, saved_step_);
}

template <class F> std::string Loop::keep(const std::string& kind, F&& write, int count) {
  const std::string folder = join_path(folder_, kind);
  files().make_dirs(folder);
  const std::string path = join_path(folder, str("step-{}", session_.position.step));
  write(path);
  prune_checkpoints(folder, count);
  return path;
}

RunResult Loop::finish() {
  const Session::Position& at = session_.position;
  RunResult r{.ending = ending_, .step = at.step, .best_step = at.best_step, .parameters = session_.model().parameter_count(),
              .train_loss = train_loss_, .dev_loss = at.best_loss, .test_loss = NAN, .common_loss = NAN, .baseline_loss = NAN};
  r.tokens_per_second = trained_seconds_ > 0 ? static_cast<double>(trained_tokens_) / trained_seconds_ : 0;
  r.seconds = at.seconds;
  r.vocab_size = session_.tokenizer().vocab_size();
  r.uniform_loss = session_.uniform_loss();
  r.folder = folder_;
  r.checkpoint = last_good();
  if (!stopping_) judge_best(r);
  if (stopping_) r.ending = Ending::stopped;
  log_.write(Json::object({{"event", stopping_ ? "stopped" : "end"}, {"step", at.step}, {"best_step", at.best_step}, {"train_loss", r.train_loss},
                           {"dev_loss", r.dev_loss}, {"test_loss", r.test_loss}, {"common_loss", r.common_loss},
                           {"baseline_loss", r.baseline_loss}}));
  return r;
}

void Loop::judge_best(RunResult& r) {
  const FoundCheckpoint best = newest_valid_checkpoint(join_path(folder_, "best"));
  if (best) session_.load_weights(best.path);
  const StopAsked stop = [&] { return stopping(); };
  const LmData& data = session_.data();
  const auto loss = [&](const LmPart& part, int64_t batches = 0) {
    return part.empty() || stopping_ ? NAN : evaluate(session_.model(), part, batches, stop).nll_nats;
  };
  r.train_loss = loss(data.train, kFinalTrainBatches);
  r.dev_loss = loss(data.dev);
  r.test_loss = loss(data.test);
  r.common_loss = loss(data.common);
  r.baseline_loss = stopping_ ? NAN : bigram_baseline(data, r.vocab_size, stop);
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
  const double first = session_.position.first_loss, guessing = session_.uniform_loss();
  return kWorse * (first > guessing ? first : guessing) + kWorseNats;
}

void Loop::diverged(const char* which, double loss) {
  const Session::Position& at = session_.position;
  lost_ = loss;
  fail(ErrorKind::numeric, "train",
       str("the run diverged: after step {} {} is {:.4g}; training began at {:.4g}, and guessing has {:.2f}", at.step, which, loss, at.first_loss,
           session_.uniform_loss()),
       str("a lower learning rate than {:.3g}, or clipped gradients, keep it in bounds", session_.config().lr));
}

std::string Loop::last_good() const {
  for (const char* kind : {"checkpoints", "best"})
    if (const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder_, kind))) return found.path;
  return "";
}

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
  RunResult r{.step = 1, .best_step = 1, .parameters = model.vocabulary() * model.vocabulary()};
  r.seconds = monotonic_seconds() - begin;
  r.tokens_per_second = static_cast<double>(tokens) / std::max(1e-9, r.seconds);
  session.save_weights(join_path(best, "step-1"));
  events.saved(join_path(best, "step-1"), 1);
  bool stopping = false;
  const StopAsked stop = [&] { return stopping = stopping || events.stop_requested(); };
  const auto loss = [&](const LmPart& part) { return part.empty() || stopping ? NAN : evaluate(model, part, 0, stop).nll_nats; };
  r.train_loss = loss(session.data().train);
  r.dev_loss = loss(session.data().dev);
  r.test_loss = loss(session.data().test);
  r.common_loss = loss(session.data().common);
  r.baseline_loss = stopping ? NAN : bigram_baseline(session.data(), model.vocabulary(), stop);
  r.uniform_loss = session.uniform_loss();
  r.vocab_size = model.vocabulary();
  r.folder = folder;
  r.checkpoint = join_path(best, "step-1");
  if (stopping) r.ending = Ending::stopped;
  RunLog log(join_path(folder, "metrics.jsonl"));
  log.drop_after(0);
  log.write(Json::object({{"event", stopping ? "stopped" : "end"}, {"step", 1}, {"best_step", 1}, {"train_loss", r.train_loss}, {"dev_loss", r.dev_loss},
                          {"test_loss", r.test_loss}, {"common_loss", r.common_loss}, {"baseline_loss", r.baseline_loss}}));
  return r;
}

}  // namespace grim
