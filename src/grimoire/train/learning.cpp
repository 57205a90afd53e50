#include "grimoire/train/learning.h"

#include <algorithm>

#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

using Point = Curves::Point;

constexpr double kNoise = 0.02;        // of ln V: differences below are chance
constexpr double kRelativeGap = 0.06;  // of the dev loss: a gap that is worth an effort
constexpr double kWideUpdate = -1.5;   // log10: steps that move weights by more than 3 % of their size
constexpr double kFewEpochs = 0.5;
constexpr double kRose = 1.15;         // a loss that once stood this far above its start

double mean_between(const std::vector<Point>& curve, double from, double to) {
  double sum = 0;
  int n = 0;
  for (const Point& p : curve)
    if (p.step > from && p.step <= to && std::isfinite(p.loss)) sum += p.loss, ++n;
  return n ? sum / n : NAN;
}

double lowest_until(const std::vector<Point>& curve, double step) {
  double low = INFINITY;
  for (const Point& p : curve)
    if (p.step <= step) low = std::min(low, p.loss);
  return low;
}

// How far the later half of a curve jumps from point to point.
double roughness(const std::vector<Point>& curve) {
  double sum = 0;
  int n = 0;
  for (size_t i = curve.size() / 2 + 1; i < curve.size(); ++i) sum += std::abs(curve[i].loss - curve[i - 1].loss), ++n;
  return n ? sum / n : 0;
}

double highest(const std::vector<Point>& curve) {
  double top = -INFINITY;
  for (const Point& p : curve) top = std::max(top, p.loss);
  return top;
}

// What the verdict is made of.
struct Figures {
  double best_step, last_step;
  double train, dev;            // of the best weights
  double last_train, last_dev;  // at the end: mean over the last steps, and dev of the last weights
  double fall, total_fall;      // over the last fifth of the steps, after most schedules have lowered the rate; since the start
  double noise;
};

Figures figures_of(const Curves& c, const LearningHints& h) {
  Figures f{};
  f.last_step = c.train.back().step;
  f.last_train = c.train_at_dev.empty() ? c.train.back().loss : c.train_at_dev.back().loss;
  f.last_dev = c.dev.empty() ? NAN : c.dev.back().loss;
  const auto best = std::min_element(c.dev.begin(), c.dev.end(), [](const Point& a, const Point& b) { return a.loss < b.loss; });
  f.best_step = std::isfinite(c.best_step) ? c.best_step : best != c.dev.end() ? best->step : f.last_step;
  f.train = std::isfinite(c.train_loss) ? c.train_loss : f.last_train;
  f.dev = std::isfinite(c.dev_loss) ? c.dev_loss : best != c.dev.end() ? best->loss : NAN;
  const double start = std::isfinite(h.first_loss) ? h.first_loss : c.train.front().loss, fifth = f.last_step / 5;
  const bool by_dev = c.dev.size() >= 4;
  const double end = by_dev ? f.last_dev : mean_between(c.train, 4.5 * fifth, f.last_step);
  f.fall = by_dev ? lowest_until(c.dev, 4 * fifth) - lowest_until(c.dev, f.last_step) : mean_between(c.train, 3.5 * fifth, 4 * fifth) - end;
  f.total_fall = start - end;
  f.noise = kNoise * (std::isfinite(h.uniform_loss) ? h.uniform_loss : 3.0);
  return f;
}

std::string said(const Figures& f) {
  std::string s = str("best weights, of step {:.0f}: train {:.4f}", f.best_step, f.train);
  if (std::isfinite(f.dev)) s += str(", dev {:.4f}", f.dev);
  s += str("; at step {:.0f}, the last: train {:.4f}", f.last_step, f.last_train);
  if (std::isfinite(f.last_dev)) s += str(", dev {:.4f}", f.last_dev);
  return s;
}

Learning of(LearningKind kind, const std::string& what, const Figures& f, const std::string& advice) {
  return {.kind = kind, .text = what + " (" + said(f) + ")", .advice = advice};
}

Learning variance(const Figures& f) {
  const bool turned = f.last_dev - f.dev > f.noise && f.best_step < f.last_step;
  std::string what = str("variance: dev lies {:.4f} above train", f.dev - f.train);
  if (turned)
    what = str("variance: dev rose from {:.4f} to {:.4f} after step {:.0f}, while train went on to {:.4f}: it learns its data by heart", f.dev,
               f.last_dev, f.best_step, f.last_train);
  return of(LearningKind::variance, what, f,
            "more data is the best cure; else dropout or weight decay, a smaller model, and an end at the best dev loss (patience)");
}

std::string longer(const Figures& f, const LearningHints& h) {
  return str("train for longer before anything else is changed: grimoire resume {} " GRIM_SETTING("steps={:.0f}"), h.folder, 2 * f.last_step);
}

Learning verdict(const Curves& c, const LearningHints& h, const Figures& f) {
  const double guessing = h.uniform_loss, first = std::max(std::isfinite(h.first_loss) ? h.first_loss : guessing, guessing);
  if (c.ending == "diverged" || !std::isfinite(f.last_train) || f.last_train > 1.25 * first + 0.5)
    return of(LearningKind::diverged,
              str("diverged: the loss ran away to {:.4g}, guessing has {:.2f}", std::isnan(c.lost) ? f.last_train : c.lost, guessing), f,
              "a learning rate ten times lower, a warmup, or clipped gradients");
  const double reached = std::isfinite(f.dev) ? f.dev : f.train, gap = f.dev - f.train;
  const bool falling = f.fall > std::max(f.noise / 2, 0.03 * f.total_fall);
  const bool turned = f.last_dev - f.dev > f.noise && f.best_step < f.last_step;
  const bool rose = highest(c.train) > kRose * first, jumps = roughness(c.dev) > f.noise / 2;
  const bool wide = h.update > kWideUpdate || h.saturated > 0.5 || rose;
  const double least = std::isfinite(h.target) ? h.target : c.baseline;  // what is to be reached
  const double above = f.train - least;
  const std::string rival = std::isfinite(c.baseline) ? h.rival : "guessing";  // the former is known when a run ends
  const bool gap_matters = turned || gap > std::max(f.noise, kRelativeGap * f.dev);
  if (wide && !falling && !(turned && f.last_train < f.train) && (above > -2 * f.noise || reached > guessing - f.noise || (rose && jumps)))
    return of(LearningKind::rate, str("the learning rate is too high: the loss stands still at {:.4f}{}", f.last_train,
                                      reached > guessing - f.noise ? ", no better than guessing" : ""),
              f, "a rate three to ten times lower, or one that decays; then look again");
  if (falling && !turned && !(gap_matters && gap > above))
    return of(LearningKind::too_short, str("too short: the loss still fell by {:.4f} over the last fifth of the run", f.fall), f,
              longer(f, h));
  if (h.epochs < kFewEpochs && !gap_matters && !(above <= 0 && std::isfinite(h.target)))
    return of(LearningKind::too_short, str("too short: it has seen {:.0f} % of its data", 100 * h.epochs), f,
              longer(f, h));
  if (gap_matters && !(above > gap && above > f.noise)) return variance(f);
  if (above > f.noise || reached > guessing - f.noise) {
    std::string what = std::isfinite(h.target) ? str("bias: train lies {:.4f} above the target of {:.4f}", f.train - h.target, h.target)
                                               : str("bias: train {:.4f} is no better than {} ({:.4f})", f.train, rival,
                                                     std::isfinite(c.baseline) ? c.baseline : guessing);
    if (turned) what += str("; and dev rose from {:.4f} to {:.4f} after step {:.0f}", f.dev, f.last_dev, f.best_step);
    return of(LearningKind::bias, what, f,
              turned ? "a larger model (width, layers, context) together with more data: longer training alone makes dev worse"
                     : "a larger model (width, layers, context), longer training or another optimiser; less regularisation");
  }
  if (std::isfinite(h.target)) return of(LearningKind::good, "it learned what was asked for", f, "nothing");
  return of(LearningKind::good, str("it learned: better than {}, and dev stays close to train", rival), f,
            "to go further, say what loss would do (a target): the verdict then tells bias from variance");
}

}  // namespace

const char* name_of(LearningKind kind) {
  constexpr const char* names[] = {"untrained", "diverged", "learning-rate", "too-short", "variance", "bias", "good", "unknown"};
  return names[static_cast<int>(kind)];
}

namespace {

// What is wrong with a log that does not reach the weights' step but for one that was to be logged; empty when it does.
std::string log_behind(const Curves& c, int64_t step) {
  if (c.train.empty()) {
    if (step == 0) return "";
    return !c.exists ? "is missing" : c.cut_line ? str("is cut off in line {}, before any step", c.cut_line) : c.lines == 0 ? "is empty" : "holds no step";
  }
  double gap = 0, last = 0;
  for (const Point& p : c.train) gap = std::max(gap, p.step - last), last = p.step;
  if (last + gap >= static_cast<double>(step)) return "";
  return c.cut_line ? str("is cut off in line {}, after step {:.0f}", c.cut_line, last) : str("ends with step {:.0f}", last);
}

}  // namespace

Learning judge_learning(const Curves& curves, const LearningHints& hints) {
  if (const std::string behind = log_behind(curves, hints.step); !behind.empty())
    return {.kind = LearningKind::unknown,
            .text = str("what it learned cannot be told: the weights are those of step {}, and metrics.jsonl, the log of the steps, {}", hints.step, behind),
            .advice = str("put metrics.jsonl back, or measure the model: grimoire eval {} " GRIM_SETTING("data=FILE"), hints.folder)};
  if (curves.train.empty())
    return {.kind = LearningKind::untrained, .text = "untrained: no step has been made", .advice = str("train it: grimoire resume {}", hints.folder)};
  const Figures f = figures_of(curves, hints);
  Learning l = verdict(curves, hints, f);
  const double reached = std::isfinite(f.dev) ? f.dev : f.train;
  if (l.kind != LearningKind::good && reached <= hints.target) l.text += str(". The best weights reach the target of {:.4f} all the same", hints.target);
  l.variance = f.dev - f.train;
  l.bias = f.train - hints.target;
  return l;
}

Json to_json(const Learning& l) {
  return Json::object({{"verdict", name_of(l.kind)}, {"text", l.text}, {"advice", l.advice},
                       {"variance", value_or_null(l.variance)}, {"bias", value_or_null(l.bias)}});
}

}  // namespace grim
